"""Questions about a table as a whole: what feeds it, how its rows are told apart, how they meet those already there."""

from __future__ import annotations

from collections.abc import Iterator

from ferryman.agents.counterparts import are_others, in_words, key_taken, same_by
from ferryman.agents.deletion_questions import deletion_questions
from ferryman.agents.facts import Facts
from ferryman.agents.natural_key import natural_key, telling_pairs
from ferryman.agents.pairing import UUID_LENGTH, Pairing
from ferryman.agents.table_mapping import (
    names_of_rows,
    own_identity,
    referred_columns,
    unique_columns,
    wants_names,
)
from ferryman.agents.versions import version_questions
from ferryman.agents.wording import count, listed
from ferryman.domain.changes import (
    LeaveOut,
    MapTable,
    Option,
    Question,
    SetConflict,
    SetIdentity,
    SetKey,
    UnmapColumn,
)
from ferryman.domain.earlier import Brought
from ferryman.domain.filters import columns_of
from ferryman.domain.fits import ROWID
from ferryman.domain.mapping import (
    Action,
    Conflict,
    Derived,
    Generated,
    IdPolicy,
    Kept,
    KeyPair,
    Mapping,
    Matched,
    TableMapping,
)
from ferryman.domain.references import of_the_same_rows, references_of, refers_to_the_same_row

#: Kinds of a question about rows that are there; its id is the kind, a colon, and the table.
PRESENT, FOUND_THERE = "present", "link"
LEAVE_OUT, ADD, SAME_KEY, TOGETHER, SINCE = "leave_out", "add", "same_key", "together", "since"
NEW_KEYS = "new_keys"
MOST_OPTIONS = 4  #: candidates that are offered
LEAST_OFFERED = 0.3


def table_questions(table: TableMapping, mapping: Mapping, facts: Facts) -> Iterator[Question]:
    """The questions about one table, each with its options."""
    yield from _source(table, mapping, facts)
    if table.action is Action.REFER:
        yield from _link(table, mapping, facts)
        return
    yield from _key(table, facts.paired(table, mapping), facts)
    yield from version_questions(table, mapping, facts)
    yield from _identity(table, mapping, facts)
    yield from _present(table, mapping, facts)
    if not _follows(table, mapping):
        yield from deletion_questions(table, facts)


def _follows(table: TableMapping, mapping: Mapping) -> bool:
    """Whether a table's rows are parts of another's, which says what becomes of those that are marked."""
    others = (mapping.by_target[name] for name in of_the_same_rows(mapping).get(table.target, ()))
    return any(refers_to_the_same_row(table, other) for other in others)


def leave_out(table: str) -> Option:
    """The option that there always is."""
    return Option(key=LEAVE_OUT, text=f"Leave {table} out", changes=(LeaveOut(table=table),))


def _source(table: TableMapping, mapping: Mapping, facts: Facts) -> Iterator[Question]:
    pairing = facts.pairings.get(table.target)
    if pairing is None or pairing.sure or pairing.source.name != table.source:
        return
    if table.action is Action.REFER and facts.earlier.of(table.source, table.target):
        return
    rows = facts.source_profile.rows(table.source)
    names = [table.source, *_other_sources(table, mapping, facts)]
    if pairing.part_of:
        yield _part(table, pairing, names, facts)
        return
    yield Question(
        id=f"table:{table.target}",
        table=table.target,
        text=(
            f"{table.source} -> {table.target}? {table.source} ({count(rows, 'row')}) looks like what fills"
            f" {table.target}."
        ),
        options=_fed_by(names, table.target),
        recommended=table.source,
        reason=f"{pairing.why or 'It is the closest match'}, but that is not enough to be sure.",
    )


def _fed_by(names: list[str], target: str) -> tuple[Option, ...]:
    """One option for each legacy table that may feed a target table, and the one without it."""
    fill = (
        Option(key=name, text=f"Fill it from {name}", changes=(MapTable(source=name, target=target),)) for name in names
    )
    return (*fill, leave_out(target))


def _part(table: TableMapping, pairing: Pairing, names: list[str], facts: Facts) -> Question:
    """Whether each row of a legacy table makes a row of a second table as well."""
    rows, main = facts.source_profile.rows(table.source), pairing.part_of
    taken = [f"{choice.source} -> {name}" for name, choice in pairing.columns.items() if choice.source not in table.key]
    kept = f" that has {listed(columns_of(table.filter))}" if table.filter else ""
    return Question(
        id=f"table:{table.target}",
        table=table.target,
        text=(
            f"{table.source} -> {table.target} as well? Each row of {table.source}{kept} ({count(rows, 'row')} in all)"
            f" would make one row of {table.target} beside the one of {main}: {listed(taken)}."
        ),
        options=_fed_by(names, table.target),
        recommended=table.source,
        reason=f"{pairing.why}." if pairing.why else "",
    )


def _other_sources(table: TableMapping, mapping: Mapping, facts: Facts) -> list[str]:
    taken = {t.source for t in mapping.tables if t.target != table.target}
    finding = facts.findings.by_target.get(table.target)
    found = [m.source for m in (finding.alternatives if finding else ()) if m.score >= LEAST_OFFERED]
    return [name for name in found if name not in taken and name != table.source][: MOST_OPTIONS - 1]


def _key(table: TableMapping, pairing: Pairing, facts: Facts) -> Iterator[Question]:
    source = facts.source.table(table.source)
    if source.key:
        if wants_names(pairing) and table.key == source.key:
            yield _name_as_key(table, pairing, facts)
        return
    columns = dict.fromkeys((*referred_columns(source, facts), *unique_columns(source, facts)))
    options = [
        Option(
            key=name,
            text=f"By {name}, which is different in every row",
            changes=(SetKey(table=table.target, key=(name,)),),
        )
        for name in tuple(columns)[: MOST_OPTIONS - 1]
    ]
    known = facts.source_profile.by_name.get(source.name)
    if apart := known.together if known else ():
        by_all = SetKey(table=table.target, key=apart)
        text = f"By {listed(apart)} together, which are different in every row"
        options.append(Option(key=TOGETHER, text=text, changes=(by_all,)))
    if source.rowid:
        by_position = SetKey(table=table.target, key=ROWID)
        options.append(Option(key="position", text="By their position in the file", changes=(by_position,)))
    chosen = "position" if table.key == ROWID else TOGETHER if table.key == apart else table.key[0]
    yield Question(
        id=f"key:{table.target}",
        table=table.target,
        text=f"{source.name} has no key. How are its rows told apart?",
        options=(*options, leave_out(table.target)),
        recommended=chosen if any(option.key == chosen for option in options) else LEAVE_OUT,
        reason="Without a key no row can be found again, to go on after a stop or to undo it.",
    )


def _name_as_key(table: TableMapping, pairing: Pairing, facts: Facts) -> Question:
    """What fills a key that is a text, where the old key is a number."""
    name, (number,) = pairing.target.primary_key[0], table.key
    likely = pairing.columns.get(name)
    texts = sorted(names_of_rows(pairing.source, facts), key=lambda text: likely is None or text != likely.source)
    by_name = (
        Option(
            key=text,
            text=f"Fill it from {text}, which is different in every row",
            changes=(SetKey(table=table.target, key=(text,)), SetIdentity(table=table.target, identity=Kept())),
        )
        for text in texts[: MOST_OPTIONS - 2]
    )
    as_it_is = "the old number" if isinstance(table.identity, Kept) else "a new id that is made of the old number"
    return Question(
        id=f"key:{table.target}",
        table=table.target,
        text=(
            f"{table.target}.{name} tells the rows apart and is a text; {table.source} numbers them. What stands there?"
        ),
        options=(*by_name, Option(key=number, text=f"Put {as_it_is} there"), leave_out(table.target)),
        recommended=texts[0] if likely and texts[:1] == [likely.source] else "",
    )


def _identity(table: TableMapping, mapping: Mapping, facts: Facts) -> Iterator[Question]:
    reason = facts.identities.get(table.target)
    if not isinstance(reason, str) or (_is_filled_unknown(table, mapping, facts) and _by_key(table, facts)):
        return
    target = facts.target.table(table.target)
    counted = [c for c in target.columns if c.name in target.primary_key and c.autoincrement]
    by_target = SetIdentity(table=table.target, identity=Generated())
    generated = Option(key="generated", text="Let the new database number them", changes=(by_target,))
    yield Question(
        id=f"identity:{table.target}",
        table=table.target,
        text=f"No new key suits {table.target}: {reason}.",
        options=(*((generated,) if counted else ()), leave_out(table.target)),
        recommended="generated" if counted else LEAVE_OUT,
        reason="" if target.primary_key else "Its rows could not be found again. Give it a key, then plan anew.",
    )


def _present(table: TableMapping, mapping: Mapping, facts: Facts) -> Iterator[Question]:
    """Rows are in the target already, and nothing tells which of them are the old ones."""
    if not _is_filled_unknown(table, mapping, facts):
        return
    there = facts.target_profile.rows(table.target)
    by_key = _by_key(table, facts)
    no_key = by_key and isinstance(facts.identities.get(table.target), str)
    adding = () if no_key else tuple(_adding(table, mapping, facts))
    brought = facts.earlier.of(table.source, table.target)
    if brought:
        since = _since(brought, by_key)
        options: tuple[Option, ...] = (since, *adding, leave_out(table.target))
        recommended = since.key
        reason = f"Run {brought.run} brought {table.source} before, and wrote down which rows."
    else:
        known = (*_by_column(table, mapping, facts), *by_key)
        options = (*adding, *known, leave_out(table.target))
        recommended, reason = _met(table, options, facts)
        if not recommended and (on := _alone(natural_key(facts.paired(table, mapping), facts))):
            recommended, reason = on.target, f"It is different in every row of {table.source}, and unique there."
    otherwise = "" if reason or _is_chosen(table, facts) else LEAVE_OUT
    yield Question(
        id=f"{PRESENT}:{table.target}",
        table=table.target,
        text=f"{table.target} has {count(there, 'row')} already, {_whose(brought)}. What now?",
        options=options,
        recommended=recommended or otherwise,
        reason=reason or ("" if no_key else "Adding them could double what is there."),
    )


def _adding(table: TableMapping, mapping: Mapping, facts: Facts) -> Iterator[Option]:
    """To add all rows beside those that are there. Where these have keys of theirs, those that have one stay behind, or
    all of them get other keys: references would lead to the rows of others."""
    rows = facts.source_profile.rows(table.source)
    meant = "the rows that its filter takes" if table.filter else f"all {count(rows, 'row')}"
    identity, conflict = _added(table, mapping, facts)
    taken = key_taken(table, facts) if isinstance(identity.identity, Kept) else None
    if taken is None:
        yield Option(key=ADD, text=f"Add {meant} beside them", changes=(identity, conflict))
        return
    key = facts.target.table(table.target).column(taken.way.on.target)
    if not any(reference.parent == table.target for reference in references_of(mapping, facts.target)):
        text = f"Add {meant} beside them but for those whose {key.name} is taken, which are asked about by themselves"
        yield Option(key=ADD, text=text, changes=(identity, conflict))
    if key.length is None or key.length >= UUID_LENGTH:
        derived = SetIdentity(table=table.target, identity=Derived(version=5))
        text = f"Add {meant} beside them under new keys (UUIDs), which what refers to them follows"
        yield Option(key=NEW_KEYS, text=text, changes=(derived, conflict))


def _is_chosen(table: TableMapping, facts: Facts) -> bool:
    """Whether the matches alone would not feed a table so: a person wants it."""
    found = facts.pairings.get(table.target)
    return found is None or found.source.name != table.source


def _met(table: TableMapping, options: tuple[Option, ...], facts: Facts) -> tuple[str, str]:
    """The option that follows from what the rows that are there hold, with the reason; ("", "") where nothing does."""
    offered = {option.key for option in options}
    if seen := same_by(table.source, table.target, facts):
        key = SAME_KEY if seen.way.on.target in facts.target.table(table.target).primary_key else seen.way.on.target
        return (key, in_words(seen)) if key in offered else ("", "")
    if are_others(table, facts):
        beside = [key for key in (ADD, SAME_KEY) if key in offered and (key == ADD or _no_key_taken(table, facts))]
        why = f"None of the rows that are there is one of {table.source}, by all that was compared."
        return (beside[0], why) if beside else ("", "")
    if (taken := key_taken(table, facts)) and taken.compared and not taken.alike:
        have = "has" if taken.found == 1 else "have"
        why = f"{taken.found:,} of {count(taken.looked, 'row')} there {have} the {taken.way.on.target} of a row of"
        return (ADD if ADD in offered else "", f"{why} {table.source}, and hold something else.")
    return "", ""


def _whose(brought: Brought | None) -> str:
    return "some of which an earlier run brought" if brought else "and no column tells which of them are legacy rows"


def _since(brought: Brought, by_key: tuple[Option, ...]) -> Option:
    """Rows that an earlier run brought are known by its records, or by their old keys: they stay as they are."""
    if by_key and isinstance(brought.identity, Kept):
        return by_key[0]
    same = SetIdentity(table=brought.target, identity=brought.identity)
    kept = SetConflict(table=brought.target, conflict=Conflict.KEEP)
    return Option(key=SINCE, text="Add only the rows that are not there", changes=(same, kept))


def _no_key_taken(table: TableMapping, facts: Facts) -> bool:
    """Whether not one of the rows that are there has the key of a legacy row."""
    key = facts.target.table(table.target).primary_key
    ways = [one for one in facts.looked.of(table.source, table.target) if one.way.on.target in key]
    return bool(ways) and not any(one.found for one in ways)


def _is_filled_unknown(table: TableMapping, mapping: Mapping, facts: Facts) -> bool:
    """Whether rows are there, and nobody said by what they are recognised."""
    known = isinstance(table.identity, Matched) and not _is_guess(table, mapping, facts)
    return facts.target_profile.rows(table.target) > 0 and not known


def _is_guess(table: TableMapping, mapping: Mapping, facts: Facts) -> bool:
    """Whether nobody said by what rows are recognised: `guessed_key` says of none what it is otherwise."""
    if isinstance(table.identity, Matched) and table.identity.otherwise is not None:
        return False
    if table.action is Action.REFER and facts.earlier.of(table.source, table.target):
        return False
    return natural_key(facts.paired(table, mapping), facts) is None


def _added(table: TableMapping, mapping: Mapping, facts: Facts) -> tuple[SetIdentity, SetConflict]:
    own = own_identity(facts.paired(table, mapping), facts)
    return SetIdentity(table=table.target, identity=own), SetConflict(table=table.target, conflict=Conflict.STOP)


def _by_column(table: TableMapping, mapping: Mapping, facts: Facts) -> list[Option]:
    pairing = facts.paired(table, mapping)
    pairs = telling_pairs(pairing, facts.source_profile, facts.target_profile)[: MOST_OPTIONS - 1]
    if (on := _alone(natural_key(pairing, facts))) and on not in pairs:
        pairs.insert(0, on)
    seen = same_by(table.source, table.target, facts)
    if seen and seen.way.on not in pairs and seen.way.on.target not in facts.target.table(table.target).primary_key:
        pairs.append(seen.way.on)
    found = {one.way.on: one.found for one in facts.looked.of(table.source, table.target)}
    if table.action is Action.COPY and key_taken(table, facts):
        # What such a pair does not find would go under a key that is taken.
        pairs = [pair for pair in pairs if found.get(pair) != 0]
    pairs.sort(key=lambda pair: found.get(pair) == 0)  # by what none of them is found, last
    return [_recognised_by(table, pair, own_identity(pairing, facts)) for pair in pairs]


def _alone(key: Matched | None) -> KeyPair | None:
    """The pair of a natural key that has only one."""
    return key.on[0] if key and len(key.on) == 1 else None


def _by_key(table: TableMapping, facts: Facts) -> tuple[Option, ...]:
    """By the key itself, where both keys are of one kind: an earlier run moved them, and left placeholders perhaps."""
    source, target = facts.source.table(table.source), facts.target.table(table.target)
    ours = [source.column(name).family for name in table.key if name in source.by_name]
    if not ours or ours != [target.column(name).family for name in target.primary_key]:
        return ()
    same = SetIdentity(table=table.target, identity=Kept())
    kept = SetConflict(table=table.target, conflict=Conflict.KEEP)
    told = " and ".join(target.primary_key)
    return (Option(key=SAME_KEY, text=f"Rows with the same {told} are the same", changes=(same, kept)),)


def _recognised_by(table: TableMapping, pair: KeyPair, own: IdPolicy) -> Option:
    told = pair.target if pair.source == pair.target else f"{pair.source} = {pair.target}"
    text = f"Rows with the same {told} are the same"
    if table.action is Action.REFER:
        found = SetIdentity(table=table.target, identity=Matched(on=(pair,)))
        return Option(key=pair.target, text=text, changes=(found,))
    by = SetIdentity(table=table.target, identity=Matched(on=(pair,), otherwise=own))
    kept = SetConflict(table=table.target, conflict=Conflict.KEEP)
    return Option(key=pair.target, text=text, changes=(by, kept))


def _link(table: TableMapping, mapping: Mapping, facts: Facts) -> Iterator[Question]:
    """Others refer to rows that are there already, and nothing tells which legacy row is which."""
    if not _is_guess(table, mapping, facts):
        return
    same = SetIdentity(table=table.target, identity=Kept())
    by_key = Option(key=SAME_KEY, text="Their keys are the same as before", changes=(same,))
    options = (*_by_column(table, mapping, facts), *((by_key,) if _by_key(table, facts) else ()))
    without = _without(table.target, mapping, facts)
    recommended, reason = _met(table, options, facts)
    if not recommended:
        likely = [option.key for option in options if option != by_key or _may_be_same(table, facts)]
        recommended = (*likely, without.key)[0]
    yield Question(
        id=f"{FOUND_THERE}:{table.target}",
        table=table.target,
        text=f"{table.target} is filled already. How is a row of {table.source} found there?",
        options=(*options, without),
        recommended=recommended,
        reason=reason or "Other tables refer to these rows.",
    )


def _may_be_same(table: TableMapping, facts: Facts) -> bool:
    """Whether nothing was seen that speaks against equal keys: rows that have them and hold something else, or far
    fewer rows there than there were."""
    if facts.target_profile.rows(table.target) * 2 < facts.source_profile.rows(table.source):
        return False
    return not any(one.alike < one.compared for one in facts.looked.of(table.source, table.target))


def _without(parent: str, mapping: Mapping, facts: Facts) -> Option:
    """Nothing refers to a parent: its references stay empty, and tables that cannot do without are left out."""
    changes: dict[str, LeaveOut | UnmapColumn] = {}
    for reference in references_of(mapping, facts.target):
        if reference.parent == parent and reference.required:
            changes[reference.child] = LeaveOut(table=reference.child)
        elif reference.parent == parent:
            change = UnmapColumn(table=reference.child, target=reference.columns[0])
            changes.setdefault(reference.text, change)
    text = f"Move nothing that must refer to {parent}, and leave other references to it empty"
    return Option(key="without", text=text, changes=tuple(changes.values()))

"""Questions about columns: guesses, required ones that nothing feeds, references without a parent, dates either way."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from ferryman.agents.bookkeeping import MOMENTS, words
from ferryman.agents.deletion_questions import marks_go_into
from ferryman.agents.facts import Facts
from ferryman.agents.flag_questions import UNFED, doubtful_values, flag_questions
from ferryman.agents.flag_values import means
from ferryman.agents.in_every_row import in_every_row, is_a_choice
from ferryman.agents.pairing import Choice, Pairing, leads_elsewhere, references
from ferryman.agents.person_names import full_name, whole_name
from ferryman.agents.side_tables import from_the_side
from ferryman.agents.table_questions import LEAST_OFFERED, MOST_OPTIONS, leave_out
from ferryman.agents.transform_words import step_words
from ferryman.agents.units import NUMBERS, conversion
from ferryman.agents.value_questions import language_questions, unit_questions, value_questions
from ferryman.agents.value_steps import can_become, holds_moments, holds_numbers, text_formats
from ferryman.agents.wording import listed
from ferryman.domain.allowed_values import allowed_words
from ferryman.domain.changes import Include, MapColumn, MapTable, Option, Question, UnmapColumn
from ferryman.domain.mapping import Action, ColumnMapping, Mapping, TableMapping
from ferryman.domain.profile import ColumnProfile
from ferryman.domain.references import parent_of
from ferryman.domain.schema import Column, Family
from ferryman.domain.transforms import (
    Concat,
    NewId,
    Split,
    TextToDate,
    ValueMap,
)

#: Kinds of a question about what fills a column, beside `UNFED`; an id is the kind, a colon, and TABLE.COLUMN.
PARENT, FORMAT, PARTS = "parent", "format", "parts"

_WHEN = frozenset("at on when date time datetime timestamp ts stamp moment day".split())


def column_questions(table: TableMapping, mapping: Mapping, facts: Facts) -> Iterator[Question]:
    """The questions about the columns of one copied table."""
    if table.action is not Action.COPY:
        return
    pairing = facts.paired(table, mapping)
    flags = tuple(flag_questions(table, pairing, facts))
    yield from _guesses(table, pairing, facts)
    yield from _unfed(table, mapping, pairing, facts, {question.id for question in flags})
    yield from flags
    yield from doubtful_values(
        table, pairing, facts, [one.target for one in table.columns if _is_guessed(one, pairing)]
    )
    yield from _formats(table, facts)
    yield from value_questions(table, facts)
    yield from unit_questions(table, facts)
    yield from language_questions(table, facts)


def _guesses(table: TableMapping, pairing: Pairing, facts: Facts) -> Iterator[Question]:
    unsure = {column.target: pairing.columns[column.target] for column in table.columns if _is_guessed(column, pairing)}
    optional = {}
    by_rules = (column for column in table.columns if column.uses(Split) and not column.is_said)
    if parted := tuple(column for column in by_rules if column.source == (whole_name(pairing),)):
        yield _parted(table, parted, facts)
    for column in table.columns:
        if (
            column.uses(Concat)
            and not column.is_said
            and full_name(pairing.target.column(column.target), pairing) == column.source
        ):
            yield _joined(table, column)
    for name, choice in unsure.items():
        if pairing.target.column(name).required:
            yield _required_guess(table, name, choice, facts)
        else:
            optional[name] = choice
    if optional:
        yield _optional_guesses(table, optional, facts)


def _joined(table: TableMapping, column: ColumnMapping) -> Question:
    told = f"{column.source[0]} and {column.source[1]}"
    join = MapColumn(table=table.target, source=column.source, target=column.target, steps=column.steps)
    return Question(
        id=f"column:{table.target}.{column.target}",
        table=table.target,
        text=f"{table.target}.{column.target} looks like {told} of {table.source}, joined by a blank. Is that right?",
        options=(
            Option(key="join", text=f"{told}, joined", changes=(join,)),
            *(_from(table, part, column.target) for part in column.source),
        ),
        recommended="join",
    )


def _parted(table: TableMapping, parts: tuple[ColumnMapping, ...], facts: Facts) -> Question:
    """Whether a whole name is taken apart into first and last name. `parts`: one of them is here, or both."""
    whole, target = parts[0].source[0], facts.target.table(table.target)
    told = listed(
        f"{part.target} is {step_words(step)}" for part in parts for step in part.steps if isinstance(step, Split)
    )
    split = tuple(MapColumn(table=table.target, source=p.source, target=p.target, steps=p.steps) for p in parts)
    may_be_empty = not any(target.column(part.target).required for part in parts)
    unsplit = tuple(UnmapColumn(table=table.target, target=part.target) for part in parts)
    no = Option(key="no", text="No, leave these columns empty", changes=unsplit)
    return Question(
        id=f"{PARTS}:{table.target}.{parts[0].target}",
        table=table.target,
        text=f"{table.source}.{whole} looks like the whole name of a person. Shall it be taken apart?",
        options=(
            Option(key="split", text=f"Yes: {told}", changes=split),
            *((no,) if may_be_empty else ()),
            leave_out(table.target),
        ),
        recommended="split",
        reason="Most of its values have that form. Nothing of a name is lost: a middle name goes with the first.",
    )


def _is_guessed(column: ColumnMapping, pairing: Pairing) -> bool:
    """Whether there is a question about what fills it."""
    return column.target in pairing.columns and not column.uses(NewId, Split) and _is_guess(column, pairing)


def _is_guess(column: ColumnMapping, pairing: Pairing) -> bool:
    """What a person said is none, and a reference whose parent is a guess is no question of its own."""
    choice = pairing.columns[column.target]
    by_rules = not column.is_said and column.source == (choice.source,)
    return by_rules and not choice.sure and not choice.follows


def _required_guess(table: TableMapping, name: str, choice: Choice, facts: Facts) -> Question:
    found = facts.matches.by_pair.get((table.source, table.target))
    others = [m.source for m in (found.columns if found else ()) if m.target == name and m.score >= LEAST_OFFERED]
    names = tuple(dict.fromkeys((choice.source, *others)))[:MOST_OPTIONS]
    found_by = table.by_target[name].source if parent_of(table.by_target[name]) else ()
    fitting = (source for source in names if (source,) == found_by or _can_fill(table, source, name, facts))
    options = (*(_from(table, source, name) for source in fitting), leave_out(table.target))
    return Question(
        id=f"column:{table.target}.{name}",
        table=table.target,
        text=f"{table.source}.{choice.source} -> {table.target}.{name}{_meaning(table, name, facts)}?"
        " The new column must be filled.",
        options=options,
        recommended=options[0].key,
        reason=f"{choice.why or 'It is the closest match'}, but that is not enough to be sure."
        if options[0].key == choice.source
        else f"{choice.source} is the closest match, and cannot become what {name} holds.",
    )


def _from(table: TableMapping, source: str, target: str) -> Option:
    change = MapColumn(table=table.target, source=(source,), target=target)
    return Option(key=source, text=f"Fill it from {source}", changes=(change,))


def _optional_guesses(table: TableMapping, unsure: dict[str, Choice], facts: Facts) -> Question:
    told = ", ".join(f"{choice.source} -> {name}{_meaning(table, name, facts)}" for name, choice in unsure.items())
    without = tuple(UnmapColumn(table=table.target, target=name) for name in unsure)
    by_default = [name for name in unsure if facts.target.table(table.target).column(name).default is not None]
    if len(by_default) == len(unsure):
        no = "No, leave these columns to their defaults"
    else:
        no = f"No, leave these columns empty{f' ({listed(by_default)}: to the default)' if by_default else ''}"
    return Question(
        id=f"columns:{table.target}",
        table=table.target,
        text=f"In {table.source} -> {table.target} these look alike: {told}. Is that right?",
        options=(
            Option(key="yes", text="Yes, all of it"),
            Option(key="no", text=no, changes=without),
        ),
        recommended="yes",
        reason="They are the closest matches, but that is not enough to be sure.",
    )


def _meaning(table: TableMapping, name: str, facts: Facts) -> str:
    """ " (enabled in 18 rows is yes, disabled in 6 rows is no)" where words become a yes and no."""
    line, column = table.by_target[name], facts.target.table(table.target).column(name)
    if column.family is not Family.BOOLEAN:
        return ""
    pairs = [pair for step in line.steps if isinstance(step, ValueMap) for pair in step.pairs]
    profile = facts.column(table.source, line.source[0]) if line.source else None
    rows = profile.states if profile and not profile.sampled else {}
    said = means({str(pair.old): bool(pair.new) for pair in pairs if pair.old not in (None, "")}, rows)
    return f" ({said})" if said else ""


def _unfed(
    table: TableMapping, mapping: Mapping, pairing: Pairing, facts: Facts, asked: Collection[str]
) -> Iterator[Question]:
    """`asked`: the ids of questions that are asked besides."""
    target = facts.target.table(table.target)
    for column in target.columns:
        if not column.required or column.name in table.by_target:
            continue
        if f"{UNFED}:{table.target}.{column.name}" in asked:
            continue
        parent = _parent(column, pairing, facts)
        if parent:
            yield _without_parent(table, column, parent, mapping, facts)
        elif (column.name,) != target.primary_key:
            yield _without_source(table, column, mapping, facts)


def _parent(column: Column, pairing: Pairing, facts: Facts) -> str:
    keys = references(pairing, facts.fed, facts.target)
    return next((key.parent for key in keys if column.name in key.columns), "")


def _without_parent(table: TableMapping, column: Column, parent: str, mapping: Mapping, facts: Facts) -> Question:
    """The parent takes no part, or nothing says which of its rows a row belongs to.

    What a table needs comes along by itself; where its parent does not, a person left it out, and that holds.
    """
    if parent in mapping.by_target:
        return _without_source(table, column, mapping, facts, parent)
    finding = facts.findings.by_target.get(parent)
    can_be_filled = finding is not None and finding.source_table is not None
    include = Option(key=f"include_{parent}", text=f"Take {parent} along", changes=(Include(table=parent),))
    reason = f"{parent} was left out, and no row of {table.target} can be without it." if can_be_filled else ""
    named = {} if can_be_filled else _named(table, mapping, facts)
    fill = [
        Option(key=old, text=f"Fill {parent} from {old}", changes=(MapTable(source=old, target=parent),))
        for old in dict.fromkeys((*named, *(() if can_be_filled else _alike(parent, mapping, facts))))
    ]
    one_of_them = not can_be_filled and facts.target_profile.rows(parent) > 0
    recommended = "" if one_of_them or fill else leave_out(table.target).key
    if len(named) == 1:
        recommended, reason = next((old, f"{by} of {table.source} names rows of {old}.") for old, by in named.items())
    elif one_of_them:
        reason = _one_for_all(column, parent)
    return Question(
        id=f"{PARENT}:{table.target}.{column.name}",
        table=table.target,
        text=f"Every row of {table.target} must refer to {parent}, which takes no part in this plan.",
        options=(*((include,) if can_be_filled else ()), *fill[: MOST_OPTIONS - 1], leave_out(table.target)),
        recommended=recommended,
        reason=reason,
    )


def _named(table: TableMapping, mapping: Mapping, facts: Facts) -> dict[str, str]:
    """Legacy tables that feed nothing and whose rows a column without a place names, with that column."""
    ours, found = facts.source.table(table.source), dict[str, str]()
    for name in table.ignored:
        profile, known = facts.column(table.source, name), ours.reference(name)
        guessed = [one.table for one in profile.may_name] if profile else []
        found |= {old: name for old in ([known.parent] if known else guessed) if old not in found}
    return {old: name for old, name in found.items() if _is_free(old, mapping, facts)}


def _alike(parent: str, mapping: Mapping, facts: Facts) -> list[str]:
    """Legacy tables that feed nothing and look like what fills a target table, the likest first."""
    matches = sorted(facts.matches.tables, key=lambda match: -match.score)
    likely = [match.source for match in matches if match.target == parent and match.score >= LEAST_OFFERED]
    return [old for old in likely if _is_free(old, mapping, facts)]


def _is_free(old: str, mapping: Mapping, facts: Facts) -> bool:
    """Whether a legacy table holds rows and feeds nothing."""
    return facts.source_profile.rows(old) > 0 and old not in {table.source for table in mapping.tables}


_NUMBERED = (("number",), ("no",), ("nr",), ("num",))  #: at the end of a name that numbers rows


def _is_id(column: Column) -> bool:
    """Whether a name says that a column holds numbers of rows: nobody can guess whose, and 0 is none."""
    return column.family in NUMBERS and words(column.name)[-1:] == ("id",)


def _without_source(table: TableMapping, column: Column, mapping: Mapping, facts: Facts, parent: str = "") -> Question:
    """What fills a column that must be filled. `parent`: whose rows it names, where the new database says so: no
    number that happens to be there does, and one of those that are there may do for all."""
    elsewhere = _elsewhere(table, column, mapping, facts)
    known = mapping.by_target.get(parent)
    by_several = known is not None and len(known.key) > 1  # by which no one column names a row of the parent
    weak = [] if by_several else _weak(table, column, elsewhere, facts)
    likely = [*from_the_side(table, column.name, mapping, facts), *weak]
    unused = [] if likely or parent else _unused(table, column, elsewhere, facts)
    safe = (*likely, *unused, *in_every_row(table, column, facts))
    words_listed = allowed_words(facts.target.table(table.target), column)
    texts = [] if likely else _texts(table, column, facts)
    ours, one_of_them = facts.source.table(table.source), bool(parent and facts.target_profile.rows(parent))
    numbered = not parent and table.key[0] in ours.by_name and words(column.name)[-1:] in _NUMBERED
    of_rows = numbered or _is_id(column)
    by_name = _told_by_name(ours.column(unused[0].key), column) if unused else not (safe and of_rows)
    told = likely or (by_name and not one_of_them and not (texts and not safe) and not is_a_choice(words_listed))
    told = told and column.name != marks_go_into(table, facts)
    numbers = f'Say what numbers the rows: "{column.name} of {table.target} comes from {table.key[0]}".'
    how = numbers if numbered else _one_for_all(column, parent, words_listed)
    why = f" {listed(f'{old} names rows of {parent}' for old, parent in elsewhere)}." if elsewhere else ""
    return Question(
        id=f"{UNFED}:{table.target}.{column.name}",
        table=table.target,
        text=(
            f"{table.target}.{column.name} must be filled, and nothing in {table.source} does.{why} What stands there?"
        ),
        options=(
            *safe,
            *texts,
            *(_all_the_same(table, column, *one) for one in elsewhere),
            leave_out(table.target),
        ),
        recommended=(safe[0].key if safe else leave_out(table.target).key) if told else "",
        reason="" if told or unused else how,
    )


def _one_for_all(column: Column, parent: str, words: Sequence[str] = ()) -> str:
    """How one value for every row is said. `words`: those that the column lists."""
    value = words[-1] if words else "1" if column.family in NUMBERS else "KEY" if parent else "TEXT"
    what = f"One row of {parent} that is there, by its key," if parent else "One value"
    return f'{what} for every row can be said: "{column.name} is always {value}".'


def _all_the_same(table: TableMapping, column: Column, old: str, parent: str) -> Option:
    """For two old tables that share their numbers, as one that only adds columns to another."""
    text = f"Fill it from {old} all the same: right only where {parent} shares its numbers with what goes there"
    return _from(table, old, column.name).but(text=text)


def _weak(table: TableMapping, column: Column, elsewhere: list[tuple[str, str]], facts: Facts) -> list[Option]:
    names, wrong = _likely(table, column, facts), {old for old, _ in elsewhere}
    fitting = [old for old in names if old not in wrong and _can_fill(table, old, column.name, facts)]
    return [_from(table, source, column.name) for source in fitting[: MOST_OPTIONS - 2]]


def _unused(table: TableMapping, column: Column, elsewhere: list[tuple[str, str]], facts: Facts) -> list[Option]:
    """Legacy numbers that go nowhere, for a number, and moments for a moment: names tell nothing but the unit, or that
    it is one. Without that none is recommended, nor is 0."""
    holds = holds_numbers if column.family in NUMBERS else holds_moments if column.family in MOMENTS else None
    if holds is None:
        return []
    ours, wrong = facts.source.table(table.source), {old for old, _ in elsewhere}
    free = [old for old in ours.columns if old.name in table.ignored and old.name not in wrong]
    alike = [old for old in free if holds(old, facts.column(table.source, old.name))]
    plain = [old for old in alike if not ours.reference(old.name)]
    fitting = [old for old in plain if _can_fill(table, old.name, column.name, facts)]
    by_name = sorted(fitting, key=lambda old: not _told_by_name(old, column))
    return [_converted(table, old, column) for old in by_name[: MOST_OPTIONS - 2]]


def _texts(table: TableMapping, column: Column, facts: Facts) -> list[Option]:
    """Legacy texts that go nowhere, for a text: one of them may be meant, and nothing tells which."""
    if column.family is not Family.TEXT:
        return []
    ours = facts.source.table(table.source)
    free = [old for old in ours.columns if old.name in table.ignored and old.family is Family.TEXT]
    plain = [old for old in free if not ours.reference(old.name) and _can_fill(table, old.name, column.name, facts)]
    held = [old for old in plain if not holds_moments(old, facts.column(table.source, old.name))]
    return [_from(table, old.name, column.name) for old in held[: MOST_OPTIONS - 2]]


def _told_by_name(old: Column, column: Column) -> bool:
    """Whether a name tells the unit of a number, or nothing but that this is the moment of its row."""
    if column.family in MOMENTS:
        return _WHEN.issuperset(words(old.name))
    return conversion(old, column) is not None


def _converted(table: TableMapping, old: Column, column: Column) -> Option:
    option, step = _from(table, old.name, column.name), conversion(old, column)
    return option.but(text=f"{option.text}, {step_words(step)}") if step else option


def _likely(table: TableMapping, column: Column, facts: Facts) -> list[str]:
    found = facts.matches.by_pair.get((table.source, table.target))
    matches = [m for m in (found.columns if found else ()) if m.target == column.name and m.score >= LEAST_OFFERED]
    plain = column.family in NUMBERS and not _is_id(column)
    rows = {m.source for m in matches if plain and _names_rows(table, m.source, facts)}
    # what tells the rows apart fills the new key alone, and what names rows of a table no other number
    return [m.source for m in matches if (m.source,) != table.key and m.source not in rows]


def _names_rows(table: TableMapping, old: str, facts: Facts) -> bool:
    """Whether a legacy column is a reference, or likely one."""
    profile = facts.column(table.source, old)
    return bool(facts.source.table(table.source).reference(old) or (profile and profile.may_name))


def _elsewhere(table: TableMapping, column: Column, mapping: Mapping, facts: Facts) -> list[tuple[str, str]]:
    """Likely legacy columns whose numbers name rows of another table than the new column's do, with that table."""
    ours, theirs = facts.source.table(table.source), facts.target.table(table.target)
    fed = facts.fed_in(mapping)
    told = ((old, leads_elsewhere(ours, old, theirs, column.name, fed)) for old in _likely(table, column, facts))
    return [(old, parent) for old, parent in told if parent]


def _can_fill(table: TableMapping, source: str, target: str, facts: Facts) -> bool:
    ours, theirs = facts.source.table(table.source).column(source), facts.target.table(table.target).column(target)
    profile = facts.column(table.source, source)
    return can_become(ours, theirs, profile) and not _has_parts(ours, theirs, profile)


def _has_parts(ours: Column, theirs: Column, profile: ColumnProfile | None) -> bool:
    """Whether an amount would stand for a whole number that must be filled: 19.99 is no number of an invoice."""
    bounds = (profile.lowest, profile.highest) if profile and theirs.family is Family.INTEGER else ()
    parted = any(isinstance(bound, float) and not bound.is_integer() for bound in bounds)
    return parted and conversion(ours, theirs) is None


def _formats(table: TableMapping, facts: Facts) -> Iterator[Question]:
    for column in table.columns:
        if not column.uses(TextToDate) or len(column.source) != 1:
            continue
        formats = text_formats(facts.column(table.source, column.source[0]))
        if len(formats) > 1:
            yield _either_way(table, column.source[0], column.target, formats)


def _either_way(table: TableMapping, source: str, target: str, formats: tuple[str, ...]) -> Question:
    keys = "day_first", "month_first"
    return Question(
        id=f"{FORMAT}:{table.target}.{target}",
        table=table.target,
        text=f"The dates in {table.source}.{source} can be read two ways. Which comes first, the day or the month?",
        options=tuple(
            Option(
                key=key,
                text=f"{key.partition('_')[0].capitalize()} first ({form})",
                changes=(
                    MapColumn(table=table.target, source=(source,), target=target, steps=(TextToDate(format=form),)),
                ),
            )
            for key, form in zip(keys, formats, strict=True)
        ),
    )

"""Which legacy table feeds which target table, and which column which: one choice each, sure or a guess."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ferryman.agents.bookkeeping import WHENS, Book, book_of, content_words, words
from ferryman.agents.vocabulary import key as singular
from ferryman.domain.findings import Match, Matches, in_full
from ferryman.domain.schema import Column, Database, Family, ForeignKey, Table

LEAST_TABLE = 0.5  #: a table candidate below it is no guess worth a question
LEAST_COLUMN = 0.5  #: the same for columns, of what they would score in tables that match in full
LEAST_NAMESAKE = 0.3  #: enough where both names say the same

#: Books that are kept by rules of their own, never by a match alone.
RULED = frozenset((Book.CREATED, Book.UPDATED, Book.LEGACY_ID, Book.METADATA))


@dataclass(frozen=True)
class Choice:
    """The legacy column that is to feed a target column."""

    source: str
    sure: bool
    score: float
    why: str = ""
    follows: bool = False  #: from the pair of tables alone: right when that is right


@dataclass(frozen=True)
class Pairing:
    """One target table with the legacy table that feeds it."""

    source: Table
    target: Table
    sure: bool
    score: float
    columns: Mapping[str, Choice]  #: by target column; the target's bookkeeping columns are not among them
    why: str = ""
    joined: Mapping[str, ForeignKey] = field(default_factory=dict)  #: references of one column, fed by one of several
    whens: Mapping[str, Choice] = field(default_factory=dict)  #: what else may say when a row was made or changed

    def feeds(self, name: str) -> bool:
        """Whether something is to feed a target column."""
        return name in self.columns or name in self.joined


def pairings(source: Database, target: Database, matches: Matches) -> dict[str, Pairing]:
    """The pairing of every target table that a legacy table feeds, by target name, in the target's order.

    A legacy table feeds one target table, the sure and then the best match first.
    """
    chosen = _choose_tables(source, target, matches)
    sources = {match.target: match.source for match in chosen}
    sure = {match.target for match in chosen if match.sure}
    made = {
        match.target: pair(source.table(match.source), target.table(match.target), match, matches, Fed(sources, sure))
        for match in chosen
    }
    return {table.name: made[table.name] for table in target.tables if table.name in made}


def _choose_tables(source: Database, target: Database, matches: Matches) -> list[Match]:
    left, right = ({t.name for t in (*side.data_tables, *side.framework_lists)} for side in (source, target))
    chosen = []
    for match in sorted(matches.tables, key=lambda m: (not m.sure, -m.score, m.source, m.target)):
        if match.source in left and match.target in right and (match.sure or match.score >= LEAST_TABLE):
            chosen.append(match)
            left.discard(match.source)
            right.discard(match.target)
    return chosen


@dataclass(frozen=True)
class Fed:
    """Which legacy table feeds which target table (target -> source), and of which that is sure."""

    sources: Mapping[str, str]
    sure: frozenset[str] | set[str]

    def parent(self, source: str) -> str | None:
        """The target table that a legacy table feeds; None when there is none, or more than one."""
        fed = [name for name, feeding in self.sources.items() if feeding == source]
        return fed[0] if len(fed) == 1 else None


def fed_by(found: Mapping[str, Pairing]) -> Fed:
    """Which legacy table feeds which target table, out of the pairings."""
    return Fed(
        {name: pairing.source.name for name, pairing in found.items()},
        {name for name, pairing in found.items() if pairing.sure},
    )


def pair(source: Table, target: Table, match: Match, matches: Matches, fed: Fed) -> Pairing:
    """The choices for the columns of one pair of tables, each legacy column taken once."""
    joined = dict(_joined(source, target, fed))
    ranked = [
        (name, choice)
        for name, choice in _ranked(source, target, matches)
        if name not in joined and not leads_elsewhere(source, choice.source, target, name, fed)
    ]
    choices = {name: c for name, c in _by_references(source, target, fed) if _is_upheld(name, c, source, ranked)}
    taken = {choice.source for choice in choices.values()}
    for choice_target, choice in ranked:
        free = choice.source not in taken or choice_target in target.primary_key
        if free and choice_target not in choices:
            choices[choice_target] = choice
            if choice_target not in target.primary_key:
                taken.add(choice.source)
    whens = {name: one for name, one in reversed(_ranked(source, target, matches, WHENS)) if one.source not in taken}
    return Pairing(source, target, match.sure, match.score, choices, _why(match), joined, whens)


def leads_elsewhere(source: Table, column: str, target: Table, name: str, fed: Fed) -> str:
    """The legacy table that a legacy column refers to, where the target column refers to a table that another one
    feeds: their numbers name different rows. "" where it leads the same way, or nothing says where it leads.

    A reference that is no constraint counts where its column is called after its parent, and not after the other one.
    """
    legacy = source.reference(column)
    declared = next((fed.sources.get(key.parent) for key in target.foreign_keys if key.columns == (name,)), None)
    feeding = declared or _called_after(name, fed)
    if legacy is None or feeding is None or legacy.parent == feeding:
        return ""
    called = {word.rstrip("s") for word in words(column)}
    named = [bool(called & {word.rstrip("s") for word in words(table)}) for table in (legacy.parent, feeding)]
    return legacy.parent if legacy.enforced or named == [True, False] else ""


def _called_after(name: str, fed: Fed) -> str | None:
    """The legacy table that feeds the table whose name a column of ids bears: "topic_id", of topics."""
    *said, last = words(name) or ("",)
    if last != "id" or not said:
        return None
    called = [singular(word) for word in said]
    named = ([singular(word) for word in words(table)] for table in fed.sources)
    return next((source for source, name in zip(fed.sources.values(), named, strict=True) if name == called), None)


def _joined(source: Table, target: Table, fed: Fed) -> Iterator[tuple[str, ForeignKey]]:
    """Where the parents' rows are told apart by several columns in the old database, and by one in the new one."""
    for key in target.foreign_keys:
        feeding = fed.sources.get(key.parent)
        theirs = _only(source.foreign_keys, feeding) if feeding else None
        alone = len(key.columns) == 1 and _only(target.foreign_keys, key.parent) == key
        if theirs is not None and alone and len(theirs.columns) > 1:
            yield key.columns[0], theirs


def _by_references(source: Table, target: Table, fed: Fed) -> Iterator[tuple[str, Choice]]:
    """The only reference of one table to another is the only reference between the two that they feed."""
    for key in target.foreign_keys:
        feeding = fed.sources.get(key.parent)
        theirs = _only(source.foreign_keys, feeding) if feeding else None
        if theirs is None or _only(target.foreign_keys, key.parent) != key or len(theirs.columns) != len(key.columns):
            continue
        for name, legacy in zip(key.columns, theirs.columns, strict=True):
            alike = namesakes(source.column(legacy), source.name, target.column(name), target.name)
            why = "" if alike else f"the only reference to {feeding}, as here to {key.parent}"
            yield name, Choice(legacy, key.parent in fed.sure, 1.0, why, follows=True)


def _only(keys: tuple[ForeignKey, ...], parent: str) -> ForeignKey | None:
    found = [key for key in keys if key.parent == parent]
    return found[0] if len(found) == 1 else None


def _is_upheld(name: str, choice: Choice, source: Table, ranked: list[tuple[str, Choice]]) -> bool:
    """A legacy reference that was inferred from values gives way to another column that looks more like it."""
    if any(choice.source in key.columns and key.enforced for key in source.foreign_keys):
        return True
    return next((other.source for other_name, other in ranked if other_name == name), choice.source) == choice.source


def _ranked(source: Table, target: Table, matches: Matches, kept: tuple[Book, ...] = ()) -> list[tuple[str, Choice]]:
    """Candidates for the target's columns of content, or of the books named, the sure and then the best first."""
    found = matches.by_pair.get((source.name, target.name))
    candidates = found.columns if found else _namesakes(source, target)
    tables = next((m.score for m in matches.tables if (m.source, m.target) == (source.name, target.name)), 1.0)
    meant = [match for match in candidates if _is_meant(target.by_name.get(match.target), target, kept)]
    choices = [choice for match in meant if (choice := _choice(match, source, target, tables))]
    return sorted(choices, key=lambda c: (not c[1].sure, -c[1].score, c[1].source, c[0]))


def _is_meant(column: Column | None, target: Table, kept: tuple[Book, ...]) -> bool:
    if column is None or column.generated:
        return False
    book = book_of(column, target.name)
    return book in kept if kept else book not in RULED


def _choice(match: Match, source: Table, target: Table, tables: float) -> tuple[str, Choice] | None:
    if match.source not in source.by_name:
        return None
    column = target.column(match.target)
    alike = namesakes(source.column(match.source), source.name, column, target.name)
    if not match.sure and in_full(match.score, tables) < (LEAST_NAMESAKE if alike else LEAST_COLUMN):
        return None
    return match.target, Choice(match.source, match.sure or alike, match.score, "" if alike else _why(match))


def _namesakes(source: Table, target: Table) -> tuple[Match, ...]:
    return tuple(
        Match(source=ours.name, target=theirs.name, score=1.0)
        for theirs in target.columns
        for ours in source.columns
        if namesakes(ours, source.name, theirs, target.name)
    )


def namesakes(ours: Column, source: str, theirs: Column, target: str) -> bool:
    """Whether two names say the same: "case_no" and "CaseNo", "closed" and "closed_at", but not "size" and "sum"."""
    return content_words(ours.name, source) == content_words(theirs.name, target)


def _why(match: Match) -> str:
    return "; ".join(evidence.text for evidence in match.evidence[:2])


def references(pairing: Pairing, fed: Fed, target: Database) -> tuple[ForeignKey, ...]:
    """What the target table refers to: its declared references, then those that only the legacy table declares."""
    known = (taken_over(pairing, name, choice.source, fed, target) for name, choice in pairing.columns.items())
    return (*pairing.target.foreign_keys, *(key for key in known if key))


def taken_over(pairing: Pairing, name: str, source: str, fed: Fed, target: Database) -> ForeignKey | None:
    """The reference that a legacy column makes of the target column that it feeds, where that declares none.

    The target column must hold the parent's new key, of one column, and be no key itself. Not enforced.
    """
    legacy = pairing.source.reference(source)
    parent = fed.parent(legacy.parent) if legacy else None
    declared = {column for key in pairing.target.foreign_keys for column in key.columns}
    if parent is None or name in declared or (name,) == pairing.target.primary_key:
        return None
    key = target.table(parent).key
    if len(key) != 1 or not _alike(target.table(parent).column(key[0]), pairing.target.column(name)):
        return None
    return ForeignKey(columns=(name,), parent=parent, parent_columns=key, enforced=False)


def _alike(one: Column, other: Column) -> bool:
    """Whether a column can hold another one's keys, whatever they are made of."""
    texts = (Family.TEXT, Family.UUID)
    return one.family is other.family or (one.family in texts and other.family in texts)

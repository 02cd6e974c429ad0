"""Which legacy table feeds which target table, and which column which: one choice each, sure or a guess."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from ferryman.agents.bookkeeping import (
    CREATED_WORDS,
    MOMENTS,
    UPDATED_WORDS,
    WHENS,
    Book,
    book_of,
    books,
    content_words,
    may_tell_creation,
    words,
)
from ferryman.agents.type_ids import types_beside
from ferryman.agents.units import NUMBERS
from ferryman.agents.vocabulary import key as singular
from ferryman.domain.findings import Match, Matches, in_full
from ferryman.domain.schema import Column, Database, Family, ForeignKey, Table

LEAST_TABLE = 0.5  #: a table candidate below it is no guess worth a question
LEAST_COLUMN = 0.5  #: the same for columns, of what they would score in tables that match in full
LIKELY_PART = 0.6  #: enough for one column by itself to say that a table takes part of another's rows
LEAST_NAMESAKE = 0.3  #: enough where both names say the same

_KINDS = tuple((word,) for word in "status state type kind stage phase mode level".split())

_MEASURES = tuple((word,) for word in "quantity qty amount count stock price total sum weight rating score".split())
_PAGES = tuple((word,) for word in "meta seo og".split())
_OF_PAGES = tuple((word,) for word in "title description keyword keywords".split())

#: How the names of columns end that may hold what names a row, also as a text.
_NAMES_OF_ROWS = tuple((word,) for word in "id ids key ref reference no nr number code identifier uuid guid".split())

_IDS = (("id",), ("uuid",), ("guid",), ("by",))
UUID_LENGTH = 36  #: of a text column made for dashed UUIDs

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
    own: Mapping[str, str] = field(default_factory=dict)  #: references to what else its legacy row becomes -> table
    part_of: str = ""  #: the target table of whose rows this one's are parts

    def feeds(self, name: str) -> bool:
        """Whether something is to feed a target column."""
        return name in self.columns or name in self.joined or name in self.own


@dataclass(frozen=True)
class Fed:
    """Which legacy table feeds which target table (target -> source), and of which that is sure."""

    sources: Mapping[str, str]
    sure: frozenset[str] | set[str]
    parts: Mapping[str, str] = field(default_factory=dict)  #: a table whose rows are parts of another's -> that one
    brought: frozenset[tuple[str, str]] = frozenset()  #: (source, target) of tables that earlier runs brought

    def parent(self, source: str) -> str | None:
        """The target table that a legacy table feeds, whatever takes parts of its rows, else the one that an earlier
        run brought it into; None when there is none, or more than one."""
        fed = [name for name, feeding in self.sources.items() if feeding == source and name not in self.parts]
        fed = fed or [target for ours, target in self.brought if ours == source]
        return fed[0] if len(fed) == 1 else None

    def of_one_row(self, one: str, other: str) -> bool:
        """Whether each row of one table and a row of the other are made of the same legacy row."""
        return one != other and self.parts.get(one, one) == self.parts.get(other, other)


def pair(source: Table, target: Table, match: Match, matches: Matches, fed: Fed) -> Pairing:
    """The choices for the columns of one pair of tables, each legacy column taken once."""
    joined = dict(_joined(source, target, fed))
    candidates = candidates_of(source, target, matches)
    own = dict(_own(source, target, candidates, fed))
    ranked = [
        (name, choice)
        for name, choice in candidates
        if name not in joined and name not in own and not leads_elsewhere(source, choice.source, target, name, fed)
    ]
    choices = {name: c for name, c in _by_references(source, target, fed, own) if _is_upheld(name, c, source, ranked)}
    taken = {choice.source for choice in choices.values()}
    for choice_target, choice in ranked:
        free = choice.source not in taken or choice_target in target.primary_key
        if free and choice_target not in choices and not _in_key(choice.source, choice_target, target, choices):
            choices[choice_target] = choice
            if choice_target not in target.primary_key:
                taken.add(choice.source)
    for name, choice in _left_to_one_another(source, target, {*choices, *joined, *own}, taken, fed):
        choices[name] = choice
        taken.add(choice.source)
    for kind, ours in types_beside(source, target, {name: c.source for name, c in choices.items()}, taken):
        choices[kind] = Choice(ours, False, LIKELY_PART, "it says which rows the number beside it names")
    whens = {
        name: one for name, one in reversed(candidates_of(source, target, matches, WHENS)) if one.source not in taken
    }
    if began := _begun(source, target, {*choices, *joined, *own}, taken):
        choices[began[0]] = began[1]
        taken.add(began[1].source)
    part = fed.parts.get(target.name, "")
    after = _called_as_the_table(source, target, {*choices, *joined, *own}, taken)
    if after and (part or target.column(after[0]).required):
        choices[after[0]] = after[1]
    if part:
        choices = {name: replace(c, follows=c.follows or c.score >= LIKELY_PART) for name, c in choices.items()}
    return Pairing(source, target, match.sure, match.score, choices, _why(match), joined, whens, own, part)


def _in_key(source: str, name: str, target: Table, choices: Mapping[str, Choice]) -> bool:
    """Whether a legacy column feeds one part of the new key already: another part tells of something else."""
    parts = target.primary_key if name in target.primary_key else ()
    return any(part in choices and choices[part].source == source for part in parts)


def _own(source: Table, target: Table, ranked: list[tuple[str, Choice]], fed: Fed) -> Iterator[tuple[str, str]]:
    """The references to tables whose rows are made of the same legacy rows, where no legacy column fills them: each
    names the row that its own legacy row became. Of several to one table, none."""
    surely = {name for name, choice in ranked if choice.sure and choice.source not in source.key}
    found = {name: parent for name, parent in siblings(target, fed) if name not in surely}
    for name, parent in found.items():
        if list(found.values()).count(parent) == 1:
            yield name, parent


def siblings(target: Table, fed: Fed) -> Iterator[tuple[str, str]]:
    """(column, table) for each reference of one column to a table whose rows are made of the same legacy rows; one that
    is not declared is told by its name."""
    declared = {name for key in target.foreign_keys for name in key.columns}
    for key in target.foreign_keys:
        if len(key.columns) == 1 and fed.of_one_row(target.name, key.parent):
            yield key.columns[0], key.parent
    for column in target.columns:
        called = named_after(column.name, fed.sources)
        if column.name not in declared and called and fed.of_one_row(target.name, called):
            yield column.name, called


def _begun(source: Table, target: Table, filled: set[str], taken: set[str]) -> tuple[str, Choice] | None:
    """The one moment that must be filled and whose name says no more than when a row came to be, "placed_at" of orders,
    from the legacy column that says when a row was made."""
    made = books(source.columns, source.name).get(Book.CREATED)
    free = [c for c in target.columns if c.required and c.name not in filled and c.family in MOMENTS]
    begun = [c.name for c in free if is_content(c, target) and may_tell_creation(c, target.name)]
    if made is None or made.family not in MOMENTS or made.name in taken or len(begun) != 1:
        return None
    return begun[0], Choice(made.name, False, LIKELY_PART, "it says when a row was made")


def _called_as_the_table(source: Table, target: Table, filled: set[str], taken: set[str]) -> tuple[str, Choice] | None:
    """The one column of a table that nothing fills yet, from the legacy column that the table is called after:
    "address" of user_emails from "email" of users."""
    what = singular(words(target.name)[-1])
    named = [c for c in source.columns if content_words(c.name, source.name) == (what,) and c.name not in taken]
    free = [c for c in target.columns if c.name not in filled and is_content(c, target)]
    free = [c for c in free if c.required] or free
    if len(named) != 1 or len(free) != 1 or named[0].name in source.key or named[0].family is not free[0].family:
        return None
    return free[0].name, Choice(named[0].name, False, LIKELY_PART, f"{target.name} is called after it")


def is_content(column: Column, table: Table) -> bool:
    """Whether a target column holds what is neither key, reference nor bookkeeping, and no yes or no."""
    bound = {*table.primary_key, *(name for key in table.foreign_keys for name in key.columns)}
    kept = column.generated or column.autoincrement or column.name in bound or column.family is Family.BOOLEAN
    return not kept and book_of(column, table.name) not in (*RULED, Book.DELETED)


def leads_elsewhere(source: Table, column: str, target: Table, name: str, fed: Fed) -> str:
    """The legacy table that a legacy column refers to, where the target column refers to a table that another one
    feeds: their numbers name different rows. "" where it leads the same way, or nothing says where it leads.

    What an earlier run brought into that table is no other. A reference that is no constraint counts where its column
    is called after its parent, and not after the other one.
    """
    legacy = source.reference(column)
    declared = next((key.parent for key in target.foreign_keys if key.columns == (name,)), "")
    parent = declared if declared in fed.sources else named_after(name, fed.sources)
    if legacy is None or parent is None or legacy.parent == fed.sources[parent]:
        return ""
    if (legacy.parent, parent) in fed.brought:
        return ""
    feeding = fed.sources[parent]
    called = {word.rstrip("s") for word in words(column)}
    named = [bool(called & {word.rstrip("s") for word in words(table)}) for table in (legacy.parent, feeding)]
    return legacy.parent if legacy.enforced or named == [True, False] else ""


def named_after(name: str, tables: Iterable[str]) -> str | None:
    """The table whose name a column of ids bears: "topic_id", of topics."""
    *said, last = words(name) or ("",)
    if last != "id" or not said:
        return None
    called = [singular(word) for word in said]
    return next((table for table in tables if [singular(word) for word in words(table)] == called), None)


def _joined(source: Table, target: Table, fed: Fed) -> Iterator[tuple[str, ForeignKey]]:
    """Where the parents' rows are told apart by several columns in the old database, and by one in the new one."""
    for key in target.foreign_keys:
        feeding = fed.sources.get(key.parent)
        theirs = _only(source.foreign_keys, feeding) if feeding else None
        alone = len(key.columns) == 1 and _only(target.foreign_keys, key.parent) == key
        if theirs is not None and alone and len(theirs.columns) > 1:
            yield key.columns[0], theirs


def _by_references(source: Table, target: Table, fed: Fed, own: Mapping[str, str]) -> Iterator[tuple[str, Choice]]:
    """The only reference of one table to another is the only reference between the two that they feed."""
    for key in target.foreign_keys:
        if not own.keys().isdisjoint(key.columns):
            continue
        feeding = fed.sources.get(key.parent)
        theirs = (_only(source.foreign_keys, feeding) if feeding else None) or _brought(source, key.parent, fed)
        if theirs is None or _only(target.foreign_keys, key.parent) != key or len(theirs.columns) != len(key.columns):
            continue
        for name, legacy in zip(key.columns, theirs.columns, strict=True):
            alike = namesakes(source.column(legacy), source.name, target.column(name), target.name)
            why = "" if alike else f"the only reference to {theirs.parent}, as here to {key.parent}"
            yield name, Choice(legacy, key.parent in fed.sure, 1.0, why, follows=True)


def _brought(source: Table, parent: str, fed: Fed) -> ForeignKey | None:
    """The only reference to rows that an earlier run brought into a target table."""
    found = [key for key in source.foreign_keys if (key.parent, parent) in fed.brought]
    return found[0] if len(found) == 1 else None


def _left_to_one_another(
    source: Table, target: Table, filled: Collection[str], taken: Collection[str], fed: Fed
) -> Iterator[tuple[str, Choice]]:
    """Of rows that an earlier run brought beside those of another table: the one reference to them that has no place,
    for the one to where they are that nothing fills."""
    for old, parent in sorted(fed.brought):
        theirs = [k.columns[0] for k in source.foreign_keys if k.parent == old and len(k.columns) == 1]
        ours = [k.columns[0] for k in target.foreign_keys if k.parent == parent and len(k.columns) == 1]
        free, open_ = [name for name in theirs if name not in taken], [name for name in ours if name not in filled]
        if len(free) == len(open_) == 1 and fed.sources.get(parent) != old:
            why = f"the only reference to {old}, which an earlier run brought into {parent}"
            yield open_[0], Choice(free[0], False, LIKELY_PART, why)


def _only(keys: tuple[ForeignKey, ...], parent: str) -> ForeignKey | None:
    found = [key for key in keys if key.parent == parent]
    return found[0] if len(found) == 1 else None


def _is_upheld(name: str, choice: Choice, source: Table, ranked: list[tuple[str, Choice]]) -> bool:
    """A legacy reference that was inferred from values gives way to another column that looks more like it."""
    if any(choice.source in key.columns and key.enforced for key in source.foreign_keys):
        return True
    return next((other.source for other_name, other in ranked if other_name == name), choice.source) == choice.source


def candidates_of(
    source: Table, target: Table, matches: Matches, kept: tuple[Book, ...] = ()
) -> list[tuple[str, Choice]]:
    """Candidates for the target's columns of content, or of the books named, the sure and then the best first."""
    names = source.name, target.name
    beside = matches.by_part.get(names)
    found = beside or matches.by_pair.get(names)
    candidates = found.columns if found else _namesakes(source, target)
    tables = 1.0 if beside else next((m.score for m in matches.tables if (m.source, m.target) == names), 1.0)
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
    if not (match.sure or alike) and _counts_kinds(source.column(match.source), column):
        return None
    if not (match.sure or alike) and _names_rows(source.column(match.source), source, column, target):
        return None
    if not alike and (_says_what_no_id_is(source.column(match.source), source, column) or _contrary(match)):
        return None
    if _says_when(source.column(match.source), source, column, target):
        return None
    if not alike and _about_pages(match.source, match.target):
        return None
    if not match.sure and in_full(match.score, tables) < (LEAST_NAMESAKE if alike else LEAST_COLUMN):
        return None
    return match.target, Choice(match.source, match.sure or alike, match.score, "" if alike else _why(match))


def _counts_kinds(ours: Column, theirs: Column) -> bool:
    """Whether a yes or no would be filled from a number that is called a status or the like: 0 may as well be what is
    well, and every row would be said to be the contrary."""
    return ours.family is Family.INTEGER and theirs.family is Family.BOOLEAN and words(ours.name)[-1:] in _KINDS


def _names_rows(ours: Column, source: Table, theirs: Column, target: Table) -> bool:
    """Whether what says something would be filled from a number that names a row: "topic_id" is no title, no moment,
    no quantity, and no yes or no."""
    reference = source.reference(ours.name)
    names = words(ours.name)[-1:] == ("id",) or (reference is not None and reference.enforced)
    if ours.family is not Family.INTEGER or not names:
        return False
    if theirs.family is Family.BOOLEAN:
        return True
    if theirs.name in target.primary_key or target.reference(theirs.name) is not None:
        return False
    parted = theirs.family is Family.FLOAT or (theirs.family is Family.DECIMAL and bool(theirs.scale))
    measured = parted or (theirs.family in NUMBERS and words(theirs.name)[-1:] in _MEASURES)
    if theirs.family in MOMENTS or measured:
        return True
    says = theirs.family is Family.TEXT and words(theirs.name)[-1:] not in _NAMES_OF_ROWS
    return says and ours.name not in source.key


def _says_what_no_id_is(ours: Column, source: Table, theirs: Column) -> bool:
    """Whether a text that says something would stand where a UUID names a row: "contact_name" is no contact_id."""
    if ours.family is not Family.TEXT or ours.name in source.key or source.reference(ours.name):
        return False
    return names_by_uuid(theirs) and words(ours.name)[-1:] not in _NAMES_OF_ROWS


def names_by_uuid(column: Column) -> bool:
    """Whether a column is made for a UUID that names a row."""
    dashed = column.family is Family.TEXT and column.length == UUID_LENGTH and words(column.name)[-1:] in _IDS
    return dashed or column.family is Family.UUID


def _contrary(match: Match) -> bool:
    """Whether one name is about when or by whom a row was made, and the other about its last change."""
    ours, theirs = ({*words(name)} for name in (match.source, match.target))
    made, changed = CREATED_WORDS, UPDATED_WORDS
    return any(
        one & made and not one & changed and other & changed and not other & made
        for one, other in ((ours, theirs), (theirs, ours))
    )


def _says_when(ours: Column, source: Table, theirs: Column, target: Table) -> bool:
    """Whether a reference would be filled from what says when a row was made or changed: "modified" is no
    "modified_by"."""
    refers = target.reference(theirs.name) is not None and source.reference(ours.name) is None
    return refers and book_of(ours, source.name) in WHENS


def _about_pages(ours: str, theirs: str) -> bool:
    """Whether one of two names alone is about what search engines are told: "meta_title" is no title."""
    told, asked = (words(name)[:1] in _PAGES and words(name)[-1:] in _OF_PAGES for name in (ours, theirs))
    return told != asked


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
    own = (own_reference(pairing, name, parent, target) for name, parent in pairing.own.items())
    return (*pairing.target.foreign_keys, *(key for key in (*known, *own) if key))


def own_reference(pairing: Pairing, name: str, parent: str, target: Database) -> ForeignKey | None:
    """The reference to the row made of the same legacy row, where the target declares none. Not enforced."""
    key = target.table(parent).key
    if pairing.target.reference(name) or len(key) != 1:
        return None
    if not _alike(target.table(parent).column(key[0]), pairing.target.column(name)):
        return None
    return ForeignKey(columns=(name,), parent=parent, parent_columns=key, enforced=False)


def taken_over(pairing: Pairing, name: str, source: str, fed: Fed, target: Database) -> ForeignKey | None:
    """The reference that a legacy column makes of the target column that it feeds, where that declares none.

    The target column must hold the parent's new key, of one column, and be no key itself. Not enforced.
    """
    legacy = pairing.source.reference(source)
    called = named_after(name, [table for table, feeding in fed.sources.items() if legacy and feeding == legacy.parent])
    parent = called or (fed.parent(legacy.parent) if legacy else None)
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

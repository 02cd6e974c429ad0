"""How the columns of one target table are filled: keys, references, bookkeeping, content, and the rest as metadata."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from ferryman.agents.bookkeeping import Book, book_of, books, is_secret, words
from ferryman.agents.facts import Facts
from ferryman.agents.pairing import RULED, Choice, Fed, Pairing, names_by_uuid, references, taken_over
from ferryman.agents.person_names import full_name, name_part, parted_by, whole_name
from ferryman.agents.places_left import creation_by_name
from ferryman.agents.units import NUMBERS
from ferryman.agents.value_steps import can_become, counts_from_never, moment_steps, tells_moments, value_steps
from ferryman.domain.fit_values import is_geometry
from ferryman.domain.fits import ROWID
from ferryman.domain.mapping import INFERRED, UNFOLLOWED, Action, ColumnMapping, Kept, Matched, TableMapping
from ferryman.domain.profile import ColumnProfile
from ferryman.domain.schema import Column, Family, ForeignKey, computed_anew
from ferryman.domain.transforms import (
    AddCreatedAt,
    AddMetadataJson,
    AddUpdatedAt,
    Cast,
    Concat,
    EpochToTimestamp,
    ForeignKeyTo,
    LocalTime,
    Lookup,
    NewId,
    PreserveLegacyId,
    Rename,
    Transform,
    ValueMap,
    ValuePair,
)
from ferryman.domain.zones import UTC, local_to_zoned

NO_PARENT = 0  #: what old applications write where there is no parent


@dataclass(frozen=True)
class Scope:
    """What a table's columns hang on beside the table itself: the other tables of the mapping."""

    facts: Facts
    fed: Fed
    tables: Mapping[str, TableMapping]  #: the tables that take part, as far as they are known: their keys count

    def takes_part(self, table: str) -> bool:
        return table in self.tables


@dataclass(frozen=True)
class TableColumns:
    """The columns of one pairing, worked out."""

    pairing: Pairing
    key: tuple[str, ...]  #: legacy columns
    scope: Scope

    @cached_property
    def references(self) -> tuple[ForeignKey, ...]:
        return references(self.pairing, self.scope.fed, self.scope.facts.target)

    def reference_from(self, column: str, source: str) -> ForeignKey | None:
        """What a target column refers to when that legacy column feeds it; None where it refers to nothing, or only
        together with others."""
        declared = (key for key in self.pairing.target.foreign_keys if key.columns == (column,))
        legacy = taken_over(self.pairing, column, source, self.scope.fed, self.scope.facts.target)
        return next(declared, legacy)

    def key_of(self, column: str, parent: str) -> ForeignKey:
        """What a target column refers to where a person says the parent and the target declares nothing."""
        key = self.scope.facts.target.table(parent).primary_key
        return ForeignKey(columns=(column,), parent=parent, parent_columns=key, enforced=False)

    def mappings(self) -> tuple[ColumnMapping, ...]:
        """One mapping for each target column that is filled, in the catalogue's order. Metadata takes what is left."""
        found = {c.name: self.mapping(c) for c in self.pairing.target.columns if not c.generated}
        made = {name: mapping for name, mapping in found.items() if mapping}
        return with_metadata(tuple(made.values()), self, ())

    def tidied(self, table: TableMapping) -> TableMapping:
        """The table after a change of its columns: metadata and what is left behind follow."""
        columns = table.columns
        if any(column.uses(AddMetadataJson) for column in columns):
            columns = with_metadata(columns, self, table.ignored)
        changed = table.but(columns=in_catalogue_order(columns, self))
        return changed.but(ignored=left_behind(changed, self))

    def mapping(self, column: Column) -> ColumnMapping | None:
        """How one target column is filled by the rules; None when nothing feeds it. Metadata are added at the end."""
        references_here = [key for key in self.references if column.name in key.columns]
        if references_here:
            return self._reference(column, references_here)
        if (column.name,) == self.pairing.target.primary_key:
            return ColumnMapping(target=column.name, source=self.key, steps=(NewId(),))
        book = book_of(column, self.pairing.target.name)
        if book in RULED:
            return self._bookkeeping(column, book) if book else None
        choice = self.pairing.columns.get(column.name)
        parts = full_name(column, self.pairing)
        if parts and (choice is None or choice.source in parts):
            return ColumnMapping(target=column.name, source=parts, steps=(Concat(),), why="first and last name")
        whole = whole_name(self.pairing)
        if whole and (choice is None or choice.source == whole) and (steps := self._name_part(column, whole)):
            return ColumnMapping(target=column.name, source=(whole,), steps=steps, why="a part of the whole name")
        if choice is None or self._names_what_stays(column, choice.source):
            return None
        return self.content(column, choice.source, choice.why or self._may_name(choice.source))

    def _names_what_stays(self, column: Column, source: str) -> bool:
        """Whether a number names a row of a table that is not moved, where the new one has a UUID: it means nothing
        there."""
        legacy, fed = self.pairing.source.reference(source), self.scope.fed
        if legacy is None or not names_by_uuid(column) or self.pairing.source.column(source).family not in NUMBERS:
            return False
        moved = {*fed.sources.values(), *(old for old, _ in fed.brought), self.pairing.source.name}
        return legacy.parent not in moved

    def _may_name(self, source: str) -> str:
        """What speaks for a number to name rows of other tables; "" where nothing does."""
        profile = self._profile(source)
        told = [
            f"{one.found:,} of {one.looked:,} values of {source} are keys of {one.table}"
            + f", and {one.looked - one.found:,} name no row" * (one.found < one.looked)
            for one in (profile.may_name if profile else ())
        ]
        return f"{'; '.join(told)}: {UNFOLLOWED}" if told else ""

    def _name_part(self, column: Column, whole: str) -> tuple[Transform, ...]:
        separator = parted_by(self._profile(whole))
        return name_part(column, self.pairing, separator) if separator else ()

    def content(self, column: Column, source: str, why: str = "") -> ColumnMapping | None:
        """A plain value, with the steps that both types call for; None where no value of one fits the other."""
        ours, profile = self.pairing.source.column(source), self._profile(source)
        bytes_alone = is_geometry(column, self.scope.facts.target.dialect) and ours.family is not Family.OTHER
        if bytes_alone or not can_become(ours, column, profile):
            return None
        unique = (column.name,) in self.pairing.target.uniques
        steps = value_steps(ours, column, profile, unique=unique)
        if column.nullable:
            steps = _without_never(steps, profile, deleted=book_of(column) is Book.DELETED)
        steps = self._by_the_clock(ours, column, steps)
        return ColumnMapping(target=column.name, source=(source,), steps=steps, why=why)

    def _by_the_clock(self, ours: Column, theirs: Column, steps: tuple[Transform, ...]) -> tuple[Transform, ...]:
        """The steps, and what the old application's clock showed as the moment that it was, where both count."""
        facts = self.scope.facts
        if facts.time_zone == UTC or not local_to_zoned(ours, facts.source.dialect, theirs, facts.target.dialect):
            return steps
        if any(isinstance(step, EpochToTimestamp) for step in steps):
            return steps
        return *(step for step in steps if not isinstance(step, Rename)), LocalTime(zone=facts.time_zone)

    def _profile(self, source: str) -> ColumnProfile | None:
        return self.scope.facts.column(self.pairing.source.name, source)

    def _reference(self, column: Column, keys: Iterable[ForeignKey]) -> ColumnMapping | None:
        key = min(keys, key=lambda key: len(key.columns))
        choice = self.pairing.columns.get(column.name)
        if not self.scope.takes_part(key.parent) and key.parent != self.pairing.target.name:
            return None
        if column.name in self.pairing.own:
            return self._own(column, key)
        if column.name in self.pairing.joined:
            return self._joined(column, key, self.pairing.joined[column.name])
        if choice is None:
            return None
        if len(key.columns) > 1:
            return self._part_of_reference(column, key, choice)
        return self.reference(column, choice.source, key, choice.why) if self._names_one(choice.source, key) else None

    def _names_one(self, source: str, key: ForeignKey) -> bool:
        """Whether one legacy column can name a row of the parent, as far as its rows are told apart by one."""
        meant = self._meant(source, key)
        own = self.scope.tables.get(key.parent)
        parent = own if own and own.source == meant else self.scope.facts.earlier.of(meant, key.parent)
        legacy = self.pairing.source.reference(source)
        declared = legacy is not None and legacy.parent == meant
        return declared or parent is None or len(parent.key) == 1

    def reference(self, column: Column, source: str, key: ForeignKey, why: str = "", of: str = "") -> ColumnMapping:
        """A reference of one column: the parent's new key for the legacy key that `source` holds. `of` names the legacy
        table whose rows are meant, where a person said so."""
        primary = self.scope.facts.target.table(key.parent).primary_key
        named = "" if key.parent_columns == primary else key.parent_columns[0]
        meant = of or self._meant(source, key)
        further = of or ("" if meant == self._feeding(key.parent) else meant)
        steps = (
            *self._no_parent(column, source, meant),
            *self._lookup(source, key, meant),
            ForeignKeyTo(parent=key.parent, column=named, source=further),
        )
        return ColumnMapping(target=column.name, source=(source,), steps=steps, why=why or self._inferred(source, key))

    def _inferred(self, source: str, key: ForeignKey) -> str:
        """Why it is a reference where neither database declares it; "" where one does."""
        legacy = self.pairing.source.reference(source)
        if key.enforced or legacy is None or legacy.enforced:
            return ""
        return f"{source} leads to {legacy.parent} by its name and its values; {INFERRED}"

    def _own(self, column: Column, key: ForeignKey) -> ColumnMapping | None:
        """The new key of the row that the same legacy row becomes in another table."""
        if key.parent_columns != self.scope.facts.target.table(key.parent).primary_key:
            return None
        why = f"names the row of {key.parent} that comes from the same old row"
        theirs = self.scope.tables[key.parent].key
        return ColumnMapping(target=column.name, source=theirs, steps=(ForeignKeyTo(parent=key.parent),), why=why)

    def _joined(self, column: Column, key: ForeignKey, legacy: ForeignKey) -> ColumnMapping | None:
        """The parent's new key for the several columns that its rows are told apart by in the old database."""
        theirs = self.scope.facts.source.table(legacy.parent).key
        ours = dict(zip(legacy.parent_columns, legacy.columns, strict=False))
        if set(ours) != set(theirs) or key.parent_columns != self.scope.facts.target.table(key.parent).primary_key:
            return None
        why = f"the only reference to {legacy.parent}, as here to {key.parent}"
        source = tuple(ours[name] for name in theirs)
        return ColumnMapping(target=column.name, source=source, steps=(ForeignKeyTo(parent=key.parent),), why=why)

    def _part_of_reference(self, column: Column, key: ForeignKey, choice: Choice) -> ColumnMapping | None:
        """A column of a composite reference holds what the parent's own column holds, and is filled like it."""
        parent = self.scope.tables.get(key.parent)
        theirs = key.parent_columns[key.columns.index(column.name)]
        same = parent.by_target.get(theirs) if parent else None
        if same is None or len(same.source) != 1 or same.uses(NewId):
            return self.content(column, choice.source, choice.why)
        return ColumnMapping(target=column.name, source=(choice.source,), steps=same.steps, why=choice.why)

    def _feeding(self, parent: str) -> str:
        """The legacy table that the plan has for a parent; "" for none."""
        known = self.scope.tables.get(parent)
        return known.source if known else self.scope.fed.sources.get(parent, "")

    def _meant(self, source: str, key: ForeignKey) -> str:
        """The legacy table whose rows a column names: one that an earlier run brought, where the old database says so,
        else the one that the plan has for the parent."""
        legacy = self.pairing.source.reference(source)
        brought = legacy is not None and (legacy.parent, key.parent) in self.scope.fed.brought
        return legacy.parent if legacy and brought else self._feeding(key.parent)

    def _no_parent(self, column: Column, source: str, feeding: str) -> tuple[Transform, ...]:
        """0 becomes NULL where it stands for "no parent": no parent has that key."""
        profile = self._profile(source)
        their_key = self.scope.facts.source.table(feeding).key if feeding else ()
        theirs = self.scope.facts.column(feeding, their_key[0]) if len(their_key) == 1 else None
        if profile is None or theirs is None or not column.nullable or profile.lowest != NO_PARENT:
            return ()
        if not isinstance(theirs.lowest, int | float) or theirs.lowest <= NO_PARENT:
            return ()
        return (ValueMap(pairs=(ValuePair(old=NO_PARENT, new=None),), otherwise="keep"),)

    def _lookup(self, source: str, key: ForeignKey, feeding: str) -> tuple[Transform, ...]:
        """Where the legacy reference names another column than the one the parent's rows are told apart by."""
        legacy = self.pairing.source.reference(source)
        if legacy is None or legacy.parent != feeding:
            return ()
        wanted = self._held_by(feeding, key)
        if wanted is None or legacy.parent_columns == (wanted,):
            return ()
        return (Lookup(table=feeding, key=legacy.parent_columns[0], value=wanted),)

    def _held_by(self, feeding: str, key: ForeignKey) -> str | None:
        """The legacy column whose value a reference takes: the parent's key, or what feeds the column that is named."""
        own = self.scope.tables.get(key.parent)
        parent = own if own and own.source == feeding else self.scope.facts.earlier.of(feeding, key.parent)
        if parent is None or len(parent.key) != 1:
            return None
        if key.parent_columns == self.scope.facts.target.table(key.parent).primary_key:
            return parent.key[0]
        named = own.by_target.get(key.parent_columns[0]) if own is parent else None
        return named.source[0] if named and len(named.source) == 1 else None

    def _bookkeeping(self, column: Column, book: Book) -> ColumnMapping | None:
        if book is Book.LEGACY_ID:
            return self._legacy_id(column)
        if book is Book.METADATA:
            return self._own_metadata(column)
        step: Transform = AddCreatedAt() if book is Book.CREATED else AddUpdatedAt()
        ours, why = self._legacy_moment(book, column)
        if column.family in NUMBERS:
            return self.content(column, ours.name, why) if ours else None
        if ours is None:
            return ColumnMapping(target=column.name, steps=(step,), why="the run's start")
        profile = self._profile(ours.name)
        read = self._by_the_clock(ours, column, _without_never(moment_steps(ours, column, profile), profile))
        steps = (*read, step) if not column.nullable else read or (Rename(),)  # a moment nobody knows stays unknown
        return ColumnMapping(target=column.name, source=(ours.name,), steps=steps, why=why)

    def _legacy_moment(self, book: Book, column: Column) -> tuple[Column | None, str]:
        """The legacy column of that book, of several the one of the same name; else the one that looks most like it, if
        it can be read as a moment; why."""
        source = self.pairing.source
        kept = [ours for ours in source.columns if book_of(ours, source.name) is book and self._is_moment(ours)]
        if kept:
            return next((ours for ours in kept if words(ours.name) == words(column.name)), kept[0]), ""
        like = self.pairing.whens.get(column.name)
        if like and self._is_moment(ours := source.column(like.source)):
            return ours, like.why
        known = self.scope.facts.source_profile.by_name.get(source.name)
        began = creation_by_name(self.pairing, known) if book is Book.CREATED else None
        return (began, "what comes nearest to when a row was made") if began else (None, "")

    def _is_moment(self, ours: Column) -> bool:
        return tells_moments(ours, self._profile(ours.name))

    def _legacy_id(self, column: Column) -> ColumnMapping | None:
        family = self.pairing.source.column(self.key[0]).family if self.key != ROWID else Family.INTEGER
        whole = column.family is Family.DECIMAL and not column.scale  # what holds an unsigned key on PostgreSQL
        same = column.family is family or (whole and family is Family.INTEGER)
        if column.family is not Family.TEXT and (len(self.key) > 1 or not same):
            return None
        return ColumnMapping(target=column.name, source=self.key, steps=(PreserveLegacyId(),))

    def _own_metadata(self, column: Column) -> ColumnMapping | None:
        """Legacy metadata go on as they are; otherwise the column takes the leftovers (see `with_metadata`)."""
        ours = books(self.pairing.source.columns, self.pairing.source.name).get(Book.METADATA)
        return self.content(column, ours.name, "metadata of the old application") if ours else None


def _without_never(
    steps: tuple[Transform, ...], profile: ColumnProfile | None, *, deleted: bool = False
) -> tuple[Transform, ...]:
    """The steps, with nothing for a 0 among numbers that count since 1970: it is no moment. `deleted`: a 0 says so
    whatever else was seen."""
    if not steps or not isinstance(steps[0], EpochToTimestamp) or not (deleted or counts_from_never(profile)):
        return steps
    never = ValueMap(pairs=(ValuePair(old=0, new=None),), otherwise="keep")
    return never, Cast(to=Family.INTEGER.value), *steps


def with_metadata(
    columns: tuple[ColumnMapping, ...], table: TableColumns, ignored: Iterable[str]
) -> tuple[ColumnMapping, ...]:
    """The columns with the leftovers in the metadata column, if the target has one that is free; catalogue's order."""
    free = metadata_column(table)
    others = [c for c in columns if not c.uses(AddMetadataJson)]
    if free and all(c.target != free.name for c in others):
        rest = leftovers(others, table, ignored)
        others.append(ColumnMapping(target=free.name, source=rest, steps=(AddMetadataJson(),)))
    return in_catalogue_order(others, table)


def in_catalogue_order(columns: Iterable[ColumnMapping], table: TableColumns) -> tuple[ColumnMapping, ...]:
    """The columns as they stand in the target."""
    order = {column.name: i for i, column in enumerate(table.pairing.target.columns)}
    return tuple(sorted(columns, key=lambda c: order.get(c.target, len(order))))


def metadata_column(table: TableColumns) -> Column | None:
    """The target's metadata column, if it is required or holds nothing yet."""
    target = table.pairing.target
    column = books(target.columns, target.name).get(Book.METADATA)
    if column is None or column.required:
        return column
    profile = table.scope.facts.target_column(target.name, column.name)
    return column if profile is None or profile.nulls == table.scope.facts.target_profile.rows(target.name) else None


def leftovers(columns: Iterable[ColumnMapping], table: TableColumns, ignored: Iterable[str]) -> tuple[str, ...]:
    """The legacy columns that nothing uses: no key, no secret, none left behind by decision."""
    used = {name for column in columns for name in carried(column)} | set(ignored)
    used |= _only_a_key(table.scope.tables[table.pairing.target.name], table)
    used |= computed_anew(table.pairing.source, table.pairing.target).keys()
    return tuple(c.name for c in table.pairing.source.columns if c.name not in used and not is_secret(c.name))


def carried(column: ColumnMapping) -> tuple[str, ...]:
    """The legacy columns that go into a target column; a key goes into the new one only as far as it is kept."""
    return () if column.uses(NewId) else column.source


def _only_a_key(mapping: TableMapping, table: TableColumns) -> set[str]:
    """The columns of a legacy key that need no place of their own: a key that is kept, or one number or UUID that
    says nothing but which row it is."""
    policy = mapping.identity.otherwise if isinstance(mapping.identity, Matched) else mapping.identity
    columns = [table.pairing.source.by_name[name] for name in mapping.key if name in table.pairing.source.by_name]
    meaningless = len(columns) == 1 and columns[0].family is not Family.TEXT
    return set(mapping.key) if isinstance(policy, Kept) or meaningless else set()


def left_behind(mapping: TableMapping, table: TableColumns) -> tuple[str, ...]:
    """The legacy columns that go nowhere: by decision, unused secrets, or all leftovers without a metadata column."""
    if mapping.action is not Action.COPY:
        return ()
    used = {name for column in mapping.columns for name in carried(column)} | _only_a_key(mapping, table)
    used |= computed_anew(table.pairing.source, table.pairing.target).keys()
    return tuple(column.name for column in table.pairing.source.columns if column.name not in used)

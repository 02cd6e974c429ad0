"""Questions about references that no column declares: a number beside a type or by itself, and ids that a text packs.

Such numbers are right as they stand only while the rows that they name keep their keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ferryman.agents.bookkeeping import Book, book_of, words
from ferryman.agents.challenges import packs_ids
from ferryman.agents.facts import Facts
from ferryman.agents.table_mapping import with_brought
from ferryman.agents.table_questions import leave_out
from ferryman.agents.type_ids import type_id_pairs
from ferryman.agents.value_questions import AS_THEY_ARE
from ferryman.agents.vocabulary import key as singular
from ferryman.agents.wording import count, listed
from ferryman.domain.changes import EMPTY, MapColumn, Option, Question, UnmapColumn
from ferryman.domain.fits import ROWID
from ferryman.domain.mapping import AS_IT_IS, Action, ColumnMapping, Kept, Mapping, TableMapping
from ferryman.domain.profile import ColumnProfile
from ferryman.domain.schema import Column, Family, Table
from ferryman.domain.transforms import Cast, ForeignKeyTo, KeyByType, RemapIds, Rename, Transform, Trim, TypeParent

#: The kinds of these questions; an id is the kind, a colon, and TABLE.COLUMN. The last is for references whose parent
#: holds rows of several old tables.
LINK, LABEL, WHOSE = "link_ids", "label", "whose"

_NUMBERS = frozenset((Family.INTEGER, Family.DECIMAL))
_TEXTS = frozenset((Family.TEXT, Family.UUID, Family.ENUM))
_LISTS = frozenset((Family.TEXT, Family.JSON, Family.OTHER))
_NEVER = frozenset((Family.BOOLEAN, Family.DATE, Family.TIMESTAMP, Family.TIME))  #: what no key can be written in
_PLAIN = (Rename, Cast, Trim)  #: steps that leave a number what it is
_DIGITS = re.compile(r"9+\+?")
_PATH = re.compile(r"(?:/9+\+?)+/?(?:\.\.\.)?|(?:9+\+?/)+(?:\.\.\.)?")
_MOST_TOLD = 5
_FEWEST = 8  #: different values that tell anything by themselves
_ROW_WORDS = frozenset("id key by ref no nr".split())  #: at the end of a name that names a row


def link_questions(table: TableMapping, mapping: Mapping, facts: Facts) -> Iterator[Question]:
    """The questions about one table: the pairs of type and id first, then the others in the order of the columns."""
    if table.action is not Action.COPY:
        return
    about = _About(table, with_brought(mapping, facts), facts)
    yield from about.labels_since()
    pairs = type_id_pairs(about.ours, facts.source_profile.by_name.get(table.source))
    for kind, number in pairs:
        for line in about.lines(number):
            yield from about.typed(line, kind, number)
    for column in about.ours.columns:
        profile = facts.column(table.source, column.name)
        for line in about.lines(column.name):
            if profile and packs_ids(column, profile):
                yield from about.packed(line, profile)
            elif profile and _is_path(about.ours, profile):
                yield from about.path(line)
            elif all(column.name not in pair for pair in pairs):
                yield from about.named(line, profile)
    for line in table.columns:
        yield from about.of_several(line)


def loose_ids(questions: Iterable[Question]) -> dict[str, tuple[str, ...]]:
    """By target table, the columns whose ids move as they are, since that was decided or nothing is yet."""
    found: dict[str, tuple[str, ...]] = {}
    for question in questions:
        kind, _, place = question.id.partition(f":{question.table}.")
        if kind == LINK and question.answer in (None, AS_THEY_ARE):
            found[question.table] = (*found.get(question.table, ()), place)
    return found


@dataclass(frozen=True)
class _About:
    """One copied table."""

    table: TableMapping
    mapping: Mapping  #: with the tables that earlier runs brought: their rows can be named as well
    facts: Facts

    @property
    def ours(self) -> Table:
        return self.facts.source.table(self.table.source)

    @property
    def theirs(self) -> Table:
        return self.facts.target.table(self.table.target)

    def lines(self, source: str) -> list[ColumnMapping]:
        """The target columns that a legacy column feeds as it is, and no person said so; not one for old numbers."""
        return [
            line
            for line in self.table.columns
            if line.source == (source,)
            and line.why != AS_IT_IS
            and all(isinstance(step, _PLAIN) for step in line.steps)
            and self.theirs.column(line.target).family not in _NEVER
            and book_of(self.theirs.column(line.target), self.theirs.name) is not Book.LEGACY_ID
        ]

    def typed(self, line: ColumnMapping, kind: str, number: str) -> Iterator[Question]:
        """Of whose rows a type beside a number speaks."""
        moved = self._new_keys_for(number)
        said = self.facts.column(self.table.source, kind)
        labels = said.labels if said else {}
        parents = {label: name for label, table in labels.items() if (name := self._fed_by(table))}
        known = bool(labels) and not (said and said.unlabelled)
        if not moved or (known and parents.keys() == labels.keys() and not self._moved(parents.values())):
            return
        fitting = tuple(TypeParent(type=label, parent=p) for label, p in parents.items() if self._holds(line, p))
        by_name = Option(
            key="by_name",
            text=listed([f"{pair.type} means {pair.parent}" for pair in fitting], _MOST_TOLD),
            changes=(self._map(line, (kind, number), KeyByType(parents=fitting)),),
        )
        right = known and len(fitting) == len(parents)
        moved = (self._moved(parents.values()) if known else []) or moved
        yield self._question(
            line,
            f"{number} of {self.table.source} refers to rows of several tables, and {kind} says which. "
            "Which rows are meant?",
            (by_name,) if fitting else (),
            moved,
            by_name.key if right and fitting else "",
            self._why_typed(line, kind, labels, parents, moved),
        )

    def labels_since(self) -> Iterator[Question]:
        """Whether words beside a number that nobody spoke of mean the tables that they name: those take part by now."""
        for line in self.table.columns:
            step = next((step for step in line.steps if isinstance(step, KeyByType)), None)
            said = self.facts.column(self.table.source, line.source[0]) if step else None
            if step is None or said is None:
                continue
            known = {pair.type for pair in step.parents}
            named = {label: self._fed_by(table) for label, table in said.labels.items() if label not in known}
            new = tuple(TypeParent(type=t, parent=p) for t, p in named.items() if p and self._holds(line, p))
            if new:
                yield self._also(line, step, new)

    def _also(self, line: ColumnMapping, step: KeyByType, new: tuple[TypeParent, ...]) -> Question:
        change = self._map(line, line.source, KeyByType(parents=(*step.parents, *new)))
        means = listed([f"{pair.type} means {pair.parent}" for pair in new], _MOST_TOLD)
        return Question(
            id=f"{LABEL}:{self.table.target}.{line.target}",
            table=self.table.target,
            text=f"{line.source[0]} of {self.table.source} says {listed(str(pair.type) for pair in new)} as well. "
            "Are those rows meant?",
            options=(
                Option(key="yes", text=f"Yes: {means}", changes=(change,)),
                Option(key="no", text="No, those rows are asked about by themselves"),
            ),
            recommended="yes",
            reason=f"The words of {line.source[0]} are names of tables.",
        )

    def _why_typed(
        self, line: ColumnMapping, kind: str, labels: dict[str, str], parents: dict[str, str], moved: list[str]
    ) -> str:
        unfit = [name for name in dict.fromkeys(parents.values()) if not self._holds(line, name)]
        if unfit:
            return f"{line.target} cannot hold the new keys of {listed(unfit)}."
        if absent := [label for label in labels if label not in parents]:
            return f"Rows of which {kind} says {listed(absent, _MOST_TOLD, joined='or')} are asked about by themselves."
        if parents:
            return f"The words of {kind} are names of tables."
        code = self.ours.column(kind).family in _NUMBERS
        word = "1" if code else singular(self.mapping.by_target[moved[0]].source.lower())
        return f'Say for example "{line.target} of {self.table.target} refers to {moved[0]} where {kind} is {word}".'

    def named(self, line: ColumnMapping, profile: ColumnProfile | None) -> Iterator[Question]:
        """Whose rows a column names by itself. Nothing is asked where all that it may name keep their keys."""
        source = line.source[0]
        evidence = self._evidence(source, profile)
        moved = self._moved(evidence)
        if not moved:
            return
        several = len(evidence) > 1
        meant = [name for name in self._named_by(line.target) if name in evidence] if several else list(evidence)
        options = tuple(
            Option(
                key=f"rows_of_{name}",
                text=f"{'Rows' if several else 'Yes, rows'} of {name}: they get its new keys",
                changes=(self._map(line, line.source, ForeignKeyTo(parent=name)),),
            )
            for name in sorted(evidence, key=lambda name: name not in meant)
            if self._holds(line, name)
        )
        unfit = [name for name in moved if not self._holds(line, name)]
        doubtful = not self.ours.reference(source) and self._by_few_values(line, profile)
        called = f"{line.target} is called after {meant[0]}." if several and len(meant) == 1 else ""
        no_room = f"{line.target} cannot hold the new keys of {listed(unfit)}." if unfit else ""
        asked = f"Rows of which table does {source} of {self.table.source} name"
        yield self._question(
            line,
            f"{asked if several else f'Does {source} of {self.table.source} name rows of {moved[0]}'}? "
            "No foreign key of the new database says so.",
            options,
            moved,
            options[0].key if options and len(meant) == 1 and self._holds(line, meant[0]) and not doubtful else "",
            " ".join(part for part in (f"{listed(dict.fromkeys(evidence.values()))}.", called, no_room) if part),
        )

    def _by_few_values(self, line: ColumnMapping, profile: ColumnProfile | None) -> bool:
        """Whether a few small numbers are all that speaks for rows: grade_method 1 to 4 is no category."""
        few = all(one.looked < _FEWEST for one in (profile.may_name if profile else ()))
        said = any(self._named_by(name) or _ROW_WORDS & set(words(name)[-1:]) for name in (*line.source, line.target))
        return few and not said

    def _evidence(self, source: str, profile: ColumnProfile | None) -> dict[str, str]:
        """By target table that a legacy column may name rows of: what speaks for it."""
        if known := self.ours.reference(source):
            why = "is a foreign key of the old database" if known.enforced else "leads there by its name and its values"
            return dict.fromkeys(self._all_fed_by(known.parent), f"{source} {why}")
        return {
            name: f"{one.found:,} of {count(one.looked, 'value')} looked up are keys of {one.table}"
            for one in (profile.may_name if profile else ())
            for name in self._all_fed_by(one.table)
        }

    def of_several(self, line: ColumnMapping) -> Iterator[Question]:
        """Whose rows a reference names where rows of several old tables are in its parent, and nothing says which."""
        step = next((step for step in line.steps if isinstance(step, ForeignKeyTo)), None)
        tables = self.mapping.sources_of(step.parent) if step else ()
        if step is None or len(tables) < 2 or len(line.source) != 1 or step.source:
            return
        (source,) = line.source
        if self.ours.reference(source) or source in self.table.key:
            return
        said = set(_spoken(word for word in words(source) if word not in _UNSAID))
        called = [one.source for one in tables if said & set(_spoken(words(one.source)))]
        profile = self.facts.column(self.table.source, source)
        told = [
            f"{one.found:,} of {count(one.looked, 'value')} looked up are keys of {one.table}"
            for one in (profile.may_name if profile else ())
        ]
        named = f"{source} is called after {called[0]}" if len(called) == 1 else ""
        why = "; ".join(part for part in (*told, named) if part)
        yield Question(
            id=f"{WHOSE}:{self.table.target}.{line.target}",
            table=self.table.target,
            text=(
                f"{step.parent} holds rows of {listed(one.source for one in tables)}. Whose rows does {source} of"
                f" {self.table.source} name?"
            ),
            options=(
                *(
                    Option(
                        key=one.source,
                        text=f"Rows of {one.source}",
                        changes=(self._map(line, line.source, step.but(source=one.source)),),
                    )
                    for one in tables
                ),
                leave_out(self.table.target),
            ),
            recommended=called[0] if len(called) == 1 else "",
            reason=f"{why}." if why else "No foreign key says so.",
        )

    def packed(self, line: ColumnMapping, profile: ColumnProfile) -> Iterator[Question]:
        """Whose ids a text lists. Nothing is asked where its name names only tables that keep their keys."""
        source = line.source[0]
        moved = self._moved(t.target for t in self.mapping.tables if t.target != self.table.target)
        every = self._named_by(source) or self._named_by(line.target)
        if not moved or (every and not self._moved(every)):
            return
        named = [name for name in every if self._lists(line, name)]
        moved = self._moved(every) or moved
        json = any(shape.startswith("[") for shape in profile.shapes)
        found = next((s for s in ",;|" if any(s in shape for shape in profile.shapes)), ",")
        separator = "" if json else found
        options = tuple(
            Option(
                key=f"ids_of_{name}",
                text=f"They are ids of {name}",
                changes=(self._map(line, line.source, RemapIds(parent=name, separator=separator)),),
            )
            for name in named
        )
        example = f"{line.target} of {self.table.target} holds ids of {(named or moved)[0]}{' as json' * json}"
        reason = (
            f"{source if self._named_by(source) else line.target} names {named[0]}."
            if len(options) == 1
            else f'Say for example "{example}".'
        )
        yield self._question(
            line,
            f"{source} of {self.table.source} holds several ids in one text. Whose are they?",
            options,
            moved,
            options[0].key if len(options) == 1 else "",
            reason,
        )

    def path(self, line: ColumnMapping) -> Iterator[Question]:
        """What becomes of the ids of the rows above a row, where these get new keys."""
        if moved := self._moved([self.table.target]):
            yield self._question(
                line,
                f"{line.source[0]} of {self.table.source} says by their ids which rows stand above each one, and these"
                f" get new keys. What shall stand in {line.target}?",
                (),
                moved,
                "" if self.theirs.column(line.target).required else EMPTY,
                "New keys are not written into such texts: let the new application build them from the rows' parents.",
            )

    def _question(
        self,
        line: ColumnMapping,
        text: str,
        options: tuple[Option, ...],
        moved: list[str],
        recommended: str,
        reason: str,
    ) -> Question:
        as_they_are = f"Move them as they are: wrong for {listed(moved, _MOST_TOLD, joined='or')}, with new keys"
        empty = UnmapColumn(table=self.table.target, target=line.target)
        may_be_empty = not self.theirs.column(line.target).required
        emptied = Option(key=EMPTY, text=f"Leave {line.target} empty", changes=(empty,))
        return Question(
            id=f"{LINK}:{self.table.target}.{line.target}",
            table=self.table.target,
            text=text,
            options=(
                *options,
                Option(key=AS_THEY_ARE, text=as_they_are),
                *((emptied,) if may_be_empty else ()),
                leave_out(self.table.target),
            ),
            recommended=recommended,
            reason=reason,
        )

    def _map(self, line: ColumnMapping, source: tuple[str, ...], step: Transform) -> MapColumn:
        return MapColumn(table=self.table.target, source=source, target=line.target, steps=(step,))

    def _moved(self, names: Iterable[str]) -> list[str]:
        """Those of the plan's tables whose rows do not keep their keys."""
        return [name for name in dict.fromkeys(names) if not isinstance(self.mapping.by_target[name].identity, Kept)]

    def _new_keys_for(self, number: str) -> list[str]:
        """The tables with new keys that a number may name a row of, by its type; none where it is always empty."""
        profile = self.facts.column(self.table.source, number)
        if profile and profile.distinct == 0:
            return []
        column = self.ours.column(number)
        return self._moved(t.target for t in self.mapping.tables if self._could_name(column, profile, t))

    def _could_name(self, column: Column, profile: ColumnProfile | None, parent: TableMapping) -> bool:
        if len(parent.key) != 1:
            return False
        source = self.facts.source.table(parent.source)
        by_number = parent.key == ROWID or source.column(parent.key[0]).family in _NUMBERS
        if column.family in _NUMBERS or column.family is Family.OTHER:
            return by_number
        digits = all(_DIGITS.fullmatch(shape) for shape in profile.shapes) if profile else True
        return digits if by_number else column.family in _TEXTS

    def _fed_by(self, source: str) -> str:
        """The one table of the plan that a legacy table feeds; "" for none, or several."""
        found = self._all_fed_by(source)
        return found[0] if len(found) == 1 else ""

    def _all_fed_by(self, source: str) -> list[str]:
        return [table.target for table in self.mapping.tables if table.source == source]

    def _key(self, name: str) -> Column | None:
        """The one column of a table's new key; None where it has several, or its rows are told apart by several."""
        parent, table = self.mapping.by_target[name], self.facts.target.table(name)
        ids = table.primary_key or parent.id_columns
        return table.column(ids[0]) if len(ids) == 1 and len(parent.key) == 1 else None

    def _holds(self, line: ColumnMapping, parent: str) -> bool:
        """Whether a column takes the new keys of a table, and they can be looked up."""
        new, column = self._key(parent), self.theirs.column(line.target)
        if new is None:
            return False
        if new.family in _NUMBERS:
            return column.family in _NUMBERS | _TEXTS | {Family.OTHER}
        if new.family in _TEXTS and column.family in _TEXTS:
            return column.length is None or (new.length or 0) <= column.length
        return new.family is column.family

    def _lists(self, line: ColumnMapping, parent: str) -> bool:
        new = self._key(parent)
        return self.theirs.column(line.target).family in _LISTS and new is not None and new.family is not Family.BINARY

    def _named_by(self, column: str) -> list[str]:
        """The copied tables that a column's name names, on either side: "doctor_ids" names doctors."""
        said = _spoken(word for word in words(column) if word not in _UNSAID)
        found = []
        for table in self.mapping.tables:
            names = [_spoken(words(name)) for name in (table.source, table.target)]
            if said and any(name == said or name[-len(said) :] == said or said[-len(name) :] == name for name in names):
                found.append((said in names, table.target))
        best = [name for exact, name in found if exact]
        return best or [name for _, name in found]


_DEPTHS = frozenset("depth level lvl".split())


def _is_path(table: Table, profile: ColumnProfile) -> bool:
    """Whether texts such as "/1/4/9" say where each row of a tree stands: those above it, and itself."""
    told = [shape for shape in profile.shapes if shape not in ("", "...")]
    tree = any(key.parent == table.name for key in table.foreign_keys) or any(
        _DEPTHS & set(words(column.name)) for column in table.columns
    )
    return tree and bool(told) and all(map(_PATH.fullmatch, told))


_UNSAID = frozenset("id ids list lists array json csv key keys ref refs number numbers no nos nr nrs".split())


def _spoken(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(singular(word) for word in found)

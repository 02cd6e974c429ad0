"""How a column marks rows as gone: as deleted or as out of use, by a moment, a number, a flag or a word for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from ferryman.agents.bookkeeping import MOMENTS, Book, book_of, words
from ferryman.domain.filters import AnyOf, Comparison, Filter, Operator
from ferryman.domain.never import NEVER
from ferryman.domain.profile import ColumnProfile, TableProfile
from ferryman.domain.schema import Column, Family, Table

NUMBERS = frozenset({Family.BOOLEAN, Family.INTEGER, Family.DECIMAL, Family.FLOAT})
_TEXTS = frozenset({Family.TEXT, Family.ENUM})
_BLANK = ("", " ")
_NO = (
    *("0", "n", "N", "no", "No", "NO", "f", "F", "false", "False", "FALSE"),
    *NEVER,
)
_GLUE = frozenset("is was at on flag yn ind indicator mark date time".split())
_OUT_OF_USE = frozenset(
    "archived inactive disabled deactivated retired discontinued obsolete suspended banned hidden".split()
)
_IN_USE = frozenset("active enabled published visible".split())
_WORDS_OF_A_FLAG = 3  #: different texts that a column holds which says yes or no
_LONGEST_OF_A_FLAG = 8  #: characters of such a text


class Mark(StrEnum):
    """What a column says of the rows that it marks."""

    DELETED = "deleted"
    OUT_OF_USE = "out of use"  #: "archived", "is_disabled"
    IN_USE = "in use"  #: "active": it is the rows without it that are out of use


def mark_of(column: Column, table: str) -> Mark | None:
    """What a column marks, by its name and family. A flag that says "in use" is no moment."""
    if book_of(column, table) is Book.DELETED:
        return Mark.DELETED
    own = {word.rstrip("s") for word in words(table)}
    said = [word for word in words(column.name) if word not in _GLUE and word.rstrip("s") not in own]
    if len(said) == 1 and said[0] in _OUT_OF_USE:
        return Mark.OUT_OF_USE
    flag = column.family in NUMBERS | _TEXTS
    return Mark.IN_USE if flag and len(said) == 1 and said[0] in _IN_USE else None


@dataclass(frozen=True)
class Marker:
    """A legacy column that marks rows, with what it holds."""

    column: Column
    mark: Mark
    profile: ColumnProfile
    rows: int  #: of its table

    @property
    def name(self) -> str:
        return self.column.name

    @property
    def in_words(self) -> bool:
        """Whether it holds texts that are no moments. SQLite may hold them in a column of any type."""
        if self.column.family in MOMENTS:
            return bool(self.profile.storage) and (self.profile.empty > 0 or str(self.profile.lowest).startswith("0"))
        return self.column.family in _TEXTS or bool(self.profile.storage.get("text"))

    @property
    def is_flag(self) -> bool:
        """Whether it says no more than yes or no: 0 and 1 (or -1), or a few texts."""
        if self.in_words:
            distinct, longest = self.profile.distinct, self.profile.longest or 0
            return distinct is not None and distinct <= _WORDS_OF_A_FLAG and longest <= _LONGEST_OF_A_FLAG
        bounds = (self.profile.lowest, self.profile.highest)
        return self.column.family in NUMBERS and all(bound in (None, -1, 0, 1) for bound in bounds)

    @property
    def marks(self) -> bool:
        """Whether it takes any row out, as far as its figures say."""
        bounds = {self.profile.lowest, self.profile.highest} - {None}
        if self.in_words:
            return self._marks_in_words()
        if self.column.family in MOMENTS:
            return self.rows > self.profile.nulls
        if self.mark is Mark.IN_USE:
            return self.is_flag and 0 in bounds and bounds != {0}
        return bounds - {0} != set()

    def _marks_in_words(self) -> bool:
        if self.mark is Mark.DELETED:
            return self.filled > 0
        different = (self.profile.distinct or 0) - (1 if self.profile.empty else 0)
        if self.mark is Mark.IN_USE:
            members = self.column.members if self.column.family is Family.ENUM else _NO
            return self.is_flag and different > 1 and not set(members).isdisjoint(_NO)
        return self.is_flag and (different > 1 or 0 < self.filled < self.rows)

    @property
    def filled(self) -> int:
        """Rows in which a column of texts says anything."""
        return self.rows - self.profile.nulls - self.profile.empty

    def left(self) -> Filter:
        """The rows that it does not take out: no moment, 0, nothing, a word for no; of "in use" all but 0 and no."""
        values: tuple[str | int, ...] = (0,) if self.column.family in NUMBERS else ()
        if self.in_words:
            values = (*values, *(() if self.mark is Mark.IN_USE else _BLANK), *_NO)
        return _among(self.column, values, none=self.mark is Mark.IN_USE)

    def empty(self) -> Filter:
        """The rows in which a column of texts is empty."""
        return _among(self.column, (*((0,) if self.column.family in NUMBERS else ()), *_BLANK))


def markers(table: Table, profile: TableProfile | None) -> Iterator[Marker]:
    """The columns of a legacy table that mark rows as gone, those that say "deleted" first."""
    found = [
        Marker(column, mark, known, profile.rows)
        for column in table.columns
        if profile and (mark := mark_of(column, table.name)) and (known := profile.by_name.get(column.name))
    ]
    yield from sorted((one for one in found if one.marks), key=lambda one: one.mark is not Mark.DELETED)


def _among(column: Column, values: tuple[str | int, ...], *, none: bool = False) -> Filter:
    null = Comparison(column=column.name, op=Operator.IS_NULL)
    if column.family is Family.ENUM:
        values = tuple(value for value in values if value in column.members)
    if not values:
        return null
    one, several = (Operator.UNEQUAL, Operator.NONE_OF) if none else (Operator.EQUAL, Operator.ONE_OF)
    op = one if len(values) == 1 else several
    return AnyOf(of=(null, Comparison(column=column.name, op=op, values=values)))

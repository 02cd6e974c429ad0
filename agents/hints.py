"""Which columns of a legacy table hold moments, places, amounts, flags: by family, by name, by what the plan does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from ferryman.agents.sentence import split_name
from ferryman.agents.verbs import same_verb, verbs
from ferryman.domain.filters import AnyOf, Comparison, Filter, Operator
from ferryman.domain.mapping import ColumnMapping, TableMapping
from ferryman.domain.schema import Column, Family, Table
from ferryman.domain.transforms import BooleanWords, EpochToTimestamp, Scalar, TextToDate, ValueMap

_MOMENT_TAILS = frozenset("on at date time datetime timestamp dt ts day".split())
_MOMENT_WORDS = frozenset(
    """created modified updated deleted opened closed added uploaded published birth birthday born died hired joined
    started ended finished placed ordered shipped paid issued due expires expiry changed registered entered received
    sent visited since until date datetime timestamp""".split()
)
_YEARS = frozenset(("year", "yr"))
_PLACE_WORDS = frozenset(
    "country city state region province county town place location area district nation municipality".split()
)
_MONEY = frozenset(
    """price amount total sum cost costs fee charge salary wage value balance rate paid due payment budget revenue
    weight worth""".split()
)
_DELETED = frozenset("deleted removed trashed voided erased".split())
_FLAG_GLUE = frozenset("is has was flag status yn ind bit".split())
_FLAGLIKE = ("ed", "ive", "able", "ible", "den", "lic")  #: endings of words that are true of a row or not
_TRUE = ("Y", "y", "yes", "Yes", "YES", "t", "T", "true", "True", "TRUE", "1", "on", "J", "j", "X", "x")


@dataclass(frozen=True)
class Legacy:
    """A legacy table with what the plan does to its columns."""

    table: Table
    mapping: TableMapping | None
    target: Table | None

    def lines(self, column: str) -> tuple[ColumnMapping, ...]:
        """The lines of the mapping that read a legacy column."""
        return tuple(c for c in self.mapping.columns if column in c.source) if self.mapping else ()

    def _target_columns(self, column: str) -> tuple[Column, ...]:
        known = self.target.by_name if self.target else {}
        return tuple(known[line.target] for line in self.lines(column) if line.target in known)

    def words(self, column: str) -> frozenset[str]:
        """The words of a column's legacy name and of the target columns that it feeds."""
        names = (column, *(c.name for c in self._target_columns(column)))
        return frozenset(word for name in names for word in split_name(name))

    def is_moment(self, column: Column) -> bool:
        if column.family in (Family.DATE, Family.TIMESTAMP):
            return True
        if column.family not in (Family.TEXT, Family.INTEGER, Family.FLOAT) or self._refers(column.name):
            return False
        parts = split_name(column.name)
        fed = any(c.family in (Family.DATE, Family.TIMESTAMP) for c in self._target_columns(column.name))
        named = len(parts) > 1 and parts[-1] in _MOMENT_TAILS
        return fed or named or bool(_MOMENT_WORDS & set(parts)) or bool(_YEARS & set(parts))

    def _refers(self, column: str) -> bool:
        return column in self.table.primary_key or any(column in f.columns for f in self.table.foreign_keys)

    @property
    def moments(self) -> tuple[Column, ...]:
        """The columns that hold moments, the one of soft deletion left out."""
        return tuple(c for c in self.table.columns if self.is_moment(c) and not is_deletion(c))

    @property
    def places(self) -> tuple[Column, ...]:
        return tuple(c for c in self.table.columns if c.family is Family.TEXT and _PLACE_WORDS & self.words(c.name))

    @property
    def amounts(self) -> tuple[Column, ...]:
        """Columns to compare a bare number with: amounts of money or measure, else any number that is no key."""
        exact = [c for c in self.table.columns if c.family in (Family.DECIMAL, Family.FLOAT)]
        exact = [c for c in exact if _MONEY & self.words(c.name)] or exact
        whole = [c for c in self.table.columns if c.family is Family.INTEGER and not self._refers(c.name)]
        return tuple(exact or [c for c in whole if not self.is_moment(c)])

    def is_amount(self, column: Column) -> bool:
        """Whether a bare number may be said of a column: exact numbers, and what is called an amount."""
        return column.family is Family.DECIMAL or bool(_MONEY & self.words(column.name))

    def moments_of(self, text: str) -> tuple[Column, ...]:
        """The moments that the words of a text name or point to; all of them where no word does."""
        named = tuple(c for c in self.moments if f" {' '.join(split_name(c.name))} " in f" {text} ")
        longest = max((len(split_name(c.name)) for c in named), default=0)
        exact = tuple(c for c in named if len(split_name(c.name)) == longest)
        return exact or self.pointed_at(text) or self.moments

    def pointed_at(self, text: str) -> tuple[Column, ...]:
        """The moments that a verb among the words of a text points to: last_login for "logged in"."""
        said = verbs(text)
        return tuple(c for c in self.moments if any(same_verb(w, name) for w in said for name in self._verbs(c)))

    def _verbs(self, column: Column) -> frozenset[str]:
        names = (column.name, *(c.name for c in self._target_columns(column.name)))
        words = (" ".join(part for part in split_name(name) if part not in _MOMENT_TAILS) for name in names)
        return frozenset(verb for text in words for verb in verbs(text))

    def flags(self, word: str) -> tuple[Column, ...]:
        """The columns that say yes or no to an adjective: is_active, Archived, deleted_at."""
        if word in _DELETED:
            return tuple(c for c in self.table.columns if is_deletion(c))
        return tuple(
            c
            for c in self.table.columns
            if c.family in (Family.BOOLEAN, Family.INTEGER, Family.TEXT)
            and not self.is_moment(c)
            and set(split_name(c.name)) - _FLAG_GLUE == {word}
            and (self.is_flag(c) or word != c.name.casefold() or word.endswith(_FLAGLIKE))
        )

    def is_flag(self, column: Column) -> bool:
        """Whether a column says yes or no: by its family, or since that is what the plan makes of it."""
        return Family.BOOLEAN in (column.family, *(c.family for c in self._target_columns(column.name)))

    def valued(self, word: str) -> tuple[Comparison, ...]:
        """Comparisons with the old values that the plan's value maps turn into a word."""
        return tuple(
            Comparison(column=line.source[0], op=Operator.EQUAL, values=(pair.old,))
            for line in (self.mapping.columns if self.mapping else ())
            for step in line.steps
            if isinstance(step, ValueMap) and len(line.source) == 1
            for pair in step.pairs
            if str(pair.new).casefold() == word
        )

    def flag(self, column: Column, on: bool) -> Filter:
        """Rows where a flag is on, or where it is off (NULL counts as off)."""
        if column.family in (Family.DATE, Family.TIMESTAMP) or (self.is_moment(column) and column.nullable):
            return Comparison(column=column.name, op=Operator.NOT_NULL if on else Operator.IS_NULL)
        test = self._flag_test(column, on)
        if on or not column.nullable:
            return test
        return AnyOf(of=(test, Comparison(column=column.name, op=Operator.IS_NULL)))

    def _flag_test(self, column: Column, on: bool) -> Comparison:
        if column.family is Family.BOOLEAN:
            return Comparison(column=column.name, op=Operator.EQUAL, values=(on,))
        if column.family is not Family.TEXT:
            return Comparison(column=column.name, op=Operator.EQUAL, values=(int(on),))
        words = [step.true for line in self.lines(column.name) for step in line.steps if isinstance(step, BooleanWords)]
        true = tuple(dict.fromkeys(form for w in words[0] for form in (w, w.upper(), w.title()))) if words else _TRUE
        return Comparison(column=column.name, op=Operator.ONE_OF if on else Operator.NONE_OF, values=true)

    def moment_value(self, column: Column, day: date) -> Scalar:
        """A day as the column writes it: ISO text, a year, or epoch seconds. None where nobody can tell."""
        for step in (step for line in self.lines(column.name) for step in line.steps):
            if isinstance(step, EpochToTimestamp):
                seconds = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
                return seconds * (1000 if step.unit == "ms" else 1)
            if isinstance(step, TextToDate) and column.family is Family.TEXT:
                return _sortable(step.format, day)
        if column.family in (Family.INTEGER, Family.FLOAT):
            return day.year if _YEARS & set(split_name(column.name)) else None
        return day.isoformat()


def _sortable(form: str, day: date) -> str | None:
    """The day in a strptime format whose texts sort like their days; None for the others."""
    places = [form.find(part) for part in ("%Y", "%m", "%d")]
    if -1 in places or places != sorted(places):
        return None
    return day.strftime(form[: places[-1] + 2])


def is_deletion(column: Column) -> bool:
    """Whether a column marks rows as deleted without taking them away."""
    return bool(_DELETED & set(split_name(column.name))) and column.family is not Family.JSON

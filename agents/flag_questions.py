"""Questions about a new yes or no that nothing fills, where an old column without a place says it in other words.

Its default would bring to life what was disabled, and leave unpaid what was paid.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ferryman.agents.bookkeeping import MOMENTS, content_words
from ferryman.agents.deletion_questions import asked_about
from ferryman.agents.facts import Facts
from ferryman.agents.flag_values import LONG_AGO, Reading, means, read, steps_of
from ferryman.agents.marks import mark_of
from ferryman.agents.pairing import Pairing
from ferryman.agents.table_questions import leave_out
from ferryman.agents.value_questions import AS_THEY_ARE, VALUES
from ferryman.agents.value_steps import can_become
from ferryman.agents.wording import clean, count, listed
from ferryman.domain.allowed_values import allowed_words
from ferryman.domain.changes import EMPTY, MapColumn, Option, Question
from ferryman.domain.filters import columns_of
from ferryman.domain.mapping import TableMapping
from ferryman.domain.profile import ColumnProfile
from ferryman.domain.schema import Column, Family
from ferryman.domain.states import NO, YES, state
from ferryman.domain.transforms import AddMetadataJson, BooleanWords, Cast, Constant, Rename, Trim, ValuePair

#: The kinds of these questions; an id is the kind, a colon, and TABLE.COLUMN. The second is for what must be filled.
FLAG, UNFED = "flag", "unfed"
DEFAULT = "same"
ON, OFF = "on", "off"
_CODES = 3  #: different numbers of a status that may say no more than yes and no
_PROVED = frozenset(("verified",))  #: of which a moment may stand for yes, though none is known
_MOST_OFFERED = 2
_PLAIN = (Rename, Cast, Trim, BooleanWords)  #: steps that leave yes and no what they are


@dataclass(frozen=True)
class _Old:
    """A legacy column that may say a new yes or no."""

    column: Column
    profile: ColumnProfile
    reading: Reading

    @property
    def told(self) -> str:
        """ "status says enabled in 18 rows and disabled in 6"."""
        rows = self.profile.states
        parts = [f"{clean(value)} in {count(rows[value], 'row')}" for value in sorted(rows, key=lambda v: -rows[v])]
        told = f"{self.column.name} says {listed(parts or map(clean, (*self.reading.says, *self.reading.unsaid)))}"
        counted = self.column.family in (Family.TEXT, Family.ENUM) or not self.profile.sampled
        return told if counted else f"{told}, of {self.profile.sampled:,} looked at"

    def but(self, says: Mapping[str, bool]) -> _Old:
        """The same, where the values say this."""
        return replace(self, reading=replace(self.reading, says=says, unsaid=()))


def flag_questions(table: TableMapping, pairing: Pairing, facts: Facts) -> Iterator[Question]:
    """One question for each such column of a copied table."""
    for column in pairing.target.columns:
        if column.name in table.by_target or not is_flag(column, pairing):
            continue
        if found := _speaking(table, column, pairing, facts):
            yield _question(table, column, found)


def doubtful_values(table: TableMapping, pairing: Pairing, facts: Facts) -> Iterator[Question]:
    """One question for each yes or no that is filled from a few values, of which some say neither: 2 beside 0 and 1."""
    for line in table.columns:
        column = pairing.target.column(line.target)
        plain = len(line.source) == 1 and all(isinstance(step, _PLAIN) for step in line.steps)
        if not plain or line.is_said or column.family is not Family.BOOLEAN:
            continue
        old, profile = pairing.source.by_name.get(line.source[0]), facts.column(table.source, line.source[0])
        if old is None or profile is None:
            continue
        reading = read(old, column, profile, allowed_words(pairing.source, old), pairing.target.name)
        if reading and reading.says and reading.unsaid:
            yield _doubtful(table, column, _Old(old, profile, reading))


def _doubtful(table: TableMapping, column: Column, old: _Old) -> Question:
    others = listed(map(clean, old.reading.unsaid))
    are = "is" if len(old.reading.unsaid) == 1 else "are"
    options = [
        _option(table, column, old.but({**old.reading.says, **dict.fromkeys(old.reading.unsaid, said)}), key, told)
        for key, word, said in ((ON, "yes", True), (OFF, "no", False))
        for told in [f"{others} {are} {word}"]
    ]
    if column.nullable:
        text = f"{column.name} is left empty for {others}"
        options.append(_option(table, column, old.but(old.reading.says), EMPTY, text, old.reading.unsaid))
    return Question(
        id=f"{VALUES}:{table.target}.{column.name}",
        table=table.target,
        text=f"{old.told} of {table.source}, and {table.target}.{column.name} takes yes or no. What {are} {others}?",
        options=(*options, Option(key=AS_THEY_ARE, text="Neither: those rows are asked about by themselves")),
    )


def is_flag(column: Column, pairing: Pairing) -> bool:
    """Whether a new column says yes or no; a moment does where it marks rows, and may be empty."""
    target = pairing.target
    bound = {*target.primary_key, *(name for key in target.foreign_keys for name in key.columns)}
    if column.generated or column.autoincrement or column.name in bound:
        return False
    marks = mark_of(column, target.name) is not None
    if column.family in MOMENTS:
        proves = state((content_words(column.name, target.name) or ("",))[-1]) in _PROVED
        return column.nullable and (marks or proves)
    return column.family is Family.BOOLEAN or (column.family is Family.INTEGER and marks)


def _speaking(table: TableMapping, column: Column, pairing: Pairing, facts: Facts) -> list[_Old]:
    """The legacy columns that may say a new yes or no, those that do so beyond doubt first; what is known of a number
    that is called a status only where the new column marks rows."""
    heeded = {*(columns_of(table.filter) if table.filter else ()), *asked_about(table, facts)}
    used = {name for line in table.columns if not line.uses(AddMetadataJson) for name in line.source}
    found = []
    for old in pairing.source.columns:
        profile = facts.column(table.source, old.name)
        if old.name in heeded or old.name in table.key or profile is None or _was_offered(old, column, pairing, facts):
            continue
        reading = read(old, column, profile, allowed_words(pairing.source, old), pairing.target.name)
        if reading is None or (old.name in used and not (reading.clear and reading.by_words)):
            continue
        by_code = not reading.says and _is_code(reading) and mark_of(column, pairing.target.name) is not None
        if reading.says or by_code:
            found.append(_Old(old, profile, reading))
    best = sorted(found, key=lambda one: (not one.reading.clear, not one.reading.known, not one.reading.spelt))
    return best[:_MOST_OFFERED]


def _was_offered(old: Column, column: Column, pairing: Pairing, facts: Facts) -> bool:
    """Whether it is the rules' own guess for a column, so that a person took it away."""
    choice = pairing.columns.get(column.name)
    profile = facts.column(pairing.source.name, old.name)
    return choice is not None and choice.source == old.name and can_become(old, column, profile)


def _is_code(reading: Reading) -> bool:
    """Whether there are two or three codes of which nothing tells what they say."""
    return 1 < len(reading.unsaid) <= _CODES and reading.unknown == 0


def _question(table: TableMapping, column: Column, found: Sequence[_Old]) -> Question:
    clear = [one for one in found if one.reading.clear]
    clear = [one for one in clear if one.reading.spelt] or clear
    options = [option for one in clear or found for option in _filled(table, column, one)]
    return Question(
        id=f"{UNFED if column.required else FLAG}:{table.target}.{column.name}",
        table=table.target,
        text=f"Nothing fills {table.target}.{column.name}, and {'; '.join(one.told for one in clear or found)} of"
        f" {table.source}. {_otherwise(column)}What shall stand there?",
        options=(*options, *_the_same(table, column)),
        recommended=options[0].key if len(clear) == 1 else "",
        reason="Every row keeps what it said." if len(clear) == 1 else "",
    )


def _otherwise(column: Column) -> str:
    """What it would be in every row."""
    if column.default is None:
        return "" if column.required else "It would be empty in every row. "
    return f"It would be {_shown(column)} in every row, by default. "


def _shown(column: Column) -> str:
    """A default as people say it."""
    plain = clean((column.default or "").split("::")[0].strip("()'\" "))
    said = {**dict.fromkeys(YES, "yes"), **dict.fromkeys(NO, "no")}
    return said.get(plain.casefold(), plain) if column.family is Family.BOOLEAN else plain


def _filled(table: TableMapping, column: Column, old: _Old) -> Iterator[Option]:
    """To fill it from a legacy column; where nothing tells what its codes say, one way for each that may be yes."""
    if old.reading.says:
        yield _from(table, column, old, old.column.name)
        return
    codes = sorted(old.reading.unsaid, key=lambda value: value.casefold() not in YES)
    for place, yes in enumerate(codes):
        says = {value: value == yes for value in codes}
        yield _from(table, column, old.but(says), f"only_{yes}" if place else old.column.name)


def _from(table: TableMapping, column: Column, old: _Old, key: str) -> Option:
    return _option(table, column, old, key, f"Fill it from {old.column.name}: {_means(column, old.reading)}")


def _option(table: TableMapping, column: Column, old: _Old, key: str, text: str, empty: Sequence[str] = ()) -> Option:
    """To fill it by what the values say; `empty`: those that leave it empty."""
    step = steps_of(old.reading, old.column, column, old.profile)
    step = step.but(pairs=(*step.pairs, *(ValuePair(old=value, new=None) for value in empty)))
    change = MapColumn(table=table.target, source=(old.column.name,), target=column.name, steps=(step,))
    return Option(key=key, text=text, changes=(change,))


def _means(column: Column, reading: Reading) -> str:
    """ "enabled is yes, disabled is no"; what nothing tells is asked about."""
    told = [means(reading.says)]
    if reading.unsaid:
        told.append(f"{listed(map(clean, reading.unsaid))} {'is' if len(reading.unsaid) == 1 else 'are'} asked about")
    if column.family in MOMENTS:
        told.append(f"{LONG_AGO} stands for yes, as nothing says when")
    return "; ".join(told)


def _the_same(table: TableMapping, column: Column) -> Iterator[Option]:
    """What may stand there in every row instead."""
    if not column.required:
        text = "Leave it empty" if column.default is None else f"The same in every row: {_shown(column)}, its default"
        yield Option(key=EMPTY if column.default is None else DEFAULT, text=text)
        return
    for key, word, said in ((ON, "yes", True), (OFF, "no", False)):
        change = MapColumn(table=table.target, source=(), target=column.name, steps=(Constant(value=said),))
        yield Option(key=key, text=f"{word.capitalize()} in every row", changes=(change,))
    yield leave_out(table.target)

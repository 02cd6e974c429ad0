"""Questions about a new yes or no: what of the old values says yes, be it in a column of its own or in one without a
place, whose default would bring to life what was disabled, and leave unpaid what was paid.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ferryman.agents.bookkeeping import MOMENTS, content_words
from ferryman.agents.deletion_questions import asked_about
from ferryman.agents.facts import Facts
from ferryman.agents.flag_values import LONG_AGO, Reading, means, read, steps_of
from ferryman.agents.marks import mark_of
from ferryman.agents.pairing import Pairing
from ferryman.agents.table_questions import leave_out
from ferryman.agents.value_questions import AS_READ, AS_THEY_ARE, VALUES
from ferryman.agents.value_steps import can_become
from ferryman.agents.wording import clean, count, listed
from ferryman.domain.allowed_values import allowed_words
from ferryman.domain.changes import EMPTY, MapColumn, Option, Question
from ferryman.domain.filters import columns_of
from ferryman.domain.mapping import ColumnMapping, TableMapping
from ferryman.domain.profile import ColumnProfile
from ferryman.domain.schema import Column, Family
from ferryman.domain.states import NO, YES, state
from ferryman.domain.transforms import AddMetadataJson, BooleanWords, Cast, Constant, Rename, Trim, ValueMap, ValuePair

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
        if parts and (without := _without(self.profile)):
            parts.append(f"nothing in {count(without, 'row')}")
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


def doubtful_values(
    table: TableMapping, pairing: Pairing, facts: Facts, guesses: Collection[str] = ()
) -> Iterator[Question]:
    """One question for each yes or no that is filled from a few values which are no plain yes and no: 2 beside 0 and 1,
    "A" and "S". What the values of `guesses` say is told where these are asked about."""
    for line in table.columns:
        column = pairing.target.column(line.target)
        translated = _is_translated(line)
        plain = column.family is Family.BOOLEAN and all(isinstance(step, _PLAIN) for step in line.steps)
        if len(line.source) != 1 or line.is_said or not (plain or translated):
            continue
        old, profile = pairing.source.by_name.get(line.source[0]), facts.column(table.source, line.source[0])
        if old is None or profile is None:
            continue
        reading = read(old, column, profile, allowed_words(pairing.source, old), pairing.target.name)
        if reading is None:
            continue
        if not reading.says and (says := _plain_ones(reading.unsaid)):
            others = tuple(value for value in reading.unsaid if value not in says)
            reading = replace(reading, says=says, unsaid=others)
        seen = _Old(old, profile, reading)
        if reading.says and reading.unsaid:
            yield _doubtful(table, column, seen)
        elif _is_code(reading):
            yield _which_code(table, column, seen)
        elif translated and not reading.plain and line.target not in guesses:
            yield _translated(table, column, seen)


def _is_translated(line: ColumnMapping) -> bool:
    """Whether the rules give other values for the old ones."""
    return any(isinstance(step, ValueMap) and step.otherwise == "stop" for step in line.steps)


def _translated(table: TableMapping, column: Column, old: _Old) -> Question:
    """What words that tell it say, and the contrary."""
    says = {value: not said for value, said in old.reading.says.items()}
    contrary = replace(old, reading=replace(old.reading, says=says, nothing=not old.reading.nothing))
    ways = ((AS_READ, "", old), ("contrary", "The other way round: ", contrary))
    options = tuple(_option(table, column, way, key, told + _in_full(column, way)) for key, told, way in ways)
    return Question(
        id=f"{VALUES}:{table.target}.{column.name}",
        table=table.target,
        text=f"{_takes_yes_or_no(table, column, old)} Which is which?",
        options=options,
        recommended=options[0].key,
        reason="That is how I read them. Each value can be said by itself.",
    )


def _takes_yes_or_no(table: TableMapping, column: Column, old: _Old) -> str:
    return f"{old.told} of {table.source}, and {table.target}.{column.name} takes yes or no."


def _in_full(column: Column, old: _Old) -> str:
    """What all values become, that of rows without one among them."""
    pairs = steps_of(old.reading, old.column, column, old.profile).pairs
    nothing = [pair.new for pair in pairs if pair.old in (None, "") and pair.new is not None]
    told = [means(old.reading.says)]
    if nothing and _without(old.profile):
        told.append(f"no value is {'yes' if nothing[0] else 'no'}")
    return ", ".join(told)


def _without(profile: ColumnProfile) -> int:
    """Rows that hold nothing."""
    return profile.nulls + profile.empty


def _doubtful(table: TableMapping, column: Column, old: _Old) -> Question:
    """What values are of which nothing tells it, beside others that say yes and no."""
    says, others = old.reading.says, old.reading.unsaid
    known, plain = old.but(says), says == _plain_ones(says)
    told, are = listed(map(clean, others)), "is" if len(others) == 1 else "are"
    options = []
    for key, word, said in ((ON, "yes", True), (OFF, "no", False)):
        way = old.but({**says, **dict.fromkeys(others, said)})
        options.append(_option(table, column, way, key, f"{told} {are} {word}" if plain else _in_full(column, way)))
    if column.nullable:
        options.append(_option(table, column, known, EMPTY, f"{column.name} is left empty for {told}", others))
    neither = _option(table, column, known, AS_THEY_ARE, "Neither: those rows are asked about by themselves")
    return Question(
        id=f"{VALUES}:{table.target}.{column.name}",
        table=table.target,
        text=f"{_takes_yes_or_no(table, column, old)} What {are} {told}?",
        options=(*options, neither.but(changes=()) if plain else neither),
        recommended=AS_THEY_ARE if plain else "",
        reason=f"Nothing tells what {told} {'says' if are == 'is' else 'say'}, and what is set aside can still come in."
        if plain
        else "",
    )


def _which_code(table: TableMapping, column: Column, old: _Old) -> Question:
    """Which of several codes is the yes."""
    ways = (_option(table, column, way, f"only_{yes}", _in_full(column, way)) for yes, way in _each_as_yes(old))
    return Question(
        id=f"{VALUES}:{table.target}.{column.name}",
        table=table.target,
        text=f"{_takes_yes_or_no(table, column, old)} Which is yes?",
        options=(*ways, leave_out(table.target)),
    )


def _plain_ones(values: Iterable[str]) -> dict[str, bool]:
    """What a plain yes and a plain no among some values say; nothing where there is but one of them."""
    found = {value: value.strip().casefold() in YES for value in values if value.strip().casefold() in YES | NO}
    return found if len({*found.values()}) > 1 else {}


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
    for place, (yes, way) in enumerate(_each_as_yes(old)):
        yield _from(table, column, way, f"only_{yes}" if place else old.column.name)


def _each_as_yes(old: _Old) -> Iterator[tuple[str, _Old]]:
    """Codes of which nothing tells what they say, one after the other as the one that is yes."""
    codes = sorted(old.reading.unsaid, key=lambda value: value.casefold() not in YES)
    return ((yes, old.but({value: value == yes for value in codes})) for yes in codes)


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

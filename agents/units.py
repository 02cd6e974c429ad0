"""In what unit a number is, by its column's name, and what turns it into the unit of another column."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ferryman.agents.bookkeeping import words
from ferryman.domain.schema import Column, Family
from ferryman.domain.transforms import Scale

NUMBERS = frozenset((Family.INTEGER, Family.DECIMAL, Family.FLOAT))
_BROKEN = frozenset((Family.DECIMAL, Family.FLOAT))  #: families whose numbers have places
_MINOR = Fraction(1, 100)  #: of an amount of money


@dataclass(frozen=True)
class Unit:
    """A unit by the word that names it; `size` is counted in what its kind is measured in: seconds, grams, metres."""

    kind: str
    word: str
    size: Fraction


#: Words of the same unit, by kind and size. Singular words that say something else as often ("second", "day", "m") are
#: left out. Exact by definition: 1 lb = 0.45359237 kg, 1 in = 0.0254 m (international yard and pound, 1959).
_WORDS: dict[str, dict[str, str]] = {
    "time": {
        "1/1000000": "microseconds microsecond micros usec",
        "1/1000": "milliseconds millisecond millis ms msec msecs millisekunden",
        "1": "seconds secs sec sekunden secondes segundos",
        "60": "minutes mins minuten minutos",
        "3600": "hours hrs stunden heures horas",
        "86400": "days tage jours dias",
        "604800": "weeks wochen semaines semanas",
    },
    "money": {
        "1/100": "cents cent pence pennies rappen centimes centimos",
        "1": "euros euro eur dollars dollar usd gbp chf francs",
    },
    "mass": {
        "1/1000": "milligrams milligram mg",
        "1": "grams gram gramm",
        "1000": "kilograms kilogram kilos kilo kg kgs",
        "45359237/100000": "lbs lb",
    },
    "length": {
        "1/1000": "millimeters millimetres millimeter millimetre mm",
        "1/100": "centimeters centimetres centimeter centimetre cm",
        "1": "meters metres meter metre",
        "1000": "kilometers kilometres kilometer kilometre km kms",
        "254/10000": "inches inch",
        "3048/10000": "feet ft",
        "1609344/1000": "miles mile",
    },
    "share": {"1/100": "percent percentage pct prozent", "1": "fraction ratio"},
}
_UNITS = {
    word: Unit(kind, word, Fraction(size))
    for kind, sizes in _WORDS.items()
    for size, said in sizes.items()
    for word in said.split()
}
_CENTS = [unit for unit in _UNITS.values() if unit.kind == "money" and unit.size == _MINOR]
_ENDINGS = {"s": _UNITS["seconds"], "g": _UNITS["grams"]}  #: at the end of a longer name alone


def unit_of(column: Column) -> Unit | None:
    """The unit that a column's name says its numbers are in; None where it says none, or two ("km_per_hour")."""
    said = words(column.name)
    found = {unit for word in said if (unit := _UNITS.get(word))}
    if not found and len(said) > 1 and said[-1] in _ENDINGS:
        return _ENDINGS[said[-1]]
    return found.pop() if len(found) == 1 and "per" not in said else None


def conversion(ours: Column, theirs: Column) -> Scale | None:
    """What turns the numbers of a legacy column into those of a target column; None where the names call for nothing.

    An amount of money that has places, and one in cents, are told apart by the cents alone.
    """
    if ours.family not in NUMBERS or theirs.family not in NUMBERS:
        return None
    before, after = unit_of(ours), unit_of(theirs)
    if before and after:
        factor = before.size / after.size if before.kind == after.kind else Fraction(1)
    else:
        factor = _of_money(ours, theirs, before, after)
    if factor == 1:
        return None
    rounded = theirs.family is Family.INTEGER and (factor.denominator > 1 or _has_places(ours))
    return Scale(multiply=factor.numerator, divide=factor.denominator, places=0 if rounded else None)


def _of_money(ours: Column, theirs: Column, before: Unit | None, after: Unit | None) -> Fraction:
    if after is None and before in _CENTS and _has_places(theirs):
        return _MINOR
    return 1 / _MINOR if before is None and after in _CENTS and _has_places(ours) else Fraction(1)


def _has_places(column: Column) -> bool:
    return column.family in _BROKEN and column.scale != 0

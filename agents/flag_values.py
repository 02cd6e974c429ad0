"""What the few values of a legacy column say of a new column that is a yes or no, by its name and theirs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ferryman.agents.bookkeeping import MOMENTS, content_words, words
from ferryman.agents.wording import clean, count, listed
from ferryman.domain.profile import ColumnProfile
from ferryman.domain.schema import Column, Family
from ferryman.domain.states import NO, YES, Of, compare, excludes, first_letters, state
from ferryman.domain.transforms import Scalar, ValueMap, ValuePair

LONG_AGO = "1970-01-01"  #: stands where an application wants a moment and the old one has none

_KINDS = frozenset("status state stage phase condition stat".split())
_HOLDS = frozenset((Family.BOOLEAN, Family.INTEGER, Family.TEXT, Family.ENUM))
_WHOLE = frozenset((Family.BOOLEAN, Family.INTEGER))
_LOOSE = frozenset("locked closed expired left".split())  #: what is, may be in use or not
_CLEAR = frozenset("y yes n no t true f false on off".split())  #: also beside other words
_AS_WELL = frozenset(("active", "visible", "alive"))  #: so is a row of which nothing is said


@dataclass(frozen=True)
class Reading:
    """What the values of a legacy column say of a new yes or no."""

    says: Mapping[str, bool]  #: by value
    unsaid: tuple[str, ...]  #: values of which nothing tells
    unknown: int  #: other different values, that are no words for how a row stands
    nothing: bool  #: what a row without a value says
    named: Of | None  #: what the old name says of the new one
    by_words: bool  #: whether the values' own words say it, yes and no, and not "yes" or 1 by the old name
    spelt: bool  #: whether whole words say it, and not letters
    whole: bool  #: whether the names speak of the same, and not of a part of it ("email_active" beside "active")

    @property
    def clear(self) -> bool:
        """Whether there is no doubt."""
        return self.whole and self.known and (self.by_words or self.named is not None)

    @property
    def known(self) -> bool:
        """Whether all that was seen is said."""
        return bool(self.says) and not self.unsaid and self.unknown <= 1

    @property
    def plain(self) -> bool:
        """Whether the values say it as they are: 1 or "yes" for yes."""
        return all(said is (value.strip().casefold() in YES) for value, said in self.says.items()) and all(
            value.strip().casefold() in YES | NO for value in self.says
        )


def read(
    ours: Column, theirs: Column, profile: ColumnProfile | None, members: tuple[str, ...] = (), table: str = ""
) -> Reading | None:
    """What a legacy column's values say; None where they are too many, or nothing to the point. `members`: those that
    its table lists for it, be they there or not; `table`: the new column's."""
    name, values = _Name(content_words(theirs.name, table)), _values(ours, profile, members)
    if ours.family not in _HOLDS or not name.last or not values:
        return None
    word = _state_word(ours)
    named = name.said_by(word)
    by_words = any(name.said_by(value) for value in values)
    if not (named or by_words or _KINDS.intersection(words(ours.name))):
        return None
    yes_or_no = all(value.strip().casefold() in YES | NO for value in values)
    spelt = not (named and any(value.strip().casefold() in _CLEAR for value in values))  # "P" beside "Y" is no "paid"
    letters = spelt and any(_letter(value.strip().casefold(), name) for value in values)
    says = dict[str, bool]()
    for value in values:
        said = _by_name(value, named, sure=yes_or_no) if named else None
        said = _by_word(value, name, letters=letters) if said is None else said
        says |= {} if said is None else {value: said}
    by_letters = letters and len({*says.values()}) > 1
    if excludes(name.last) and (letters or any(name.said_by(value) is Of.SAME for value in values)):
        says |= {value: False for value in values if value not in says and not value.strip().isdecimal()}
    if named and len(values) == 1 and not says and _blank(profile) and not values[0].strip("+- ").isdecimal():
        says |= dict.fromkeys(values, named is Of.SAME)  # "X" beside nothing
    return Reading(
        says=says,
        unsaid=tuple(value for value in values if value not in says),
        unknown=_unknown(ours, profile),
        nothing=not all(says.values()) if len({*says.values()}) == 1 else state(name.last) in _AS_WELL,
        named=named,
        by_words=len({*says.values()}) > 1 and (by_words or by_letters),
        spelt=by_words,
        whole=(name.is_whole or name.words == content_words(ours.name))
        and not (state(word) in _LOOSE and state(name.last) == "active"),
    )


def steps_of(reading: Reading, ours: Column, theirs: Column, profile: ColumnProfile | None) -> ValueMap:
    """The values as a new yes or no, or as a moment that stands for yes; others stop the run and are asked about."""
    pairs = [ValuePair(old=old, new=new_value(theirs, said)) for old, said in reading.says.items()]
    may_be_empty = theirs.nullable and theirs.default is None
    nothing = None if may_be_empty else new_value(theirs, reading.nothing)
    if profile and profile.empty:
        pairs.append(ValuePair(old="", new=nothing))
    if ours.nullable and not may_be_empty:
        pairs.append(ValuePair(old=None, new=nothing))
    return ValueMap(pairs=tuple(pairs))


def says(word: str, theirs: Column, table: str = "") -> bool | None:
    """What a word for how a row stands says of a new yes or no."""
    name = _Name(content_words(theirs.name, table))
    said = name.said_by(word) if theirs.family is Family.BOOLEAN and name.last else None
    return None if said is None else said is Of.SAME


def new_value(theirs: Column, said: bool) -> Scalar:
    """What a new column holds for yes or no."""
    if theirs.family in MOMENTS:
        moment = LONG_AGO if theirs.family is Family.DATE else f"{LONG_AGO} 00:00:00"
        return moment if said else None
    return int(said)


def means(says: Mapping[str, bool], rows: Mapping[str, int] | None = None) -> str:
    """ "enabled is yes, disabled and banned are no"; with the rows of each, "enabled in 18 rows is yes"."""
    counts = {value: f" in {count(n, 'row')}" for value, n in (rows or {}).items()}
    told = [
        ([clean(value) + counts.get(value, "") for value, said in says.items() if said is one], word)
        for one, word in ((True, "yes"), (False, "no"))
    ]
    return ", ".join(
        f"{listed(values)} {'is' if len(values) == 1 else 'are'} {word}" for values, word in told if values
    )


@dataclass(frozen=True)
class _Name:
    """The name of a new column, in words."""

    words: tuple[str, ...]

    @property
    def last(self) -> str:
        """What is said of a row; a yes or no that is called a state says whether it is active."""
        last = self.words[-1] if self.words else ""
        return "active" if last in _KINDS else last

    @property
    def is_whole(self) -> bool:
        """Whether it says nothing but the state; whose e-mail is verified is who is verified."""
        return len(self.words) == 1 or state("".join(self.words)) != "".join(self.words) or self.words[0] == "email"

    def said_by(self, word: str) -> Of | None:
        """What a word says of it."""
        return compare(word, "".join(self.words)) or compare(word, self.last)


def _state_word(column: Column) -> str:
    """The word of a legacy column's name that may say how a row stands."""
    found = [word for word in content_words(column.name) if word not in _KINDS]
    joined = "".join(found)
    return joined if state(joined) != joined else found[-1] if found else ""


def _values(ours: Column, profile: ColumnProfile | None, members: tuple[str, ...]) -> tuple[str, ...]:
    """The values that may be told, the most frequent first."""
    held = profile.states if profile else {}
    found = sorted(held, key=lambda value: -held[value])
    if ours.family in _WHOLE and profile and not found:
        bounds = profile.lowest, profile.highest
        found = [str(int(bound)) for bound in dict.fromkeys(bounds) if isinstance(bound, bool | int)]
        found = found if set(found) <= {"0", "1", "-1"} else []
    return tuple(dict.fromkeys((*found, *ours.members, *members)))


def _blank(profile: ColumnProfile | None) -> bool:
    return profile is not None and profile.nulls + profile.empty > 0


def _unknown(ours: Column, profile: ColumnProfile | None) -> int:
    if profile is None or profile.distinct is None or ours.members:
        return 0
    return max(0, profile.distinct - len(profile.states) - (1 if profile.empty else 0))


def _by_name(value: str, named: Of, *, sure: bool) -> bool | None:
    """What "yes", "no", 1 and 0 say by the column's name. `sure`: there is nothing else: "s" is "si", not a state."""
    plain = value.strip().casefold()
    if plain == "-1":  # as some databases write yes
        return named is Of.SAME
    if plain not in YES | NO or (plain.isalpha() and plain not in _CLEAR and not sure):
        return None
    return (plain in YES) is (named is Of.SAME)


def _by_word(value: str, name: _Name, *, letters: bool) -> bool | None:
    """What a word for a state says, or the letter that stands for it where `letters` do."""
    if found := name.said_by(value):
        return found is Of.SAME
    return _letter(value.strip().casefold(), name) if letters else None


def _letter(letter: str, name: _Name) -> bool | None:
    """What a letter that stands for a word says: "A" and "I" beside "active"."""
    if len(letter) != 1 or not letter.isalpha():
        return None
    if letter == name.last[0] or letter in first_letters(name.last):
        return True
    return False if letter in first_letters(name.last, contrary=True) else None

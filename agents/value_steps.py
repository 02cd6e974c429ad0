"""Which transforms a value needs on its way from one column to another, by both types and the legacy profile."""

from __future__ import annotations

import re
from typing import Literal

from ferryman.agents.flag_values import read, steps_of
from ferryman.agents.units import NUMBERS, conversion
from ferryman.domain.fit_values import becomes, has_a_form
from ferryman.domain.profile import ColumnProfile
from ferryman.domain.schema import Column, Family
from ferryman.domain.states import Of
from ferryman.domain.transforms import (
    ArrayToJson,
    BooleanWords,
    Cast,
    EmptyToNull,
    EpochToTimestamp,
    Rename,
    TextByName,
    TextToDate,
    TextToNumber,
    Transform,
    Trim,
    ValueMap,
)

_TEXTS = frozenset((Family.TEXT, Family.ENUM, Family.UUID, Family.JSON))
_MOMENTS = frozenset((Family.DATE, Family.TIMESTAMP))

#: Families between which a value needs no conversion besides the implied cast to the column's own type.
_SIMILAR = (
    frozenset((Family.INTEGER, Family.DECIMAL, Family.FLOAT, Family.BOOLEAN)),
    frozenset((Family.TEXT, Family.ENUM)),
    frozenset((Family.TEXT, Family.UUID)),
    frozenset((Family.BINARY, Family.UUID)),
    frozenset((Family.TEXT, Family.JSON)),
    frozenset((Family.DATE, Family.TIMESTAMP)),
)

_SECONDS = (100_000_000, 5_000_000_000)  #: 1973 to 2128
_MILLISECONDS = (100_000_000_000, 5_000_000_000_000)
_COMPACT = (18_000_101, 22_001_231)  #: yyyymmdd

_ARRAY = re.compile(r"(?P<of>(?!box\b).+?)(\[\])+")  #: of PostgreSQL; those of boxes print with other separators
_OF_NUMBERS = ("smallint", "integer", "bigint", "numeric", "real", "double precision")

_NUMBER = re.compile(r"[-+]?[.,]?9[9.,+]*")
#: numbers in masked shapes, by the mark before their decimals
_WRITTEN: dict[Literal[",", "."], re.Pattern[str]] = {
    ",": re.compile(r"9{1,3}(\.999)+(,9+\+?)?|9+\+?(,9+\+?)?"),
    ".": re.compile(r"9{1,3}(,999)+(\.9+\+?)?|9+\+?(\.9+\+?)?"),
}
_ISO = re.compile(r"9999-99-99([ A]99:99(:99(\.9+\+?)?)?(A|[+-]99:?99)?)?")
_DATES = {
    "9999-99-99": "%Y-%m-%d",
    "9999/99/99": "%Y/%m/%d",
    "9999.99.99": "%Y.%m.%d",
    "99.99.9999": "%d.%m.%Y",
    "99.99.99": "%d.%m.%y",
    "99-Aa+-9999": "%d-%b-%Y",
    "99 Aa+ 9999": "%d %b %Y",
    "99-A+-9999": "%d-%b-%Y",
    "99-A+-99": "%d-%b-%y",
    "Aa+ 99, 9999": "%b %d, %Y",
}
_EITHER_WAY = {
    "99/99/9999": ("%d/%m/%Y", "%m/%d/%Y"),
    "99-99-9999": ("%d-%m-%Y", "%m-%d-%Y"),
    "99/99/99": ("%d/%m/%y", "%m/%d/%y"),
    "99-99-99": ("%d-%m-%y", "%m-%d-%y"),
}
_TIMES = {"": "", " 99:99": " %H:%M", " 99:99:99": " %H:%M:%S", "A99:99:99": "T%H:%M:%S", "A99:99": "T%H:%M"}
_LONGEST_ABBREVIATED = 12  #: "Jan 01, 2010": a longer text spells the month out


def value_steps(
    ours: Column, theirs: Column, profile: ColumnProfile | None, *, unique: bool = False
) -> tuple[Transform, ...]:
    """The steps for a plain value; one rename where nothing has to be done. `unique`: the column is unique by itself.

    Without a profile the declared types decide.
    """
    cleaned = _cleaning(ours, theirs, profile, unique=unique)
    converted = _conversion(ours, theirs, profile)
    return (*cleaned, *converted) or (Rename(),)


def _cleaning(ours: Column, theirs: Column, profile: ColumnProfile | None, *, unique: bool) -> tuple[Transform, ...]:
    """Blanks go only where they would be in the way: of another type, of a length, of a unique column."""
    if profile is None or stored(ours, profile) is not Family.TEXT:
        return ()
    plain = theirs.family in (Family.TEXT, Family.JSON) and (not has_a_form(theirs) or _is_set(theirs))
    too_long = theirs.length is not None and (profile.longest or 0) > theirs.length
    trims = has_blanks(profile) and (too_long or theirs.family is Family.ENUM)
    empties = profile.empty > 0 and theirs.nullable and (not plain or (unique and profile.empty > 1))
    return (*((Trim(),) if trims or empties else ()), *((EmptyToNull(),) if empties else ()))


def can_become(ours: Column, theirs: Column, profile: ColumnProfile | None) -> bool:
    """Whether some value of a legacy column can become one of a target column."""
    kind = stored(ours, profile)
    if kind in NUMBERS and theirs.family in _MOMENTS:
        return not _yes_or_no(profile)
    if kind is Family.TEXT and theirs.family in NUMBERS and not _like_numbers(profile):
        return False
    if kind in _TEXTS and theirs.family in _MOMENTS and _says_a_state(profile):
        return False
    return becomes(kind, theirs.family) and becomes(ours.family, theirs.family)


def _yes_or_no(profile: ColumnProfile | None) -> bool:
    """Whether numbers are all 0 and 1 (or -1): a flag, or a moment that there never was."""
    return profile is not None and profile.highest is not None and {profile.lowest, profile.highest} <= {-1, 0, 1}


def _like_numbers(profile: ColumnProfile | None) -> bool:
    """Whether some shape of a text is one of a number; without shapes it may be."""
    shapes = _shapes(profile)
    return not shapes or any(_NUMBER.fullmatch(shape) for shape in shapes)


def _says_a_state(profile: ColumnProfile | None) -> bool:
    """Whether all that a text says is how a row stands, or yes and no: no such word is a moment."""
    if profile is None or not profile.states:
        return False
    return (profile.distinct or 0) <= len(profile.states) + (1 if profile.empty else 0)


def _is_set(column: Column) -> bool:
    """Whether an empty text is a value of a column: that none of a set's members is chosen."""
    return column.native.lower().startswith("set(")


def _shapes(profile: ColumnProfile | None) -> tuple[str, ...]:
    """The masked shapes that were seen, without blanks around them; "..." stands for all others."""
    stripped = (shape.strip() for shape in (profile.shapes if profile else ()))
    return tuple(shape for shape in stripped if shape and shape != "...")


def holds_numbers(ours: Column, profile: ColumnProfile | None) -> bool:
    """Whether a legacy column holds numbers, be it as texts."""
    shapes = _shapes(profile)
    texts = ours.family is Family.TEXT and bool(shapes) and all(_NUMBER.fullmatch(shape) for shape in shapes)
    return ours.family in NUMBERS or texts


def decimal_mark(profile: ColumnProfile | None) -> Literal[",", "."] | None:
    """The mark before the decimals, where numbers are written as people do and no shape speaks against it.

    None where they are written as databases read them, and where "9,999" may be a thousand or a little less than ten.
    """
    shapes = [shape.strip(" -+") for shape in (profile.shapes if profile else ()) if shape.strip(" -+.")]
    if not any("," in shape for shape in shapes):
        return None
    found = [mark for mark, written in _WRITTEN.items() if all(written.fullmatch(shape) for shape in shapes)]
    return found[0] if len(found) == 1 else None


def has_blanks(profile: ColumnProfile) -> bool:
    """Whether a masked shape begins or ends with a blank."""
    return any(shape != shape.strip() for shape in profile.shapes if shape)


def _conversion(ours: Column, theirs: Column, profile: ColumnProfile | None) -> tuple[Transform, ...]:
    kind = stored(ours, profile)
    if theirs.family in _MOMENTS:
        return moment_steps(ours, theirs, profile)
    units = conversion(ours, theirs) if kind in NUMBERS else None
    if step := units or _yes_and_no(ours, theirs, profile) or _one_language(theirs, profile):
        return (step,)
    if kind is Family.TEXT and theirs.family in NUMBERS and (decimal := decimal_mark(profile)):
        return TextToNumber(decimal=decimal), Cast(to=theirs.family.value)
    if theirs.family is Family.BOOLEAN and kind is Family.TEXT:
        return (BooleanWords(),)
    if theirs.family is Family.BOOLEAN and _beyond_a_bit(profile):
        return (Cast(to=Family.BOOLEAN.value),)
    if theirs.family is Family.JSON and (array := _ARRAY.fullmatch(ours.native)):
        return (ArrayToJson(of=_elements(array["of"])),)
    if kind is theirs.family or theirs.family is Family.OTHER or _similar(kind, theirs.family):
        return ()
    return (Cast(to=theirs.family.value),)


def _yes_and_no(ours: Column, theirs: Column, profile: ColumnProfile | None) -> ValueMap | None:
    """Words for how a row stands as yes and no; also yes and no themselves where the names say the contrary."""
    found = read(ours, theirs, profile) if theirs.family in (Family.BOOLEAN, Family.INTEGER) else None
    if found is None or not found.known or found.plain:
        return None
    turned = found.named is Of.CONTRARY and ours.family in (Family.BOOLEAN, Family.INTEGER)
    return steps_of(found, ours, theirs, profile) if turned or theirs.family is Family.BOOLEAN else None


def _one_language(theirs: Column, profile: ColumnProfile | None) -> TextByName | None:
    """One of the texts that a value holds, one for each language, where the new column is one text."""
    if profile is None or not profile.languages or theirs.family not in (Family.TEXT, Family.ENUM):
        return None
    return TextByName(names=tuple(profile.languages))


def _elements(native: str) -> Literal["text", "number", "boolean", "json"]:
    """What the elements of an array are in JSON, by their type's name."""
    word = native.partition("(")[0].lower()
    if word in _OF_NUMBERS:
        return "number"
    return "boolean" if word == "boolean" else "json" if word in ("json", "jsonb") else "text"


def _similar(one: Family, other: Family) -> bool:
    return any(one in group and other in group for group in _SIMILAR)


def _beyond_a_bit(profile: ColumnProfile | None) -> bool:
    bounds = (profile.lowest, profile.highest) if profile else ()
    return any(isinstance(bound, int | float) and bound not in (0, 1) for bound in bounds)


def stored(ours: Column, profile: ColumnProfile | None) -> Family:
    """What most of a column's values really are: the declared family, unless the file holds another kind."""
    if profile is None or not profile.storage:
        return ours.family
    kind = max(profile.storage, key=lambda name: (profile.storage[name], name))
    if kind == "text":
        return ours.family if ours.family in _TEXTS else Family.TEXT
    if kind in ("integer", "real"):
        held = Family.INTEGER if kind == "integer" else Family.FLOAT
        return ours.family if ours.family in NUMBERS | {Family.BOOLEAN} else held
    return ours.family


def moment_steps(ours: Column, theirs: Column, profile: ColumnProfile | None) -> tuple[Transform, ...]:
    """From whatever a legacy column holds to a date or timestamp: epochs, compact numbers, texts in one format."""
    kind = stored(ours, profile)
    if kind in NUMBERS:
        return _from_number(profile)
    if kind is not Family.TEXT:
        return () if kind in _MOMENTS else (Cast(to=theirs.family.value),)
    formats = text_formats(profile)
    if formats and not (ours.family in _MOMENTS and _only_iso(profile)):
        return (TextToDate(format=formats[0]),)
    return () if ours.family in _MOMENTS else (Cast(to=theirs.family.value),)


def _only_iso(profile: ColumnProfile | None) -> bool:
    """Whether every shape seen is one of ISO 8601. Of a column that is declared to hold moments no lengths are known
    that would tell of others; they are read whatever their form, without a step."""
    return profile is not None and all(_ISO.fullmatch(shape.strip()) for shape in profile.shapes if shape.strip())


def _from_number(profile: ColumnProfile | None) -> tuple[Transform, ...]:
    low, high = (profile.lowest, profile.highest) if profile else (None, None)
    if not isinstance(high, int | float):
        return (EpochToTimestamp(unit="s"),)
    if _within(low, high, _COMPACT):
        return Cast(to=Family.TEXT.value), TextToDate(format="%Y%m%d")
    return (EpochToTimestamp(unit="ms" if high >= _MILLISECONDS[0] else "s"),)


def _within(low: object, high: int | float, bounds: tuple[int, int]) -> bool:
    return isinstance(low, int | float) and bounds[0] <= low and high <= bounds[1]


def tells_moments(ours: Column, profile: ColumnProfile | None) -> bool:
    """Whether what a legacy column holds can be read as moments, numbers that count seconds among them."""
    kind = stored(ours, profile)
    if kind in NUMBERS:
        return profile is None or profile.highest is None or is_epoch(profile) or counts_from_never(profile)
    return kind in _MOMENTS or kind is Family.TEXT


def holds_moments(ours: Column, profile: ColumnProfile | None) -> bool:
    """Whether what was seen of a legacy column are moments, be it as texts or as seconds since 1970."""
    kind = stored(ours, profile)
    if kind is Family.TEXT:
        shapes = _shapes(profile)
        return bool(text_formats(profile)) or (bool(shapes) and all(_ISO.fullmatch(shape) for shape in shapes))
    return kind in _MOMENTS or (kind in NUMBERS and is_epoch(profile))


def is_epoch(profile: ColumnProfile | None) -> bool:
    """Whether a numeric column's range is one of seconds or milliseconds since 1970."""
    if profile is None or not isinstance(profile.highest, int | float):
        return False
    return any(_within(profile.lowest, profile.highest, bounds) for bounds in (_SECONDS, _MILLISECONDS))


def counts_from_never(profile: ColumnProfile | None) -> bool:
    """Whether numbers that count seconds or milliseconds since 1970, by their highest, have a 0 among them."""
    if profile is None or profile.lowest != 0 or not isinstance(profile.highest, int | float):
        return False
    return any(low <= profile.highest <= high for low, high in (_SECONDS, _MILLISECONDS))


def text_formats(profile: ColumnProfile | None) -> tuple[str, ...]:
    """The strptime formats that a text column's most frequent shape allows: none, one, or two (day or month first).

    Two where no sampled value tells which comes first, or they contradict each other. Several ISO forms side by side
    give none, and so does one beside values of another length: the cast reads them all.
    """
    shapes = {
        shape: rows for shape, rows in (profile.shapes if profile else {}).items() if shape.strip() and shape != "..."
    }
    if profile is None or not shapes:
        return ()
    if all(_ISO.fullmatch(shape) for shape in shapes) and (
        len(shapes) > 1 or not _as_long_as(next(iter(shapes)), profile)
    ):
        return ()
    most = max(shapes, key=lambda shape: (shapes[shape], shape))
    if most == "9+" and profile.shortest == profile.longest == len("20091231"):
        return ("%Y%m%d",)
    padded = re.sub(r"(?<=[-/.]) 9(?![9+])", "9", most.strip())
    return _formats_of(re.sub(r"(?<!9)9(?![9+])", "99", padded), profile)


def _as_long_as(shape: str, profile: ColumnProfile) -> bool:
    """Whether all values that are not empty can have this shape, going by the lengths of all rows."""
    shortest = None if profile.empty else profile.shortest
    return "+" in shape or {length or len(shape) for length in (shortest, profile.longest)} == {len(shape)}


def _formats_of(shape: str, profile: ColumnProfile) -> tuple[str, ...]:
    for time, written in sorted(_TIMES.items(), key=lambda item: -len(item[0])):
        date = shape[: len(shape) - len(time)] if shape.endswith(time) else ""
        if date in _DATES:
            spelt = "a+" in date and (profile.longest or 0) > _LONGEST_ABBREVIATED + len(time)
            return () if spelt else (_DATES[date] + written,)
        if date in _EITHER_WAY:
            return tuple(form + written for form in _told_apart(_EITHER_WAY[date], profile))
    return ()


def _told_apart(day_or_month_first: tuple[str, str], profile: ColumnProfile) -> tuple[str, ...]:
    match profile.beyond_months:
        case (days, 0) if days:
            return day_or_month_first[:1]
        case (0, days) if days:
            return day_or_month_first[1:]
    return day_or_month_first

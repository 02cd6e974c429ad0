"""Values as texts and texts as values, one at a time: numbers, UUIDs, JSON, parts. Both engines use it."""

from __future__ import annotations

import base64
import json
import math
import re
import unicodedata
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from uuid import UUID

from ferryman.domain.schema import Family
from ferryman.domain.transforms import BooleanWords, Scalar

Stored = int | float | str | bytes | None
#: Families whose values are texts to the database.
TEXTS = frozenset((Family.TEXT, Family.JSON, Family.ENUM, Family.OTHER))
NUL_IN_JSON = "\\u0000"  #: how JSON writes the character that PostgreSQL's texts cannot hold
BACKSLASH_IN_JSON = "\\\\"  #: how it writes a backslash, which may stand before u0000 as well
BLANKS = " \t\n\r\v\f\xa0"  #: what counts as blank at the ends of a text
WORDS = BooleanWords(true=(*BooleanWords().true, "1.0"), false=(*BooleanWords().false, "0.0"))  #: of an implied cast

#: A text that is a number as a whole, as SQLite reads one; without the blanks around it.
NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
_NUMBER = re.compile(rf"[ \t\n\v\f\r]*({NUMBER})[ \t\n\v\f\r]*", re.ASCII)
_BITS = re.compile(r"\(([0-9]+)\)")
_encode = json.JSONEncoder(ensure_ascii=False).encode
CITEXT = "citext"  #: the type of PostgreSQL's to which "a" and "A" are the same, as a collation
UUID_BYTES = 16  #: that a column holds which is made for UUIDs
_TINY = -400  #: digits after the point, past which any number is 0
_SHORT = re.compile(r"-?[0-9]+\.[0-9]+")  #: a real that prints without an exponent
_PLACES = 20  #: of a quotient without end
_EXACT = Context(prec=800)  #: more digits than any number here has


def is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None


def json_of(value: Stored) -> str:
    """A stored value as JSON: numbers as Python writes them, blobs as base64, infinities as text."""
    if isinstance(value, bytes):
        return f'"{base64.b64encode(value).decode()}"'
    if isinstance(value, float) and not math.isfinite(value):
        return '"Infinity"' if value > 0 else '"-Infinity"'
    return str(value) if type(value) is int else _encode(value)


def plain_digits(value: Stored, scale: int | None) -> str | None:
    """A number in plain digits, rounded half away from zero to `scale` places; a real counts as it prints.

    None for what is not a finite number, or is larger than any real.
    """
    if isinstance(value, float):
        printed = repr(value)
        if value and _SHORT.fullmatch(printed) and (scale is None or len(printed) - printed.index(".") - 1 <= scale):
            return printed.removesuffix(".0")
    number = _number(value)
    if number is None or not number.is_finite() or math.isinf(float(number)):
        return None
    if number.adjusted() < _TINY:
        return "0"
    return format(_rounded(number, scale), "f")


def is_kept(text: str, scale: int | None, whole: bool) -> int:
    """Whether a number in digits, rounded to `scale` places, is the same as a real, or as an integer of 64 bits where
    `whole` numbers are stored as such: 1 or 0."""
    number = _number(plain_digits(text, scale) or "")
    if number is None or (whole and number == number.to_integral_value() and abs(number) < 2**63):
        return 1
    return int(Decimal(repr(float(number))) == number)


def scaled(value: Stored, multiply: int, divide: int, places: int | None) -> str | None:
    """See `transforms.Scale`: in plain digits, without zeros at the end. None for what is not a finite number."""
    number = _number(value)
    if number is None or not number.is_finite() or math.isinf(float(number) * multiply):
        return None
    made = _EXACT.divide(_EXACT.multiply(number, multiply), divide)
    if not made or made.adjusted() < _TINY:
        return "0"
    made = _rounded(made, _PLACES if places is None else places)
    return format(made.normalize(_EXACT), "f") if made else "0"


def _number(value: Stored) -> Decimal | None:
    if isinstance(value, str):
        found = _NUMBER.fullmatch(value)
        return Decimal(found[1]) if found else None
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**63:
        return Decimal(int(value))
    return Decimal(repr(value)) if isinstance(value, int | float) else None


def _rounded(number: Decimal, scale: int | None) -> Decimal:
    if scale is None or -int(number.as_tuple().exponent) <= scale:
        return number
    return number.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP, _EXACT)


def parse_uuid(value: Stored) -> UUID | None:
    """32 hex digits with or without the dashes, or 16 bytes."""
    try:
        if isinstance(value, bytes):
            return UUID(bytes=value)
        return UUID(value) if isinstance(value, str) and len(value) in (32, 36) else None
    except ValueError:
        return None


def bits_of(number: int, native: str) -> str | None:
    """A whole number as a string of bits, of as many as the type declares at least; None below zero."""
    declared = _BITS.search(native)
    return None if number < 0 else f"{number:0{int(declared[1]) if declared else 1}b}"


def bytes_of_uuid(text: str) -> bytes | None:
    """What a text that is a UUID becomes in a column of `UUID_BYTES`, in which no text of one has room."""
    found = parse_uuid(text)
    return None if found is None else found.bytes


def text_of(value: Scalar) -> str | None:
    """A scalar of the plan as it is compared and written: as text, true and false as 1 and 0."""
    if value is None:
        return None
    return str(int(value)) if isinstance(value, bool) else repr(value) if isinstance(value, float) else str(value)


def ids_of(text: str, separator: str) -> list[str] | None:
    """The ids that a text packs, as texts; see `transforms.RemapIds`. None where it is no such list."""
    if separator:
        return [part.strip(BLANKS) for part in text.split(separator) if part.strip(BLANKS)]
    try:
        found = json.loads(text)
    except ValueError:
        return None
    if not isinstance(found, list) or any(type(one) not in (int, str) for one in found):
        return None
    return [str(one) for one in found]


def packed(ids: Sequence[Stored], separator: str) -> str:
    """New keys in the form that `ids_of` read."""
    return separator.join(map(str, ids)) if separator else f"[{','.join(map(json_of, ids))}]"


def part_of(text: str, separator: str, part: int, rest: bool) -> str | None:
    """See `transforms.Split`."""
    parts = text.split(separator)
    index = part - 1 if part > 0 else part + len(parts)
    if not 0 <= index < len(parts):
        return None
    if not rest:
        return parts[index]
    return separator.join(parts[index:] if part > 0 else parts[: index + 1])


def _written(mark: str, other: str) -> re.Pattern[str]:
    """Numbers with this mark before their decimals, and the other one or what else parts thousands between groups."""
    between = rf"(?P<between>[{other} \xa0\u202f'\u2019])"
    whole = rf"(?P<whole>[0-9]{{1,3}}{between}[0-9]{{3}}(?:(?P=between)[0-9]{{3}})*|[0-9]+)"
    return re.compile(rf"(?P<sign>[-+]?){whole}(?:{re.escape(mark)}(?P<places>[0-9]+))?")


_WRITTEN = {",": _written(",", "."), ".": _written(".", ",")}


def plain_number(text: str, decimal: str) -> str | None:
    """See `transforms.TextToNumber`. None where it is no such number."""
    found = _WRITTEN[decimal].fullmatch(text.strip(BLANKS))
    if found is None:
        return None
    whole = found["sign"] + "".join(digit for digit in found["whole"] if digit.isdigit())
    return f"{whole}.{found['places']}" if found["places"] else whole


def alike(text: str, collation: str) -> str:
    """The same for two texts that a collation of MariaDB or MySQL takes for equal, by what its name says: blanks at the
    end count only where it does not pad, case and accents only where it tells them apart ("_as_" accents alone).
    `CITEXT` makes no difference of case alone."""
    if collation == CITEXT:
        return text.lower()
    words = set(collation.split("_"))
    if not words & {"nopad", "0900"}:
        text = text.rstrip(" ")
    if "ci" not in words:
        return text
    if "as" not in words:
        text = "".join(letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter))
    return text.casefold()

"""What a server's column cannot hold although it is of the right family: letters, bytes, moments, sizes of reals.

`sqlite_limits` and `arrow_limits` look for it in the values that are to be written.
"""

from __future__ import annotations

import re
from functools import cache

import numpy as np

from ferryman.domain.schema import Column, Family

#: A real of single precision: beyond the first it has no end, from the second on down it is zero (IEEE 754, binary32).
SINGLE, NOTHING = 3.4028234663852886e38, 2.0**-150
LARGEST = 1.7976931348623157e308  #: of double precision
#: Of MariaDB's and MySQL's TIMESTAMP: the first moment, and the first that is none any more.
STAMPS = ("1970-01-01 00:00:01", "2038-01-19 03:14:08")

_PADDED = re.compile(r"(char|character|bpchar)\(", re.IGNORECASE)
MOST_PLACES = 6
_DECLARED = re.compile(r"\(([0-6])\)")

_FIRST_PLANE = "first plane"
#: MariaDB's and MySQL's character sets -> Python's name, where it is the same set; others are not looked at.
_LETTERS = {
    "utf8": _FIRST_PLANE, "utf8mb3": _FIRST_PLANE, "ucs2": _FIRST_PLANE, "ascii": "ascii", "latin1": "cp1252",
    "latin2": "iso8859_2", "latin5": "iso8859_9", "latin7": "iso8859_13", "greek": "iso8859_7", "hebrew": "iso8859_8",
    "cp1250": "cp1250", "cp1251": "cp1251", "cp1256": "cp1256", "cp1257": "cp1257", "cp850": "cp850", "cp852": "cp852",
    "cp866": "cp866", "koi8r": "koi8_r", "koi8u": "koi8_u", "tis620": "tis_620", "big5": "big5", "gbk": "gbk",
    "gb2312": "gb2312", "euckr": "euc_kr", "sjis": "shift_jis", "cp932": "cp932", "ujis": "euc_jp",
}  # fmt: skip
_HOLES = frozenset("\x81\x8d\x8f\x90\x9d")  #: that latin1 has there, and cp1252 has not


def letters_of(column: Column, dialect: str) -> str:
    """The letters that a column's character set has, by a name for `has_letters`; "" where it has all."""
    return _LETTERS.get(column.collation.partition("_")[0], "") if dialect == "mysql" else ""


def has_letters(text: str, letters: str) -> bool:
    """Whether a character set has all letters of a text."""
    return text.isascii() or all(_has(letter, letters) for letter in set(text))


@cache
def _has(letter: str, letters: str) -> bool:
    if letters == _FIRST_PLANE:
        return ord(letter) < 0x10000
    if letters == "cp1252" and letter in _HOLES:
        return True
    try:
        letter.encode(letters)
    except UnicodeEncodeError:
        return False
    return True


def is_bits(column: Column, dialect: str) -> bool:
    """Whether a column holds strings of bits, where a number that prints as ones and zeros is another one."""
    return dialect == "postgresql" and column.native.startswith("bit")


def is_padded(column: Column, dialect: str) -> bool:
    """Whether blanks at the end of a text are no part of it: a server fills `char(n)` up with them, or drops them."""
    return dialect != "sqlite" and _PADDED.match(column.native) is not None


def octets_of(column: Column, dialect: str) -> int | None:
    """The most bytes that a text of MariaDB's or MySQL's TEXT takes; None where characters alone count."""
    word = column.native.split("(")[0].lower()
    return column.length if dialect == "mysql" and column.family is Family.TEXT and word.endswith("text") else None


def places_of(column: Column, dialect: str) -> int:
    """The digits that a moment or a time of day has behind its seconds there; six are all that go anywhere. A step on
    the way, which asks for a family alone, cuts none."""
    if dialect == "sqlite" or not column.native or column.family not in (Family.TIME, Family.TIMESTAMP):
        return MOST_PLACES
    declared = _DECLARED.search(column.native)
    return int(declared[1]) if declared else 0 if dialect == "mysql" else MOST_PLACES


def is_stamp(column: Column, dialect: str) -> bool:
    """Whether a moment has to be in `STAMPS`."""
    return dialect == "mysql" and column.native.lower().startswith("timestamp")


def is_single(column: Column, dialect: str) -> bool:
    """Whether a real is of single precision."""
    word = column.native.split("(")[0].lower()
    return (dialect == "postgresql" and word in ("real", "float4")) or (
        dialect == "mysql" and word.split(" ")[0] == "float"
    )


def as_single(number: float) -> float:
    """A real as one of single precision prints: by the fewest digits that tell it from all others."""
    with np.errstate(over="ignore"):
        return float(str(np.float32(number)))


def is_endless(dialect: str) -> bool:
    """Whether a real may be infinite."""
    return dialect != "mysql"


def is_picky(column: Column, dialect: str) -> bool:
    """Whether a UUID has to be one of those that MariaDB's own type takes; see `is_taken`."""
    return dialect == "mysql" and column.native.lower() == "uuid"


def is_taken(uuid: str) -> bool:
    """Whether MariaDB's type takes a UUID, in lower case with dashes: of version 8 and higher it does not take those
    whose ninth byte is from 01 to 80. As tried with 10.11."""
    return uuid[14] < "8" or not "01" <= uuid[19:21] <= "80"

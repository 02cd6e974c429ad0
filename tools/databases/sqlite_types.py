"""What a type declared in SQLite means. SQLite takes any word for a type; people write those of other databases."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ferryman.domain.schema import Family

_SHAPE = re.compile(r"(?P<base>[^(]*)(?:\((?P<args>.*)\))?(?P<rest>[^)]*)", re.DOTALL)
_MEMBER = re.compile(r"'((?:[^']|'')*)'")
_SIGN = frozenset(("UNSIGNED", "SIGNED", "ZEROFILL"))

_WORDS: dict[Family, str] = {
    Family.BOOLEAN: "BOOLEAN BOOL LOGICAL",
    Family.DECIMAL: "DECIMAL NUMERIC NUMBER DEC FIXED MONEY SMALLMONEY CURRENCY",
    Family.FLOAT: "FLOAT DOUBLE REAL FLOAT4 FLOAT8 SINGLE BINARY_FLOAT BINARY_DOUBLE FLOATING",
    Family.INTEGER: "YEAR SERIAL BIGSERIAL SMALLSERIAL LONG",
    Family.DATE: "DATE",
    Family.TIME: "TIME TIMETZ",
    Family.TIMESTAMP: "DATETIME DATETIME2 SMALLDATETIME TIMESTAMP TIMESTAMPTZ DATETIMEOFFSET DATETIMETZ",
    Family.JSON: "JSON JSONB",
    Family.UUID: "UUID GUID UNIQUEIDENTIFIER",
    Family.BINARY: "BINARY VARBINARY BYTEA IMAGE RAW BYTES",
    Family.TEXT: "STRING NAME XML SET INET CIDR MACADDR URL EMAIL",
    Family.OTHER: "POINT MULTIPOINT LINESTRING POLYGON GEOMETRY GEOGRAPHY INTERVAL ANY TSVECTOR ARRAY VECTOR",
    Family.ENUM: "ENUM",
}
_BY_WORD = {word: family for family, words in _WORDS.items() for word in words.split()}

#: SQLite's own rule of affinity, in its order, for words that are not listed above.
_AFFINITY = (
    ("CHAR", Family.TEXT),
    ("CLOB", Family.TEXT),
    ("TEXT", Family.TEXT),
    ("INT", Family.INTEGER),
    ("BLOB", Family.BINARY),
    ("REAL", Family.FLOAT),
    ("FLOA", Family.FLOAT),
    ("DOUB", Family.FLOAT),
)
_FLAGS = frozenset(("TINYINT", "BIT"))


@dataclass(frozen=True)
class Declared:
    """A declared type, taken apart. See `Column` for the fields."""

    family: Family
    length: int | None = None
    precision: int | None = None
    scale: int | None = None
    unsigned: bool = False
    members: tuple[str, ...] = ()


def declared(native: str) -> Declared:
    """What a declared type means: "NVARCHAR(160)" is text of 160 characters, "TINYINT(1)" a boolean, "" OTHER."""
    shape = _SHAPE.match(native.strip())
    base, args, rest = (shape["base"], shape["args"] or "", shape["rest"]) if shape else (native, "", "")
    words = f"{base} {rest}".upper().split()
    family = _family([word for word in words if word not in _SIGN], args.strip())
    numbers = [int(part) for part in args.split(",") if part.strip().isdecimal()]
    first = numbers[0] if numbers else None
    return Declared(
        family,
        length=first if family in (Family.TEXT, Family.BINARY, Family.UUID) else None,
        precision=first if family is Family.DECIMAL else None,
        scale=(numbers[1] if len(numbers) > 1 else 0) if family is Family.DECIMAL and numbers else None,
        unsigned="UNSIGNED" in words,
        members=_members(args) if family is Family.ENUM else (),
    )


def _family(words: list[str], args: str) -> Family:
    if not words:
        return Family.OTHER
    if words[0] in _FLAGS and (args == "1" or (words[0] == "BIT" and not args)):
        return Family.BOOLEAN
    if words[0] == "BIT":
        return Family.INTEGER
    if words[0] in _BY_WORD:
        return _BY_WORD[words[0]]
    whole = " ".join(words)
    return next((family for part, family in _AFFINITY if part in whole), Family.OTHER)


def _members(args: str) -> tuple[str, ...]:
    quoted = tuple(member.replace("''", "'") for member in _MEMBER.findall(args))
    return quoted or tuple(part.strip() for part in args.split(",") if part.strip())

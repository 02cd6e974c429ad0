"""The integers that a column can hold, by the database and the type it was declared with."""

from __future__ import annotations

from ferryman.domain.schema import Column

WHOLE = (-(2**63), 2**63 - 1)  #: what SQLite and Arrow hold; beyond it nothing travels as an integer

_YEARS = (1901, 2155)  #: of MariaDB's and MySQL's YEAR, beside its zero
_BYTES = {
    "TINYINT": 1,
    "SMALLINT": 2,
    "INT2": 2,
    "SMALLSERIAL": 2,
    "MEDIUMINT": 3,
    "INT": 4,
    "INTEGER": 4,
    "INT4": 4,
    "SERIAL": 4,
}


def integer_range(column: Column, dialect: str) -> tuple[int, int]:
    """The lowest and the highest integer. SQLite keeps 64 bits in any column."""
    words = column.native.upper().split("(")[0].split()
    if dialect == "mysql" and words == ["YEAR"]:
        return _YEARS
    if dialect == "mysql" and words == ["BIT"]:
        return 0, min(2 ** int(column.native.strip("bitBIT()") or 1) - 1, WHOLE[1])
    size = _BYTES.get(words[0], 8) if words and dialect != "sqlite" else 8
    if column.unsigned and dialect != "sqlite":
        return 0, min(2 ** (8 * size) - 1, WHOLE[1])
    return -(2 ** (8 * size - 1)), 2 ** (8 * size - 1) - 1

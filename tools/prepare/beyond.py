"""Values beyond what travels as a number or a moment, which a server's column holds all the same: `infinity`, years BC,
24:00, NaN, whole numbers from 2^63 on. Between columns of one family they go as the texts that they print as."""

from __future__ import annotations

import re

from ferryman.domain.mapping import ColumnMapping, TableMapping
from ferryman.domain.schema import Column, Family, Table
from ferryman.domain.transforms import PreserveLegacyId, Rename

_ENDLESS = "-?infinity"
_DAY, _CLOCK = r"\d\d-\d\d", r"\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:\+00)?"
_UNSIGNED = re.compile(r"[1-9][0-9]{18,19}", re.ASCII)
_MOST = 2**64 - 1

#: By a kind, as `kind_of` gives it, what texts of it look like.
_FORMS = {
    "date": re.compile(rf"{_ENDLESS}|\d{{4,7}}-{_DAY} BC|[1-9]\d{{4,6}}-{_DAY}", re.ASCII),
    "timestamp": re.compile(rf"{_ENDLESS}|\d{{4,6}}-{_DAY} {_CLOCK} BC|[1-9]\d{{4,5}}-{_DAY} {_CLOCK}", re.ASCII),
    "time": re.compile(r"24:00:00", re.ASCII),
    "numeric": re.compile(r"NaN|-?Infinity", re.ASCII),
    "no number": re.compile(r"NaN", re.ASCII),
}
#: What such a text has at its beginning or its end, as patterns of GLOB: most values are passed over by these.
HINTS = ("*infinity", "* BC", "[1-9][0-9][0-9][0-9][0-9]*", "24:*", "NaN", "*Infinity")


def kind_of(table: TableMapping, mapping: ColumnMapping, source: Table, goal: tuple[Column, str]) -> str:
    """Which of these values may go into a column of a dialect (`goal`) as they are; "" where none may. A key, by which
    rows are ordered and found, stays within what travels."""
    column, dialect = goal
    ours = source.by_name.get(mapping.source[0]) if len(mapping.source) == 1 else None
    plain = all(isinstance(step, Rename | PreserveLegacyId) for step in mapping.steps)
    if ours is None or ours.name in table.key or ours.family is not column.family or not plain:
        return ""
    return _of_column(column, dialect)


def _of_column(column: Column, dialect: str) -> str:
    native = column.native.lower()
    if dialect == "mysql" and column.family is Family.INTEGER:
        return "unsigned" if native.startswith("bigint") and column.unsigned else ""
    if dialect != "postgresql":
        return ""
    match column.family:
        case Family.DATE | Family.TIMESTAMP:
            return column.family.value
        case Family.TIME if "with time zone" not in native:
            return "time"
        case Family.DECIMAL if native.startswith("numeric"):
            return "numeric" if column.precision is None else "no number"
        case Family.FLOAT:
            return "no number"
    return ""


def is_beyond(text: object, kind: str) -> bool:
    """Whether a value is such a text."""
    if not isinstance(text, str):
        return False
    if kind == "unsigned":
        return _UNSIGNED.fullmatch(text) is not None and 2**63 <= int(text) <= _MOST
    return _FORMS[kind].fullmatch(text) is not None

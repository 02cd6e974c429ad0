"""The words that a target column takes, where its type or a CHECK lists them."""

from __future__ import annotations

import re

from ferryman.domain.schema import Column, Family, Table

_LIST = re.compile(r"^\W*(?P<column>\w+)\W*\s+IN\s*\((?P<words>[^()]*)\)\W*$", re.IGNORECASE)
#: as PostgreSQL prints such a list: "((status)::text = ANY ((ARRAY['a'::character varying, 'b'::...])::text[]))"
_CAST = r"(?:::[\w ]+(?:\(\d+\))?(?:\[\])?)?"
_ARRAY = re.compile(
    rf"^\W*(?P<column>\w+)[^\w:=]*{_CAST}\)*\s*=\s*ANY\s*\(+ARRAY\[(?P<words>(?:\(?'(?:[^']|'')*'{_CAST}\)?{_CAST}(?:,\s*)?)+)\]"
    rf"\)*{_CAST}\)*$",
    re.IGNORECASE,
)
_WORD = re.compile(r"'((?:[^']|'')*)'")


def allowed_words(table: Table, column: Column) -> tuple[str, ...]:
    """The texts that a column is limited to; () where it is not, or by something other than a plain list."""
    if column.family is Family.ENUM:
        return column.members
    for check in table.checks:
        found = _LIST.match(check.strip()) or _ARRAY.match(check.strip())
        if found and found["column"] == column.name:
            return tuple(word.replace("''", "'") for word in _WORD.findall(found["words"]))
    return ()

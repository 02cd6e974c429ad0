"""Which columns a CHECK constraint is about, by the names in its text."""

from __future__ import annotations

import re

from ferryman.domain.schema import Table

_LITERAL = re.compile(r"'(?:[^']|'')*'")
_NAMES = re.compile(r"""\"((?:[^"]|"")+)\"|`([^`]+)`|\[([^]]+)\]|(\w+)""")


def named_in(check: str, table: Table) -> tuple[str, ...]:
    """The table's columns in a CHECK's text, in the table's order; its string literals are no names."""
    words = {next(filter(None, word)).lower() for word in _NAMES.findall(_LITERAL.sub(" ", check))}
    return tuple(column.name for column in table.columns if column.name.replace('"', '""').lower() in words)


def columns_of_check(constraint: str, table: Table) -> tuple[str, ...]:
    """The columns of the CHECK that a database means: it calls it by its name, or gives its text; () where unknown."""
    for name, check in table.named_checks:
        if constraint in (name, check):
            return named_in(check, table)
    return ()

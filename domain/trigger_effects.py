"""What a trigger may do to rows that are moved, by the words of its body: it rather sees too much than too little.

What a trigger does elsewhere (a log, a queue) is none of this. A body that runs what does not stand in it (dynamic SQL,
other procedures), or that cannot be read, is opaque.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from ferryman.domain.schema import Table, Trigger

_QUOTED = r"""\"(?:[^"]|"")+\"|`(?:[^`]|``)+`|\[[^\]]+\]|\w+"""
_PASSED_OVER = re.compile(r"--[^\n]*|/\*.*?(?:\*/|$)|'(?:[^']|'')*'", re.DOTALL)
_WRITES = re.compile(
    rf"\b(?:INSERT\s+(?:OR\s+\w+\s+|IGNORE\s+|LOW_PRIORITY\s+)*INTO|REPLACE\s+INTO|MERGE\s+INTO|TRUNCATE(?:\s+TABLE)?"
    rf"|UPDATE(?:\s+OR\s+\w+|\s+ONLY|\s+IGNORE|\s+LOW_PRIORITY)?|DELETE\s+FROM(?:\s+ONLY)?)\s+"
    rf"(?:(?:{_QUOTED})\s*\.\s*)?({_QUOTED})",
    re.IGNORECASE,
)
_SET = re.compile(r"\bUPDATE\b[^;]*?\bSET\b([^;]*)", re.IGNORECASE)
_ASSIGNED = re.compile(rf"(?:^|,)\s*({_QUOTED})\s*=", re.IGNORECASE)
_NEW = re.compile(
    rf"(?:\bSET\b|,|;|\bBEGIN\b|\bTHEN\b|\bELSE\b|\bLOOP\b)\s*NEW\s*\.\s*({_QUOTED})\s*:?="
    rf"|\bNEW\s*\.\s*({_QUOTED})\s*:=",
    re.IGNORECASE,
)
_INTO = re.compile(r"\bINTO\s+(?:STRICT\s+)?(NEW\s*\.[^;]*?)(?:\bFROM\b|;)", re.IGNORECASE)
_OF_NEW = re.compile(rf"\bNEW\s*\.\s*({_QUOTED})", re.IGNORECASE)
_WHOLE = re.compile(r"\bNEW\s*(?::=|=)|\bRETURN\s+(?!NEW\s*;|OLD\s*;|NULL\s*;)\S", re.IGNORECASE)
_REFUSES = re.compile(
    r"\bSIGNAL\b|\bRESIGNAL\b|\bASSERT\b|\bRAISE\b(?!\s+(?:NOTICE|WARNING|INFO|LOG|DEBUG)\b)", re.IGNORECASE
)
_SKIPS = re.compile(r"\bRETURN\s+(?:NULL|OLD)\s*;", re.IGNORECASE)
_OPAQUE = re.compile(r"\b(?:EXECUTE|PERFORM|CALL|PREPARE)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Effects:
    """What triggers of a table may do to moved rows."""

    columns: frozenset[str] = frozenset()  #: of the table's own rows, that they may fill otherwise
    every_column: bool = False  #: any of them
    tables: frozenset[str] = frozenset()  #: other tables that they may write to
    refuses: bool = False  #: they may refuse a row, or pass it over
    opaque: bool = False  #: what they do cannot be read

    def plus(self, other: Effects) -> Effects:
        return Effects(
            self.columns | other.columns,
            self.every_column or other.every_column,
            self.tables | other.tables,
            self.refuses or other.refuses,
            self.opaque or other.opaque,
        )


def effects(trigger: Trigger, table: Table, dialect: str, tables: Collection[str]) -> Effects:
    """What one trigger of a table may do. `tables`: the names that count as other tables."""
    if not trigger.body:
        return Effects(opaque=True)
    body = _PASSED_OVER.sub(" ", trigger.body)
    body = body[_begin(body) :] if dialect == "sqlite" else body
    columns = {column.name.lower(): column.name for column in table.columns}
    named = {name.lower(): name for name in tables}
    written = {_bare(found[1]) for found in _WRITES.finditer(body)}
    new = {_bare(found[1] or found[2]) for found in _NEW.finditer(body)}
    new |= {_bare(name) for found in _INTO.finditer(body) for name in _OF_NEW.findall(found[1])}
    new = new if trigger.before else set()
    own = {_bare(name) for found in _SET.finditer(body) for name in _ASSIGNED.findall(found[1])}
    own = own if table.name.lower() in written else set()
    passes_over = dialect == "postgresql" and trigger.before and bool(_SKIPS.search(body))
    return Effects(
        columns=frozenset(columns[name] for name in new | own if name in columns),
        every_column=dialect == "postgresql" and trigger.before and bool(_WHOLE.search(body)),
        tables=frozenset(named[name] for name in written if name in named and name != table.name.lower()),
        refuses=bool(_REFUSES.search(body)) or passes_over,
        opaque=bool(_OPAQUE.search(body)),
    )


def _begin(sql: str) -> int:
    """Where the body begins: what stands before it names the table and the event, and may have a condition."""
    found = re.search(r"\bBEGIN\b", sql, re.IGNORECASE)
    return found.start() if found else 0


def _bare(name: str) -> str:
    return name.strip('"`[]').replace('""', '"').replace("``", "`").lower()

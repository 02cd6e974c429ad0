"""SQLite's catalogue by its own pragmas: what SQLAlchemy's inspector parses from SQL text, guesses or leaves out."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, text

from ferryman.domain.checks import named_in
from ferryman.domain.schema import Apart, Column, Database, ForeignKey, Table, Trigger
from ferryman.tools.databases.sqlite_types import declared

#: Virtual tables and the shadow tables that hold what is in them.
_VIRTUAL = """
SELECT t.name, t.type, m.sql FROM pragma_table_list AS t LEFT JOIN main.sqlite_schema AS m ON m.name = t.name
WHERE t.schema = 'main' AND t.type IN ('virtual', 'shadow')
"""
_TABLES = "SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
_COLUMNS = """
SELECT t.name, x.name, x.type, x.pk, x.hidden, x.dflt_value FROM pragma_table_list AS t
JOIN pragma_table_xinfo(t.name, 'main') AS x WHERE t.schema = 'main' AND t.type = 'table' ORDER BY t.name, x.cid
"""
#: One row per column of each unique index over whole columns of all rows; `origin` is c, u or pk.
_UNIQUES = """
SELECT t.name, l.seq, l.origin, l.partial, i.name FROM pragma_table_list AS t
JOIN pragma_index_list(t.name, 'main') AS l JOIN pragma_index_info(l.name, 'main') AS i
WHERE t.schema = 'main' AND t.type = 'table' AND l."unique" ORDER BY t.name, l.seq DESC, i.seqno
"""
#: Unique indexes over expressions, or over some of the rows.
_APART = """
SELECT t.name, l.name, m.sql FROM pragma_table_list AS t JOIN pragma_index_list(t.name, 'main') AS l
JOIN main.sqlite_schema AS m ON m.type = 'index' AND m.name = l.name
WHERE t.schema = 'main' AND t.type = 'table' AND l."unique"
AND (l.partial OR -2 IN (SELECT cid FROM pragma_index_info(l.name, 'main'))) ORDER BY t.name, l.name
"""
_REFERENCES = """
SELECT t.name, f.id, f."table", f."from", f."to", f.on_delete FROM pragma_table_list AS t
JOIN pragma_foreign_key_list(t.name, 'main') AS f
WHERE t.schema = 'main' AND t.type = 'table' ORDER BY t.name, f.id DESC, f.seq
"""
_SQL = "SELECT type, name, tbl_name, sql FROM main.sqlite_schema WHERE type IN ('table', 'trigger') ORDER BY rowid"

_TOKEN = re.compile(
    r"""--[^\n]*|/\*.*?(?:\*/|$)|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|\w+|.""", re.DOTALL
)
_MODULE = re.compile(r"\bUSING\s+(\w+)", re.IGNORECASE)
_UPPER = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


def fold(name: str) -> str:
    """A name as SQLite compares it: the 26 letters without case, all others as they are."""
    return name.translate(_UPPER)


@dataclass
class _Facts:
    """What the pragmas say about one table."""

    without_rowid: bool
    types: dict[str, str] = field(default_factory=dict)
    hidden: dict[str, int] = field(default_factory=dict)
    defaults: dict[str, str | None] = field(default_factory=dict)
    key: dict[int, str] = field(default_factory=dict)  #: position in the primary key -> column
    key_index: bool = False  #: the primary key has an index of its own, so it is no alias of the rowid
    uniques: dict[int, list[str | None]] = field(default_factory=lambda: defaultdict(list))
    references: dict[int, list[tuple[str, str, str | None, str]]] = field(default_factory=lambda: defaultdict(list))
    checks: tuple[str, ...] = ()
    check_names: tuple[str, ...] = ()
    triggers: list[Trigger] = field(default_factory=list)
    apart: list[tuple[str, str]] = field(default_factory=list)  #: name and text of an index

    @property
    def primary_key(self) -> tuple[str, ...]:
        return tuple(self.key[position] for position in sorted(self.key))

    @property
    def alias(self) -> str | None:
        """The column that is another name for the rowid, if one is."""
        if self.without_rowid or self.key_index or len(self.key) != 1:
            return None
        name = self.primary_key[0]
        return name if fold(self.types[name]) == "integer" else None


def outside(connection: Connection) -> Mapping[str, str]:
    """See `Dialect.outside`: virtual tables and their shadow tables."""
    found = {}
    for name, kind, sql in connection.exec_driver_sql(_VIRTUAL):
        module = _MODULE.search(sql or "")
        by = f" ({module[1]})" if module else ""
        found[name] = f"a virtual table{by}, such as a search index" if kind == "virtual" else "part of a virtual table"
    return found


def complete(connection: Connection, database: Database) -> Database:
    """See `Dialect.complete`."""
    facts = _facts(connection)
    keys = {name: fact.primary_key for name, fact in facts.items()}
    columns = {name: tuple(fact.types) for name, fact in facts.items()}
    tables = []
    for table in database.tables:
        if fact := facts.get(table.name):
            references = tuple(_foreign_keys(table, fact, keys, columns))
            tables.append(_table(table, fact, references))
        else:
            tables.append(table)
    return Database(dialect=database.dialect, tables=tuple(tables))


def _facts(connection: Connection) -> dict[str, _Facts]:
    facts = {name: _Facts(bool(wr)) for name, wr in connection.exec_driver_sql(_TABLES)}
    for table, name, native, position, hidden, default in connection.exec_driver_sql(_COLUMNS):
        fact = facts[table]
        fact.types[name], fact.hidden[name], fact.defaults[name] = native, hidden, default
        if position:
            fact.key[position] = name
    for table, number, origin, partial, name in connection.exec_driver_sql(_UNIQUES):
        if origin == "pk":
            facts[table].key_index = True
        elif not partial:
            facts[table].uniques[number].append(name)
    for table, index, sql in connection.exec_driver_sql(_APART):
        facts[table].apart.append((index, sql))
    for table, number, *reference in connection.exec_driver_sql(_REFERENCES):
        facts[table].references[number].append(tuple(reference))
    folded = {fold(name): fact for name, fact in facts.items()}  # a trigger's table is kept as somebody wrote it
    for kind, name, table, sql in connection.exec_driver_sql(_SQL):
        fact_of = folded.get(fold(name if kind == "table" else table))
        if fact_of and kind == "table":
            found = tuple(named_checks(sql or ""))
            fact_of.checks = tuple(check for _, check in found)
            fact_of.check_names = tuple(called for called, _ in found)
        elif fact_of:
            fact_of.triggers.append(_trigger(name, sql))
    return facts


def _trigger(name: str, sql: str) -> Trigger:
    """By the words between its name and its body: `[BEFORE | AFTER] INSERT ON t ... BEGIN`."""
    words = [token.upper() for token in _TOKEN.findall(sql) if not token.isspace() and token[:2] not in ("--", "/*")]
    head = words[3:7]
    event = next((word.lower() for word in head if word in ("INSERT", "UPDATE", "DELETE")), "")
    return Trigger(name=name, events=(event,) if event else (), before="BEFORE" in head, body=sql)


def _table(table: Table, fact: _Facts, foreign_keys: tuple[ForeignKey, ...]) -> Table:
    whole = [tuple(name for name in names if name) for names in fact.uniques.values() if None not in names]
    return Table(
        name=table.name,
        columns=tuple(_column(column, fact) for column in table.columns if column.name in fact.types),
        primary_key=fact.primary_key,
        uniques=tuple(dict.fromkeys(names for names in whole if names != fact.primary_key)),
        foreign_keys=foreign_keys,
        checks=fact.checks,
        check_names=fact.check_names,
        triggers=tuple(fact.triggers),
        apart=tuple(_apart(name, sql, table) for name, sql in fact.apart),
        kind=table.kind,
        kind_reason=table.kind_reason,
        rowid=not fact.without_rowid and all(fold(name) != "rowid" for name in fact.types),
        comment=table.comment,
    )


def _apart(name: str, sql: str, table: Table) -> Apart:
    """What follows the table's name in a CREATE INDEX; it is about the columns in its first parentheses."""
    start, depth, on = -1, 0, False
    for token in _TOKEN.finditer(sql):
        on = on or token[0].upper() == "ON"
        if on and token[0] == "(":
            start, depth = start if start >= 0 else token.start(), depth + 1
        elif on and token[0] == ")":
            depth -= 1
            if not depth:
                return Apart(name=name, columns=named_in(sql[start : token.end()], table), rule=sql[start:])
    raise ValueError(f"no index: {sql}")


def _column(column: Column, fact: _Facts) -> Column:
    native = fact.types[column.name]
    meant = declared(native)
    default = fact.defaults[column.name]
    in_key = column.name in fact.key.values()
    return Column(
        name=column.name,
        native=native,
        family=meant.family,
        nullable=column.nullable and not in_key,
        default=None if default is None or default.upper() == "NULL" else default,
        length=meant.length,
        precision=meant.precision,
        scale=meant.scale,
        unsigned=meant.unsigned,
        generated=fact.hidden[column.name] in (2, 3),
        autoincrement=column.name == fact.alias,
        members=meant.members,
        comment=column.comment,
    )


def _foreign_keys(
    table: Table, fact: _Facts, keys: Mapping[str, tuple[str, ...]], columns: Mapping[str, tuple[str, ...]]
) -> Iterator[ForeignKey]:
    """The references whose parent and parent's columns are there; SQLite lets one name what does not exist."""
    tables = {fold(name): name for name in columns}
    names = {key.columns: key.name for key in table.foreign_keys}
    seen = set()
    for parts in fact.references.values():
        parent = tables.get(fold(parts[0][0]))
        if parent is None:
            continue
        own = tuple(part[1] for part in parts)
        there = {fold(name): name for name in columns[parent]}
        told = tuple(there.get(fold(part[2] or "")) for part in parts)
        theirs = keys[parent] if parts[0][2] is None else tuple(name for name in told if name)
        if len(theirs) == len(own) and (own, parent, theirs) not in seen:
            seen.add((own, parent, theirs))
            on_delete = "" if parts[0][3] == "NO ACTION" else parts[0][3]
            yield ForeignKey(
                columns=own, parent=parent, parent_columns=theirs, name=names.get(own, ""), on_delete=on_delete
            )


def counts_for_ever(connection: Connection, table: str) -> bool:
    """Whether a table gives no number twice: AUTOINCREMENT, which only its own text tells."""
    asked = text("SELECT sql FROM main.sqlite_schema WHERE type = 'table' AND name = :name")
    sql = connection.execute(asked, {"name": table}).scalar() or ""
    return any(token.upper() == "AUTOINCREMENT" for token in _TOKEN.findall(sql))


def named_checks(sql: str) -> Iterator[tuple[str, str]]:
    """The name ("" without one) and the condition, as written, of each CHECK constraint in a CREATE TABLE statement."""
    start, depth, before, name = -1, 0, ("", "", ""), ""
    for token in _TOKEN.finditer(sql):
        text = token[0]
        if text.isspace() or text.startswith(("--", "/*")):
            continue
        if text == "(":
            if start < 0 and before[2].upper() == "CHECK":
                start, depth = token.end(), 0
                name = _unquoted(before[1]) if before[0].upper() == "CONSTRAINT" else ""
            depth += 1
        elif text == ")":
            depth -= 1
            if start >= 0 and depth == 0:
                yield name, sql[start : token.start()].strip()
                start = -1
        before = (*before[1:], text)


def _unquoted(name: str) -> str:
    end = {'"': '"', "`": "`", "[": "]", "'": "'"}.get(name[:1])
    return name[1:-1].replace(end * 2, end) if end else name

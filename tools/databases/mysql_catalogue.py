"""MariaDB's and MySQL's catalogue by the information schema: what SQLAlchemy's inspector does not tell."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from sqlalchemy import Connection

from ferryman.domain.checks import named_in
from ferryman.domain.schema import Apart, Column, Database, Family, ForeignKey, Table, Trigger

_HERE = "table_schema = DATABASE()"

_OUTSIDE = f"SELECT table_name, table_type, engine FROM information_schema.tables WHERE {_HERE}"
_COLUMNS = f"""
SELECT table_name, column_name, column_type, data_type, is_nullable, column_default, extra, character_maximum_length,
    numeric_precision, numeric_scale, column_comment, collation_name
FROM information_schema.columns WHERE {_HERE} ORDER BY table_name, ordinal_position
"""
_INDEXES = f"""
SELECT table_name, index_name, column_name, sub_part FROM information_schema.statistics
WHERE {_HERE} AND non_unique = 0 ORDER BY table_name, index_name, seq_in_index
"""
#: Those that are not over whole columns that are written.
_APART = f"""
SELECT s.table_name, s.index_name, s.column_name, s.sub_part, c.generation_expression
FROM information_schema.statistics AS s
JOIN information_schema.columns AS c USING (table_schema, table_name, column_name)
WHERE {_HERE} AND s.non_unique = 0 ORDER BY s.table_name, s.index_name, s.seq_in_index
"""
#: MariaDB shows the rules for deletion only to who may do more than SELECT; those are read off the table's definition.
_REFERENCES = """
SELECT k.table_name, k.constraint_name, k.referenced_table_name, r.delete_rule, k.column_name, k.referenced_column_name
FROM information_schema.key_column_usage AS k LEFT JOIN information_schema.referential_constraints AS r
ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name AND r.table_name = k.table_name
WHERE k.table_schema = DATABASE() AND k.referenced_table_schema = DATABASE()
ORDER BY k.table_name, k.constraint_name, k.ordinal_position
"""
_CHECKS_MARIADB = """
SELECT table_name, check_clause, constraint_name FROM information_schema.check_constraints
WHERE constraint_schema = DATABASE() ORDER BY table_name, constraint_name
"""
_CHECKS_MYSQL = """
SELECT t.table_name, c.check_clause, constraint_name FROM information_schema.check_constraints AS c
JOIN information_schema.table_constraints AS t USING (constraint_schema, constraint_name)
WHERE constraint_schema = DATABASE() ORDER BY t.table_name, constraint_name
"""
_TRIGGERS = """
SELECT event_object_table, trigger_name, event_manipulation, action_timing, action_statement
FROM information_schema.triggers WHERE event_object_schema = DATABASE()
ORDER BY event_object_table, event_manipulation, action_timing, action_order
"""
_COMMENTS = f"SELECT table_name, table_comment FROM information_schema.tables WHERE {_HERE}"
_ESTIMATES = f"""
SELECT table_name, table_rows FROM information_schema.tables
WHERE {_HERE} AND table_type = 'BASE TABLE' AND table_rows IS NOT NULL
"""

_WORDS: dict[Family, str] = {
    Family.INTEGER: "tinyint smallint mediumint int bigint bit year",
    Family.DECIMAL: "decimal numeric",
    Family.FLOAT: "float double real",
    Family.TEXT: "char varchar tinytext text mediumtext longtext set inet4 inet6",
    Family.DATE: "date",
    Family.TIME: "time",
    Family.TIMESTAMP: "datetime timestamp",
    Family.JSON: "json",
    Family.UUID: "uuid",
    Family.BINARY: "binary varbinary tinyblob blob mediumblob longblob",
    Family.ENUM: "enum",
}
_BY_WORD = {word: family for family, words in _WORDS.items() for word in words.split()}
_FLAG = re.compile(r"(tinyint|bit)\(1\)")
_MEMBER = re.compile(r"'((?:[^']|'')*)'")
_JSON = re.compile(r"json_valid\(`([^`]+)`\)", re.IGNORECASE)
_UNBOUNDED = 2**24  #: lengths from here on (long texts) bind nobody
_ON_DELETE = {"NO ACTION": "", "RESTRICT": ""}  #: the same thing there


def outside(connection: Connection) -> Mapping[str, str]:
    """See `Dialect.outside`: sequences, damaged tables, and in a target tables of other engines than InnoDB."""
    read_only = getattr(connection.connection.driver_connection, "guarded", False)  # see mysql_guard
    found = {}
    for name, kind, engine in connection.exec_driver_sql(_OUTSIDE):
        if kind == "SEQUENCE":
            found[name] = "a sequence"
        elif "VIEW" in kind:
            continue
        elif not engine:
            found[name] = "it cannot be opened: it is damaged, or its storage engine is not there"
        elif engine != "InnoDB" and not read_only:
            found[name] = (
                f"its storage engine {engine} keeps no transactions; ALTER TABLE ... ENGINE=InnoDB brings it in"
            )
    return found


def unsteady(connection: Connection) -> Mapping[str, str]:
    """See `Dialect.unsteady`: tables of other engines than InnoDB."""
    found = connection.exec_driver_sql(_OUTSIDE)
    return {name: engine for name, kind, engine in found if kind == "BASE TABLE" and engine not in (None, "InnoDB")}


def complete(connection: Connection, database: Database) -> Database:
    """See `Dialect.complete`."""
    mariadb = "mariadb" in str(connection.exec_driver_sql("SELECT VERSION()").scalar()).lower()
    checks = _by_table(connection, _CHECKS_MARIADB if mariadb else _CHECKS_MYSQL)
    columns, references = _by_table(connection, _COLUMNS), _by_table(connection, _REFERENCES)
    triggers, comments = _by_table(connection, _TRIGGERS), _by_table(connection, _COMMENTS)
    unique_sets, apart = _unique_sets(connection), _by_table(connection, _APART)
    tables = []
    for table in database.tables:
        told = [str(row[0]) for row in checks[table.name]]
        documents = {found[1] for check in told if (found := _JSON.fullmatch(check))}
        sets = unique_sets[table.name]
        tables.append(
            table.model_copy(
                update={
                    "columns": tuple(
                        _column(*facts, documents=documents, mariadb=mariadb) for facts in columns[table.name]
                    ),
                    "primary_key": sets.pop("PRIMARY", ()),
                    "uniques": tuple(dict.fromkeys(sets.values())),
                    "foreign_keys": _foreign_keys(references[table.name], table.foreign_keys),
                    "checks": tuple(told),
                    "check_names": tuple(str(row[1]) for row in checks[table.name]),
                    "triggers": tuple(_trigger(*row) for row in triggers[table.name]),
                    "apart": tuple(_apart(table, apart[table.name])),
                    "comment": comments[table.name][0][0] or "",
                }
            )
        )
    return Database(dialect=database.dialect, tables=tuple(tables))


def estimates(connection: Connection) -> Mapping[str, int]:
    """See `Dialect.estimates`."""
    return {name: int(rows) for name, rows in connection.exec_driver_sql(_ESTIMATES)}


def _by_table(connection: Connection, sql: str) -> dict[str, list[tuple[Any, ...]]]:
    found: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for table, *facts in connection.exec_driver_sql(sql):
        found[table].append(tuple(facts))
    return found


def _trigger(name: str, event: str, timing: str, statement: str | None) -> Trigger:
    """`statement` is NULL for a user without the right TRIGGER."""
    return Trigger(name=name, events=(event.lower(),), before=timing == "BEFORE", body=statement or "")


def _column(*facts: Any, documents: set[str], mariadb: bool) -> Column:
    name, native, word, nullable, default, extra, length, precision, scale, comment, collation = facts
    family = Family.BOOLEAN if _FLAG.match(native) else _BY_WORD.get(word, Family.OTHER)
    if name in documents and family is Family.TEXT:
        family = Family.JSON
    bounded = family in (Family.TEXT, Family.BINARY) and length is not None and length < _UNBOUNDED
    return Column(
        name=name,
        native=native,
        family=family,
        nullable=nullable == "YES",
        default=_default(default, extra, mariadb),
        length=int(length) if bounded else None,
        precision=int(precision) if family is Family.DECIMAL else None,
        scale=int(scale) if family is Family.DECIMAL else None,
        unsigned="unsigned" in native,
        generated="GENERATED" in extra and "DEFAULT_GENERATED" not in extra,
        autoincrement="auto_increment" in extra,
        stamped="on update" in extra.lower(),
        members=tuple(part.replace("''", "'") for part in _MEMBER.findall(native)) if word == "enum" else (),
        comment=comment or "",
        collation=collation or "",
    )


def _default(default: Any, extra: str, mariadb: bool) -> str | None:
    """The default's SQL text: MariaDB gives just that, MySQL a literal's bare value."""
    if default is None or (mariadb and str(default).upper() == "NULL"):
        return None
    text = str(default)
    return text if mariadb or "DEFAULT_GENERATED" in extra else "'" + text.replace("'", "''") + "'"


def _unique_sets(connection: Connection) -> dict[str, dict[str, tuple[str, ...]]]:
    """Unique sets of whole columns by table and index; an index over a prefix or an expression is none."""
    found: dict[str, dict[str, list[str | None]]] = defaultdict(lambda: defaultdict(list))
    for table, index, column, part in connection.exec_driver_sql(_INDEXES):
        found[table][index].append(None if part else column)
    sets: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
    for table, indexes in found.items():
        for index, names in indexes.items():
            if None not in names:
                sets[table][index] = tuple(name for name in names if name)
    return sets


def _apart(table: Table, rows: list[tuple[Any, ...]]) -> Iterator[Apart]:
    for name, parts in groupby(rows, lambda row: row[0]):
        listed = [part for _, *part in parts]
        if any(length or expression for _, length, expression in listed):
            rule = f"UNIQUE ({', '.join(_part(*part) for part in listed)})"
            yield Apart(name=str(name), columns=named_in(rule, table), rule=rule)


def _part(column: str, length: int | None, expression: str | None) -> str:
    """A part of an index as an expression over columns that are written."""
    quoted = f"`{column.replace('`', '``')}`"
    return expression or (f"left({quoted}, {length})" if length else quoted)


def _foreign_keys(rows: list[tuple[Any, ...]], defined: tuple[ForeignKey, ...]) -> tuple[ForeignKey, ...]:
    parts: dict[tuple[str, str, str], list[tuple[str, str]]] = defaultdict(list)
    rules = {key.name: key.on_delete for key in defined}
    for name, parent, on_delete, column, parent_column in rows:
        parts[name, parent, on_delete or rules.get(name, "")].append((column, parent_column))
    return tuple(
        ForeignKey(
            columns=tuple(own for own, _ in pairs),
            parent=parent,
            parent_columns=tuple(theirs for _, theirs in pairs),
            name=name,
            on_delete=_ON_DELETE.get(on_delete, on_delete),
        )
        for (name, parent, on_delete), pairs in parts.items()
    )

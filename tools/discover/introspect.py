"""The live catalogue as a `Database`: SQLAlchemy's inspector, what the dialect adds, and what is left out."""

from __future__ import annotations

import warnings
from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, inspect, types
from sqlalchemy.engine.reflection import Inspector, ObjectKind
from sqlalchemy.exc import CompileError, DBAPIError, SAWarning

from ferryman.domain.schema import Column, Database, Family, ForeignKey, Table, TableKind
from ferryman.tools.databases.dialect import Dialect
from ferryman.tools.discover.framework import kind_of

#: The first that a SQLAlchemy type is an instance of decides; subclasses stand before their parents.
_FAMILIES: tuple[tuple[type[types.TypeEngine[Any]], Family], ...] = (
    (types.Boolean, Family.BOOLEAN),
    (types.Integer, Family.INTEGER),
    (types.Float, Family.FLOAT),
    (types.Numeric, Family.DECIMAL),
    (types.DateTime, Family.TIMESTAMP),
    (types.Date, Family.DATE),
    (types.Time, Family.TIME),
    (types.Uuid, Family.UUID),
    (types.JSON, Family.JSON),
    (types.Enum, Family.ENUM),
    (types.String, Family.TEXT),
    (types.LargeBinary, Family.BINARY),
    (types.BINARY, Family.BINARY),
    (types.VARBINARY, Family.BINARY),
)


def introspect(connection: Connection, dialect: Dialect) -> Database:
    """Every table and view of the connection's default schema, in the order of their names.

    Views and what `Dialect.outside` names come without columns. A foreign key whose parent does not exist is left
    out. Raises FerrymanError when the catalogue cannot be read.
    """
    try:
        outside = dialect.outside(connection)
        inspector = inspect(connection)
        here = inspector.default_schema_name  # said, it is this schema alone; unsaid, PostgreSQL's whole search path
        names = [name for name in inspector.get_table_names(here) if name not in outside]
        bare = Database(dialect=dialect.name, tables=_reflect(inspector, names, connection))
        full = dialect.complete(connection, bare)
        views = inspector.get_view_names(here)
    except DBAPIError as error:
        raise dialect.translate(error, "reading the structure of the database") from error
    tables = [
        *(_judged(_keyed(_resolved(table, full))) for table in full.tables),
        *(Table(name=name, columns=(), kind=TableKind.FRAMEWORK, kind_reason=why) for name, why in outside.items()),
        *(Table(name=name, columns=(), kind=TableKind.VIEW, kind_reason="a view, computed anew") for name in views),
    ]
    return Database(dialect=dialect.name, tables=tuple(sorted(tables, key=lambda table: table.name)))


def estimates(connection: Connection, dialect: Dialect, database: Database) -> dict[str, int]:
    """The rows of the application's tables by the server's own estimate, where it keeps one. They are no part of the
    `Database`: its fingerprint, and whatever is compared with it, knows nothing of rows."""
    try:
        found = dialect.estimates(connection)
    except DBAPIError as error:
        raise dialect.translate(error, "reading how many rows there may be") from error
    return {table.name: found[table.name] for table in database.data_tables if table.name in found}


def _reflect(inspector: Inspector, names: Collection[str], connection: Connection) -> tuple[Table, ...]:
    if not names:
        return ()
    scope: dict[str, Any] = {"filter_names": names, "kind": ObjectKind.TABLE}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)
        columns = inspector.get_multi_columns(**scope)
        keys = inspector.get_multi_pk_constraint(**scope)
        references = inspector.get_multi_foreign_keys(**scope)
        uniques = inspector.get_multi_unique_constraints(**scope)
        checks = inspector.get_multi_check_constraints(**scope)
    return tuple(
        Table(
            name=at[1],
            columns=tuple(_column(found, connection) for found in columns[at]),
            primary_key=tuple(keys[at]["constrained_columns"]) if keys.get(at) else (),
            uniques=tuple(tuple(str(name) for name in found["column_names"]) for found in uniques.get(at, ())),
            foreign_keys=tuple(_foreign_key(found) for found in references.get(at, ())),
            checks=tuple(found["sqltext"] for found in checks.get(at, ())),
        )
        for at in columns
    )


def _keyed(table: Table) -> Table:
    """A table without a primary key is told apart by its first unique set without NULLs, as join tables often are.

    But for one INTEGER: where a primary key that is one names the row's position, this does not.
    """
    chosen = table.key
    if table.primary_key or not chosen or (len(chosen) == 1 and table.column(chosen[0]).family is Family.INTEGER):
        return table
    return table.but(primary_key=chosen, uniques=tuple(names for names in table.uniques if names != chosen))


def _column(found: Any, connection: Connection) -> Column:
    kind = found["type"]
    family = family_of(kind)
    try:
        native = kind.compile(dialect=connection.dialect)
    except CompileError:
        native = ""
    return Column(
        name=found["name"],
        native=native,
        family=family,
        nullable=bool(found["nullable"]),
        default=found.get("default"),
        length=getattr(kind, "length", None),
        precision=kind.precision if family is Family.DECIMAL else None,
        scale=kind.scale if family is Family.DECIMAL else None,
        generated="computed" in found,
        autoincrement=found.get("autoincrement") is True or "identity" in found,
        members=tuple(getattr(kind, "enums", ())) if family is Family.ENUM else (),
        comment=found.get("comment") or "",
    )


def family_of(kind: types.TypeEngine[Any]) -> Family:
    """The family of a type as SQLAlchemy reflects it."""
    return next((family for known, family in _FAMILIES if isinstance(kind, known)), Family.OTHER)


def _foreign_key(found: Any) -> ForeignKey:
    return ForeignKey(
        columns=tuple(found["constrained_columns"]),
        parent=found["referred_table"],
        parent_columns=tuple(found["referred_columns"]),
        name=found.get("name") or "",
        on_delete=(found.get("options") or {}).get("ondelete", ""),
    )


def _resolved(table: Table, database: Database) -> Table:
    """The table with only those foreign keys whose parent, and its columns, are in the database."""
    known = tuple(key for key in table.foreign_keys if _stands(key, database))
    return table if known == table.foreign_keys else table.model_copy(update={"foreign_keys": known})


def _stands(key: ForeignKey, database: Database) -> bool:
    parent = database.by_name.get(key.parent)
    return parent is not None and all(name in parent.by_name for name in key.parent_columns)


def _judged(table: Table) -> Table:
    kind, reason = kind_of(table)
    return table if kind is table.kind else table.model_copy(update={"kind": kind, "kind_reason": reason})

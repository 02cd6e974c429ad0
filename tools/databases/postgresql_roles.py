"""What the role of a PostgreSQL connection may do: too much for a source, too little for a target."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, text

from ferryman.domain.errors import Configuration

_ROLE = """
SELECT current_user, rolsuper, pg_is_in_recovery(), current_schema(),
    current_setting('default_transaction_read_only') = 'on'
FROM pg_catalog.pg_roles WHERE rolname = current_user
"""
#: Tables of the schema, how many of them the role could change, and how many it may read and insert into.
_TABLES = """
SELECT count(*), count(*) FILTER (WHERE has_table_privilege(oid, 'INSERT, UPDATE, DELETE, TRUNCATE')),
    count(*) FILTER (WHERE has_table_privilege(oid, 'SELECT') OR has_any_column_privilege(oid, 'SELECT')),
    count(*) FILTER (WHERE has_table_privilege(oid, 'INSERT') OR has_any_column_privilege(oid, 'INSERT'))
FROM pg_catalog.pg_class
WHERE relkind IN ('r', 'p') AND relnamespace = quote_ident(current_schema())::regnamespace
"""
_RIGHTS = text("""
SELECT t.oid::regclass::text, quote_ident(current_user),
    bool_and(has_column_privilege(t.oid, c.name, 'SELECT')),
    bool_and(has_column_privilege(t.oid, c.name, 'INSERT')),
    bool_and(has_column_privilege(t.oid, c.name, 'UPDATE')),
    bool_and(has_table_privilege(t.oid, 'DELETE'))
FROM to_regclass(quote_ident(current_schema()) || '.' || quote_ident(:table)) AS t (oid),
    unnest(CAST(:columns AS text[])) AS c (name)
GROUP BY t.oid
""")
_PLACE = """
SELECT quote_ident(current_database()), quote_ident(current_user), to_regnamespace('ferryman') IS NOT NULL
"""
_LACKING = """
SELECT has_database_privilege(current_database(), 'TEMPORARY'),
    has_database_privilege(current_database(), 'CREATE') OR to_regnamespace('ferryman') IS NOT NULL
"""
_PROGRAMS = """
SELECT count(*) FROM pg_catalog.pg_roles
WHERE rolname IN ('pg_execute_server_program', 'pg_write_server_files') AND pg_has_role(oid, 'MEMBER')
"""


def check_source(connection: Connection, *, superuser: bool, schema: str) -> None:
    """Raises Configuration for a schema that is not there, a role that reads nothing, and one that may do anything."""
    role, is_super, _, here, _ = connection.exec_driver_sql(_ROLE).one()
    _check_schema(here, schema)
    if is_super and not superuser:
        raise Configuration(
            f"{role} is a superuser of the old database's server: nothing could hold it back there.",
            "Give a role that may only SELECT; if it must be this one, add ?superuser=yes to the URL.",
        )
    tables, _, readable, _ = connection.exec_driver_sql(_TABLES).one()
    if tables and not readable:
        raise Configuration(
            f"{role} may read none of the {tables} tables of the schema {here}.",
            f"GRANT USAGE ON SCHEMA {here} and SELECT ON ALL TABLES IN SCHEMA {here} to it.",
        )


def check_target(connection: Connection, *, schema: str) -> None:
    """Raises Configuration where nothing could be written."""
    role, _, standby, here, read_only = connection.exec_driver_sql(_ROLE).one()
    _check_schema(here, schema)
    if standby or read_only:
        raise Configuration(
            "The new database cannot be written: its server is a replica, or it is set to read only.",
            "Give the primary server; a replica is a good source.",
        )
    tables, _, _, writable = connection.exec_driver_sql(_TABLES).one()
    if tables and not writable:
        raise Configuration(
            f"{role} may insert into none of the {tables} tables of the schema {here} of the new database.",
            _grants(connection, f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {here} TO {role}"),
        )


def grant_to_create(connection: Connection, *, temporary: bool) -> str:
    """See `Dialect.grant_to_create`. The ledger's schema, where a DBA has made it, is granted by itself."""
    database, role, schema = connection.exec_driver_sql(_PLACE).one()
    if temporary:
        return f"GRANT TEMPORARY ON DATABASE {database} TO {role}"
    on = "SCHEMA ferryman" if schema else f"DATABASE {database}"
    return f"GRANT {'USAGE, ' if schema else ''}CREATE ON {on} TO {role}"


def lacks(connection: Connection, table: str, columns: Sequence[str]) -> str:
    """See `Dialect.lacks`."""
    asked = {"table": table, "columns": list(columns)}
    named, role, *may = connection.execute(_RIGHTS, asked).one()
    rights = [right for right, has in zip(("SELECT", "INSERT", "UPDATE", "DELETE"), may, strict=True) if not has]
    return f"GRANT {', '.join(rights)} ON {named} TO {role}" if rights else ""


def cautions(connection: Connection) -> tuple[str, ...]:
    """See `Dialect.cautions`."""
    role, is_super, standby, _, _ = connection.exec_driver_sql(_ROLE).one()
    if standby:
        return ()
    if is_super or connection.exec_driver_sql(_PROGRAMS).scalar():
        return (f"{role} may do anything on the server of the old database. Ferryman only reads; a role that may only "
                "SELECT would make sure of it.",)  # fmt: skip
    tables, changeable, _, _ = connection.exec_driver_sql(_TABLES).one()
    if not changeable:
        return ()
    return (
        f"{role} could change {changeable} of the {tables} tables of the old database. Ferryman only reads; a role "
        "that may only SELECT would make sure of it.",
    )


def _check_schema(here: str | None, wanted: str) -> None:
    if wanted and here != wanted:
        raise Configuration(
            f'There is no schema "{wanted}" in the database, or the role may not use it.',
            "Check ?schema= in the URL, and GRANT USAGE ON SCHEMA ... to the role.",
        )
    if here is None:
        raise Configuration(
            "The role's search path leads to no schema of the database.", "Name one: add ?schema=name to the URL."
        )


def _grants(connection: Connection, first: str) -> str:
    """That GRANT, and those that a run will want besides."""
    lacking = connection.exec_driver_sql(_LACKING).one()
    others = [
        grant_to_create(connection, temporary=t) for t, has in zip((True, False), lacking, strict=True) if not has
    ]
    return "; ".join((first, *others))

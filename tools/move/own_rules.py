"""What a target does by itself about foreign keys, switched off for our session where that needs no right and no DDL.

We look for every parent ourselves: before a batch commits, before anything is undone, and when a table is proved.
"""

from __future__ import annotations

from sqlalchemy import Connection


def references_off(connection: Connection) -> None:
    """SQLite and MySQL neither check nor cascade on this connection; PostgreSQL goes on to. Before any statement."""
    raw = connection.connection.driver_connection
    assert raw is not None
    match connection.dialect.name:
        case "sqlite":
            raw.execute("PRAGMA foreign_keys = OFF")
        case "mysql" | "mariadb":
            with raw.cursor() as cursor:
                cursor.execute("SET SESSION foreign_key_checks = 0")

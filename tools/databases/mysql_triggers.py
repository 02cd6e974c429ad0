"""Triggers of a MariaDB or MySQL table: dropped, and made again from their own text, as the one who made them.

Every statement about them commits by itself. They are dropped from the last on and made again from the first on, so
that whatever a kill leaves is a beginning of their order, and making the others after it gives that order again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, text

from ferryman.tools.databases import mysql_errors
from ferryman.tools.databases.mysql_roles import may, may_here
from ferryman.tools.databases.triggers import Aside, run

_PATIENCE = 3  #: seconds; a table that others are at work in is not waited for

_OF = text("""
SELECT trigger_name FROM information_schema.triggers
WHERE event_object_schema = DATABASE() AND event_object_table = :name
ORDER BY event_manipulation, action_timing, action_order
""")
_THERE = text("SELECT 1 FROM information_schema.triggers WHERE trigger_schema = DATABASE() AND trigger_name = :name")
_TABLE = text("SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = :name")
_OTHERS = text("""
SELECT definer FROM information_schema.triggers
WHERE event_object_schema = DATABASE() AND event_object_table = :name AND definer <> CURRENT_USER()
""")
_ELSEWHERE = text("""
SELECT trigger_name FROM information_schema.triggers
WHERE event_object_schema = DATABASE() AND event_object_table = :name AND database_collation <> @@collation_database
""")
_LOGGED = "SELECT @@log_bin AND NOT @@log_bin_trust_function_creators"
_FOR_OTHERS = ("SUPER", "SET USER", "SET_USER_ID", "SET_ANY_DEFINER")
_SEEING = ("TRIGGER",)
_WHEN_LOGGED = ("SUPER", "BINLOG ADMIN")
_SETTINGS = ("sql_mode", "character_set_client", "collation_connection")


class MySQLTriggers:
    """See `Keeper`."""

    def of(self, connection: Connection, table: str) -> tuple[Aside, ...]:
        return tuple(self._one(connection, table, name) for name in connection.execute(_OF, {"name": table}).scalars())

    def _one(self, connection: Connection, table: str, name: str) -> Aside:
        quoted = "`{}`".format(name.replace("`", "``"))
        found = connection.exec_driver_sql(f"SHOW CREATE TRIGGER {quoted.replace('%', '%%')}").one()
        _, mode, statement, letters, collation, *_ = found
        return Aside(name, f"DROP TRIGGER IF EXISTS {quoted}", statement, table, mode, letters, collation)

    def take_away(self, connection: Connection, trigger: Aside) -> None:
        trigger.back.encode(_python_name(trigger.letters))  # or it could not be said again
        with impatient(connection):
            run(connection, trigger.away)

    def bring_back(self, connection: Connection, trigger: Aside) -> None:
        if connection.execute(_THERE, {"name": trigger.name}).first():
            return
        if not connection.execute(_TABLE, {"name": trigger.table}).first():
            return
        kept = connection.exec_driver_sql("SELECT {}".format(", ".join(f"@@{name}" for name in _SETTINGS))).one()
        _set(connection, (trigger.mode, trigger.letters, trigger.collation))
        try:
            _say(connection, trigger.back.encode(_python_name(trigger.letters)))
        finally:
            _set(connection, tuple(kept))

    def hidden(self, connection: Connection) -> str:
        return "" if may_here(connection, _SEEING) else "a user without the right TRIGGER is shown none"

    def why_not(self, connection: Connection, table: str) -> str:
        if not may_here(connection, _SEEING):
            return "this user has no right to drop and make triggers (TRIGGER)"
        other = connection.execute(_OTHERS, {"name": table}).scalar()
        if other and not may(connection, _FOR_OTHERS):
            return f"they run as {other}, and this user cannot make triggers for others (SET USER)"
        if connection.exec_driver_sql(_LOGGED).scalar() and not may(connection, _WHEN_LOGGED):
            return "the server keeps a binary log, and log_bin_trust_function_creators is off"
        odd = connection.execute(_ELSEWHERE, {"name": table}).scalar()
        return f"{odd} was made when the database had another collation, and could not be made again" if odd else ""


def _python_name(letters: str) -> str:
    from pymysql.charset import charset_by_name

    return str(charset_by_name(letters).encoding)


def _set(connection: Connection, values: tuple[Any, ...]) -> None:
    told = ", ".join(f"{name} = %s" for name in _SETTINGS)
    connection.exec_driver_sql(f"SET {told}", values)


def _say(connection: Connection, statement: bytes) -> None:
    """A statement in the letters that it was written in."""
    import pymysql

    raw: Any = connection.connection.driver_connection
    try:
        raw.query(statement)
    except pymysql.Error as error:
        raise mysql_errors.translate(error, "putting a trigger back") from error


@contextmanager
def impatient(connection: Connection) -> Iterator[None]:
    """Statements about a table's structure wait for a moment only, and raise Transient then."""
    usual = connection.exec_driver_sql("SELECT @@lock_wait_timeout").scalar()
    connection.exec_driver_sql(f"SET lock_wait_timeout = {_PATIENCE}")
    try:
        yield
    finally:
        connection.exec_driver_sql(f"SET lock_wait_timeout = {usual}")

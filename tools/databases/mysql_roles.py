"""What the user of a MariaDB or MySQL connection may do: too much for a source, too little for a target."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from ferryman.domain.errors import Configuration
from ferryman.tools.databases.mysql_errors import TO_WRITE, parts

_GRANT = re.compile(r"GRANT (?P<rights>.+?) ON (?:TABLE )?(?P<where>(?:\*|`(?:[^`]|``)*`)\.\S+) TO ", re.IGNORECASE)
_COLUMNS = re.compile(r"\([^)]*\)")
_CHANGING = frozenset(("INSERT", "UPDATE", "DELETE", "DROP", "ALTER", "CREATE", "ALL PRIVILEGES"))
_DENIED = (1142, 1143)  #: error numbers: to a table, to a column
_MIGHTY = frozenset(("SUPER", "FILE", "ALL PRIVILEGES"))  #: on the whole server


@dataclass(frozen=True)
class _Rights:
    """What was granted on `where`: `*.*`, a database or a table, as the server writes it."""

    where: str
    names: frozenset[str]


def check_source(connection: Connection, *, superuser: bool) -> None:
    """Raises Configuration for a user who may do anything."""
    if not superuser and _mighty(connection):
        raise Configuration(
            f"{_user(connection)} may do anything on the server of the old database: nothing could hold it back there.",
            "Give a user who may only SELECT; if it must be this one, add ?superuser=yes to the URL.",
        )


def check_target(connection: Connection) -> None:
    """Raises Configuration where nothing could be written."""
    if connection.exec_driver_sql("SELECT @@GLOBAL.read_only").scalar() and not _mighty(connection):
        raise Configuration(
            "The new database cannot be written: its server is a replica, or it is set to read only.",
            "Give the primary server; a replica is a good source.",
        )
    rights = [one for one in _granted(connection) if _concerns(one, connection)]
    if rights and not any(one.names & {"INSERT", "ALL PRIVILEGES"} for one in rights):
        raise Configuration(
            f"{_user(connection)} may not insert into the new database.",
            f"GRANT {TO_WRITE} ON `{_here(connection)}`.* TO {_quoted_user(connection)}",
        )


def grant_to_create(connection: Connection, *, temporary: bool) -> str:
    """See `Dialect.grant_to_create`. What is created is dropped again, in the end."""
    rights = "CREATE TEMPORARY TABLES" if temporary else "CREATE, DROP"
    return f"GRANT {rights} ON `{_here(connection)}`.* TO {_quoted_user(connection)}"


def lacks(connection: Connection, table: str, columns: Sequence[str]) -> str:
    """See `Dialect.lacks`. To prepare a statement asks for its rights, and runs nothing."""
    name, *names = (f"`{one.replace('`', '``')}`" for one in (table, *columns))
    statements = {
        "SELECT": f"SELECT {', '.join(names)} FROM {name}",
        "INSERT": f"INSERT INTO {name} ({', '.join(names)}) SELECT {', '.join(['NULL'] * len(names))}",
        "UPDATE": f"UPDATE {name} SET {names[0]} = NULL",
        "DELETE": f"DELETE FROM {name}",
    }
    rights = [right for right, statement in statements.items() if not _prepares(connection, statement)]
    return f"GRANT {', '.join(rights)} ON {name} TO {_quoted_user(connection)}" if rights else ""


def _prepares(connection: Connection, statement: str) -> bool:
    """Whether the user has the rights for a statement."""
    try:
        connection.exec_driver_sql("PREPARE ferryman_asks FROM %s", (statement,))
    except DBAPIError as error:
        if parts(error.orig or error)[0] in _DENIED:
            return False
        raise
    connection.exec_driver_sql("DEALLOCATE PREPARE ferryman_asks")
    return True


def cautions(connection: Connection) -> tuple[str, ...]:
    """See `Dialect.cautions`."""
    if connection.exec_driver_sql("SELECT @@GLOBAL.read_only").scalar():
        return ()
    if any(one.names & _CHANGING for one in _granted(connection) if _concerns(one, connection)):
        return (
            f"{_user(connection)} could change the old database. Ferryman only reads; a user who may only SELECT "
            "would make sure of it.",
        )
    return ()


def may(connection: Connection, rights: Iterable[str]) -> bool:
    """Whether one of these rights was granted on the whole server."""
    asked = {"ALL PRIVILEGES", *rights}
    return any(one.where == "*.*" and one.names & asked for one in _granted(connection))


def may_here(connection: Connection, rights: Iterable[str]) -> bool:
    """Whether one of these rights was granted on the connection's database, or on a table of it."""
    asked = {"ALL PRIVILEGES", *rights}
    return any(one.names & asked for one in _granted(connection) if _concerns(one, connection))


def _mighty(connection: Connection) -> bool:
    return may(connection, _MIGHTY)


def _granted(connection: Connection) -> Iterator[_Rights]:
    for (line,) in connection.exec_driver_sql("SHOW GRANTS"):
        if found := _GRANT.match(line):
            names = (name.strip().upper() for name in _COLUMNS.sub("", found["rights"]).split(","))
            yield _Rights(found["where"], frozenset(names))


def _concerns(rights: _Rights, connection: Connection) -> bool:
    """Whether a grant reaches into the connection's database; its name there may be a pattern."""
    if rights.where.startswith("*."):
        return True
    database = str(connection.exec_driver_sql("SELECT DATABASE()").scalar())
    pattern = rights.where.partition("`.")[0].strip("`").replace("``", "`")
    likely = re.escape(pattern).replace("%", ".*").replace(r"\\_", "\0").replace("_", ".").replace("\0", "_")
    return re.fullmatch(likely, database, re.IGNORECASE) is not None


def _user(connection: Connection) -> str:
    return str(connection.exec_driver_sql("SELECT CURRENT_USER()").scalar())


def _quoted_user(connection: Connection) -> str:
    return "@".join(f"'{part}'" for part in _user(connection).rsplit("@", 1))


def _here(connection: Connection) -> str:
    return str(connection.exec_driver_sql("SELECT DATABASE()").scalar()).replace("`", "``")

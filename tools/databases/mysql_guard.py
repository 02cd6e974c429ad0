"""Connections to MariaDB and MySQL by PyMySQL: a guarded one for the source, one for the target. Needs the driver.

`START TRANSACTION READ ONLY` alone lets CREATE and DROP pass, and SELECT writes files (INTO OUTFILE). So a guarded
connection sends only statements of the kinds that read, nothing with INTO, one at a time, in a session that is read
only; what SQL could loosen (SET) is not sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pymysql
from pymysql.constants import CLIENT

from ferryman.tools.databases import servers

#: One snapshot over all tables from the transaction's first moment on.
BEGIN = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"

#: Zero is kept as a key, backslashes are themselves, what does not fit is an error: the same everywhere.
_MODE = "STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,NO_BACKSLASH_ESCAPES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO"
#: What MySQL does not know, and takes for a comment.
_OF_MARIADB = (
    "/*M!100303 , max_statement_time = 0, idle_transaction_timeout = 0, idle_readonly_transaction_timeout = 0, "
    "idle_write_transaction_timeout = 0, check_constraint_checks = 1 */"
)
_SETTINGS = (
    f"SET SESSION sql_mode = '{_MODE}', time_zone = '+00:00', net_write_timeout = 3600, net_read_timeout = 3600, "
    f"wait_timeout = 28800, sql_select_limit = {2**64 - 1}, max_error_count = 65535, sql_notes = 1, autocommit = 0, "
    f"lock_wait_timeout = {servers.LOCK_PATIENCE}, sql_safe_updates = 0, unique_checks = 1 {_OF_MARIADB}",
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
)
_ALSO = (BEGIN, "SET NAMES utf8mb4")  #: the second is what SQLAlchemy greets every server with
_READING = re.compile(r"[\s(]*(SELECT|WITH|SHOW|DESCRIBE|EXPLAIN|VALUES)\b", re.IGNORECASE)
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`(?:[^`]|``)*`")
_WRITING = re.compile(r"\bINTO\b|/\*|--|#|;", re.IGNORECASE)


class NotReading(pymysql.ProgrammingError):
    """The statement is of no kind that reads."""


if TYPE_CHECKING:
    _Plain = pymysql.Connection[Any]
else:
    _Plain = pymysql.Connection  #: has no parameters when it runs


class GuardedConnection(_Plain):
    """Reads, and nothing else."""

    guarded = False  #: until the session is set up

    def query(self, sql: str | bytes, unbuffered: bool = False) -> int:
        text = sql.decode(errors="surrogateescape") if isinstance(sql, bytes | bytearray) else sql
        if self.guarded and text not in _ALSO:
            bare = _QUOTED.sub("''", text)
            if not _READING.match(bare) or _WRITING.search(bare):
                raise NotReading("the old database is only ever read")
        return super().query(sql, unbuffered)


def connect(arguments: Mapping[str, Any], *, guarded: bool) -> pymysql.Connection[Any]:
    """A connection whose session is set up. Raises pymysql.Error."""
    kind = GuardedConnection if guarded else pymysql.Connection
    flags = CLIENT.FOUND_ROWS | (0 if guarded else CLIENT.LOCAL_FILES)  # the server may ask; see `mysql_load`
    patience = arguments["connect_timeout"]  # for the greeting too, which the driver would wait for without an end
    connection: Any = kind(
        **arguments, read_timeout=patience, charset="utf8mb4", local_infile=False, autocommit=None, client_flag=flags
    )
    connection._read_timeout = None  # a statement may take as long as it takes
    try:
        with connection.cursor() as cursor:
            for statement in (*_SETTINGS, *(["SET SESSION TRANSACTION READ ONLY"] if guarded else [])):
                cursor.execute(statement)
    except pymysql.Error:
        connection.close()
        raise
    if isinstance(connection, GuardedConnection):
        connection.guarded = True
    return connection  # type: ignore[no-any-return]


def quote(name: str) -> str:
    """An identifier in MariaDB's quotes."""
    return "`" + name.replace("`", "``") + "`"

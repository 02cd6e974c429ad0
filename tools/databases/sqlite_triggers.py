"""Triggers of a SQLite table: dropped, and made again from the text that the file keeps of them."""

from __future__ import annotations

from sqlalchemy import Connection, text

from ferryman.tools.databases.triggers import Aside, run

_OF = text(
    "SELECT name, sql FROM main.sqlite_schema WHERE type = 'trigger' AND tbl_name = :name COLLATE NOCASE ORDER BY rowid"
)
_THERE = text("SELECT 1 FROM main.sqlite_schema WHERE type = 'trigger' AND name = :name COLLATE NOCASE")


class SQLiteTriggers:
    """See `Keeper`."""

    def of(self, connection: Connection, table: str) -> tuple[Aside, ...]:
        return tuple(
            Aside(name, away='DROP TRIGGER main."{}"'.format(name.replace('"', '""')), back=sql)
            for name, sql in connection.execute(_OF, {"name": table})
        )

    def take_away(self, connection: Connection, trigger: Aside) -> None:
        run(connection, trigger.away)

    def bring_back(self, connection: Connection, trigger: Aside) -> None:
        if not connection.execute(_THERE, {"name": trigger.name}).first():
            run(connection, trigger.back)

    def hidden(self, connection: Connection) -> str:
        return ""

    def why_not(self, connection: Connection, table: str) -> str:
        return ""

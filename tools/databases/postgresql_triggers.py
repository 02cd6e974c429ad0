"""Triggers of a PostgreSQL table, those of its partitions too: switched off, and on again as they were."""

from __future__ import annotations

from sqlalchemy import Connection, text

from ferryman.tools.databases.triggers import Aside, run

_PATIENCE = "3s"  #: a table that others are at work in is not waited for

_NUMBER = text("SELECT to_regclass(quote_ident(current_schema()) || '.' || quote_ident(:name))::oid::bigint")
_NO_PATH = text("SELECT set_config('search_path', '', true)")
_TREE = "(SELECT CAST(:number AS oid) AS relid UNION SELECT relid::oid FROM pg_partition_tree(CAST(:number AS oid)))"
#: Those that the server made for its own constraints stay, and those that run for a replica alone.
_OF = text(f"""
SELECT t.tgname, quote_ident(t.tgname), t.tgrelid::regclass::text, t.tgenabled FROM pg_trigger AS t
JOIN {_TREE} AS tree ON tree.relid = t.tgrelid WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')
ORDER BY t.tgrelid, t.tgname
""")
_THERE = text("SELECT 1 FROM pg_trigger WHERE tgrelid = to_regclass(:table) AND tgname = :name")
_OWNED = text(f"""
SELECT string_agg(DISTINCT c.relowner::regrole::text, ', ') FROM pg_class AS c
JOIN {_TREE} AS tree ON tree.relid = c.oid WHERE NOT pg_has_role(c.relowner, 'USAGE')
""")
_ENABLED = {"O": "ENABLE TRIGGER", "A": "ENABLE ALWAYS TRIGGER"}


class PostgreSQLTriggers:
    """See `Keeper`."""

    def of(self, connection: Connection, table: str) -> tuple[Aside, ...]:
        """See `Keeper.of`. The transaction has no search path after this."""
        number = connection.execute(_NUMBER, {"name": table}).scalar()
        connection.execute(_NO_PATH)
        return tuple(
            Aside(
                name,
                away=f"ALTER TABLE ONLY {on} DISABLE TRIGGER {quoted}",
                back=f"ALTER TABLE ONLY {on} {_ENABLED[enabled]} {quoted}",
                table=on,
            )
            for name, quoted, on, enabled in connection.execute(_OF, {"number": number})
        )

    def take_away(self, connection: Connection, trigger: Aside) -> None:
        run(connection, f"SET LOCAL lock_timeout = '{_PATIENCE}'")
        run(connection, trigger.away)

    def bring_back(self, connection: Connection, trigger: Aside) -> None:
        if connection.execute(_THERE, {"table": trigger.table, "name": trigger.name}).first():
            run(connection, trigger.back)

    def hidden(self, connection: Connection) -> str:
        return ""

    def why_not(self, connection: Connection, table: str) -> str:
        number = connection.execute(_NUMBER, {"name": table}).scalar()
        owner = connection.execute(_OWNED, {"number": number}).scalar()
        return f"it belongs to {owner}, and only its owner can switch them off" if owner else ""

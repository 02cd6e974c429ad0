"""Whether a target has a ledger, of a form that this version reads."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Table, exists, inspect, select

from ferryman.domain.errors import Refused
from ferryman.tools.move.tables import LedgerTables


def has_ledger(connection: Connection, tables: LedgerTables) -> bool:
    """Raises Refused when there is one of a form that this version cannot read."""
    named = {t.name: t for t in tables.all}
    columns = inspect(connection).get_multi_columns(schema=tables.run.schema, filter_names=list(named))
    found = {name: {column["name"] for column in given} for (_, name), given in columns.items()}
    there = [table for name, table in named.items() if name in found]
    if not there or _unfinished(connection, tables, there):
        return False
    if gone := [t.name for t in tables.all if t not in there]:
        raise Refused(
            f"The ledger in the target is not whole: it has no {', '.join(gone[:3])}.",
            "Put that back from a backup; or, where another version of Ferryman made it, use that version.",
        )
    lacking = list[str]()
    for table in there:
        lacking += [f"{table.name}.{one.name}" for one in table.columns if one.name not in found[table.name]]
    if lacking:
        raise Refused(
            f"The ledger in the target is of another version of Ferryman: it lacks {', '.join(lacking[:3])}.",
            "Use that version, or end its runs with it (`ferryman finish`) and begin anew.",
        )
    return True


def _unfinished(connection: Connection, tables: LedgerTables, there: Sequence[Table]) -> bool:
    """Whether a creation of the ledger was cut short: the last table is not there, and no other holds a row."""
    if tables.run in there:
        return False
    return not any(connection.execute(select(exists().select_from(table))).scalar() for table in there)

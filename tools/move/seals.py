"""Rows of the ledger that change, each under a seal: a digest of its values, looked at before it is read or changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Table, select, update

from ferryman.domain.errors import Corrupt
from ferryman.tools.move.chain import digest_of
from ferryman.tools.move.records import Row

#: Outside of the seal: what any process may write at any moment, or says itself whether it holds.
_LOOSE = ("seal", "stop_requested", "stop_reason")


def sealed(table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a new row, with its seal. Columns that are not named are NULL."""
    return {**values, "seal": _seal(table, {**dict.fromkeys(table.columns.keys()), **values})}


def check_seal(table: Table, row: Row) -> None:
    """Raises Corrupt where a row is not as it was written."""
    if _seal(table, row) != row["seal"]:
        what = f"{row['table_name']} in run" if "table_name" in row else "run"
        raise Corrupt(
            f"The ledger's row of {what} {row['run_id']} is not as it was written.",
            f"Restore the table {table.name} from a backup of the target, made with the rows that it speaks of.",
        )


def held(connection: Connection, table: Table, mine: Mapping[str, Any], *, to_change: bool = True) -> Row | None:
    """One row as it was written, None where there is none; `to_change`: nobody else changes it in the meantime."""
    wanted = select(table).filter_by(**mine)
    row = connection.execute(wanted.with_for_update() if to_change else wanted).mappings().one_or_none()
    if row is not None:
        check_seal(table, row)
    return row


def change(connection: Connection, table: Table, row: Row, values: Mapping[str, Any]) -> None:
    """Write values into a row that is `held`, and seal it anew."""
    mine = {column.name: row[column.name] for column in table.primary_key}
    seal = _seal(table, {**row, **values})
    connection.execute(update(table).filter_by(**mine).values(**values, seal=seal))


def _seal(table: Table, row: Row) -> str:
    kept = (c.name for c in table.columns if c.name not in _LOOSE and not c.name.startswith("lease_"))
    return digest_of(row, kept)

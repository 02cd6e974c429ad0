"""Whether rows of the ledger are missing: a run says how many tables it has, and how many decisions were taken."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from ferryman.domain.approval import Amendment
from ferryman.domain.errors import Corrupt
from ferryman.domain.plan import Plan
from ferryman.tools.move.chain import AMENDED, digest_of
from ferryman.tools.move.reading import amendment_of, plan_of
from ferryman.tools.move.records import Row
from ferryman.tools.move.tables import LedgerTables


def check_tables(connection: Connection, tables: LedgerTables, run: str) -> None:
    """Raises Corrupt where a run has not as many rows in ferryman_table as it says."""
    said = connection.execute(select(tables.run.c.tables).filter_by(run_id=run)).scalar_one()
    there = connection.execute(select(func.count()).select_from(tables.table).filter_by(run_id=run)).scalar_one()
    if said != there:
        raise _incomplete(run, f"{said} tables were written and {there} are there", tables.table.name)


def decided(connection: Connection, tables: LedgerTables, run: Row) -> tuple[tuple[Amendment, Plan], ...]:
    """The decisions of a run, each with the plan that it led to. Raises Corrupt where they are not as written."""
    table, digest, mine = tables.amendment, "", run["run_id"]
    found: list[tuple[Amendment, Plan]] = []
    for row in connection.execute(select(table).filter_by(run_id=mine).order_by(table.c.number)).mappings():
        digest = digest_of(row, AMENDED, digest)
        if digest != row["digest"] or row["number"] != len(found) + 1:
            raise Corrupt(
                f"Amendment {row['number']} of run {mine} is not as it was written, or one before it is missing.",
                _restore(table.name),
            )
        found.append((amendment_of(row), plan_of(row["plan"])))
    if len(found) != run["amendments"]:
        raise _incomplete(mine, f"{run['amendments']} amendments were written and {len(found)} are there", table.name)
    return tuple(found)


def _incomplete(run: str, what: str, table: str) -> Corrupt:
    return Corrupt(f"The ledger of run {run} is not as it was written: {what}.", _restore(table))


def _restore(table: str) -> str:
    return f"Restore the table {table} from a backup of the target, made with the rows that it speaks of."

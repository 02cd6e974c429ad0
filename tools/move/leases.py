"""The statements that take, keep and give back a lease, each in the caller's transaction. `lease.py` decides.

Time is the target server's, which is one for every machine that works on it, however far their own clocks are apart.
Of a file there is no such clock: there it is the caller's.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, text, update

from ferryman.domain.errors import Corrupt, Refused
from ferryman.domain.run import TableState, duration_text
from ferryman.tools.move.lease import LEASE, Holder, Lease, Standing, process_began, standing
from ferryman.tools.move.records import UNDOING, Row
from ferryman.tools.move.tables import LedgerTables

#: The time of a server, in UTC: not that of the transaction's beginning, which may be a long load ago.
_CLOCKS = {"postgresql": "SELECT clock_timestamp()", "mysql": "SELECT utc_timestamp(6)"}
_CLOCKS["mariadb"] = _CLOCKS["mysql"]

_APART = timedelta(seconds=5)  #: by which clocks may differ without a word

_NOBODY: dict[str, Any] = dict.fromkeys(("lease_owner", "lease_until", "lease_host", "lease_pid", "lease_process"))


def refuse_others(connection: Connection, tables: LedgerTables, run: str, me: Holder, now: datetime) -> None:
    """Raises Refused while a live process other than ours works on the run, or any on another run of this target."""
    now = _time(connection, now)
    for lease in leases(connection, tables):
        stands = standing(lease, me, now, process_began(lease.holder.pid))
        if stands is Standing.LIVE or (stands is Standing.OURS and lease.run != run):
            undoing = _undoing(connection, tables, lease.run)
            raise Refused(
                f"Run {lease.run} is {'being undone' if undoing else 'at work'} on this target,"
                f" in {_place(lease, me, now)}.",
                f"{rests(lease.run, undoing)}; then again.",
            )


def rests(run: str, undoing: bool) -> str:
    """What can be done about a run at which a process is at work."""
    wait = "Wait for it: an undoing goes to its end"
    return wait if undoing else f"Wait for it, or stop it with `ferryman pause {run}`"


def _undoing(connection: Connection, tables: LedgerTables, run: str) -> bool:
    table = tables.table
    half = select(table.c.table_name).filter_by(run_id=run, state=TableState.UNDOING.value).limit(1)
    intent = connection.execute(select(tables.run.c.intent).filter_by(run_id=run)).scalar()
    return intent == UNDOING or connection.execute(half).first() is not None


def take(connection: Connection, tables: LedgerTables, run: str, me: Holder, now: datetime) -> None:
    """Write the lease down as ours. Call after `refuse_others`, in the same transaction."""
    values = {
        "lease_owner": me.owner,
        "lease_until": (_time(connection, now) + LEASE).isoformat(),
        "lease_host": me.host,
        "lease_pid": me.pid,
        "lease_process": me.process,
    }
    connection.execute(update(tables.run).filter_by(run_id=run).values(values))


def renew(connection: Connection, tables: LedgerTables, run: str, me: Holder, now: datetime) -> bool:
    """See `Ledger.renew`."""
    table = tables.run
    held = connection.execute(
        update(table)
        .where(table.c.run_id == run, table.c.lease_owner == me.owner)
        .values(lease_until=(_time(connection, now) + LEASE).isoformat())
    )
    if held.rowcount != 1:
        raise Refused(
            f"Run {run} was taken over by another process, so this one commits nothing more.",
            f"`ferryman status {run}` shows where it stands; let the other one finish, or pause it.",
        )
    return bool(connection.execute(select(table.c.stop_requested).where(table.c.run_id == run)).scalar())


def drop(connection: Connection, tables: LedgerTables, run: str, me: Holder) -> None:
    """Give the lease back where it is ours."""
    table = tables.run
    connection.execute(update(table).where(table.c.run_id == run, table.c.lease_owner == me.owner).values(_NOBODY))


def live(connection: Connection, tables: LedgerTables, run: str, me: Holder, now: datetime) -> bool:
    """Whether a process, ours or another, holds the run's lease and is at work."""
    now = _time(connection, now)
    return any(
        lease.run == run and standing(lease, me, now, process_began(lease.holder.pid)) is not Standing.DEAD
        for lease in leases(connection, tables)
    )


def _time(connection: Connection, own: datetime) -> datetime:
    asked = _CLOCKS.get(connection.dialect.name)
    told: datetime = connection.execute(text(asked)).scalar_one() if asked else own
    return told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)


def leases(connection: Connection, tables: LedgerTables) -> tuple[Lease, ...]:
    """Every lease that is written down, dead ones too."""
    table = tables.run
    rows = connection.execute(select(table).where(table.c.lease_owner.is_not(None))).mappings().all()
    return tuple(_lease(row) for row in rows)


def _lease(row: Row) -> Lease:
    holder = Holder(row["lease_owner"], row["lease_host"], row["lease_pid"], row["lease_process"])
    try:
        return Lease(row["run_id"], holder, datetime.fromisoformat(row["lease_until"]))
    except (TypeError, ValueError):
        raise Corrupt(
            f"The lease of run {row['run_id']} ends at {row['lease_until']!r}, which is no time.",
            "If no process is at work on the run, empty lease_owner in its row of ferryman_run, then again.",
        ) from None


def _place(lease: Lease, me: Holder, now: datetime) -> str:
    if lease.holder.owner == me.owner:
        return "this session"
    if lease.holder.host != me.host:
        ahead = lease.until - now - LEASE
        apart = f"; its clock is {duration_text(ahead.total_seconds())} ahead of this one's" if ahead > _APART else ""
        at = f"{lease.until:%Y-%m-%d %H:%M:%S}" if apart else f"{lease.until:%H:%M:%S}"
        return f"a process on another machine (its hold ends at {at} UTC if it died{apart})"
    return "this process" if lease.holder.pid == me.pid else f"process {lease.holder.pid} on this machine"

"""The books of the batches: written in the batch's own transaction, read to go on, checked before anything rests on
them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, Table, and_, bindparam, func, insert, select

from ferryman.domain.run import Accounting, BatchRecord, BatchState, Key, Segment, TableState, batch_ordinal, key_text
from ferryman.tools.move.chain import CHAINED, check_contiguous, digest_of, torn
from ferryman.tools.move.records import Entry, QuarantinedRow, Row, Written
from ferryman.tools.move.seals import change, held
from ferryman.tools.move.tables import LedgerTables, QuarantineState

_COUNTED = tuple(Accounting.model_fields)
_CHUNK = 1_000  #: entries per statement
_READ = 10_000  #: entries that are in memory at a time
_ENTRY = ("run_id", "table_name", "batch", "kind", "source_key", "target_key", "target_key_to", "rows", "before")
_ASIDE = ("source_key", "problem", "cause", "columns", "reason", "row", "at")


def reached(connection: Connection, tables: LedgerTables, run: str) -> dict[str, Key]:
    """By table of a run, the last legacy key that its committed batches cover; tables without one are left out."""
    batch = tables.batch
    committed = (batch.c.run_id == run, batch.c.state == BatchState.COMMITTED)
    last = select(batch.c.table_name, func.max(batch.c.sequence).label("last")).where(*committed)
    ends = last.group_by(batch.c.table_name).subquery()
    same = and_(batch.c.table_name == ends.c.table_name, batch.c.sequence == ends.c.last)
    found = connection.execute(select(batch).select_from(batch.join(ends, same)).where(batch.c.run_id == run))
    records = (record_of(row) for row in found.mappings())
    return {record.table: record.segment.upto for record in records if record.segment.upto is not None}


@dataclass(frozen=True)
class BatchBook:
    """The batches of one table of one run. Every method works in the transaction of the connection it is given."""

    tables: LedgerTables
    run: str
    table: str

    def last(self, connection: Connection) -> BatchRecord | None:
        """The last committed batch, where a copy goes on; None when there is none."""
        batch = self.tables.batch
        found = connection.execute(
            self._mine(select(batch)).where(batch.c.state == BatchState.COMMITTED).order_by(batch.c.sequence.desc())
        )
        row = found.mappings().first()
        found.close()
        return record_of(row) if row else None

    def addition(self, connection: Connection) -> BatchRecord:
        """A batch that covers no keys, for what comes beside the order: "14+1", "14+2" after batch 14, of those that
        were undone too none twice. Its accounting is empty so far."""
        last = self.last(connection)
        ordinal, upto, row = (batch_ordinal(last.number), last.segment.upto, last.last_row) if last else (0, None, 0)
        batch = self.tables.batch
        before = self._mine(select(func.count()).select_from(batch)).where(batch.c.number.like(f"{ordinal}+%"))
        return BatchRecord(
            table=self.table,
            number=f"{ordinal}+{connection.execute(before).scalar_one() + 1}",
            first_row=row + 1,
            last_row=row,
            segment=Segment(after=upto, upto=upto),
            accounting=Accounting(),
            seconds=0.0,
        )

    def committed(self, connection: Connection) -> tuple[BatchRecord, ...]:
        """Every committed batch, in order."""
        batch = self.tables.batch
        wanted = self._mine(select(batch)).where(batch.c.state == BatchState.COMMITTED).order_by(batch.c.sequence)
        return tuple(record_of(row) for row in connection.execute(wanted).mappings())

    def has(self, connection: Connection, record: BatchRecord) -> bool:
        """Whether this very batch is committed, and not another of its number: the seconds tell."""
        batch = self.tables.batch
        mine = self._mine(select(batch)).where(batch.c.number == record.number)
        row = connection.execute(mine.where(batch.c.state == BatchState.COMMITTED)).mappings().first()
        there = record_of(row) if row else None
        return there is not None and there.but(committed_at=record.committed_at) == record

    def write(self, connection: Connection, record: BatchRecord, now: datetime) -> None:
        """Add a batch after the last one, with a digest of what was written for it, and move the table's own row along.

        Raises Corrupt when the table's row is not as it was written.
        """
        place = self._place(connection)
        values = self._values(record, place["batches"] + 1, now)
        written = self._written(connection, record.number).get(record.number, Written())
        values |= {"entries": written.entries, "entry_rows": written.rows}
        digest = digest_of(values, CHAINED, place["digest"], written.digest)
        connection.execute(insert(self.tables.batch).values(digest=digest, **values))
        moved = {
            "batches": place["batches"] + 1,
            "digest": digest,
            "state": TableState.COPYING.value,
            "started_at": place["started_at"] or now.isoformat(),
            "failure": None,
        }
        change(connection, self.tables.table, place, moved)

    def move(self, connection: Connection, **values: Any) -> None:
        """Write values into the table's own row. Raises Corrupt where it is gone, or not as it was written."""
        change(connection, self.tables.table, self._place(connection), values)

    def add_entries(self, connection: Connection, batch: str, entries: Sequence[Entry]) -> None:
        """Write what a batch did to the target's rows."""
        mine = (self.run, self.table, batch)
        rows = [(*mine, e.kind.value, e.source_key, e.target_key, e.target_key_to, e.rows, e.before) for e in entries]
        insert_many(connection, self.tables.row, _ENTRY, rows)

    def add_quarantined(self, connection: Connection, rows: Sequence[QuarantinedRow], now: datetime) -> None:
        """Set rows aside."""
        at = now.isoformat()
        values = [
            {
                "run_id": self.run,
                "table_name": row.table,
                "batch": row.batch,
                "source_key": row.source_key,
                "problem": row.problem.value,
                "cause": row.cause,
                "columns": json.dumps(row.columns),
                "reason": row.reason,
                "row": row.row,
                "state": row.state.value,
                "at": at,
            }
            for row in rows
        ]
        for start in range(0, len(values), _CHUNK):
            connection.execute(insert(self.tables.quarantine), values[start : start + _CHUNK])

    def verify(self, connection: Connection) -> None:
        """Whether the table's batches, their entries and what they set aside are all there and as they were written.
        Raises Corrupt."""
        batch = self.tables.batch
        rows = connection.execute(self._mine(select(batch)).order_by(batch.c.sequence)).mappings().all()
        place = self._place(connection, to_change=False)
        if len(rows) != place["batches"]:
            raise torn(self.table, f"{place['batches']} batches were written and {len(rows)} are there")
        check_contiguous(self.table, rows)
        before = ""
        written = self._written(connection)
        for row in rows:
            here = written.pop(row["number"], Written()) if row["state"] == BatchState.COMMITTED else Written()
            self._check(row, before, here)
            before = row["digest"]
        if before != place["digest"]:
            raise torn(self.table, "its last batch is not the one that was written last")
        known = {row["number"] for row in rows}
        if stray := [number for number, one in written.items() if one.entries or number not in known]:
            raise torn(self.table, f"rows are recorded for batch {min(stray)}, which is not there")
        if place["state"] not in (TableState.UNDOING, TableState.ROLLED_BACK):
            quarantined = sum(row["quarantined"] for row in rows if row["state"] == BatchState.COMMITTED)
            self._check_aside(connection, quarantined)

    def _check_aside(self, connection: Connection, quarantined: int) -> None:
        """Whether as many rows still lie in quarantine as the batches say."""
        aside = self.tables.quarantine
        mine = select(aside.c.state, func.count()).filter_by(run_id=self.run, table_name=self.table)
        counts: dict[str, int] = {row[0]: row[1] for row in connection.execute(mine.group_by(aside.c.state))}
        if unknown := sorted(set(counts) - set(QuarantineState)):
            raise torn(self.table, f"a row in quarantine is said to be {unknown[0]!r}")
        there = sum(counts.get(state.value, 0) for state in (QuarantineState.OPEN, QuarantineState.RELEASED))
        if there < quarantined:
            raise torn(self.table, f"{quarantined} rows are in quarantine by its batches, and {there} are there")

    def _check(self, row: Row, before: str, here: Written) -> None:
        if row["state"] != BatchState.COMMITTED:
            return  # its entries went with its rows; the next digest still covers it
        if (here.entries, here.rows) != (row["entries"], row["entry_rows"]):
            raise torn(self.table, f"batch {row['number']} wrote {row['entries']} entries and {here.entries} are there")
        if digest_of(row, CHAINED, before, here.digest) != row["digest"]:
            raise torn(self.table, f"batch {row['number']}, or what is recorded of its rows, was changed")

    def _written(self, connection: Connection, batch: str | None = None) -> dict[str, Written]:
        """Per batch, or for one, what the ledger holds of its rows."""
        found: dict[str, _Sum] = {}
        for table, columns in ((self.tables.row, _ENTRY[3:]), (self.tables.quarantine, _ASIDE)):
            wanted = select(table.c.batch, *(table.c[name] for name in columns)).order_by(table.c.entry)
            wanted = wanted.filter_by(run_id=self.run, table_name=self.table)
            wanted = wanted.where(table.c.batch == batch) if batch is not None else wanted
            if table is self.tables.quarantine:
                wanted = wanted.where(table.c.state != QuarantineState.ROLLED_BACK.value)
            piecemeal = {"yield_per": _READ} if batch is None else {}
            for number, *values in connection.execute(wanted, execution_options=piecemeal):
                found.setdefault(number, _Sum()).add(values, entry=table is self.tables.row)
        return {number: one.written() for number, one in found.items()}

    def _place(self, connection: Connection, *, to_change: bool = True) -> Row:
        """The table's own row."""
        mine = {"run_id": self.run, "table_name": self.table}
        row = held(connection, self.tables.table, mine, to_change=to_change)
        if row is None:
            raise torn(self.table, "the table's own row is missing")
        return row

    def _values(self, record: BatchRecord, sequence: int, now: datetime) -> dict[str, Any]:
        return {
            "run_id": self.run,
            "table_name": self.table,
            "sequence": sequence,
            "number": record.number,
            "state": BatchState.COMMITTED.value,
            "first_row": record.first_row,
            "last_row": record.last_row,
            "after_key": _key(record.segment.after),
            "upto_key": _key(record.segment.upto),
            "rows": record.segment.rows,
            **{name: getattr(record.accounting, name) for name in _COUNTED},
            "seconds": record.seconds,
            "committed_at": now.isoformat(),
        }

    def _mine(self, statement: Select[Any]) -> Select[Any]:
        batch = self.tables.batch
        return statement.where(batch.c.run_id == self.run, batch.c.table_name == self.table)


class _Sum:
    """What the ledger holds of a batch's rows, added up in the order in which it was written."""

    def __init__(self) -> None:
        self.entries, self.rows, self.whole = 0, 0, hashlib.sha256()

    def add(self, values: Sequence[Any], *, entry: bool) -> None:
        if entry:
            self.entries += 1
            rows = values[_ENTRY.index("rows") - 3]
            self.rows += rows if isinstance(rows, int) else 0
        self.whole.update(json.dumps(values).encode())

    def written(self) -> Written:
        return Written(self.entries, self.rows, self.whole.hexdigest())


def insert_many(connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert plain values (texts, integers, NULLs) without the work that SQLAlchemy has with each of them."""
    if not rows:
        return
    named = insert(table).values({name: bindparam(name) for name in columns}).compile(dialect=connection.dialect)
    order = [columns.index(name) for name in named.positiontup or ()]
    for start in range(0, len(rows), _CHUNK):
        chunk = rows[start : start + _CHUNK]
        if named.positional:
            connection.exec_driver_sql(str(named), [tuple(row[place] for place in order) for row in chunk])
        else:
            connection.exec_driver_sql(str(named), [dict(zip(columns, row, strict=True)) for row in chunk])


def record_of(row: Row) -> BatchRecord:
    """A row of ferryman_batch as its noun."""
    return BatchRecord(
        table=row["table_name"],
        number=row["number"],
        first_row=row["first_row"],
        last_row=row["last_row"],
        segment=Segment(after=key_of(row["after_key"]), upto=key_of(row["upto_key"]), rows=row["rows"]),
        accounting=Accounting(**{name: row[name] for name in _COUNTED}),
        seconds=row["seconds"],
        state=BatchState(row["state"]),
        committed_at=datetime.fromisoformat(row["committed_at"]),
    )


def _key(key: Key | None) -> str | None:
    return None if key is None else key_text(key)


def key_of(text: str | None) -> Key | None:
    """A key from the ledger's text."""
    return None if text is None else tuple(json.loads(text))

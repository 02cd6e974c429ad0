"""The books of the batches: written in the batch's own transaction, read to go on, checked before anything rests on
them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, Table, and_, bindparam, func, insert, select, update

from ferryman.domain.run import Accounting, BatchRecord, BatchState, Key, Segment, TableState, batch_ordinal, key_text
from ferryman.tools.move.chain import CHAINED, check_contiguous, digest_of, ranges_digest, torn
from ferryman.tools.move.records import Entry, QuarantinedRow, Row, Written
from ferryman.tools.move.tables import LedgerTables

_COUNTED = tuple(Accounting.model_fields)
_CHUNK = 1_000  #: entries per statement
_ENTRY = ("run_id", "table_name", "batch", "kind", "source_key", "target_key", "target_key_to", "rows", "before")


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

    def write(self, connection: Connection, record: BatchRecord, written: Written, now: datetime) -> None:
        """Add a batch after the last one and move the table's own row along with it.

        Raises Corrupt when the table is not where the caller believes it is: then somebody else wrote a batch.
        """
        before = self._place(connection)
        values = self._values(record, before[0] + 1, written)
        digest = digest_of(values, CHAINED, before[1], written.digest)
        stamped = values | {"seconds": record.seconds, "committed_at": now.isoformat(), "digest": digest}
        connection.execute(insert(self.tables.batch).values(state=BatchState.COMMITTED.value, **stamped))
        table = self.tables.table
        moved = connection.execute(
            update(table)
            .where(table.c.run_id == self.run, table.c.table_name == self.table, table.c.batches == before[0])
            .values(
                batches=before[0] + 1,
                digest=digest,
                state=TableState.COPYING.value,
                started_at=func.coalesce(table.c.started_at, now.isoformat()),
                failure=None,
            )
        )
        if moved.rowcount != 1:
            raise torn(self.table, "its last batch changed while another was written")

    def add_entries(self, connection: Connection, batch: str, entries: Sequence[Entry]) -> Written:
        """Write what a batch did to the target's rows."""
        mine = (self.run, self.table, batch)
        rows = [(*mine, e.kind.value, e.source_key, e.target_key, e.target_key_to, e.rows, e.before) for e in entries]
        insert_many(connection, self.tables.row, _ENTRY, rows)
        ranges = ranges_digest(entry for entry in entries if entry.target_key_to is not None)
        return Written(len(entries), sum(entry.rows for entry in entries), ranges)

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
        """Whether the table's batches and their entries are all there and as they were written. Raises Corrupt."""
        batch = self.tables.batch
        rows = connection.execute(self._mine(select(batch)).order_by(batch.c.sequence)).mappings().all()
        sequence, digest = self._place(connection)
        if len(rows) != sequence:
            raise torn(self.table, f"{sequence} batches were written and {len(rows)} are there")
        check_contiguous(self.table, rows)
        before = ""
        entries = dict(self._entries(connection))
        for row in rows:
            here = entries.pop(row["number"], Written()) if row["state"] == BatchState.COMMITTED else Written()
            self._check(row, before, here)
            before = row["digest"]
        if before != digest:
            raise torn(self.table, "its last batch is not the one that was written last")
        if entries:
            raise torn(self.table, f"rows are recorded for batch {min(entries)}, which is not there")

    def _check(self, row: Row, before: str, here: Written) -> None:
        if row["state"] != BatchState.COMMITTED:
            return  # its entries went with its rows; the next digest still covers it
        if (here.entries, here.rows) != (row["entries"], row["entry_rows"]):
            raise torn(self.table, f"batch {row['number']} wrote {row['entries']} entries and {here.entries} are there")
        if digest_of(row, CHAINED, before, here.digest) != row["digest"]:
            raise torn(self.table, f"batch {row['number']} was changed")

    def _entries(self, connection: Connection) -> Iterator[tuple[str, Written]]:
        """Per batch, what `ferryman_row` holds of it."""
        row = self.tables.row
        mine = and_(row.c.run_id == self.run, row.c.table_name == self.table)
        counts = select(row.c.batch, func.count(), func.sum(row.c.rows)).where(mine).group_by(row.c.batch)
        ranges: dict[str, list[Entry]] = {}
        for found in connection.execute(
            select(row).where(mine, row.c.target_key_to.is_not(None)).order_by(row.c.entry)
        ):
            ranges.setdefault(found.batch, []).append(
                Entry(found.kind, None, found.target_key, found.target_key_to, found.rows)
            )
        for number, count, rows in connection.execute(counts):
            yield number, Written(count, int(rows), ranges_digest(ranges.get(number, ())))

    def _place(self, connection: Connection) -> tuple[int, str]:
        """How many batches were ever written, and the digest of the last."""
        table = self.tables.table
        found = connection.execute(
            select(table.c.batches, table.c.digest).where(table.c.run_id == self.run, table.c.table_name == self.table)
        ).one_or_none()
        if found is None:
            raise torn(self.table, "the table's own row is missing")
        return int(found.batches), str(found.digest)

    def _values(self, record: BatchRecord, sequence: int, written: Written) -> dict[str, Any]:
        return {
            "run_id": self.run,
            "table_name": self.table,
            "sequence": sequence,
            "number": record.number,
            "first_row": record.first_row,
            "last_row": record.last_row,
            "after_key": _key(record.segment.after),
            "upto_key": _key(record.segment.upto),
            "rows": record.segment.rows,
            **{name: getattr(record.accounting, name) for name in _COUNTED},
            "entries": written.entries,
            "entry_rows": written.rows,
        }

    def _mine(self, statement: Select[Any]) -> Select[Any]:
        batch = self.tables.batch
        return statement.where(batch.c.run_id == self.run, batch.c.table_name == self.table)


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

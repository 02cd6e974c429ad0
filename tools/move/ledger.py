"""The ledger: the truth about every run, kept in the target beside the rows it speaks of.

`Ledger` opens transactions of its own for what concerns a run as a whole. What belongs to a batch is written by
`BatchBook` in the batch's transaction, together with `renew`, so that a process that lost its lease commits nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, union, update

from ferryman.domain.approval import Amendment
from ferryman.domain.errors import Configuration, Corrupt, FerrymanError, Refused, Transient, Usage
from ferryman.domain.plan import Plan
from ferryman.domain.recovery import Failure
from ferryman.domain.run import RunStatus, TableState, batch_ordinal
from ferryman.domain.validation import TableValidation
from ferryman.tools.databases.connect import Target
from ferryman.tools.move import leases, tables
from ferryman.tools.move.batches import BatchBook
from ferryman.tools.move.chain import AMENDED, digest_of
from ferryman.tools.move.clock import SYSTEM, Clock
from ferryman.tools.move.complete import check_tables, decided
from ferryman.tools.move.failpoint import failpoint
from ferryman.tools.move.lease import Holder, this_session
from ferryman.tools.move.line import Line
from ferryman.tools.move.patience import patient
from ferryman.tools.move.presence import has_ledger
from ferryman.tools.move.reading import quarantined_of, run_of, table_of
from ferryman.tools.move.records import WITHDRAWN, Beginning, QuarantinedRow, RunRecord, TableRecord, TableStart
from ferryman.tools.move.seals import change, check_seal, held, sealed
from ferryman.tools.move.tables import LEDGER_VERSION, LedgerTables, QuarantineState, ledger_tables, schema_for
from ferryman.tools.move.turns import insist, turn
from ferryman.tools.move.writing import amendment_values, run_values, table_values

_ENDED = (RunStatus.SUCCESS, RunStatus.SUCCESS_WITH_QUARANTINE, RunStatus.ROLLED_BACK, RunStatus.CANCELLED)
_STOP_PATIENCE = 30.0  #: seconds that a stop request tries to get in


class Ledger:
    """The ledger of one target, as one session sees it. `holder` is who takes leases; by default this process."""

    def __init__(self, target: Target, *, holder: Holder | None = None, clock: Clock = SYSTEM) -> None:
        self.target = target
        self.holder = holder or this_session()
        self.clock = clock
        self.tables: LedgerTables = ledger_tables(schema_for(target.dialect.name))
        self._seen = False  #: the tables are there, and as they should be
        self._asked = ""  #: what was to be committed and is not heard of: a run's id, an amendment's digest
        self._line: Line | None = None  #: what reads of the ledger go over, where they share a connection

    # Reading

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for reads of the ledger, which see one snapshot."""
        line = self._line
        if line is None:
            with self.target.connect("reading the ledger", reading=True) as connection:
                yield connection
        else:
            with self.target.told("reading the ledger"), line.reading() as connection:
                yield connection

    @contextmanager
    def on_one_line(self) -> Iterator[None]:
        """In the block, reads of the ledger go over one connection, one after the other, where it is on a server: there
        the connection takes longer than the read."""
        if self._line or self.target.dialect.name == "sqlite":
            yield
            return
        self._line = line = Line(self.target, self.clock)
        try:
            yield
        finally:
            self._line = None
            line.close()

    # What is there

    @patient
    def exists(self) -> bool:
        """Whether the target has a ledger. Raises Refused when it is of a form that this version cannot read."""
        if not self._seen:
            with self.reading() as connection:
                self._seen = has_ledger(connection, self.tables)
        return self._seen

    def forget(self) -> None:
        """The tables were dropped: look again."""
        self._seen = False

    def ddl(self) -> str:
        """The script by which a DBA can create the ledger."""
        return tables.ddl(self.target.engine.dialect)

    def statements(self) -> tuple[str, ...]:
        """What creates the ledger."""
        return tuple(tables.statements(self.target.engine.dialect))

    @patient
    def create(self) -> None:
        """Create the tables that are not there. Raises Configuration where the right is missing: never elsewhere."""
        try:
            with self._writing() as connection:
                self._create(connection)
                connection.commit()
        except Transient:
            raise
        except FerrymanError as error:
            raise Configuration(
                f"The ledger's tables cannot be created in the target: {error.what}",
                "Grant the right to create tables, or have a DBA run the script of `ferryman ledger ddl`.",
            ) from error

    def _create(self, connection: Connection) -> None:
        for statement in self.statements():
            connection.exec_driver_sql(statement)

    # Runs

    @patient
    def begin(self, beginning: Beginning) -> None:
        """Write a run and its tables, and take its lease. Creates the ledger where there is none.

        Raises Refused when another run holds the target, or this run's id is taken.
        """
        if not self.exists():
            self.create()
        now = self.clock.now()
        with self._writing() as connection:
            leases.refuse_others(connection, self.tables, beginning.run, self.holder, now)
            run = self.tables.run
            if connection.execute(select(run.c.run_id).where(run.c.run_id == beginning.run)).first():
                if self._asked == beginning.run:
                    return
                raise Refused(f"The run {beginning.run} is in the ledger already.", "Resume it, or begin another.")
            connection.execute(insert(run).values(sealed(run, run_values(beginning))))
            for position, start in enumerate(beginning.tables):
                self._insert_table(connection, beginning.run, position, start)
            leases.take(connection, self.tables, beginning.run, self.holder, now)
            self._commit(connection, beginning.run)

    @patient
    def runs(self) -> tuple[RunRecord, ...]:
        """Every run, oldest first; () where there is no ledger."""
        if not self.exists():
            return ()
        with self.reading() as connection:
            run = self.tables.run
            ids = connection.execute(select(run.c.run_id).order_by(run.c.run_started, run.c.run_id)).scalars().all()
            return tuple(self._run(connection, run_id) for run_id in ids)

    @patient
    def lost(self) -> tuple[str, ...]:
        """The runs of which tables are there, and not the run itself: somebody took its row away."""
        if not self.exists():
            return ()
        with self.reading() as connection:
            return self._lost(connection)

    def _lost(self, connection: Connection) -> tuple[str, ...]:
        run, table = self.tables.run, self.tables.table
        asked = select(table.c.run_id).where(table.c.run_id.not_in(select(run.c.run_id))).distinct()
        return tuple(connection.execute(asked.order_by(table.c.run_id)).scalars())

    @patient
    def run(self, run: str) -> RunRecord:
        """One run. Raises Usage when there is none of that id, Refused when another version wrote it, Corrupt when
        what never changes was changed."""
        if not self.exists():
            raise _no_run(run)
        with self.reading() as connection:
            return self._run(connection, run)

    def _run(self, connection: Connection, run_id: str) -> RunRecord:
        run = self.tables.run
        row = connection.execute(select(run).where(run.c.run_id == run_id)).mappings().one_or_none()
        if row is None:
            raise lost_run(run_id) if run_id in self._lost(connection) else _no_run(run_id)
        if row["ledger_version"] != LEDGER_VERSION:
            raise Refused(
                f"Run {run_id} has a ledger of version {row['ledger_version']}, and this is version {LEDGER_VERSION}.",
                "Resume or undo it with the version of Ferryman that began it.",
            )
        check_seal(run, row)
        live = leases.live(connection, self.tables, run_id, self.holder, self.clock.now())
        table = self.tables.table
        begun = select(table.c.table_name).filter_by(run_id=run_id, state=TableState.UNDOING.value)
        half_undone = connection.execute(begun.order_by(table.c.position)).scalars().all()
        return run_of(row, decided(connection, self.tables, row), half_undone, running=live)

    def set_status(self, run: str, status: RunStatus, waiting_for: str = "") -> None:
        """Say what a run is in. An end is stamped with the time."""
        ended = self.clock.now().isoformat() if status in (*_ENDED, RunStatus.FAILED) else None
        self._update_run(run, status=status.value, waiting_for=waiting_for, ended_at=ended)

    def set_deadline(self, run: str, deadline: datetime | None) -> None:
        """When a run pauses by itself; None: never."""
        self._update_run(run, deadline=deadline.isoformat() if deadline else None)

    def set_intent(self, run: str, intent: str) -> None:
        """What forbids a resume: records.UNDOING, WITHDRAWN, or "" for nothing."""
        self._update_run(run, intent=intent)

    # Tables

    def table(self, run: str, table: str) -> TableRecord:
        """One table of a run. Raises KeyError when the run has no such table."""
        return {record.table: record for record in self.tables_of(run)}[table]

    @patient
    def tables_of(self, run: str) -> tuple[TableRecord, ...]:
        """The tables of a run, in the order of its plan."""
        table = self.tables.table
        with self.reading() as connection:
            rows = connection.execute(select(table).where(table.c.run_id == run).order_by(table.c.position)).mappings()
            found = rows.all()
        for row in found:
            check_seal(table, row)
        return tuple(table_of(row) for row in found)

    def set_table(
        self,
        run: str,
        table: str,
        state: TableState | None = None,
        *,
        validation: TableValidation | None = None,
        failure: Failure | None = None,
    ) -> None:
        """Say what a table is in. What is not given stays, but a failure stands only as long as it is given."""
        ended = (TableState.VALIDATED, TableState.FAILED, TableState.ROLLED_BACK)
        values: dict[str, Any] = {"failure": failure.model_dump_json() if failure else None}
        if state is not None:
            values |= {"state": state.value, "ended_at": self.clock.now().isoformat() if state in ended else None}
        if validation is not None:
            values["validation"] = validation.model_dump_json()
        self._update_table(run, table, **values)

    @patient
    def set_batch_size(self, run: str, table: str, size: int) -> None:
        """Cut what is left of a table into batches of another size; their numbers go on after the last one."""
        record = self.table(run, table)
        if size == record.batch_size:
            return
        with self._writing() as connection:
            last = self.book(run, table).last(connection)
            base = batch_ordinal(last.number) if last else 0
            self._set_table(
                connection, run, table, batch_size=size, base_number=base, base_row=last.last_row if last else 0
            )
            connection.commit()

    def set_arrived_since(self, run: str, table: str, rows: int) -> None:
        """How many legacy rows came after the scope was fixed."""
        self._update_table(run, table, arrived_since=rows)

    @patient
    def add_table(self, run: str, start: TableStart) -> None:
        """Take one more table into a run, where it has it not yet: an amendment may call for one."""
        with self._writing() as connection:
            if held(connection, self.tables.table, {"run_id": run, "table_name": start.table}) is None:
                self._append(connection, run, start)
                self._count_tables(connection, run)
                connection.commit()

    def _append(self, connection: Connection, run: str, start: TableStart) -> None:
        table = self.tables.table
        after = select(func.coalesce(func.max(table.c.position) + 1, 0)).where(table.c.run_id == run)
        self._insert_table(connection, run, connection.execute(after).scalar_one(), start)

    def _insert_table(self, connection: Connection, run: str, position: int, start: TableStart) -> None:
        table = self.tables.table
        connection.execute(insert(table).values(sealed(table, table_values(run, position, start))))

    def _count_tables(self, connection: Connection, run: str, **also: int) -> None:
        count = select(func.count()).select_from(self.tables.table).filter_by(run_id=run)
        self._set_run(connection, run, tables=connection.execute(count).scalar_one(), **also)

    def reopen(self, run: str, table: str) -> None:
        """Let a table that was rolled back be copied again in the same run, from its first row."""
        self._update_table(run, table, state=TableState.PENDING.value, base_number=0, base_row=0, ended_at=None)

    def book(self, run: str, table: str) -> BatchBook:
        """The batches of a table."""
        return BatchBook(self.tables, run, table)

    @patient
    def verify(self, run: str) -> None:
        """Whether every batch of a run and what it recorded are there and as they were written. Raises Corrupt."""
        self.run(run)
        tables = self.tables
        with self.reading() as connection:
            check_tables(connection, tables, run)
            named = (
                select(table.c.table_name).filter_by(run_id=run)
                for table in (tables.table, tables.batch, tables.row, tables.quarantine)
            )
            for name in connection.execute(union(*named)).scalars().all():
                self.book(run, name).verify(connection)

    # Amendments

    @patient
    def amend(
        self,
        run: str,
        amendment: Amendment,
        plan: Plan,
        starts: Sequence[TableStart] = (),
        gone: Sequence[str] = (),
    ) -> Amendment:
        """Append a decision; `plan` is the plan as it stands with it. Gives the amendment with its number.

        In the same transaction the tables of `starts` begin anew, come in, or go on with another scope where rows of
        them were moved; those of `gone`, of which none was, leave the run.
        """
        table = self.tables.amendment
        with self._writing() as connection:
            held(connection, self.tables.run, {"run_id": run})  # waits for a try before, that may be at work yet
            last = connection.execute(
                select(table.c.number, table.c.digest).filter_by(run_id=run).order_by(table.c.number.desc())
            ).first()
            numbered = amendment.but(number=last.number + 1 if last else 1)
            if last and last.digest == self._asked:
                return amendment.but(number=last.number)
            values = amendment_values(run, numbered, plan)
            digest = digest_of(values, AMENDED, last.digest if last else "")
            connection.execute(insert(table).values(digest=digest, **values))
            for start in starts:
                self._restart(connection, run, start)
            for name in gone:
                connection.execute(delete(self.tables.table).filter_by(run_id=run, table_name=name, batches=0))
            self._count_tables(connection, run, amendments=numbered.number)
            failpoint("before_amendment_commit")
            self._commit(connection, digest)
        failpoint("after_amendment_commit")
        return numbered

    def _restart(self, connection: Connection, run: str, start: TableStart) -> None:
        table = self.tables.table
        known = connection.execute(select(table).filter_by(run_id=run, table_name=start.table)).mappings().first()
        if known is None:
            self._append(connection, run, start)
            return
        fixed = ("run_id", "table_name", "position", "batches", "digest")
        begun = known["batches"] and known["state"] != TableState.ROLLED_BACK.value
        kept = ("state", "batch_size", "base_number", "base_row", "target_before") if begun else ()
        values = {k: v for k, v in table_values(run, 0, start).items() if k not in (*fixed, *kept)}
        self._set_table(connection, run, start.table, **values, failure=None, validation=None, ended_at=None)

    # Quarantine

    @patient
    def quarantined(
        self, run: str, table: str = "", *, state: QuarantineState | None = None
    ) -> tuple[QuarantinedRow, ...]:
        """The rows that a run set aside, of one table or of all. They hold values: for a person's eyes only."""
        rows = self.tables.quarantine
        wanted = select(rows).filter_by(run_id=run).order_by(rows.c.entry)
        if table:
            wanted = wanted.filter_by(table_name=table)
        if state:
            wanted = wanted.filter_by(state=state.value)
        with self.reading() as connection:
            return tuple(quarantined_of(row) for row in connection.execute(wanted).mappings())

    @patient
    def set_quarantine(self, run: str, entries: tuple[int, ...], state: QuarantineState) -> None:
        """Say what became of quarantined rows."""
        rows = self.tables.quarantine
        with self._writing() as connection:
            for entry in entries:
                connection.execute(update(rows).filter_by(run_id=run, entry=entry).values(state=state.value))
            connection.commit()

    # Lease and stop

    @patient
    def acquire(self, run: str) -> None:
        """Take (or keep) the run's lease. Raises Refused while a live process holds this run or another one here.

        It looks before it writes: who is refused is told by whom, also while that one holds the database's lock.
        """
        self.refuse_others(run)
        with self._writing() as connection:
            leases.refuse_others(connection, self.tables, run, self.holder, self.clock.now())
            leases.take(connection, self.tables, run, self.holder, self.clock.now())
            connection.commit()

    @patient
    def refuse_others(self, run: str) -> None:
        """Raises Refused while a live process other than ours holds this run, or any holds another one here."""
        with self.reading() as connection:
            leases.refuse_others(connection, self.tables, run, self.holder, self.clock.now())

    def renew(self, connection: Connection, run: str) -> bool:
        """Hold the lease longer, in the caller's transaction; gives whether somebody asked the run to stop.

        Raises Refused when the lease is not ours any more: nothing of the transaction may be committed then.
        """
        return leases.renew(connection, self.tables, run, self.holder, self.clock.now())

    @patient
    def release(self, run: str) -> None:
        """Give the lease back. Nothing happens when it is not ours."""
        with self._writing() as connection:
            leases.drop(connection, self.tables, run, self.holder)
            connection.commit()

    def request_stop(self, run: str, reason: str = "") -> None:
        """Ask a run, in whatever process it is, to stop after its running batch."""
        values = {"stop_requested": True, "stop_reason": reason}
        give_up = self.clock.seconds() + _STOP_PATIENCE
        while True:
            try:
                with self.target.connect("asking the run to stop") as connection:
                    insist(connection)
                    self._set_run(connection, run, **values)
                    connection.commit()
                return
            except Transient:
                if self.clock.seconds() > give_up:
                    raise
                self.clock.sleep(0.0005)

    def withdraw(self, run: str, by: str) -> None:
        """Take the run's approval back: it stops after its running batch, and is not resumed any more."""
        self.request_stop(run, f"the approval was withdrawn by {by}")
        self.set_intent(run, WITHDRAWN)

    @patient
    def stop_requested(self, run: str) -> bool:
        """Whether somebody asked the run to stop."""
        with self.reading() as connection:
            return bool(connection.execute(select(self.tables.run.c.stop_requested).filter_by(run_id=run)).scalar())

    def clear_stop(self, run: str) -> None:
        """Forget a stop request; a resume begins with this."""
        self._update_run(run, stop_requested=False, stop_reason="")

    # Plumbing

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with turn(self.target), self.target.connect("writing the ledger") as connection:
            yield connection

    def _commit(self, connection: Connection, asked: str) -> None:
        """Commit what must not be done twice: `asked` is by what a second try knows that it is done."""
        self._asked = asked
        connection.commit()
        self._asked = ""

    @patient
    def _update_run(self, run: str, /, **values: Any) -> None:
        with self._writing() as connection:
            self._set_run(connection, run, **values)
            connection.commit()

    def _set_run(self, connection: Connection, run: str, **values: Any) -> None:
        row = held(connection, self.tables.run, {"run_id": run})
        if row is None:
            raise _no_run(run)
        change(connection, self.tables.run, row, values)

    @patient
    def _update_table(self, run: str, table: str, /, **values: Any) -> None:
        with self._writing() as connection:
            self._set_table(connection, run, table, **values)
            connection.commit()

    def _set_table(self, connection: Connection, run: str, table: str, **values: Any) -> None:
        self.book(run, table).move(connection, **values)


def table_names(dialect: str) -> tuple[str, ...]:
    """The ledger's tables as a dialect names them: with their schema where it has schemas."""
    return tuple(table.fullname for table in ledger_tables(schema_for(dialect)).all)


def lost_run(run: str) -> Corrupt:
    """What is said of a run whose own row is gone."""
    return Corrupt(
        f"The ledger has lost run {run}: what it moved is written there, the run itself is not.",
        "Put its row of ferryman_run back from a backup. Without it nothing of the run can be resumed or undone.",
    )


def _no_run(run: str) -> Usage:
    return Usage(f"There is no run {run} in the target's ledger.", "`ferryman runs` lists the runs that there are.")

"""Rows out of quarantine tried again: those that fit by now come in, and the accounting moves with them.

A parent that a row lacks comes along where the old database has it, as by the strategy of that name: whoever tries the
rows again decides so, and the ledger keeps that. A run that was at its end is at work again meanwhile, so that one that
is killed is finished by `resume`, or by trying again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from pydantic import Field

from ferryman.agents.wording import count
from ferryman.domain.approval import Amendment
from ferryman.domain.errors import Refused
from ferryman.domain.events import DecisionTaken, Event, RowsAdded, RowsTried, RunPaused, Said
from ferryman.domain.mapping import Strategy
from ferryman.domain.model import Frozen
from ferryman.domain.outline import outlines
from ferryman.domain.references import references_of, rings
from ferryman.domain.run import Key, RunStatus, TableState
from ferryman.graph.checks import live_catalogues
from ferryman.graph.context import Context
from ferryman.graph.delegate import Emit
from ferryman.graph.due import Course
from ferryman.graph.facts import Catalogues
from ferryman.graph.outcome import ending
from ferryman.graph.proving import prove
from ferryman.graph.work import compiled, copied_in_order
from ferryman.tools.databases.connect import Source
from ferryman.tools.move.additions import bring, in_chunks, keys_filter, to_be_proved
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.progress import progress
from ferryman.tools.move.records import QuarantinedRow, RunRecord
from ferryman.tools.move.resume import Present, changed, forget_stop
from ferryman.tools.move.second_pass import fill_references, refill_references
from ferryman.tools.move.set_aside import restore
from ferryman.tools.move.supply import lacking, of_keys, supply_parents
from ferryman.tools.move.tables import QuarantineState
from ferryman.tools.move.together import bring_together
from ferryman.tools.move.tries import Stand, Tries
from ferryman.tools.move.work import TableWork
from ferryman.tools.prepare.bonds import bonds
from ferryman.tools.prepare.side_by_side import held

_OVER = (RunStatus.SUCCESS, RunStatus.SUCCESS_WITH_QUARANTINE, RunStatus.FAILED)
_DONE = (TableState.VALIDATED, TableState.FAILED, TableState.ROLLED_BACK)


class Retried(Frozen):
    """One table's rows after another try; without any where only its checks are to be told of."""

    table: str
    came: int  #: rows that are in the target now
    left: int  #: rows that stay in quarantine
    gone: int = 0  #: of these, rows that the old database does not have any more
    along: dict[str, int] = Field(default_factory=dict)  #: rows of other tables that came as parents of these
    validated: bool = True  #: no check of the table or of those that rows came into stands as failed
    checked: bool = True  #: the table is copied to its end, and so it is checked

    def after(self, before: Retried | None) -> Retried:
        """The same with what an earlier try brought."""
        if before is None:
            return self
        along = Counter(before.along) + Counter(self.along)
        return self.but(came=before.came + self.came, along=dict(along))

    @property
    def text(self) -> str:
        """What became of the rows, in a few sentences."""
        told = [
            f"{self.table}: {count(self.came, 'row')} came in,"
            f" {self.left:,} {'stays' if self.left == 1 else 'stay'} set aside."
            if self.came or self.left
            else f"{self.table}: no row of it was set aside."
        ]
        if self.gone:
            which = "it" if self.left == 1 else f"{self.gone:,} of these"
            told.append(f"The old database does not have {which} any more.")
        told += [
            f"{count(rows, 'row')} of {parent} came along, to which they refer." for parent, rows in self.along.items()
        ]
        passed = "All checks pass." if self.checked else "It is checked when the run has copied it to its end."
        told.append(passed if self.validated else "A check did not pass: see `ferryman validate`.")
        return " ".join(told)


def retry(
    context: Context,
    run: str,
    tables: tuple[str, ...] = (),
    emit: Emit = lambda event: None,
    *,
    parents: bool = True,
) -> list[Retried]:
    """Try the rows that a run set aside again, parents before children; of some tables where these are named.

    `parents` says whether rows that they lack may come along. Doing it twice changes nothing, and neither does a stop
    that is asked for meanwhile, after a batch: a run that was at its end is paused then, until it is resumed or the
    rows are tried again. Raises Refused where the run was undone, is bound to other databases or is at work.
    """
    ledger = Ledger(context.target)
    record = ledger.run(run)
    restore(ledger, run, emit)  # of a process that died: the structure is compared
    live = live_catalogues(context)
    _refuse(context, record, live)
    ledger.acquire(run)
    ending = _ends(ledger, record)
    try:
        forget_stop(ledger, record)
        if ending:
            ledger.set_status(run, RunStatus.RUNNING)
        named = [name for name in copied_in_order(record.amended) if not tables or name in tables]
        came, tries = set[str](), Tries.of(record.amended.mapping, live.target)

        def tell(event: Event) -> None:
            if isinstance(event, RowsAdded):
                came.add(event.table)
                tries.come(event.table, event.rows)
            emit(event)

        trial = _Trial(context, ledger, record, live, tell, context.source, tries)
        with held(context.source) as source, ledger.on_one_line():
            found = replace(trial, source=source).tables(named, parents)
        if trial.stopped():
            _halt(ledger, run, came, ending, emit)
        else:
            trial.prove(None if ending else came)
            if ending:
                _conclude(ledger, run)
    finally:
        ledger.release(run)
    states = {one.table: one.state for one in ledger.tables_of(run)}
    failed = {name for name, state in states.items() if state is TableState.FAILED}
    told = [
        one.but(validated=not failed & {one.table, *one.along}, checked=states[one.table] in _DONE) for one in found
    ]
    others = failed - {name for one in found for name in (one.table, *one.along)}
    return told + [Retried(table=name, came=0, left=0, validated=False) for name in sorted(others)]


def _ends(ledger: Ledger, record: RunRecord) -> bool:
    """Whether nothing is left of the run but to try rows again and to prove what they came into."""
    standing = (table.state for table in ledger.tables_of(record.run))
    halted = record.status is RunStatus.PAUSED and all(state in (*_DONE, TableState.COPIED) for state in standing)
    return halted or record.status in (*_OVER, RunStatus.RUNNING)


def _halt(ledger: Ledger, run: str, came: Collection[str], ending: bool, emit: Emit) -> None:
    """Stop as somebody asked; the tables that rows came into are proved when the run goes on."""
    reason = ledger.run(run).stop_reason or "asked to stop"
    goes_on = "trying them again goes on from there"
    proves = f'{goes_on}, and "resume" proves what came in without them' if ending else goes_on
    for name in came:
        to_be_proved(ledger, run, name)
    if ending:
        ledger.set_status(run, RunStatus.PAUSED)
    ledger.clear_stop(run)
    emit(RunPaused(run=run, reason=reason))
    told = f"Stopped, as asked. What came in stays, the rest lies in quarantine still; {proves}."
    emit(Said(topic="notice", text=told))


def _conclude(ledger: Ledger, run: str) -> None:
    """Say how the run ended, where nothing of it is left to do. Tables that were undone alone count for nothing."""
    standing = [table for table in progress(ledger, run) if table.state is not TableState.ROLLED_BACK]
    if all(table.state in _DONE for table in standing):
        quarantined = sum(table.accounting.quarantined for table in standing)
        ledger.set_status(run, ending([table.state for table in standing], quarantined))


def _refuse(context: Context, record: RunRecord, live: Catalogues) -> None:
    present = Present(
        source=context.source.identity,
        target=context.target.identity,
        source_schema=live.source.fingerprint,
        target_schema=live.target.fingerprint,
        outlines=outlines(live.source, live.target),
    )
    if record.status is RunStatus.ROLLED_BACK or record.undoing or record.intent:
        do = f"Finish that first: `{record.finish_undoing}`." if record.undoing else "Plan a new run."
        raise Refused(f"Run {record.run} was undone, or is being undone.", do)
    if different := changed(record, present):
        raise Refused(
            f"The rows of run {record.run} cannot be tried again: {', '.join(different)}.", "Put that back as it was."
        )


@dataclass(frozen=True)
class _Trial:
    """Another try of one run's rows."""

    context: Context
    ledger: Ledger
    record: RunRecord
    live: Catalogues
    emit: Emit
    source: Source
    tries: Tries
    began: dict[str, Stand] = field(default_factory=dict)  #: by table, the stand at which it was tried last

    def tables(self, names: Sequence[str], parents: bool) -> list[Retried]:
        """Some tables; again as long as rows come that theirs may hang on. Then those of a ring that need one
        another."""
        found: dict[str, Retried] = {}
        while True:
            before = self.tries.came
            for name in names:
                if not self.stopped() and (one := self.table(name, parents, found.get(name))):
                    found[name] = one
            if self.stopped() or not any(one.left for one in found.values()):
                return list(found.values())
            if self.tries.came > before:
                continue
            if not (came := self._together(names)):
                return list(found.values())
            found |= {name: found[name].but(came=found[name].came + n, left=found[name].left - n) for name, n in came}

    def _together(self, names: Sequence[str]) -> list[tuple[str, int]]:
        """Bring rows of the tables of a ring that need one another; gives how many came of each, where any did."""
        references = references_of(self.record.amended.mapping, self.live.target)
        parents = {name: [one.parent for one in references if one.child == name] for name in names}
        for ring in rings(names, parents):
            lying = {name: keys for name in ring if (keys := self._lying(name))}
            if len(lying) > 1 and bring_together([self._work(name) for name in lying], lying, emit=self.emit):
                return [(name, len(keys) - len(self._lying(name))) for name, keys in lying.items()]
        return []

    def table(self, name: str, parents: bool, before: Retried | None) -> Retried | None:
        """One table, after what an earlier try brought; None where nothing of it lay in quarantine. Rows without a key
        cannot be found in the old database, and stay."""
        rows = self.ledger.quarantined(self.record.run, name, state=QuarantineState.OPEN)
        lying = _keys_of(rows)
        keyless = len(rows) - len(lying)
        if not lying:
            stay = before or (Retried(table=name, came=0, left=0) if keyless else None)
            return stay and stay.but(left=keyless)
        if before and self.began[name] == self.tries.stand(name):
            return before.but(left=len(lying) + keyless)
        if before is None:
            self.emit(RowsTried(table=name, rows=0, of=len(lying)))
        work, along = self._work(name), Counter[str]()

        def tell(event: Event) -> None:
            if isinstance(event, RowsAdded) and event.table != name:
                along[event.table] += event.rows
            self.emit(event)

        if parents:
            self._parents(work, lying, tell)
        self.began[name] = stand = self.tries.stand(name)
        gone = self._bring(work, lying)
        left = self._lying(name)
        self.tries.note(name, work.compiled.mapping.key, left, stand)
        came = len(lying) - len(left)
        return Retried(table=name, came=came, left=len(left) + keyless, gone=gone, along=dict(along)).after(before)

    def _bring(self, work: TableWork, keys: Sequence[Key]) -> int:
        """Bring what fits; again as long as some come, because others may hang on those. Gives how many rows the old
        database does not have any more."""
        gone = 0
        while keys:
            tried, came, gone = 0, 0, 0
            for some in in_chunks(keys):
                if self.stopped():
                    return gone
                brought = bring(work, keys_filter(work.compiled.mapping.key, some), emit=self.emit, forgiving=True)
                came, tried = came + brought.rows, tried + len(some)
                gone += max(0, len(some) - brought.there)
                self.emit(RowsTried(table=work.table, rows=tried, of=len(keys), came=came))
            again = came and any(bond.to_itself for bond in bonds(work.compiled))
            keys = self._lying(work.table) if again else ()
        return gone

    def _parents(self, work: TableWork, keys: Sequence[Key], tell: Emit) -> None:
        """Bring the parents that rows lack, and write down that somebody decided so."""
        lacks = [(only, tuple(lacking(only))) for only in (of_keys(work, some) for some in in_chunks(keys))]
        causes = Counter[str]()
        for want in (lack.want for _, some in lacks for lack in some):
            causes[want.cause.value if want.cause else ""] += want.rows
        for cause, rows in causes.items():
            if not self._decided(work.table, cause, rows):
                self._amend(work.table, cause, rows)
        for only, some in lacks:
            if not self.stopped():
                supply_parents(only, some, self.tries, emit=tell)

    def _decided(self, table: str, cause: str, rows: int) -> bool:
        """Whether the ledger has this very decision, for as many rows, from an earlier try."""
        wanted = (table, cause, Strategy.MIGRATE_PARENTS, rows)
        return any((one.table, one.cause, one.strategy, one.rows) == wanted for one in self.record.amendments)

    def _amend(self, table: str, cause: str, rows: int) -> None:
        plan = self.record.amended
        amendment = Amendment(
            number=1,
            by=self.context.by,
            at=self.context.clock(),
            table=table,
            cause=cause,
            strategy=Strategy.MIGRATE_PARENTS,
            reason="rows out of quarantine were tried again",
            rows=rows,
            hash_before=plan.hash,
            hash_after=plan.hash,
        )
        kept = self.ledger.amend(self.record.run, amendment, plan)
        self.emit(DecisionTaken(table=table, strategy=kept.strategy, by=kept.by, amendment=kept.number, rows=rows))

    def prove(self, only: Collection[str] | None = None) -> None:
        """Prove every table that rows came into anew, parents first. One that is not complete, or that refers to rows
        which are still to come, is proved when they are there. Of a run that is not at its end only these: another that
        waits for a decision is proved when that is taken."""
        course = Course.of(self.record.amended, self.live.target)
        if only is None:
            self._refill()
        for name in copied_in_order(self.record.amended):
            if only is not None and name not in only:
                continue
            to_be_proved(self.ledger, self.record.run, name)  # one that was killed may not have come to it
            states = {one.table: one.state for one in self.ledger.tables_of(self.record.run)}
            if states.get(name) is not TableState.COPIED or course.waits(name, states):
                continue
            work = self._work(name)
            fill_references(work, (name, *course.late_parents(name)))
            prove(work, self.record.amended, self.emit)

    def _refill(self) -> None:
        """Fill what was left empty for want of parents that came out of quarantine; those tables are proved anew."""
        states = {one.table: one.state for one in self.ledger.tables_of(self.record.run)}
        for name in copied_in_order(self.record.amended):
            if states.get(name) not in (TableState.VALIDATED, TableState.FAILED, TableState.COPIED):
                continue
            for parent, rows in refill_references(self._work(name)).items():
                self.ledger.set_table(self.record.run, name, TableState.COPIED)
                told = f"{count(rows, 'row')} of {name} that had been left without one refer to {parent} again."
                self.emit(Said(topic="notice", text=told))

    def stopped(self) -> bool:
        """Whether somebody asked it to stop, here or in another terminal."""
        return self.context.stop.is_set() or self.ledger.stop_requested(self.record.run)

    def _lying(self, name: str) -> tuple[Key, ...]:
        """The legacy keys of a table's rows that lie in quarantine."""
        return _keys_of(self.ledger.quarantined(self.record.run, name, state=QuarantineState.OPEN))

    def _work(self, name: str) -> TableWork:
        plan = self.record.amended
        table = compiled(plan.mapping, name, self.live, self.record.run_started)
        handling = plan.phase_of(name).handling
        return TableWork(self.source, self.context.target, table, self.ledger, self.record.run, handling)


def _keys_of(rows: Sequence[QuarantinedRow]) -> tuple[Key, ...]:
    """The legacy keys of rows, of those that have one."""
    return tuple(tuple(json.loads(row.source_key)) for row in rows if row.source_key)

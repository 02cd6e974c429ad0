"""Counts: every row that was accounted for as arrived is there, nothing is there twice, and how the totals changed."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, false, func, or_, select

from ferryman.domain.transforms import PreserveLegacyId
from ferryman.domain.validation import CheckKind, CheckResult, CheckStatus
from ferryman.tools.databases.dialect import clause
from ferryman.tools.move.scope import arrived_since
from ferryman.tools.move.tables import RowKind
from ferryman.tools.prepare.bonds import as_one
from ferryman.tools.prove.evidence import Evidence


@dataclass(frozen=True)
class Totals:
    """Rows of one table, as the ledger has them and as they are found now."""

    arrived: int  #: legacy rows whose counterpart the ledger says is in the target: migrated and matched
    created: int  #: target rows that the ledger says this run made
    found: int  #: of these, those that are there
    before: int  #: rows of the target table when the run began
    now: int
    met_lost: int = 0  #: target rows that legacy rows were matched with, and that are gone
    placeholders: int = 0
    stray: int = 0  #: rows that should not have come: of filtered or quarantined legacy rows, or a second time
    since: int = 0  #: legacy rows above the run's scope: the next run's

    @property
    def lost(self) -> int:
        """Rows that should be there and are gone."""
        return self.created - self.found + self.met_lost

    @property
    def of_others(self) -> int:
        """Rows that others added since (negative: removed), beside what this run made."""
        return self.now - self.before + self.met_lost - self.found - self.placeholders - self.stray


def count_match(evidence: Evidence) -> CheckResult:
    """The check. `expected` are the legacy rows that were accounted for as arrived, `actual` those that are there."""
    if not (evidence.told_apart or evidence.alone):
        return judge(_without_keys(evidence))
    with evidence.connect() as connection:
        return judge(_totals(evidence, connection))


def judge(totals: Totals) -> CheckResult:
    """Pure: what the totals mean. Rows that others added or removed are told, and are no fault of ours."""
    told = [
        f"{totals.arrived - totals.lost:,} of {totals.arrived:,} rows are there",
        f"the table held {totals.before:,} before and holds {totals.now:,} now",
    ]
    if totals.stray:
        told.append(f"{_rows(totals.stray)} too many: left out by the plan, or there twice")
    if totals.of_others > 0:
        told.append(f"{_rows(totals.of_others)} came from others since the run began")
    if totals.of_others < 0:
        told.append(f"{_rows(-totals.of_others)} of others are gone since the run began")
    if totals.since:
        told.append(f"{_rows(totals.since)} arrived in the old database since: they are the next run's")
    failed = totals.lost or totals.stray
    return CheckResult(
        kind=CheckKind.COUNT_MATCH,
        status=CheckStatus.FAIL if failed else CheckStatus.PASS,
        expected=totals.arrived,
        actual=totals.arrived - totals.lost + totals.stray,
        since=totals.since,
        text="; ".join(told) + ".",
    )


def _totals(evidence: Evidence, connection: Connection) -> Totals:
    target = clause(evidence.compiled.target)
    made = evidence.made((evidence.compiled.target.columns[0].name,)).subquery()
    found = connection.execute(select(func.count()).select_from(made)).scalar_one()
    now = connection.execute(select(func.count()).select_from(target)).scalar_one()
    placeholders = evidence.count_entries(RowKind.PLACEHOLDER)
    return Totals(
        arrived=evidence.accounting.migrated + evidence.accounting.matched,
        created=evidence.created,
        found=found,
        before=evidence.record.scope.target_before,
        now=now,
        met_lost=_met_lost(evidence, connection),
        placeholders=placeholders,
        stray=_stray(evidence, connection) if now > found + placeholders else 0,
        since=_since(evidence),
    )


def _met_lost(evidence: Evidence, connection: Connection) -> int:
    met = (RowKind.MATCHED, RowKind.UPDATED)
    if not (evidence.accounting.matched and evidence.told_apart):
        return 0
    entry, (rows, is_entry) = evidence.ledger.tables.row, evidence.in_target()
    key = func.count(entry.c.source_key.distinct())  # a row that the second pass changed has an entry more
    noted = select(key).where(evidence.entries(*met))
    there = noted.select_from(entry.join(rows, is_entry))
    return int(connection.execute(noted).scalar_one()) - int(connection.execute(there).scalar_one())


def _without_keys(evidence: Evidence) -> Totals:
    """Where ours cannot be told from others: by the totals alone, others' rows taken for none."""
    with evidence.target.connect("counting rows", reading=True) as connection:
        now = connection.execute(select(func.count()).select_from(clause(evidence.compiled.target))).scalar_one()
    before, created = evidence.record.scope.target_before, evidence.created
    arrived = evidence.accounting.migrated + evidence.accounting.matched
    found = min(created, max(0, now - before))
    return Totals(arrived, created, found, before, now, since=_since(evidence))


def _since(evidence: Evidence) -> int:
    """Legacy rows above the scope, but for those that came along beside the order, which others refer to."""
    along = sum(batch.accounting.source for batch in evidence.batches if "+" in batch.number)
    return max(0, arrived_since(evidence.source, evidence.compiled, evidence.record.scope.upper) - along)


def _stray(evidence: Evidence, connection: Connection) -> int:
    """Target rows that no run made, and that carry the new key or the mark of a legacy row. Only a table that was
    empty before tells: elsewhere such rows may have been there."""
    names = evidence.keys.names
    if not (evidence.alone and evidence.told_apart):
        return 0
    there, rows = clause(evidence.compiled.target).alias(), evidence.legacy()
    made = evidence.made(names, any_run=True)
    carried = [
        as_one([there.c[name] for name in columns]).in_(
            select(*(evidence.compiled.asked(name, rows).sql for name in columns)).select_from(rows)
        )
        for columns in _marks(evidence)
    ]
    wanted = select(func.count()).select_from(there)
    stray = wanted.where(as_one([there.c[name] for name in names]).not_in(made), or_(false(), *carried))
    return int(connection.execute(stray).scalar_one())


def _marks(evidence: Evidence) -> list[tuple[str, ...]]:
    """The target columns that say which legacy row a row is: its new key, and the legacy key kept beside it."""
    kept = [(c.target,) for c in evidence.compiled.mapping.columns if c.uses(PreserveLegacyId)]
    return [*kept, *([evidence.paired] if evidence.paired else [])]


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"

"""Legacy rows that will not come: decisions keep them out, or they lie in quarantine; what hangs on them is an orphan.

Only for references to rows that may come later: all other parents are there by the time they are asked for. Of the
table that is copied, rows are added as batches set them aside: nobody can know beforehand what a database refuses.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, TableClause, func, insert, literal, or_, select

from ferryman.domain.mapping import Strategy
from ferryman.domain.run import Key
from ferryman.tools.databases.dialect import clause
from ferryman.tools.move.bench import Bench
from ferryman.tools.move.tables import QuarantineState
from ferryman.tools.move.variants import pushable
from ferryman.tools.move.work import TableWork
from ferryman.tools.prepare.bonds import among
from ferryman.tools.prepare.mirror import beside
from ferryman.tools.prepare.orphans import Ground, kept_out, those_below
from ferryman.tools.prepare.side_by_side import QUARANTINE, ledger_table, side_by_side
from ferryman.tools.prepare.transform import CompiledTable

_AT_ONCE = 5_000  #: keys in memory at a time


@dataclass(frozen=True)
class KeptOut:
    """What is known of one table's rows that will not come. `foreseen` is a temporary table of their legacy keys."""

    run: str
    compiled: CompiledTable
    foreseen: TableClause | None = None
    lying: bool = True  #: rows in quarantine are among them; not where these are what comes

    def holds(self, rows: FromClause) -> ColumnElement[bool]:
        """Whether a row of the legacy table will not come. True or false, never NULL."""
        if self.foreseen is None:
            return self.lies(rows)
        lies = [self.lies(rows)] if self.lying else []
        return or_(*lies, among(self.compiled.key_columns(rows), select(*self.foreseen.c)))

    def lies(self, rows: FromClause) -> ColumnElement[bool]:
        """Whether it lies in quarantine."""
        aside = clause(QUARANTINE, [column.name for column in ledger_table(QUARANTINE).columns])
        lying = select(aside.c.source_key).where(
            aside.c.run_id == self.run,
            aside.c.table_name == self.compiled.mapping.target,
            aside.c.state == QuarantineState.OPEN.value,
            aside.c.source_key.is_not(None),
        )
        return func.coalesce(self.compiled.source_key(rows).in_(lying), literal(0)) == 1

    def know(self, keys: Iterable[Key], ground: Ground, at: Bench) -> None:
        """Add rows of the table itself that the target refuses. Commits at the bench, as `foresee` does."""
        assert self.foreseen is not None
        names = [column.name for column in self.foreseen.c]
        rows = [dict(zip(names, key, strict=True)) for key in keys]
        at.begin()
        at.connection.execute(insert(self.foreseen).prefix_with("OR IGNORE"), rows)
        self._put(those_below(pushable(self.compiled), ground, self.foreseen), at)
        at.commit()

    def add(self, aside: Select[Any], ground: Ground, at: Bench) -> bool:
        """Add rows of the table itself, by their keys, that a batch sets aside, and what decisions keep out with them;
        gives whether any is new. It goes when the batch is rolled back."""
        assert self.foreseen is not None
        if not self._put(aside, at):
            return False
        self._put(those_below(pushable(self.compiled), ground, self.foreseen), at)
        return True

    def _put(self, keys: Select[Any], at: Bench) -> int:
        assert self.foreseen is not None
        names = [column.name for column in self.foreseen.c]
        adding = insert(self.foreseen).prefix_with("OR IGNORE").from_select(names, keys)
        return int(at.connection.execute(adding).rowcount)


def foresee(work: TableWork, parent: CompiledTable, ground: Ground, at: Bench) -> KeptOut:
    """Look through a table's legacy rows for those that decisions keep out, where there are any. Commits at the bench,
    so that what was found lasts as long as the connection. The table that is copied can be added to in any case."""
    decided = any(policy.strategy is Strategy.QUARANTINE for policy in parent.mapping.policies)
    before = replace(ground, copied=None).beside()
    seen = beside(parent)
    wanted = kept_out(pushable(seen), before) if decided else None
    itself = parent.target.name == work.table
    if wanted is None and not itself:
        return KeptOut(work.run, seen)
    table = _foreseen(parent, at)
    if wanted is not None:
        doing = f"looking for rows of {parent.source.name}"
        with side_by_side(work.source, work.target, doing, [parent]) as connection:
            for some in connection.execute(wanted.distinct()).partitions(_AT_ONCE):
                at.connection.execute(insert(table), [dict(zip(table.c.keys(), row, strict=True)) for row in some])
    at.commit()
    return KeptOut(work.run, seen, table)


def none_of(work: TableWork, coming: CompiledTable, at: Bench) -> KeptOut:
    """Of rows that come together with ours: none stays out so far, and those can be added. Commits at the bench."""
    seen = beside(coming)
    table = _foreseen(seen, at)
    at.commit()
    return KeptOut(work.run, seen, table, lying=False)


def _foreseen(parent: CompiledTable, at: Bench) -> TableClause:
    """An empty temporary table for the keys of rows, where there is none yet, in a transaction that is open then."""
    names = [f"k{n}" for n in range(len(parent.mapping.key))]
    table = clause(f"ferryman_kept_out_{parent.mapping.target}", names, schema="temp")
    quoted, listed = at.connection.dialect.identifier_preparer.quote(table.name), ", ".join(names)
    at.begin()
    at.connection.exec_driver_sql(
        f"CREATE TABLE IF NOT EXISTS temp.{quoted} ({listed}, PRIMARY KEY ({listed})) WITHOUT ROWID"
    )
    return table

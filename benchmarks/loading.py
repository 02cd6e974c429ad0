"""For a child process: the big shop's purchases into a new database, one way or the other, timed alone.

`python -m benchmarks.loading ferryman|by_hand|checks OLD NEW`. `ferryman` times what a run does for the table: its
scope, the ledger's tables and rows, every batch with its checks, the counts at the end. `by_hand` times one statement
and its commit. The customers are there before the clock starts, in both.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from contextlib import closing
from dataclasses import dataclass

from benchmarks.big_shop import MAPPING, RUN_STARTED, by_hand, by_hand_customers
from benchmarks.child import tell
from ferryman.domain.approval import Approval
from ferryman.domain.coordination import Request, RequestType
from ferryman.domain.plan import MigrationStrategy, Plan
from ferryman.domain.validation import CheckKind, CheckStatus
from ferryman.tools.databases.connect import Source, Target, open_source, open_target
from ferryman.tools.discover.introspect import introspect
from ferryman.tools.move.bench import bench
from ferryman.tools.move.copy import copy_table
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.records import Beginning, TableStart
from ferryman.tools.move.scope import fix_scope
from ferryman.tools.move.work import TableWork
from ferryman.tools.prepare.batching import size_for
from ferryman.tools.prepare.side_by_side import raw
from ferryman.tools.prepare.transform import CompiledTable, compile_table
from ferryman.tools.prove.validate import validate_table

PARENTS, CHILDREN = "customers", "purchases"
SETTINGS = ("cache_size", "temp_store", "synchronous", "foreign_keys")


@dataclass(frozen=True)
class Pair:
    """Both databases, opened, and every table's mapping compiled."""

    source: Source
    target: Target
    compiled: dict[str, CompiledTable]

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.target)


def opened(old: str, new: str) -> Pair:
    source, target = open_source(old), open_target(new)
    with source.connect() as connection:
        legacy = introspect(connection, source.dialect)
    with target.connect(reading=True) as connection:
        there = introspect(connection, target.dialect)
    compiled = {
        table.target: compile_table(MAPPING, table.target, legacy, there, run_started=RUN_STARTED)
        for table in MAPPING.copied
    }
    return Pair(source, target, compiled)


def begin(pair: Pair, table: str) -> None:
    """A run of one table, named like it: scope, ledger, lease."""
    compiled = pair.compiled[table]
    scope = fix_scope(pair.source, pair.target, compiled)
    start = TableStart(table=table, source=compiled.source.name, scope=scope, batch_size=size_for(scope.total))
    plan = Plan(
        request=Request(type=RequestType.COMPLETE), strategy=MigrationStrategy.ORDERED, mapping=MAPPING, phases=()
    )
    pair.ledger.begin(
        Beginning(
            run=table,
            plan=plan,
            approval=Approval(token="benchmark", by="benchmark", at=RUN_STARTED),
            source=pair.source.identity,
            target=pair.target.identity,
            source_schema="",
            target_schema="",
            run_started=RUN_STARTED,
            tables=(start,),
        )
    )


def copy(pair: Pair, table: str) -> int:
    """Copy a table whole; gives its batches."""
    begin(pair, table)
    result = copy_table(TableWork(pair.source, pair.target, pair.compiled[table], pair.ledger, table))
    if not result.complete:
        sys.exit(f"{table} was not copied: {result.failure}")
    pair.ledger.release(table)
    return result.batches


def ferryman(old: str, new: str) -> None:
    pair = opened(old, new)
    copy(pair, PARENTS)
    started = time.perf_counter()
    batches = copy(pair, CHILDREN)
    proved = validate_table(
        pair.source, pair.target, pair.ledger, CHILDREN, pair.compiled[CHILDREN], (CheckKind.COUNT_MATCH,)
    )
    seconds = time.perf_counter() - started
    if proved.status is not CheckStatus.PASS:
        sys.exit(f"the counts do not match: {proved.checks}")
    tell(seconds=seconds, batches=batches)


def settings(pair: Pair) -> dict[str, int]:
    """What Ferryman sets on its connection, to be set for the statement by hand too."""
    with bench(pair.source, pair.target, "reading the settings") as connection:
        raw(connection).set_authorizer(None)  # it guards against changes, and some of these settings with them
        return {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in SETTINGS}


def hand(old: str, new: str) -> None:
    pair = opened(old, new)
    same = settings(pair)
    with closing(sqlite3.connect(new, isolation_level=None)) as connection:
        for name, value in same.items():
            connection.execute(f"PRAGMA {name} = {value}")
        connection.execute("ATTACH DATABASE ? AS old", (old,))
        connection.execute(by_hand_customers())
        started = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(by_hand())
        connection.execute("COMMIT")
        seconds = time.perf_counter() - started
    tell(seconds=seconds, **same)


def checks(old: str, new: str) -> None:
    """Every check of the purchases that `ferryman` copied before, each timed alone."""
    pair, seconds = opened(old, new), {}
    for kind in CheckKind:
        started = time.perf_counter()
        proved = validate_table(pair.source, pair.target, pair.ledger, CHILDREN, pair.compiled[CHILDREN], (kind,))
        seconds[kind.value] = time.perf_counter() - started
        if proved.status is not CheckStatus.PASS:
            sys.exit(f"{kind.value} did not pass: {proved.checks}")
    tell(seconds=seconds)


WAYS = {"ferryman": ferryman, "by_hand": hand, "checks": checks}

if __name__ == "__main__":
    WAYS[sys.argv[1]](*(os.path.abspath(path) for path in sys.argv[2:4]))

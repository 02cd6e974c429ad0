"""For a child process: the big shop's purchases into a new database, one way or the other, timed alone.

`python -m benchmarks.loading ferryman|by_hand|as_tuned|hand|checks OLD NEW`. `ferryman` runs a plan by a session and
times what it does for the purchases: binding the approval, the scope of the run and its ledger, every batch with its
checks, the counts at the end (on servers these are timed with the other checks). `by_hand` times one statement and its
commit with SQLite's own settings, `as_tuned` with those that Ferryman sets on its connection, and `hand` what
`server_shop` does on servers, which needs `write_files` in the working folder. The customers are not in the time, in
any.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import ferryman
from benchmarks import server_shop
from benchmarks.big_shop import MAPPING, RUN_STARTED, by_hand, by_hand_customers, plan
from benchmarks.child import tell
from ferryman.domain.conversation import Approve
from ferryman.domain.events import PhaseCompleted, PhaseStarted, RunStarted, TableCopied
from ferryman.domain.run import RunStatus
from ferryman.domain.validation import CheckKind, CheckStatus
from ferryman.session import Session
from ferryman.tools.databases.connect import Source, Target, open_source, open_target
from ferryman.tools.discover.introspect import introspect
from ferryman.tools.move.bench import bench
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.prepare.side_by_side import raw
from ferryman.tools.prepare.transform import CompiledTable, compile_table
from ferryman.tools.prove.validate import validate_table

TABLE, ITS_PHASE = "purchases", 2
SETTINGS = ("cache_size", "temp_store", "synchronous", "foreign_keys")


@dataclass(frozen=True)
class Spent:
    """Seconds by the clock, and of this process's processor time."""

    seconds: float = 0.0
    cpu: float = 0.0

    @classmethod
    def until_now(cls) -> Spent:
        return cls(time.perf_counter(), time.process_time())

    def since(self, before: Spent) -> Spent:
        return Spent(self.seconds - before.seconds, self.cpu - before.cpu)

    def plus(self, more: Spent) -> Spent:
        return Spent(self.seconds + more.seconds, self.cpu + more.cpu)


def by_ferryman(old: str, new: str) -> None:
    with ferryman.open(old, new, folder=Path.cwd(), clock=lambda: RUN_STARTED) as session:
        started = time.perf_counter()
        list(session.take(plan()))
        looked = time.perf_counter() - started
        spent = _timed(session, counted="://" not in new)
        if session.outcome is None or session.outcome.status is not RunStatus.SUCCESS:
            sys.exit(f"the run did not succeed: {session.outcome or session.payload}")
    tell(seconds=spent.seconds, cpu=spent.cpu, preflight=looked)


def _timed(session: Session, *, counted: bool) -> Spent:
    """What was spent from the approval to the run's start, and in the table's own phase: with the count at its end, or
    until the table is copied."""
    spent, watch = Spent(), Spent.until_now()
    for event in session.say(Approve()):
        match event:
            case PhaseStarted(phase=phase) if phase == ITS_PHASE:
                watch = Spent.until_now()
            case RunStarted():
                spent = Spent.until_now().since(watch)
            case TableCopied(table=table) if table == TABLE and not counted:
                spent = spent.plus(Spent.until_now().since(watch))
            case PhaseCompleted(phase=phase) if phase == ITS_PHASE and counted:
                spent = spent.plus(Spent.until_now().since(watch))
    return spent


def settings(old: str, new: str) -> dict[str, int]:
    """What Ferryman sets on its connection, to be set for the statement by hand too."""
    source, target = open_source(old), open_target(new)
    with bench(source, target, "reading the settings", compiled_for(source, target)) as views:
        connection = views.view
        raw(connection).set_authorizer(None)  # it guards against changes, and some of these settings with them
        return {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in SETTINGS}


def compiled_for(source: Source, target: Target) -> CompiledTable:
    """The table that is loaded."""
    with source.connect() as connection:
        legacy = introspect(connection, source.dialect)
    with target.connect(reading=True) as connection:
        there = introspect(connection, target.dialect)
    return compile_table(MAPPING, TABLE, legacy, there, run_started=RUN_STARTED)


def by_statement(old: str, new: str) -> None:
    one_statement(old, new, {})


def as_tuned(old: str, new: str) -> None:
    one_statement(old, new, settings(old, new))


def one_statement(old: str, new: str, settings: Mapping[str, int]) -> None:
    with closing(sqlite3.connect(new, isolation_level=None)) as connection:
        for name, value in settings.items():
            connection.execute(f"PRAGMA {name} = {value}")
        connection.execute("ATTACH DATABASE ? AS old", (old,))
        connection.execute(by_hand_customers())
        watch = Spent.until_now()
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(by_hand())
        connection.execute("COMMIT")
        spent = Spent.until_now().since(watch)
    tell(seconds=spent.seconds, cpu=spent.cpu, **settings)


def on_servers(old: str, new: str) -> None:
    if new.startswith("postgresql"):
        server_shop.pipe_customers(old, new)
        watch = Spent.until_now()
        server_shop.pipe_purchases(old, new)
    else:
        server_shop.load_file(new, "customers", Path.cwd() / "customers.tsv")
        watch = Spent.until_now()
        server_shop.load_file(new, "purchases", Path.cwd() / "purchases.tsv")
    spent = Spent.until_now().since(watch)
    tell(seconds=spent.seconds, cpu=spent.cpu)


def checks(old: str, new: str) -> None:
    """Every check of the table that `ferryman` copied before, each timed alone."""
    source, target = open_source(old), open_target(new)
    compiled = compiled_for(source, target)
    ledger, seconds = Ledger(target), {}
    run = ledger.runs()[0].run
    for kind in CheckKind:
        started = time.perf_counter()
        proved = validate_table(source, target, ledger, run, compiled, (kind,))
        seconds[kind.value] = time.perf_counter() - started
        if proved.status is not CheckStatus.PASS:
            sys.exit(f"{kind.value} did not pass: {proved.checks}")
    tell(seconds=seconds)


WAYS = {
    "ferryman": by_ferryman,
    "by_hand": by_statement,
    "as_tuned": as_tuned,
    "hand": on_servers,
    "checks": checks,
}

if __name__ == "__main__":
    WAYS[sys.argv[1]](*(one if "://" in one else os.path.abspath(one) for one in sys.argv[2:4]))

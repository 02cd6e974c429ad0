"""One migration that is disturbed, and what must hold after every disturbance."""

from __future__ import annotations

import json
import random
import shutil
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.proofs import shop
from benchmarks.proofs.engines import Engine, connected
from benchmarks.proofs.victim import Log, Victim, begin, call
from ferryman.domain.errors import FerrymanError
from ferryman.domain.run import RunStatus
from ferryman.graph.standing import OVER
from ferryman.tools.databases.connect import open_target
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.progress import progress

_UNDONE = (RunStatus.ROLLED_BACK, RunStatus.CANCELLED)


@dataclass(frozen=True)
class Wish:
    """How large a proof is to be."""

    engine: Engine
    folder: Path
    rows: int  #: of all tables together
    kills: int
    batch: int
    seed: int
    fork: bool  #: whether processes are forked from this one, instead of started afresh


@dataclass
class Proof:
    """What was found: figures, and every breach of a promise."""

    name: str
    kills: int = 0
    figures: dict[str, str] = field(default_factory=dict)
    breaches: list[str] = field(default_factory=list)

    def must(self, holds: bool, what: str) -> None:
        """Note a breach where something does not hold."""
        if not holds:
            self.breaches.append(what)


@dataclass
class Trial:
    """A pair of databases and the plan between them, in a folder of its own."""

    wish: Wish
    folder: Path
    source: str
    target: str
    size: shop.Size
    token: str = ""
    log: Log = field(init=False)
    told: Counter[tuple[str, str]] = field(default_factory=Counter)  #: (table, batch) that a process told of
    heard: int = 0  #: of these, before the last kill
    committed: int = 0  #: batches in the ledger at the last kill
    place: str = "starting"  #: where the process is, as its log tells

    def __post_init__(self) -> None:
        self.log = Log(self.folder)

    @property
    def where(self) -> tuple[str, ...]:
        return "--source", self.source, "--target", self.target

    def approve(self) -> None:
        """Ask for the plan's approval, as an engineer does."""
        asked = call(self.folder, "run", "--plan", "plan.yaml", *self.where, "--json", fork=self.wish.fork)
        assert asked.code == 5, asked.said
        self.token = json.loads(asked.output.read_text())["approval"]

    def start(self, failpoint: str = "") -> Victim:
        """`ferryman run`, or `ferryman resume` where a run is in the ledger."""
        run = self.run
        words = ("resume", run, *self.where) if run else ("run", "--plan", "plan.yaml", "--approve", self.token)
        more = () if run else self.where
        return begin(self.folder, *words, *more, "--json", fork=self.wish.fork, failpoint=failpoint)

    def retry(self, failpoint: str = "") -> Victim:
        """`ferryman quarantine retry`."""
        words = ("quarantine", "retry", self.run, *self.where, "--json")
        return begin(self.folder, *words, fork=self.wish.fork, failpoint=failpoint)

    def undo(self, failpoint: str = "") -> Victim:
        """`ferryman rollback`."""
        words = ("rollback", self.run, "--target", self.target, "--yes", "--json")
        return begin(self.folder, *words, fork=self.wish.fork, failpoint=failpoint)

    @property
    def run(self) -> str:
        """The run in the ledger that was not undone; "" where there is none."""
        target = open_target(self.target)
        try:
            return next((run.run for run in reversed(Ledger(target).runs()) if run.status not in _UNDONE), "")
        finally:
            target.dispose()

    @property
    def status(self) -> RunStatus:
        """How the run of the ledger stands."""
        target = open_target(self.target)
        try:
            return Ledger(target).run(self.run).status
        finally:
            target.dispose()

    @property
    def over(self) -> bool:
        """Whether the run is in the ledger, not undone, and at its end."""
        target = open_target(self.target)
        try:
            return any(run.status in OVER and run.status not in _UNDONE for run in Ledger(target).runs())
        finally:
            target.dispose()

    def renew(self) -> None:
        """A new target, as it was at the beginning; the source stays. The approval is of that target."""
        self.target = shop.build_new(self.wish.engine, self.folder)
        self.approve()
        self.forget()
        self.told.clear()
        self.heard = self.committed = 0

    def forget(self) -> None:
        """Take `.ferryman/` away: the checkpoint, and everything else that is no ledger."""
        shutil.rmtree(self.folder / ".ferryman", ignore_errors=True)
        self.log.forget()

    def listen(self) -> None:
        """Take in what the log tells since the last time."""
        for line in self.log.new():
            event = json.loads(line)
            match event["event"]:
                case "run_started":
                    self.place = "copying"
                case "batch_completed":
                    self.told[event["table"], event["batch"]] += 1
                case "table_copied":
                    self.place = "validating"
                case "table_prepared":
                    self.place = "copying"
                case "run_finished":
                    self.place = "ending"

    def until_it_moves(self, victim: Victim) -> None:
        """Wait until the process has the run in its hands, or is over."""
        while self.place == "starting" and not victim.ended():
            self.listen()
            time.sleep(0.001)

    def check(self, proof: Proof, when: str) -> int:
        """What must hold after a kill: the books agree with the rows; gives the batches that are committed."""
        self.wish.engine.settle(self.target)
        if not (run := self.run):
            with connected(self.target) as connection:
                rows = sum(shop.made(connection, table) for table in shop.TABLES)
            proof.must(rows == 0, f"{when}: {rows} rows without a run in the ledger")
            return 0
        target = open_target(self.target)
        try:
            ledger = Ledger(target)
            ledger.verify(run)
            proof.must(not ledger.run(run).running, f"{when}: the lease of a killed process still holds")
            tables = progress(ledger, run)
        except FerrymanError as error:
            proof.breaches.append(f"{when}: {error.what}")
            return 0
        finally:
            target.dispose()
        with connected(self.target) as connection:
            for table in tables:
                there = shop.made(connection, table.table)
                said = table.accounting.migrated
                proof.must(there == said, f"{when}: {table.table} has {there} rows, and the ledger says {said}")
        return sum(table.batches for table in tables)

    def check_work(self, proof: Proof, when: str, committed: int) -> None:
        """Of what a life committed, at most the last batch was not told of; nothing was told twice or too early."""
        silent = committed - self.committed - (self.told.total() - self.heard)
        proof.must(silent in (0, 1), f"{when}: {silent} batches are committed and no process told of them")
        twice = [key for key, times in self.told.items() if times > 1]
        proof.must(not twice, f"{when}: batches were done twice: {twice[:3]}")
        self.committed, self.heard = committed, self.told.total()

    def check_end(self, proof: Proof, when: str) -> shop.Arrived:
        """Everything arrived once, and as it should be."""
        status = self.status
        proof.must(status is RunStatus.SUCCESS, f"{when}: it ended as {status.value}")
        with connected(self.target) as connection:
            found = shop.arrived(connection, self.size)
            canaries = shop.canaries(connection, "before")
        text = f"{found.lost} rows lost, {found.doubled} doubled, {found.different} different"
        proof.must(found.whole, f"{when}: {text}")
        proof.must(canaries == 4, f"{when}: {4 - canaries} rows of others are gone")
        return found


def set_up(wish: Wish, name: str, *, lost: bool = False) -> Trial:
    """A full old database, a new one, a plan and its approval; `lost`: a plan for when customers are gone."""
    folder = wish.folder / name
    folder.mkdir(parents=True)
    size = shop.Size(wish.rows)
    source = shop.build_old(wish.engine, folder, size)
    shop.write_plan(folder, size, wish.batch, lost=lost)
    trial = Trial(wish, folder, source, "", size)
    trial.renew()
    return trial


def dice(wish: Wish, name: str) -> random.Random:
    """Seeded by the wish and the proof's name: the same kill moments each time, in seconds."""
    return random.Random(f"{wish.seed} {name}")

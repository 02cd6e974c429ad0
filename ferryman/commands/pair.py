"""From what was typed to opened databases: the settings, and what this folder remembers of its runs.

A folder remembers, per run, by which names or URLs (never with a password) its databases were reached, so that
`ferryman status` and `ferryman rollback` need no options where a run was made.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ferryman.commands.crash import FOLDER
from ferryman.commands.farewell import Way
from ferryman.commands.options import Where, Which
from ferryman.domain.errors import Configuration, Usage
from ferryman.settings import Pair, Settings, load, masked, resolve_pair, resolve_side
from ferryman.tools.databases.connect import open_target
from ferryman.tools.move.ledger import Ledger, lost_run
from ferryman.tools.move.records import RunRecord
from ferryman.workspace import Workspace

MEMORY = "databases.json"  #: in a run's folder
TALK = "talk.json"  #: the same of a conversation, of which there may be no run yet


def pair_of(where: Where, settings: Settings | None = None) -> Pair:
    """Both databases, as they were typed or as the settings name them."""
    settings = settings or load()
    source, target = where.name or where.source, where.target
    if where.name and (where.source or where.target):
        named = resolve_pair(where.name, "", settings).names
        source, target = where.source or named[0], where.target or named[1]
    return resolve_pair(source, target, settings).paced(where.rows_per_second)


def remember(run: str, pair: Pair, file: str = MEMORY) -> None:
    """Keep by which names the databases of a run, or of a conversation, were reached."""
    place = Path(FOLDER) / "runs" / run
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    source, target = pair.names
    path = place / file
    path.touch(mode=0o600)
    path.write_text(json.dumps({"source": source, "target": target}), encoding="utf-8")


def way_back(names: tuple[str, str]) -> Way:
    """How a command finds the databases of those names: this folder remembers them, but it keeps no password."""
    settings = load()
    sides = zip(("source", "target"), names, strict=True)
    source, target = (f"--{side} {shlex.quote(n)}" if _lacks_password(side, n, settings) else "" for side, n in sides)
    return Way(pair=f"{source} {target}".strip(), target=target)


def typed(which: Which, run: str) -> Way:
    """How another command finds the ledger in which a run was looked for: by what was typed, where this folder does not
    know the run. What nobody typed is named as an option."""
    if remembered(run).target:
        return way_back((remembered(run).source, remembered(run).target))
    options = {"--on": which.where.name, "--target": which.where.target}
    target = " ".join(f"{option} {shlex.quote(masked(text))}" for option, text in options.items() if text)
    source = masked(which.where.source) or "URL"
    both = f"--source {shlex.quote(source)} {target}" if target and not which.where.name else target
    return Way(pair=both, target=target)


def _lacks_password(side: str, name: str, settings: Settings) -> bool:
    """Whether a name is a URL whose password stands neither in it nor in the settings."""
    try:
        return "***" in resolve_side(side, name, settings)[0]
    except Usage:
        return True
    except Configuration:
        return False


def last_talk() -> Where:
    """Where the databases of this folder's last conversation are; nothing where it is not known."""
    workspace = Workspace()
    run = workspace.last_talk()
    files = (workspace.run_folder(run) / file for file in (TALK, MEMORY))
    kept = next((json.loads(path.read_text(encoding="utf-8")) for path in files if run and path.exists()), None)
    return Where(source=kept["source"], target=kept["target"]) if kept else Where()


def remembered(run: str = "", target: str = "") -> Where:
    """Where a run's databases are; without a run, those of all runs here (into this target) when they are the same."""
    files = (Path(FOLDER) / "runs").glob(f"*/{MEMORY}")
    kept = (json.loads(path.read_text(encoding="utf-8")) for path in files if run in ("", path.parent.name))
    found = {(one["source"], one["target"]) for one in kept if run or target in ("", one["target"])}
    if len(found) != 1:
        return Where()
    ((source, its_target),) = found
    return Where(source=source, target=its_target)


def run_pair(which: Which) -> Pair:
    """Both databases of a run: as typed, as remembered in this folder, else as the settings say."""
    typed = which.where
    if typed.name or (typed.source and typed.target):
        return pair_of(typed)
    kept = remembered(which.run, typed.target)
    return pair_of(replace(typed, source=typed.source or kept.source, target=typed.target or kept.target))


def target_of(which: Which) -> str:
    """The URL of the new database that holds a run's ledger."""
    settings, typed = load(), which.where
    text = typed.target or typed.name or remembered(which.run).target or settings.target or settings.connection
    if not text and len(settings.connections) == 1:
        text = next(iter(settings.connections))
    if not text:
        known = ", ".join(sorted(settings.connections))
        raise Usage(
            "It was not said in which new database to look.",
            "Give --target URL"
            + (f", or --on with one of: {known}." if known else ", or run it where the run was made."),
        )
    return resolve_side("target", text, settings)[0]


@contextmanager
def target_ledger(which: Which) -> Iterator[Ledger]:
    """The ledger in the new database. Raises Usage where there is none."""
    target = open_target(target_of(which))
    try:
        ledger = Ledger(target)
        if not ledger.exists():
            raise Usage(
                f"The new database {target.identity.name} has no ledger: nothing was moved into it by Ferryman, or"
                " `ferryman finish` ended its runs there.",
                "Check that this is the right database. What was finished stands in its archive and is undone by a"
                " backup only; `ferryman plan` begins a migration.",
            )
        yield ledger
    finally:
        target.dispose()


def chosen_run(ledger: Ledger, run: str, fits: Callable[[RunRecord], bool], fitting: str) -> RunRecord:
    """The named run; without a name the only one that fits. Raises Usage, listing what there is, else."""
    if run:
        return ledger.run(run)
    known = ledger.runs()
    found = [record for record in known if fits(record)]
    if len(found) == 1:
        return found[0]
    if not found:
        if lost := ledger.lost():
            raise lost_run(lost[-1])
        last = f": {known[-1].run}, the last, is {known[-1].status.value.replace('_', ' ')}" if known else ""
        raise Usage(f"There is no run {fitting}{last}.", "`ferryman runs` lists the runs that there are.")
    listed = ", ".join(f"{record.run} ({record.status.value})" for record in found[-5:])
    raise Usage(f"There are {len(found)} runs {fitting}.", f"Say which one: {listed}.")

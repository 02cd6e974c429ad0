"""The options that several commands share, each said once; and what was typed, as values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer


@dataclass(frozen=True)
class Where:
    """Which databases were named: by a connection's name, or one by one. Empty texts: not said."""

    name: str = ""
    source: str = ""
    target: str = ""
    rows_per_second: int = 0  #: that the old database is read at, at most; 0: as its URL says


@dataclass(frozen=True)
class Which:
    """Which run was named, and where its ledger is."""

    where: Where
    run: str = ""


def _names(incomplete: str) -> list[str]:
    """Completion: the connections of ferryman.toml and of the environment."""
    from ferryman.domain.errors import FerrymanError
    from ferryman.settings import load

    try:
        return sorted(name for name in load().connections if name.startswith(incomplete))
    except FerrymanError:
        return []


Json = Annotated[bool, typer.Option("--json", help="Print one JSON object to standard output, and nothing else there.")]
Name = Annotated[
    str, typer.Argument(metavar="NAME", help="A connection that ferryman.toml names.", autocompletion=_names)
]
On = Annotated[
    str, typer.Option("--on", metavar="NAME", help="A connection that ferryman.toml names.", autocompletion=_names)
]
Source = Annotated[
    str, typer.Option("--source", metavar="URL", help="The old database: URL, path of a SQLite file, or name.")
]
Target = Annotated[
    str, typer.Option("--target", metavar="URL", help="The new database: URL, path of a SQLite file, or name.")
]
Run = Annotated[
    str, typer.Argument(metavar="RUN", help="The run's id; may be left out when only one comes into question.")
]
Notify = Annotated[
    str,
    typer.Option(
        "--notify",
        metavar="COMMAND",
        help="Run this when you are needed or the run has ended; it gets what happened as JSON on standard input.",
    ),
]
ShareSamples = Annotated[
    list[str] | None,
    typer.Option(
        "--share-samples",
        metavar="TABLE.COLUMN",
        help="Let the model see a few values of this old column; which ones is shown first. May be repeated.",
    ),
]
Resume = Annotated[bool, typer.Option("--resume", help="Take up the last conversation of this folder.")]
By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who approves or decides; default: the user's name.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]
Decide = Annotated[
    list[str] | None,
    typer.Option(
        "--decide",
        metavar="STRATEGY",
        help="What to do where a decision is needed, e.g. skip_orphaned_records. The first that fits, if repeated.",
    ),
]
Tables = Annotated[
    list[str] | None, typer.Option("--table", "-t", metavar="TABLE", help="Only this table; may be repeated.")
]
Phases = Annotated[
    int, typer.Option("--phase", min=0, metavar="NUMBER", help="Only the tables of this phase of the plan.")
]
Table = Annotated[str, typer.Option("--table", "-t", metavar="TABLE", help="Only this new table.")]
Limit = Annotated[int, typer.Option("--limit", "-n", min=0, metavar="ROWS", help="At most so many rows; default: 20.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="The file to write.")]
Preflight = Annotated[
    bool, typer.Option("--preflight/--no-preflight", help="Look through the data for what would fail.")
]
RowsPerSecond = Annotated[
    int,
    typer.Option(
        "--max-rows-per-second", min=0, metavar="ROWS", help="Read the old database no faster; for one on a server."
    ),
]
Interactive = Annotated[bool, typer.Option("--interactive", help="Type the sentences yourself.")]
Story = Annotated[
    str,
    typer.Argument(
        metavar="STORY", help="brackets: an empty table is filled; junction: 23 of 15,420 rows have no parent."
    ),
]
Folder = Annotated[Path | None, typer.Option("--folder", metavar="FOLDER", help="Where its databases are made.")]
Request = Annotated[
    str, typer.Option("--request", metavar="WORDS", help='What is wanted; default: "fill the missing tables".')
]
Answers = Annotated[
    list[str] | None,
    typer.Option(
        "--answer",
        metavar="WORDS",
        help='An answer ("TABLE: KEY" or "QUESTION=KEY") or a change, in words; may be repeated.',
    ),
]
Only = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="TABLE", help="Only this new table and the parents it needs; may be repeated."),
]
LeaveOut = Annotated[
    list[str] | None, typer.Option("--leave-out", metavar="TABLE", help="Not this new table; may be repeated.")
]
Force = Annotated[bool, typer.Option("--force", help="Write over the file if it is there.")]
Parents = Annotated[
    bool,
    typer.Option("--parents/--no-parents", help="Whether missing rows that they refer to may come along."),
]
WithAmendments = Annotated[
    str,
    typer.Option(
        "--with-amendments",
        metavar="RUN",
        help="The plan of that run, with the decisions that were taken on the way written in as policy.",
    ),
]
PlanFile = Annotated[Path, typer.Option("--plan", metavar="FILE", help="The plan, as `ferryman plan` wrote it.")]
Approve = Annotated[
    str, typer.Option("--approve", metavar="APPROVAL", help="The approval that `ferryman plan` printed.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Do everything but the commit; show before and after.")]
Sample = Annotated[
    str, typer.Option("--sample", metavar="PERCENT", help='Only so much of each table, kept nowhere, e.g. "1%".')
]
Dialect = Annotated[str, typer.Option("--dialect", metavar="NAME", help="sqlite, postgresql or mysql (MariaDB).")]

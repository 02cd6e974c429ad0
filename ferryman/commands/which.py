"""Which run is meant, and whether it shall really be undone: asked of a person."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ferryman.agents.choosing import Offered, chosen
from ferryman.agents.consent import Consent, consent
from ferryman.agents.sentence import read
from ferryman.agents.wording import count, names
from ferryman.desk import made
from ferryman.domain.run import Status, TableState
from ferryman.screen import Screen
from ferryman.tools.move.hanging import Hanging

Ask = Callable[[str], str]  #: prompts for a line

_HEADS = ("run", "begun", "is", "rows", "tables")


def show_runs(screen: Screen, runs: Sequence[Status], *, numbered: bool = False) -> None:
    """Runs as a table, in the order given."""
    cells = [{"": f"{number}.", **_cells(run)} for number, run in enumerate(runs, 1)]
    screen.grid(("", *_HEADS) if numbered else _HEADS, cells, ("begun",))


def _cells(run: Status) -> dict[str, str]:
    return {
        "run": run.run,
        "begun": f"{run.started_at.astimezone():%Y-%m-%d %H:%M}" if run.started_at else "",
        "is": run.status.value.replace("_", " "),
        "rows": f"{made(run):,}",
        "tables": names([table.table for table in run.tables], 4),
    }


def choose(screen: Screen, ask: Ask, runs: Sequence[Status], fit: str) -> Status | None:
    """The only run there is, or the one that a person picks; None where there is none, or nobody says which.

    `fit` says what the runs have in common: "to undo".
    """
    if not runs:
        screen.says(f"There is no run {fit}. /runs lists those that there are.")
    if len(runs) < 2:
        return runs[0] if runs else None
    screen.says(f"There are {len(runs)} runs {fit}:")
    show_runs(screen, runs, numbered=True)
    screen.asks("Which one?")
    offers = [Offered(run.run, " ".join(table.table for table in run.tables), None) for run in runs]
    picked = chosen(read(ask("> "), frozenset()), offers, "", "run")
    if picked is None:
        screen.says("Then none of them.")
    return next((run for run in runs if run.run == picked), None)


def with_what_hangs(
    screen: Screen, run: Status, tables: tuple[str, ...], hanging: Callable[[tuple[str, ...]], Sequence[Hanging]]
) -> tuple[str, ...] | None:
    """The tables that have to be undone with these, said before it is asked; None where rows of others forbid it."""
    mine = {table.table for table in run.tables if table.state is not TableState.ROLLED_BACK}
    while found := hanging(tables):
        screen.says(f"What hangs on it: {'; '.join(one.text for one in found)}.")
        more = tuple(dict.fromkeys(one.table for one in found if one.table in mine and one.table not in tables))
        if not more:
            screen.says("Those rows would refer to nothing. Delete them or let them refer to others first.")
            return None
        screen.says(f"So {names(more)} can only be undone as well.")
        tables = (*tables, *more)
    return tables


def sure(screen: Screen, ask: Ask, run: Status, tables: Sequence[str]) -> bool:
    """Whether a run, or these tables of it, shall really be undone."""
    asked = tables or tuple(table.table for table in run.tables if table.state is not TableState.ROLLED_BACK)
    screen.says(
        f"That takes {count(made(run, asked), 'row')} out of {names(asked)} again:"
        f" what run {run.run} made there, and nothing else."
    )
    screen.asks("Undo it? (yes/no)")
    if consent(read(ask("> "), frozenset()).text) is Consent.YES:
        return True
    screen.says("Nothing was undone.")
    return False

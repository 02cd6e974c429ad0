"""What a conversation shows of rows, writes into a file, and tries again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count as count_from
from pathlib import Path

from ferryman import aside, desk, troubled
from ferryman.agents.wording import clean, count
from ferryman.commands.farewell import RETRY
from ferryman.domain.conversation import ExportRows, ShowRows
from ferryman.domain.events import Event
from ferryman.domain.run import AsideCount
from ferryman.graph.laid_aside import counted
from ferryman.graph.retry import Retried
from ferryman.screen import Screen
from ferryman.session import Session
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.tables import QuarantineState


class Rows:
    """The rows of one conversation. `run` is always the one that was last at work in it, "" for none."""

    def __init__(self, session: Session, screen: Screen, watch: Callable[[Iterator[Event], str], object]) -> None:
        self.session = session
        self.screen = screen
        self.watch = watch  #: shows events, and stops what they come from; gets the command that goes on with it
        self._shown: ShowRows | None = None  #: the rows that cannot go which were shown last

    def command(self, run: str, words: str) -> None:
        """What stands behind /quarantine."""
        wish, _, rest = words.partition(" ")
        match wish.lower():
            case "export":
                self.export(run, ExportRows(path=rest.strip()))
            case "retry":
                self.retry(run)
            case "show":
                self.show(run, ShowRows(count=desk.MOST_ROWS, only_problem=True))
            case _:
                self._list(run)

    def show(self, run: str, wish: ShowRows) -> None:
        """The rows that are meant, on the screen."""
        found, told = troubled.wished(self.session, run, wish)
        self._shown = wish if wish.only_problem and found else None
        for row in found:
            self.screen.row(row)
        self.screen.says(told)

    def lying(self, run: str) -> int:
        """Rows of the run that lie in quarantine; none where another plan lies there by now."""
        found = self._counted(run) if desk.begun(self.session) else ()
        return sum(one.rows for one in found if one.state == QuarantineState.OPEN.value)

    def export(self, run: str, wish: ExportRows) -> None:
        """The rows that cannot go, or those that are meant of them, as a table for a spreadsheet."""
        told = ShowRows(table=wish.table, count=wish.count, only_problem=True)
        meant = self._shown if self._shown and wish.shown and not (wish.table or wish.count) else told
        found, path = troubled.waiting(self.session, run, meant), wish.path
        if not found:
            self.screen.says(troubled.wished(self.session, run, ShowRows(only_problem=True))[1])
            return
        file = aside.export(found, Path(path) if path else _free(f"ferryman-aside-{self.session.run}"))
        self.screen.says(
            f"Written: {file}, {count(len(found), 'row')}, each with what is wrong and how to mend it."
            " It holds their values; you alone can read it."
        )

    def retry(self, run: str) -> None:
        """Try those in quarantine again."""
        if not self.lying(run):
            self.screen.says("Nothing of this conversation waits in quarantine.")
        elif self.session.payload is not None:
            self.screen.says("One thing first:")
        else:
            found: list[Retried] = []
            self.watch(desk.retry(self.session, run, found=found), RETRY)
            for one in found:
                self.screen.says(clean(one.text))

    def _counted(self, run: str) -> tuple[AsideCount, ...]:
        return counted(Ledger(self.session.context.target), run) if run else ()

    def _list(self, run: str) -> None:
        found = self._counted(run)
        for one in found:
            state = one.state.replace("_", " ")
            self.screen.says(f"{count(one.rows, 'row')} of {clean(one.table)} ({state}): {one.reason}.")
            self.screen.line(one.mending)
        if not found:
            self.screen.says("Nothing of this conversation was set aside.")
        else:
            self.screen.says("/quarantine show, /quarantine export FILE, /quarantine retry")


def _free(stem: str) -> Path:
    """A file of that name that is not there yet."""
    paths = (Path(f"{stem}.csv" if number == 1 else f"{stem}-{number}.csv") for number in count_from(1))
    return next(path for path in paths if not path.exists())

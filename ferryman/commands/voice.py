"""Where a command speaks: words for people on standard error, one JSON object on standard output with --json."""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ferryman.domain.errors import FerrymanError

WIDTH = 120  #: of what is written to a file or a pipe


class SteadyConsole(Console):
    """A console that falls silent when its reader goes away: a closed pipe never stops rows that are moving."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


class Voice:
    """One command's two ways of speaking."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        terminal = sys.stderr.isatty()
        width = None if terminal or "COLUMNS" in os.environ else WIDTH
        self.console = SteadyConsole(stderr=True, width=width, highlight=False, markup=False, emoji=False)

    @property
    def interactive(self) -> bool:
        """Whether somebody is there to be asked."""
        return not self.as_json and sys.stdin.isatty() and sys.stderr.isatty()

    def say(self, text: str, style: str = "") -> None:
        """A line or a paragraph for people."""
        self.console.print(Text(printable(text), style=style), soft_wrap=True)

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Rows under heads; numbers stand to the right."""
        kept = [list(row) for row in rows]
        grid = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
        for index, head in enumerate(heads):
            numbers = bool(kept) and all(isinstance(row[index], int | float) for row in kept)
            grid.add_column(Text(head), justify="right" if numbers else "left", overflow="fold")
        for row in kept:
            grid.add_row(*(Text(_cell(value)) for value in row))
        self.console.print(grid)

    def give(self, answer: BaseModel | Mapping[str, Any]) -> None:
        """The command's result as JSON on standard output, where it was asked for."""
        if not self.as_json:
            return
        plain = answer.model_dump(mode="json") if isinstance(answer, BaseModel) else answer
        try:
            print(json.dumps(plain, default=_plain), flush=True)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def refuse(self, error: FerrymanError, beside: Mapping[str, Any]) -> int:
        """End with an error that a program gets together with what it is about; the exit code."""
        told = {"what": error.what, "do": error.do, "exit_code": error.exit_code}
        self.say(f"{error.what}\n{error.do}")
        self.give({**beside, "error": told})
        return error.exit_code

    def ask(self, question: str) -> bool:
        """A yes or no, from a terminal only; without one it is no."""
        if not self.interactive:
            return False
        self.console.print(Text(f"{printable(question)} (yes/no) ", style="bold"), end="")
        return sys.stdin.readline().strip().lower() in ("y", "yes")


def printable(text: str) -> str:
    """A text without what a terminal would obey: control, format and unpaired surrogate characters, but line ends."""
    return "".join(
        c if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs") else "\N{REPLACEMENT CHARACTER}"
        for c in text
    )


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else printable(str(value))


def _plain(value: object) -> object:
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else str(value)

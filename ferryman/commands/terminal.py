"""A person at a terminal, or a pipe in their place: how lines are read, and what Ctrl-C does."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from select import select

from prompt_toolkit import PromptSession
from prompt_toolkit.application.current import get_app_session
from prompt_toolkit.completion import WordCompleter
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.input.typeahead import clear_typeahead
from prompt_toolkit.output import create_output
from prompt_toolkit.output.vt100 import Vt100_Output
from prompt_toolkit.shortcuts import CompleteStyle

from ferryman.screen import Screen

try:
    import termios
except ImportError:  # Windows
    termios = None  # type: ignore[assignment]

LONGEST = 4_000  #: characters of a line that are listened to

Reader = Callable[[str], str]  #: prompts for a line; raises EOFError when nobody says anything more


def listen(screen: Screen, completions: Iterable[str]) -> Reader:
    """How lines are read here: edited at a terminal, one after the other from a pipe."""
    able = screen.console.is_terminal and not screen.console.is_dumb_terminal
    return _typed(completions) if somebody_types() and able else _plain(screen)


def somebody_types() -> bool:
    """Whether lines come from a keyboard. Standard input may be a pipe, or closed."""
    return sys.stdin is not None and sys.stdin.isatty()


class TypedAhead:
    """Lines that are typed while something runs. At a terminal only: those of a pipe wait for their question."""

    def __init__(self, listening: bool) -> None:
        self._listening = listening and termios is not None and somebody_types()
        self._waiting: list[str] = []

    def overhear(self) -> str:
        """A whole line that was typed meanwhile; "" where there is none."""
        if not self._listening or not select([sys.stdin], [], [], 0)[0]:
            return ""
        first, *more = os.read(sys.stdin.fileno(), 65_536).decode(errors="replace").splitlines() or [""]
        self._waiting += more
        return first.strip()

    def keep(self, line: str) -> None:
        """It is said when its turn comes."""
        self._waiting.append(line)

    def next(self) -> str | None:
        """The first line that was kept, and not any more."""
        return self._waiting.pop(0) if self._waiting else None

    def forget(self) -> None:
        """Drop what was typed before there was a question: it cannot be the answer."""
        self._waiting.clear()
        if self._listening:
            clear_typeahead(get_app_session().input)
            termios.tcflush(sys.stdin, termios.TCIFLUSH)


def _typed(completions: Iterable[str]) -> Reader:
    """A prompt with history and completion. It asks the terminal nothing, so that it works in every one."""
    output = create_output(stdout=sys.stderr)
    if isinstance(output, Vt100_Output):
        output.enable_cpr = False
    prompter: PromptSession[str] = PromptSession(
        history=InMemoryHistory(),
        completer=WordCompleter(list(completions), sentence=True),
        complete_while_typing=False,
        complete_style=CompleteStyle.READLINE_LIKE,
        reserve_space_for_menu=0,
        output=output,
    )
    return prompter.prompt


def _plain(screen: Screen) -> Reader:
    """Lines as they come. Those of a pipe are shown, so that what is written down reads as a conversation."""
    typed = somebody_types()
    with suppress(AttributeError):
        sys.stdin.reconfigure(errors="replace")  # type: ignore[union-attr]

    def read_line(prompt: str) -> str:
        if typed:
            screen.console.print(prompt, end="", markup=False)
        line = sys.stdin.readline() if sys.stdin is not None else ""
        if not line:
            raise EOFError
        if not typed:
            screen.person(line.strip()[:LONGEST])
        return line

    return read_line

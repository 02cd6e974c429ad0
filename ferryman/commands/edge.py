"""The edge: what leaves a command, whatever happens inside. Two lines and an exit code, never a traceback.

This is the only place that catches everything. Imports are light: `ferryman --help` passes through here.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import IntEnum
from typing import TextIO

import typer

from ferryman.domain.errors import FerrymanError


class Exit(IntEnum):
    """Exit codes."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    FINDINGS = 3  #: finished, and there is something to look at: quarantined rows, a check that failed
    CONFIGURATION = 4  #: a database, a right or a setting is missing
    WAITING = 5  #: a person has to decide, or to approve
    INTERRUPTED = 130


_SILENT = logging.NullHandler()
Command = Callable[[list[str]], object]


def collect_less() -> None:
    """Look for garbage after 20,000 new objects, not after 700: a process that imports this much and lives this short
    spends an eighth of its time looking (Chinook whole: 5.3 s of processor time, 4.7 s so)."""
    gc.set_threshold(20_000, 20, 100)


def guarded(command: Command, arguments: Sequence[str]) -> int:
    """Run a command line and give its exit code; with --json, an error is an object on standard output as well."""
    as_json = "--json" in arguments
    logging.getLogger("sqlalchemy").addHandler(_SILENT)  # a line that is lost is told by us alone
    try:
        code = command(list(arguments))
        if code == Exit.INTERRUPTED and not isinstance(code, Exit):  # typer's own: no command of ours has answered it
            raise KeyboardInterrupt
    except FerrymanError as error:
        return _tell(error.what, error.do, error.exit_code, as_json, error.rows)
    except typer.TyperException as error:
        return _tell(*_usage(error), Exit.USAGE, as_json)
    except (KeyboardInterrupt, typer.Abort):
        return _tell("Interrupted.", "What was committed stays; `ferryman status` says where things are.", 130, as_json)
    except BrokenPipeError:
        return Exit.FAILED
    except Exception as error:  # the one broad catch: see the module's docstring
        from ferryman.commands.crash import describe

        return _tell(*describe(error), Exit.FAILED, as_json)
    return code if isinstance(code, int) else Exit.DONE


def leave(code: int) -> None:
    """Flush and exit; a reader that went away early (`| head`) is no error."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    sys.exit(code)


def _usage(error: typer.TyperException) -> tuple[str, str]:
    context = getattr(error, "ctx", None)
    called = context.command_path if context else "ferryman"
    what = " ".join(error.format_message().split())
    return what if what.endswith(
        (".", "?")
    ) else f"{what}.", f"`{called} --help` shows how it is used, with an example."


def _tell(what: str, do: str, code: int, as_json: bool, rows: Sequence[str] = ()) -> int:
    from ferryman.commands.voice import printable

    what, do = printable(what), printable(do)
    if as_json:
        _write(sys.stdout, json.dumps({"error": {"what": what, "do": do, "exit_code": int(code)}}))
    _write(sys.stderr, "\n".join([what, *([do] if do else []), *(f"  {printable(row)}" for row in rows)]))
    return int(code)


def _write(stream: TextIO, text: str) -> None:
    with suppress(BrokenPipeError):
        print(text, file=stream, flush=True)

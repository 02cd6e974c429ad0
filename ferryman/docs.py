"""Generates `docs/commands.md` from the command line itself: `python -m ferryman.docs > docs/commands.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import typer

from ferryman.cli import app

_INTRODUCTION = """# Commands

Generated from the command line by `python -m ferryman.docs > docs/commands.md`; a test compares.

Every command takes `--json`: one JSON object on standard output and nothing else there. Words for people go to
standard error. An error is two lines, what happened and what to do; with `--json` also an object
`{"error": {"what": ..., "do": ..., "exit_code": ...}}`.

| exit code | means |
|---|---|
| 0 | done |
| 1 | failed |
| 2 | the command line, a plan or an answer is wrong |
| 3 | finished, with findings: rows set aside, a check that failed |
| 4 | configuration or rights: a database, a setting, a right is missing |
| 5 | waits for a person: an open question, a decision, an approval that is missing or does not hold |
| 130 | interrupted |

Databases are URLs (`sqlite:///legacy.db`), paths of SQLite files, or names. Names stand in `ferryman.toml` in the
working folder, or in the environment (`FERRYMAN_CONNECTIONS__SHOP__SOURCE`), which comes first:

```toml
[connections.shop]
source = "sqlite:///legacy.db"
target = "sqlite:///new.db"
```

A password never stands in the file: write `${NAME}` in its place and set that environment variable.
"""


def markdown() -> str:
    """The whole page."""
    sections = [_section(path, command) for path, command in commands()]
    return "\n".join([_INTRODUCTION, *sections])


def commands() -> Iterator[tuple[str, Any]]:
    """Every command with its full name, in the order of `ferryman --help`."""
    yield from _below("ferryman", typer.main.get_command(app))


def _below(path: str, group: Any) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _below(f"{path} {name}", command)
        else:
            yield f"{path} {name}", command


def _section(path: str, command: Any) -> str:
    example = (command.epilog or "").removeprefix("Example: ")
    lines = [f"## {path}", "", command.help or "", "", "```sh", example, "```", ""]
    rows = [_row(parameter) for parameter in command.params if parameter.name != "help"]
    return "\n".join([*lines, "| option | what |", "|---|---|", *rows, ""])


def _row(parameter: Any) -> str:
    names = [*parameter.opts, *parameter.secondary_opts]
    metavar = f" {parameter.metavar}" if parameter.metavar and names[0].startswith("-") else ""
    shown = ", ".join(f"`{name}{metavar}`" for name in names) if names[0].startswith("-") else f"`{parameter.metavar}`"
    return f"| {shown} | {parameter.help or ''}{' (required)' if parameter.required else ''} |"


if __name__ == "__main__":
    sys.stdout.write(markdown())

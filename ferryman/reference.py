"""Generates `docs/events.md` from the event classes and `docs/graph.md` from the graph: `make docs`."""

from __future__ import annotations

import typing
from inspect import getdoc
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ferryman.domain import events
from ferryman.graph.build import NODES, READING, build_graph

_EVENTS = """# Events

Generated from `domain/events.py` by `make docs`; a test compares.

Every fact that a run makes known is one of these, told apart by `event`. They stream out of the graph while it works,
lie in `.ferryman/runs/RUN/events.jsonl` (one JSON object a line, with the time `at`), and feed the progress bar, the
page and the report. They carry counts, names and references: never a cell's value, a key's value, a URL or a secret.
"""

_GRAPH = """# The graph

Generated from `graph/build.py` by `make docs`; a test compares. `[review]`, `[decide]` and `[paused]` hold nothing but
an interrupt: there the conversation waits for a person. Dotted lines are choices, made in `graph/routes.py`.

```mermaid
"""


_HEAD = "| field | type | default |\n|---|---|---|"


def events_markdown() -> str:
    """One section for each event class, in the order in which they stand."""
    union = typing.get_args(events.Event)[0]
    return "\n".join([_EVENTS, *(_section(kind) for kind in typing.get_args(union))])


def _section(kind: type[BaseModel]) -> str:
    name = kind.model_fields["event"].default
    rows = [_row(field, info) for field, info in kind.model_fields.items() if field != "event"]
    return "\n".join([f"## {name}", "", getdoc(kind) or "", "", _HEAD, *rows, ""])


def _row(name: str, info: FieldInfo) -> str:
    default = "" if info.is_required() else f"`{_shown(info.default)}`"
    return f"| `{name}` | `{_type(info.annotation)}` | {default} |"


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "()"
    return str(value.value if hasattr(value, "value") else value) or '""'


def _type(annotation: Any) -> str:
    """A type as a reader writes it, without module names; the bar of a union is escaped for the table."""
    arguments = [argument for argument in typing.get_args(annotation) if argument is not ...]
    origin = typing.get_origin(annotation)
    if origin is typing.Literal:
        return " or ".join(str(argument) for argument in arguments)
    if origin is tuple:
        return f"list of {_type(arguments[0])}"
    if arguments:
        return " or ".join(_type(argument) for argument in arguments)
    return "nothing" if annotation is type(None) else getattr(annotation, "__name__", str(annotation))


def graph_markdown() -> str:
    """The drawing, and what each node does."""
    drawn = build_graph().get_graph().draw_mermaid().strip()
    nodes = {**READING, **NODES}
    rows = [f"| `{name}` | {(getdoc(node) or '').splitlines()[0]} |" for name, node in sorted(nodes.items())]
    return "\n".join([_GRAPH + drawn, "```", "", "| node | what it does |", "|---|---|", *rows, ""])


def write(folder: Path) -> None:
    """Write both pages."""
    (folder / "events.md").write_text(events_markdown(), encoding="utf-8")
    (folder / "graph.md").write_text(graph_markdown(), encoding="utf-8")


if __name__ == "__main__":
    write(Path("docs"))

"""The graph for LangGraph's own server (`langgraph.json`): connection names are resolved from the environment.

    FERRYMAN_CONNECTION=shop          a name in ferryman.toml, or
    FERRYMAN_SOURCE=... FERRYMAN_TARGET=...    the two URLs

The server brings its own checkpointer. The databases stand in the Context, never in state or in `configurable`.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from langgraph.graph.state import CompiledStateGraph

from ferryman.agents.budget import Tally
from ferryman.graph.build import draw
from ferryman.graph.context import Context
from ferryman.graph.state import State
from ferryman.model_settings import adviser
from ferryman.settings import Settings, resolve_pair
from ferryman.tools.databases.connect import check_pair, open_source, open_target
from ferryman.workspace import Workspace


def context_from_environment() -> Context:
    """Both databases as the environment names them. Raises Configuration when one cannot be opened."""
    settings = Settings()
    pair = resolve_pair(settings.connection, "", settings)
    source, target = open_source(pair.source), open_target(pair.target)
    check_pair(source, target)
    return Context(source=source, target=target, shelf=Workspace().shelf(), adviser=adviser())


def make_graph() -> CompiledStateGraph[Any, Any, Any, Any]:
    """The compiled graph. The environment's databases are opened when it is first called, and stay open."""
    opened, tallies = cache(context_from_environment), dict[str, Tally]()

    def of_run(run: str) -> Context:
        """The limits of the model hold for each run, however many the server has at once."""
        found = opened()
        if found.adviser is None:
            return found
        return replace(found, adviser=replace(found.adviser, tally=tallies.setdefault(run, Tally())))

    return draw(of_run).compile()


__all__ = ["Context", "State", "context_from_environment", "make_graph"]

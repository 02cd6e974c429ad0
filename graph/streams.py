"""How a node makes facts known: typed events, as plain JSON, over LangGraph's custom stream."""

from __future__ import annotations

from collections.abc import Callable

from langgraph.runtime import Runtime

from ferryman.domain.events import Event
from ferryman.graph.context import Context


def emitter(runtime: Runtime[Context]) -> Callable[[Event], None]:
    """A function that streams an event out of the running node."""

    def emit(event: Event) -> None:
        runtime.stream_writer(event.model_dump(mode="json"))

    return emit

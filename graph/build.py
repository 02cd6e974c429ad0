"""The graph, drawn in `docs/graph.md`: nodes, edges, retries."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import Any, Protocol

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import RetryPolicy

from ferryman.domain.errors import Transient
from ferryman.graph import amending, discovery, moving, preparing, recovery, routes, talking
from ferryman.graph.context import Context
from ferryman.graph.state import State


class Node(Protocol):
    """A node: state in, an update of it out."""

    def __call__(self, state: Any, *, runtime: Runtime[Context]) -> Any: ...


TRIES = 3  #: level 1, of the nodes that read


def worth_another_try(error: Exception) -> bool:
    """Only what is typed as passing: LangGraph's own default would retry integrity errors too."""
    return isinstance(error, Transient)


READS = RetryPolicy(initial_interval=0.5, backoff_factor=2, max_attempts=TRIES, jitter=True, retry_on=worth_another_try)


#: Nodes that read and may be tried again as they are.
READING: dict[str, Node] = {
    "introspect": discovery.introspect,
    "analyze": discovery.analyze,
    "map": preparing.map_tables,
    "adopt": preparing.adopt,
    "plan": preparing.plan,
    "preflight": preparing.preflight,
    "reopen": moving.reopen,
    "verify": recovery.verify,
}
NODES: dict[str, Node] = {
    "understand": discovery.understand,
    "answer": talking.answer,
    "revise": preparing.revise_plan,
    "present": preparing.present,
    "review": talking.review,
    "amend": amending.amend,
    "drop": amending.drop,
    "begin": moving.begin,
    "next_phase": moving.next_phase,
    "table": moving.carry_over,
    "settle": moving.settle,
    "missing_references": recovery.missing_references,
    "orphaned_records": recovery.orphaned_records,
    "options": recovery.options,
    "decide": talking.decide,
    "recover": recovery.recover,
    "integrity": recovery.integrity,
    "hold": moving.hold,
    "paused": talking.paused,
    "rollback": recovery.rollback,
    "report": moving.report,
}


def draw(context: Callable[[str], Context] | None = None) -> StateGraph[State, Context]:
    """The graph before it is compiled. With `context`, which gets the run's id, nodes work with what it gives, whatever
    a call passes."""
    graph = StateGraph(State, context_schema=Context)
    for name, node in READING.items():
        graph.add_node(name, bound(node, context), retry_policy=READS)
    for name, node in NODES.items():
        graph.add_node(name, bound(node, context))
    _edges(graph)
    return graph


def bound(node: Node, context: Callable[[str], Context] | None) -> Node:
    """The node, working with a context of its own where one is given."""
    if context is None:
        return node

    @wraps(node)
    def with_context(state: Any, *, runtime: Runtime[Context]) -> Any:
        return node(state, runtime=runtime.override(context=context(state.get("run", ""))))

    return with_context


def _edges(graph: StateGraph[State, Context]) -> None:
    for before, after in (
        (START, "introspect"),
        ("analyze", "map"),
        ("map", "plan"),
        ("plan", "preflight"),
        ("preflight", "present"),
        ("review", "understand"),
        ("decide", "understand"),
        ("paused", "understand"),
        ("reopen", "next_phase"),
        ("table", "settle"),
        ("recover", "integrity"),
        ("hold", "paused"),
        ("rollback", "report"),
        ("report", END),
    ):
        graph.add_edge(before, after)
    graph.add_edge(["missing_references", "orphaned_records"], "options")
    graph.add_edge("options", "decide")
    _choices(graph)


def _choices(graph: StateGraph[State, Context]) -> None:
    places = (*routes.HEARD.values(), routes.UNDER_WAY)
    heard = sorted({node for ways in places for node in ways.values()} | {"answer"})
    for node, route, ways in (
        ("introspect", routes.after_introspection, ["understand", "adopt", "reopen"]),
        ("adopt", routes.after_adopting, ["plan", "preflight"]),
        ("understand", routes.after_understanding, heard),
        ("present", routes.after_presenting, ["review", "revise"]),
        ("answer", routes.after_answer, ["review", "decide", "paused", END]),
        ("revise", routes.after_revising, ["plan", "review", "decide", "paused"]),
        ("amend", routes.after_amending, ["review", "decide", "paused", "next_phase"]),
        ("drop", routes.after_amending, ["decide", "paused"]),
        ("begin", routes.after_begin, ["next_phase", "review"]),
        ("next_phase", moving.send_tables, ["table", "hold", "report"]),
        ("settle", routes.after_settling, ["next_phase", "verify", "hold", *routes.INVESTIGATION]),
        ("verify", routes.after_verification, ["next_phase", *routes.INVESTIGATION]),
        ("integrity", routes.after_integrity, ["next_phase", "hold", "report", *routes.INVESTIGATION]),
    ):
        graph.add_conditional_edges(node, route, ways)


def build_graph(
    checkpointer: BaseCheckpointSaver[Any] | None = None,
) -> CompiledStateGraph[State, Context, State, State]:
    """The compiled graph. Give it a Context on every call; run it with `durability="sync"`.

    Without a checkpointer it cannot wait for a person: an interrupt then ends the call for good.
    """
    return _drawn().compile(checkpointer=checkpointer)


@cache
def _drawn() -> StateGraph[State, Context]:
    """It is the same for each conversation, and LangGraph reads every node's bytecode as it is drawn."""
    return draw()

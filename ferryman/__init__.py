"""Ferryman moves the data of an old application into the database of a new one, in conversation."""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from ferryman.domain.plan import Plan as Plan
    from ferryman.graph.build import build_graph as build_graph
    from ferryman.graph.context import Context as Context
    from ferryman.graph.context import Options as Options
    from ferryman.session import Session as Session
    from ferryman.session import open as open

_HOMES = {
    "Context": "ferryman.graph.context",
    "Options": "ferryman.graph.context",
    "Plan": "ferryman.domain.plan",
    "Session": "ferryman.session",
    "build_graph": "ferryman.graph.build",
    "open": "ferryman.session",
}

__all__ = ["Context", "Options", "Plan", "Session", "__version__", "build_graph", "open"]


def __getattr__(name: str) -> Any:
    """The public names, imported when first used: `import ferryman` alone loads nothing heavy."""
    if name not in _HOMES:
        raise AttributeError(f"module 'ferryman' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)

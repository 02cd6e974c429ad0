"""The drawing in the documentation is the graph that runs."""

from __future__ import annotations

from ferryman.graph.build import build_graph
from tests.checkout import ROOT


def test_docs_graph_md_shows_the_compiled_graph() -> None:
    drawn = build_graph().get_graph().draw_mermaid()
    assert drawn.strip() in (ROOT / "docs" / "graph.md").read_text(), "run `make docs` and commit docs/graph.md"

"""The generated pages of the documentation are what the code says now."""

from __future__ import annotations

from ferryman.reference import events_markdown, graph_markdown
from tests.checkout import ROOT


def test_docs_graph_md_shows_the_graph_that_runs() -> None:
    assert (ROOT / "docs" / "graph.md").read_text() == graph_markdown(), "run `make docs` and commit docs/graph.md"


def test_docs_events_md_lists_every_event_with_its_fields() -> None:
    assert (ROOT / "docs" / "events.md").read_text() == events_markdown(), "run `make docs` and commit docs/events.md"

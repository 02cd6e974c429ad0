"""The doors for programs: public names, the example of embedding, the graph for LangGraph's server."""

from __future__ import annotations

import json
import runpy
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

import ferryman
from ferryman.demo_data import build_brackets
from tests.checkout import ROOT
from tests.model.scripted import Scripted, by_shape


def test_the_public_names_are_these_and_each_of_them_is_there() -> None:
    assert ferryman.__all__ == ["Context", "Options", "Plan", "Session", "__version__", "build_graph", "open"]
    for name in ferryman.__all__:
        assert getattr(ferryman, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        ferryman.nonsense  # noqa: B018


def test_importing_ferryman_loads_nothing_heavy() -> None:
    loaded = "import ferryman, sys; print([m for m in ('langgraph', 'sqlalchemy', 'pyarrow') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_example_of_embedding_moves_every_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    legacy, new = build_brackets(tmp_path / "data")
    example = runpy.run_path(str(ROOT / "examples" / "embed.py"))
    assert example["move"](str(legacy), str(new), ("brackets",)) == "success"
    assert "brackets: 1,501-1,569 of 1,569" in capsys.readouterr().out
    with closing(sqlite3.connect(new)) as connection:
        assert connection.execute("SELECT count(*) FROM brackets").fetchone() == (1569,)


def test_langgraph_json_points_at_a_graph_that_finds_its_databases_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    described = json.loads((ROOT / "langgraph.json").read_text())
    module, _, name = described["graphs"]["ferryman"].partition(":")
    assert (ROOT / module).exists() and name == "make_graph"
    legacy, new = build_brackets(tmp_path / "data")
    monkeypatch.setenv("FERRYMAN_SOURCE", str(legacy))
    monkeypatch.setenv("FERRYMAN_TARGET", str(new))
    from ferryman.deployment import make_graph

    start = {"run": "r1", "place": "start", "heard": {"text": "what can you do?"}}
    parts = list(make_graph().stream(start, stream_mode=["custom"], version="v2"))
    assert any(part["type"] == "custom" and part["data"]["event"] == "said" for part in parts)


def test_the_limits_of_the_model_hold_for_each_run_of_a_deployed_graph(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    legacy, new = build_brackets(tmp_path / "data")
    unclear = by_shape(Meaning={"meaning": "unclear", "tables": [], "topic": "none", "option": "none"})
    with Scripted(always=unclear) as server:
        for name, value in (
            ("SOURCE", str(legacy)),
            ("TARGET", str(new)),
            ("MODEL", "scripted"),
            ("MODEL_BASE_URL", server.url),
            ("MODEL_MAX_CALLS", "1"),
        ):
            monkeypatch.setenv(f"FERRYMAN_{name}", value)
        from ferryman.deployment import make_graph

        graph = make_graph()
        for run in ("r1", "r1", "r2", "r2"):
            start = {"run": run, "place": "start", "heard": {"text": "splendid curly wurly of the morning"}}
            list(graph.stream(start, stream_mode=["custom"], version="v2"))
    assert len(server.requests) == 2

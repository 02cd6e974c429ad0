"""Each test has a folder of its own, and databases in files or where it is told to have them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.front.ported import Side, ported
from tests.front.shapes import PORT


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def onto(request: pytest.FixtureRequest) -> Iterator[None]:
    """Where databases are made: in files, or as `everywhere` says."""
    old_kind, _, new_kind = getattr(request, "param", "").partition(" to ")

    def port(path: Path) -> Side:
        return ported(request, new_kind if path.name == "new.db" else old_kind, path)

    token = PORT.set(port if new_kind else None)
    yield
    PORT.reset(token)

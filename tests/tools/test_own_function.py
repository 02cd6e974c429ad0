"""A person's own function is what its source says now."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from ferryman.domain.transforms import PythonFunction
from ferryman.tools.prepare.own_function import load


def test_what_was_compiled_before_is_not_taken_for_another_source_of_the_same_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    file = tmp_path / "voices.py"
    for step, said in (("upper", "AB"), ("lower", "ab")):
        file.write_text(f"import pyarrow.compute as pc\n\ndef loud(names):\n    return pc.utf8_{step}(names)\n")
        os.utime(file, (1_000_000_000, 1_000_000_000))
        loud = load(PythonFunction(function="voices:loud"), tmp_path)
        assert loud(pa.array(["Ab"])).to_pylist() == [said]

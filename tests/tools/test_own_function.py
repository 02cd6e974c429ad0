"""A transform of the plan's own: found in a folder, hashed, and refused once it changed."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from ferryman.domain.errors import Refused, Usage
from ferryman.domain.transforms import (
    PythonFunction,
    Trim,
)
from ferryman.tools.prepare.own_function import load
from tests.tools.transforming import column, filled, first_column, one_table

OLD = "CREATE TABLE old (id INTEGER PRIMARY KEY, a, b)"
NEW = "CREATE TABLE new (x TEXT)"
PHONES = """import pyarrow as pa
import pyarrow.compute as pc


def phone(numbers: pa.Array, countries: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(countries, numbers, "-")


def count(numbers: pa.Array, countries: pa.Array) -> int:
    return 1
"""


def test_a_function_of_the_plan_s_own_runs_in_python(tmp_path: Path) -> None:
    (tmp_path / "phones.py").write_text(PHONES)
    mapping = one_table(column("x", "a", "b", steps=(PythonFunction(function="phones:phone"), Trim())))
    with filled(tmp_path, OLD, NEW, (1, "7 ", "49"), (2, None, "1")) as both:
        compiled = both.compile(mapping, "new", tmp_path)
        assert (compiled.push_down, compiled.reason) == (False, "phones:phone runs in Python")
        assert first_column(both.careful(compiled)) == ["49-7", None]


def test_a_function_that_was_changed_since_is_refused(tmp_path: Path) -> None:
    (tmp_path / "phones2.py").write_text(PHONES)
    source = PHONES[PHONES.index("def phone") : PHONES.index("\n\n\ndef count")] + "\n"
    known = hashlib.sha256(source.encode()).hexdigest()
    step = PythonFunction(function="phones2:phone", source_hash=known)
    with filled(tmp_path, OLD, NEW) as both:
        assert both.compile(one_table(column("x", "a", "b", steps=(step,))), "new", tmp_path).reason
        (tmp_path / "phones2.py").write_text(PHONES.replace('"-"', '"+"'))
        with pytest.raises(Refused) as refused:
            both.compile(one_table(column("x", "a", "b", steps=(step,))), "new", tmp_path)
    assert len(str(refused.value).splitlines()) == 2


def test_a_function_that_gives_no_array_is_refused(tmp_path: Path) -> None:
    (tmp_path / "phones3.py").write_text(PHONES)
    step = PythonFunction(function="phones3:count")
    with filled(tmp_path, OLD, NEW, (1, "a", "b")) as both:
        compiled = both.compile(one_table(column("x", "a", "b", steps=(step,))), "new", tmp_path)
        with pytest.raises(Usage, match="one pyarrow"):
            both.careful(compiled)


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

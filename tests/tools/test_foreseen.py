"""Rows that stay out keep those below them out, generation by generation, and are looked for once for all of these."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from ferryman.domain.findings import MissingCause
from ferryman.domain.mapping import Kept, Mapping, Policy, Problem, Strategy, TableMapping
from ferryman.domain.transforms import ForeignKeyTo, PreserveLegacyId
from ferryman.tools.prepare.preflight import preflight
from tests.tools.demo_plan import Pair, column
from tests.tools.demo_plan import pair as pair_of

ROWS = 10
BAD = 3  #: the row of the first generation that does not fit


def generations(folder: Path, depth: int) -> Pair:
    """Tables in a line. Row i of one refers by `one` to row i of that above it, by `other` to row 11 - i."""
    old, new = folder / f"old{depth}.sqlite", folder / f"new{depth}.sqlite"
    tables = [_first(), *(_below(n) for n in range(1, depth))]
    with closing(sqlite3.connect(old)) as legacy, legacy, closing(sqlite3.connect(new)) as made, made:
        legacy.execute("CREATE TABLE g0 (id INTEGER PRIMARY KEY, name TEXT)")
        made.execute("CREATE TABLE h0 (id INTEGER PRIMARY KEY, name VARCHAR(8))")
        legacy.executemany("INSERT INTO g0 VALUES (?, ?)", [(i, "Ada Augusta" if i == BAD else "Ada") for i in _rows()])
        for n in range(1, depth):
            legacy.execute(f"CREATE TABLE g{n} (id INTEGER PRIMARY KEY, one INTEGER, other INTEGER)")
            legacy.executemany(f"INSERT INTO g{n} VALUES (?, ?, ?)", [(i, i, ROWS + 1 - i) for i in _rows()])
            refers = f"INTEGER NOT NULL REFERENCES h{n - 1}"
            made.execute(f"CREATE TABLE h{n} (id INTEGER PRIMARY KEY, one {refers}, other {refers})")
    return pair_of(old, new, Mapping(tables=tuple(tables)))


def _rows() -> Iterator[int]:
    yield from range(1, ROWS + 1)


def _first() -> TableMapping:
    too_long = Policy(problem=Problem.TOO_LONG, columns=("name",), strategy=Strategy.QUARANTINE)
    return _table(0, (column("name", "name"),), (too_long,))


def _below(n: int) -> TableMapping:
    refers = [column(name, name, ForeignKeyTo(parent=f"h{n - 1}")) for name in ("one", "other")]
    aside = [
        Policy(
            problem=Problem.MISSING_PARENT,
            columns=(name,),
            cause=MissingCause.SET_ASIDE,
            strategy=Strategy.QUARANTINE,
        )
        for name in ("one", "other")
    ]
    return _table(n, tuple(refers), tuple(aside))


def _table(n: int, columns: tuple[Any, ...], policies: tuple[Policy, ...]) -> TableMapping:
    key = column("id", "id", PreserveLegacyId())
    source, target = f"g{n}", f"h{n}"
    return TableMapping(
        source=source, target=target, key=("id",), identity=Kept(), columns=(key, *columns), policies=policies
    )


def looked(pair: Pair) -> tuple[dict[str, int], int]:
    """The rows that fail, by what they fail for, and the length of the longest statement that found it out."""
    lengths = [0]

    def measured(*args: Any) -> None:
        lengths.append(len(args[2]))

    event.listen(pair.target.engine, "before_cursor_execute", measured)
    found = preflight(pair.source, pair.target, pair.source_db, pair.target_db, pair.plan(), pair.compiled())
    return {problem.id: problem.rows for problem in found.problems}, max(lengths)


def test_what_hangs_on_rows_set_aside_is_counted_in_each_generation(tmp_path: Path) -> None:
    found, _ = looked(generations(tmp_path, 4))
    assert found == {
        "too_long:h0.name": 1,
        "orphans:h1.one:set_aside": 1,
        "orphans:h1.other:set_aside": 1,
        **{f"orphans:h{n}.{name}:set_aside": 2 for n in (2, 3) for name in ("one", "other")},
    }


@pytest.mark.parametrize("depth", [4, 6])
def test_a_question_about_a_generation_does_not_hold_those_above_it(tmp_path: Path, depth: int) -> None:
    _, few = looked(generations(tmp_path, 3))
    _, many = looked(generations(tmp_path, depth))
    assert many <= few

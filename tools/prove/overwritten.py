"""Rows that were in the target already and that this run changed: what it wrote there, compared with what it should
have written. The ledger's before-image names the columns of each row."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, Select, select

from ferryman.domain.schema import Family
from ferryman.tools.move.tables import RowKind
from ferryman.tools.prove.canonical import Care, canonical
from ferryman.tools.prove.evidence import Evidence
from ferryman.tools.prove.streams import ROWS, Expected


@dataclass
class Overwritten:
    """What came out."""

    rows: int = 0
    changed: int = 0  #: of these, rows that do not hold what was written
    columns: Counter[str] = field(default_factory=Counter)


def overwritten(evidence: Evidence, connection: Connection) -> Overwritten:
    """Compare every row that the ledger has as updated. Legacy rows that are gone or do not fit by now are left out."""
    found = Overwritten()
    if not evidence.count_entries(RowKind.UPDATED):
        return found
    computed = Expected(evidence, connection)
    for batch in _read(evidence, connection):
        reads, (before,), held = _parts(evidence, batch)
        expected, fits = computed.applied(reads)
        written = [set(json.loads(text)) for text in before.filter(fits).to_pylist()]
        _compare(evidence, expected, held.filter(fits), written, found)
    return found


def _read(evidence: Evidence, connection: Connection) -> Iterator[pa.RecordBatch]:
    compiled = evidence.compiled
    families = [*compiled.families, Family.TEXT, *(column.family for column in evidence.compared)]
    return evidence.read(connection, _wanted(evidence), families, ROWS)


def _wanted(evidence: Evidence) -> Select[Any]:
    """Each updated row: the legacy columns, its before-image, its cells now."""
    compiled, rows, entry = evidence.compiled, evidence.legacy(), evidence.ledger.tables.row
    there, is_entry = evidence.in_target()
    joined = entry.join(there, is_entry).join(rows, compiled.source_key(rows) == entry.c.source_key)
    legacy = [column.label(f"r_{column.name}") for column in compiled.read(rows).selected_columns]
    cells = [there.c[name].label(f"t_{name}") for name in compiled.writes]
    return select(*legacy, entry.c.before, *cells).select_from(joined).where(evidence.entries(RowKind.UPDATED))


def _parts(evidence: Evidence, batch: pa.RecordBatch) -> tuple[pa.RecordBatch, list[pa.Array], pa.RecordBatch]:
    reads, writes = evidence.compiled.reads, evidence.compiled.writes
    columns, fields = batch.columns, list(batch.schema)
    width = len(reads)
    legacy = pa.schema([one.with_name(name) for one, name in zip(fields, reads, strict=False)])
    held = pa.RecordBatch.from_arrays(columns[width + 1 :], names=list(writes))
    return pa.RecordBatch.from_arrays(columns[:width], schema=legacy), [columns[width]], held


def _compare(
    evidence: Evidence, expected: pa.RecordBatch, held: pa.RecordBatch, written: list[set[str]], found: Overwritten
) -> None:
    care = Care.of(evidence.target.dialect.name)
    wrong: set[int] = set()
    for column in evidence.compared:
        mine = canonical(expected.column(column.name), column, care).to_pylist()
        its = canonical(held.column(column.name), column, care).to_pylist()
        differ = [n for n, names in enumerate(written) if column.name in names and mine[n] != its[n]]
        found.columns.update([column.name] * len(differ))
        wrong.update(differ)
    found.rows += len(written)
    found.changed += len(wrong)

"""Rows in Arrow batches: what legacy should have become, computed by the reference, and what the target holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from sqlalchemy import Connection, Select, tuple_

from ferryman.domain.run import Key
from ferryman.tools.databases.sqlite_guard import LEGACY
from ferryman.tools.prepare.misfit import ValuesDoNotFit
from ferryman.tools.prepare.references import LiveReferences
from ferryman.tools.prove.evidence import Evidence

ROWS = 10_000  #: rows per Arrow batch


@dataclass
class Expected:
    """The target rows that our legacy rows should have become. After reading, `unfit` rows gave none."""

    evidence: Evidence
    connection: Connection
    unfit: int = 0  #: legacy rows that do not fit the target any more: they changed since they were copied

    def all(self) -> Iterator[pa.RecordBatch]:
        """Every row of ours."""
        rows = self.evidence.legacy()
        return self._computed(self.evidence.compiled.read(rows).where(self.evidence.ours(rows)))

    def of(self, keys: Sequence[Key]) -> pa.Table:
        """The rows of these legacy keys, in any order."""
        rows = self.evidence.legacy()
        columns = self.evidence.compiled.key_columns(rows)
        named = columns[0].in_([key[0] for key in keys]) if len(columns) == 1 else tuple_(*columns).in_(keys)
        return pa.Table.from_batches(self._computed(self.evidence.compiled.read(rows).where(named)))

    def applied(self, batch: pa.RecordBatch) -> tuple[pa.RecordBatch, pa.Array]:
        """The target rows of a batch of `CompiledTable.read`, without those that do not fit; and which ones do."""
        compiled = self.evidence.compiled
        references = LiveReferences(
            compiled.plan,
            compiled.source_database,
            compiled.target_database,
            self.connection,
            self.connection,
            legacy_schema=LEGACY,
        )
        fits = np.ones(batch.num_rows, bool)
        try:
            return compiled.apply(batch, references), pa.array(fits)
        except ValuesDoNotFit as misfit:
            bad = sorted({row for one in misfit.misfits for row in one.rows})
        fits[bad] = False
        self.unfit += len(bad)
        return compiled.apply(batch.filter(pa.array(fits)), references), pa.array(fits)

    def _computed(self, wanted: Select[tuple[object, ...]]) -> Iterator[pa.RecordBatch]:
        compiled, source = self.evidence.compiled, self.evidence.source
        for batch in source.dialect.read(self.connection, wanted, compiled.families, ROWS):
            yield self.applied(batch)[0]


def actual(evidence: Evidence, connection: Connection) -> Iterator[pa.RecordBatch]:
    """The target rows that this run created, in the columns that the mapping fills."""
    wanted = evidence.made(evidence.compiled.writes)
    families = [column.family for column in evidence.compared]
    return evidence.target.dialect.read(connection, wanted, families, ROWS)

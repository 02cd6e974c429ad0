"""Rows in Arrow batches: what legacy should have become, computed by the reference, and what the target holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import ColumnElement, Connection, Select, not_, select, tuple_

from ferryman.domain.run import Key
from ferryman.tools.databases.dialect import clause
from ferryman.tools.databases.sqlite_guard import LEGACY
from ferryman.tools.prepare.bonds import Bond, bonds
from ferryman.tools.prepare.identity import of_another_source
from ferryman.tools.prepare.misfit import ValuesDoNotFit
from ferryman.tools.prepare.references import LiveReferences
from ferryman.tools.prepare.transform import compiled_as
from ferryman.tools.prove.evidence import Evidence

ROWS = 10_000  #: rows per Arrow batch
_CHUNK = 400  #: keys per query


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
        compiled = self.evidence.compiled
        return pa.Table.from_batches(self._computed(compiled.read(rows).where(named, compiled.in_part(rows))))

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
            outlook=compiled.outlook,
        )
        fits = np.ones(batch.num_rows, bool)
        try:
            return self._settled(compiled.apply(batch, references)), pa.array(fits)
        except ValuesDoNotFit as misfit:
            bad = sorted({row for one in misfit.misfits for row in one.rows})
        fits[bad] = False
        self.unfit += len(bad)
        return self._settled(compiled.apply(batch.filter(pa.array(fits)), references)), pa.array(fits)

    def _settled(self, made: pa.RecordBatch) -> pa.RecordBatch:
        """With references emptied that name no parent, where a decision says so."""
        for bond in self._emptied:
            keys = list(zip(*(made.column(name).to_pylist() for name in bond.columns), strict=True))
            there = self._parents(bond, {key for key in keys if None not in key})
            kept = pa.array([key in there for key in keys])
            for name in bond.columns:
                position = made.schema.get_field_index(name)
                made = made.set_column(position, name, pc.if_else(kept, made.column(position), None))
        return made

    @cached_property
    def _emptied(self) -> tuple[Bond, ...]:
        return tuple(bond for bond in bonds(self.evidence.compiled) if self.evidence.may_be_emptied(bond))

    def _parents(self, bond: Bond, keys: set[tuple[object, ...]]) -> set[tuple[object, ...]]:
        """Those of the keys that are in the target."""
        parent = clause(self.evidence.compiled.target_database.table(bond.parent))
        columns = [parent.c[name] for name in bond.parent_columns]
        found: set[tuple[object, ...]] = set()
        waiting = iter(keys)
        while chunk := list(islice(waiting, _CHUNK)):
            named = columns[0].in_([key[0] for key in chunk]) if len(columns) == 1 else tuple_(*columns).in_(chunk)
            asked = select(*columns).where(named, *self._theirs(bond, columns))
            found.update(tuple(row) for row in self.connection.execute(asked))
        return found

    def _theirs(self, bond: Bond, columns: Sequence[ColumnElement[Any]]) -> Iterator[ColumnElement[bool]]:
        """What else must hold where rows of other legacy tables may have such keys: see `Bond.theirs`."""
        if bond.among_others and bond.feeding is not None and len(columns) == 1:
            parent = compiled_as(bond.child, bond.feeding)
            old = clause(parent.source, schema=LEGACY).alias()
            yield columns[0].in_(select(parent.new_key(old)).select_from(old))
            yield not_(of_another_source(bond.parent, bond.feeding.source, columns[0]))

    def _computed(self, wanted: Select[tuple[object, ...]]) -> Iterator[pa.RecordBatch]:
        compiled = self.evidence.compiled
        for batch in self.evidence.read(self.connection, wanted, compiled.families, ROWS):
            yield self.applied(batch)[0]


def actual(evidence: Evidence, connection: Connection) -> Iterator[pa.RecordBatch]:
    """The target rows that this run created, in the columns that the mapping fills."""
    wanted = evidence.made(evidence.compiled.writes)
    families = [column.family for column in evidence.compared]
    return evidence.read(connection, wanted, families, ROWS)

"""What the reference knows of the batch that it works on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from ferryman.domain.mapping import ColumnMapping, Mapping, Problem, Strategy, TableMapping
from ferryman.domain.schema import Column, Database
from ferryman.tools.prepare.arrow_values import Vector, legacy
from ferryman.tools.prepare.lineage import settled, sources_of
from ferryman.tools.prepare.references import References


@dataclass(frozen=True)
class Batch:
    """Legacy rows of one table on their way, and what is around them."""

    rows: pa.RecordBatch
    table: TableMapping
    mapping: Mapping
    source: Database
    target: Database
    run_started: datetime
    references: References
    folder: Path | None = None  #: where the plan's own functions are

    def key(self) -> list[Vector]:
        """The legacy key of each row."""
        return [legacy(self.rows, name) for name in self.table.key]

    def values(self, mapping: ColumnMapping) -> list[Vector]:
        """What a column's first step takes."""
        return [legacy(self.rows, name) for name in sources_of(self.table, mapping)]

    def column(self, name: str) -> Column:
        """A column of the target."""
        return self.target.table(self.table.target).column(name)

    def settled(self, column: Column, problem: Problem) -> Strategy | None:
        """See `lineage.settled`."""
        return settled(self.table, column, self.target.table(self.table.target).primary_key, problem)

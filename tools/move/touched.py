"""Which legacy rows a batch dealt with, and what the ledger says that it did to the target row of each."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, and_, select

from ferryman.domain.mapping import Conflict
from ferryman.domain.run import BatchRecord
from ferryman.domain.schema import Family
from ferryman.tools.move.additions import in_chunks, keys_filter
from ferryman.tools.move.rowkeys import RowKeys
from ferryman.tools.move.tables import LedgerTables, RowKind
from ferryman.tools.move.variants import within
from ferryman.tools.prepare.conditions import passes
from ferryman.tools.prepare.sqlite_scope import column_of

Position = Any  #: an integer, or a text


@dataclass(frozen=True)
class Touched:
    """The entries of one batch, in memory. Keys are texts, as in the ledger."""

    batch: BatchRecord
    keys: RowKeys
    noted: Mapping[str, RowKind]  #: by source key: rows that have an entry of their own with it
    created: frozenset[str]  #: target keys of rows that were made, one by one
    ranges: tuple[tuple[Position, Position], ...]  #: of target keys, going up; both ends included

    @classmethod
    def by(cls, ledger: LedgerTables, connection: Connection, run: str, batch: BatchRecord, keys: RowKeys) -> Touched:
        """Read what a batch wrote down."""
        row = ledger.row
        wanted = select(row.c.kind, row.c.source_key, row.c.target_key, row.c.target_key_to)
        mine = wanted.filter_by(run_id=run, table_name=batch.table, batch=batch.number)
        noted: dict[str, RowKind] = {}
        created: set[str] = set()
        ranges: list[tuple[Position, Position]] = []
        for kind, source_key, target_key, last in connection.execute(mine):
            if kind == RowKind.PLACEHOLDER:
                continue
            if last is not None:
                ranges.append((_position(target_key, keys), _position(last, keys)))
            elif kind == RowKind.CREATED and target_key is not None:
                created.add(target_key)
            if source_key is not None:
                noted[source_key] = RowKind(kind)
        return cls(batch, keys, noted, frozenset(created), tuple(sorted(ranges)))

    def rows(self, from_: FromClause) -> Iterator[ColumnElement[bool]]:
        """The legacy rows it dealt with, as conditions of which each is met by a bounded number of rows."""
        compiled = self.keys.compiled
        if "+" not in self.batch.number:
            yield within(compiled, from_, self.batch.segment)
            return
        keys = [tuple(json.loads(text)) for text in self.noted]
        for some in in_chunks(keys):
            chosen = keys_filter(compiled.mapping.key, some)
            yield and_(passes(chosen, lambda name: column_of(from_, name), few=True), compiled.in_part(from_))

    def made(self, source_key: str, target_key: str) -> bool:
        """Whether the batch inserted the target row of a legacy row."""
        if self.noted.get(source_key, RowKind.CREATED) is not RowKind.CREATED:
            return False
        return target_key in self.created or self._in_range(target_key)

    def may_change(self, source_key: str) -> bool:
        """Whether it met a row that was there, and the conflict policy lets it be changed."""
        kind, conflict = self.noted.get(source_key), self.keys.compiled.mapping.conflict
        if kind is RowKind.MATCHED:
            return conflict in (Conflict.REPLACE, Conflict.MERGE)
        return kind is RowKind.UPDATED

    def _in_range(self, target_key: str) -> bool:
        if not self.ranges:
            return False
        position = _position(target_key, self.keys)
        before = bisect_right(self.ranges, position, key=lambda one: one[0])
        return before > 0 and position <= self.ranges[before - 1][1]


def _position(text: str, keys: RowKeys) -> Position:
    """Where a key stands among others: ranges are of integers, or of ids whose texts go up as they do."""
    return int(text) if keys.columns[0].family is Family.INTEGER else text

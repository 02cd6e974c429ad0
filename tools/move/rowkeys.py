"""What tells a table's target rows apart, and how the ledger can write down which of them a batch made."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sqlalchemy import ColumnElement, FromClause, Table, and_, exists, func, literal, or_, select

from ferryman.domain.mapping import Derived, Generated, Kept, Shape
from ferryman.domain.schema import Column, Family
from ferryman.tools.databases.dialect import clause
from ferryman.tools.move.keys import key_columns, target_text
from ferryman.tools.move.tables import RowKind
from ferryman.tools.prepare.bonds import among
from ferryman.tools.prepare.brought import in_range, text_of_key
from ferryman.tools.prepare.identity import derive_many
from ferryman.tools.prepare.lineage import policies
from ferryman.tools.prepare.sqlite_values import INTEGER, Expression, stored_in
from ferryman.tools.prepare.transform import CompiledTable


class Record(StrEnum):
    """How created rows are written down."""

    RANGES = "ranges"  #: as ranges: consecutive legacy integers make consecutive target keys
    ROWS = "rows"  #: one by one
    MAP = "map"  #: one by one with the legacy key, before they are inserted: the target's next numbers
    NUMBERED = "numbered"  #: as one range: the target numbers them itself, one after the other
    COUNT = "count"  #: their number only: the table has no key


@dataclass(frozen=True)
class RowKeys:
    """The key of one table's target rows."""

    compiled: CompiledTable

    @cached_property
    def names(self) -> tuple[str, ...]:
        return key_columns(self.compiled.target, self.compiled.mapping)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        return tuple(self.compiled.target.column(name) for name in self.names)

    @cached_property
    def record(self) -> Record:
        """See `Record`. Ranges also need legacy keys that are integers row by row: `integer_keys` asks."""
        if not self.names:
            return Record.COUNT
        if not set(self.names) <= set(self.compiled.writes):
            own = len(self.names) == 1 and self.columns[0].autoincrement and self.columns[0].family is Family.INTEGER
            return Record.NUMBERED if own else Record.COUNT
        matched, policy = policies(self.compiled.mapping)
        if isinstance(policy, Generated):
            return Record.MAP
        return Record.RANGES if matched is None and self._ranged(policy) else Record.ROWS

    def _ranged(self, policy: object) -> bool:
        mapping = self.compiled.mapping
        if len(self.names) != 1 or self.names != mapping.id_columns or len(mapping.key) != 1:
            return False
        if isinstance(policy, Derived):
            return policy.version == 8
        return isinstance(policy, Kept) and self.columns[0].family is Family.INTEGER

    @property
    def integer_keys(self) -> bool:
        """Whether every legacy key is stored as an integer, by its column's declaration."""
        return all(stored_in(self.compiled.source, name) == INTEGER for name in self.compiled.mapping.key)

    def made_from(self, numbers: npt.NDArray[np.int64]) -> list[str]:
        """The target keys of legacy integers, as the ledger writes them. For `Record.RANGES` only."""
        _, policy = policies(self.compiled.mapping)
        if not isinstance(policy, Derived):
            return [str(number) for number in numbers.tolist()]
        namespace, table = self.compiled.plan.namespace, self.compiled.mapping.source
        made = derive_many(namespace, table, [pa.array(numbers)], policy.version, policy.shape).to_pylist()
        keys: list[str] = [target_text([key]) for key in made] if policy.shape is Shape.BINARY else made
        return keys

    def values(self, from_: FromClause) -> dict[str, Expression]:
        """The new key of a legacy row, by target column; {} where it is not known before the insert."""
        if not set(self.names) <= set(self.compiled.writes) or not self.names:
            return {}
        if len(self.names) == 1 and self.names == self.compiled.mapping.id_columns:
            return {self.names[0]: self.compiled.new_key(from_)}
        return {name: self.compiled.asked(name, from_).sql for name in self.names}

    def present(self, from_: FromClause) -> ColumnElement[bool] | None:
        """Whether the target holds a row of a legacy row's key already; None where that cannot be."""
        values = self.values(from_)
        if not values:
            return None
        there = clause(self.compiled.target).alias()
        held = select(*(there.c[name] for name in values))
        return among(list(values.values()), held)

    def text(self, values: dict[str, Expression]) -> Expression:
        """A key as SQL writes it for the ledger: `keys.target_text` of the same values."""
        return text_of_key(self._by_column(values))

    def in_range(self, values: dict[str, Expression], entry: FromClause) -> ColumnElement[bool]:
        """Whether such a key lies in an entry's range: of integers, or of ids whose texts go up as they do."""
        return in_range(self._by_column(values), entry)

    def _by_column(self, values: dict[str, Expression]) -> dict[Column, Expression]:
        return {column: values[column.name] for column in self.columns}


def dealt_with(keys: RowKeys, from_: FromClause, row: Table, run: str) -> ColumnElement[bool]:
    """Whether entries of a run (`row` is their table) speak of a legacy row. None does of one that was skipped or set
    aside, or that only a number stands for."""
    entry = row.alias()
    table, made = keys.compiled.target.name, entry.c.kind != RowKind.PLACEHOLDER.value
    mine = and_(entry.c.run_id == run, entry.c.table_name == table, made)
    by_source = select(entry.c.source_key).where(mine, entry.c.source_key.is_not(None))
    known: list[ColumnElement[bool]] = [keys.compiled.source_key(from_).in_(by_source)]
    if values := keys.values(from_):
        one = select(entry.c.target_key).where(mine, entry.c.target_key.is_not(None), entry.c.target_key_to.is_(None))
        known += [keys.text(values).in_(one), exists(select(literal(1)).where(mine, keys.in_range(values, entry)))]
    return func.coalesce(or_(*known), literal(0)) == 1

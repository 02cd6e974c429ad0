"""Where the reference finds what is in neither the batch nor the plan: keys in the target, values of other tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol

import pyarrow as pa
from sqlalchemy import ColumnElement, Connection, TableClause, and_, literal, or_, select, true
from sqlalchemy.types import NullType

from ferryman.domain.filters import Filter, columns_of, describe
from ferryman.domain.mapping import Generated, Mapping, TableMapping
from ferryman.domain.run import key_text
from ferryman.domain.schema import Database
from ferryman.tools.databases.dialect import clause
from ferryman.tools.prepare.conditions import passes
from ferryman.tools.prepare.identity import FILLED, ROW_MAP, of_this_source
from ferryman.tools.prepare.lineage import key_column, part_of, policies
from ferryman.tools.prepare.outlook import Outlook

_CHUNK = 400  #: keys per query

Row = tuple[Any, ...]
Values = Sequence[Any]  #: one per row, as the legacy database stores them


class References(Protocol):
    """Answers for the rows of one batch; NULL where there is none."""

    def resolve(self, parent: TableMapping, keys: Sequence[Values], position: int = 0) -> pa.Array:
        """The new keys that only the target knows: of rows that are matched, and of rows whose key it generated.

        `keys` holds the values of each column of the parent's legacy key; of a composite new key, the part at
        `position` is given.
        """

    def there(self, parent: str, keys: Sequence[Values], new: Values) -> list[bool]:
        """Whether the parent has a row of that legacy key: in the target, by its `new` key, or still to come."""

    def lookup(self, table: str, by: Sequence[str], value: str, keys: Sequence[Values]) -> pa.Array:
        """A column of another legacy table, of the rows whose columns `by` hold `keys`."""


@dataclass
class LiveReferences:
    """`References` over both databases. What was found is kept: make one per batch, for the target changes."""

    mapping: Mapping
    source: Database
    target: Database
    source_connection: Connection
    target_connection: Connection
    legacy_schema: str | None = None  #: where the source's tables are on their connection
    target_schema: str | None = None
    outlook: Outlook = field(default_factory=Outlook)
    ledger: bool = True  #: whether the target has an id map to ask; before the first run it has none
    _found: dict[tuple[str, ...], dict[Row, Any]] = field(default_factory=dict)

    def resolve(self, parent: TableMapping, keys: Sequence[Values], position: int = 0) -> pa.Array:
        """See `References.resolve`."""
        matched, policy = policies(parent)
        answers: list[Any] = [None] * len(keys[0])
        if matched is not None:
            natural = self._natural(parent, [pair.source for pair in matched.on], keys)
            answers = self._matched(parent, [pair.target for pair in matched.on], natural, position)
        if isinstance(policy, Generated) and None in answers:
            made = self._mapped(parent, keys)
            answers = [theirs if ours is None else ours for ours, theirs in zip(answers, made, strict=True)]
        return _array(answers)

    def there(self, parent: str, keys: Sequence[Values], new: Values) -> list[bool]:
        """See `References.there`."""
        table = self.mapping.by_target[parent]
        key = key_column(self.target, table, 0)
        held = clause(parent, [key], self.target_schema)
        found = self._ask(self.target_connection, held, (key,), key, [(one,) for one in new], ("in the target", true()))
        names = [*table.key, *(columns_of(table.filter) if table.filter else ())]
        from_ = clause(table.source, list(dict.fromkeys(names)), self.legacy_schema)
        comes = self.outlook.comes(table, from_)
        if comes is not None and None in found:
            only = (f"those of {parent} to come", comes)
            coming = self._ask(self.source_connection, from_, table.key, table.key[0], _rows(keys), only)
            found = [ours if theirs is None else theirs for theirs, ours in zip(found, coming, strict=True)]
        return [one is not None for one in found]

    def lookup(self, table: str, by: Sequence[str], value: str, keys: Sequence[Values]) -> pa.Array:
        """See `References.lookup`."""
        return _array(self._legacy(table, by, value, keys))

    def _legacy(
        self, table: str, by: Sequence[str], value: str, keys: Sequence[Values], part: Filter | None = None
    ) -> list[Any]:
        names = [*by, value, *(columns_of(part) if part else ())]
        from_ = clause(table, list(dict.fromkeys(names)), self.legacy_schema)
        only = (describe(part), passes(part, lambda name: from_.c[name])) if part else ("", true())
        return self._ask(self.source_connection, from_, by, value, _rows(keys), only)

    def _natural(self, table: TableMapping, names: Sequence[str], keys: Sequence[Values]) -> list[Row]:
        """What the legacy rows of these keys hold in their natural key's columns."""
        held, part = dict(zip(table.key, keys, strict=True)), part_of(table, self.source.table(table.source))
        return _rows([held[n] if n in held else self._legacy(table.source, table.key, n, keys, part) for n in names])

    def _matched(self, table: TableMapping, names: Sequence[str], natural: list[Row], position: int) -> list[Any]:
        key = key_column(self.target, table, position)
        from_ = clause(table.target, list(dict.fromkeys([*names, key])), self.target_schema)
        return self._ask(self.target_connection, from_, names, key, natural)

    def _mapped(self, table: TableMapping, keys: Sequence[Values]) -> list[Any]:
        """What the id map holds for the legacy keys."""
        if not self.ledger:
            return [None] * len(keys[0])
        sources = [(None,) if None in row else (key_text(row),) for row in _rows(keys)]
        id_map, filled = self._ledger_table(ROW_MAP), self._ledger_table(FILLED)
        mine = (f"map of {table.target}, {table.source}", of_this_source(table.target, table.source, id_map, filled))
        return self._ask(self.target_connection, id_map, ("source_key",), "target_key", sources, mine)

    def _ledger_table(self, table: TableClause) -> TableClause:
        """Where one of the ledger's is on the target's connection: they have a schema of their own on PostgreSQL."""
        on_server = self.target_connection.dialect.name == "postgresql"
        return clause(table.name, [c.name for c in table.columns], "ferryman" if on_server else None)

    def _ask(
        self,
        connection: Connection,
        from_: TableClause,
        by: Sequence[str],
        value: str,
        rows: list[Row],
        only: tuple[str, ColumnElement[bool]] = ("", true()),
    ) -> list[Any]:
        """The value of each row's namesake in a table; of several, one. `only`: of these rows, by a name."""
        known = self._found.setdefault((from_.name, only[0], *by, value), {})
        missing = {_plain(row): row for row in rows if None not in row and _plain(row) not in known}
        waiting = iter(missing.values())
        while chunk := list(islice(waiting, _CHUNK // len(by) ** 2)):
            asked = select(*(from_.c[name] for name in by), from_.c[value]).where(_named(from_, by, chunk))
            if "run_id" in from_.c:  # of several entries of the id map, the last run's
                asked = asked.order_by(from_.c["run_id"].desc())
            for *key, found in connection.execute(asked.where(only[1])):
                known.setdefault(_plain(key), found)
        return [known.get(_plain(row)) for row in rows]


def _named(from_: TableClause, by: Sequence[str], rows: Iterable[Row]) -> ColumnElement[bool]:
    if len(by) == 1:
        return from_.c[by[0]].in_([literal(row[0], NullType()) for row in rows])
    named = (zip(by, row, strict=True) for row in rows)
    return or_(*(and_(*(from_.c[name] == literal(value, NullType()) for name, value in row)) for row in named))


def _rows(keys: Sequence[Values]) -> list[Row]:
    return list(zip(*keys, strict=True))


def _plain(row: Sequence[Any]) -> Row:
    """A key for comparing what databases call equal: the integer 17, the real 17.0 and the text 17 are one."""
    return tuple(str(int(v)) if isinstance(v, float) and v.is_integer() else v if v is None else _text(v) for v in row)


def _text(value: Any) -> Any:
    return value if isinstance(value, str | bytes) else str(value)


def _array(values: list[Any]) -> pa.Array:
    """An array of one type; of text where the values are of several."""
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([None if value is None else str(value) for value in values], pa.string())

"""How many rows of new tables are found again in the old ones, and whether they hold the same. Counts alone leave."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import Connection, Text, cast, select

from ferryman.domain.counterparts import Counterparts, Way
from ferryman.domain.schema import Database, Family
from ferryman.tools.databases.dialect import among, clause
from ferryman.tools.discover.sample import sample

LOOKED_AT = 1_000  #: rows of a target table
_AT_ONCE = 500

Row = Mapping[str, Any]


def counterparts(
    old: Connection, new: Connection, source: Database, target: Database, ways: Iterable[Way]
) -> Iterator[Counterparts]:
    """What comes of each way. Rows are compared by the columns that both have a value in, texts in any case."""
    for way in ways:
        theirs = _rows(new, target, way)
        ours = _found(old, source, way, [row[way.on.target] for row in theirs])
        pairs = [(row, ours[key]) for row in theirs if (key := _spelt(row[way.on.target])) in ours]
        told = [_agrees(way, row, legacy) for row, legacy in pairs]
        known = [agrees for agrees in told if agrees is not None]
        yield Counterparts(way=way, looked=len(theirs), found=len(pairs), compared=len(known), alike=sum(known))


def _rows(connection: Connection, target: Database, way: Way) -> list[Row]:
    table = target.table(way.target)
    from_, names = clause(table), [way.on.target, *(pair.target for pair in way.compared)]
    wanted = sample(connection, table, from_, [from_.c[name].label(f"c{n}") for n, name in enumerate(names)], LOOKED_AT)
    rows = (dict(zip(names, row, strict=True)) for row in connection.execute(wanted))
    return [row for row in rows if row[way.on.target] is not None]


def _found(connection: Connection, source: Database, way: Way, values: list[Any]) -> dict[Any, Row]:
    """The legacy rows that have one of the values, by it as it is compared."""
    table = source.table(way.source)
    from_, names = clause(table), [way.on.source, *(pair.source for pair in way.compared)]
    key, family = from_.c[way.on.source], table.column(way.on.source).family
    value = cast(key, Text) if family is Family.UUID and connection.dialect.name == "postgresql" else key
    looked = list(dict.fromkeys(one if isinstance(one, int | Decimal) else str(one) for one in values))
    found: dict[Any, Row] = {}
    for start in range(0, len(looked), _AT_ONCE):
        asked = select(*(from_.c[name] for name in names)).where(among(value, looked[start : start + _AT_ONCE]))
        for row in connection.execute(asked):
            found.setdefault(_spelt(row[0]), dict(zip(names, row, strict=True)))
    return found


def _agrees(way: Way, theirs: Row, ours: Row) -> bool | None:
    """Whether two rows hold the same in most of the columns; None where there is nothing to compare."""
    both = [(ours[pair.source], theirs[pair.target]) for pair in way.compared]
    filled = [(one, other) for one, other in both if one is not None and other is not None]
    equal = sum(_spelt(one) == _spelt(other) for one, other in filled)
    return equal * 2 > len(filled) if filled else None


def _spelt(value: Any) -> Any:
    """A value as it is compared: the number 17, 17.0 and the text " 17" are one, and so are "Ann" and "ann"."""
    if isinstance(value, bytes):
        return value
    try:
        return Decimal(str(value).strip())
    except InvalidOperation:
        return str(value).strip().casefold()

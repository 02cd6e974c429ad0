"""Rows that could not stand beside others in a SQLite target: its unique indexes over expressions or some of the rows,
asked in a temporary table. Those of servers are asked there, see `trial`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import CompoundSelect, Connection, FromClause, except_, insert, select
from sqlalchemy.exc import DBAPIError

from ferryman.domain.checks import named_in
from ferryman.domain.schema import Apart
from ferryman.tools.databases.dialect import clause
from ferryman.tools.databases.sqlite import SQLite
from ferryman.tools.databases.sqlite_values import quote
from ferryman.tools.prepare.lookahead import Condition, whole_row
from ferryman.tools.prepare.transform import CompiledTable
from ferryman.tools.prepare.trial import chosen, met_before

_BESIDE = "ferryman_beside"

Crowded = CompoundSelect[Any] | str  #: the keys of such rows, or why they are not known


def crowded(
    connection: Connection, compiled: CompiledTable, rows: FromClause, such: Condition, collations: Mapping[str, str]
) -> Iterator[tuple[Apart, Crowded]]:
    """For each such rule, the legacy keys of the rows that could not come beside those before them and those that are
    there. `connection` is one of `side_by_side`; the keys are to be read before the next rule is asked for."""
    if compiled.target_database.dialect != "sqlite":
        return
    for rule in compiled.target.apart:
        yield rule, met_before(compiled) or _crowded(connection, compiled, rows, such, collations, rule)


def _crowded(
    connection: Connection,
    compiled: CompiledTable,
    rows: FromClause,
    such: Condition,
    collations: Mapping[str, str],
    rule: Apart,
) -> Crowded:
    columns = [compiled.target.column(name) for name in named_in(rule.rule, compiled.target)]
    if made := [one.name for one in columns if one.generated]:
        return f"the new database makes {made[0]} itself"
    keys = [key.label(f"ferryman_k{n}") for n, key in enumerate(compiled.key_columns(rows))]
    listed = [f"{quote(one.name)} {one.native} COLLATE {collations.get(one.name, 'BINARY')}" for one in columns]
    values = dict(zip((one.name for one in compiled.target.columns), whole_row(compiled, rows), strict=True))
    new = select(*keys, *(values[one.name] for one in columns)).select_from(rows)
    new = new.where(chosen(compiled, rows, such)).order_by(*compiled.key_columns(rows))
    beside = clause(_BESIDE, [*(key.name for key in keys), *(one.name for one in columns)], schema="temp")
    there, names = clause(compiled.target), [one.name for one in columns]
    try:
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS temp.{_BESIDE}")
        connection.exec_driver_sql(f"CREATE TEMP TABLE {_BESIDE} ({', '.join((*(key.name for key in keys), *listed))})")
        connection.exec_driver_sql(f"CREATE UNIQUE INDEX temp.{_BESIDE}_rule ON {_BESIDE} {rule.rule}")
        held = select(*(there.c[name] for name in names))
        for into, found in ((names, held), ([one.name for one in beside.c], new)):
            connection.execute(insert(beside).prefix_with("OR IGNORE").from_select(into, found))
    except DBAPIError as error:
        return SQLite().translate(error, "asking it").what.rstrip(".")
    came = select(*(beside.c[key.name] for key in keys))
    return except_(select(*keys).select_from(rows).where(chosen(compiled, rows, such)), came)

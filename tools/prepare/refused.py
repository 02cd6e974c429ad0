"""Before a run: rows that were decided to stay away, and of which no row tells by itself that it is one of them.

The target's server refuses them, a CHECK of SQLite does, or they repeat what another row has. Rows that refer to them
are counted as orphans like any others, so their keys are found and kept in temporary tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import CompoundSelect, Connection, Select, TableClause, column, insert, select, table

from ferryman.domain.mapping import Problem, Strategy
from ferryman.tools.databases.connect import Target
from ferryman.tools.databases.dialect import clause
from ferryman.tools.prepare.bonds import bonds
from ferryman.tools.prepare.crowded import crowded
from ferryman.tools.prepare.lookahead import collations_of, keys_of_broken, keys_of_repeated, written
from ferryman.tools.prepare.mirror import beside
from ferryman.tools.prepare.orphans import Ground, Refused
from ferryman.tools.prepare.reach import listed_in, relied_on
from ferryman.tools.prepare.transform import CompiledTable
from ferryman.tools.prepare.trial import What, numbered, refused_on_server

_NUMBERS = "ferryman_numbers"


def refused_ahead(connection: Connection, target: Target, about: Iterable[CompiledTable]) -> dict[str, Refused]:
    """By target table that those asked `about` refer to. `connection` is one of `side_by_side` for these; the tables
    last as long as it does."""
    asked = list(relied_on(about))
    parents = {name for one in asked for name in (*listed_in(one), *(bond.parent for bond in bonds(one)))}
    return {
        one.target.name: _kept(connection, target, beside(one))
        for one in asked
        if one.target.name in parents and _away(one)
    }


def _away(compiled: CompiledTable) -> set[str]:
    """The problems whose rows stay away."""
    return {policy.problem.value for policy in compiled.mapping.policies if policy.strategy is Strategy.QUARANTINE}


def _kept(connection: Connection, target: Target, compiled: CompiledTable) -> Refused:
    away, kept = _away(compiled), dict[What, TableClause]()
    names = [f"k{n}" for n in range(len(compiled.mapping.key))]
    for what, keys in _found(connection, target, compiled):
        if what[1].value not in away:
            continue
        if what not in kept:
            kept[what] = held = clause(f"ferryman_refused_{len(kept)}_{compiled.target.name}", names, schema="temp")
            quoted, listed = connection.dialect.identifier_preparer.quote(held.name), ", ".join(names)
            connection.exec_driver_sql(f"CREATE TABLE temp.{quoted} ({listed}, PRIMARY KEY ({listed})) WITHOUT ROWID")
        connection.execute(insert(kept[what]).prefix_with("OR IGNORE").from_select(names, keys))
    return kept


def _found(
    connection: Connection, target: Target, compiled: CompiledTable
) -> Iterator[tuple[What, Select[Any] | CompoundSelect[Any]]]:
    rows = Ground({}).legacy_rows(compiled)
    collations = collations_of(target, compiled.target)
    yield from keys_of_repeated(connection, compiled, rows, collations)
    such = written(connection, compiled, rows)
    yield from keys_of_broken(compiled, rows, such)
    for rule, crowding in crowded(connection, compiled, rows, such, collations):
        if not isinstance(crowding, str):
            yield (rule.columns, Problem.DUPLICATE), crowding
    for what, numbers in refused_on_server(connection, target, compiled, rows, such).items():
        held = table(_NUMBERS, column("n"))
        connection.exec_driver_sql(f"CREATE TEMP TABLE IF NOT EXISTS {_NUMBERS} (n INTEGER PRIMARY KEY)")
        connection.exec_driver_sql(f"DELETE FROM {_NUMBERS}")
        connection.execute(insert(held).prefix_with("OR IGNORE"), [{"n": number} for number in numbers])
        tried = numbered(compiled, rows, such).subquery()
        number, *keys = tried.c
        yield what, select(*keys).where(number.in_(select(held.c.n)))

"""Before a run: the rows that decisions keep out, of tables whose rows others name beside a type or in lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial

from sqlalchemy import ColumnElement, Connection, FromClause, TableClause, insert, select

from ferryman.tools.databases.dialect import clause
from ferryman.tools.prepare.bonds import among, bonds
from ferryman.tools.prepare.orphans import Ground, Refused, kept_out
from ferryman.tools.prepare.outlook import Outlook, Stays
from ferryman.tools.prepare.reach import listed_in, relied_on
from ferryman.tools.prepare.transform import CompiledTable


def foreseen(
    connection: Connection,
    compiled: Mapping[str, CompiledTable],
    about: Iterable[CompiledTable],
    refused: Mapping[str, Refused],
) -> dict[str, CompiledTable]:
    """The same tables, knowing which rows named by those asked `about` will not come. Their keys are kept in temporary
    tables of the connection, which is one of `side_by_side` for these."""
    out: dict[str, Stays] = {}
    seen = {name: replace(table, outlook=Outlook(out=out)) for name, table in compiled.items()}
    asked = {table.mapping.target: table for table in relied_on(about)}
    listed = {name for table in asked.values() for name in listed_in(table)}
    for name in _parents_first(seen, listed & seen.keys()):
        wanted = kept_out(seen[name], Ground(seen, refused=refused))
        if wanted is None:
            continue
        names = [f"k{n}" for n in range(len(seen[name].mapping.key))]
        held = clause(f"ferryman_stays_{name}", names, schema="temp")
        quoted, columns = connection.dialect.identifier_preparer.quote(held.name), ", ".join(names)
        connection.exec_driver_sql(f"CREATE TABLE temp.{quoted} ({columns}, PRIMARY KEY ({columns})) WITHOUT ROWID")
        connection.execute(insert(held).from_select(names, wanted.distinct()))
        out[name] = partial(_holds, seen[name], held)
    return seen


def _holds(compiled: CompiledTable, held: TableClause, rows: FromClause) -> ColumnElement[bool]:
    return among(compiled.key_columns(rows), select(*held.c))


def _parents_first(compiled: Mapping[str, CompiledTable], listed: set[str]) -> Iterator[str]:
    """The listed tables, each after those that it lists or refers to itself, as far as no ring forbids it."""
    seen = set[str]()

    def visit(name: str) -> Iterator[str]:
        if name in seen or name not in compiled:
            return
        seen.add(name)
        for parent in (*listed_in(compiled[name]), *(bond.parent for bond in bonds(compiled[name]))):
            yield from visit(parent)
        if name in listed:
            yield name

    for name in sorted(listed):
        yield from visit(name)

"""Before a run: the rows that decisions keep out, of tables whose rows others refer to, or name beside a type or in
lists. They are looked for once, and their keys kept in temporary tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, TableClause, insert, select

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
        out[name] = partial(_holds, seen[name], _kept(connection, seen[name], "stays", wanted))
    return seen


def with_those_out(connection: Connection, ground: Ground, about: Iterable[CompiledTable]) -> Ground:
    """The same ground, knowing by temporary tables of the connection which rows stay out of the tables that those asked
    `about` refer to. What it tells is the same: without them each question would look for these rows in itself, and for
    those above them, once for every way that leads to them.

    Tables of a ring are left to that: which of their rows stay out depends on where in the ring one asks.
    """
    out = dict(ground.out)
    known = replace(ground, out=out)
    names = {table.mapping.target for table in relied_on(about)} & ground.compiled.keys()
    parents = {name: _parents(ground.compiled[name]) for name in names}
    referred = {parent for above in parents.values() for parent in above}
    for name in _parents_before_children({name: above - {name} for name, above in parents.items()}):
        if name in referred and (wanted := kept_out(ground.compiled[name], known)) is not None:
            out[name] = _kept(connection, ground.compiled[name], "out", wanted)
    return known


def _parents(compiled: CompiledTable) -> set[str]:
    return {bond.parent for bond in bonds(compiled)}


def _parents_before_children(parents: Mapping[str, set[str]]) -> Iterator[str]:
    """The tables that no ring goes through, each after all those above it."""
    left = {name: {parent for parent in above if parent in parents} for name, above in parents.items()}
    rings = {name for name in left if name in _above(name, left)}
    while ready := sorted(name for name, above in left.items() if name not in rings and above <= rings):
        yield from ready
        for name in ready:
            del left[name]
        left = {name: above - {*ready} for name, above in left.items()}


def _above(name: str, parents: Mapping[str, set[str]]) -> set[str]:
    """The parents of a table, and theirs."""
    found, waiting = set[str](), [name]
    while waiting:
        waiting += (more := parents[waiting.pop()] - found)
        found |= more
    return found


def _kept(connection: Connection, compiled: CompiledTable, what: str, wanted: Select[Any]) -> TableClause:
    """The legacy keys that a select gives, in a temporary table."""
    names = [f"k{n}" for n in range(len(compiled.mapping.key))]
    held = clause(f"ferryman_{what}_{compiled.target.name}", names, schema="temp")
    quoted, columns = connection.dialect.identifier_preparer.quote(held.name), ", ".join(names)
    connection.exec_driver_sql(f"CREATE TABLE temp.{quoted} ({columns}, PRIMARY KEY ({columns})) WITHOUT ROWID")
    connection.execute(insert(held).from_select(names, wanted.distinct()))
    return held


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

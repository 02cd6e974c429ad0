"""Rows that an earlier run brought and that somebody took out of the new database since: a plan that moves their table
brings them again."""

from __future__ import annotations

from sqlalchemy import Connection, FromClause, func, not_, select

from ferryman.domain.mapping import Generated
from ferryman.domain.run import Segment
from ferryman.tools.databases.dialect import clause
from ferryman.tools.prepare.bonds import among
from ferryman.tools.prepare.brought import brought, is_spoken_of
from ferryman.tools.prepare.lineage import policies
from ferryman.tools.prepare.orphans import in_scope
from ferryman.tools.prepare.transform import CompiledTable


def coming_again(connection: Connection, compiled: CompiledTable, rows: FromClause) -> int:
    """How many legacy rows in scope came by an earlier run and are in the target no more; 0 where nothing tells, as of
    a table whose key has several columns. `connection` is one of `side_by_side`."""
    mapping, key = compiled.mapping, compiled.target.primary_key
    known = select(is_spoken_of(mapping.target, mapping.source))
    if len(key) != 1 or not compiled.mapping.id_columns or not connection.execute(known).scalar():
        return 0
    there, new = clause(compiled.target).alias(), compiled.new_key(rows)
    made = {} if isinstance(policies(mapping)[1], Generated) else {compiled.target.column(key[0]): new}
    came = brought(mapping.target, mapping.source, compiled.source_key(rows), made)
    gone = not_(among([new], select(there.c[key[0]])))
    wanted = select(func.count()).select_from(rows).where(in_scope(compiled, rows, Segment()), gone, came)
    return int(connection.execute(wanted).scalar_one())

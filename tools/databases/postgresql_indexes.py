"""References to a PostgreSQL table that no index finds, and the index that does.

With every row that is deleted the server looks for those that refer to it. Without an index it reads the whole table
for that, the rows too that were deleted before.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from ferryman.tools.databases.triggers import run

_PATIENCE = "3s"  #: a table that others are at work in is not waited for

_NUMBER = text("SELECT to_regclass(quote_ident(current_schema()) || '.' || quote_ident(:name))::oid::bigint")
_NO_PATH = text("SELECT set_config('search_path', '', true)")
#: Of every schema; those of partitions stand for themselves in that of their table.
_UNINDEXED = text("""
SELECT DISTINCT c.oid::regclass::text, quote_ident(n.nspname), c.relname, columns.named,
    pg_has_role(c.relowner, 'USAGE') AND has_schema_privilege(n.oid, 'CREATE'), size.pages
FROM pg_constraint AS f JOIN pg_class AS c ON c.oid = f.conrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
    SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY k.place) AS named FROM pg_attribute AS a
    JOIN unnest(f.conkey) WITH ORDINALITY AS k (number, place) ON a.attrelid = c.oid AND a.attnum = k.number
) AS columns
CROSS JOIN LATERAL (
    SELECT coalesce(sum(pg_relation_size(t.relid)), 0)::bigint / 8192 AS pages
    FROM (SELECT c.oid AS relid UNION SELECT relid::oid FROM pg_partition_tree(c.oid)) AS t
) AS size
WHERE f.contype = 'f' AND f.conparentid = 0 AND f.confrelid = :number AND NOT EXISTS (
    SELECT FROM pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid JOIN pg_am AS m ON m.oid = x.relam
    WHERE i.indrelid = c.oid AND i.indisvalid AND i.indpred IS NULL AND m.amname = 'btree'
    AND i.indnkeyatts >= cardinality(f.conkey)
    AND (i.indkey::int2[])[0:cardinality(f.conkey) - 1] <@ f.conkey
    AND (i.indkey::int2[])[0:cardinality(f.conkey) - 1] @> f.conkey
) ORDER BY 1, 4
""")


@dataclass(frozen=True)
class Unindexed:
    """Columns of a table that refer to another, and by which no index finds its rows. Names as the server quotes
    them."""

    table: str  #: with its schema
    schema: str
    name: str  #: the table's own, as it is
    columns: str
    able: bool  #: the role may set up an index there
    pages: int  #: that are read without it, for every row that goes


@dataclass(frozen=True)
class Index:
    """An index that is to go again."""

    table: str  #: as in `Unindexed`
    columns: str
    index: str  #: its name, with the schema


def unindexed(connection: Connection, parent: str) -> tuple[Unindexed, ...]:
    """The references to a table that no index finds. The transaction has no search path after this."""
    number = connection.execute(_NUMBER, {"name": parent}).scalar()
    connection.execute(_NO_PATH)
    return tuple(Unindexed(*row) for row in connection.execute(_UNINDEXED, {"number": number}))


def set_up(connection: Connection, index: Index) -> None:
    """Make it, in the caller's transaction. Who writes into the table waits meanwhile, who reads it does not. A
    Transient error where others are at work in it."""
    run(connection, f"SET LOCAL lock_timeout = '{_PATIENCE}'")
    name = index.index.rpartition(".")[2]
    run(connection, f"CREATE INDEX {name} ON {index.table} ({index.columns})")


def take_down(connection: Connection, index: Index) -> None:
    """Take it away again; nothing happens where it is gone. Transient likewise."""
    run(connection, f"SET LOCAL lock_timeout = '{_PATIENCE}'")
    run(connection, f"DROP INDEX IF EXISTS {index.index}")

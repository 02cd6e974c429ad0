"""Foreign keys of other schemas, or of other databases of a server, that refer to tables of the one we work in."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

_POSTGRESQL = text("""
SELECT n.nspname, c.relname, here.attname, there.attname, f.oid::text
FROM pg_constraint AS f JOIN pg_class AS c ON c.oid = f.conrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL unnest(f.conkey, f.confkey) WITH ORDINALITY AS k (ours, theirs, place)
JOIN pg_attribute AS here ON here.attrelid = f.conrelid AND here.attnum = k.ours
JOIN pg_attribute AS there ON there.attrelid = f.confrelid AND there.attnum = k.theirs
WHERE f.contype = 'f' AND f.conparentid = 0 AND n.nspname <> current_schema()
AND f.confrelid = to_regclass(quote_ident(current_schema()) || '.' || quote_ident(:name))
ORDER BY 1, 2, 5, k.place
""")
_MYSQL = text("""
SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, REFERENCED_COLUMN_NAME, CONSTRAINT_NAME
FROM information_schema.KEY_COLUMN_USAGE
WHERE REFERENCED_TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME = :name AND TABLE_SCHEMA <> DATABASE()
ORDER BY 1, 2, 5, ORDINAL_POSITION
""")
_ASKED = {"postgresql": _POSTGRESQL, "mysql": _MYSQL, "mariadb": _MYSQL}


@dataclass(frozen=True)
class Elsewhere:
    """One such foreign key."""

    schema: str  #: on MariaDB and MySQL a database
    table: str
    columns: tuple[str, ...]
    parent_columns: tuple[str, ...]


def references_from_elsewhere(connection: Connection, table: str) -> tuple[Elsewhere, ...]:
    """Those that refer to a table, as far as the role sees them; none in SQLite, which has no other place."""
    asked = _ASKED.get(connection.dialect.name)
    if asked is None:
        return ()
    found: dict[tuple[str, str, str], list[tuple[str, str]]] = {}
    for schema, child, ours, theirs, name in connection.execute(asked, {"name": table}):
        found.setdefault((schema, child, name), []).append((ours, theirs))
    return tuple(
        Elsewhere(schema, child, tuple(one for one, _ in pairs), tuple(other for _, other in pairs))
        for (schema, child, _), pairs in found.items()
    )

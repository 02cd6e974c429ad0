"""Foreign keys of PostgreSQL taken away and put back just as they were.

A key is known by its definition, as the server prints it with nothing on the search path: every name in full, what
happens on DELETE and UPDATE, MATCH, whether it is deferred. What the catalogue holds of it besides is its comment.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import URL, Connection, text

_PATIENCE = "3s"  #: a table that others are at work in is not waited for

_NUMBER = text("SELECT to_regclass(quote_ident(current_schema()) || '.' || quote_ident(:name))::oid::bigint")
_NO_PATH = text("SELECT set_config('search_path', '', true)")
#: Of a constraint f of a table c to a table p: whole and in force, of no partition, nothing that a person switched off.
_WHOLE = """f.conparentid = 0 AND f.convalidated AND c.relkind = 'r' AND p.relkind = 'r'
    AND NOT EXISTS (SELECT FROM pg_trigger AS t WHERE t.tgconstraint = f.oid AND t.tgenabled <> 'O')"""
_ABLE = "pg_has_role(c.relowner, 'USAGE') AND has_table_privilege(p.oid, 'REFERENCES')"
REMOVABLE = f"{_WHOLE} AND {_ABLE}"  #: and the role may take it away and put it back
_KEYS = text(f"""
SELECT f.conname, quote_ident(f.conname), pg_get_constraintdef(f.oid), obj_description(f.oid, 'pg_constraint'),
    f.conrelid::regclass::text, {_ABLE}
FROM pg_constraint AS f JOIN pg_class AS c ON c.oid = f.conrelid JOIN pg_class AS p ON p.oid = f.confrelid
WHERE f.contype = 'f' AND c.oid = :number AND {_WHOLE} ORDER BY f.conname
""")
#: Of one key: who owns the two tables, whether the role stands for the child's owner, and what `_WHOLE` says.
_OWNED = text(f"""
SELECT c.relowner::regrole::text, p.relowner = c.relowner OR has_table_privilege(p.oid, 'REFERENCES'),
    p.oid::regclass::text, quote_ident(current_user), pg_has_role(c.relowner, 'USAGE'), {_WHOLE}
FROM pg_constraint AS f JOIN pg_class AS c ON c.oid = f.conrelid JOIN pg_class AS p ON p.oid = f.confrelid
WHERE f.contype = 'f' AND f.conname = :name
    AND c.oid = to_regclass(quote_ident(current_schema()) || '.' || quote_ident(:child))
""")


@dataclass(frozen=True)
class Key:
    """A foreign key as it was."""

    name: str
    quoted: str  #: the same as the server quotes it
    table: str  #: likewise, with its schema
    definition: str
    comment: str
    removable: bool  #: the role may take it away and put it back


def kept(url: URL) -> bool:
    """Whether a person asked, by keep_constraints in the URL, that they be left where they are."""
    return str(url.query.get("keep_constraints", "no")).lower() in ("1", "yes", "true", "on")


def keys_of(connection: Connection, table: str) -> tuple[Key, ...]:
    """The foreign keys of a table that could be set aside. The transaction has no search path after this."""
    number = connection.execute(_NUMBER, {"name": table}).scalar()
    connection.execute(_NO_PATH)
    return tuple(
        Key(name, quoted, child, definition, comment or "", removable)
        for name, quoted, definition, comment, child, removable in connection.execute(_KEYS, {"number": number})
    )


def remove(connection: Connection, key: Key) -> None:
    """Take it away where it is there, in the caller's transaction. A Transient error where others are at work in the
    tables."""
    _run(connection, f"SET LOCAL lock_timeout = '{_PATIENCE}'")
    _run(connection, f"ALTER TABLE {key.table} DROP CONSTRAINT IF EXISTS {key.quoted}")


def put_back(connection: Connection, key: Key) -> None:
    """Put it back for every row that is written from now on, with its comment; nothing happens where it is there."""
    there = text("SELECT 1 FROM pg_constraint WHERE conrelid = to_regclass(:child) AND conname = :name")
    if connection.execute(there, {"child": key.table, "name": key.name}).first():
        return
    _run(connection, f"ALTER TABLE {key.table} ADD CONSTRAINT {key.quoted} {key.definition} NOT VALID")
    if key.comment:
        said = connection.execute(text("SELECT quote_literal(:said)"), {"said": key.comment}).scalar()
        _run(connection, f"COMMENT ON CONSTRAINT {key.quoted} ON {key.table} IS {said}")


def validate(connection: Connection, key: Key) -> None:
    """Have every row looked at that is there. A NeedsDecision error where one has no parent."""
    _run(connection, f"ALTER TABLE {key.table} VALIDATE CONSTRAINT {key.quoted}")


def way_out(connection: Connection, child: str, name: str) -> str:
    """What a person does so that a key can be set aside which cannot be."""
    if kept(connection.engine.url):
        return "Take keep_constraints out of the URL."
    owner, refers, parent, role, owns, whole = connection.execute(_OWNED, {"child": child, "name": name}).one()
    if not whole:
        return f"Drop the constraint for the time of the move, or let its columns be empty until then: {name}."
    grants = [] if owns else [f"GRANT {owner} TO {role}"]
    grants += [] if refers else [f"GRANT REFERENCES ON {parent} TO {role}"]
    return f"{'; '.join(grants)}; or give another role."


def _run(connection: Connection, statement: str) -> None:
    connection.exec_driver_sql(statement.replace("%", "%%"))


def ask_at_once(connection: Connection, table: str) -> None:
    """Have what keeps rows of a table apart asked with every statement of this transaction, not at its end."""
    asked = text("""
    SELECT string_agg(format('%I.%I', n.nspname, k.conname), ', ') FROM pg_constraint AS k
    JOIN pg_namespace AS n ON n.oid = k.connamespace
    WHERE k.conrelid = to_regclass(quote_ident(current_schema()) || '.' || quote_ident(:table))
    AND k.condeferrable AND k.contype IN ('p', 'u', 'x')
    """)
    if names := connection.execute(asked, {"table": table}).scalar():
        connection.exec_driver_sql(f"SET CONSTRAINTS {names} IMMEDIATE".replace("%", "%%"))

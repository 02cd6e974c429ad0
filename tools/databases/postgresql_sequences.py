"""Sequences behind columns of PostgreSQL."""

from __future__ import annotations

from sqlalchemy import Connection, text

from ferryman.domain.schema import Table

#: The one that the column owns, else the one that its default takes numbers of, which may be nobody's or another's.
_SEQUENCE = text("""
SELECT coalesce(pg_get_serial_sequence(:table, :column), (
    SELECT s.oid::regclass::text FROM pg_attribute AS a
    JOIN pg_attrdef AS f ON f.adrelid = a.attrelid AND f.adnum = a.attnum
    JOIN pg_depend AS d ON d.classid = 'pg_attrdef'::regclass AND d.objid = f.oid
    JOIN pg_class AS s ON d.refclassid = 'pg_class'::regclass AND s.oid = d.refobjid AND s.relkind = 'S'
    WHERE a.attrelid = CAST(:table AS regclass) AND a.attname = :column LIMIT 1))
""")
_END = text("SELECT seqmax FROM pg_sequence WHERE seqrelid = CAST(:name AS regclass)")
_MOVABLE = text("SELECT has_sequence_privilege(:name, 'SELECT') AND has_sequence_privilege(:name, 'UPDATE')")


def sequence_of(connection: Connection, table: Table, column: str) -> str | None:
    """The sequence that numbers a column, quoted; None where none does that the catalogue knows of."""
    quoted = connection.dialect.identifier_preparer.quote_identifier(table.name)
    found: str | None = connection.execute(_SEQUENCE, {"table": quoted, "column": column}).scalar()
    return found


def raise_to(connection: Connection, sequence: str, number: int) -> None:
    """Never down: a number that was given once is not given again; nor beyond its end. The name comes quoted from the
    catalogue."""
    last, given = connection.exec_driver_sql(f"SELECT last_value, is_called FROM {sequence.replace('%', '%%')}").one()
    wanted = min(number, connection.execute(_END, {"name": sequence}).scalar_one())
    if wanted > 0 and int(last) < wanted + (not given):
        asked = text("SELECT setval(CAST(:sequence AS regclass), :number)")
        connection.execute(asked, {"sequence": sequence, "number": wanted})


def unmovable(connection: Connection, table: Table) -> tuple[str, str] | None:
    """A sequence behind a column of the table that this role may not move, and the role; None where there is none."""
    for column in (column for column in table.columns if column.autoincrement):
        name = sequence_of(connection, table, column.name)
        if name and not connection.execute(_MOVABLE, {"name": name}).scalar():
            return name, str(connection.exec_driver_sql("SELECT quote_ident(current_user)").scalar())
    return None

"""PostgreSQL's catalogue by its own tables: what SQLAlchemy's inspector does not tell, or tells in other words."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from ferryman.domain.checks import named_in
from ferryman.domain.schema import Apart, Column, Database, Family, ForeignKey, Table, Trigger
from ferryman.tools.databases import postgresql_constraints

_HERE = "quote_ident(current_schema())::regnamespace"

_OUTSIDE = f"""
SELECT c.relname, c.relispartition, p.relname, e.extname FROM pg_class AS c
LEFT JOIN pg_inherits AS i ON i.inhrelid = c.oid AND i.inhseqno = 1 LEFT JOIN pg_class AS p ON p.oid = i.inhparent
LEFT JOIN pg_depend AS d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0 AND d.deptype = 'e'
LEFT JOIN pg_extension AS e ON e.oid = d.refobjid
WHERE c.relnamespace = {_HERE} AND c.relkind IN ('r', 'p') AND (i.inhrelid IS NOT NULL OR e.oid IS NOT NULL)
"""

_UNREADABLE = f"""
SELECT relname, concat('GRANT SELECT ON ', oid::regclass, ' TO ', quote_ident(current_user))
FROM pg_class WHERE relnamespace = {_HERE} AND relkind IN ('r', 'p') AND NOT has_table_privilege(oid, 'SELECT')
"""

#: Domains are followed down to the type they stand on; the outermost type modifier counts.
_COLUMNS = f"""
WITH RECURSIVE base AS (
    SELECT a.attrelid, a.attnum, a.atttypid AS typid, a.atttypmod AS typmod, false AS notnull
    FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
    WHERE c.relnamespace = {_HERE} AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT b.attrelid, b.attnum, t.typbasetype, CASE WHEN b.typmod >= 0 THEN b.typmod ELSE t.typtypmod END,
        b.notnull OR t.typnotnull
    FROM base AS b JOIN pg_type AS t ON t.oid = b.typid WHERE t.typtype = 'd'
)
SELECT c.relname, a.attname, format_type(b.typid, b.typmod), t.typname, t.typtype, b.typmod,
    NOT (a.attnotnull OR b.notnull), pg_get_expr(d.adbin, d.adrelid), a.attgenerated, a.attidentity,
    col_description(c.oid, a.attnum), t.oid, l.collname
FROM base AS b JOIN pg_attribute AS a USING (attrelid, attnum) JOIN pg_class AS c ON c.oid = b.attrelid
JOIN pg_type AS t ON t.oid = b.typid
LEFT JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum
LEFT JOIN pg_collation AS l ON l.oid = a.attcollation AND l.collname <> 'default'
WHERE t.typtype <> 'd' ORDER BY c.relname, a.attnum
"""
#: A table that was never analysed has -1; one in partitions is their sum.
_ESTIMATES = f"""
SELECT c.relname, sum(part.reltuples) FROM pg_class AS c
CROSS JOIN LATERAL (
    SELECT relid FROM pg_partition_tree(c.oid) WHERE isleaf AND c.relkind = 'p'
    UNION ALL SELECT c.oid WHERE c.relkind = 'r'
) AS held JOIN pg_class AS part ON part.oid = held.relid
WHERE c.relnamespace = {_HERE} AND c.relkind IN ('r', 'p') AND part.reltuples >= 0 GROUP BY c.oid, c.relname
"""
_MEMBERS = "SELECT enumtypid, enumlabel FROM pg_enum ORDER BY enumtypid, enumsortorder"

_UNIQUES = f"""
SELECT c.relname, x.indexrelid, x.indisprimary, a.attname FROM pg_index AS x JOIN pg_class AS c ON c.oid = x.indrelid
CROSS JOIN LATERAL generate_series(0, x.indnkeyatts - 1) AS k
LEFT JOIN pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[k]
WHERE c.relnamespace = {_HERE} AND x.indisunique AND x.indpred IS NULL AND x.indisvalid
ORDER BY c.relname, x.indexrelid, k
"""
#: Of an index, what follows its name.
_APART = f"""
SELECT c.relname, i.relname, coalesce(pg_get_constraintdef(k.oid),
    substr(pg_get_indexdef(x.indexrelid), length('CREATE UNIQUE INDEX ' || quote_ident(i.relname)) + 1))
FROM pg_index AS x JOIN pg_class AS c ON c.oid = x.indrelid JOIN pg_class AS i ON i.oid = x.indexrelid
LEFT JOIN pg_constraint AS k ON k.conindid = x.indexrelid AND k.conrelid = c.oid AND k.contype = 'x'
WHERE c.relnamespace = {_HERE} AND c.relkind IN ('r', 'p') AND x.indisvalid
AND (k.oid IS NOT NULL OR (x.indisunique AND (x.indpred IS NOT NULL OR x.indexprs IS NOT NULL)))
ORDER BY c.relname, i.relname
"""
_PARTITIONED = f"""
SELECT relname, pg_get_partkeydef(oid) FROM pg_class WHERE relkind = 'p' AND relnamespace = {_HERE}
"""
#: Of a constraint; NOT ENFORCED is of PostgreSQL 18 on.
_ASLEEP = "coalesce((to_jsonb({0}) ->> 'conenforced') = 'false', false)"
#: The last columns: whether the role could not set it aside, as `postgresql_constraints` would, and whether the server
#: does not look for the parents of rows.
_REFERENCES = f"""
SELECT c.relname, f.conname, p.relname, f.confdeltype,
    ARRAY(SELECT a.attname::text FROM unnest(f.conkey) WITH ORDINALITY AS k (n, i)
        JOIN pg_attribute AS a ON a.attrelid = f.conrelid AND a.attnum = k.n ORDER BY k.i),
    ARRAY(SELECT a.attname::text FROM unnest(f.confkey) WITH ORDINALITY AS k (n, i)
        JOIN pg_attribute AS a ON a.attrelid = f.confrelid AND a.attnum = k.n ORDER BY k.i),
    NOT ({postgresql_constraints.REMOVABLE}),
    {_ASLEEP.format("f")}
        OR EXISTS (SELECT FROM pg_trigger AS t WHERE t.tgconstraint = f.oid AND t.tgenabled IN ('D', 'R'))
FROM pg_constraint AS f JOIN pg_class AS c ON c.oid = f.conrelid JOIN pg_class AS p ON p.oid = f.confrelid
WHERE f.contype = 'f' AND f.conparentid = 0 AND c.relnamespace = {_HERE} AND p.relnamespace = {_HERE}
ORDER BY c.relname, f.conname
"""
_CHECKS = f"""
SELECT c.relname, pg_get_expr(k.conbin, k.conrelid), k.conname
FROM pg_constraint AS k JOIN pg_class AS c ON c.oid = k.conrelid
WHERE k.contype = 'c' AND NOT {_ASLEEP.format("k")} AND c.relnamespace = {_HERE} ORDER BY c.relname, k.conname
"""
_DOMAIN_CHECKS = f"""
WITH RECURSIVE domain AS (
    SELECT c.relname, a.attname, a.attnum, t.oid, t.typbasetype FROM pg_attribute AS a
    JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_type AS t ON t.oid = a.atttypid
    WHERE c.relnamespace = {_HERE} AND c.relkind IN ('r', 'p') AND t.typtype = 'd'
    UNION ALL
    SELECT d.relname, d.attname, d.attnum, t.oid, t.typbasetype FROM domain AS d
    JOIN pg_type AS t ON t.oid = d.typbasetype WHERE t.typtype = 'd'
)
SELECT d.relname, regexp_replace(pg_get_expr(k.conbin, 0), '\\mVALUE\\M', quote_ident(d.attname), 'g'), k.conname
FROM domain AS d JOIN pg_constraint AS k ON k.contypid = d.oid WHERE k.contype = 'c'
ORDER BY d.relname, d.attnum, k.conname
"""
#: Those that run for what an ordinary session writes; of a partitioned table, those of its partitions too.
_TRIGGERS = f"""
SELECT DISTINCT ON (c.relname, t.tgname) c.relname, t.tgname, t.tgtype::int,
    CASE WHEN l.lanname = 'plpgsql' THEN f.prosrc ELSE '' END
FROM pg_class AS c
CROSS JOIN LATERAL (SELECT c.oid AS relid UNION SELECT relid::oid FROM pg_partition_tree(c.oid)) AS part
JOIN pg_trigger AS t ON t.tgrelid = part.relid JOIN pg_proc AS f ON f.oid = t.tgfoid
JOIN pg_language AS l ON l.oid = f.prolang
WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND c.relkind IN ('r', 'p') AND c.relnamespace = {_HERE}
ORDER BY c.relname, t.tgname, t.tgrelid = c.oid DESC
"""
_COMMENTS = f"""
SELECT relname, obj_description(oid, 'pg_class') FROM pg_class
WHERE relkind IN ('r', 'p') AND relnamespace = {_HERE}
"""

_WORDS: dict[Family, str] = {
    Family.BOOLEAN: "bool",
    Family.INTEGER: "int2 int4 int8 oid",
    Family.DECIMAL: "numeric money",
    Family.FLOAT: "float4 float8",
    Family.TEXT: "text varchar bpchar char name citext inet cidr macaddr macaddr8 xml",
    Family.DATE: "date",
    Family.TIME: "time",
    Family.TIMESTAMP: "timestamp timestamptz",
    Family.JSON: "json jsonb",
    Family.UUID: "uuid",
    Family.BINARY: "bytea",
}
_BY_NAME = {word: family for family, words in _WORDS.items() for word in words.split()}
_HEAD = re.compile(r"^.+? USING ", re.DOTALL)
_LATER = re.compile(r" DEFERRABLE.*$| NOT VALID$", re.DOTALL)  #: when it is asked: at once, on trial
_ON_DELETE = {"a": "", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}


def outside(connection: Connection) -> Mapping[str, str]:
    """See `Dialect.outside`: partitions and other children (their rows show in the parent), tables of extensions, and
    tables that the role may not read."""
    unreadable = connection.exec_driver_sql(_UNREADABLE)
    found = {name: f"this role may not read it; {grant} would bring it in" for name, grant in unreadable}
    for name, partition, parent, extension in connection.exec_driver_sql(_OUTSIDE):
        kind = f"a partition of {parent}" if partition else f"inherits from {parent}"
        found[name] = f"part of the extension {extension}" if extension else f"{kind}, where its rows are seen"
    return found


def complete(connection: Connection, database: Database) -> Database:
    """See `Dialect.complete`."""
    columns = _columns(connection)
    primary, uniques = _unique_sets(connection)
    references = _by_table(connection, _REFERENCES)
    checks, domain_checks = _by_table(connection, _CHECKS), _by_table(connection, _DOMAIN_CHECKS)
    triggers, comments = _by_table(connection, _TRIGGERS), _by_table(connection, _COMMENTS)
    apart, parted = _by_table(connection, _APART), _by_table(connection, _PARTITIONED)
    kept = postgresql_constraints.kept(connection.engine.url)
    tables = [
        table.model_copy(
            update={
                "columns": columns[table.name],
                "primary_key": primary.get(table.name, ()),
                "uniques": tuple(dict.fromkeys(uniques[table.name])),
                "foreign_keys": tuple(_foreign_key(*row, kept=kept) for row in references[table.name]),
                "checks": tuple(row[0] for row in (*checks[table.name], *domain_checks[table.name])),
                "check_names": tuple(row[1] for row in (*checks[table.name], *domain_checks[table.name])),
                "triggers": tuple(_trigger(*row) for row in triggers[table.name]),
                "apart": tuple(_apart(*row, table=table) for row in apart[table.name]),
                "partitioned_by": named_in(parted[table.name][0][0], table) if table.name in parted else (),
                "comment": comments[table.name][0][0] or "",
            }
        )
        for table in database.tables
        if table.name in columns
    ]
    return Database(dialect=database.dialect, tables=tuple(tables))


def estimates(connection: Connection) -> Mapping[str, int]:
    """See `Dialect.estimates`."""
    return {name: int(rows) for name, rows in connection.exec_driver_sql(_ESTIMATES)}


def _by_table(connection: Connection, sql: str) -> dict[str, list[tuple[Any, ...]]]:
    found: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for table, *facts in connection.exec_driver_sql(sql):
        found[table].append(tuple(facts))
    return found


def _apart(name: str, definition: str, *, table: Table) -> Apart:
    rule = _LATER.sub("", definition) if definition.startswith("EXCLUDE") else _HEAD.sub("USING ", definition, count=1)
    return Apart(name=name, columns=named_in(rule, table), rule=rule)


_ON = {4: "insert", 16: "update", 8: "delete"}  #: bits of `pg_trigger.tgtype`; 2 is BEFORE


def _trigger(name: str, bits: int, body: str) -> Trigger:
    events = tuple(event for bit, event in _ON.items() if bits & bit)
    return Trigger(name=name, events=events, before=bool(bits & 2), body=body)


def _columns(connection: Connection) -> dict[str, tuple[Column, ...]]:
    members: dict[int, list[str]] = defaultdict(list)
    for number, label in connection.exec_driver_sql(_MEMBERS):
        members[number].append(label)
    found = _by_table(connection, _COLUMNS)
    return {table: tuple(_column(*facts, members=members) for facts in rows) for table, rows in found.items()}


def _column(*facts: Any, members: Mapping[int, list[str]]) -> Column:
    name, native, base, kind, modifier, nullable, default, generated, identity, comment, number, collation = facts
    family = Family.ENUM if kind == "e" else _BY_NAME.get(base, Family.OTHER)
    precision, scale = _numeric(modifier) if base == "numeric" and modifier >= 4 else (None, None)
    counting = bool(identity) or (default or "").startswith("nextval(")
    return Column(
        name=name,
        native=native,
        family=family,
        nullable=nullable,
        default=None if generated or (default or "").upper().startswith("NULL::") else default,
        length=modifier - 4 if base in ("varchar", "bpchar") and modifier >= 4 else None,
        precision=precision,
        scale=scale,
        generated=bool(generated),
        autoincrement=counting,
        members=tuple(members.get(number, ())) if kind == "e" else (),
        comment=comment or "",
        collation=collation or "",
    )


def _numeric(modifier: int) -> tuple[int, int]:
    """Precision and scale of a numeric; the scale has eleven bits, the highest its sign."""
    packed = modifier - 4
    scale = packed & 0x7FF
    return (packed >> 16) & 0xFFFF, scale - 0x800 if scale >= 0x400 else scale


def _unique_sets(
    connection: Connection,
) -> tuple[dict[str, tuple[str, ...]], dict[str, list[tuple[str, ...]]]]:
    """Primary keys and other unique sets of whole columns; an index over an expression is none."""
    sets: dict[tuple[str, int, bool], list[str | None]] = defaultdict(list)
    for table, index, is_primary, column in connection.exec_driver_sql(_UNIQUES):
        sets[table, index, is_primary].append(column)
    primary: dict[str, tuple[str, ...]] = {}
    uniques: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for (table, _, is_primary), names in sets.items():
        whole = tuple(name for name in names if name is not None)
        if is_primary:
            primary[table] = whole
        elif len(whole) == len(names):
            uniques[table].append(whole)
    return primary, uniques


def _foreign_key(*facts: Any, kept: bool) -> ForeignKey:
    name, parent, on_delete, columns, parent_columns, fixed, asleep = facts
    return ForeignKey(
        columns=tuple(columns),
        parent=parent,
        parent_columns=tuple(parent_columns),
        name=name,
        on_delete=_ON_DELETE[on_delete],
        stays=kept or fixed,
        asleep=asleep,
    )

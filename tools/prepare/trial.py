"""New values tried on the target's server, in temporary tables that go with the transaction: what only it can judge.

Its CHECK constraints are written in its own SQL, and texts of some of its types (addresses, ranges, arrays) only it can
read. The values go there as a copy would write them, without the table's other rules, and are counted; none stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, and_, func, literal, not_, select, text

from ferryman.domain.checks import named_in
from ferryman.domain.errors import FerrymanError, Transient
from ferryman.domain.fit_values import has_a_form, is_geometry
from ferryman.domain.mapping import Conflict, Matched, Problem
from ferryman.domain.schema import Apart, Column, Family, Table
from ferryman.tools.databases.connect import Target
from ferryman.tools.databases.sqlite import SQLite
from ferryman.tools.databases.triggers import run
from ferryman.tools.prepare.mirror import ROWS
from ferryman.tools.prepare.transform import CompiledTable

What = tuple[tuple[str, ...], Problem]  #: target columns, and what is wrong with them
Found = dict[What, int]
Condition = ColumnElement[bool]
Hits = dict[What, list[int]]

_NUMBER = Column(name="ferryman_n", native="bigint", family=Family.INTEGER)  #: of a row, counted in the order of keys
_TRIED = "ferryman_tried"
_APART = "ferryman_apart"
_JSON = re.compile(r"json_valid\(`[^`]+`\)", re.IGNORECASE)  #: how MariaDB knows a JSON column: looked at already
#: The parts of an index of MariaDB's.
_PARTS = """
SELECT s.column_name, s.sub_part, c.generation_expression
FROM information_schema.statistics AS s
JOIN information_schema.columns AS c USING (table_schema, table_name, column_name)
WHERE s.table_schema = DATABASE() AND s.table_name = :table AND s.index_name = :name ORDER BY s.seq_in_index
"""
_MEMBER = re.compile(r"'((?:[^']|'')*)'")


def try_on_server(
    connection: Connection, target: Target, compiled: CompiledTable, rows: FromClause, such: Condition
) -> tuple[Found, tuple[str, ...]]:
    """Such rows whose new values the server would refuse, and what could not be tried, a sentence each. `connection` is
    one of `side_by_side`; rows that do not fit for another reason are none of these."""
    if compiled.target_database.dialect == "sqlite":
        return {}, ()
    found, untried = _tried(_Trial(connection, target, compiled, rows, such))
    return {what: sum(counts) for what, counts in found.items() if sum(counts)}, untried


def refused_on_server(
    connection: Connection, target: Target, compiled: CompiledTable, rows: FromClause, such: Condition
) -> Hits:
    """The same rows by their numbers, as `numbered` gives them."""
    if compiled.target_database.dialect == "sqlite":
        return {}
    return _tried(_Trial(connection, target, compiled, rows, such, by_number=True))[0]


def numbered(compiled: CompiledTable, rows: FromClause, such: Condition) -> Select[Any]:
    """The keys of the rows that are tried, behind the number of each."""
    keys = compiled.key_columns(rows)
    wanted = select(_number(compiled, rows), *(key.label(f"k{n}") for n, key in enumerate(keys)))
    return wanted.select_from(rows).where(chosen(compiled, rows, such))


def chosen(compiled: CompiledTable, rows: FromClause, such: Condition) -> Condition:
    """The rows that are tried."""
    return and_(compiled.in_filter(rows), not_(compiled.failing(rows)), such)


def met_before(compiled: CompiledTable) -> str:
    """Why what keeps rows apart cannot be asked of new rows alone: they may take the place of some; "" where it can."""
    mapping = compiled.mapping
    meets = isinstance(mapping.identity, Matched) or mapping.conflict is not Conflict.STOP
    return "rows of it may be there already" if meets else ""


def _number(compiled: CompiledTable, rows: FromClause) -> ColumnElement[int]:
    return func.row_number().over(order_by=compiled.key_columns(rows)).label(_NUMBER.name)


def _tried(trial: _Trial) -> tuple[Hits, tuple[str, ...]]:
    compiled = trial.compiled
    special = [column for column in trial.written if trial.only_there(column)]
    checks = [check for check in compiled.target.checks if not _JSON.fullmatch(check)]
    found: Hits = {}
    untried: list[str] = []
    if special:
        counts = trial.unreadable(special)
        if isinstance(counts, str):
            names = ", ".join(column.name for column in special)
            untried.append(
                f"Whether texts are values of {names} of {compiled.target.name} could not be tried before: {counts}. "
                "The new database looks at every row when it comes; one that it refuses is asked about then."
            )
        else:
            found |= {((name,), Problem.UNCASTABLE): hits for name, hits in counts.items() if any(hits)}
    unfit = {columns[0] for columns, _ in found}
    if checks:
        _add_broken(trial, checks, unfit, found, untried)
    if trial.compiled.target.partitioned_by and (parts := trial.partitions()):
        _add_homeless(trial, parts, unfit, found, untried)
    for rule, count in trial.crowded(compiled.target.apart, unfit):
        if isinstance(count, str):
            untried.append(untried_text(compiled.target, f"{rule.name} ({rule.rule})", count))
        else:
            found[rule.columns, Problem.CHECK_FAILED if rule.excludes else Problem.DUPLICATE] = count
    return found, tuple(untried)


def _add_broken(trial: _Trial, checks: Sequence[str], unfit: set[str], found: Hits, untried: list[str]) -> None:
    table, able = trial.compiled.target, list[str]()
    for check in checks:
        if why := trial.why_not(check, unfit):
            untried.append(untried_text(table, check, why))
        else:
            able.append(check)
    for check, count in zip(able, trial.broken(able), strict=True):
        if isinstance(count, str):
            untried.append(untried_text(table, check, count))
        else:
            columns = (named_in(check, table), Problem.CHECK_FAILED)
            found[columns] = [*found.get(columns, []), *count]


def _add_homeless(trial: _Trial, parts: str, unfit: set[str], found: Hits, untried: list[str]) -> None:
    """Rows that no partition takes."""
    why = trial.why_not(parts, unfit)
    count = why or trial.broken([parts])[0]
    if isinstance(count, str):
        untried.append(untried_text(trial.compiled.target, "that a partition takes each row", count))
    else:
        found[trial.compiled.target.partitioned_by, Problem.CHECK_FAILED] = count


def untried_text(table: Table, check: str, why: str) -> str:
    """That a rule was not asked ahead, in a sentence or two."""
    return (
        f"The rule {check} of {table.name} could not be tried before: {why}. The new database asks it of every row "
        "when it comes; one that breaks it stops its batch, and is asked about then."
    )


@dataclass(frozen=True)
class _Trial:
    """One table's new values on their way to the server and away again."""

    connection: Connection
    target: Target
    compiled: CompiledTable
    rows: FromClause
    such: Condition  #: the rows that are tried
    by_number: bool = False  #: what is found is each row's number, and not one count of them

    @property
    def written(self) -> list[Column]:
        return [self.compiled.target.column(name) for name in self.compiled.writes]

    @property
    def _postgresql(self) -> bool:
        return self.target.dialect.name == "postgresql"

    @property
    def _text(self) -> str:
        return "text" if self._postgresql else "longtext"

    def only_there(self, column: Column) -> bool:
        """Whether only the server can tell if a text is a value of the column."""
        if column.native.lower() == "jsonb":
            return self._escaped(column)
        if column.family is not Family.OTHER and not has_a_form(column):
            return False
        mapped = self.compiled.mapping.by_target[column.name]
        ours = [self.compiled.source.by_name.get(name) for name in mapped.source]
        return not (len(ours) == 1 and ours[0] and ours[0].native == column.native and len(mapped.steps) <= 1)

    def _escaped(self, column: Column) -> bool:
        """Whether JSON has escapes of which a jsonb takes not all: the halves of a letter beyond the first plane."""
        value = self.compiled.asked(column.name, self.rows).sql
        odd = select(literal(1)).select_from(self.rows).where(self.compiled.in_filter(self.rows))
        odd = odd.where(value.like(r"%\ud%"))  # letter case makes no difference
        return self.connection.execute(odd.limit(1)).first() is not None

    def unreadable(self, columns: Sequence[Column]) -> dict[str, list[int]] | str:
        """By column, the rows whose text is no value of it; or why the server did not tell."""
        texts = [column.but(native="text", family=Family.TEXT) for column in columns]
        with self.target.connect("trying new values") as there:
            try:
                with self.target.told("trying texts"):
                    self._table(there, [f"{self._quoted(column.name)} {self._text}" for column in columns])
                    self._fill(there, texts)
                    told = [self._unread(there, number, column) for number, column in enumerate(columns)]
                    hits = [self._found(there, where) for where in told]
            except Transient:
                raise
            except FerrymanError as error:
                return error.what.rstrip(".")
            finally:
                there.rollback()
        return {column.name: found for column, found in zip(columns, hits, strict=True)}

    def _found(self, there: Connection, where: str) -> list[int]:
        """The rows in the temporary table for which a condition holds: their numbers, or how many they are."""
        wanted = _NUMBER.name if self.by_number else "count(*)"
        sql = f"SELECT {wanted} FROM {_TRIED} WHERE {where}"
        return [int(one) for one in there.exec_driver_sql(sql.replace("%", "%%")).scalars()]

    def _unread(self, there: Connection, number: int, column: Column) -> str:
        """A condition: a text that is there and is no value of the column's type."""
        name = self._quoted(column.name)
        if self._postgresql:
            run(
                there,
                f"CREATE FUNCTION pg_temp.ferryman_reads_{number}(said text) RETURNS boolean LANGUAGE plpgsql AS "
                f"$ferryman$ DECLARE it {column.native}; BEGIN it := said; RETURN true; "
                "EXCEPTION WHEN others THEN RETURN false; END $ferryman$",
            )
            return f"{name} IS NOT NULL AND NOT pg_temp.ferryman_reads_{number}({name})"
        word = column.native.lower()
        if is_geometry(column, "mysql"):  # what is loaded as a text is never one
            return f"{name} IS NOT NULL"
        if word in ("inet4", "inet6"):
            return f"{name} IS NOT NULL AND CAST({name} AS {word}) IS NULL"
        if word.startswith("set("):
            members = "|".join(re.escape(member.replace("''", "'")) for member in _MEMBER.findall(column.native))
            pattern = f"^({members})(,({members}))*$".replace("'", "''")  # a backslash is itself in our sessions
            return f"{name} <> '' AND {name} NOT REGEXP '{pattern}'"
        return "false"

    def why_not(self, check: str, unfit: set[str]) -> str:
        """Why a CHECK cannot be asked of the new values alone; "" where it can."""
        for name in named_in(check, self.compiled.target):
            column = self.compiled.target.column(name)
            if name in unfit:
                return f"values of {name} are none of its type"
            if name not in self.compiled.writes and (column.generated or column.autoincrement):
                return f"the new database makes {name} itself"
        return ""

    def broken(self, checks: Sequence[str]) -> list[list[int] | str]:
        """For each CHECK the rows that break it, or why the server did not tell."""
        table = self.compiled.target
        names = dict.fromkeys(name for check in checks for name in named_in(check, table))
        columns = [table.column(name) for name in names]
        if not columns:
            return ["it names no column"] * len(checks)
        with self.target.connect("trying new values") as there:
            try:
                with self.target.told("trying new values"):
                    self._like(there, columns)
                    self._fill(there, [column for column in columns if column.name in self.compiled.writes])
                return [self._count(there, check) for check in checks]
            except Transient:
                raise
            except FerrymanError as error:
                return [error.what.rstrip(".")] * len(checks)
            finally:
                there.rollback()

    def partitions(self) -> str:
        """A condition of the rows that some partition takes; empty where none has one."""
        sql = (
            "SELECT string_agg(format('(%%s)', pg_get_partition_constraintdef(relid)), ' OR ') "
            "FROM pg_partition_tree(CAST(%(name)s AS regclass)) WHERE isleaf AND level > 0"
        )
        with self.target.connect("looking for partitions", reading=True) as there:
            return str(there.exec_driver_sql(sql, {"name": self._quoted(self.compiled.target.name)}).scalar() or "")

    def crowded(self, rules: Sequence[Apart], unfit: set[str]) -> Iterator[tuple[Apart, list[int] | str]]:
        """For each of what keeps rows apart, the rows that could not come beside those before them and those that are
        there; or why that is not known."""
        for rule in rules:
            yield rule, met_before(self.compiled) or self.why_not(rule.rule, unfit) or self._crowded(rule)

    def _crowded(self, rule: Apart) -> list[int] | str:
        with self.target.connect("trying new values") as there:
            try:
                with self.target.told("trying new values"):
                    tried = self._beside if self._postgresql else self._alike
                    return self._found(there, tried(there, rule))
            except Transient:
                raise
            except FerrymanError as error:
                return error.what.rstrip(".")
            finally:
                there.rollback()

    def _beside(self, there: Connection, rule: Apart) -> str:
        """A condition of the rows that did not go into a table with that rule alone."""
        columns = [self.compiled.target.column(name) for name in rule.columns]
        listed = ", ".join(self._quoted(name) for name in rule.columns)
        made = (
            f"ALTER TABLE {_APART} ADD {rule.rule}" if rule.excludes else f"CREATE UNIQUE INDEX ON {_APART} {rule.rule}"
        )
        self._like(there, columns)
        self._fill(there, [column for column in columns if column.name in self.compiled.writes])
        from_ = f"SELECT {listed}, CAST(NULL AS bigint) AS {_NUMBER.name}"
        from_ = f"{from_} FROM {self._quoted(self.compiled.target.name)}"
        run(there, f"CREATE TEMPORARY TABLE {_APART} ON COMMIT DROP AS {from_}")
        run(there, made)
        new = f"SELECT {listed}, {_NUMBER.name} FROM {_TRIED} ORDER BY {_NUMBER.name}"
        run(there, f"INSERT INTO {_APART} {new} ON CONFLICT DO NOTHING")
        came = f"SELECT 1 FROM {_APART} AS came WHERE came.{_NUMBER.name} = {_TRIED}.{_NUMBER.name}"
        return f"NOT EXISTS ({came})"

    def _alike(self, there: Connection, rule: Apart) -> str:
        """A condition of the rows that have in all parts of an index what a row before them has, or one that is there.
        What the database computes is computed as it says, in columns like its own."""
        target = self.compiled.target
        parts = [tuple(row) for row in there.execute(text(_PARTS), {"table": target.name, "name": rule.name})]
        made = {name: expression for name, _, expression in parts if expression}
        columns = [target.column(name) for name in dict.fromkeys((*rule.columns, *made))]
        self._like(there, columns)
        self._fill(there, [column for column in columns if column.name in self.compiled.writes])
        if made:
            run(there, f"UPDATE {_TRIED} SET {', '.join(f'{self._quoted(n)} = ({e})' for n, e in made.items())}")
        ours, theirs = ([self._part(of, name, length) for name, length, _ in parts] for of in (_TRIED, "met"))
        whole = " AND ".join(f"{part} IS NOT NULL" for part in ours)
        number = f"{_TRIED}.{_NUMBER.name}"
        placed = f"row_number() OVER (PARTITION BY {', '.join(ours)} ORDER BY {number}) AS place"
        later = f"SELECT n FROM (SELECT {number} AS n, {placed} FROM {_TRIED} WHERE {whole}) AS placed WHERE place > 1"
        same = " AND ".join(f"{one} = {other}" for one, other in zip(theirs, ours, strict=True))
        met = f"SELECT 1 FROM {self._quoted(target.name)} AS met WHERE {same}"
        return f"{whole} AND ({_NUMBER.name} IN ({later}) OR EXISTS ({met}))"

    def _part(self, of: str, column: str, length: int | None) -> str:
        whole = f"{of}.{self._quoted(column)}"
        return f"left({whole}, {length})" if length else whole

    def _count(self, there: Connection, check: str) -> list[int] | str:
        point = there.begin_nested()
        try:
            with self.target.told("asking it"):
                return self._found(there, f"NOT ({check})")
        except Transient:
            raise
        except FerrymanError as error:
            return error.what.rstrip(".")
        finally:
            if point.is_active:
                point.rollback()

    def _like(self, there: Connection, columns: Sequence[Column]) -> None:
        """A table with columns of the same types, their defaults, and no other rule."""
        target = self._quoted(self.compiled.target.name)
        if not self._postgresql:
            run(there, f"DROP TEMPORARY TABLE IF EXISTS {_TRIED}")
            listed = ", ".join(self._quoted(column.name) for column in columns)
            number = f"CAST(0 AS SIGNED) AS {_NUMBER.name}"
            run(there, f"CREATE TEMPORARY TABLE {_TRIED} AS SELECT {listed}, {number} FROM {target} LIMIT 0")
            return
        listed = ", ".join(f"CAST({n} AS {c.native}) AS {n}" for c in columns for n in [self._quoted(c.name)])
        listed = f"{listed}, CAST(0 AS bigint) AS {_NUMBER.name}"
        run(there, f"CREATE TEMPORARY TABLE {_TRIED} ON COMMIT DROP AS SELECT {listed} FROM {target} WITH NO DATA")
        for column in columns:
            if column.default is not None and column.name not in self.compiled.writes:
                name = self._quoted(column.name)
                run(there, f"ALTER TABLE {_TRIED} ALTER COLUMN {name} SET DEFAULT {column.default}")

    def _table(self, there: Connection, columns: Sequence[str]) -> None:
        if not self._postgresql:
            run(there, f"DROP TEMPORARY TABLE IF EXISTS {_TRIED}")
        end = " ON COMMIT DROP" if self._postgresql else " CHARACTER SET utf8mb4"
        run(there, f"CREATE TEMPORARY TABLE {_TRIED} ({', '.join(columns)}, {_NUMBER.name} bigint){end}")

    def _fill(self, there: Connection, columns: Sequence[Column]) -> None:
        columns = (*columns, _NUMBER)
        wanted: Select[Any] = select(*self._values(columns)).select_from(self.rows)
        batches = SQLite().read(
            self.connection,
            wanted.where(chosen(self.compiled, self.rows, self.such)),
            [column.family for column in columns],
            ROWS,
        )
        self.target.dialect.load(there, Table(name=_TRIED, columns=tuple(columns)), batches)

    def _values(self, columns: Sequence[Column]) -> Iterator[ColumnElement[Any]]:
        for column in columns:
            if column == _NUMBER:
                yield _number(self.compiled, self.rows)
            else:
                yield self.compiled.foreseen(column.name, self.rows).label(column.name)

    def _quoted(self, name: str) -> str:
        return str(self.target.engine.dialect.identifier_preparer.quote_identifier(name))

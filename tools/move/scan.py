"""One look at a key range before it is moved: where it ends, how many rows it holds, whether anything is wrong with
them. What is wrong is only counted apart, kind by kind, when something is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import ColumnElement, Connection, FromClause, and_, case, func, or_, select

from ferryman.domain.mapping import Problem
from ferryman.domain.run import Key, Segment
from ferryman.tools.move.foreign import ForeignCheck
from ferryman.tools.move.losers import Losers
from ferryman.tools.move.records import Scope
from ferryman.tools.move.rowkeys import RowKeys
from ferryman.tools.move.scope import as_key
from ferryman.tools.move.variants import pushable, within
from ferryman.tools.prepare.sqlite_values import INTEGER, stored_in
from ferryman.tools.prepare.transform import CompiledTable


@dataclass(frozen=True)
class Obstacle:
    """One class of rows that cannot go as they are. `where` is true or false, never NULL."""

    problem: Problem
    columns: tuple[str, ...]  #: target columns
    where: ColumnElement[bool]
    check: ForeignCheck | None = None  #: the reference, for missing parents
    stood_in: bool = False  #: the row that the target holds is a placeholder of ours: the real one takes its place


@dataclass(frozen=True)
class Look:
    """What a key range holds, by the legacy rows alone."""

    segment: Segment  #: `rows` is how many pass the filter
    source: int  #: rows, filtered or not
    odd_keys: int = 0  #: rows that pass the filter and whose key is not stored as an integer

    @property
    def rows(self) -> int:
        return self.segment.rows


@dataclass(frozen=True)
class Sight:
    """The legacy rows of a table on one connection, and how to look at them."""

    connection: Connection
    compiled: CompiledTable
    from_: FromClause
    scope: Scope
    values: bool = True  #: whether to judge the rows' own values: not where preflight did

    def look(self, after: Key | None, rows: int) -> Look:
        """The range of the next `rows` rows that pass the filter; the last one reaches to the end of the scope."""
        if self.scope.upper is None:
            return Look(Segment(after=after), 0)
        segment = self.segment(after, rows)
        source, passing = (rows, rows) if segment.rows and self._unfiltered else self._counts(segment)
        return Look(segment.but(rows=passing), source, self._odd_keys(segment))

    @property
    def _unfiltered(self) -> bool:
        return self.compiled.mapping.filter is None

    def _counts(self, segment: Segment) -> tuple[int, int]:
        """The rows of a range, and those that pass the filter."""
        counts: list[ColumnElement[int]] = [func.count()]
        if not self._unfiltered:
            counts.append(count_where(self.compiled.in_filter(self.from_)))
        wanted = select(*counts).select_from(self.from_).where(within(self.compiled, self.from_, segment))
        row = self.connection.execute(wanted).one()
        return int(row[0]), int(row[-1])

    def failing(self, segment: Segment) -> int:
        """The rows that pass the filter and would fail by their own values, where these are judged."""
        return self.count(segment, self._fails) if self.values else 0

    @cached_property
    def _fails(self) -> ColumnElement[bool]:
        return pushable(self.compiled).failing(self.from_)

    def _odd_keys(self, segment: Segment) -> int:
        keys = self.compiled.key_columns(self.from_)
        if all(stored_in(self.compiled.source, name) == INTEGER for name in self.compiled.mapping.key):
            return 0
        return self.count(segment, or_(*(func.typeof(key) != "integer" for key in keys)))

    def count(self, segment: Segment, condition: ColumnElement[bool]) -> int:
        """The rows of a range that pass the filter and meet a condition."""
        chosen = [within(self.compiled, self.from_, segment), self.compiled.in_filter(self.from_), condition]
        return int(self.connection.execute(select(func.count()).select_from(self.from_).where(*chosen)).scalar_one())

    def segment(self, after: Key | None, rows: int) -> Segment:
        """Where that range ends. `Segment.rows` is how many pass the filter, or 0 for the last range: not counted."""
        keys = self.compiled.key_columns(self.from_)
        left = within(self.compiled, self.from_, Segment(after=after, upto=self.scope.upper))
        ends = (
            select(*keys)
            .select_from(self.from_)
            .where(left, self.compiled.in_filter(self.from_))
            .order_by(*keys)
            .limit(2)
            .offset(rows - 1)
        )
        found = self.connection.execute(ends).all()
        if len(found) == 2:
            return Segment(after=after, upto=as_key(found[0]), rows=rows)
        return Segment(after=after, upto=self.scope.upper)

    def tally(self, segment: Segment, obstacles: Sequence[Obstacle]) -> tuple[tuple[Obstacle, int], ...]:
        """The obstacles that occur in a range, with the rows that have them."""
        if len(obstacles) < 2:
            return tuple((one, rows) for one in obstacles if (rows := self.count(segment, one.where)))
        chosen = [within(self.compiled, self.from_, segment), self.compiled.in_filter(self.from_)]
        counts = [count_where(obstacle.where) for obstacle in obstacles]
        row = self.connection.execute(select(*counts).select_from(self.from_).where(*chosen)).one()
        return tuple((o, count) for o, count in zip(obstacles, row, strict=True) if count)


def value_obstacles(compiled: CompiledTable, from_: FromClause) -> tuple[Obstacle, ...]:
    """What can be wrong with a row by its own values."""
    return tuple(Obstacle(p, (name,), where) for (name, p), where in pushable(compiled).problems(from_).items())


def parent_obstacles(checks: Sequence[ForeignCheck], from_: FromClause) -> tuple[Obstacle, ...]:
    """The parents that a row can lack."""
    return tuple(Obstacle(Problem.MISSING_PARENT, c.bond.columns, c.missing(from_), c) for c in checks)


def present_obstacle(keys: RowKeys, from_: FromClause, losers: Losers | None) -> Obstacle | None:
    """That the target holds a row of the same key; None where that cannot be. Rows that merge meet one on purpose."""
    where = keys.present(from_)
    if where is None:
        return None
    return Obstacle(Problem.CONFLICT, keys.names, and_(where, ~losers.holds(from_)) if losers else where)


def stranger_obstacle(keys: RowKeys, from_: FromClause, present: Obstacle | None) -> Obstacle | None:
    """That another row of the target has the number which a row is to keep: one that the natural key tells apart from
    it. None where that cannot be."""
    matched = keys.compiled.matched_key(from_)
    if matched is None or present is None or not keys.compiled.mapping.keeps_unmatched:
        return None
    return Obstacle(Problem.KEY_TAKEN, keys.names, and_(matched.is_(None), present.where))


def count_where(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """How many rows a condition holds for."""
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

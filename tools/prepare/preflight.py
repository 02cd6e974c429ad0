"""What would fail, found before a row is written: data by set queries, rights and structure by asking for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from sqlalchemy import Connection, FromClause, func, select

from ferryman.domain.findings import OUT_OF_REACH, MissingCause, MissingGroup
from ferryman.domain.mapping import Problem, Strategy
from ferryman.domain.plan import Plan, Preflight, ProblemFound
from ferryman.domain.schema import Database
from ferryman.domain.transforms import Lookup
from ferryman.tools.databases.connect import Source, Target, check_pair
from ferryman.tools.prepare import readiness
from ferryman.tools.prepare.crowded import crowded
from ferryman.tools.prepare.first_rows import check_first_rows
from ferryman.tools.prepare.foreseen import foreseen, with_those_out
from ferryman.tools.prepare.ill_texts import suspects
from ferryman.tools.prepare.lookahead import (
    Condition,
    Found,
    broken_checks,
    collations_of,
    collisions,
    repeated_values,
    shortened_values,
    unfit_values,
    written,
)
from ferryman.tools.prepare.lost_ids import lost_ids
from ferryman.tools.prepare.memory import Memory
from ferryman.tools.prepare.mirror import beside
from ferryman.tools.prepare.orphans import Ground, groups_on
from ferryman.tools.prepare.problem_texts import (
    lost_ids_text,
    orphans_text,
    problem_text,
    shortened_text,
    unfilled_text,
)
from ferryman.tools.prepare.refused import refused_ahead
from ferryman.tools.prepare.remedies import decided, remedies, remedies_for_orphans
from ferryman.tools.prepare.side_by_side import Looks
from ferryman.tools.prepare.transform import CompiledTable
from ferryman.tools.prepare.trial import try_on_server, untried_text


def preflight(  # noqa: PLR0913 - both databases, both catalogues, the plan and what was made of it
    source: Source,
    target: Target,
    source_db: Database,
    target_db: Database,
    plan: Plan,
    compiled: Mapping[str, CompiledTable],
    *,
    ledger: Sequence[str] = (),
    skip_data: bool = False,
    memory: Memory | None = None,
    looks: Looks | None = None,
) -> Preflight:
    """Every class of rows that would fail, with the decision that answers it, and what else a person should know.

    Reads both databases and changes neither. `ledger` is what will create the ledger, where there is none yet.
    `skip_data` leaves out what looks at rows, never identity, rights or structure: those raise Configuration, Usage or
    Transient. A table that `memory` knows is not looked at again; `looks` serve several
    preflights in turn.
    """
    compiled = {name: replace(table, late=_late(plan, name)) for name, table in compiled.items()}
    check_pair(source, target)
    readiness.check_structure(source_db, target_db, compiled)
    readiness.check_rights(target, ledger, compiled)
    readiness.check_triggers(target, compiled)
    check_first_rows(source, target, target_db, plan, compiled)
    if skip_data or not compiled:
        return Preflight(warnings=readiness.warnings(source, target, target_db, compiled, None), skipped=skip_data)
    memory = memory or Memory()
    switches = {name: plan.phase_of(name).handling.model_dump_json() for name in compiled}
    known = {name: memory.recall(LookedAt, table, switches[name]) for name, table in compiled.items()}
    about = tuple(table for name, table in compiled.items() if known[name] is None)
    tables = _looked_at(source, target, plan, compiled, about, looks) if about else {}
    for table in about:
        memory.keep(tables[table.target.name], table, switches[table.target.name])
    tables |= {name: looked for name, looked in known.items() if looked}
    in_scope = {name: tables[name].in_scope for name in compiled}
    return Preflight(
        problems=tuple(problem for name in compiled for problem in tables[name].problems),
        warnings=(
            *readiness.warnings(source, target, target_db, compiled, sum(in_scope.values())),
            *(told for name in compiled for told in tables[name].untried),
        ),
        shortened={name: tables[name].shortened for name in compiled if tables[name].shortened},
        tables=in_scope,
    )


def _late(plan: Plan, table: str) -> frozenset[str]:
    """The columns of a table that a second pass fills."""
    filled = (name.rpartition(".") for phase in plan.phases for name in phase.second_pass)
    return frozenset(column for of, _, column in filled if of == table)


@dataclass(frozen=True)
class LookedAt:
    """What was found in one table."""

    in_scope: int  #: rows
    problems: tuple[ProblemFound, ...]
    untried: tuple[str, ...] = ()  #: rules of the target that could not be asked ahead, a sentence each
    shortened: tuple[str, ...] = ()  #: columns that values lose digits in, a sentence each


def looking(source: Source, target: Target) -> Looks:
    """For several preflights in turn."""
    return Looks(source, target, "looking ahead")


def _looked_at(
    source: Source,
    target: Target,
    plan: Plan,
    compiled: Mapping[str, CompiledTable],
    about: Sequence[CompiledTable],
    looks: Looks | None,
) -> dict[str, LookedAt]:
    names = [table.target.name for table in about]
    collations = {name: collations_of(target, name) for name in names}
    with ExitStack() as stack:
        looks = looks or stack.enter_context(looking(source, target))
        connection = stack.enter_context(looks.about(about))
        refused = refused_ahead(connection, target, about)
        seen = foreseen(connection, {name: beside(table) for name, table in compiled.items()}, about, refused)
        ground = with_those_out(connection, Ground(seen, refused=refused), about)
        return {name: _Table(seen[name], plan, ground, collations[name], target).look(connection) for name in names}


def problem_id(table: str, columns: tuple[str, ...], problem: Problem, cause: str = "") -> str:
    """Stable over re-planning: "orphans:case_files.case_id:never_existed", "too_long:brackets.name"."""
    place = f"{table}.{','.join(columns)}"
    return f"orphans:{place}:{cause}" if problem is Problem.MISSING_PARENT else f"{problem.value}:{place}"


@dataclass(frozen=True)
class _Table:
    """One table that is looked at."""

    compiled: CompiledTable
    plan: Plan
    ground: Ground
    collations: Mapping[str, str]
    target: Target

    @property
    def name(self) -> str:
        return self.compiled.target.name

    def look(self, connection: Connection) -> LookedAt:
        """Its rows in scope and what would fail."""
        rows = self.ground.legacy_rows(self.compiled)
        doubted = self.compiled.doubted | suspects(connection, self.compiled, rows)
        in_scope, found = unfit_values(connection, replace(self.compiled, doubted=doubted), rows)
        such = written(connection, self.compiled, rows)
        refused, untried = try_on_server(connection, self.target, self.compiled, rows, such)
        crowding, unasked = self._crowded(connection, rows, such)
        refused, untried = refused | crowding, (*untried, *unasked)
        for more in (
            refused,
            repeated_values(connection, self.compiled, rows, self.collations),
            collisions(connection, self.compiled, rows, self.collations),
            broken_checks(connection, self.compiled, rows, such),
        ):
            for what, count in more.items():
                found[what] = found.get(what, 0) + count
        problems = (*self._orphans(connection), *self._unfilled(in_scope))
        values = (self._with_causes(connection, one, rows) for one in self._values(found, refused))
        losing = shortened_values(connection, self.compiled, rows).items()
        shortened = tuple(shortened_text(self.compiled.target.column(name), count) for name, count in losing)
        return LookedAt(in_scope, (*problems, *values), untried, shortened)

    def _crowded(self, connection: Connection, rows: FromClause, such: Condition) -> tuple[Found, tuple[str, ...]]:
        found: Found = {}
        untried = list[str]()
        for rule, keys in crowded(connection, self.compiled, rows, such, self.collations):
            if isinstance(keys, str):
                untried.append(untried_text(self.compiled.target, f"{rule.name} {rule.rule}", keys))
            elif count := connection.execute(select(func.count()).select_from(keys.subquery())).scalar_one():
                found[rule.columns, Problem.DUPLICATE] = int(count)
        return found, tuple(untried)

    def _orphans(self, connection: Connection) -> Iterator[ProblemFound]:
        if not self.plan.phase_of(self.name).handling.orphan_detection:
            return
        for group in groups_on(connection, self.compiled, self.ground):
            yield self._orphaned(group)

    def _orphaned(self, group: MissingGroup) -> ProblemFound:
        compiled = self.compiled
        parent = compiled.target_database.table(group.parent)
        found = self._found(group.columns, Problem.MISSING_PARENT, group.rows, group.cause)
        return found.but(
            text=orphans_text(group),
            parents=group.parents,
            applicable=remedies_for_orphans(compiled.target, group.columns, group.cause, parent, compiled.plan),
        )

    def _unfilled(self, in_scope: int) -> Iterator[ProblemFound]:
        """Required columns that nothing fills: every row would fail."""
        for column in self.compiled.target.columns:
            if column.required and column.name not in self.compiled.writes and in_scope:
                found = self._found((column.name,), Problem.NULL_IN_REQUIRED, in_scope)
                yield found.but(text=unfilled_text(self.compiled.target, column.name, in_scope), applicable=())

    def _values(self, found: Found, refused: Found) -> Iterator[ProblemFound]:
        """`refused`: those that only the server can tell, so that a batch can mend none of them by itself."""
        for (columns, problem), rows in sorted(found.items()):
            one = self._found(columns, problem, rows)
            yield one.but(applicable=(Strategy.QUARANTINE,)) if (columns, problem) in refused else one

    def _with_causes(self, connection: Connection, found: ProblemFound, rows: FromClause) -> ProblemFound:
        """Why ids in lists lead nowhere. They are one class still: a list is mended as a whole."""
        if found.problem != Problem.MISSING_PARENT:
            return found
        groups = lost_ids(connection, self.compiled, found.columns[0], rows)
        if not groups:
            return found
        within_reach = sum(group.parents for group in groups if group.cause not in OUT_OF_REACH)
        return found.but(text=f"{found.text} {lost_ids_text(groups)}", lost=groups, parents=within_reach)

    def _looked_up(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        """The old tables that columns take their values from, where those are others than their own."""
        lines = (self.compiled.mapping.by_target.get(name) for name in columns)
        return tuple({s.table: None for line in lines if line for s in line.steps if isinstance(s, Lookup)})

    def _found(
        self, columns: tuple[str, ...], problem: Problem, rows: int, cause: MissingCause | None = None
    ) -> ProblemFound:
        policy = decided(self.compiled.mapping, problem, columns, cause, rows)
        return ProblemFound(
            id=problem_id(self.name, columns, problem, cause.value if cause else ""),
            table=self.name,
            columns=columns,
            problem=problem,
            cause=cause.value if cause else "",
            rows=rows,
            text=problem_text(self.compiled.target, columns, problem, rows, self._looked_up(columns)),
            decided=policy.strategy if policy else "",
            applicable=remedies(self.compiled.target, problem, columns),
        )

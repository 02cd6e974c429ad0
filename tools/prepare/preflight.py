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
from ferryman.tools.prepare.again import coming_again
from ferryman.tools.prepare.crowded import crowded
from ferryman.tools.prepare.first_rows import check_first_rows
from ferryman.tools.prepare.foreseen import foreseen, with_those_out
from ferryman.tools.prepare.ill_texts import suspects
from ferryman.tools.prepare.lookahead import (
    Condition,
    Found,
    What,
    alike_but_for_case,
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
from ferryman.tools.prepare.never import never
from ferryman.tools.prepare.orphans import Ground, groups_on
from ferryman.tools.prepare.problem_texts import (
    again_text,
    but_for_case_text,
    lost_ids_text,
    never_text,
    orphans_text,
    problem_text,
    shortened_text,
    unfilled_text,
)
from ferryman.tools.prepare.reach import listed_in, relied_on
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
    check_pair(source, target)
    readiness.check_structure(source_db, target_db, compiled)
    readiness.check_rights(target, ledger, compiled)
    readiness.check_triggers(target, compiled)
    check_first_rows(source, target, target_db, plan, compiled)
    if skip_data or not compiled:
        return Preflight(warnings=readiness.warnings(source, target, target_db, compiled, None), skipped=skip_data)
    found = rows_ahead(source, target, plan, compiled, memory=memory, looks=looks)
    about = readiness.warnings(source, target, target_db, compiled, sum(found.tables.values()))
    return found.but(warnings=(*about, *found.warnings))


def rows_ahead(
    source: Source,
    target: Target,
    plan: Plan,
    compiled: Mapping[str, CompiledTable],
    *,
    memory: Memory | None = None,
    looks: Looks | None = None,
) -> Preflight:
    """The same of rows alone, whatever the role may do and however the structure is."""
    compiled = {name: replace(table, late=_late(plan, name)) for name, table in compiled.items()}
    looked = _looked_at(source, target, plan, compiled, memory or Memory(), looks)
    return Preflight(
        problems=tuple(problem for name in compiled for problem in looked[name].problems),
        warnings=tuple(told for name in compiled for told in looked[name].remarks),
        shortened={name: looked[name].shortened for name in compiled if looked[name].shortened},
        tables={name: looked[name].in_scope for name in compiled},
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
    remarks: tuple[
        str, ...
    ]  #: rules of the target that could not be asked ahead, rows that come again; a sentence each
    shortened: tuple[str, ...]  #: columns that values lose digits in, a sentence each


@dataclass(frozen=True)
class Values:
    """What was found in the values of one table, whatever rows of it and of others are set aside."""

    in_scope: int  #: rows
    found: Found
    refused: frozenset[What]  #: those that only the server can tell, so that a batch can mend none of them by itself
    lost: Mapping[What, tuple[MissingGroup, ...]]  #: ids in lists that lead nowhere
    never: Mapping[What, int]  #: of values that are no moment, the zero dates
    remarks: tuple[str, ...]
    shortened: tuple[str, ...]


@dataclass(frozen=True)
class Orphans:
    """What was found in the references of one table."""

    groups: tuple[MissingGroup, ...] = ()


def looking(source: Source, target: Target) -> Looks:
    """For several preflights in turn."""
    return Looks(source, target, "looking ahead")


def _looked_at(
    source: Source,
    target: Target,
    plan: Plan,
    compiled: Mapping[str, CompiledTable],
    memory: Memory,
    looks: Looks | None,
) -> dict[str, LookedAt]:
    known = {name: _Known(memory, table) for name, table in compiled.items()}
    detecting = [name for name in compiled if plan.phase_of(name).handling.orphan_detection]
    values = [table for name, table in compiled.items() if known[name].values is None]
    references = [compiled[name] for name in detecting if known[name].orphans is None]
    asked = {table.target.name: table for table in (*values, *references)}
    if asked:
        with ExitStack() as stack:
            looks = looks or stack.enter_context(looking(source, target))
            connection = stack.enter_context(looks.about(values, references))
            refused = refused_ahead(connection, target, asked.values())
            beside_it = {name: beside(table) for name, table in compiled.items()}
            seen = foreseen(connection, beside_it, asked.values(), refused)
            for table in values:
                look = _Look(connection, seen[table.target.name], target, source.dialect.name == "sqlite")
                known[table.target.name].keep(look.values())
            ground = with_those_out(connection, Ground(seen, refused=refused), references)
            for table in references:
                groups = groups_on(connection, seen[table.target.name], ground)
                known[table.target.name].keep(Orphans(groups))
    return {
        name: _Told(table, known[name].values_now, known[name].orphans if name in detecting else None).looked_at
        for name, table in compiled.items()
    }


class _Known:
    """What is known of one table."""

    def __init__(self, memory: Memory, table: CompiledTable) -> None:
        self._memory, self._table, self._more = memory, table, ",".join(sorted(table.late))
        # Where rows are named beside a type or in lists, values fail for those that are set aside.
        self._aside = any(listed_in(one) for one in relied_on([table]))
        self.values = memory.recall(Values, table, self._more, aside=self._aside)
        self.orphans = memory.recall(Orphans, table, self._more)

    def keep(self, found: Values | Orphans) -> None:
        if isinstance(found, Values):
            self.values = found
            self._memory.keep(found, self._table, self._more, aside=self._aside)
        else:
            self.orphans = found
            self._memory.keep(found, self._table, self._more)

    @property
    def values_now(self) -> Values:
        assert self.values is not None
        return self.values


def problem_id(table: str, columns: tuple[str, ...], problem: Problem, cause: str = "") -> str:
    """Stable over re-planning: "orphans:case_files.case_id:never_existed", "too_long:brackets.name"."""
    place = f"{table}.{','.join(columns)}"
    return f"orphans:{place}:{cause}" if problem is Problem.MISSING_PARENT else f"{problem.value}:{place}"


@dataclass(frozen=True)
class _Look:
    """A look at the values of one table, as it is asked on `connection`."""

    connection: Connection
    compiled: CompiledTable
    target: Target
    from_file: bool  #: its texts are those of a SQLite file, not of a mirror

    def values(self) -> Values:
        """Its rows in scope, and those whose values would fail."""
        connection, compiled, rows = self.connection, self.compiled, Ground({}).legacy_rows(self.compiled)
        collations = collations_of(self.target, compiled.target)
        doubted = compiled.doubted | (suspects(connection, compiled, rows) if self.from_file else frozenset())
        in_scope, found = unfit_values(connection, replace(compiled, doubted=doubted), rows)
        such = written(connection, compiled, rows)
        refused, untried = try_on_server(connection, self.target, compiled, rows, such)
        crowding, unasked = self._crowded(rows, such, collations)
        refused = refused | crowding
        for more in (
            refused,
            repeated_values(connection, compiled, rows, collations),
            collisions(connection, compiled, rows, collations),
            broken_checks(connection, compiled, rows, such),
        ):
            for what, count in more.items():
                found[what] = found.get(what, 0) + count
        listed = [what for what in found if what[1] is Problem.MISSING_PARENT]
        losing = shortened_values(connection, compiled, rows).items()
        return Values(
            in_scope=in_scope,
            found=found,
            refused=frozenset(refused),
            lost={what: lost_ids(connection, compiled, what[0][0], rows) for what in listed},
            never=never(connection, compiled, found, rows),
            remarks=(*untried, *unasked, *self._again(rows), *self._alike(rows, collations)),
            shortened=tuple(shortened_text(compiled.target.column(name), count) for name, count in losing),
        )

    def _again(self, rows: FromClause) -> Iterator[str]:
        if count := coming_again(self.connection, self.compiled, rows):
            yield again_text(self.compiled.target.name, count)

    def _alike(self, rows: FromClause, collations: Mapping[str, str]) -> Iterator[str]:
        for columns, count, same in alike_but_for_case(self.connection, self.compiled, rows, collations):
            yield but_for_case_text(self.compiled.target.name, columns, count, same=same)

    def _crowded(
        self, rows: FromClause, such: Condition, collations: Mapping[str, str]
    ) -> tuple[Found, tuple[str, ...]]:
        found: Found = {}
        untried = list[str]()
        for rule, keys in crowded(self.connection, self.compiled, rows, such, collations):
            if isinstance(keys, str):
                untried.append(untried_text(self.compiled.target, f"{rule.name} {rule.rule}", keys))
            elif count := self.connection.execute(select(func.count()).select_from(keys.subquery())).scalar_one():
                found[rule.columns, Problem.DUPLICATE] = int(count)
        return found, tuple(untried)


@dataclass(frozen=True)
class _Told:
    """What was found in one table, with what is decided about it and what can be done. Pure."""

    compiled: CompiledTable
    values: Values
    orphans: Orphans | None

    @property
    def name(self) -> str:
        return self.compiled.target.name

    @property
    def looked_at(self) -> LookedAt:
        groups = self.orphans.groups if self.orphans else ()
        problems = (*map(self._orphaned, groups), *self._unfilled(self.values.in_scope), *self._failing())
        return LookedAt(self.values.in_scope, problems, self.values.remarks, self.values.shortened)

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

    def _failing(self) -> Iterator[ProblemFound]:
        for what, rows in sorted(self.values.found.items()):
            one = self._with_causes(self._found(*what, rows), self.values.lost.get(what, ()))
            if zero_dates := self.values.never.get(what, 0):
                one = one.but(text=f"{one.text} {never_text(zero_dates, rows)}", never=zero_dates)
            yield one.but(applicable=(Strategy.QUARANTINE,)) if what in self.values.refused else one

    def _with_causes(self, found: ProblemFound, groups: tuple[MissingGroup, ...]) -> ProblemFound:
        """Why ids in lists lead nowhere. They are one class still: a list is mended as a whole."""
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

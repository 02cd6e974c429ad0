"""The Planning agent, by rules: strategy, phases with their care, risks, validations, time and the way back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ferryman.agents.facts import Facts
from ferryman.agents.link_questions import loose_ids
from ferryman.agents.questions import ring_questions
from ferryman.agents.risk import AtStake, most_careful, risk_of, rollback_of
from ferryman.domain.changes import Question
from ferryman.domain.coordination import Agent, Priority, Request, RequestType
from ferryman.domain.findings import LeftOut, TableFinding, TableStatus, TableType
from ferryman.domain.mapping import Mapping as TablesMapping
from ferryman.domain.plan import (
    BatchPlan,
    Connections,
    Counts,
    Estimate,
    Handling,
    MigrationStrategy,
    Phase,
    PhaseAgents,
    Plan,
    Preflight,
    ProblemFound,
    Risk,
    Step,
)
from ferryman.domain.references import Reference, references_of
from ferryman.domain.transforms import AddMetadataJson, Lookup
from ferryman.domain.validation import CheckKind


@dataclass(frozen=True)
class Measured:
    """What the tools worked out for a mapping."""

    phases: tuple[Phase, ...]  #: in order, as `tools.prepare.order.arrange` gives them
    counts: tuple[Counts, ...]
    batches: tuple[BatchPlan, ...]
    stuck: tuple[Reference, ...] = ()  #: required references within a ring
    preflight: Preflight = field(default_factory=Preflight)
    paths: Mapping[str, tuple[str, str]] = field(default_factory=dict)  #: target table -> (path, reason)
    connections: Connections = field(default_factory=Connections)
    sharing: tuple[str, ...] = ()
    handling: Mapping[str, Handling] = field(default_factory=dict)  #: by target table, where it is not the usual one


def make_plan(
    request: Request, mapping: TablesMapping, questions: Iterable[Question], facts: Facts, measured: Measured
) -> Plan:
    """The plan of a mapping: what a person approves and what runs."""
    planner, questions = _Planner(request, mapping, facts, measured), tuple(questions)
    phases = tuple(planner.phase(phase) for phase in measured.phases)
    return Plan(
        request=request,
        strategy=strategy_of(request, phases, planner.types),
        connections=measured.connections,
        mapping=mapping,
        phases=phases,
        questions=_with_rings(questions, measured.stuck),
        counts=measured.counts,
        batches=measured.batches,
        risks=planner.risks(loose_ids(questions)),
        estimate=total(batch.estimate for batch in measured.batches),
        validation=tuple(kind.value for kind in CheckKind),
        rollback=most_careful(step.rollback for phase in phases for step in phase.steps),
        left_out=(*planner.unfed(), *planner.not_taken()),
        leftovers=leftovers_of(mapping),
        preflight=measured.preflight,
        sharing=measured.sharing,
    )


def _with_rings(questions: tuple[Question, ...], stuck: Iterable[Reference]) -> tuple[Question, ...]:
    known = {question.id for question in questions}
    return (*questions, *(question for question in ring_questions(stuck) if question.id not in known))


def types_of(facts: Facts) -> dict[str, TableType]:
    """The type of every target table, for `tools.prepare.order.arrange`."""
    return {finding.target_table: finding.table_type for finding in facts.findings.tables}


def strategy_of(request: Request, phases: tuple[Phase, ...], types: Mapping[str, TableType]) -> MigrationStrategy:
    """The plan in one word, by the rule of `MigrationStrategy`."""
    if all(types[table] is TableType.CATALOG for phase in phases for table in phase.tables):
        return MigrationStrategy.CATALOG
    last = phases[-1].tables
    if all(types[table] is TableType.JUNCTION for table in last) and set(last) & set(request.tables):
        return MigrationStrategy.JUNCTION
    return MigrationStrategy.ORDERED if len(phases) > 1 else MigrationStrategy.ENTITY


def total(estimates: Iterable[Estimate]) -> Estimate:
    """One table after the other."""
    parts = tuple(estimates)
    return Estimate(low=round(sum(part.low for part in parts), 3), high=round(sum(part.high for part in parts), 3))


def leftovers_of(mapping: TablesMapping) -> dict[str, tuple[str, ...]]:
    """By target table, the legacy columns that are kept as metadata."""
    return {
        table.target: column.source
        for table in mapping.copied
        for column in table.columns
        if column.uses(AddMetadataJson) and column.source
    }


class _Planner:
    """The facts of one plan, looked up by table."""

    def __init__(self, request: Request, mapping: TablesMapping, facts: Facts, measured: Measured) -> None:
        self.request, self.mapping, self.facts, self.measured = request, mapping, facts, measured
        self.types = types_of(facts)
        self.counts = {count.table: count for count in measured.counts}
        self.references = references_of(mapping, facts.target)
        self.kinds = Counter(phase.name for phase in measured.phases)

    def phase(self, phase: Phase) -> Phase:
        """An ordered phase with its name, prerequisites, care, agents and steps."""
        is_junction = all(self.types[table] is TableType.JUNCTION for table in phase.tables)
        return phase.but(
            name=self._name(phase),
            prerequisites=self._prerequisites(phase),
            handling=next((h for t, h in self.measured.handling.items() if t in phase.tables), Handling()),
            agents=JUNCTION_AGENTS if is_junction else PhaseAgents(),
            steps=tuple(self._step(table) for table in phase.tables),
        )

    def _name(self, phase: Phase) -> str:
        """ "brackets_migration" for a plan of one table, else the kind, counted where it comes more than once."""
        if len(self.measured.phases) == 1 and len(phase.tables) == 1:
            return f"{phase.tables[0]}_migration"
        if self.kinds[phase.name] == 1:
            return phase.name
        same = [other.number for other in self.measured.phases if other.name == phase.name]
        return f"{phase.name}_{same.index(phase.number) + 1}"

    def _prerequisites(self, phase: Phase) -> tuple[str, ...]:
        """Every parent outside the phase that its rows refer to, copied before or there already."""
        late = {column for other in self.measured.phases for column in other.second_pass}
        return tuple(
            dict.fromkeys(
                r.parent
                for r in self.references
                if r.child in phase.tables and r.parent not in phase.tables and not _is_late(r, late)
            )
        )

    def _step(self, table: str) -> Step:
        mapping = self.mapping.by_target[table]
        path, reason = self.measured.paths.get(table, ("push-down", ""))
        return Step(
            source=mapping.source,
            target=table,
            table_type=self.types[table],
            priority=self._priority(table),
            transformations=tuple(dict.fromkeys(step.use for column in mapping.columns for step in column.steps)),
            rollback=rollback_of(mapping, self.count(table)),
            path=path,
            path_reason=reason,
        )

    def _priority(self, table: str) -> Priority:
        if table in self.request.tables or self.mapping.by_target[table].source in self.request.tables:
            return Priority.HIGH
        return Priority.LOW if self.request.type is RequestType.NAMED else Priority.NORMAL

    def count(self, table: str) -> Counts:
        """A table's rows at planning time."""
        return self.counts.get(table, Counts(table=table, source=0, in_scope=0, target=0))

    def risks(self, loose: Mapping[str, tuple[str, ...]]) -> tuple[Risk, ...]:
        """One for each table, in the order of the phases. `loose`: as `loose_ids` gives it."""
        return tuple(
            risk_of(
                AtStake(
                    self.mapping.by_target[table],
                    self.count(table),
                    self._finding(table),
                    self._problems(table),
                    loose.get(table, ()),
                )
            )
            for phase in self.measured.phases
            for table in phase.tables
        )

    def _finding(self, table: str) -> TableFinding | None:
        return self.facts.findings.by_target.get(table)

    def _problems(self, table: str) -> tuple[ProblemFound, ...]:
        return tuple(problem for problem in self.measured.preflight.problems if problem.table == table)

    def unfed(self) -> Iterable[LeftOut]:
        """What the findings leave out, but for tables that a person lets feed or be fed."""
        every = (*self.mapping.tables, *self.mapping.further)
        sources = {table.source for table in every} | looked_up_in(self.mapping)
        taken = {"source": sources, "target": self.mapping.by_target.keys()}
        return (one for one in self.facts.findings.left_out if one.table not in taken[one.side])

    def not_taken(self) -> Iterable[LeftOut]:
        """The target tables that could be filled and are not, and why."""
        for finding in self.facts.findings.tables:
            if finding.target_table not in self.mapping.by_target and finding.source_table is not None:
                yield LeftOut(
                    side="target",
                    table=finding.target_table,
                    rows=finding.target_count,
                    reason=why_not(finding, self.request),
                )


def looked_up_in(mapping: TablesMapping) -> set[str]:
    """The old tables whose values go into tables that others feed."""
    steps = (step for table in mapping.copied for column in table.columns for step in column.steps)
    return {step.table for step in steps if isinstance(step, Lookup)}


#: A junction stands or falls with the mapping of ids.
JUNCTION_AGENTS = PhaseAgents(support=(Agent.VALIDATION,), critical=(Agent.DATA_MAPPING,))


def why_not(finding: TableFinding, request: Request) -> str:
    """Why a table that the old application could fill is not taken along."""
    if finding.target_table in request.leave_out or finding.source_table in request.leave_out:
        return "left out, as you asked"
    if finding.record_count == 0:
        return f"{finding.source_table} has no rows"
    if finding.status is TableStatus.POPULATED:
        return "it is filled already"
    return "not asked for" if request.type is RequestType.NAMED else "left out"


def _is_late(reference: Reference, second_pass: set[str]) -> bool:
    return any(f"{reference.child}.{column}" in second_pass for column in reference.columns)

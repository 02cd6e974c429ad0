"""The plan in plain English: what moves, how long it takes, how safe it is, what is asked first."""

from __future__ import annotations

from collections.abc import Sequence

from ferryman.agents.along import along
from ferryman.agents.transform_words import filter_words
from ferryman.agents.wording import bullet, clean, count, listed, names, one_line, records, takes
from ferryman.domain.changes import Question
from ferryman.domain.guidance import PlanPresented
from ferryman.domain.mapping import INFERRED, UNFOLLOWED
from ferryman.domain.plan import Phase, Plan, Risk, RiskLevel, RollbackKind
from ferryman.domain.references import lost_columns

_MOST_NOTES = 6


def present_plan(plan: Plan) -> PlanPresented:
    """A plan as it is put before a person, with its first open question where there is one."""
    waiting = plan.open_questions
    return PlanPresented(
        summary=_summary(plan),
        time=takes(plan.estimate),
        safety=safety(plan),
        question=_question(waiting),
        details=bullet([line for part in _DETAILS for line in part(plan)]),
        asked=asked(waiting[0], len(waiting) - 1) if waiting else (),
    )


def _summary(plan: Plan) -> str:
    counts = plan.counts_by_table
    copied = [mapping.target for mapping in plan.mapping.copied]
    rows = sum(counts[table].in_scope for table in copied if table in counts)
    if not copied:
        return "This plan moves nothing."
    more = along(plan, copied)
    if len(copied) == 1:
        return f"The plan moves {records(rows, copied[0])} into the new system{more}."
    return (
        f"The plan moves {count(rows, 'record')} into {count(len(copied), 'table')}, in"
        f" {count(len(plan.phases), 'phase')}{more}."
    )


def _phases(plan: Plan) -> list[str]:
    if len(plan.mapping.copied) < 2:
        return [f"{clean(step.text)}" for phase in plan.phases for step in phase.steps]
    return [f"Phase {phase.number} ({one_line(phase.rationale)}): {_contents(phase, plan)}" for phase in plan.phases]


def _contents(phase: Phase, plan: Plan) -> str:
    counts = plan.counts_by_table
    parts = [f"{clean(t)} ({counts[t].in_scope:,})" if t in counts else clean(t) for t in phase.tables]
    return listed(parts, 8)


def _filters(plan: Plan) -> list[str]:
    counts, told = plan.counts_by_table, list[str]()
    for mapping in plan.mapping.copied:
        if mapping.filter is not None:
            line = f"{clean(mapping.target)}: only rows whose {filter_words(mapping.filter)}"
            found = counts.get(mapping.target)
            told.append(f"{line} ({found.in_scope:,} of {found.source:,})" if found else line)
    return told


def _problems(plan: Plan) -> list[str]:
    told = [f"{clean(found.table)}: {one_line(found.text)}" for found in plan.preflight.problems]
    if plan.preflight.skipped:
        told.append("I have not looked for rows that would fail")
    left = len(told) - _MOST_NOTES
    more = [f'and {count(left, "more problem")}: "what is wrong?" names all of them'] if left > 0 else []
    return [*told[:_MOST_NOTES], *more]


def _inferred(plan: Plan) -> list[str]:
    """The references that nobody declared: those that are followed, and numbers that may be some."""
    told = [
        f"{clean(mapping.target)}.{clean(column.target)}: {one_line(column.why)}"
        for mapping in plan.mapping.copied
        for column in mapping.columns
        if column.why.endswith((INFERRED, UNFOLLOWED))
    ]
    left = len(told) - _MOST_NOTES
    more = [f"and {count(left, 'more reference')} that nobody declared, in the plan's file"] if left > 0 else []
    return [*told[:_MOST_NOTES], *more]


def _shortened(plan: Plan) -> list[str]:
    found = plan.preflight.shortened.items()
    told = [f"{clean(table)}: {one_line(text)}" for table, texts in found for text in texts]
    more = [f"and digits of {count(len(told) - _MOST_NOTES, 'more column')}"] if len(told) > _MOST_NOTES else []
    return [*told[:_MOST_NOTES], *more]


def _metadata(plan: Plan) -> list[str]:
    return [
        f"{names(columns)} of"
        f" {clean(plan.mapping.by_target[table].source if table in plan.mapping.by_target else table)}"
        f" {'has' if len(columns) == 1 else 'have'} no column in {clean(table)}; kept as metadata"
        for table, columns in list(plan.leftovers.items())[:_MOST_NOTES]
    ]


def _behind(plan: Plan) -> list[str]:
    """What is lost unless somebody says otherwise: the values of columns that nothing takes."""
    told = [
        f"{names(lost)} of {clean(tables[0].source)} {'is' if len(lost) == 1 else 'are'} not moved:"
        f" nothing in {listed([clean(table.target) for table in tables], joined='or')} takes"
        f" {'it' if len(lost) == 1 else 'them'}"
        for tables, lost in lost_columns(plan.mapping)
    ]
    more = [f"and columns of {count(len(told) - _MOST_NOTES, 'more table')}"] if len(told) > _MOST_NOTES else []
    return [*told[:_MOST_NOTES], *more]


def _left(plan: Plan) -> list[str]:
    if not plan.left_out:
        return []
    return [f"Left out: {names([left.table for left in plan.left_out], 5)}"]


def _warned(plan: Plan) -> list[str]:
    told = [one_line(warning) for warning in plan.preflight.warnings]
    more = [f"and {count(len(told) - _MOST_NOTES, 'more note')}, in the plan's file"] if len(told) > _MOST_NOTES else []
    return [*told[:_MOST_NOTES], *more]


_DETAILS = (_phases, _filters, _problems, _inferred, _shortened, _metadata, _behind, _left, _warned)


def safety(plan: Plan) -> str:
    """How safe a plan is, by its risk level and the way back."""
    level = max((risk.level for risk in plan.risks), key=list(RiskLevel).index, default=RiskLevel.LOW)
    return f"{_level(level, plan.risks)} {undo_words(plan.rollback)} Your old database is only read."


def _level(level: RiskLevel, risks: Sequence[Risk]) -> str:
    if level is RiskLevel.LOW:
        return "Low risk."
    worst = [risk for risk in risks if risk.level is level]
    told = [f"{clean(risk.table)}: {_short(risk.reasons)}" if risk.reasons else clean(risk.table) for risk in worst]
    more = [f"and {count(len(told) - 3, 'more table')}"] if len(told) > 3 else []
    return f"{'Medium' if level is RiskLevel.MEDIUM else 'High'} risk ({'; '.join((*told[:3], *more))})."


def _short(reasons: Sequence[str]) -> str:
    """Each reason up to its colon: what follows there is said elsewhere."""
    return listed(list(dict.fromkeys(one_line(reason).split(":")[0] for reason in reasons)))


def undo_words(kind: RollbackKind) -> str:
    """What undoing would do."""
    match kind:
        case RollbackKind.TRUNCATE:
            return "It can be undone: the new tables are empty now, and emptying them again brings that back."
        case RollbackKind.DELETE_CREATED:
            return "It can be undone: exactly the rows that this run makes are taken out again."
        case RollbackKind.RESTORE_UPDATED:
            return (
                "It can be undone: rows that this run makes are taken out, and rows that it changes get their old"
                " values back."
            )


def _question(waiting: Sequence[Question]) -> str:
    if waiting:
        return "What is your answer?" if len(waiting) == 1 else "What is your answer to the first question?"
    return "Shall I go ahead?"


def asked(question: Question, more: int = 0, lead: str = "Before that I need to know:") -> tuple[str, ...]:
    """A question with its numbered options, one line each."""
    lines = [f"{lead} {one_line(question.text)}"]
    for number, option in enumerate(question.options, start=1):
        mark = " (recommended)" if option.key == question.recommended else ""
        lines.append(f"  {number}. {one_line(option.text)}{mark}")
    if question.reason:
        lines.append(f"  {one_line(question.reason)}")
    if more > 0:
        lines.append(f'  {count(more, "more question")} after that; "take all recommendations" answers them all.')
    return tuple(lines)


def verified_text(same: bool, number: int, table: str) -> str:
    """How level 2 ended: what was committed verifies and there is one more try, or the target is not what it was."""
    if same:
        return f"Everything that was kept is as I wrote it. I try {clean(table)} once more (round {number:,} of 2)."
    return f"The new database is not as it was when the plan was approved, so I do not go on with {clean(table)}."

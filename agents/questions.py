"""What only a person can say about a mapping: pure over mapping and facts, so that it is asked anew after a change."""

from __future__ import annotations

from collections.abc import Iterable

from ferryman.agents.column_questions import column_questions
from ferryman.agents.facts import Facts
from ferryman.agents.link_questions import link_questions
from ferryman.agents.side_tables import side_questions
from ferryman.agents.table_questions import table_questions
from ferryman.agents.trigger_questions import trigger_questions
from ferryman.domain.changes import Change, LeaveOut, MapTable, Option, Question
from ferryman.domain.mapping import Mapping
from ferryman.domain.references import Reference


def questions_about(mapping: Mapping, facts: Facts) -> tuple[Question, ...]:
    """The questions of a mapping, table by table in its order: about the table first, then about its columns.

    Ids are stable; every question is open. See `carry` for answers that were given already.
    """
    return leaving_something(
        (
            question
            for table in mapping.tables
            for question in (
                *table_questions(table, mapping, facts),
                *side_questions(table, mapping, facts),
                *column_questions(table, mapping, facts),
                *link_questions(table, mapping, facts),
                *trigger_questions(table, mapping, facts),
            )
        ),
        mapping,
    )


def leaving_something(questions: Iterable[Question], mapping: Mapping) -> tuple[Question, ...]:
    """The questions, none of which recommends to leave out all that would move."""
    copied = {table.target for table in mapping.copied}
    return tuple(
        q.but(recommended="", reason="Nothing would be left to move without it.") if copied <= _gone(q) else q
        for q in questions
    )


def _gone(question: Question) -> set[str]:
    """The tables that its recommendation leaves out."""
    taken = (option.changes for option in question.options if option.key == question.recommended)
    return {change.table for changes in taken for change in changes if isinstance(change, LeaveOut)}


def ring_questions(stuck: Iterable[Reference]) -> tuple[Question, ...]:
    """One question for each ring of required references, of which no table can be first."""
    rings: dict[tuple[str, ...], list[Reference]] = {}
    for reference in stuck:
        rings.setdefault(tuple(sorted({reference.child, reference.parent})), []).append(reference)
    return tuple(_ring_question(tables, found) for tables, found in rings.items())


def _ring_question(tables: tuple[str, ...], found: list[Reference]) -> Question:
    told = " and ".join(f"{reference.text} (constraint {reference.constraint})" for reference in found)
    parents = " and ".join(dict.fromkeys(reference.parent for reference in found))
    late = any(reference.made_late for reference in found)
    why = f"numbers {parents} itself" if late else "refuses a row that comes before the one it refers to"
    return Question(
        id=f"ring:{','.join(tables)}",
        table=tables[0],
        text=(
            f"{told}: {'neither may' if len(found) > 1 else 'it must not'} be empty, and the new database {why}, so "
            "none of these rows can be the first. What shall be done?"
        ),
        options=tuple(
            Option(key=f"leave_{table}", text=f"Leave {table} out", changes=(LeaveOut(table=table),))
            for table in tables
        ),
        reason="Making one of the columns nullable in the new database would do as well."
        + ("" if late else f" So would a role that may alter {' and '.join(tables)}: it sets the constraints aside."),
    )


def carry(before: Iterable[Question], after: Iterable[Question]) -> tuple[Question, ...]:
    """The questions of a changed plan with the answers that were given before, as long as the option is still there.

    An answered question that is not asked any more stays, as the record of the answer.
    """
    answered = {question.id: question for question in before if question.answer is not None}
    asked = tuple(_answered_as(question, answered.get(question.id)) for question in after)
    gone = tuple(question for question in answered.values() if question.id not in {q.id for q in asked})
    return (*asked, *gone)


def _answered_as(question: Question, before: Question | None) -> Question:
    if before is None or before.answer is None:
        return question
    kept = [option for option in before.options if option.key == before.answer]
    if not any(option.key == before.answer for option in question.options):
        question = question.but(options=(*question.options, *kept))
    return question.but(answer=before.answer)


def settle(questions: Iterable[Question], change: Change) -> tuple[Question, ...]:
    """The questions after a change that a person asked for in words: one that it answers is answered.

    "Invoice goes into orders" answers "table:orders", also when Invoice was not among its options.
    """
    return tuple(_settled(question, change) if question.open else question for question in questions)


def _settled(question: Question, change: Change) -> Question:
    for option in question.options:
        if change in option.changes and len(option.changes) == 1:
            return question.but(answer=option.key)
    if isinstance(change, LeaveOut) and change.table == question.table:
        return _with_answer(question, Option(key="leave_out", text=f"Leave {change.table} out", changes=(change,)))
    if isinstance(change, MapTable) and question.id == f"table:{change.target}":
        return _with_answer(question, Option(key=change.source, text=f"Take {change.source}", changes=(change,)))
    return question


def _with_answer(question: Question, option: Option) -> Question:
    if any(known.key == option.key for known in question.options):
        return question.but(answer=option.key)
    return question.but(options=(*question.options, option), answer=option.key)

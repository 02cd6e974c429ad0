"""Short ways to write down what a sentence should be understood as."""

from __future__ import annotations

from ferryman.domain.changes import Change
from ferryman.domain.conversation import (
    AnswerQuestion,
    Approve,
    Ask,
    Begin,
    Cancel,
    ChangePlan,
    Choose,
    Pause,
    Resume,
    Rollback,
    SavePlan,
    ShowRows,
    Topic,
    Unclear,
    Utterance,
)
from ferryman.domain.coordination import Request, RequestType
from ferryman.domain.filters import AllOf, Comparison, Operator
from ferryman.domain.mapping import Strategy
from ferryman.domain.transforms import Scalar

YES, NO, PAUSE, RESUME = Approve(), Cancel(), Pause(), Resume()
UNCLEAR = Unclear(text="", suggestions=())


def ask(topic: Topic, *tables: str, columns: tuple[str, ...] = ()) -> Ask:
    return Ask(topic=topic, tables=tables, columns=columns)


def change(*changes: Change) -> ChangePlan:
    return ChangePlan(changes=changes)


def begin(kind: RequestType, *tables: str, priority: str = "", leave_out: tuple[str, ...] = ()) -> Begin:
    usual = {"complete_migration": "everything", "named_tables": "as_named", "fill_missing": "fill_missing_data"}
    return Begin(request=request(kind, *tables, priority=priority or usual[kind], leave_out=leave_out))


def request(kind: RequestType, *tables: str, priority: str = "as_named", leave_out: tuple[str, ...] = ()) -> Request:
    return Request(type=kind, priority=priority, tables=tables, leave_out=leave_out)


def fill(*tables: str) -> Begin:
    return begin(RequestType.NAMED, *tables, priority="fill_missing_data")


def named(*tables: str) -> Begin:
    return begin(RequestType.NAMED, *tables)


def everything(*leave_out: str) -> Begin:
    return begin(RequestType.COMPLETE, leave_out=leave_out)


def choose(strategy: Strategy) -> Choose:
    return Choose(strategy=strategy)


def show(table: str = "", count: int = 3, problem: bool = False) -> ShowRows:
    return ShowRows(table=table, count=count, only_problem=problem)


def undo(*tables: str, run: str = "", phase: int = 0) -> Rollback:
    return Rollback(run=run, tables=tables, phase=phase)


def save(path: str = "") -> SavePlan:
    return SavePlan(path=path)


def took(question: str, option: str) -> AnswerQuestion:
    return AnswerQuestion(question=question, option=option)


def where(column: str, op: str, *values: Scalar) -> Comparison:
    return Comparison(column=column, op=Operator(op), values=values)


def both(*parts: Comparison) -> AllOf:
    return AllOf(of=parts)


def bare(said: Utterance) -> Utterance:
    """An utterance without the words that were said, so that two can be compared."""
    if isinstance(said, Unclear):
        return UNCLEAR
    if isinstance(said, Begin):
        return said.but(request=said.request.but(user_context=""))
    if isinstance(said, Ask | ChangePlan):
        plain = said.but(text="")
        if isinstance(plain, ChangePlan):
            return plain.but(changes=tuple(_without_words(c) for c in plain.changes))
        return plain
    return said


def _without_words(change: Change) -> Change:
    return change.but(request=change.request.but(user_context="")) if change.do == "set_request" else change

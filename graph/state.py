"""What a checkpoint holds: where the conversation stands. Plain JSON, small, and never a row's value or a secret.

Big facts (catalogues, findings, the plan) lie on the shelf; state names them by digest. What happened to rows is in
the ledger: losing a checkpoint loses talk, never rows.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, TypedDict

Json = dict[str, Any]


class Place(StrEnum):
    """Where in the conversation the person's words are said."""

    START = "start"
    REVIEW = "review"
    DECIDE = "decide"
    PAUSED = "paused"


def merged(old: dict[str, Json | None], new: dict[str, Json | None]) -> dict[str, Json | None]:
    """Failures by table from branches that ran side by side; None takes one away."""
    return {table: failure for table, failure in {**old, **new}.items() if failure is not None}


class State(TypedDict, total=False):
    """The graph's state. Every key is listed: LangGraph drops an unknown one silently."""

    run: str  #: the run's id
    place: str  #: a Place
    heard: Json  #: {"text": ...}, or an Utterance as JSON
    answer: Json  #: what was heard, as an Utterance
    request: Json  #: coordination.Request
    waiting: str  #: what was said beside the request, to be understood when there is a plan
    sizes: dict[str, int]  #: batch sizes that were asked for, by target table
    facts: dict[str, str]  #: name -> digest on the shelf
    draft: str  #: digest of the mapping and its questions, which planning takes
    plan: str  #: digest of the Plan
    shown: str  #: digest of the plan that was shown before this one
    past: list[str]  #: digests of the plans before the last changes, the latest one last
    ahead: list[str]  #: digests of the plans that were taken back, the latest one last
    standing: str  #: digest of the plan that the run goes by, while a change of it is put up
    back_to: str  #: the Place that the conversation returns to from there; "" where no change is put up
    latest: Json  #: the last change that is in the plan, as a ChangePlan; {} where it was none in words
    meant: str  #: the sentence that was put before the person for words that were not understood
    other: Json  #: another request that was put before the person, as a ChangePlan; {} where there is none
    given: bool  #: the plan came from a file
    reopen: bool  #: the run is in the ledger already, and goes on from there
    token: str  #: what an approval binds now
    advice: list[Json]  #: guidance.Advice on what lies before the person
    reviewed: str  #: digest of what a model has read of the plan
    approval: Json  #: approval.Approval
    delegated: int  #: delegations given so far
    phase: int  #: the running phase
    sending: list[str]  #: its target tables that are not finished
    failures: Annotated[dict[str, Json | None], merged]  #: target table -> recovery.Failure
    rounds: int  #: of level 2, since the last phase went well
    tried: dict[str, list[str]]  #: "table:columns:cause" -> strategies that failed
    groups: list[Json]  #: findings.MissingGroup, from the investigation
    decision: Json  #: recovery.Decision
    deadline: str  #: ISO time when an open decision becomes a pause
    reason: str  #: why the run is paused
    undone: bool  #: the table that it stopped at was undone, and nothing else of the run is there or left to do
    outcome: Json  #: run.Outcome
    finished: bool  #: the run is done; `get_state().next` does not say so


class TableTask(TypedDict):
    """What a branch gets: one table of one phase."""

    run: str
    plan: str
    facts: dict[str, str]
    table: str
    phase: int
    delegated: int  #: its three delegations are the next numbers

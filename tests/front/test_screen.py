"""What is shown for events and payloads: at widths, without a terminal, and with names that mean no good."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from ferryman.agents.user_guidance import explain_problem, present_plan
from ferryman.demo_data import build_junction
from ferryman.domain.approval import Approval
from ferryman.domain.conversation import DecidePayload, PausedPayload, ReviewPayload
from ferryman.domain.coordination import Agent
from ferryman.domain.errors import Usage
from ferryman.domain.events import (
    Approved,
    BatchCompleted,
    DecisionTaken,
    Event,
    RecoveryStep,
    RolledBack,
    RowsAdded,
    RowsQuarantined,
    RunStarted,
    Said,
    SelfRecovery,
    TableCopied,
    TableValidated,
)
from ferryman.domain.findings import Diagnosis
from ferryman.domain.mapping import Strategy
from ferryman.domain.recovery import Decision, Failure, FailureType, RecoveryOption, Severity
from ferryman.domain.run import Accounting
from ferryman.domain.validation import CheckKind, CheckResult, CheckStatus, TableValidation
from ferryman.screen import Screen
from tests.front.talking import opened, screen, shown
from tests.tools.pairs import RUN_STARTED

HOSTILE = "[red]x\x1b[31m\x07\u202e[/red]"


@pytest.fixture(scope="module")
def review(tmp_path_factory: pytest.TempPathFactory) -> ReviewPayload:
    """A plan of three tables in two phases, with two open questions."""
    with opened(build_junction(tmp_path_factory.mktemp("junction"))) as session:
        list(session.say("fill the missing tables"))
        assert isinstance(session.payload, ReviewPayload)
        return session.payload


@pytest.fixture
def settled(review: ReviewPayload) -> ReviewPayload:
    """The same with every question answered."""
    answered = tuple(question.but(answer=question.recommended) for question in review.plan.questions)
    plan = review.plan.but(questions=answered)
    presented = present_plan(plan)
    return review.but(plan=plan, presented=presented, question=presented.question)


def batch(number: int, of: int, *, table: str = "orders", size: int = 100) -> BatchCompleted:
    """The event of one of several equal batches."""
    return BatchCompleted(
        table=table,
        batch=str(number),
        of=of,
        records=f"{(number - 1) * size + 1:,}-{number * size:,}",
        records_processed=size,
        records_completed=number * size,
        records_total=of * size,
        percentage=100 * number // of,
        time_elapsed="0.1s",
        seconds=0.1,
        estimated_time_remaining="a few seconds",
        accounting=Accounting(source=size, migrated=size),
        current_action=f"Moving {table}, so that they are there",
    )


def validated(status: CheckStatus = CheckStatus.PASS, table: str = "orders") -> TableValidated:
    check = CheckResult(kind=CheckKind.COUNT_MATCH, status=status, text="100 of 100 rows are there.")
    return TableValidated(validation=TableValidation(table=table, checks=(check,)))


def started(tables: int) -> RunStarted:
    return RunStarted(run="20261122-181205-9f3a", tables=tables, rows=100)


def told(*events: Event) -> str:
    """What a screen without a terminal shows of these events."""
    paper = screen()
    for event in events:
        paper.show(event)
    return shown(paper)


# Payloads


@pytest.mark.parametrize("width", [40, 60, 80, 100, 160])
def test_the_plan_fits_the_terminal(settled: ReviewPayload, width: int) -> None:
    paper = screen(width)
    paper.payload(settled)
    text = shown(paper)
    assert max(len(line.rstrip()) for line in text.splitlines()) <= width
    assert "dispatch_case" in text
    assert "15,420" in text
    assert ("batches" in text) == (width == 160)


def test_a_plan_with_open_questions_asks_the_first_and_shows_no_approval(review: ReviewPayload) -> None:
    paper = screen()
    paper.payload(review)
    text = shown(paper)
    assert text.index("dispatch_case") < text.index("Before that I need to know:") < text.index("What is your answer")
    assert "If you say yes" not in text


def test_the_approval_names_every_table_that_is_written(settled: ReviewPayload) -> None:
    for ledger, told in (
        (False, "my own records, in new tables: ferryman_run"),
        (True, "my own records, in ferryman_run"),
    ):
        paper = screen(160)
        paper.payload(settled, ledger=ledger)
        words = " ".join(shown(paper).split())
        assert told in words
        assert all(table in words for table in settled.writes)
        assert shown(paper).rstrip().endswith("Shall I go ahead?")


def test_what_was_seen_comes_back_as_its_question_only(review: ReviewPayload, settled: ReviewPayload) -> None:
    paper = screen()
    paper.payload(settled, settled)
    assert shown(paper) == "Shall I go ahead?\n"
    paper = screen()
    paper.payload(review, review)
    assert "dispatch_file  " not in shown(paper)
    assert shown(paper).startswith("Still open: ")


def test_another_estimate_is_no_other_plan(settled: ReviewPayload) -> None:
    slower = settled.plan.estimate.but(low=60, high=90)
    paper = screen()
    paper.payload(settled.but(plan=settled.plan.but(estimate=slower)), settled)
    assert shown(paper) == "Shall I go ahead?\n"


def test_a_long_plan_is_cut_and_can_be_had_whole(settled: ReviewPayload) -> None:
    paper = screen()
    paper.plan(settled.plan, settled.presented, most=1)
    assert "and 2 more; /plan shows all of them" in shown(paper)


def decision() -> DecidePayload:
    option = RecoveryOption(
        strategy=Strategy.QUARANTINE, choice="Skip these 23", time="continue immediately", safety="nothing is lost"
    )
    other = option.but(strategy=Strategy.PAUSE, choice="Pause", tradeoff="orders waits")
    decided = Decision(
        failure=Failure(type=FailureType.FOREIGN_KEY, table="orders"),
        diagnosis=Diagnosis(issue="i", root_cause="c"),
        severity=Severity.LOW,
        situation="23 orders have no customer",
        impact="orders waits",
        options=(option, other),
        recommended=Strategy.QUARANTINE,
        recommendation="option 1 goes on at once",
    )
    return DecidePayload(
        run="r",
        decision=decided,
        explained=explain_problem(decided),
        message="m",
        question="Which one shall it be?",
        deadline="2026-11-22T18:42:00+00:00",
    )


def test_a_decision_shows_numbered_options_and_its_deadline() -> None:
    paper = screen()
    paper.payload(decision())
    text = shown(paper)
    assert "23 orders have no customer. Orders waits." in text
    assert "  1. Skip these 23 (recommended)\n     Continue immediately. Nothing is lost.\n  2. Pause\n" in text
    assert "the run pauses by itself" in text
    again = screen()
    again.payload(decision(), decision())
    assert shown(again) == 'Which one shall it be? ("what are my options?" shows them again)\n'


def test_a_pause_is_explained_once() -> None:
    paused = PausedPayload(run="r", reason="asked to", message="Paused. Nothing moves.", question="Shall I go on?")
    paper = screen()
    paper.payload(paused)
    paper.payload(paused, paused)
    assert shown(paper).count("Paused. Nothing moves.") == 1
    assert shown(paper).count("Shall I go on?") == 2


# Events


def test_of_few_tables_each_batch_and_check_is_told() -> None:
    text = told(started(1), *(batch(n, 4) for n in range(1, 5)), validated())
    assert text.count("Moving orders, so that they are there") == 1
    assert [f"rows {rows} of 400" in text for rows in ("1-100", "101-200", "201-300", "301-400")] == [True] * 4
    assert "    pass  100 of 100 rows are there." in text


def test_of_many_batches_every_fifth_of_the_rows_is_told() -> None:
    text = told(started(1), *(batch(n, 100) for n in range(1, 101)))
    assert 5 <= text.count("  rows ") <= 7
    assert "(100%)" in text


def test_of_many_tables_each_has_a_line() -> None:
    accounting = Accounting(source=400, migrated=390, quarantined=10)
    copied = TableCopied(table="orders", accounting=accounting, seconds=0.4)
    text = told(started(9), *(batch(n, 4) for n in range(1, 5)), copied, validated())
    assert text.splitlines()[-1] == "  orders: 390 rows moved, 10 set aside in 0.4s; all 1 checks passed"
    assert "rows 1-100" not in text
    again = told(started(9), copied, validated(), validated())  # where rows came beside the order since
    assert again.splitlines()[-1] == "  orders: all 1 checks passed"
    (check,) = validated().validation.checks
    drifted = TableValidation(table="orders", checks=(check, check.but(text="2 rows left since.", since=2)))
    text = told(started(9), copied, TableValidated(validation=drifted))
    assert [line.strip() for line in text.splitlines()[-2:]] == [
        "orders: 390 rows moved, 10 set aside in 0.4s; all 2 checks passed",
        "2 rows left since.",
    ]


def test_a_check_that_did_not_pass_is_shown_whole_in_any_case() -> None:
    text = told(started(9), validated(CheckStatus.NOT_VALIDATED))
    assert "    not validated  100 of 100 rows are there." in text


def test_trouble_is_told_in_words() -> None:
    recovery = SelfRecovery(
        agent=Agent.MIGRATION_EXECUTION,
        issue="The database is locked.",
        recovery=(),
        attempt=1,
        max_retries=3,
        wait_seconds=0.5,
    )
    failed = RecoveryStep(
        table="orders", strategy="placeholders", step="make_placeholders", state="failed", detail="No name is free."
    )
    text = told(
        Approved(approval=Approval(token="t", by="Ada", at=RUN_STARTED)),
        recovery,
        failed,
        RowsQuarantined(table="orders", rows=1_234, reason="no customer"),
        RolledBack(table="orders", kind="restore_updated", rows=7, restored=2),
    )
    assert text.splitlines() == [
        "  Approved by Ada.",
        "  The database is locked. Again in 0.5 s (try 1 of 3).",
        "  make placeholders: failed (No name is free.)",
        "  1,234 rows of orders set aside: no customer",
        "  orders: 7 rows taken out again, 2 rows have their old values again",
    ]


def test_a_policy_is_told_once() -> None:
    decided = DecisionTaken(table="orders", strategy="set_null", by="Ada", amendment=0, as_policy=True, rows=1)
    assert told(decided, decided).splitlines() == ["  Decided by the plan, for orders: set null."]


def test_parents_that_come_batch_by_batch_are_told_once_and_counted_at_the_end() -> None:
    came = [RowsAdded(table="customers", batch=f"{n}+1", rows=n, origin="left_out") for n in (1, 2)]
    lines = told(*came, TableCopied(table="orders", accounting=Accounting(source=1, migrated=1), seconds=0.4))
    assert lines.splitlines()[0].startswith("  1 row of customers came beside the order")
    assert lines.splitlines()[1] == "  3 rows of customers came beside the order in all."
    assert lines.count("came beside") == 2


def test_rows_that_are_set_aside_batch_by_batch_are_told_once_and_counted_at_the_end() -> None:
    counted = Accounting(source=12, migrated=9, quarantined=3)
    text = told(
        RowsQuarantined(table="orders", rows=1, reason="no customer"),
        RowsQuarantined(table="orders", rows=2, reason="no customer"),
        TableCopied(table="orders", accounting=counted, seconds=0.4, set_aside={"no customer": 3}),
    )
    assert [line for line in text.splitlines() if "set aside" in line][:2] == [
        "  1 row of orders set aside: no customer",
        "  3 rows of orders set aside in all: no customer",
    ]


@pytest.mark.parametrize(("seen", "lines"), [(2, 1), (1, 2), (0, 1)])
def test_rows_that_a_process_set_aside_which_is_gone_are_counted_with_them(seen: int, lines: int) -> None:
    met = [RowsQuarantined(table="orders", rows=seen, reason="no customer")] if seen else []
    counted = Accounting(source=12, migrated=10, quarantined=2)
    text = told(*met, TableCopied(table="orders", accounting=counted, seconds=0.4, set_aside={"no customer": 2}))
    told_of = [line for line in text.splitlines() if "no customer" in line]
    assert len(told_of) == lines
    assert told_of[-1].startswith("  2 rows of orders set aside")


# Texts


def test_names_and_texts_are_never_markup_or_control_codes() -> None:
    paper = screen()
    paper.says(f"About {HOSTILE}.")
    paper.line(HOSTILE)
    paper.person(HOSTILE)
    paper.error(Usage(HOSTILE, HOSTILE))
    paper.grid(("a", "b"), [{"a": HOSTILE, "b": HOSTILE}])
    text = shown(paper) + told(
        started(1),
        Said(topic="answer", text=HOSTILE),
        batch(1, 1, table=HOSTILE),
        validated(table=HOSTILE),
        RowsQuarantined(table=HOSTILE, rows=1, reason=HOSTILE),
        RolledBack(table=HOSTILE, kind="truncate", rows=1),
    )
    assert text.count("[red]x") >= 10
    assert not {"\x1b", "\x07", "\u202e"} & set(text)


def test_paragraphs_stand_apart_and_lines_together() -> None:
    paper = screen()
    for text in ("one", "two"):
        paper.says(text)
    for text in ("three", "four"):
        paper.line(text)
    paper.asks("five?")
    assert shown(paper) == "one\n\ntwo\n\n  three\n  four\n\nfive?\n"


def test_a_wrapped_line_goes_on_under_its_bullet() -> None:
    paper = screen(20)
    paper.says("  - one two three four five six")
    assert shown(paper) == "  - one two three\n    four five six\n"


def test_without_colours_nothing_is_coloured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    paper = Screen(Console(file=StringIO(), force_terminal=True, width=80))
    paper.error(Usage("It is red.", "It is not."))
    assert "\x1b[1m" in shown(paper)
    assert "31" not in shown(paper)


def test_a_file_has_no_live_bars(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as log:
        paper = Screen(Console(file=log, force_terminal=True, width=80, no_color=True))
        with paper:
            paper.show(batch(1, 1))
    assert "━" not in (tmp_path / "log").read_text()

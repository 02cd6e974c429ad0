"""The report: one file, nothing from anywhere else, every name escaped, no value of any row."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ferryman.charts import Bar, grouped, stacked
from ferryman.domain.approval import Amendment
from ferryman.domain.events import RolledBack, RowsQuarantined, RunStarted, TableCopied
from ferryman.domain.mapping import Mapping, Problem, TableMapping
from ferryman.domain.run import Accounting, BatchRecord, RunStatus, Segment, TableState
from ferryman.domain.validation import CheckKind, CheckResult, CheckStatus, TableValidation
from ferryman.report import collect, html, markdown, write_report
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.records import Entry, QuarantinedRow, Scope
from ferryman.tools.move.tables import RowKind
from ferryman.workspace import Workspace
from tests.tools.pairs import CUSTOMERS, PURCHASES, RUN_STARTED, beginning, opened, plan_of, shop, start

HOSTILE = '"><script>alert(1)</script>|`x`\n\x1b[31m\u202e'
SECRET = "a value that only the quarantine table may hold"


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return told(tmp_path, CUSTOMERS, PURCHASES)


def told(folder: Path, *tables: TableMapping) -> Ledger:
    """A run that ended with quarantine: the first table validated, the last one with rows set aside."""
    source, target = opened(*shop(folder))
    ledger = Ledger(target)
    scopes = {t.target: Scope(upper=(100,), source_rows=100, total=90, target_before=3) for t in tables}
    ledger.begin(beginning(source, target, scopes, plan=plan_of(Mapping(tables=tables))))
    for table in tables:
        copied(ledger, table.target)
    ledger.amend("run-1", decision(tables[-1].target), plan_of(Mapping(tables=tables)))
    ledger.set_status("run-1", RunStatus.SUCCESS_WITH_QUARANTINE)
    return ledger


def copied(ledger: Ledger, table: str) -> None:
    counted = Accounting(source=100, migrated=80, matched=5, merged=2, skipped=10, quarantined=3)
    record = BatchRecord(
        table=table,
        number="1",
        first_row=1,
        last_row=90,
        segment=Segment(upto=(100,), rows=90),
        accounting=counted,
        seconds=2.5,
    )
    aside = QuarantinedRow(
        table=table, batch="1", source_key="[9]", problem=Problem.MISSING_PARENT, row=f'{{"note":"{SECRET}"}}'
    )
    book = ledger.book("run-1", table)
    with ledger.target.connect() as connection:
        book.add_entries(connection, "1", [Entry(RowKind.CREATED, None, "a", "z", 80)])
        book.add_quarantined(connection, [aside, aside, aside], RUN_STARTED)
        book.write(connection, record, RUN_STARTED)
        connection.commit()
    ledger.set_table("run-1", table, TableState.VALIDATED, validation=checked(table))


def checked(table: str) -> TableValidation:
    passed = CheckResult(kind=CheckKind.COUNT_MATCH, status=CheckStatus.PASS, text="100 rows, all accounted for")
    return TableValidation(table=table, checks=(passed,))


def decision(table: str) -> Amendment:
    return Amendment(
        number=0,
        by="anna <b>",
        at=RUN_STARTED + timedelta(minutes=1),
        table=table,
        cause="never_existed",
        strategy="skip_orphaned_records",
        rows=3,
    )


class Page(HTMLParser):
    """What an HTML page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def test_the_page_says_what_moved_what_was_checked_who_decided_and_how_to_undo(ledger: Ledger) -> None:
    page = Page(html(collect(ledger, "run-1")))
    assert page.open == []
    for said in (
        "old into new",
        "success with quarantine",
        "160",
        "100 rows, all accounted for",
        "passed",
        "anna <b> decided for purchases (never existed, 3 rows): skip orphaned records",
        "How to mend it",
        "anna approved the plan",
    ):
        assert said in page.text, said


def test_markdown_says_the_same(ledger: Ledger) -> None:
    text = markdown(collect(ledger, "run-1"))
    assert "| customer | customers | validated | 100 | 80 | 5 | 2 | 10 | 3 |" in text
    assert "| customers | count match | pass | 100 rows, all accounted for |" in text
    assert "anna \\<b\\> decided for purchases" in text


def test_nothing_is_loaded_from_anywhere_and_the_policy_allows_nothing_else(ledger: Ledger) -> None:
    text = html(collect(ledger, "run-1"))
    page = Page(text)
    assert not {"script", "link", "img", "iframe", "object", "base"} & set(page.tags)
    assert not [a for a in page.attributes if a[1] in ("src", "href", "style") or a[1].startswith("on")]
    policy = next(value for tag, name, value in page.attributes if tag == "meta" and "default-src" in value)
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    style = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)[0]
    assert f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'" in policy
    assert "url(" not in style
    assert "prefers-color-scheme: dark" in style
    assert "@media print" in style


def test_no_value_of_a_row_is_in_it(ledger: Ledger) -> None:
    material = collect(ledger, "run-1")
    assert [q.rows for q in material.quarantine] == [3, 3]
    assert SECRET not in html(material) + markdown(material)
    assert "Customer 1" not in html(material)


def test_a_hostile_name_stays_text(tmp_path: Path) -> None:
    ledger = told(tmp_path, CUSTOMERS.but(target=HOSTILE))
    material = collect(ledger, "run-1")
    page = Page(html(material))
    assert "script" not in page.tags
    assert '"><script>alert(1)</script>' in page.text
    for text in (html(material), markdown(material)):
        assert "\x1b" not in text
        assert "\u202e" not in text
    row = next(line for line in markdown(material).splitlines() if line.startswith("| customer |"))
    assert len(re.findall(r"(?<!\\)\|", row)) == 14
    assert "<script>" not in markdown(material).replace("\\<", "")


def test_every_table_of_the_page_has_a_caption_and_every_chart_a_label(ledger: Ledger) -> None:
    page = Page(html(collect(ledger, "run-1")))
    assert page.tags.count("table") == page.tags.count("caption") > 4
    charts = [a for a in page.attributes if a[0] == "svg" and a[1] == "role"]
    labels = [a for a in page.attributes if a[0] == "svg" and a[1] == "aria-label"]
    assert len(charts) == len(labels) == 2
    assert ("html", "lang", "en") in page.attributes


def test_the_story_comes_from_the_event_log_and_from_the_ledger_alone_without_one(ledger: Ledger) -> None:
    alone = collect(ledger, "run-1", Workspace())
    assert alone.source.startswith("From the ledger alone")
    assert [moment.text for moment in alone.story][:2] == ["anna approved it.", "The run began: 2 tables."]
    workspace = Workspace()
    workspace.record("run-1", RunStarted(run="run-1", tables=2, rows=200))
    workspace.record("run-1", TableCopied(table="customers", accounting=Accounting(migrated=80), seconds=2.5))
    told_by_log = collect(ledger, "run-1", workspace)
    assert told_by_log.source == ""
    assert [moment.text for moment in told_by_log.story] == [
        "The run began: 2 tables, 200 rows.",
        "customers: 80 rows moved in 2.5s.",
    ]


def test_a_log_that_begins_in_the_middle_of_a_run_is_said_to(ledger: Ledger) -> None:
    workspace = Workspace()
    workspace.record("run-1", RunStarted(run="run-1", tables=2, rows=200, resumed=True))
    material = collect(ledger, "run-1", workspace)
    for text in (markdown(material), html(material)):
        assert "The log of events in this folder begins after the run did" in text


def test_rows_that_batch_after_batch_set_aside_for_one_reason_are_told_of_once(ledger: Ledger) -> None:
    workspace = Workspace()
    workspace.record("run-1", RunStarted(run="run-1", tables=2, rows=200))
    for rows in (3, 4):
        for reason in ("name is empty", "note is too long"):
            workspace.record("run-1", RowsQuarantined(table="customers", rows=rows, reason=reason))
    workspace.record("run-1", RolledBack(table="customers", kind="truncate", rows=9))
    workspace.record("run-1", RowsQuarantined(table="customers", rows=5, reason="name is empty"))
    material = collect(ledger, "run-1", workspace)
    aside = [
        "7 rows of customers set aside: name is empty.",
        "7 rows of customers set aside: note is too long.",
        "5 rows of customers set aside: name is empty.",
    ]
    assert [moment.text for moment in material.trouble] == aside
    assert [moment.text for moment in material.story if "set aside" in moment.text] == aside


def test_write_report_takes_the_form_from_the_name(ledger: Ledger, tmp_path: Path) -> None:
    assert write_report(ledger, "run-1", tmp_path / "r.md").read_text().startswith("# old into new")
    assert write_report(ledger, "run-1", tmp_path / "r.html").read_text().startswith("<!doctype html>")


def test_a_chart_shows_thirty_bars_and_says_how_many_more_there_are() -> None:
    bars = [Bar(f"table {n}", (float(n), 1.0), str(n)) for n in range(40)]
    for chart in (stacked("Rows", ("moved", "set aside"), bars), grouped("Time", ("estimated", "actual"), bars)):
        assert chart.count('class="v"') == 30
        assert "and 10 more" in chart
    assert 'width="1.0"' not in stacked("Rows", ("moved",), [Bar("none", (0.0,), "0")])


def test_a_table_that_is_half_moved_is_reported_with_its_whole_scope(tmp_path: Path) -> None:
    run = start(*shop(tmp_path))
    run.copy("customers")
    run.copy("purchases", batches=4)
    told = markdown(collect(run.ledger, run.run))
    (line,) = [line for line in told.splitlines() if line.startswith("| purchase | purchases | copying")]
    assert "| 100 | 40 |" in line
    assert line.endswith("| not finished |")


def test_why_it_cannot_be_undone_ends_with_one_full_stop(ledger: Ledger) -> None:
    told = replace(collect(ledger, "run-1"), can_undo=False, undo_blocker="Rows of others hang on it.")
    for text in (markdown(told), html(told)):
        assert "It cannot be undone now: Rows of others hang on it." in text
        assert "it.." not in text

"""The report of a run: one HTML file that needs nothing else, or Markdown. From the ledger, and the event log where
there is one. Counts, names and times; never a row's value.
"""

from __future__ import annotations

import base64
import hashlib
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ferryman.agents.wording import count
from ferryman.charts import Bar, grouped, stacked
from ferryman.domain.approval import Amendment
from ferryman.domain.changes import Question
from ferryman.domain.events import RunStarted, usage_of
from ferryman.domain.filters import describe
from ferryman.domain.plan import Plan, RollbackKind
from ferryman.domain.references import lost_columns
from ferryman.domain.run import AsideCount, RunStatus, TableProgress, TableState, duration_text
from ferryman.domain.usage import Usage
from ferryman.domain.validation import CheckStatus
from ferryman.graph.laid_aside import counted
from ferryman.graph.standing import late, now
from ferryman.story import gathered, sentence, trouble
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.progress import progress
from ferryman.tools.move.records import RunRecord
from ferryman.tools.move.rollback import rollback_available
from ferryman.tools.move.stand_ins import StandIns, stand_ins
from ferryman.workspace import Workspace

KINDS = ("moved", "matched", "merged", "skipped", "set aside")

_UNDO = {
    RollbackKind.TRUNCATE: "The tables were empty before, and are emptied again. Where rows of others came since, only "
    "the rows of this run are taken out.",
    RollbackKind.DELETE_CREATED: "Exactly the rows that this run made are taken out; all others stay.",
    RollbackKind.RESTORE_UPDATED: "The rows that this run made are taken out, and rows that it changed get back what "
    "they held before.",
}


@dataclass(frozen=True)
class Moment:
    """Something that happened."""

    at: datetime
    text: str


@dataclass(frozen=True)
class Material:
    """Everything that a report says."""

    record: RunRecord
    status: RunStatus
    tables: tuple[TableProgress, ...]
    quarantine: tuple[AsideCount, ...]
    placeholders: tuple[StandIns, ...]  #: that stand there still
    trouble: tuple[Moment, ...]  #: what went wrong, what was done about it and who said so
    story: tuple[Moment, ...]
    source: str  #: where the story comes from, in a sentence, where it is not the whole log of events
    can_undo: bool
    undo_blocker: str
    model: Usage = field(default_factory=Usage)  #: what asking a model has cost

    @property
    def plan(self) -> Plan:
        return self.record.amended

    @property
    def moved(self) -> int:
        return sum(table.accounting.migrated for table in self.tables)

    @property
    def set_aside(self) -> int:
        return sum(table.accounting.quarantined for table in self.tables)

    @property
    def seconds(self) -> float:
        """Spent on rows; waiting for people is not in it."""
        return sum(table.seconds for table in self.tables)

    @property
    def estimated(self) -> float:
        return sum(table.estimated_seconds for table in self.tables)

    @property
    def validation(self) -> str:
        """PASSED, FAILED or NOT VALIDATED, over the tables that are not undone; UNDONE when all of them are."""
        left = [table for table in self.tables if table.state is not TableState.ROLLED_BACK]
        found = {table.validation.status if table.validation else CheckStatus.NOT_VALIDATED for table in left}
        if self.tables and not left:
            return "UNDONE"
        if CheckStatus.FAIL in found:
            return "FAILED"
        return "PASSED" if found == {CheckStatus.PASS} else "NOT VALIDATED"

    @property
    def undo_text(self) -> str:
        return _UNDO[self.plan.rollback]

    @property
    def answered(self) -> tuple[Question, ...]:
        return tuple(question for question in self.plan.questions if not question.open)

    @property
    def filters(self) -> tuple[tuple[str, str], ...]:
        return tuple((t.target, describe(t.filter)) for t in self.plan.mapping.tables if t.filter)

    @property
    def ignored(self) -> tuple[tuple[str, str], ...]:
        return tuple((tables[0].source, ", ".join(lost)) for tables, lost in lost_columns(self.plan.mapping))


def collect(ledger: Ledger, run: str, workspace: Workspace | None = None) -> Material:
    """The material of a run's report. Raises Usage when the ledger has no such run."""
    record, tables = ledger.run(run), progress(ledger, run)
    available, blocker = rollback_available(ledger.target, run)
    logged = _from_log(workspace, run) if workspace else ()
    return Material(
        record=record,
        status=now(record),
        tables=tables,
        quarantine=counted(ledger, run),
        placeholders=stand_ins(ledger.target, ledger, run),
        trouble=_trouble(record, workspace, run),
        story=logged or _from_ledger(record, tables),
        source=_source(workspace, run),
        can_undo=available,
        undo_blocker=blocker,
        model=usage_of(event for _, event in workspace.events(run)) if workspace else Usage(),
    )


def html(material: Material) -> str:
    """One file: no script, no font, no image from anywhere; a policy that forbids them all."""
    page = _environment(Markup.escape)
    style = page.loader.get_source(page, "report.css")[0] if page.loader else ""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return page.get_template("report.html.j2").render(
        m=material,
        style=Markup(style),
        style_hash=digest,
        rows_chart=_rows_chart(material),
        times_chart=_times_chart(material),
    )


def markdown(material: Material) -> str:
    """The same in Markdown, for an issue or a wiki."""
    return _environment(_plain_markdown).get_template("report.md.j2").render(m=material)


def write_report(ledger: Ledger, run: str, path: Path, workspace: Workspace | None = None) -> Path:
    """Write a run's report, as Markdown where the file's name ends in .md; gives the path."""
    material = collect(ledger, run, workspace)
    path.write_text(markdown(material) if path.suffix.lower() == ".md" else html(material), encoding="utf-8")
    return path


def _environment(finish: Callable[[str], str]) -> Environment:
    """Every value passes `finish`: a name out of a database is never markup, whatever the template forgets."""

    def finalize(value: object) -> object:
        if isinstance(value, Markup):
            return value
        return finish(_printable(str(value)))

    environment = Environment(
        loader=PackageLoader("ferryman", "templates"),
        autoescape=False,
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"count": lambda n: f"{n:,}", "words": _words, "took": duration_text, "moment": _moment}
    return environment


def _printable(text: str) -> str:
    return "".join(" " if unicodedata.category(c) in ("Cc", "Cf", "Cs") else c for c in text)


def _plain_markdown(text: str) -> str:
    """A text that Markdown takes as it stands: no markup, no HTML, no new cell of a table."""
    return "".join(f"\\{c}" if c in "\\`*_[]<>|#!~" else c for c in text)


def _words(name: object) -> str:
    return str(getattr(name, "value", name)).replace("_", " ")


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else "not yet"


def _rows_chart(material: Material) -> Markup:
    bars = []
    for table in material.tables:
        a = table.accounting
        parts = (a.migrated, a.matched, a.merged, a.skipped, a.quarantined)
        bars.append(Bar(_printable(table.table), tuple(map(float, parts)), f"{a.migrated:,} of {a.source:,}"))
    return stacked("Rows, by what became of them", KINDS, _largest(bars))


def _times_chart(material: Material) -> Markup:
    bars = [
        Bar(
            _printable(t.table),
            (t.estimated_seconds, t.seconds),
            f"{duration_text(t.seconds)}, estimated {duration_text(t.estimated_seconds)}",
        )
        for t in material.tables
    ]
    return grouped("Time, estimated and actual", ("estimated", "actual"), _largest(bars))


def _largest(bars: list[Bar]) -> list[Bar]:
    return sorted(bars, key=lambda bar: (-sum(bar.parts), bar.label))


def _trouble(record: RunRecord, workspace: Workspace | None, run: str) -> tuple[Moment, ...]:
    """From the log where there is one; the ledger alone knows the decisions."""
    logged = [(at, trouble(event)) for at, event in gathered(workspace.events(run))] if workspace else []
    found = tuple(Moment(at, text) for at, text in logged if text)
    return (found or tuple(Moment(a.at, _decided(a)) for a in record.amendments)) + _expired(record)


def _expired(record: RunRecord) -> tuple[Moment, ...]:
    """That a deadline passed and made a pause of a decision, where nobody has come to it since."""
    if record.deadline is None or not late(record):
        return ()
    return (Moment(record.deadline, "Nobody decided before the deadline, so the run is paused; nothing was changed."),)


def _decided(taken: Amendment) -> str:
    what = f"{_words(taken.strategy)} ({count(taken.rows, 'row')})"
    return f"{taken.by} decided for {taken.table}, where {_words(taken.cause)} was the cause: {what}."


def _from_log(workspace: Workspace, run: str) -> tuple[Moment, ...]:
    told = ((at, sentence(event)) for at, event in gathered(workspace.events(run)))
    return tuple(Moment(at, text) for at, text in told if text)


def _source(workspace: Workspace | None, run: str) -> str:
    heard = [event for _, event in workspace.events(run)] if workspace else []
    if not any(sentence(event) for event in heard):
        return "From the ledger alone; the log of events is where the run was made."
    if any(isinstance(event, RunStarted) and not event.resumed for event in heard):
        return ""
    return "The log of events in this folder begins after the run did; what was decided before stands under Decisions."


def _from_ledger(record: RunRecord, tables: tuple[TableProgress, ...]) -> tuple[Moment, ...]:
    """What the ledger alone tells: who approved, what was decided, when it ended."""
    moments = [Moment(record.approval.at, f"{record.approval.by} approved it.")]
    moments.append(Moment(record.run_started, f"The run began: {len(tables):,} tables."))
    moments += [
        Moment(a.at, f"{a.by} decided for {a.table}: {_words(a.strategy)} ({count(a.rows, 'row')}).")
        for a in record.amendments
    ]
    if record.ended_at:
        moments.append(Moment(record.ended_at, f"The run ended: {_words(record.status)}."))
    return tuple(sorted(moments, key=lambda moment: moment.at))

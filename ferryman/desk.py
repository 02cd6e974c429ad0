"""What a front door does beside the graph: a first glance, rows for the screen, the plan for an engineer, runs, undo.

Rows are read when a person asks to see them, shown, and kept nowhere: not in state, events, transcript or report.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, or_, select

from ferryman.agents.explain import asked, present_plan
from ferryman.agents.mending import mend
from ferryman.agents.wording import clean
from ferryman.alongside import events_of
from ferryman.domain import plan_file
from ferryman.domain.conversation import ReviewPayload, ShowRows
from ferryman.domain.errors import Configuration, Usage
from ferryman.domain.events import Event
from ferryman.domain.findings import MissingCause, MissingGroup
from ferryman.domain.mapping import ColumnMapping, Generated, Problem
from ferryman.domain.plan import Plan, ProblemFound
from ferryman.domain.run import RunStatus, Status, TableProgress
from ferryman.domain.schema import Database
from ferryman.domain.transforms import ForeignKeyTo, NewId
from ferryman.graph.checks import live_catalogues
from ferryman.graph.context import Context
from ferryman.graph.retry import Retried
from ferryman.graph.retry import retry as try_again
from ferryman.graph.standing import OVER, finish, now, status_of, waits_for
from ferryman.graph.work import all_compiled, compiled
from ferryman.report import write_report
from ferryman.session import Session
from ferryman.tools.databases.dialect import clause
from ferryman.tools.move.desk import copied_so_far
from ferryman.tools.move.hanging import Hanging
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.progress import progress
from ferryman.tools.move.records import UNDOING, WITHDRAWN, RunRecord
from ferryman.tools.move.rollback import hanging_on, rollback, tables_of_phase
from ferryman.tools.prepare.lineage import policies
from ferryman.tools.prepare.mirror import beside
from ferryman.tools.prepare.misfit import ValuesDoNotFit
from ferryman.tools.prepare.orphans import Ground, missing_groups, orphan_rows
from ferryman.tools.prepare.references import LiveReferences, References
from ferryman.tools.prepare.side_by_side import side_by_side
from ferryman.tools.prepare.transform import CompiledTable

MOST_ROWS = 50  #: on one screen
_UNFIT = "does not fit: "
TO_COME = "(a number of its own, when it arrives)"
Trouble = MissingGroup | ProblemFound  #: a kind of rows that cannot go as they are
Troubled = tuple[CompiledTable, Trouble, dict[str, Any]]  #: one of its rows, with what was compiled of its table

LONGEST = 300  #: characters of a value that are shown


# What is there


@dataclass(frozen=True)
class Side:
    """One of the two databases at a glance: no rows, no values."""

    name: str
    tables: int
    empty: tuple[str, ...]  #: names of the tables without a row; those that wait for no other one first

    @property
    def all_empty(self) -> bool:
        return self.tables == len(self.empty) > 0


def glance(session: Session) -> tuple[Side, Side]:
    """The old and the new database as they are now. Tables of frameworks and of Ferryman itself do not count."""
    context, found = session.context, live_catalogues(session.context)
    with context.source.connect("looking at the old database") as connection:
        old = _side(connection, found.source, context.source.identity.name)
    with context.target.connect("looking at the new database", reading=True) as connection:
        return old, _side(connection, found.target, context.target.identity.name)


def _side(connection: Connection, database: Database, name: str) -> Side:
    tables = database.data_tables
    empty = [t for t in tables if connection.execute(select(1).select_from(clause(t.name)).limit(1)).first() is None]
    names = {table.name for table in empty}
    empty.sort(key=lambda table: any(key.parent in names - {table.name} for key in table.foreign_keys))
    return Side(name, len(tables), tuple(table.name for table in empty))


# Rows for the screen


@dataclass(frozen=True)
class Beside:
    """A legacy column with its value, and what becomes of it. Parts that there are not are empty."""

    old: str
    before: str
    new: str = ""
    after: str = ""


@dataclass(frozen=True)
class RowShown:
    """One legacy row for a person's eyes."""

    title: str
    lines: tuple[Beside, ...]
    note: str = ""  #: what is wrong with it and how to mend it, where it cannot go


def show_rows(session: Session, wish: ShowRows) -> tuple[RowShown, ...]:
    """Legacy rows beside their future form, or those that cannot go as they are. Raises Usage without a plan."""
    plan, count = session.plan, max(1, min(wish.count, MOST_ROWS))
    if plan is None:
        raise Usage("There is no plan yet to show rows of.", 'Say what is missing first, or "move everything".')
    if wish.only_problem:
        return _problem_rows(session, plan, wish.table, count, wish.count)
    table = wish.table or plan.phases[0].tables[0]
    if table not in {mapping.target for mapping in plan.mapping.copied}:
        raise Usage(f"No rows go into {clean(table)} by this plan.", "/plan shows which tables it fills.")
    work = compiled(plan.mapping, table, live_catalogues(session.context), session.context.clock())
    return tuple(_future(session.context, plan, work, count))


def _future(context: Context, plan: Plan, work: CompiledTable, count: int) -> Iterator[RowShown]:
    rows = clause(work.source)
    wanted = work.read(rows).where(work.in_filter(rows)).order_by(*work.key_columns(rows)).limit(count)
    with context.source.connect() as old, context.target.connect(reading=True) as new:
        references = LiveReferences(
            plan.mapping, work.source_database, work.target_database, old, new, ledger=Ledger(context.target).exists()
        )
        # all of them first: what they refer to is asked for by the same session
        for batch in list(context.source.dialect.read(old, wanted, work.families, count)):
            for place, before in enumerate(batch.to_pylist()):
                after = _applied(work, batch.slice(place, 1), references)
                to_come = [name for name in _to_come(work, before) if not _is_there(work, name, after)]
                after |= dict.fromkeys(to_come, TO_COME)
                lines = (line for column in work.mapping.columns for line in _beside(column, before, after))
                yield RowShown(_title(work, before), tuple(lines))


def _applied(work: CompiledTable, row: pa.RecordBatch, references: References) -> dict[str, str]:
    """What becomes of one row, by target column; where something does not fit, only that."""
    try:
        (values,) = work.apply(row, references).to_pylist()
    except ValuesDoNotFit as error:
        return {misfit.column: f"{_UNFIT}{_words(misfit.problem)}" for misfit in error.misfits}
    return {name: shown(value) for name, value in values.items()}


def _to_come(work: CompiledTable, before: Mapping[str, Any]) -> Iterator[str]:
    """The columns whose value the new database makes when the row arrives, or when its parent did."""
    made = {t.target for t in work.plan.copied if isinstance(policies(t)[1], Generated)}
    for column in work.mapping.columns:
        parents = {step.parent for step in column.steps if isinstance(step, ForeignKeyTo)}
        named = any(before[name] is not None for name in column.source)
        if (parents & made and named) or (column.uses(NewId) and work.mapping.target in made):
            yield column.target


def _is_there(work: CompiledTable, name: str, after: Mapping[str, str]) -> bool:
    """Whether a reference leads to a row that the new database has already."""
    known = after.get(name, shown(None))
    refers = work.mapping.by_target[name].uses(ForeignKeyTo)
    return refers and known != shown(None) and not known.startswith(_UNFIT)


def _beside(column: ColumnMapping, before: dict[str, Any], after: dict[str, str]) -> Iterator[Beside]:
    """A line of the mapping; where several legacy columns feed it, a line each."""
    first, *more = column.source or ("",)
    yield Beside(first, shown(before[first]) if first else "", column.target, after.get(column.target, "?"))
    for name in more:
        yield Beside(name, shown(before[name]))


def _title(work: CompiledTable, row: Mapping[str, Any]) -> str:
    return f"{clean(work.source.name)} {', '.join(shown(row[name]) for name in work.mapping.key if name in row)}"


def shown(value: object) -> str:
    """A value as a person reads it: blanks at the ends can be seen, and nothing fills the screen."""
    if value is None:
        return "(empty)"
    if isinstance(value, bytes):
        return f"({len(value):,} bytes)"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    text = text if len(text) <= LONGEST else f"{text[:LONGEST]}... ({len(text):,} characters)"
    return f'"{text}"' if isinstance(value, str) and (not text or text != text.strip()) else text


def _problem_rows(session: Session, plan: Plan, table: str, count: int, named: int) -> tuple[RowShown, ...]:
    """Rows of every kind that would fail, or that stopped the run: of each kind some, `count` in all.

    `named`: the number a person gave; "the 30" are those of the only kind that has 30.
    """
    found = [one for one in _problems(session, plan) if table in ("", one.table)]
    meant = [one for one in found if one.rows == named]
    found = meant if len(meant) == 1 else found
    told = _some_of_each(session, plan, found, -(-count // max(1, len(found))))
    return tuple(islice((_misfit(*one) for one in told), max(count, len(found))))


def problem_rows(session: Session, plan: Plan, share: int) -> Iterator[Troubled]:
    """Legacy rows of every kind that would fail, or that stopped the run: at most `share` of each kind."""
    yield from _some_of_each(session, plan, _problems(session, plan), share)


def _some_of_each(session: Session, plan: Plan, kinds: Iterable[Trouble], share: int) -> Iterator[Troubled]:
    context = session.context
    copied = copied_so_far(Ledger(context.target), session.run) if session.decision else None
    ground = Ground(all_compiled(plan.mapping, live_catalogues(context), context.clock()), copied=copied)
    for one in kinds:
        rows = islice(_rows_of(context, one, ground, share), share)
        yield from ((ground.compiled[one.table], found, row) for found, row in rows)


def _problems(session: Session, plan: Plan) -> tuple[Trouble, ...]:
    """What the open decision is about, also one that was put off; else what preflight found."""
    if session.decision is None:
        return plan.preflight.problems
    failure, groups = session.decision.failure, session.decision.diagnosis.groups
    if groups or failure.problem is None:
        return groups
    kind, rows = failure.problem, failure.affected_records
    return (ProblemFound(id="", table=failure.table, columns=failure.columns, problem=kind, rows=rows, text=""),)


def _rows_of(context: Context, found: Trouble, ground: Ground, count: int) -> Iterator[tuple[Trouble, dict[str, Any]]]:
    work = ground.compiled[found.table]
    if isinstance(found, MissingGroup):
        yield from ((found, row) for row in orphan_rows(context.source, context.target, work, found, ground, count))
    elif found.problem == Problem.MISSING_PARENT and found.cause:  # without one: ids in lists, or beside a type
        for group in missing_groups(context.source, context.target, work, ground):
            if group.columns == found.columns and group.cause == found.cause:
                yield from _rows_of(context, group, ground, count)
    else:
        yield from ((found, row) for row in _unfit(context, work, found, ground, count))


_CAUSES = {
    MissingCause.NEVER_EXISTED: "no such row, neither old nor new",
    MissingCause.FILTERED_OUT: "the plan leaves that row out",
    MissingCause.SET_ASIDE: "that row is set aside",
    MissingCause.NOT_MIGRATED: "that row is not moved yet",
    MissingCause.DELETED_SINCE: "that row was deleted in the new database, or came too late to be moved",
}


def _unfit(
    context: Context, work: CompiledTable, found: ProblemFound, ground: Ground, count: int
) -> tuple[dict[str, Any], ...]:
    """Rows whose value does not fit; () for what only shows between rows, such as repeated ones."""
    about, work, ground = (work,), beside(work), ground.beside()
    rows = ground.legacy_rows(work)
    wrong = [
        where for (name, kind), where in work.problems(rows).items() if name in found.columns and kind == found.problem
    ]
    if not wrong:
        return ()
    wanted = work.read(rows).where(work.in_filter(rows), or_(*wrong)).order_by(*work.key_columns(rows)).limit(count)
    with side_by_side(context.source, context.target, f"reading rows of {work.source.name}", about) as connection:
        return tuple(dict(row) for row in connection.execute(wanted).mappings())


def _misfit(work: CompiledTable, found: Trouble, row: Mapping[str, Any]) -> RowShown:
    """A legacy row with what is wrong with it beside the columns that are concerned."""
    short, _, mending = trouble_of(found)
    concerned = {name: target for target in found.columns for name in work.mapping.by_target[target].source}
    lines = (
        Beside(name, shown(value), concerned.get(name, ""), short if name in concerned else "")
        for name, value in row.items()
    )
    return RowShown(_title(work, row), tuple(lines), mending)


def trouble_of(found: Trouble) -> tuple[str, str, str]:
    """What is wrong with rows, in few words and in a sentence, and how to mend them."""
    columns = ", ".join(found.columns)
    if isinstance(found, MissingGroup):
        short = f"{clean(found.parent)}: {_CAUSES[found.cause]}"
        return short, f"{columns}: {_CAUSES[found.cause]}", mend(Problem.MISSING_PARENT, found.columns, found.cause)
    short = f"does not fit: {_words(found.problem)}"
    return short, f"{columns} {short}", mend(Problem(found.problem), found.columns)


def _words(name: str) -> str:
    return name.replace("_", " ")


# The plan and the report as files


def begun(session: Session) -> bool:
    """Whether a run goes, or went, by the plan that lies there."""
    review = isinstance(session.payload, ReviewPayload) and not session.payload.under_way
    over = session.outcome is not None and session.outcome.status is not RunStatus.CANCELLED
    return not review and (session.payload is not None or over)


def save_plan(session: Session, path: str = "") -> tuple[Path, Path]:
    """Write the plan and a summary in words beside it, for somebody else to look at. Never over a file.

    Without a path: plan.yaml, or the first of plan-2.yaml, plan-3.yaml ... that is free.
    """
    if session.plan is None:
        raise Usage("There is no plan yet to save.", 'Say what is missing first, or "move everything".')
    plan = _yaml(Path(path)) if path else _free(Path("plan.yaml"))
    summary = plan.with_suffix(".md")
    review = session.payload if isinstance(session.payload, ReviewPayload) else None
    for file, text in ((plan, plan_file.dump(session.plan)), (summary, summary_of(session.plan, plan, review))):
        _write_new(file, text)
    return plan, summary


def _yaml(path: Path) -> Path:
    return path if path.suffix in (".yaml", ".yml") else path.with_name(f"{path.name}.yaml")


def _free(path: Path) -> Path:
    names = (path if n == 1 else path.with_stem(f"{path.stem}-{n}") for n in range(1, 10_000))
    return next(name for name in names if not (name.exists() or name.with_suffix(".md").exists()))


def _write_new(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError as error:
        raise Usage(f"{path} is there already.", "Give another name: /save NAME.yaml") from error
    except OSError as error:
        raise Configuration(f"{path} cannot be written: {error.strerror}.", "Give another name.") from error


def summary_of(plan: Plan, file: Path, review: ReviewPayload | None = None) -> str:
    """The plan in words, as Markdown, for whoever is to look at it. Names and counts; no row's value.

    With the review that it is up for, it also says what would be written and how to run it.
    """
    told = present_plan(plan)
    steps = (step for phase in plan.phases for step in phase.steps)
    lines = [
        "# A migration plan to look at",
        "",
        _plain(told.summary),
        "",
        "| from | to | rows | undo |",
        "|---|---|--:|---|",
    ]
    for step in steps:
        count = plan.counts_by_table.get(step.target)
        cells = (
            step.source,
            step.target,
            f"{count.in_scope:,}" if count else "",
            step.rollback.value.replace("_", " "),
        )
        lines.append(f"| {' | '.join(_plain(cell) for cell in cells)} |")
    lines += [
        "",
        *(f"- {_plain(line.strip(' -'))}" for line in told.details),
        "",
        _plain(f"{told.time} {told.safety}"),
        "",
    ]
    for question in plan.open_questions:
        lines += ["## Still to be answered", "", *(_plain(line.strip()) for line in asked(question)), ""]
    lines += [f"The whole plan, every column of it, is in `{file}`.", ""]
    if review is not None:
        lines += [f"It would write these tables, and no others: {_plain(', '.join(review.writes))}.", ""]
        run = f"    ferryman run --plan {shlex.quote(str(file))} --approve {review.token}"
        lines += [] if plan.open_questions else ["To run it as it stands, in this folder:", "", run, ""]
    return "\n".join(lines)


def _plain(text: str) -> str:
    """A text in Markdown as it stands: a name out of a database is never markup."""
    return "".join(f"\\{c}" if c in "\\`*_[]<>|#" else c for c in text)


def save_report(session: Session, run: str, path: str = "") -> Path:
    """Write a run's report: HTML, or Markdown where the name ends in .md."""
    file = Path(path or f"report-{run}.html")
    try:
        return write_report(Ledger(session.context.target), run, file, session.workspace)
    except OSError as error:
        raise Configuration(f"{file} cannot be written: {error.strerror}.", "Give another name.") from error


# Runs


def run(session: Session, run: str) -> Status:
    """Everything about one run. Raises Usage when the ledger has none of that id."""
    return status_of(Ledger(session.context.target), run)


def runs(session: Session) -> tuple[Status, ...]:
    """Every run that the target's ledger knows, oldest first, without what takes time to find out."""
    ledger = Ledger(session.context.target)
    return tuple(_brief(ledger, record) for record in ledger.runs())


def _brief(ledger: Ledger, record: RunRecord) -> Status:
    return Status(
        run=record.run,
        status=now(record),
        phase="",
        overall_progress=0,
        current_table=None,
        technical_status=UNDOING if record.undoing else record.intent,
        estimated_completion="",
        estimated_seconds=None,
        last_successful_checkpoint=None,
        tables=progress(ledger, record.run),
        started_at=record.run_started,
        waiting_for=waits_for(record),
        undoing=record.undoing,
        finish_undoing=finish(record),
    )


def to_resume(found: Sequence[Status]) -> tuple[Status, ...]:
    """The runs that are not over, at which no process works, and that nothing forbids to go on."""
    going = (run for run in found if run.status not in OVER and run.status is not RunStatus.RUNNING)
    return tuple(run for run in going if run.technical_status not in (UNDOING, WITHDRAWN))


def to_undo(found: Sequence[Status]) -> tuple[Status, ...]:
    """The runs that made or changed rows and were not undone."""
    return tuple(run for run in found if run.status is not RunStatus.ROLLED_BACK and made(run))


def made(run: Status, tables: Sequence[str] = ()) -> int:
    """Rows that a run made in the target and that are there still, of all its tables or of some."""
    return sum(_made(table) for table in run.tables if not tables or table.table in tables)


def _made(table: TableProgress) -> int:
    return table.accounting.migrated + table.accounting.placeholders


def of_phase(session: Session, run: str, phase: int) -> tuple[str, ...]:
    """The tables of a phase of a run's plan; none for phase 0. Raises Usage where there is no such phase."""
    return tables_of_phase(Ledger(session.context.target).run(run), phase) if phase else ()


def hangs_on(session: Session, run: str, tables: Sequence[str]) -> tuple[Hanging, ...]:
    """The rows that would stay and refer to rows which an undoing of these tables takes; none for the whole run."""
    return hanging_on(session.context.target, run, tables) if tables else ()


def undo(session: Session, run: str, tables: Sequence[str] = ()) -> Iterator[Event]:
    """Undo a run, or some of its tables, as the events are read. Raises Refused where rows of others hang on them."""
    target, by, keep = session.context.target, session.context.by, _keeping(session, run)
    for event in events_of(lambda emit: rollback(target, run, tuple(tables) or None, emit=emit, by=by)):
        keep(event)
        yield event


def retry(
    session: Session, run: str, tables: tuple[str, ...] = (), *, parents: bool = True, found: list[Retried]
) -> Iterator[Event]:
    """Try the rows of a run that lie in quarantine again, as the events are read; `found` gets what became of them, a
    table each."""
    session.context.stop.clear()
    keep = _keeping(session, run)
    for event in events_of(
        lambda emit: found.extend(try_again(session.context, run, tables, emit=emit, parents=parents))
    ):
        keep(event)
        yield event


def _keeping(session: Session, run: str) -> Callable[[Event], None]:
    def keep(event: Event) -> None:
        if session.workspace is not None:
            session.workspace.record(run, event)

    return keep

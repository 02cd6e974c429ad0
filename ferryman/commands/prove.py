"""`ferryman validate` and `report`: what arrived, proved again and written down. Neither writes to a database."""

from __future__ import annotations

from pathlib import Path

from ferryman.commands.conversation import opened
from ferryman.commands.edge import Exit
from ferryman.commands.options import Where, Which
from ferryman.commands.pair import run_pair, target_ledger
from ferryman.commands.plan import write_file
from ferryman.commands.runs import latest
from ferryman.commands.voice import Voice
from ferryman.domain.errors import Usage
from ferryman.domain.run import TableState
from ferryman.domain.validation import CheckKind, CheckStatus, TableValidation
from ferryman.graph.checks import live_catalogues
from ferryman.graph.work import compiled
from ferryman.report import collect, html, markdown
from ferryman.session import Session
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.records import RunRecord
from ferryman.tools.prove.validate import validate_table
from ferryman.workspace import Workspace

COMPLETE = (TableState.COPIED, TableState.VALIDATED, TableState.FAILED)


def validate(which: Which, as_json: bool) -> int:
    """Every check of every table that a run wrote; the ledger keeps what it said when the run ended."""
    voice, pair = Voice(as_json), run_pair(which)
    with target_ledger(Which(Where(target=pair.target))) as ledger:
        record = latest(ledger, which.run)
    with opened(pair) as session:
        found = _validated(session, record)
    passed = all(validation.status is CheckStatus.PASS for validation in found)
    voice.give(
        {
            "run": record.run,
            "passed": passed,
            "tables": [v.model_dump(mode="json") | {"status": v.status.value} for v in found],
        }
    )
    if not as_json:
        _show(found, voice)
    return Exit.DONE if passed else Exit.FINDINGS


def _show(found: tuple[TableValidation, ...], voice: Voice) -> None:
    """A line a table; below, every check that did not pass, with what was seen."""
    heads = ("table", *(kind.value.replace("_", " ") for kind in CheckKind))
    rows = []
    for validation in found:
        results = {check.kind: check.status.value.replace("_", " ") for check in validation.checks}
        rows.append((validation.table, *(results.get(kind, "") for kind in CheckKind)))
    voice.table(heads, rows)
    wrong = [(v.table, check) for v in found for check in v.checks if check.status is not CheckStatus.PASS]
    for table, check in wrong:
        voice.say(f"{table}: {check.text}")
    voice.say("Something is not as it was moved." if wrong else "Everything arrived, and is as it was moved.")


def _validated(session: Session, record: RunRecord) -> tuple[TableValidation, ...]:
    context, ledger, plan = session.context, Ledger(session.context.target), record.amended
    catalogues = live_catalogues(context)
    tables = [table for table in ledger.tables_of(record.run) if table.state in COMPLETE]
    if not tables:
        raise Usage(
            f"Run {record.run} has no complete table to validate: it is {record.status.value.replace('_', ' ')}.",
            "`ferryman runs` lists the runs that there are.",
        )
    return tuple(
        validate_table(
            context.source,
            context.target,
            ledger,
            record.run,
            compiled(plan.mapping, table.table, catalogues, record.run_started),
            plan.validation,
        )
        for table in tables
    )


def report(which: Which, output: Path | None, as_json: bool) -> int:
    """One HTML file, or Markdown where its name ends in .md; written over when it is there."""
    voice = Voice(as_json)
    with target_ledger(which) as ledger:
        record = latest(ledger, which.run)
        material = collect(ledger, record.run, Workspace())
    path = output or Path(f"ferryman-report-{record.run}.html")
    write_file(path, markdown(material) if path.suffix.lower() in (".md", ".markdown") else html(material))
    voice.give({"run": record.run, "status": material.status.value, "file": str(path)})
    voice.say(f"Written: {path}")
    return Exit.DONE

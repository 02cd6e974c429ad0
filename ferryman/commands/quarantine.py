"""`ferryman quarantine list | show | export | retry`: the rows that were set aside, and their way in."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from ferryman import aside, desk
from ferryman.agents.wording import count
from ferryman.commands.conversation import moved, opened
from ferryman.commands.edge import Exit
from ferryman.commands.farewell import RETRY
from ferryman.commands.options import Where, Which
from ferryman.commands.pair import run_pair, target_ledger
from ferryman.commands.runs import latest
from ferryman.commands.voice import Voice
from ferryman.domain.errors import Usage
from ferryman.graph.laid_aside import counted
from ferryman.graph.retry import Retried
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.records import RunRecord

SHOWN = 20  #: rows on a screen, where no other number is asked for


def listed(which: Which, as_json: bool) -> int:
    """Counts by table and reason; no row is read."""
    voice = Voice(as_json)
    with target_ledger(which) as ledger:
        record = latest(ledger, which.run)
        found = counted(ledger, record.run)
        stood_in = Counter(one.table for one in aside.placeholders(ledger, record.run))
    groups = [one.model_dump(mode="json") for one in found]
    voice.give({"run": record.run, "groups": groups, "placeholders": dict(stood_in)})
    for table, rows in stood_in.items():
        voice.say(f"{count(rows, 'placeholder')} in {table} for rows that were not there, until the real ones come.")
    if not found and stood_in:
        voice.say(f"See them:  ferryman quarantine show {record.run}")
    elif not found:
        voice.say(f"Nothing of run {record.run} was set aside.")
    elif not as_json:
        voice.table(
            ("table", "rows", "state", "what is wrong", "how to mend it"),
            [(one.table, one.rows, one.state, one.reason, one.mending) for one in found],
        )
        voice.say(f"See them:  ferryman quarantine show {record.run}")
    return Exit.DONE


def show(which: Which, table: str, limit: int, as_json: bool) -> int:
    """The rows themselves, on this screen only."""
    voice = Voice(as_json)
    with target_ledger(which) as ledger:
        record = latest(ledger, which.run)
        _refuse_unknown(ledger, record, table)
        found = aside.quarantined(ledger, record.run, table)
        stood_in = aside.placeholders(ledger, record.run, table)
    shown, few = found[: limit or SHOWN], stood_in[: limit or SHOWN]
    rows, made = ([one.model_dump(mode="json") for one in some] for some in (shown, few))
    voice.give({"run": record.run, "rows": rows, "of": len(found), "placeholders": made})
    for row in shown if not as_json else ():
        voice.say(f"{row.table} {row.key}: {row.reason} ({row.state})", "bold")
        voice.say(f"  {row.mending}")
        for name, value in row.cells.items():
            voice.say(f"  {name}: {'(empty)' if value is None else value}")
    for one in few if not as_json else ():
        voice.say(f"{one.table} {one.key}: a placeholder for the old row {one.legacy_key}", "bold")
    if stood_in:
        voice.say(f"{len(few):,} of {count(len(stood_in), 'placeholder')} shown, until the real rows come.")
    if found:
        voice.say(f"{len(shown):,} of {len(found):,} rows shown.")
    elif not stood_in:
        voice.say(f"Nothing of run {record.run} is there.")
    return Exit.DONE


def export(which: Which, table: str, output: Path | None, force: bool, as_json: bool) -> int:
    """A file for a spreadsheet."""
    voice = Voice(as_json)
    with target_ledger(which) as ledger:
        record = latest(ledger, which.run)
        _refuse_unknown(ledger, record, table)
        found = aside.quarantined(ledger, record.run, table)
    path = aside.export(found, output or Path(f"ferryman-quarantine-{record.run}.csv"), force=force)
    voice.give({"run": record.run, "file": str(path), "rows": len(found)})
    voice.say(
        f"Written: {path} ({count(len(found), 'row')}; it holds their values, and is readable by its owner only)."
    )
    return Exit.DONE


def retry(which: Which, table: str, parents: bool, as_json: bool) -> int:
    """Bring in what fits by now, with the parents that it lacks where those may come. Exit code 3 while some stay."""
    voice, pair = Voice(as_json), run_pair(which)
    with target_ledger(Which(Where(target=pair.target))) as ledger:
        record = latest(ledger, which.run)
        _refuse_unknown(ledger, record, table)
    found: list[Retried] = []
    with opened(pair) as session:
        chosen = (table,) if table else ()
        events = desk.retry(session, record.run, chosen, parents=parents, found=found)
        interrupts = moved(session, events, voice, record.run, again=RETRY)
    came, left = sum(one.came for one in found), sum(one.left for one in found)
    voice.give({"run": record.run, "came": came, "left": left, "tables": [o.model_dump(mode="json") for o in found]})
    for one in found:
        voice.say(one.text)
    if not found:
        voice.say("Nothing waits in quarantine.")
    if interrupts.pressed:
        return Exit.INTERRUPTED
    if not all(one.validated for one in found):
        return Exit.FAILED
    return Exit.FINDINGS if left else Exit.DONE


def _refuse_unknown(ledger: Ledger, record: RunRecord, table: str) -> None:
    known = [one.table for one in ledger.tables_of(record.run)]
    if table and table not in known:
        raise Usage(f'Run {record.run} did not write a table "{table}".', f"It wrote: {', '.join(known)}.")

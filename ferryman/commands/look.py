"""`ferryman analyze` and `ferryman match`: both databases are read, and neither is written."""

from __future__ import annotations

from langgraph.runtime import Runtime

from ferryman.agents.wording import count
from ferryman.commands.edge import Exit
from ferryman.commands.options import Where
from ferryman.commands.pair import pair_of
from ferryman.commands.voice import Voice
from ferryman.domain.findings import Findings, Match, Matches, TableFinding
from ferryman.graph import discovery
from ferryman.graph.context import Context
from ferryman.graph.facts import Analysis
from ferryman.settings import Pair
from ferryman.tools.databases.connect import check_pair, open_source, open_target
from ferryman.tools.discover.decide import decide
from ferryman.tools.discover.matches_json import matches_json

LEAST_SHOWN = 0.3  #: a table's best candidate below this score is no candidate


def analyze(where: Where, as_json: bool) -> int:
    voice, pair = Voice(as_json), pair_of(where)
    found = _analysis(pair, voice).findings
    voice.give({"source": pair.names[0], "target": pair.names[1]} | found.model_dump(mode="json"))
    if not as_json:
        _show(found, voice)
    return Exit.DONE


def match(where: Where, as_json: bool) -> int:
    voice = Voice(as_json)
    found = _analysis(pair_of(where), voice)
    decided = decide(found.matches, found.source, found.target)
    voice.give(matches_json(found.matches, decided))
    if not as_json:
        _show_matches(found.matches, decided, voice)
    return Exit.DONE


def _analysis(pair: Pair, voice: Voice) -> Analysis:
    """Discovery alone, its facts kept in memory. Raises Usage where a database has no tables of an application."""
    source, target = open_source(pair.source), open_target(pair.target)
    check_pair(source, target)
    context = Context(source=source, target=target)
    try:
        runtime = Runtime(context=context, stream_writer=lambda event: voice.say(event["text"]))
        read = discovery.introspect({}, runtime)
        return Analysis.of(discovery.discovered(read["facts"], context), context.shelf)
    finally:
        source.dispose()
        target.dispose()


def _show(found: Findings, voice: Voice) -> None:
    voice.table(
        ("new table", "is", "fed by", "old rows", "new rows", "kind", "care", "needs first"),
        [_row(finding) for finding in found.tables],
    )
    notes = [f"{c.table}: {c.text}" for finding in found.tables for c in finding.challenges if c.text]
    notes += [f"References go round: {' -> '.join((*cycle, cycle[0]))}" for cycle in found.cycles]
    if notes:
        voice.say("\nTo be minded:", "bold")
        for note in notes:
            voice.say(f"  {note}")
    if found.left_out:
        voice.say("\nLeft out:", "bold")
        for left in found.left_out:
            side = "old" if left.side == "source" else "new"
            rows = "" if left.rows is None else f", {count(left.rows, 'row')}"
            voice.say(f"  {left.table} ({side}{rows}): {left.reason}")
    voice.say("\n`ferryman plan` makes a plan of it.")


def _row(finding: TableFinding) -> tuple[object, ...]:
    return (
        finding.target_table,
        finding.status.value,
        finding.source_table or "nothing found",
        finding.record_count,
        finding.target_count,
        finding.table_type.value,
        finding.complexity.value,
        ", ".join(finding.dependencies),
    )


def _show_matches(matches: Matches, decided: Matches, voice: Voice) -> None:
    chosen = {(pair.source, pair.target): pair for pair in decided.columns}
    best: dict[str, Match] = {}
    for found in matches.tables:
        if found.source not in best or found.score > best[found.source].score:
            best[found.source] = found
    rows = []
    for found in sorted(best.values(), key=lambda m: (-m.score, m.source)):
        if found.score < LEAST_SHOWN:
            continue
        pair = chosen.get((found.source, found.target))
        sure = sum(column.sure for column in pair.columns) if pair else 0
        columns = f"{len(pair.columns)} columns, {sure} of them sure" if pair else "not proposed"
        why = found.evidence[0].text if found.evidence else ""
        rows.append((found.source, found.target, f"{found.score:.2f}", "yes" if found.sure else "ask", columns, why))
    voice.table(("old table", "new table", "score", "sure", "proposed", "mainly because"), rows)

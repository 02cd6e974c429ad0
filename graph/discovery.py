"""The first nodes: read both catalogues, understand what was asked, find out what feeds what."""

from __future__ import annotations

from collections.abc import Mapping

from langgraph.runtime import Runtime

from ferryman.agents.counterparts import ways_to_look
from ferryman.agents.feeding import other_pairings, pairings
from ferryman.agents.meaning import understand_with
from ferryman.agents.schema_analysis import analyze as analyze_tables
from ferryman.agents.sizes import sizes
from ferryman.agents.user_guidance import explain_findings
from ferryman.domain.changes import MapTable
from ferryman.domain.conversation import UTTERANCE, Begin, OtherRequest, Unclear
from ferryman.domain.coordination import Request
from ferryman.domain.counterparts import Looked
from ferryman.domain.errors import Usage
from ferryman.domain.events import Said, TableAnalyzed
from ferryman.domain.findings import Findings
from ferryman.domain.profile import Profile
from ferryman.domain.schema import Database, TableKind
from ferryman.graph import delegate
from ferryman.graph.context import Context
from ferryman.graph.facts import Analysis
from ferryman.graph.listening import hearing
from ferryman.graph.state import State
from ferryman.graph.streams import emitter
from ferryman.tools.discover.contain import infer_references
from ferryman.tools.discover.counterparts import counterparts
from ferryman.tools.discover.introspect import estimates
from ferryman.tools.discover.introspect import introspect as read_catalogue
from ferryman.tools.discover.likely import with_likely
from ferryman.tools.discover.match import match
from ferryman.tools.discover.profile import profile
from ferryman.tools.move.earlier import earlier_runs
from ferryman.tools.move.ledger import Ledger


def introspect(state: State, runtime: Runtime[Context]) -> State:
    """Both live catalogues, onto the shelf; a large database is told at once, by its server's estimate."""
    context = runtime.context
    context.memory.forget()
    with context.source.connect() as connection:
        source = read_catalogue(connection, context.source.dialect)
        about = {"old": estimates(connection, context.source.dialect, source)}
    with context.target.connect(reading=True) as connection:
        target = read_catalogue(connection, context.target.dialect)
        about["new"] = estimates(connection, context.target.dialect, target)
    _refuse_nothing(source, "old")
    _refuse_nothing(target, "new")
    if told := sizes(about):
        emitter(runtime)(Said(topic="notice", text=told))
    return {"facts": {"source": context.shelf.put(source), "target": context.shelf.put(target)}}


def _refuse_nothing(database: Database, side: str) -> None:
    if not any(table.kind is TableKind.DATA for table in database.tables):
        left_out = [table for table in database.tables if table.kind is TableKind.FRAMEWORK]
        why = {table.kind_reason for table in left_out}
        if len(left_out) > 1 and len(why) == 1:
            raise Usage(
                f"The {side} database has {len(left_out)} tables, and none that can be used.", f"Each: {why.pop()}."
            )
        raise Usage(
            f"The {side} database has no tables of an application in it.",
            "Check that this is the right file, and that the application has created its tables.",
        )


def understand(state: State, runtime: Runtime[Context]) -> State:
    """A person's words as a typed answer, with a model's help where the rules know none. What came typed stays."""
    heard = state["heard"]
    if "say" in heard:
        said = UTTERANCE.validate_python(heard)
    else:
        context = runtime.context
        said = understand_with(heard["text"], hearing(state, context), context.desk(emitter(runtime)))
    update: State = {
        "answer": said.model_dump(mode="json"),
        "meant": said.read if isinstance(said, Unclear) else "",
        "other": said.change.model_dump(mode="json") if isinstance(said, OtherRequest) else {},
    }
    if isinstance(said, Begin):
        update |= {"request": said.request.model_dump(mode="json"), "waiting": said.not_understood}
    return update


def analyze(state: State, runtime: Runtime[Context]) -> State:
    """Schema analysis: profiles, matches, findings; said to the person in plain words."""
    context, emit = runtime.context, emitter(runtime)
    request = Request.model_validate(state["request"])
    given = state.get("delegated", 0)
    with delegate.delegated(emit, delegate.discovery(given + 1, _objective(request))):
        facts = discovered(state["facts"], context)
    findings = context.shelf.get(facts["findings"], Findings)
    for finding in findings.tables:
        emit(TableAnalyzed(finding=finding))
    told = explain_findings(_as_said(findings, state, context.shelf.get(facts["source_profile"], Profile)), request)
    emit(Said(topic="findings", text=told.text, findings=told))
    return {"facts": facts, "delegated": given + 1}


def _as_said(findings: Findings, state: State, profile: Profile) -> Findings:
    """The findings, where a person said what feeds a table with that: what was found of another one is beside it."""
    said = UTTERANCE.validate_python(state["answer"]) if state.get("answer") else None
    pairs = (change for change in (said.changes if isinstance(said, Begin) else ()) if isinstance(change, MapTable))
    fed = {pair.target: pair.source for pair in pairs}
    tables = (
        found.but(source_table=source, record_count=profile.rows(source), challenges=())
        if (source := fed.get(found.target_table, found.source_table)) and source != found.source_table
        else found
        for found in findings.tables
    )
    return findings.but(tables=tuple(tables))


def _objective(request: Request) -> str:
    tables = "_".join(request.tables[:3]) or "missing_tables"
    return f"analyze_{tables}" if request.tables else f"analyze_{request.priority}"


def discovered(facts: dict[str, str], context: Context, before: Mapping[str, int] | None = None) -> dict[str, str]:
    """All of discovery's facts by name, as digests of the shelf. What is known already is not looked for again.

    `before`: the rows that tables of the target had when the run that is under way began; what it moved does not count.
    """
    if Analysis.known(facts):
        return facts
    source = context.shelf.get(facts["source"], Database)
    target = context.shelf.get(facts["target"], Database)
    with context.source.connect() as connection:
        source_profile = profile(connection, source, context.source.dialect)
        source = infer_references(connection, source, source_profile)
        source_profile = with_likely(connection, source, source_profile)
    with context.target.connect(reading=True) as connection:
        target_profile = profile(connection, target, context.target.dialect).with_rows(before or {})
        target = infer_references(connection, target, target_profile)
    earlier = earlier_runs(Ledger(context.target), context.source.identity)
    matches = earlier.settled(match(source, target, source_profile, target_profile))
    found = pairings(source, target, matches)
    others = other_pairings(found, source, target, matches)
    ways = ways_to_look((*found.values(), *others), source_profile, target_profile, leave=before or {})
    looked = Looked()
    if ways:
        with context.source.connect() as old, context.target.connect(reading=True) as new:
            looked = Looked(ways=tuple(counterparts(old, new, source, target, ways)))
    put = context.shelf.put
    return facts | {
        "looked": put(looked),
        "earlier": put(earlier),
        "source_known": put(source),
        "target_known": put(target),
        "source_profile": put(source_profile),
        "target_profile": put(target_profile),
        "matches": put(matches),
        "findings": put(analyze_tables(source, target, source_profile, target_profile, matches)),
    }

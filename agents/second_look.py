"""A second look at what the rules left open about tables and columns: a model picks among the ranked candidates.

A pick is a suggestion beside the question, which stays open. One that does not fit the two databases, or that speaks
against strong evidence (a reference or key that another candidate has), is not suggested.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Lookup
from typing import Annotated, Any

from pydantic import Field

from ferryman.agents.advice import Desk, advise
from ferryman.agents.advice import Question as Asked
from ferryman.agents.budget import fitting
from ferryman.agents.choices import OneOf, Told
from ferryman.agents.facts import Facts
from ferryman.agents.questions import questions_about
from ferryman.agents.redact import column_told, holds_value, size
from ferryman.agents.revise import revise
from ferryman.agents.sayable import reasoned, unsayable
from ferryman.domain.changes import MapColumn, MapTable, Option, Question
from ferryman.domain.errors import Usage
from ferryman.domain.findings import Match, TableFinding, TableType
from ferryman.domain.fits import mapping_misfits
from ferryman.domain.guidance import Advice
from ferryman.domain.mapping import Mapping
from ferryman.domain.schema import Table
from ferryman.prompts.render import Prompt, render

Shared = Lookup[str, tuple[str, ...]]

JUDGED = ("table:", "column:", "columns:", "unfed:")  #: beginnings of the ids of questions that names and types settle
STRONG = frozenset(("reference", "key", "neighbours"))  #: evidence that declared keys and their rows gave
MOST_QUESTIONS = 12  #: of one call, and tables in doubt
CONTRADICTED = 0.2  #: strong evidence by which another candidate is ahead


class Pick(Told):
    choice: Annotated[str, OneOf("choices")]
    reason: str


class Kind(Told):
    table: Annotated[str, OneOf("tables")]
    type: Annotated[str, OneOf("types")]


class Picks(Told):
    """What is most likely right, question by question."""

    picks: Annotated[list[Pick], Field(max_length=MOST_QUESTIONS)]
    types: Annotated[list[Kind], Field(max_length=MOST_QUESTIONS)]


def second_look(
    questions: Iterable[Question], mapping: Mapping, facts: Facts, desk: Desk | None, before: Mapping | None = None
) -> tuple[Advice, ...]:
    """The model's suggestions on open questions about candidates, and on the kinds of tables in doubt.

    `before` is the mapping that it has looked at already: what was in doubt there is not asked again.
    """
    if desk is None:
        return ()
    known = {question.id for question in questions_about(before, facts)} if before else set[str]()
    tables = before.by_target if before else {}
    open_ones = [q for q in questions if q.open and q.id.startswith(JUDGED) and q.id not in known]
    in_doubt = [finding for finding in _in(mapping, facts) if finding.first_type is not finding.table_type]
    doubtful = [finding for finding in in_doubt if finding.target_table not in tables]
    if not open_ones and not doubtful:
        return ()
    room = desk.adviser.limits.prompt_tokens
    shared = desk.adviser.shared
    kept = fitting(open_ones, room // 2, lambda q: str(_question(q, facts)) + str(_tables((q,), facts, shared)))
    doubted = fitting(doubtful, room // 4, lambda f: str(_doubt(f)))
    found = advise(_asked(kept[:MOST_QUESTIONS], doubted[:MOST_QUESTIONS], facts, shared), desk)
    if found is None:
        return ()
    return (*_suggested(found, kept, mapping, facts), *_kinds(found, facts))


def _in(mapping: Mapping, facts: Facts) -> Iterator[TableFinding]:
    for table in mapping.copied:
        if table.target in facts.findings.by_target:
            yield facts.findings.by_target[table.target]


def _asked(
    questions: tuple[Question, ...], doubtful: tuple[TableFinding, ...], facts: Facts, shared: Shared
) -> Asked[Picks]:
    return Asked(
        call="mapping",
        prompt=_prompt(questions, doubtful, facts, shared),
        shape=Picks,
        choices={
            "choices": tuple(_choice(question, option) for question in questions for option in question.options),
            "tables": tuple(finding.target_table for finding in doubtful),
            "types": tuple(kind.value for kind in TableType),
        },
        check=_wrong,
        trim=lambda picks: _trimmed(picks, _prompt(questions, doubtful, facts, {}).user, shared),
    )


def _prompt(
    questions: tuple[Question, ...], doubtful: tuple[TableFinding, ...], facts: Facts, shared: Shared
) -> Prompt:
    return render(
        "mapping",
        questions=[_question(question, facts) for question in questions],
        tables=_tables(questions, facts, shared),
        doubtful=[_doubt(finding) for finding in doubtful],
    )


def _choice(question: Question, option: Option) -> str:
    return f"{question.id} = {option.key}"


def _question(question: Question, facts: Facts) -> Lookup[str, Any]:
    return {
        "table": question.table,
        "text": question.text.partition(" (")[0] if question.id.startswith("table:") else question.text,
        "choices": [(_choice(question, option), option.text) for option in question.options],
        "evidence": [
            f"{match.source}: {evidence.text}"
            for match in _candidates(question, facts)
            for evidence in match.evidence
            if evidence.kind != "values"
        ][:8],
    }


def _candidates(question: Question, facts: Facts) -> list[Match]:
    """The candidates that a question's options name, best first."""
    wanted = {change.source for option in question.options for change in option.changes if isinstance(change, MapTable)}
    if wanted:
        return [m for m in facts.matches.tables if m.target == question.table and m.source in wanted]
    column = question.id.rpartition(".")[2]
    pairing = facts.pairings.get(question.table)
    found = facts.matches.by_pair.get((pairing.source.name, question.table)) if pairing else None
    return [match for match in (found.columns if found else ()) if match.target == column][:3]


def _tables(questions: Iterable[Question], facts: Facts, shared: Shared) -> list[Lookup[str, Any]]:
    sources, targets = dict[str, None](), dict[str, None]()
    for question in questions:
        targets[question.table] = None
        for option in question.options:
            sources |= {c.source: None for c in option.changes if isinstance(c, MapTable)}
        if question.table in facts.pairings:
            sources[facts.pairings[question.table].source.name] = None
    told = [_table("New", facts.target.table(name), facts.target_profile.rows(name), None, {}) for name in targets]
    told += [_table("Old", facts.source.table(n), facts.source_profile.rows(n), facts, shared) for n in sources]
    return told


def _table(side: str, table: Table, rows: int, facts: Facts | None, shared: Shared) -> Lookup[str, Any]:
    columns = [
        {
            "name": column.name,
            "told": column_told(column, facts.column(table.name, column.name) if facts else None),
            "samples": shared.get(f"{table.name}.{column.name}", ()),
        }
        for column in table.columns
    ]
    return {"side": side, "name": table.name, "rows": size(rows), "columns": columns}


def _doubt(finding: TableFinding) -> tuple[str, str]:
    parents = ", ".join(finding.parents) or "no other table"
    return finding.target_table, f"{size(finding.record_count)}, refers to {parents}"


def _wrong(picks: Picks) -> str:
    questions = [pick.choice.rpartition(" = ")[0] for pick in picks.picks]
    return "picks: more than one for a question" if len(set(questions)) < len(questions) else ""


def _trimmed(picks: Picks, facts: str, shared: Shared) -> tuple[Picks, list[str]]:
    """The picks without reasons that may not be shown. `facts` is what was sent without samples."""
    kept, left = list[Pick](), list[str]()
    for pick in picks.picks:
        why = "it repeats a sample" if holds_value(pick.reason, shared) else unsayable(pick.reason, facts)
        kept.append(pick.model_copy(update={"reason": ""}) if why else pick)
        left += [f"the reason for {pick.choice}: {why}"] if why else []
    return picks.model_copy(update={"picks": kept}), left


def _suggested(found: Picks, questions: tuple[Question, ...], mapping: Mapping, facts: Facts) -> Iterator[Advice]:
    chosen = {_choice(question, option): (question, option) for question in questions for option in question.options}
    for pick in found.picks:
        question, option = chosen[pick.choice]
        against = _against(question, option, mapping, facts)
        told = reasoned(option.text, pick.reason)
        if against:
            told = f"It would take: {option.text}. That is not suggested: {against}."
        yield Advice(kind="option", about=question.id, text=told)


def _kinds(found: Picks, facts: Facts) -> Iterator[Advice]:
    for kind in found.types:
        finding = facts.findings.by_target[kind.table]
        if kind.type != finding.table_type.value:
            text = f"It would call {kind.table} {kind.type}; by the rules it is {finding.table_type.value}."
            yield Advice(kind="table_type", about=kind.table, text=text)


def _against(question: Question, option: Option, mapping: Mapping, facts: Facts) -> str:
    """What speaks against taking an option; "" where nothing does."""
    for change in option.changes:
        if isinstance(change, MapTable):
            against = _outdone(change.source, _candidates(question, facts))
        elif isinstance(change, MapColumn) and len(change.source) == 1:
            outdone = _outdone(change.source[0], _candidates(question, facts))
            against = outdone or _refers_elsewhere(change, mapping, facts)
        else:
            against = ""
        if against:
            return against
    return _misfit(option, mapping, facts)


def _outdone(source: str, candidates: Iterable[Match]) -> str:
    strength = {match.source: sum(e.weight for e in match.evidence if e.kind in STRONG) for match in candidates}
    best = max(strength, key=lambda name: (strength[name], name), default=source)
    if strength.get(best, 0.0) - strength.get(source, 0.0) > CONTRADICTED:
        return f"keys and references speak for {best}"
    return ""


def _refers_elsewhere(change: MapColumn, mapping: Mapping, facts: Facts) -> str:
    """Where the target column is a reference and another legacy column is declared to be the same one."""
    table = mapping.by_target.get(change.table)
    keys = facts.target.table(change.table).foreign_keys
    parent = next((key.parent for key in keys if key.columns == (change.target,)), "")
    if table is None or parent not in mapping.by_target:
        return ""
    legacy = mapping.by_target[parent].source
    declared = [k.columns[0] for k in facts.source.table(table.source).foreign_keys if k.parent == legacy]
    if declared and change.source[0] not in declared:
        return f"{change.target} refers to {parent}, and {declared[0]} is what refers to it in the old database"
    return ""


def _misfit(option: Option, mapping: Mapping, facts: Facts) -> str:
    """What would not fit, beside what does not fit already."""
    before = {misfit.what for misfit in mapping_misfits(mapping, facts.source, facts.target)}
    try:
        for change in option.changes:
            mapping = revise(mapping, change, facts)
    except Usage as error:
        return error.what.rstrip(".")
    after = (misfit.what for misfit in mapping_misfits(mapping, facts.source, facts.target))
    return next((what for what in after if what not in before), "")

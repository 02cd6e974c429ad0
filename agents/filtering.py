"""Which rows of a table are to move: from a clause to a filter on a legacy table."""

from __future__ import annotations

import re

from ferryman.agents.comparing import Scope
from ferryman.agents.conditions import condition
from ferryman.agents.hints import is_deletion
from ferryman.agents.known import Known
from ferryman.agents.sentence import Sentence
from ferryman.agents.talk import Doubt, Edit, Talk
from ferryman.domain.changes import SetFilter
from ferryman.domain.filters import AllOf, Filter, columns_of

_VERBS = "take|move|migrate|copy|keep|use|bring|transfer|include|import|do|want|need|get|load|have|like|give|show"
_ONLY = re.compile(
    rf"^(?:(?:please|i|we|you|would|should|to|me|us|it|{_VERBS}|let us|there) )*(?:only|just|nothing but|solely"
    r"|exclusively)"
    rf" (?:(?:{_VERBS}|the|those|to|all) )*"
    r"|^(?:limit|restrict|narrow|reduce|filter|confine)(?: (?:it|this|that|down|the|plan))* (?:to )?(?:only )?(?:the )?"
)
_NOT = re.compile(
    r"^(?:please )?(?:skip|exclude|omit|drop|ignore|forget(?: about)?|remove|discard|without|no|not|but not"
    r"|except(?: for)?"
    rf"|leave (?:out|behind|off)|leave|do not (?:{_VERBS})|(?:i|we) do not (?:need|want)|get rid of) (?:(?:the"
    r"|any|all|those|that) )*"
)
_BEHIND = re.compile(
    r" (?:can |should |may )?(?:(?:be )?(?:left|stay|stays|remain|skipped|excluded|ignored|dropped"
    r"|kept))? ?(?:out|behind|away|there)$| (?:can|should|may) (?:be (?:skipped|ignored|excluded|dropped"
    r"|left out)|stay(?: behind| out)?)$"
)
_DROP = re.compile(
    r"\b(?:drop|remove|delete|clear|forget(?: about)?|lose|undo|take away|take off|cancel|without|no|lift|turn off"
    r"|switch off|get rid of)"
    r" (?:the |that |this |any |all |my |more )*(?:filters?|restrictions?|conditions?|limits?)\b"
)
_ALL_ROWS = re.compile(
    r"^(?:take |move |copy |migrate |bring |keep |use |i want |we want |we need )?(?:all"
    r"|every)(?: of)? (?:the )?(?:rows?|records?|of them|them)\b"
)


def drop_filter(said: Sentence, talk: Talk) -> Edit:
    """ "drop the filter", "take all rows of cases"."""
    if not _DROP.search(said.text) and not _ALL_ROWS.search(said.text):
        return None
    filtered = [m.target for m in talk.context.mapped if m.filter is not None]
    wanted = [k.target for k in talk.tables(said)] or [t for t in filtered if t == talk.context.table] or filtered
    return tuple(SetFilter(table=table, filter=None) for table in wanted if table in filtered) or None


def filter_rows(said: Sentence, talk: Talk) -> Edit:
    """ "only brackets created after 2015", "skip deleted ones"; None where the clause has no condition."""
    text = said.text.rstrip(" .!,?")
    lead = _ONLY.match(text)
    wanted = lead is not None
    behind = None if lead else _BEHIND.search(text)
    lead = lead or _NOT.match(text)
    if lead is None and behind is None:
        only = re.search(r" only$", text)
        if only is None:
            return None
        return _filtered(said.part(0, only.start()), talk, wanted=True)
    start, stop = lead.end() if lead else 0, behind.start() if behind else len(text)
    return _filtered(said.part(start, stop), talk, wanted)


def _filtered(said: Sentence, talk: Talk, wanted: bool) -> Edit:
    mention = next((m for m in talk.mentions(said) if len(m.tables) == 1), None)
    rest = said
    if mention:
        rest = Sentence(said.original, (*said.words[: mention.start], *said.words[mention.stop :]))
    rest = Sentence(rest.original, tuple(w for w in rest.words if w.norm not in ("out", "behind")))
    if not rest.words:
        return None
    tables = (mention.tables[0],) if mention else _tables(rest, talk)
    changes, doubts = list[SetFilter](), list[Doubt]()
    for known in tables:
        found = _condition(rest, known, talk, wanted)
        if isinstance(found, Doubt):
            doubts.append(found)
        elif found is not None and known.target:
            changes.append(SetFilter(table=known.target, filter=_with(found, known.target, talk)))
    if changes and (mention or len(tables) == 1 or _deletion(rest)):
        return tuple(changes)
    if changes:
        return tuple(changes) if len(changes) == 1 and not doubts else Doubt(_wordings(changes, rest, wanted))
    return next((doubt for doubt in doubts if mention or doubt.wordings), None)


def _condition(rest: Sentence, known: Known, talk: Talk, wanted: bool) -> Filter | Doubt | None:
    legacy = talk.legacy(known)
    if legacy is None:
        return None
    lead = "only" if wanted else "leave out"
    return condition(Scope(rest, known, legacy, talk.names, lead, wanted, talk.context.today))


def _tables(rest: Sentence, talk: Talk) -> tuple[Known, ...]:
    """Where no table is named: the one talked about; for deleted rows every table that marks them; else any."""
    current = talk.names.of_target(talk.context.table)
    if current:
        return (current,)
    if _deletion(rest):
        return tuple(
            k for k in talk.planned if (old := talk.legacy(k)) and any(is_deletion(c) for c in old.table.columns)
        )
    return talk.planned


def _deletion(rest: Sentence) -> bool:
    return any(word.norm in ("deleted", "removed", "trashed") for word in rest.words)


def _wordings(changes: list[SetFilter], rest: Sentence, wanted: bool) -> tuple[str, ...]:
    lead = "only" if wanted else "leave out"
    return tuple(f"{lead} {change.table} {_tail(rest)}" for change in changes[:3])


def _tail(rest: Sentence) -> str:
    return re.sub(r"^(?:the )?(?:ones|those|rows|records) ", "", rest.typed)


def _with(new: Filter, table: str, talk: Talk) -> Filter:
    """A new condition beside what the table's filter already asks of other columns."""
    mapping = next((m for m in talk.context.mapped if m.target == table), None)
    if mapping is None or mapping.filter is None:
        return new
    old = mapping.filter.of if isinstance(mapping.filter, AllOf) else (mapping.filter,)
    kept = tuple(part for part in old if not set(columns_of(part)) & set(columns_of(new)))
    added = new.of if isinstance(new, AllOf) else (new,)
    return AllOf(of=(*kept, *added)) if kept else new

"""Which rows a person wants to see, and how many."""

from __future__ import annotations

import re

from ferryman.agents.context import Place
from ferryman.agents.glossary import ASKED
from ferryman.agents.sentence import Sentence
from ferryman.agents.talk import Talk
from ferryman.agents.vocabulary import NUMBERS
from ferryman.domain.conversation import ExportRows, RetryRows, ShowRows, ShowValues

_SHOW = re.compile(
    r"\b(?:show|see|display|list|preview|print|give(?! (?:them|it|each|all of them)\b)|look at|view|have a look at"
    r"|inspect|examine|sample|let me have)\b"
)
_EXAMPLE = r"(?:rows?|records?|examples?|samples?|entries|lines?|of them|of those|of these|ones|instances|preview|data)"
_ROWS = re.compile(rf"\b{_EXAMPLE}\b")
_SOME_ROWS = re.compile(
    rf"^(?:some|a few|an|{'|'.join(NUMBERS)}|\d+)(?: (?:more|random|other|sample))*"
    rf" {_EXAMPLE}(?: please| of \w+| from \w+)*\W*$"
)
_OTHER = re.compile(
    r"\b(?:not|never|plan|status|progress|options|questions|how|why|what|order|phases|report|help|summary)\b"
)
_WHICH = re.compile(
    rf"^(?!what is missing\b|what is wrong\W*$)(?:which|what)(?: {_EXAMPLE}| connections| cases)? (?:is|are|were)"
    rf" (?:affected|they|those|these|it|missing|wrong|broken|bad)\b|^which {_EXAMPLE}\W*$"
)
_COUNTED = re.compile(rf"\b(?P<n>\d+|{'|'.join(NUMBERS)})\b(?! (?:times|minutes|hours))")
_PROBLEM_ROWS = re.compile(
    r"\b(?:bad|broken|orphan\w*|missing|failing|failed|faulty|problem\w*|affected|wrong|those|these|the|them|which)\b.*"
    rf"\b(?:{_EXAMPLE}|them|those|\d+|ones|connections|cases|links)\b|\bthem\b|\bthose\b|\bthese\b"
    r"|\bwhich (?:ones|rows)\b"
)
_MARKED = re.compile(
    r"\b(?:bad|broken|orphan\w*|missing|failing|failed|faulty|problem\w*|affected|wrong|quarantined?|aside|skipped)\b"
)
_WHOSE = re.compile(rf"\b{_EXAMPLE} (?:whose|for which|where the|that (?:have|had) (?:lost|no)|without an?y?)\b")
_THEM = re.compile(r"\b(?:them|those|these)\b")


_VALUES = re.compile(
    r"^(?:(?:which|what)(?: are| is)?|(?:show|list|give|tell)(?: me)?|let me see)"
    r"(?: all| the| different| distinct| of)*"
    r" (?:values|codes|words|kinds)(?: (?:are there|are|is|there|does|do|of|for|in|the|column|field|can))*"
    r" (?P<c>.+?)(?: (?:holds?|has|have|contains?|takes?|uses?))?\W*$"
)
_ASIDE = re.compile(r"\b(?:quarantined?|(?:set|put|left|kept) aside|aside|left behind|held back|skipped)\b")
MOST_SHOWN = 50  #: placeholders, where no number is given
_STAND_INS = re.compile(r"\bplaceholders?\b|\bstand ?ins?\b|\bstood in\b")
_LOOKED = re.compile(
    r"\b(?:show|see|list|display|view|look at|print)\b|^(?:which|what)(?: are)?(?: the| your)* (?:placeholder|stand)"
)
_SHEET = re.compile(r"\b(?:spread ?sheets?|excel|csv|xlsx?|libre ?office|sheet)\b")
_CSV = re.compile(r"[\w./-]+\.csv\b")
_AGAIN = re.compile(
    r"\bre-?try\b|\btry\b.*\bagain\b|\b(?:bring|take|let|move|get)\b.*\b(?:in|over)(?: now)?$|\bagain\b.*\bquarantined?"
)


def aside(said: Sentence, talk: Talk) -> ShowRows | ExportRows | RetryRows | None:
    """ "Give me a spreadsheet", "show me what was set aside", "try them again": about rows that cannot go."""
    text, context = said.text, talk.context
    if (
        context.place is Place.DONE
        and not context.aside
        and _ASIDE.search(text)
        and re.match(r"^(?:which|what|show)\b", text)
    ):
        return ShowRows(count=1, only_problem=True)
    begun = context.place in (Place.DECIDE, Place.PAUSED, Place.DONE)
    if begun and _STAND_INS.search(text) and _LOOKED.search(text) and not re.match(ASKED, text):
        many = _COUNTED.search(text)
        return ShowRows(count=_number(many["n"]) if many else MOST_SHOWN, placeholders=True)
    if re.search(r"\b(?:plan|report|not|never|how|why|what (?:is|are|does|will))\b", text):
        return None
    if _SHEET.search(text) and (begun or _affected(talk)):
        return _export(said, talk)
    if not context.aside or not _affected(talk):
        return None
    if _AGAIN.search(text) and (_ASIDE.search(text) or re.search(r"\b(?:them|those|these|rows?|\d+)\b", text)):
        return RetryRows()
    if _ASIDE.search(text) and (_SHOW.search(text) or re.match(r"^(?:which|what)\b", text)):
        counted = _COUNTED.search(text)
        rows = _number(counted["n"]) if counted else context.aside
        return ShowRows(table=_table(said, talk), count=rows, only_problem=True)
    return None


def _export(said: Sentence, talk: Talk) -> ExportRows:
    """ "A spreadsheet", "a spreadsheet of them", "of the 23", "of the orders"."""
    named = _CSV.search(said.typed)
    counted = _COUNTED.search(_CSV.sub("", said.typed.lower()))
    return ExportRows(
        path=named.group() if named else "",
        table=_table(said, talk),
        count=_number(counted["n"]) if counted else 0,
        shown=bool(_THEM.search(said.text)),
    )


def _table(said: Sentence, talk: Talk) -> str:
    """The new table that words name; "" for none."""
    return next((known.target for known in talk.tables(said) if known.target), "")


def show_rows(said: Sentence, talk: Talk) -> ShowRows | None:
    """ "show me three of them", "let me see the 23", "can I see some brackets?"."""
    text = said.text
    if _affected(talk) and _WHICH.match(text):
        return ShowRows(count=_how_many(None, text, True, talk), only_problem=True)
    tables, unnamed = talk.tables(said), talk.unnamed(said)
    if not (_SHOW.search(unnamed) or _SOME_ROWS.match(text)) or _OTHER.search(unnamed):
        return None
    counted = _COUNTED.search(text)
    pronoun = bool(re.search(r"\b(?:them|those|these|it|some|a few|any|one|that)\b", text))
    if talk.context.decision and _WHOSE.search(text):  # what is said of the parents tells which rows these are
        return ShowRows(count=_how_many(counted, text, True, talk), only_problem=True)
    if not (tables or counted or _ROWS.search(text) or (pronoun and re.search(r"\b(?:show|see|list|display)\b", text))):
        return None
    if not tables and not counted and not _ROWS.search(text) and re.search(r"\bit\b", text):
        return None
    named = tables[0].target or "" if tables else ""
    problem = bool(_MARKED.search(text) and _affected(talk)) or _are_counted(counted, named, talk)
    problem = problem if tables else _about_problem(text, counted, talk)
    return ShowRows(table=named, count=_how_many(counted, text, problem, talk), only_problem=problem)


def show_values(said: Sentence, talk: Talk) -> ShowValues | None:
    """ "which values does state hold?", "list the codes of Invoice.state": what the rows of one column have."""
    found = _VALUES.match(said.text)
    if not found:
        return None
    for column in talk.item(said.slot(found, "c")).columns:
        legacy = talk.legacy(column.known)
        if legacy is None or column.known.target is None:
            continue
        line = legacy.mapping.by_target.get(column.column) if legacy.mapping else None
        name = line.source[0] if line and line.source and column.side == "target" else column.column
        if name in legacy.table.by_name:
            return ShowValues(table=column.known.target, column=name)
    return None


def _about_problem(text: str, counted: re.Match[str] | None, talk: Talk) -> bool:
    if _affected(talk) and counted and _number(counted["n"]) in _affected(talk):
        return True
    meant = _MARKED.search(text)
    if talk.context.decision:
        meant = meant or _PROBLEM_ROWS.search(text) or _ROWS.search(text)
    elif talk.context.aside:
        meant = meant or _THEM.search(text)
    return bool(meant and _affected(talk))


def _are_counted(counted: re.Match[str] | None, table: str, talk: Talk) -> bool:
    """Whether "the 14 customers" are as many as could not go of that table."""
    plan = talk.context.plan
    if (
        counted is None
        or plan is None
        or not re.search(r"\b(?:the|those|these|all)\W+$", counted.string[: counted.start()])
    ):
        return False
    return any(p.table == table and p.rows == _number(counted["n"]) for p in plan.preflight.problems)


def _affected(talk: Talk) -> set[int]:
    context = talk.context
    found = {context.decision.failure.affected_records} if context.decision else set()
    if context.aside:
        found |= {context.aside}
    if context.decision:
        found |= {group.rows for group in context.decision.diagnosis.groups}
    elif context.plan:
        found |= {problem.rows for problem in context.plan.preflight.problems}
    return found - {0}


def _number(text: str) -> int:
    return int(text) if text.isdigit() else NUMBERS[text]


def _how_many(counted: re.Match[str] | None, text: str, problem: bool, talk: Talk) -> int:
    if counted:
        return max(1, _number(counted["n"]))
    if problem and re.search(r"\ball\b", text):
        return max(_affected(talk), default=3)
    return 3

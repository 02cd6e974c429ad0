"""What a person wants different about the plan, clause by clause, as changes."""

from __future__ import annotations

import re
from collections.abc import Callable

from ferryman.agents.cascades import policy_of
from ferryman.agents.constant_words import constants
from ferryman.agents.filtering import drop_filter, filter_rows, take_rows_back
from ferryman.agents.leaving import include, leave_out, leave_out_of
from ferryman.agents.link_words import links
from ferryman.agents.mapping_words import map_names
from ferryman.agents.row_keys import set_key
from ferryman.agents.row_words import map_rows
from ferryman.agents.sentence import Sentence
from ferryman.agents.talk import Doubt, Edit, Talk
from ferryman.agents.value_words import map_values
from ferryman.agents.vocabulary import NUMBERS
from ferryman.domain.changes import (
    SetBatchSize,
    SetConflict,
    SetIdentity,
    SetPolicy,
)
from ferryman.domain.mapping import Conflict, Derived, IdPolicy, Kept

_BATCH = r"(?:batch(?:es|s)?|chunks?|portions?|blocks?|slices?|packets?|batch size|batch sizes)"
_N = rf"(?P<n>\d+k?|(?:{'|'.join(NUMBERS)})(?: (?:hundred|thousand))?)(?! times)"
_SIZES = (
    re.compile(
        rf"\b{_BATCH}(?: (?:size|sizes))?(?: (?:of|to|at|is|be|=|:|should be|with))*(?: (?:size|about|only|just"
        rf"|max|at most))* {_N}\b"
    ),
    re.compile(
        rf"\b{_N}(?: (?:rows?|records?|at))*(?: (?:at a time|per (?:batch|chunk|go)|each|a batch|at once"
        r"|in a batch|in one go))"
    ),
    re.compile(rf"\b{_N}(?: (?:rows?|records?))? {_BATCH}\b"),
)
_SMALLER = re.compile(
    r"\b(?:smaller|small|reduce|lower|decrease|halve|half|shrink|tiny|tinier|little|shorter|less big|slower"
    r"|gentler|gentle|gently|slowly|easy|too big|too large|too many rows)\b"
)
_BIGGER = re.compile(
    r"\b(?:bigger|big|larger|large|increase|double|raise|greater|huge|fewer|faster|quicker|speed|too small"
    r"|too many batches)\b"
)
_PACE = re.compile(
    r"^(?:please )?(?:go|run|work|do it|move|be|take it|take|slow|speed|a bit|a little)(?: (?:a bit|a little"
    r"|much|more|things|it))* (?:slower|gentler|gentle|gently|slowly|easy|down|faster|quicker|up)\b"
)


def tune(said: Sentence, talk: Talk) -> Edit:
    """ "smaller batches", "batches of 200 for orders"."""
    paced = _PACE.search(said.text)
    if (
        not re.search(rf"\b{_BATCH}\b", said.text)
        and not paced
        and not re.search(r"\bat a time\b|\bat once$|\brows per\b", said.text)
    ):
        return None
    tables = [known.target for known in talk.tables(said) if known.target] or [""]
    for pattern in _SIZES:
        match = pattern.search(said.text)
        if match:
            return tuple(SetBatchSize(table=table, rows=_count(match["n"])) for table in tables)
    factor = _factor(said.text)
    return tuple(SetBatchSize(table=table, factor=factor) for table in tables) if factor else None


def _count(text: str) -> int:
    if text.rstrip("k").isdigit():
        return max(1, int(text.rstrip("k")) * (1000 if text.endswith("k") else 1))
    first, *rest = text.split()
    return NUMBERS[first] * (NUMBERS[rest[0]] if rest else 1)


def _factor(text: str) -> float | None:
    much = re.search(r"\b(?:much|lot|far|way|very|really|tiny|huge)\b", text)
    times = re.search(r"\b(\d+|two|three|four|five|ten) times\b|\b(triple|quarter|tenth)\b", text)
    if times:
        named = {"triple": 3, "quarter": 0.25, "tenth": 0.1, **NUMBERS}
        found = times[1] or times[2]
        value = float(found) if found.isdigit() else float(named[found])
        return 1 / value if value > 1 and _SMALLER.search(text) else value
    if _SMALLER.search(text) or re.search(r"\bdown$", text):
        return 0.25 if much else 0.5
    if _BIGGER.search(text) or re.search(r"\bup$", text):
        return 4.0 if much else 2.0
    return None


_THERE = (
    r"(?:existing|what is (?:already )?there|already there|rows that are there|ones that are there|what is in"
    r"|new ones|current|the target)"
)
_CONFLICTS = (
    (Conflict.KEEP, (
        rf"\b(?:do not|never|not|without) (?:overwrit\w+|replac\w+|touch\w*|chang\w+)\b.*\b{_THERE}|\b(?:do not"
        rf"|never) overwrite\b|\bkeep (?:the )?{_THERE}|\bkeep .* as (?:it is|they are)"
    )),
    (Conflict.MERGE, (
        r"\bfill (?:in )?(?:only )?(?:the )?(?:gaps|blanks|empty (?:fields|columns))\b"
        r"|\bonly fill (?:in )?(?:the )?(?:gaps|blanks|empty)|\bmerge (?:them|with|into)?.*\b(?:existing|there"
        r"|duplicates)\b|^merge them$"
    )),
    (Conflict.REPLACE, (
        rf"\b(?:overwrite|replace|update) (?:the )?(?:{_THERE}|them|everything that is there)|\boverwrite\b"
    )),
)  # fmt: skip
_KEEP_IDS = re.compile(
    r"\b(?:keep|use|preserve|take over|retain) (?:the |their |its |our )*(?:old|legacy|original|same|existing"
    r"|current) (?:ids?|keys?|numbers|primary keys?)\b|\bkeep (?:the |their )?ids\b"
)
_NEW_IDS = re.compile(r"\b(?:new|fresh|generated|derived) (?:ids?|keys?|uuids?)\b|\buse uuids?\b")


def conflicts(said: Sentence, talk: Talk) -> Edit:
    """ "keep what is already there", "overwrite them": what a legacy row does when its counterpart is in the target."""
    conflict = next((kind for kind, pattern in _CONFLICTS if re.search(pattern, said.text)), None)
    if conflict is None:
        return None
    counts = talk.context.plan.counts_by_table if talk.context.plan else {}
    filled = [k for k in talk.planned if k.target in counts and counts[k.target].target]
    tables = [known.target for known in (talk.about(said) or filled) if known.target]
    return tuple(SetConflict(table=table, conflict=conflict) for table in tables) or Doubt()


def identities(said: Sentence, talk: Talk) -> Edit:
    """ "keep the old ids", "give brackets new uuids"."""
    policy: IdPolicy
    if _KEEP_IDS.search(said.text):
        policy = Kept()
    elif _NEW_IDS.search(said.text) and re.search(r"\b(?:use|give|make|with|get|create|want|generate)\b", said.text):
        policy = Derived()
    else:
        return None
    tables = [known.target for known in (talk.about(said) or talk.planned) if known.target]
    return tuple(SetIdentity(table=table, identity=policy) for table in tables) or Doubt()


_BAD_ROWS = re.compile(
    r"^(?:just |please )?(?:skip|leave out|exclude|ignore|drop|quarantine|set aside|leave|omit|put aside"
    r"|park)(?: out| aside)?"
    r" (?:the |those |these |all |any |that |of |such )*(?:bad |broken |orphaned |failing |faulty |wrong "
    r"|orphan |invalid |problem |problematic |\d+ )*"
    r"(?:rows?|records?|ones?|orphans|entries|lines|them|problems?|those|these)(?: out| aside| that fail"
    r"| that do not fit| that would fail| for now| please| for later)*$"
)


def skip_bad_rows(said: Sentence, talk: Talk) -> Edit:
    """ "skip those rows", of what preflight found and nobody has decided yet."""
    if not _BAD_ROWS.match(said.text.rstrip(" .!")) or talk.context.plan is None:
        return None
    return (
        tuple(
            SetPolicy(table=found.table, policy=policy_of(found))
            for found in talk.context.plan.preflight.problems
            if not found.decided
        )
        or None
    )


RULES: tuple[Callable[[Sentence, Talk], Edit], ...] = (
    tune,
    set_key,
    drop_filter,
    links,
    map_rows,
    map_names,
    constants,
    map_values,
    conflicts,
    identities,
    skip_bad_rows,
    leave_out_of,
    take_rows_back,
    filter_rows,
    leave_out,
    include,
)


def edited(said: Sentence, talk: Talk) -> Edit:
    """What a clause changes: the first rule that it is about decides; a doubt stands until a rule is sure."""
    doubt: Doubt | None = None
    for rule in RULES:
        found = rule(said, talk)
        if isinstance(found, Doubt):
            doubt = doubt or found
        elif found:
            return found
    return doubt

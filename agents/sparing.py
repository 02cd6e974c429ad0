"""Which tables an undoing takes and which it spares: "undo files but keep the rest", "keep cases, undo the rest"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ferryman.agents.sentence import Sentence
from ferryman.agents.talk import Talk

UNDO = re.compile(
    r"\b(?:undo|undone|roll ?back|rollback|roll (?:it|this|that|them|everything|all|the \w+|\w+) (?:all )?back"
    r"|revert|reverse|rewind|(?:bring|get|give me) back the old (?:state|data|database|version)"
    r"|take (?:the )?(?:\w+ )?phase(?: \w+)?(?: all)? back"
    r"|restore (?:the )?(?:old|previous|former) (?:state|data|database|version)|take (?:it|that|this|everything"
    r"|all)(?: of it)? back|take back|put (?:it|everything|things"
    r"|all)(?: all)? back(?: (?:as|the way|how) .+)?|(?:go|get) back to (?:how|where|what|the way|before)"
    r"|make (?:it|that) (?:un)?happen|back out|remove (?:everything|what|all|the rows|it all)(?: that)? (?:you"
    r"|we|it) (?:moved|copied|wrote|added|created|did|have .+)|delete (?:what|everything"
    r"|the rows)(?: that)? (?:you|we) (?:moved|copied|wrote|added|created))\b"
)
_EXCEPT = re.compile(
    r"\b(?:except(?: for)?|apart from|other than|besides|excluding|save for|(?:all|everything|anything) but)\b"
)
_NOT_UNDO = r"(?:do not|not|never|without) (?:touch\w*|undo\w*|roll\w*(?: back)?|revert\w*|chang\w*|delet\w*|remov\w*)"
_KEEP = re.compile(
    rf"\b(?:keep|keeping|leave|leaving|retain|retaining|preserve|preserving|spare|sparing|{_NOT_UNDO})\b"
    r"|\b(?:stays?|remains?|(?:can|shall|should|must|may|to) stay)\b|^not\b"
)
_CUT = re.compile(r" ?[,;.:] ?| (?=(?:keeping|leaving|sparing|without|but|while|whereas|and|then)\b)")
_ASKED = re.compile(r"(?:what|why|how|which|when|where|who|would|does|do i|is|are|will|if)\b")
_REST = re.compile(r"\b(?:rest|remainder|remaining|others?|(?:everything|all|anything|nothing) else)\b")
_ALL = re.compile(r"\b(?:everything|all|it|whole|run|migration)\b")


@dataclass(frozen=True)
class _Part:
    tables: tuple[str, ...]
    rest: bool  #: "the rest", "the others"
    all: bool  #: "everything", "it"
    here: bool  #: "this table"


def spares(said: Sentence) -> bool:
    """Whether a sentence says of some tables that they be undone, and of others that they stay."""
    kept, undone = _parts(said)
    return bool(kept and undone) and not _ASKED.match(said.text)


def spared(said: Sentence, talk: Talk, moved: Sequence[str], here: str) -> tuple[str, ...] | None:
    """The tables of `moved` that are to be undone, where a sentence spares some; () where it does not say which.

    None: it spares none. `here`: what "this table" is. The opposite of what was said must never come out: what names
    no table that is known is asked about again.
    """
    kept, undone = _parts(said)
    if kept and undone:
        if any(_EXCEPT.search(part.text) for part in (*kept, *undone)):
            return ()
        return _chosen([_read(part, talk) for part in kept], [_read(part, talk) for part in undone], moved, here)
    if found := _EXCEPT.search(said.text):
        before, after = said.part(0, found.start()), said.part(found.end(), len(said.text))
        keep = _read(after, talk).tables
        named = _read(before, talk).tables or tuple(moved)
        return tuple(name for name in named if name not in keep) if keep else ()
    return None


def _chosen(kept: Sequence[_Part], undone: Sequence[_Part], moved: Sequence[str], here: str) -> tuple[str, ...]:
    keep = {name for part in kept for name in part.tables} | ({here} if any(part.here for part in kept) else set())
    all_kept = any(part.rest or part.all for part in kept)
    unknown = any(not (part.tables or part.rest or part.all or part.here) for part in (*kept, *undone))
    named = [name for part in undone for name in part.tables]
    if here and any(part.here for part in undone):
        named.append(here)
    if unknown or (not named and all_kept) or (not keep and not all_kept):
        return ()
    if any(part.rest for part in undone) or not named:
        named = list(moved) if keep else []
    return tuple(name for name in dict.fromkeys(named) if name not in keep)


def _read(part: Sentence, talk: Talk) -> _Part:
    rest = bool(_REST.search(part.text))
    return _Part(
        tables=tuple(known.target for known in talk.tables(part) if known.target),
        rest=rest,
        all=not rest and bool(_ALL.search(part.text)),
        here=bool(re.search(r"\b(?:this|that) table\b", part.text)),
    )


def _parts(said: Sentence) -> tuple[list[Sentence], list[Sentence]]:
    """The clauses that say what stays, and those that say what is undone; one without a verb goes on as before it."""
    kept, undone = list[Sentence](), list[Sentence]()
    into: list[Sentence] | None = None
    for start, stop in _clauses(said.text):
        text = re.sub(r"^(?:but|and|then|while|whereas|please|only|just) ", "", said.text[start:stop].strip())
        if _KEEP.search(text):
            into = kept
        elif UNDO.search(text):
            into = undone
        part = said.part(start, stop)
        if into is not None and part.words and text not in ("", "but", "and", "nothing else"):
            into.append(part)
    return kept, undone


def _clauses(text: str) -> list[tuple[int, int]]:
    cuts = [match for match in _CUT.finditer(text) if not _within(text, match)]
    starts, stops = [0, *(match.end() for match in cuts)], [*(match.start() for match in cuts), len(text)]
    return list(zip(starts, stops, strict=True))


def _within(text: str, cut: re.Match[str]) -> bool:
    """ "all but the brackets" is one clause; "keep everything but undo the files" is two."""
    before, after = text[: cut.start()], text[cut.end() :]
    spoken = re.match(r"but (?!(?:not|do|never|please|also|just|then|it|they|the rest)\b)", after)
    verb = _KEEP.match(after.removeprefix("but ")) or UNDO.match(after.removeprefix("but "))
    return bool(spoken and not verb and re.search(r"\b(?:all|everything|anything)$", before))

"""Words for how a row stands (active, disabled, deleted, paid) and for yes and no: what one says of another.

A closed vocabulary: of the values of rows, these alone are told (see `ColumnProfile.states`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum

from ferryman.domain.transforms import BooleanWords

YES, NO = frozenset(BooleanWords().true), frozenset(BooleanWords().false)

#: Words that mean the same, each set by one of them.
_SAME: dict[str, frozenset[str]] = {
    words.split()[0]: frozenset(words.split())
    for words in (
        "active activated enabled enable live valid current running working aktiv actif activo gueltig",
        "inactive deactivated disabled disable passive dormant off inaktiv inactif inactivo deaktiviert",
        "deleted delete removed trashed trash erased del geloescht gelöscht supprime eliminado",
        "banned blocked blacklisted barred gebannt",
        "suspended frozen paused",
        "locked gesperrt",
        "archived archive archiviert",
        "retired discontinued obsolete withdrawn deprecated",
        "closed terminated cancelled canceled ended geschlossen storniert",
        "expired lapsed",
        "left resigned departed dismissed",
        "dead deceased died verstorben",
        "alive living",
        "visible shown public published publish displayed online listed sichtbar veroeffentlicht veröffentlicht publie",
        "hidden invisible private draft offline versteckt unsichtbar entwurf",
        "open opened offen",
        "paid settled bezahlt paye pagado",
        "due outstanding owing",
        "verified confirmed validated",
        "pending waiting new",
        "approved accepted",
        "rejected declined refused denied",
        "done completed complete finished",
        "todo",
        "admitted inpatient",
        "discharged outpatient released",
        "subscribed optin",
        "optout",
        "present",
        "absent",
        "single unmarried",
        "married",
        "available",
        "instock",
        "outofstock",
        "sold soldout",
        "required mandatory",
        "optional",
        "full",
        "empty",
        "internal",
        "external",
    )
}
_GONE = frozenset("inactive deleted banned suspended locked archived retired closed expired left dead hidden".split())
#: What cannot both be said of a row, besides "active" and what is gone.
_CONTRARY = frozenset(
    frozenset(pair.split())
    for pair in (
        "visible hidden",
        "visible deleted",
        "visible archived",
        "alive dead",
        "alive deleted",
        "open closed",
        "open banned",
        "open deleted",
        "open locked",
        "open done",
        "paid due",
        "paid open",
        "verified pending",
        "approved pending",
        "approved rejected",
        "done pending",
        "done todo",
        "admitted discharged",
        "subscribed optout",
        "present absent",
        "single married",
        "available sold",
        "required optional",
        "full empty",
        "internal external",
    )
)
#: A row is in one of these states at a time, so that any other word for how it stands says that it is not in it.
_ALONE = _GONE - {"left", "dead"} | {"active"}
_NEGATIONS = ("un", "in", "dis", "non", "not")
_OPPOSED = (("in", "outof"), ("in", "out"), ("on", "off"), ("with", "without"))  #: before the same word: "in stock"
_WORD = re.compile(r"[^\W_]+")
MOST_STATES = 8  #: different values, beyond which a column says something else than how a row stands


class Of(StrEnum):
    """What one word for a state says of another."""

    SAME = "same"
    CONTRARY = "contrary"


def state(word: str) -> str:
    """A word as it is compared: the one that stands for all that mean the same; as it is where none does."""
    plain = "".join(_WORD.findall(word.casefold()))
    return next((name for name, words in _SAME.items() if plain in words), plain)


def compare(word: str, other: str) -> Of | None:
    """What `word` says of `other`: "disabled" is the contrary of "active". None where it says neither."""
    one, two = state(word), state(other)
    if not one or not two:
        return None
    if one == two:
        return Of.SAME
    pair = {one, two}
    contrary = ("active" in pair and pair & _GONE) or frozenset(pair) in _CONTRARY or _denies(one, two)
    return Of.CONTRARY if contrary else None


def _denies(one: str, two: str) -> bool:
    """Whether one word is the other with "un" or the like before it, or says "out of" where that says "in"."""
    if any(prefix + one == two or prefix + two == one for prefix in _NEGATIONS):
        return True
    return any(
        first.startswith(here) and second == there + first.removeprefix(here) and first != here
        for here, there in _OPPOSED
        for first, second in ((one, two), (two, one))
    )


def excludes(word: str) -> bool:
    """Whether a row that is in this state is in no other one."""
    return state(word) in _ALONE


def first_letters(word: str, *, contrary: bool = False) -> frozenset[str]:
    """The letter that stands for a state in use or out of use in a list of codes, or the letters of its contraries."""
    name = state(word)
    if name == "active":
        return frozenset(gone[0] for gone in _GONE) - {"a"} if contrary else frozenset("a")
    if name in _GONE:
        return frozenset("a") if contrary else frozenset(name[0]) - {"a"}
    return frozenset()


def is_state(value: str) -> bool:
    """Whether a value is a word of the vocabulary: for a state, for yes or no, a letter, or a digit."""
    plain = "".join(_WORD.findall(value.casefold()))
    if len(plain) <= 1 or plain in YES | NO:
        return len(value.strip()) <= MOST_STATES
    return len(plain) <= _LONGEST and (_stands(plain) or any(_stands(plain.removeprefix(p)) for p in _NEGATIONS))


def _stands(plain: str) -> bool:
    return any(plain in words for words in _SAME.values())


_LONGEST = 24  #: characters


def states_in(values: Iterable[object]) -> dict[str, int] | None:
    """How often each of a few values comes that are words of the vocabulary; None where there are too many, or not one
    of them is. Values are told as text, whole numbers and yes and no as digits."""
    counts: dict[str, int] = {}
    for value in values:
        if value is None:
            continue
        told = str(int(value)) if isinstance(value, bool | int) else value if isinstance(value, str) else ""
        counts[told] = counts.get(told, 0) + 1
        if len(counts) > MOST_STATES:
            return None
    return {value: rows for value, rows in counts.items() if value.strip() and is_state(value)} or None

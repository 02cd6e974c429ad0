"""How well what was said fits the name of a table or column, 0 to 1. Pure functions over singular words."""

from __future__ import annotations

from collections.abc import Iterable

from ferryman.agents.vocabulary import ALIKE, key

Keys = tuple[str, ...]

_NOISE = frozenset({"tbl", "tb", "t", "tab", "app", "dbo", "mst"})  #: first words that say nothing
_GENERIC = frozenset(key(w) for w in "entity table data info record list master main base header flat".split())
_TAILS = frozenset(key(w) for w in "on at date time by timestamp dt ts id no number nr code flag value".split())


def keys(words: Iterable[str]) -> Keys:
    return tuple(key(word) for word in words)


def core_of(whole: Keys, prefix: str) -> Keys:
    core = whole
    while len(core) > 1 and (core[0] in _NOISE or core[0] == prefix):
        core = core[1:]
    kept = tuple(word for word in core if word not in _GENERIC)
    return kept or core


def alike(words: Keys) -> Keys:
    """The words with each group of like ones under its first name."""
    return tuple(next((min(group) for group in ALIKE if word in group), word) for word in words)


def likeness(said: Keys, whole: Keys, core: Keys) -> float:
    if said == whole:
        return 1.0
    if said == core:
        return 0.98
    joined = key("".join(said))
    if joined in (key("".join(whole)), key("".join(core))):
        return 0.96
    same, other = alike(said), alike(core)
    if same == other:
        return 0.9
    share = len(said) / len(core)
    if said == core[-len(said) :]:
        return 0.68 + 0.16 * share
    if said == core[: len(said)] or said == whole[: len(said)]:
        return 0.6 + 0.16 * share
    if same == other[-len(same) :]:
        return 0.6 + 0.1 * share
    return 0.6 if len(said) > 1 and within(said, core) else 0.0


def blended(said: Keys, target: Keys, source: Keys) -> bool:
    """Whether a name takes its words from both: "order lines" for InvoiceLine -> order_items."""
    either = {*target, *source}
    return (
        len(said) > 1
        and set(said) <= either
        and said[0] in (target[0], source[0])
        and said[-1] in (target[-1], source[-1])
        and len(said) >= min(len(target), len(source))
    )


def within(said: Keys, name: Keys) -> bool:
    return any(name[n : n + len(said)] == said for n in range(len(name) - len(said) + 1))


def column_likeness(said: Keys, whole: Keys) -> float:
    if not said or not whole:
        return 0.0
    if said == whole or key("".join(said)) == key("".join(whole)):
        return 1.0
    bare = tuple(word for word in whole if word not in _TAILS) or whole
    mine = tuple(word for word in said if word not in _TAILS) or said
    if alike(mine) == alike(bare):
        return 0.9
    if mine == bare[-len(mine) :]:
        return 0.72
    return 0.66 if mine == bare[: len(mine)] else 0.0

"""What happened to a row, as people say it and as columns are called: "logged in", last_login; "made", created."""

from __future__ import annotations

import re
from itertools import pairwise

from ferryman.agents.vocabulary import key

_SAME_VERB = tuple(
    frozenset(group.split())
    for group in (
        "created made added entered inserted recorded written creation registered",
        "changed updated modified edited touched",
        "born birth birthday birthdate",
        "died death deceased",
        "placed ordered invoiced issued dated bought sold",
        "hired employed joined hire",
        "opened open started begun start begin",
        "closed ended finished close end completed",
        "uploaded upload",
        "sent mailed send",
        "left leave leaving",
        "sold sale sell",
        "bought purchase purchased",
        "delivered delivery",
        "cancelled canceled cancellation cancel",
        "paid payment",
        "visited visit seen held",
    )
)
_PARTICLES = frozenset("in out up off on back over".split())
_ENDINGS = ("ed", "d", "ing", "s", "es")


def verbs(text: str) -> frozenset[str]:
    """The words of a text, and each with the particle behind it run together, as a column may be called: "login"."""
    words = re.findall(r"[a-z]+", text)
    joined = (stem + after for word, after in pairwise(words) if after in _PARTICLES for stem in _stems(word))
    return frozenset((*words, *joined))


def same_verb(said: str, name: str) -> bool:
    """Whether a word that was said means the same as one in a column's name."""
    if len(said) < 4 or len(name) < 4:
        return False
    if key(said) == key(name) or any(said in group and name in group for group in _SAME_VERB):
        return True
    common = next((n for n, (a, b) in enumerate(zip(said, name, strict=False)) if a != b), min(len(said), len(name)))
    return common >= 4 and common >= 0.65 * max(len(said), len(name))


def _stems(word: str) -> frozenset[str]:
    """A verb as it is and without its ending; a doubled letter before the ending also once."""
    bare = {word, *(word.removesuffix(end) for end in _ENDINGS if word.endswith(end))}
    return frozenset(bare | {stem[:-1] for stem in bare if stem[-2:-1] == stem[-1:]})

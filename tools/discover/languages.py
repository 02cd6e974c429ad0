"""Texts in several languages in one column: {"en_US": "Chair", "de_DE": "Stuhl"}."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable

_LANGUAGE = re.compile(r"([a-z]{2})(?:[-_][A-Za-z]{2,4})?(?:@[a-z]+)?")
_CUT = re.compile(
    r'\{\s*"([a-z]{2}[\w@-]*)"\s*:\s*"(?:[^"\\]|\\.)*\\?', re.DOTALL
)  #: a long value, as far as it was read
#: One of them is there, for two letters may be the name of anything: {"to": "...", "no": "..."}.
_SPREAD = frozenset("en de fr es pt it nl pl ru zh ja ko ar tr sv da nb fi cs hu ro uk el he hi id vi th".split())
_NOTHING = ("", "{}", "[]", "null", "false")


def languages(values: Iterable[object]) -> dict[str, int]:
    """How many of these values have a text for a language, the most first; {} where some hold anything else."""
    found = Counter[str]()
    for value in values:
        held = _held(value) if isinstance(value, str) and value[:1] == "{" else None
        if held is None and value not in _NOTHING:
            return {}
        found.update(held or ())
    said = [_LANGUAGE.fullmatch(name) for name in found]
    if not all(said) or not any(one and one[1] in _SPREAD for one in said):
        return {}
    return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))


def _held(text: str) -> list[str] | None:
    """The languages of one value that have a text, of one that is cut the first; None where it holds anything else."""
    try:
        held = json.loads(text)
    except (ValueError, RecursionError):
        cut = _CUT.fullmatch(text)
        return [cut[1]] if cut else None
    texts = all(isinstance(one, str) or one in (None, False) for one in held.values())
    return [name for name, one in held.items() if one] if texts else None

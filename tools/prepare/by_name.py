"""Texts that a JSON object holds by name, such as one for each language."""

from __future__ import annotations

import json
from collections.abc import Sequence

_NOTHING: tuple[object, ...] = (None, False, "", [])  #: what applications write for an object that holds nothing


def texts_in(text: str) -> dict[str, str] | None:
    """The texts of an object by their names, without those that are empty; None for what is no such object."""
    try:
        held = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(held, dict):
        return {} if held in _NOTHING else None
    texts = {name: value for name, value in held.items() if value not in _NOTHING}
    return texts if all(isinstance(value, str) for value in texts.values()) else None


def text_of_name(text: str, names: Sequence[str]) -> str | None:
    """The first of these texts that is there; None where none is, also in what is no such object."""
    held = texts_in(text) or {}
    return next((held[name] for name in names if name in held), None)

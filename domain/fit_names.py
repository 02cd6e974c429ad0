"""What does not fit, where it stands, and the names that would fit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

Path = tuple[str | int, ...]  #: field names and positions from the plan down

_SHOWN = 8  #: names that are listed where none is close


@dataclass(frozen=True)
class Misfit:
    """One thing in a plan that does not fit."""

    path: Path
    what: str
    would_fit: str = ""
    column: str = ""  #: "table.column" of a required target column without a value

    def __str__(self) -> str:
        return f"{self.what}; {self.would_fit}" if self.would_fit else self.what


def closest(name: str, names: Iterable[str]) -> str:
    """The names that were probably meant, else what there is: "placed_at", or "one of a, b, c"."""
    known = sorted(names)
    folded = {known_name.lower(): known_name for known_name in known}
    near = [folded[n] for n in get_close_matches(name.lower(), list(folded), n=3, cutoff=0.6)]
    if near:
        return "did you mean " + " or ".join(near) + "?"
    if not known:
        return "there is none"
    more = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
    return f"there is {', '.join(known[:_SHOWN])}{more}"


def unknown(path: Path, owner: str, kind: str, name: str, names: Iterable[str]) -> Misfit:
    """A table or column that its owner does not have."""
    return Misfit(path, f"{owner} has no {kind} {name}", closest(name, names))

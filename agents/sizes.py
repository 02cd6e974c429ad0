"""What a server's own estimates tell of a large database before its rows are counted."""

from __future__ import annotations

from collections.abc import Mapping

from ferryman.agents.wording import clean

MANY = 1_000_000  #: rows from which on counting and looking takes so long that a person wonders
_DIGITS = 2  #: that an estimate is worth


def sizes(estimates: Mapping[str, Mapping[str, int]]) -> str:
    """Sentences about the sides ("old", "new") that hold many rows; empty where none does."""
    told = [_side(side, tables) for side, tables in estimates.items() if sum(tables.values()) >= MANY]
    if not told:
        return ""
    return f"{' '.join(told)} They are counted and looked at first, which takes a while."


def _side(side: str, tables: Mapping[str, int]) -> str:
    largest = max(tables, key=lambda name: tables[name])
    return (
        f"By its server's own estimate, the {side} database holds about {_about(sum(tables.values()))} rows, "
        f"about {_about(tables[largest])} of them in {clean(largest)}."
    )


def _about(rows: int) -> str:
    return f"{round(rows, _DIGITS - len(str(rows))):,}"

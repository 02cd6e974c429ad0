"""Matches as plain JSON: rankings over all tables and columns, and what was decided; for `ferryman match --json`."""

from __future__ import annotations

from typing import Any

from ferryman.domain.findings import Matches

COLUMNS_LISTED = 10


def matches_json(matches: Matches, decided: Matches) -> dict[str, Any]:
    """{"tables": {table: [[target, score], ...]}, "columns": {"table.column": [["table.column", score], ...]},
    "decided": [["table.column", "table.column"], ...], "sure": the part of `decided` that needs no question}.

    Rankings run over all target tables, best first, up to 10 columns each.
    """
    tables: dict[str, list[tuple[str, float]]] = {}
    for found in matches.tables:
        tables.setdefault(found.source, []).append((found.target, found.score))
    columns: dict[str, list[tuple[str, float]]] = {}
    for pair in matches.columns:
        for found in pair.columns:
            columns.setdefault(f"{pair.source}.{found.source}", []).append(
                (f"{pair.target}.{found.target}", found.score)
            )
    return {
        "tables": {name: _ranked(found) for name, found in tables.items()},
        "columns": {name: _ranked(found)[:COLUMNS_LISTED] for name, found in columns.items()},
        "decided": _pairs(decided, sure_only=False),
        "sure": _pairs(decided, sure_only=True),
    }


def _ranked(found: list[tuple[str, float]]) -> list[list[str | float]]:
    return [[name, score] for name, score in sorted(found, key=lambda item: (-item[1], item[0]))]


def _pairs(decided: Matches, sure_only: bool) -> list[list[str]]:
    return [
        [f"{pair.source}.{found.source}", f"{pair.target}.{found.target}"]
        for pair in decided.columns
        for found in pair.columns
        if found.sure or not sure_only
    ]

"""Why two tables or two columns were thought to match, in clauses a person can check. Names only, never values."""

from __future__ import annotations

from functools import cache, lru_cache

from ferryman.domain.findings import Evidence
from ferryman.domain.schema import Family
from ferryman.tools.discover.column_scores import NAMES_SHARE
from ferryman.tools.discover.names import Words, split_name, vocabulary
from ferryman.tools.discover.score import NAMES, NEIGHBOURS, Scores
from ferryman.tools.discover.side import Side

_HOLDS = {
    Family.BOOLEAN: "yes or no", Family.INTEGER: "whole numbers", Family.DECIMAL: "exact numbers",
    Family.FLOAT: "numbers",
    Family.TEXT: "text", Family.DATE: "dates", Family.TIME: "times of day", Family.TIMESTAMP: "points in time",
    Family.JSON: "JSON", Family.UUID: "UUIDs", Family.BINARY: "bytes", Family.ENUM: "one of a list",
    Family.OTHER: "values of a kind of their own",
}  # fmt: skip
_WORTH_SAYING = 0.45  #: likeness of names below which they are no reason


@lru_cache(maxsize=4096)
def _fact(kind: str, weight: float, text: str) -> Evidence:
    return Evidence(kind=kind, weight=weight, text=text)


def of_tables(scores: Scores, i: int, j: int) -> tuple[Evidence, ...]:
    """The reasons for a pair of tables, strongest first."""
    source, target = scores.source, scores.target
    found = []
    ours, theirs = source.tables[i].name, target.tables[j].name
    likeness = float(scores.table_names[i, j])
    if likeness >= _WORTH_SAYING:
        text = _table_names(source, target, i, j)
        found.append(_fact("name", round(NAMES * likeness, 2), text))
    support = float(scores.support[i, j])
    alike = _alike_columns(scores, i, j)
    if alike:
        text = f"{alike} of {len(source.tables[i].columns)} columns of {ours} have a likely partner in {theirs}"
        found.append(_fact("type" if likeness < support else "position", round((1 - NAMES) * support, 2), text))
    neighbours = float(scores.neighbours[i, j])
    if neighbours > 0.4:
        found.append(_fact("neighbours", round(NEIGHBOURS * neighbours, 2), _linked(scores, i, j)))
    rows = int(source.rows[i])
    if rows > 0 and rows == int(target.rows[j]):
        found.append(_fact("values", 0.05, f"both have {rows:,} rows"))
    return tuple(sorted(found, key=lambda e: (-e.weight, e.kind)))


def _table_names(source: Side, target: Side, i: int, j: int) -> str:
    ours, theirs = source.tables[i].name, target.tables[j].name
    if split_name(ours) == split_name(theirs):
        return _written(ours, theirs)
    for side, name, other in ((source, ours, theirs), (target, theirs, ours)):
        if side.prefix and name.startswith(side.prefix) and source.names[i] == target.names[j]:
            return f"{name} is {other} without the prefix {side.prefix}"
    return _words(ours, theirs, source.names[i], target.names[j])


def _written(ours: str, theirs: str) -> str:
    return f"both are called {theirs}" if ours == theirs else f"{ours} and {theirs} differ only in how they are written"


def _words(ours: str, theirs: str, our_words: Words, their_words: Words) -> str:
    if our_words == their_words:
        return f"{ours} and {theirs} say the same, spelt out"
    relation = _relation(our_words, their_words)
    if relation:
        return relation
    shared = [word for word in our_words if word in their_words]
    if shared:
        return f"{ours} and {theirs} share the word{'s' if len(shared) > 1 else ''} {', '.join(shared)}"
    return f"{ours} and {theirs} look alike"


@lru_cache(maxsize=4096)
def _relation(our_words: Words, their_words: Words) -> str:
    for groups, verb in ((vocabulary().same, "is another word for"), (vocabulary().near, "is often used for")):
        by_word = _groups_of(groups)
        for ours in our_words:
            for theirs in their_words:
                if ours != theirs and by_word.get(ours, frozenset()) & by_word.get(theirs, frozenset()):
                    return f"{ours} {verb} {theirs}"
    return ""


@cache
def _groups_of(groups: tuple[frozenset[str], ...]) -> dict[str, frozenset[int]]:
    """Word -> positions of the groups that have it."""
    found: dict[str, set[int]] = {}
    for i, group in enumerate(groups):
        for word in group:
            found.setdefault(word, set()).add(i)
    return {word: frozenset(at) for word, at in found.items()}


def _alike_columns(scores: Scores, i: int, j: int) -> int:
    source, target = scores.source, scores.target
    block = scores.local[columns_of(source, i), columns_of(target, j)]
    return int((block.max(axis=1) >= 0.6).sum()) if block.size else 0


def columns_of(side: Side, table: int) -> slice:
    """Where a table's columns stand in the arrays of its side."""
    start = int(side.starts[table])
    return slice(start, start + len(side.tables[table].columns))


def _linked(scores: Scores, i: int, j: int) -> str:
    source, target = scores.source, scores.target
    ours, theirs = source.parent[columns_of(source, i)], target.parent[columns_of(target, j)]
    pairs = [(float(scores.tables[p, q]), target.tables[q].name) for p in ours if p >= 0 for q in theirs if q >= 0]
    if pairs and max(pairs)[0] > 0.4:
        return f"both refer to {max(pairs)[1]}"
    return "what refers to them matches as well"


def of_columns(scores: Scores, a: int, b: int) -> tuple[Evidence, ...]:
    """The reasons for and against a pair of columns, strongest first."""
    source, target = scores.source, scores.target
    found = []
    ours, theirs = source.columns[a], target.columns[b]
    likeness = float(scores.column_names[a, b])
    if likeness >= _WORTH_SAYING:
        found.append(_fact("name", round(NAMES_SHARE * likeness, 2), _column_names(source, target, a, b)))
    found += _parts(scores, a, b)
    fit = float(scores.fit[a, b])
    if source.families[a] is target.families[b]:
        found.append(_fact("type", 0.1, f"both hold {_HOLDS[source.families[a]]}"))
    elif fit < 0.45:
        found.append(_fact("type", -0.2, f"{_HOLDS[ours.family]} do not readily become {_HOLDS[theirs.family]}"))
    if float(scores.values[a, b]) > 0.6:
        found.append(_fact("values", 0.06, "the values look alike"))
    return tuple(sorted(found, key=lambda e: (-abs(e.weight), e.kind)))


def _column_names(source: Side, target: Side, a: int, b: int) -> str:
    ours, theirs = source.columns[a].name, target.columns[b].name
    if split_name(ours) == split_name(theirs):
        return _written(ours, theirs)
    if source.words[a] == target.words[b]:
        return _words(ours, theirs, source.words[a], target.words[b])
    if source.own_words[a] == target.own_words[b]:
        return f"{ours} and {theirs} say the same without the name of their table"
    return _words(ours, theirs, source.own_words[a], target.own_words[b])


def _parts(scores: Scores, a: int, b: int) -> list[Evidence]:
    """What the columns are in their tables: keys, references, homes of legacy keys, bookkeeping."""
    source, target = scores.source, scores.target
    found = []
    if source.is_key[a] and target.is_key[b]:
        found.append(_fact("key", 0.3, "both are the key of their table"))
    if source.is_key[a] and target.is_home[b]:
        found.append(_fact("key", 0.6, f"{target.columns[b].name} is made for the key of the old database"))
    p, q = int(source.parent[a]), int(target.parent[b])
    if p >= 0 and q >= 0 and scores.tables[p, q] > 0.35:
        ours, theirs = source.tables[p].name, target.tables[q].name
        text = f"both refer to {theirs}" if ours == theirs else f"one refers to {ours}, the other to {theirs}"
        found.append(_fact("reference", round(0.4 * float(scores.tables[p, q]), 2), text))
    if bool(source.is_bookkeeping[a]) != bool(target.is_bookkeeping[b]):
        name = (target if target.is_bookkeeping[b] else source).columns[b if target.is_bookkeeping[b] else a].name
        found.append(_fact("type", -0.4, f"{name} is what an application fills in by itself"))
    return found

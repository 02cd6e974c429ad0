"""Measure the matcher on the ground-truth cases: `python -m benchmarks.matching [case.json ...]`.

The cases and the scorer lie in the shared folder: FERRYMAN_SHARED, else `shared` beside the checkout.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

from rapidfuzz import fuzz, process

from ferryman.domain.findings import Matches
from ferryman.domain.schema import Column, Database, Family, ForeignKey, Table
from ferryman.tools.discover.decide import decide
from ferryman.tools.discover.match import match
from ferryman.tools.discover.matches_json import matches_json

HEADS = ("T@1", "T@3", "C@1", "C@5", "R@1", "R@5", "F1", "P", "R")
_FAMILIES = (
    (r"tinyint\(1\)|bool|^bit(\(1\))?$", Family.BOOLEAN), (r"datetime|timestamp", Family.TIMESTAMP),
    (r"^date", Family.DATE), (r"^time", Family.TIME), (r"enum|^set\b", Family.ENUM), (r"json", Family.JSON),
    (r"uuid", Family.UUID),
    (r"binary|blob|bytea", Family.BINARY), (r"int|serial|year", Family.INTEGER), (r"dec|numeric|money", Family.DECIMAL),
    (r"float|double|real", Family.FLOAT), (r"char|text|clob|string", Family.TEXT),
)  # fmt: skip


def shared() -> Path:
    """The folder of cases and tools; it may not exist."""
    return Path(os.environ.get("FERRYMAN_SHARED") or Path(__file__).resolve().parents[2] / "shared")


def column(name: str, native: str) -> Column:
    """A column from its name and native type alone."""
    family = next((f for pattern, f in _FAMILIES if re.search(pattern, native or "", re.I)), Family.OTHER)
    sizes = [int(size) for size in re.findall(r"\d+", native or "")]
    sized, textual = family in (Family.DECIMAL, Family.FLOAT) and len(sizes) > 1, family in (Family.TEXT, Family.BINARY)
    return Column(name=name, native=native or "", family=family, length=sizes[0] if textual and sizes else None,
                  precision=sizes[0] if sized else None, scale=sizes[1] if sized else None)  # fmt: skip


def database(side: dict[str, Any]) -> Database:
    """A catalogue as the scorer would create it: columns and foreign keys, no primary keys."""
    references: dict[str, list[ForeignKey]] = {}
    for table, name, parent, parent_column in side.get("fks", []):
        if parent in side["tables"] and parent_column and name in {n for n, _ in side["tables"].get(table, [])}:
            key = ForeignKey(columns=(name,), parent=parent, parent_columns=(parent_column,))
            references.setdefault(table, []).append(key)
    return Database(dialect="sqlite", tables=tuple(
        Table(name=name, columns=tuple(column(*c) for c in columns), foreign_keys=tuple(references.get(name, ())))
        for name, columns in side["tables"].items()
    ))  # fmt: skip


def scorer() -> ModuleType:
    """The scorer of the shared folder. Ends the program with one line where it is missing."""
    path = shared() / "tools" / "score_matching.py"
    spec = importlib.util.spec_from_file_location("score_matching", path)
    if not path.exists() or spec is None or spec.loader is None:
        sys.exit(f"{path} is missing: set FERRYMAN_SHARED to the folder that has tools/ and cases/")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def baseline(source: Database, target: Database) -> dict[str, Any]:
    """What plain rapidfuzz says of folded names: WRatio over "table column", best first; decided from 90 on."""
    tables = {t.name: _plain(t.name) for t in target.tables}
    columns = {f"{t.name}.{c.name}": _plain(f"{t.name} {c.name}") for t in target.tables for c in t.columns}
    said: dict[str, Any] = {"tables": {}, "columns": {}, "decided": []}
    for table in source.tables:
        said["tables"][table.name] = _closest(_plain(table.name), tables)
        for name in table.by_name:
            key = f"{table.name}.{name}"
            said["columns"][key] = _closest(_plain(f"{table.name} {name}"), columns)
            said["decided"] += [[key, place] for place, score in said["columns"][key][:1] if score >= 90]
    return said


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower())


def _closest(name: str, names: dict[str, str]) -> list[list[Any]]:
    return [[key, score] for _, score, key in process.extract(name, names, scorer=fuzz.WRatio, limit=10)]


def figures(case: dict[str, Any], judge: ModuleType) -> dict[str, Any]:
    """The scorer's figures for one case, the seconds it took, and how much of what was called sure is right."""
    source, target = database(case["source"]), database(case["target"])
    started = time.perf_counter()
    matches = match(source, target, None, None)
    decided = decide(matches, source, target)
    seconds = time.perf_counter() - started
    said = matches_json(matches, decided)
    scored: dict[str, Any] = judge.score(case, said)
    return scored | {"s": seconds} | _sure(case, decided, said["sure"])


def _sure(case: dict[str, Any], decided: Matches, columns: list[list[str]]) -> dict[str, str]:
    """Right of sure, over all and over those whose source the human-made mapping knows."""
    tables = {(m["source_table"], m["target_table"]) for m in case["mapping"]}
    pairs = {(f"{m['source_table']}.{a}", f"{m['target_table']}.{b}") for m in case["mapping"] for a, b in m["columns"]}
    sure_tables = [(m.source, m.target) for m in decided.tables if m.sure]
    in_pairs = [(a, b) for a, b in columns if (a.split(".")[0], b.split(".")[0]) in tables]
    return {
        "sure tables": _share([pair in tables for pair in sure_tables]),
        "sure tables mapped": _share([p in tables for p in sure_tables if p[0] in {t for t, _ in tables}]),
        "sure columns": _share([pair in pairs for pair in in_pairs]),
        "sure columns mapped": _share([pair in pairs for pair in in_pairs if pair[0] in {s for s, _ in pairs}]),
    }


def _share(marks: list[bool]) -> str:
    return f"{sum(marks)}/{len(marks)}"


def main(arguments: list[str]) -> None:
    """Print one line of figures per case, and with --baseline those of plain rapidfuzz as well."""
    judge = scorer()
    paths = [Path(path) for path in arguments if not path.startswith("--")]
    print(
        f"{'case':20s}"
        + "".join(f"{head:>6s}" for head in HEADS)
        + "     s  sure: tables, of mapped, columns, of mapped"
    )
    for path in paths or sorted((shared() / "cases").glob("*.json")):
        case = json.loads(path.read_text())
        row = figures(case, judge)
        sure = " ".join(row[key] for key in row if key.startswith("sure"))
        print(f"{path.stem:20s}{_cells(row)}{row['s']:6.2f}  {sure}  {row['n']}")
        if "--baseline" in arguments:
            plain = judge.score(case, baseline(database(case["source"]), database(case["target"])))
            print(f"{'  plain rapidfuzz':20s}{_cells(plain)}")


def _cells(row: dict[str, Any]) -> str:
    return "".join("     -" if row[head] is None else f"{row[head]:6.2f}" for head in HEADS)


if __name__ == "__main__":
    main(sys.argv[1:])

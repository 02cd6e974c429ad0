"""What is wrong with a folder of cassettes: orphans, gaps, and what must not be in one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.recorded.cassette import KEPT_HEADERS, interactions, names

TESTS = Path(__file__).parent
WORDS = ".txt"  #: the exact words of the conversation, beside each cassette
NOTES = ("README.md", "recorded.json")
SECRETS = (
    re.compile(r"(?i)\bbearer\s+\S"),
    re.compile(r"(?i)^\s*(?:authorization|cookie|set-cookie|x-api-key|api-key|openai-organization):", re.MULTILINE),
    re.compile(r"\b(?:sk|pk|rk|ghp|gho|xox[abp]|AKIA)[-_][A-Za-z0-9_-]{12,}"),
    re.compile(r"://[^/\s:@]+:[^/\s@]+@"),
    re.compile(r"(?:/home|/root|/Users|/tmp|/work)/[\w.-]+"),
)


def recorded_tests(folder: Path = TESTS) -> list[str]:
    """MODULE/TEST of every test below a folder that is marked as recorded."""
    found = []
    for path in sorted(folder.glob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        marked = any(isinstance(node, ast.Assign) and "pytest.mark.vcr" in ast.unparse(node) for node in tree.body)
        tests = [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test")]
        found += [f"{path.stem}/{name}" for name in tests] if marked else []
    return found


def faults(folder: Path, tests: list[str]) -> Iterator[str]:
    """Each thing that is wrong, in a sentence."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in NOTES]
    strange = [path.name for path in files if path.suffix not in (".yaml", WORDS) and path.name != ".gitkeep"]
    yield from (f"{name} is neither a cassette nor its words" for name in strange)
    for suffix, what in ((".yaml", "cassette"), (WORDS, "snapshot of words")):
        there = names(path for path in files if path.suffix == suffix)
        yield from (f"{name}: this {what} belongs to no test" for name in there if name not in tests)
        yield from (f"{name}: this test has no {what}" for name in tests if name not in there)
    for path in files:
        yield from (f"{path.parent.name}/{path.name} {fault}" for fault in _secrets(path))


def _secrets(path: Path) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    yield from (f"holds what looks like a secret or a place: {m[0][:12]}..." for s in SECRETS if (m := s.search(text)))
    if path.suffix == ".yaml":
        for one in interactions(path):
            headers = {name.lower() for side in ("request", "response") for name in one[side]["headers"]}
            yield from (f"holds the header {name}" for name in sorted(headers - KEPT_HEADERS))

"""YAML text as plain data with the line of every part. Scalars as in YAML 1.2; no anchors, no tags, no key twice."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from ferryman.domain.fit_names import Path

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc]
    """Reads fewer plain scalars as something other than text than PyYAML does: no on/off, dates, octals, 1:30."""

    yaml_implicit_resolvers: dict[str | None, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own form


for _tag, _form, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL", "~nN"),
    ("int", r"[-+]?(?:0|[1-9][0-9_]*)", "-+0123456789"),
    (
        "float",
        r"[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+.0123456789",
    ),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_form})$"), list(_first))
_Loader.yaml_implicit_resolvers[""] = [("tag:yaml.org,2002:null", re.compile("^$"))]


_KINDS = frozenset(("map", "seq", "str", "bool", "null", "int", "float"))


@dataclass(frozen=True)
class Document:
    """A YAML text: its data, and the line (from 1) on which each part begins."""

    data: Any
    lines: dict[Path, int]

    def line(self, path: Path) -> int:
        """The line of a part; where it is not there, of the nearest part around it."""
        while path not in self.lines and path:
            path = path[:-1]
        return self.lines.get(path, 1)


def read(text: str, words: Callable[[Path], bool] = lambda path: False) -> Document:
    """The data of a YAML text. Raises yaml.MarkedYAMLError where it is not YAML, or more than plain data.

    `words` says where a scalar other than null is a text as it is written: `1`, `true` and `1_0` too.
    """
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        lines: dict[Path, int] = {}
        data = _Builder(loader, lines, words).build(node, ()) if node is not None else None
    finally:
        loader.dispose()
    return Document(data, lines)


class _Builder:
    """Data out of nodes, each node once."""

    def __init__(self, loader: Any, lines: dict[Path, int], words: Callable[[Path], bool]) -> None:
        self.loader, self.lines, self._words = loader, lines, words
        self._seen: set[int] = set()

    def build(self, node: yaml.Node, path: Path) -> Any:
        if id(node) in self._seen:
            raise _wrong("a plan has no anchors and aliases: write it out", node)
        self._seen.add(id(node))
        self.lines[path] = node.start_mark.line + 1
        if node.tag.rpartition(":")[2] not in _KINDS:
            raise _wrong(f"a plan has no values of the kind {node.tag}", node)
        if isinstance(node, yaml.MappingNode):
            return dict(self._pairs(node, path))
        if isinstance(node, yaml.SequenceNode):
            return [self.build(child, (*path, number)) for number, child in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode)
        written = self._words(path) and not node.tag.endswith(":null")
        return node.value if written else self._scalar(node)

    def _pairs(self, node: yaml.MappingNode, path: Path) -> Iterator[tuple[str, Any]]:
        seen: dict[str, int] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _wrong("a key is a plain word here", key)
            if key.value in seen:
                raise _wrong(f"{key.value} stands here twice, first on line {seen[key.value]}", key)
            seen[key.value] = key.start_mark.line + 1
            built = self.build(value, (*path, key.value))
            self.lines[(*path, key.value)] = key.start_mark.line + 1
            yield key.value, built

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        if node.tag.endswith(":str"):
            return node.value
        try:
            return self.loader.construct_object(node)
        except ValueError as error:
            raise _wrong(f"{node.value} cannot be read", node) from error


def _wrong(problem: str, node: yaml.Node) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(None, None, problem, node.start_mark)

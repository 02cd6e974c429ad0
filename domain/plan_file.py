"""The plan as a YAML file for a person who reads and edits it. Loading what was dumped gives an equal plan.

Layout: the meaning first (what feeds what, in which order, open questions), then `tuning`, which may be changed freely,
then `facts`, which are shown. Defaults are left out. Scalars are read as YAML 1.2 has
them: `on`, `no`, `1:30`, `017` and dates are texts, however they are written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from io import StringIO
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from ferryman.domain.errors import Usage
from ferryman.domain.fit_names import Misfit, Path
from ferryman.domain.plan import Plan
from ferryman.domain.plan_errors import explained
from ferryman.domain.plan_nodes import Document, read

WIDTH = 118
_TUNING = ("batches",)
_FACTS = ("counts", "estimate", "risks", "rollback", "left_out", "leftovers", "preflight")
_SECTIONS = {"tuning": _TUNING, "facts": _FACTS}
_TAGS = frozenset(("use", "kind", "test", "do"))  #: fields that say which of several models this is

_HEAD = """\
# A migration plan, made by Ferryman: what moves from the old database to the new one, and how.
#
# Approve it as it stands (`ferryman run --plan FILE --approve TOKEN`), or edit it first. Every edit is checked against
# both databases when the plan is loaded; what does not fit is refused with its line and with what would fit.
#
#   mapping    each new table, the old table that feeds it, and how each column is filled; `why` is for reading only
#   phases     the order; tables of a phase may go side by side
#   questions  what only a person can say: write the key of an option after `answer:`
#   tuning     sizes of batches: change them freely, the approval holds
#   facts      what was counted when the plan was made: shown; the approval does not bind it
#
# A change of mapping, phases or validation is another plan, with another approval.
"""


def dump(plan: Plan) -> str:
    """The plan as YAML text. The same plan gives the same text."""
    flat = _plain(plan)
    flat["version"] = plan.version
    sections = {name: {key: flat.pop(key) for key in keys if key in flat} for name, keys in _SECTIONS.items()}
    ordered = {key: flat.pop(key) for key in _ORDER if key in flat} | flat
    parts = [{key: value} for key, value in (ordered | sections).items() if value or key not in _SECTIONS]
    return _HEAD + "".join(f"{_blank(part)}{_text(part)}" for part in parts)


_ORDER = ("version", "request", "strategy", "connections", "mapping", "phases", "validation", "questions", "sharing")


def _blank(part: dict[str, Any]) -> str:
    return "\n" if isinstance(next(iter(part.values())), dict | list) else ""


def _plain(value: Any) -> Any:
    """Plain data: enums by value, tuples as lists, defaults left out."""
    if isinstance(value, BaseModel):
        names = sorted((name for name in type(value).model_fields if _is_told(value, name)), key=_LONG.__contains__)
        return {name: _plain(getattr(value, name)) for name in names}
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, Enum):
        return value.value
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


_LONG = ("columns", "steps")  #: what makes an entry long stands last in it


def _is_told(model: BaseModel, name: str) -> bool:
    field = type(model).model_fields[name]
    if name in (*_TAGS, "answer") or field.is_required():  # the place where an answer is written stands there
        return True
    return bool(getattr(model, name) != field.get_default(call_default_factory=True))


class _Nodes(yaml.SafeDumper):
    """No anchors: what stands twice is written twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(data: dict[str, Any]) -> str:
    node = _Nodes(StringIO(), default_flow_style=False, sort_keys=False).represent_data(data)
    _fold(node, 0)
    return str(yaml.serialize(node, Dumper=_EMITTER, width=WIDTH + 2, allow_unicode=True))


_EMITTER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def _fold(node: yaml.Node, indent: int) -> None:
    """Put on one line what fits on one: innermost collections always, a column's mapping where it is short."""
    if not isinstance(node, yaml.CollectionNode):
        return
    fits = _length(node) <= WIDTH - indent and _depth(node) <= _FLOW_DEPTH
    node.flow_style = indent > 0 and (fits or _is_plain_list(node))
    if node.flow_style:
        return
    for child in _children(node):
        _fold(child, indent + 2)


def _is_plain_list(node: yaml.Node) -> bool:
    """A list of scalars, however long: the emitter breaks it where the line ends."""
    return isinstance(node, yaml.SequenceNode) and all(isinstance(child, yaml.ScalarNode) for child in node.value)


_PLAIN = re.compile(r"[A-Za-z_][\w .;()-]*")
_FLOW_DEPTH = 3  #: of nested collections on one line: a column's mapping, its steps, one step


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [value for _, value in node.value]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _depth(node: yaml.Node) -> int:
    return 0 if isinstance(node, yaml.ScalarNode) else 1 + max(map(_depth, _children(node)), default=0)


def _length(node: yaml.Node) -> int:
    """Characters on one line, near enough: quotes are counted wherever they may be needed."""
    if isinstance(node, yaml.ScalarNode):
        return len(node.value) + (0 if _PLAIN.fullmatch(node.value) else 2)
    if isinstance(node, yaml.MappingNode):
        return 2 + sum(len(key.value) + 2 + _length(value) + 2 for key, value in node.value)
    return 2 + sum(_length(child) + 2 for child in _children(node))


def load(text: str, file: str = "plan.yaml") -> Plan:
    """The plan in a YAML text. Raises Usage that lists `file:line: what; what would fit` for everything wrong."""
    document = _read(text, file)
    try:
        return Plan.model_validate(_flat(document.data))
    except ValidationError as error:
        raise _refusal(sorted(explained(error, document, file, _nested))) from error


def _read(text: str, file: str) -> Document:
    try:
        document = read(text, _is_key)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise _refusal([(line, f"{file}:{line}: {error.problem or 'this is not YAML'}")]) from error
    if not isinstance(document.data, dict):
        raise _refusal([(1, f"{file}:1: this is no plan; write one with `ferryman plan -o {file}`")])
    return document


def _is_key(path: Path) -> bool:
    """What names an option: an answer `1` or `true` is that option's key, and no number or truth."""
    return path[:1] == ("questions",) and path[-1] in ("answer", "recommended", "key")


def _flat(data: dict[str, Any]) -> dict[str, Any]:
    """The file's sections put back into the plan's own fields. A section of another form stays, and is refused."""
    found = dict(data)
    for section in _SECTIONS:
        inner = found.get(section)
        if isinstance(inner, dict):
            del found[section]
            found |= inner
    return found


def _nested(path: Path, data: dict[str, Any]) -> Path:
    """Where a field of the plan stands in the file's data."""
    for section in _SECTIONS:
        inner = data.get(section)
        if path and isinstance(inner, dict) and path[0] in inner:
            return (section, *path)
    return path


def refused(text: str, file: str, misfits: Iterable[Misfit]) -> Usage:
    """What to raise for misfits of a plan loaded from `text`: each with its file and line."""
    document = _read(text, file)
    lines = []
    for misfit in misfits:
        line = document.line(_nested(misfit.path, document.data))
        lines.append((line, f"{file}:{line}: {misfit}"))
    return _refusal(sorted(lines))


_MOST = 20  #: problems listed at once


def _refusal(problems: list[tuple[int, str]]) -> Usage:
    told = [text for _, text in problems[:_MOST]]
    if len(problems) > _MOST:
        told.append(f"... and {len(problems) - _MOST} more")
    return Usage("\n".join(told), "Mend the file and load it again; nothing was written.")

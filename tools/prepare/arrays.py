"""Arrays as PostgreSQL prints them (https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO), read into JSON."""

from __future__ import annotations

import json
import re

from ferryman.tools.prepare.texts import is_number

_BOUNDS = re.compile(r"(\[-?[0-9]+:-?[0-9]+\])+=")  #: printed where a dimension does not begin with 1
_PART = re.compile(r'[{},]|"(?:[^"\\]|\\.)*"|[^{},"]+', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_BOOLEANS = {"t": "true", "f": "false"}


def array_as_json(text: str, of: str) -> str | None:
    """The array as JSON, its elements by what `of` says they are (see `transforms.ArrayToJson`); None where it is none,
    or an element has no such form: JSON has no NaN."""
    printed = _BOUNDS.sub("", text, count=1) if text.startswith("[") else text
    parts = _PART.findall(printed)
    if not printed.startswith("{") or "".join(parts) != printed:
        return None
    written = [part if part == "," else _BRACES.get(part) or _element(part, of) for part in parts]
    if None in written:
        return None
    whole = "".join(one for one in written if one)
    return whole if _is_array(whole) else None


_BRACES = {"{": "[", "}": "]"}


def _element(part: str, of: str) -> str | None:
    quoted = part.startswith('"')
    value = _ESCAPED.sub(r"\1", part[1:-1]) if quoted else part
    if not quoted and value == "NULL":
        return "null"
    match of:
        case "number":
            return value if is_number(value) else None
        case "boolean":
            return _BOOLEANS.get(value)
        case "json":
            return value
    return json.dumps(value, ensure_ascii=False)


def _is_array(written: str) -> bool:
    try:
        return isinstance(json.loads(written), list)
    except (ValueError, RecursionError):
        return False

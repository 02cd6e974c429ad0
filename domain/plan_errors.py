"""pydantic's complaints about a plan file in plain words: where, what, and what would fit."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from ferryman.domain.fit_names import Path, closest
from ferryman.domain.plan import Plan
from ferryman.domain.plan_nodes import Document

Detail = dict[str, Any]  #: one of pydantic's complaints: type, loc, msg, input, ctx


def explained(
    error: ValidationError, document: Document, file: str, place: Callable[[Path, Any], Path]
) -> Iterator[tuple[int, str]]:
    """Each complaint as (line, "file:line: what; what would fit"). `place` tells where a field stands in the data."""
    for found in error.errors(include_url=False):
        detail: Detail = dict(found)
        path = _path(detail["loc"], document.data, place)
        line = document.line(path)
        what, would_fit = _said(detail)
        yield line, f"{file}:{line}: {what}; {would_fit}" if would_fit else f"{file}:{line}: {what}"


def _path(loc: tuple[str | int, ...], data: Any, place: Callable[[Path, Any], Path]) -> Path:
    """The part of a location that stands in the file: pydantic also names the member of a union."""
    found: list[str | int] = []
    here = data
    for part in place(loc, data):
        if _has(here, part):
            here = here[part]
            found.append(part)
    return tuple(found)


def _has(data: Any, part: str | int) -> bool:
    if isinstance(data, list):
        return isinstance(part, int) and part < len(data)
    return isinstance(data, dict) and part in data


def _said(detail: Detail) -> tuple[str, str]:
    """What is wrong, and what would fit."""
    loc, context, kind = detail["loc"], detail.get("ctx", {}), detail["type"]
    name = str(loc[-1]) if loc else "this"
    if kind == "extra_forbidden":
        return f"{name} is not known here", closest(name, _fields_at(loc[:-1]))
    if kind == "missing":
        return f"{name} is missing", ""
    if kind == "union_tag_invalid":
        tag = str(context.get("tag"))
        return f'"{tag}" is not known here', closest(tag, _listed(context, "expected_tags"))
    if kind == "union_tag_not_found":
        return f"{context.get('discriminator', 'the kind')} is missing", "it says which of several things this is"
    if kind in ("enum", "literal_error"):
        return f'"{detail["input"]}" is no {name}', closest(str(detail["input"]), _listed(context, "expected"))
    return f"{name}: {_plainly(detail)}", ""


def _listed(context: dict[str, Any], name: str) -> list[str]:
    """pydantic lists what it expected as "'a', 'b' or 'c'"."""
    told = str(context.get(name, "")).replace(" or ", ", ")
    return [part.strip().strip("'") for part in told.split(",") if part.strip()]


def _plainly(detail: Detail) -> str:
    wanted = {
        "string_type": "a text is wanted",
        "int_type": "a whole number is wanted",
        "int_parsing": "a whole number is wanted",
        "bool_type": "true or false is wanted",
        "bool_parsing": "true or false is wanted",
        "tuple_type": "a list is wanted, in [brackets]",
        "dict_type": "names with values are wanted",
        "model_type": "names with values are wanted",
        "model_attributes_type": "names with values are wanted",
    }
    told = str(detail["msg"])
    return wanted.get(detail["type"], told[:1].lower() + told[1:])


def _fields_at(loc: tuple[str | int, ...]) -> list[str]:
    """The fields of the model at a location of the plan; () where it cannot be told."""
    models: list[Any] = [Plan]
    for part in loc:
        models = [inner for model in models for inner in _step(model, part)]
    names = {name for model in models if _is_model(model) for name in model.model_fields}
    return sorted(names | ({"tuning", "facts"} if not loc else set()))


def _step(kind: Any, part: str | int) -> list[Any]:
    """The types below one part of a location: a field, a position, a key, or a union's member by its tag."""
    if _is_model(kind):
        field = kind.model_fields.get(part)
        if field is None:
            return [kind] if part in _tags(kind) else []
        return _members(field.annotation)
    arguments = [argument for argument in get_args(kind) if argument is not Ellipsis]
    if get_origin(kind) is tuple:
        return [member for argument in arguments for member in _members(argument)]
    return _members(arguments[-1]) if get_origin(kind) is dict else []


def _members(kind: Any) -> list[Any]:
    """The alternatives of a union, annotations taken off."""
    if get_origin(kind) in (Union, types.UnionType):
        return [member for argument in get_args(kind) for member in _members(argument)]
    if hasattr(kind, "__metadata__"):
        return _members(kind.__origin__)
    return [kind]


def _tags(model: type[BaseModel]) -> list[Any]:
    return [model.model_fields[name].default for name in ("use", "kind", "test", "do") if name in model.model_fields]


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)

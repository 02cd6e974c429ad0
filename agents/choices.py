"""Closed choices: a field whose values come from the live catalogue, in the schema and in the check alike.

class Answer(Told):
    tables: tuple[Annotated[str, OneOf("tables")], ...]

schema_of(Answer, {"tables": ("orders", "customers")})     # the names stand in it as an enumeration
Answer.model_validate(data, context={"tables": (...)})     # and no other is taken, whatever the endpoint does
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, core_schema

Choices = Mapping[str, Sequence[str]]

ENUMERATED = 400  #: more names than that are left out of a schema (endpoints refuse it) and checked all the same


class Told(BaseModel):
    """The frozen base of what a model may answer: every field is given, none is added."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True)
class OneOf:
    """Marks a text as one of the choices of that name."""

    of: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_after_validator_function(self._checked, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return handler(core) | {"choices": self.of}

    def _checked(self, value: str, info: ValidationInfo) -> str:
        known = (info.context or {}).get(self.of, ())
        if value not in known:
            raise ValueError(f"{value!r} is none of the {self.of}")
        return value


def schema_of(model: type[BaseModel], choices: Choices) -> dict[str, Any]:
    """The JSON schema of an answer, as strict endpoints take it, with the choices of the moment written in."""
    found = model.model_json_schema()
    schema = _filled(found, choices, found.get("$defs", {}))
    assert isinstance(schema, dict)
    return schema


def _filled(node: Any, choices: Choices, models: Mapping[str, Any]) -> Any:
    if isinstance(node, list):
        return [_filled(one, choices, models) for one in node]
    if not isinstance(node, dict):
        return node
    marked = _marked(node)
    made = {key: _filled(value, choices, models) for key, value in node.items() if not (key == "choices" and marked)}
    if marked:
        names = list(choices[node["choices"]])
        made |= {"enum": names} if 0 < len(names) <= ENUMERATED else {}
    if node.get("type") == "array" and _impossible(node.get("items", {}), choices, models):
        made["maxItems"] = 0
    return made


def _impossible(item: dict[str, Any], choices: Choices, models: Mapping[str, Any]) -> bool:
    """Whether there is no such item: one of its names would have to be among none."""
    item = models.get(str(item.get("$ref", "")).rpartition("/")[2], item)
    fields = (item, *item.get("properties", {}).values())
    return any(_marked(field) and not choices[field["choices"]] for field in fields)


def _marked(node: dict[str, Any]) -> bool:
    return node.get("type") == "string" and isinstance(node.get("choices"), str)

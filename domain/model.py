"""The frozen base of every noun: immutable, strict about unknown fields, plain JSON in and out."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """An immutable value. An unknown field is an error, so that a misspelt key in a plan never passes silently."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    def but(self, **updates: Any) -> Self:
        """The same value with some fields changed and validated anew. (`model_copy` does neither, and keeps caches.)"""
        return type(self)(**{name: getattr(self, name) for name in type(self).model_fields} | updates)

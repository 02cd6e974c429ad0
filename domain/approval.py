"""Who said yes to what. An approval binds the plan's meaning, both databases and what preflight found."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime

from pydantic import Field

from ferryman.domain.model import Frozen


class Identity(Frozen):
    """Which database this is. `place` is a digest (SQLite: resolved path and inode; servers: host, port, name, id)."""

    dialect: str
    name: str  #: for people: the file's stem or the database's name; never a path, host or user
    place: str  #: 64 hex digits


def digest(*parts: str) -> str:
    """16 hex digits (64 bits) of SHA-256 over the parts, each preceded by its length."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(f"{len(part)}:{part}".encode())
    return whole.hexdigest()[:16]


class Binding(Frozen):
    """What an approval holds fast, each part a digest of 16 hex digits, so that a refusal can name what changed."""

    plan: str  #: of the plan's meaning
    source: str  #: of the source's identity
    source_schema: str
    target: str
    target_schema: str
    preflight: str  #: of the classes of problems that preflight found, not of their counts

    @property
    def token(self) -> str:
        """What is given to `run --approve`: six digests joined by dashes."""
        return "-".join((self.plan, self.source, self.source_schema, self.target, self.target_schema, self.preflight))

    def is_token(self, text: str) -> bool:
        """Whether a text has the form of a token at all."""
        return re.fullmatch("-".join(["[0-9a-f]{16}"] * len(type(self).model_fields)), text.strip()) is not None

    def changed(self, token: str) -> tuple[str, ...]:
        """The names of the parts in which a token differs; all of them for a token of another form."""
        given = token.strip().split("-")
        names = tuple(type(self).model_fields)
        if len(given) != len(names):
            return names
        return tuple(name for name, part in zip(names, given, strict=True) if getattr(self, name) != part)


class Approval(Frozen):
    """A person's yes."""

    token: str
    by: str
    at: datetime
    note: str = ""
    skipped_preflight: bool = False


class Amendment(Frozen):
    """A decision taken on the way: append-only, binding one more step of the plan's meaning."""

    number: int
    by: str
    at: datetime
    table: str  #: target name
    cause: str  #: the closed name of what went wrong, e.g. "never_existed"
    strategy: str
    reason: str = ""
    rows: int = 0  #: the count it was decided on
    hash_before: str = Field(default="")
    hash_after: str = Field(default="")

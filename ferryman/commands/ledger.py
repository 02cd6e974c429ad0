"""`ferryman ledger ddl`: the script for a database administrator."""

from __future__ import annotations

import sys
from importlib import import_module

from ferryman.commands.edge import Exit
from ferryman.commands.options import Where, Which
from ferryman.commands.pair import target_of
from ferryman.commands.voice import Voice
from ferryman.domain.errors import Usage
from ferryman.tools.databases.connect import open_target
from ferryman.tools.move import tables

_DIALECTS = ("sqlite", "postgresql", "mysql")


def ddl(where: Where, dialect: str, as_json: bool) -> int:
    """The script goes to standard output, so that it can be piped into a client; with --json as {"dialect", "ddl"}."""
    name = dialect or _dialect_of(where)
    if name not in _DIALECTS:
        raise Usage(f'There is no ledger for "{name}".', f"Take one of {', '.join(_DIALECTS)}.")
    script = tables.ddl(import_module(f"sqlalchemy.dialects.{name}").dialect())
    if as_json:
        Voice(as_json).give({"dialect": name, "ddl": script})
    else:
        sys.stdout.write(script)
    return Exit.DONE


def _dialect_of(where: Where) -> str:
    target = open_target(target_of(Which(where)))
    try:
        return target.dialect.name
    finally:
        target.dispose()

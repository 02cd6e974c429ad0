"""The names of copies of a server's databases, made to try things on and dropped when that is done."""

from __future__ import annotations

import re
import secrets

from sqlalchemy import URL

PREFIX = "ferryman_try_"
_NAME = re.compile(rf"{PREFIX}[0-9a-f]{{12}}")


def new_name() -> str:
    return PREFIX + secrets.token_hex(6)


def is_one(name: str) -> bool:
    """Whether a database was made by this tool for trying."""
    return _NAME.fullmatch(name) is not None


def instead() -> str:
    """What to do where no copy can be made."""
    return "or restore a backup of it beside it, and run the plan on that: --target URL."


def at(url: URL, name: str) -> str:
    """The URL of another database on the same server, with its password: not to be shown."""
    return url.set(database=name).render_as_string(hide_password=False)

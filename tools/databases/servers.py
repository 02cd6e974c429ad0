"""What the dialects of database servers share: their URLs, their TLS, and drivers that are loaded when first needed."""

from __future__ import annotations

import hashlib
import ipaddress
import ssl
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from types import ModuleType

from sqlalchemy import URL

from ferryman.domain.errors import Configuration

_AUTHORITIES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
_YES, _NO = ("1", "yes", "true", "on"), ("0", "no", "false", "off")


def driver(module: str, extra: str) -> ModuleType:
    """A module that needs a driver, loaded now. Raises Configuration where the extra that brings it is missing."""
    try:
        return import_module(module)
    except ImportError as error:
        spoken = {"postgresql": "PostgreSQL", "mysql": "MariaDB or MySQL"}[extra]
        raise Configuration(
            f"The driver for {spoken} is not installed ({error.name or error}).",
            f"Install it: pip install 'ferryman[{extra}]'.",
        ) from error


def is_here(host: str) -> bool:
    """Whether nothing between us and the server leaves this machine: a socket, or a loopback address."""
    if not host or host.startswith(("/", "@")) or host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def authorities() -> str:
    """The file of certificate authorities that this system trusts; "system" where none is where systems keep it."""
    python = ssl.get_default_verify_paths().cafile
    return next((path for path in (python, *_AUTHORITIES) if path and Path(path).is_file()), "system")


def options(url: URL, known: Iterable[str]) -> dict[str, str]:
    """What stands after the question mark of a URL, each name known and given once. Raises Configuration."""
    allowed = sorted(known)
    for name, value in url.query.items():
        if name not in allowed or not isinstance(value, str):
            raise Configuration(
                f'The database URL has "{name}" after the question mark, which is not known there or stands twice.',
                f"Known are {', '.join(allowed)}.",
            )
    return {name: value for name, value in url.query.items() if isinstance(value, str)}


def switch(given: dict[str, str], name: str) -> bool:
    """A yes or no among the options of a URL; no where it is not given. Raises Configuration for anything else."""
    value = given.get(name, "no").lower()
    if value not in (*_YES, *_NO):
        raise Configuration(f'"{name}" in the database URL is neither yes nor no.', f"Write {name}=yes, or leave it.")
    return value in _YES


def seconds(given: dict[str, str], name: str, default: int) -> int:
    """A number of seconds among the options of a URL. Raises Configuration for what is none."""
    value = given.get(name, str(default))
    if not value.isdecimal() or not 0 < int(value) <= 3600:
        raise Configuration(f'"{name}" in the database URL is no number of seconds.', f"Write {name}={default}.")
    return int(value)


def named(url: URL) -> str:
    """The database that a URL names. Raises Configuration where it names none."""
    if not url.database:
        raise Configuration(
            "The database URL names a server, but no database on it.",
            f"Write {url.get_backend_name()}://user@host/database.",
        )
    return url.database


def place(*parts: str) -> str:
    """For `Identity.place`: a digest of what tells one database from all others."""
    return hashlib.sha256("\n".join(parts).encode(errors="surrogateescape")).hexdigest()

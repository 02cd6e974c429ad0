"""What the dialects of database servers share: their URLs, their TLS, and drivers that are loaded when first needed."""

from __future__ import annotations

import hashlib
import ipaddress
import socket
import ssl
import struct
from collections.abc import Iterable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from types import ModuleType

from sqlalchemy import URL

from ferryman.domain.errors import Configuration

_AUTHORITIES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
_SPOKEN = {"postgresql": "PostgreSQL", "mysql": "MariaDB or MySQL"}
_PORTS = {"postgresql": 5432, "mysql": 3306}
LOCK_PATIENCE = 30  #: seconds in which a lock is waited for without a word
_LOOK = 1.0  #: seconds in which a server says something, where it speaks first
_SPEAKS_TLS = struct.pack("!ii", 8, 80877103)  #: PostgreSQL's SSLRequest
_YES, _NO = ("1", "yes", "true", "on"), ("0", "no", "false", "off")


def driver(module: str, extra: str) -> ModuleType:
    """A module that needs a driver, loaded now. Raises Configuration where the extra that brings it is missing."""
    try:
        return import_module(module)
    except ImportError as error:
        raise Configuration(
            f"The driver for {_SPOKEN[extra]} is not installed ({error.name or error}).",
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


def refuse_other_kind(url: URL, kind: str) -> None:
    """Raises Configuration where what answers at the URL's port is a server of the other kind than `kind`. For after a
    connection has failed: it takes a moment."""
    other = {"mysql": "postgresql", "postgresql": "mysql"}[kind]
    if not url.host or answering(url.host, url.port or _PORTS[kind]) != other:
        return
    there, here = (_SPOKEN[one] for one in (other, kind))
    raise Configuration(
        f"Opening {named(url)} on {url.host}: what answers at that port is {there}, not {here}.",
        f"Begin the URL with {other}://, or check its port.",
    )


def answering(host: str, port: int) -> str:
    """What kind of server answers at a port, told by its first bytes: "mysql", "postgresql", or "" for anything else.

    MariaDB and MySQL speak first, with the version of their protocol (10) or an error (255) behind four bytes;
    PostgreSQL waits to be asked whether it speaks TLS, and says S or N.
    """
    try:
        with socket.create_connection((host, port), _LOOK) as line:
            with suppress(TimeoutError):
                return "mysql" if line.recv(5)[4:] in (b"\x0a", b"\xff") else ""
            line.sendall(_SPEAKS_TLS)
            return "postgresql" if line.recv(1) in (b"S", b"N") else ""
    except OSError:
        return ""


def place(*parts: str) -> str:
    """For `Identity.place`: a digest of what tells one database from all others."""
    return hashlib.sha256("\n".join(parts).encode(errors="surrogateescape")).hexdigest()

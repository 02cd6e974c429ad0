"""What a path leads to: a file that SQLite can be asked about, or one of the things that people give instead."""

from __future__ import annotations

import math
import os
import stat
from collections import Counter
from pathlib import Path
from urllib.parse import unquote

from sqlalchemy import URL

from ferryman.domain.errors import Configuration

_EFFECTIVE = os.access in os.supports_effective_ids
_KNOWN = {
    b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "a gzip archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"%PDF": "a PDF document",
    b"\x00\x01\x00\x00Standard": "a Microsoft Access database",
}
_SMALLEST = 512  #: bytes of a database; SQLite takes a shorter file for an empty one
_RANDOM_BITS = 7.0  #: bits of entropy per byte in the first page from which it is taken for encrypted


def database_path(url: URL) -> Path:
    """The file that a SQLite URL names. Raises Configuration for a URL that names none."""
    if url.drivername not in ("sqlite", "sqlite+pysqlite"):
        raise Configuration(
            f"Ferryman reads SQLite with Python's own library, not with {url.drivername.partition('+')[2]}.",
            "Write the URL as sqlite:///path/to/file.db.",
        )
    database = url.database or ""
    if url.query or database in ("", ":memory:") or database.startswith("file:"):
        raise Configuration(
            "The SQLite URL does not name a file, or has options after a question mark.",
            "Write sqlite:///path/to/file.db, or give the bare path; Ferryman sets the options itself.",
        )
    path = Path(database)
    return path if os.path.lexists(path) else Path(unquote(database))


def check_readable(path: Path) -> None:
    """Raises Configuration when there is no file that could be a database. Opens none; see `what_it_is`."""
    try:
        status = path.stat()
    except PermissionError as error:
        raise _no_right(path) from error
    except OSError as error:
        raise Configuration(
            f"There is no file {path}.", "Check the path; Ferryman never creates a database."
        ) from error
    if stat.S_ISDIR(status.st_mode):
        raise Configuration(f"{path} is a folder, not a database file.", "Give the path of the SQLite file in it.")
    if not stat.S_ISREG(status.st_mode):
        raise Configuration(f"{path} is not an ordinary file.", "Give the path of a SQLite file.")
    if not os.access(path, os.R_OK, effective_ids=_EFFECTIVE):
        raise _no_right(path)
    if status.st_size == 0:
        raise Configuration(f"{path} is empty (0 bytes).", "Give the file that holds the database; this one has none.")
    if status.st_size < _SMALLEST:
        raise what_it_is(path)


def _no_right(path: Path) -> Configuration:
    return Configuration(
        f"{path} cannot be read: the permission is missing.", "Run as a user who may read it, or have it granted."
    )


def what_it_is(path: Path) -> Configuration:
    """The error for a file that SQLite takes for no database, saying what it looks like.

    Only for such a file: closing a database that is open elsewhere in this process would drop SQLite's locks on it.
    """
    with path.open("rb") as file:
        start = file.read(4096)
    known = next((kind for magic, kind in _KNOWN.items() if start.startswith(magic)), "")
    if not known and len(start) >= 1024 and _entropy(start) > _RANDOM_BITS:
        return Configuration(
            f"{path} looks like an encrypted database.",
            "Have its application export a plain SQLite copy (SQLCipher: sqlcipher_export), and give that.",
        )
    return Configuration(
        f"{path} is not a SQLite database{f' but {known}' if known else ''}.",
        "Give the path of the SQLite file; unpack or export it first where it is inside something else.",
    )


def check_writable(path: Path) -> None:
    """Raises Configuration when rows could not be written: the file's right, or its folder's for the journal."""
    for place, what in ((path, str(path)), (path.resolve().parent, f"the folder of {path}")):
        if not os.access(place, os.W_OK, effective_ids=_EFFECTIVE):
            raise Configuration(
                f"The new database cannot be written: no right to write {what}.",
                "Grant the right, or run as a user who has it; SQLite needs it for the file and for its folder.",
            )


def _entropy(block: bytes) -> float:
    """Shannon entropy in bits per byte: 8 for random bytes, below 6 for text and tables."""
    total = len(block)
    return -sum(n / total * math.log2(n / total) for n in Counter(block).values())

"""SQLite's errors as ours: who deals with it next, and two lines that a person can act on."""

from __future__ import annotations

import re
import sqlite3

from sqlalchemy.exc import DBAPIError

from ferryman.domain.errors import Configuration, FerrymanError, NeedsDecision, Permanent, Transient

_LOG_NEEDS_FOLDER = (
    Configuration,
    "it is in WAL mode, and its folder cannot be written, which even reading needs",
    "Copy the file (with its -wal file, if there is one) to a folder that can be written, and give the copy.",
)

#: The start of SQLite's error name (the longest that fits decides) -> type, what happened, what to do.
_BY_NAME: dict[str, tuple[type[FerrymanError], str, str]] = {
    "BUSY": (Transient, "the database is locked by another program", "Wait for it to finish, or close it; then again."),
    "LOCKED": (Transient, "a table is locked by another connection", "Wait for it to finish, or close it; then again."),
    "PROTOCOL": (Transient, "the lock of the write-ahead log could not be had", "Try again in a moment."),
    "SCHEMA": (Transient, "the structure changed while the statement ran", "Try again in a moment."),
    "IOERR_LOCK": (Transient, "the file's lock could not be had", "Try again in a moment."),
    "IOERR_BLOCKED": (Transient, "the file's lock could not be had", "Try again in a moment."),
    "FULL": (
        Configuration,
        "the disk is full; nothing of this batch was kept",
        "Free some space on the disk of the new database, then resume: it goes on after the last whole batch.",
    ),
    "IOERR": (Permanent, "the disk failed to read or write", "Check the disk and its free space, then resume."),
    "READONLY": (Configuration, "the database cannot be written", "Grant the right to write the file and its folder."),
    "READONLY_ROLLBACK": (
        Configuration,
        "a program crashed in the middle of a change, which the database has yet to undo",
        "Open it once with its own application, or give a copy made together with its -journal file.",
    ),
    "READONLY_DIRECTORY": _LOG_NEEDS_FOLDER,
    "READONLY_CANT": _LOG_NEEDS_FOLDER,
    "READONLY_RECOVERY": (
        Configuration,
        "the write-ahead log must be recovered before it can be read",
        "Open it once with its own application, or give a copy made together with its -wal file.",
    ),
    "PERM": (Configuration, "the permission is missing", "Run as a user who may open it, or have the right granted."),
    "CANTOPEN": (
        Configuration,
        "the file cannot be opened",
        "Check the rights to the file and to its folder, and that the disk is there.",
    ),
    "CORRUPT": (
        Permanent,
        "the file is damaged (SQLite: database disk image is malformed)",
        "Restore a backup, or save what can be read with `sqlite3 FILE .recover`, and give that.",
    ),
    "NOTADB": (Configuration, "the file is not a SQLite database, or it is encrypted", "Give a plain SQLite file."),
    "AUTH": (Permanent, "Ferryman's guard does not allow that statement", "The old database is only ever read."),
    "INTERRUPT": (Permanent, "it was interrupted", "Nothing of the running batch was kept; resume when you like."),
    "NOMEM": (Permanent, "there is not enough memory", "Free some memory or use smaller batches, then resume."),
    "TOOBIG": (NeedsDecision, "a value is larger than SQLite can hold", "Leave the value out or shorten it."),
    "MISMATCH": (NeedsDecision, "a value is not of its column's type", "Choose a cast, a default, or leave the rows."),
    "MISUSE": (Permanent, "the library was used wrongly", "This is a fault in Ferryman: please report it."),
}

_GROUPS = {getattr(sqlite3, f"SQLITE_{name}"): name for name in (*_BY_NAME, "CONSTRAINT") if "_" not in name}

#: What SQLite writes about a constraint -> the name that we carry. The rest names columns or a check, never values.
_CONSTRAINT = re.compile(r"(UNIQUE|NOT NULL|CHECK|FOREIGN KEY) constraint failed(?:: (.*))?", re.DOTALL)
_INDEX = re.compile(r"index '(.*)'")
_STRICT = re.compile(r"cannot store (\w+) value in (\w+) column (.*)", re.DOTALL)
_MISSING = re.compile(r"no such (table|column|index|view)|has no column named|has \d+ columns but")


def translate(error: Exception, doing: str) -> FerrymanError:
    """See `Dialect.translate`."""
    original = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    text, name = str(original), _name(original)
    if name.startswith("CONSTRAINT"):
        return _constraint(text, doing)
    if "not authorized" in text:
        name = "AUTH"
    known = next((_BY_NAME[key] for key in sorted(_BY_NAME, key=len, reverse=True) if name.startswith(key)), None)
    if known:
        kind, what, do = known
        return kind(f"{_upper(doing)}: {what}.", do)
    return _by_text(text, doing)


def _name(error: BaseException) -> str:
    """SQLite's name of the error without SQLITE_; that of its group where Python does not know the exact one."""
    name = str(getattr(error, "sqlite_errorname", "")).removeprefix("SQLITE_")
    return name if name.isupper() else _GROUPS.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, "")


def _constraint(text: str, doing: str) -> FerrymanError:
    if found := _CONSTRAINT.match(text):
        broken = " ".join(part for part in (found[1], _INDEX.sub(r"\1", found[2] or "")) if part)
    elif found := _STRICT.match(text):
        broken = f"TYPE {found[2]} {found[3]}"
    else:
        broken = f"TRIGGER {text}"
    return NeedsDecision(
        f"{_upper(doing)}: a rule of the table is broken ({broken}).",
        "Choose what becomes of the rows that break it: mend them, leave them out, or stop.",
        constraint=broken,
    )


def _by_text(text: str, doing: str) -> FerrymanError:
    if "Could not decode to UTF-8" in text:
        return NeedsDecision(f"{_upper(doing)}: a text is not valid UTF-8.", "Choose how such texts are to be read.")
    if _MISSING.search(text):
        return NeedsDecision(
            f"{_upper(doing)}: the structure is not what it was ({text}).",
            "Analyse both databases again and plan anew.",
        )
    return Permanent(f"{_upper(doing)}: SQLite says: {text}.", "Please report this, with the command that led to it.")


def _upper(doing: str) -> str:
    return doing[:1].upper() + doing[1:]

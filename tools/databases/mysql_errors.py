"""MariaDB's and MySQL's errors as ours, by number: who deals with it next, and two lines that a person can act on."""

from __future__ import annotations

import re

from sqlalchemy.exc import DBAPIError

from ferryman.domain.errors import Configuration, FerrymanError, NeedsDecision, Permanent, Transient

LOST_LINE = 2013  #: also: the server has not said a word in time

_AGAIN = "Try again in a moment."
_CHOOSE = "Choose what becomes of the rows that {}: mend them, leave them out, or stop."

_LOST = (Transient, "the connection to the server was lost", "Check that the server runs and can be reached.")
_PASSWORD = (
    Configuration,
    "the server does not let this user in: the password is wrong, or the user may not come from this machine, or not "
    "without TLS",
    "Check the URL (special characters encoded, @ as %40; ?ssl=yes where the user must), and the user on the server.",
)
_RIGHT = (Configuration, "a right is missing", "Grant it to the user of the URL, or give another user.")
_BUSY = (Transient, "the server has no connection left", "Close some of its connections, or raise its limit.")
_FULL = (
    Configuration,
    "the disk of the server is full; nothing of this batch was kept",
    "Free some space there, then resume: it goes on after the last whole batch.",
)
_READ_ONLY = (
    Permanent,
    "the session is read-only",
    "The old database is only ever read; a new one must not be a replica or set to read only.",
)
_CHANGED = (NeedsDecision, "the structure is not what it was", "Analyse both databases again and plan anew.")
_LARGE = (
    Configuration,
    "a row is larger than the server's max_allowed_packet",
    "Raise max_allowed_packet on the server (SET GLOBAL), then resume.",
)
_STOPPED = (Transient, "the server ended it, because it took too long or on demand", _AGAIN)

#: Error number -> type, what happened, what to do.
_BY_NUMBER: dict[int, tuple[type[FerrymanError], str, str]] = {
    **dict.fromkeys((2002, 2003, 2006, 2013, 2014, 2055, 1053, 1077, 1079, 1152, 1159, 1160, 1161, 1927, 4031), _LOST),
    1205: (Transient, "a lock could not be had", "Wait for the other transaction to finish, then try again."),
    1213: (Transient, "it was rolled back to end a deadlock with another transaction", _AGAIN),
    1020: (Transient, "a row was changed by another transaction", _AGAIN),
    1412: (Transient, "the structure changed while the statement ran", _AGAIN),
    1614: (Transient, "it was rolled back because of another transaction", _AGAIN),
    **dict.fromkeys((1317, 1028, 1969, 3024), _STOPPED),
    **dict.fromkeys((1040, 1203, 1226), _BUSY),
    **dict.fromkeys((1044, 1142, 1143, 1227, 1370), _RIGHT),
    **dict.fromkeys((1045, 1698, 1130, 1129), _PASSWORD),
    1049: (Configuration, "the server has no database of that name", "Check the name after the last / of the URL."),
    **dict.fromkeys((1021, 1114, 3675), _FULL),
    **dict.fromkeys((1290, 1792, 1836), _READ_ONLY),
    **dict.fromkeys((1054, 1146, 1136, 1072, 1091), _CHANGED),
    1153: _LARGE,
    1034: (Permanent, "a table of the server is damaged", "Have it repaired, or give a backup."),
    1712: (Permanent, "an index of the server is damaged", "Have the table rebuilt (ALTER TABLE ... FORCE)."),
}

#: Error number -> the word with which `NeedsDecision.constraint` begins, and where the message names what is broken.
_BROKEN: dict[int, tuple[str, str]] = {
    1048: ("NOT NULL", r"Column '([^']+)'"),
    1364: ("NOT NULL", r"Field '([^']+)'"),
    1263: ("NOT NULL", r"for column '([^']+)'"),
    1062: ("UNIQUE", r"for key '([^']+)'$"),
    1586: ("UNIQUE", r"for key '([^']+)'$"),
    1452: ("FOREIGN KEY", r"CONSTRAINT `([^`]+)`"),
    1216: ("FOREIGN KEY", r"CONSTRAINT `([^`]+)`"),
    1451: ("FOREIGN KEY", r"CONSTRAINT `([^`]+)`"),
    1217: ("FOREIGN KEY", r"CONSTRAINT `([^`]+)`"),
    4025: ("CHECK", r"CONSTRAINT `([^`]+)`"),
    3819: ("CHECK", r"constraint '([^']+)'"),
    1644: ("TRIGGER", r"^(.*)$"),
}

#: Error number -> what is wrong with a value; the message names its column at the end.
_DATA = {
    1264: "a number is out of its column's range",
    1265: "a value is not of its column's type",
    1292: "a date, time or number is not one that the column takes",
    1366: "a value is not of its column's type, or has characters that the column's encoding lacks",
    1406: "a value is longer than its column",
    1300: "a text is not valid in the connection's encoding",
    1411: "a value is not of its column's type",
    1416: "a value is not of its column's type",
    4079: "a value is not of its column's type",
    1690: "a number is out of range",
    3140: "a text is not JSON",
    3157: "a JSON document is too deep",
    1118: "a row is larger than the table's format allows",
}
_COLUMN = re.compile(r"for column (?:`[^`]+`\.`[^`]+`\.)?[`']([^`']+)[`'](?: at row \d+)?$")


def translate(error: Exception, doing: str) -> FerrymanError:
    """See `Dialect.translate`. No text of the server's goes on that may hold a value of a row."""
    original = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    number, message = parts(original)
    start = f"{doing[:1].upper()}{doing[1:]}"
    if number in _BROKEN:
        word, pattern = _BROKEN[number]
        found = re.search(pattern, message)
        broken = f"{word} {found[1]}" if found else word
        return NeedsDecision(
            f"{start}: a rule of the table is broken ({broken}).", _CHOOSE.format("break it"), constraint=broken
        )
    if number in _DATA:
        found = _COLUMN.search(message)
        column = f" {found[1]}" if found else ""
        return NeedsDecision(
            f"{start}: {_DATA[number]}{column}.", _CHOOSE.format("have it"), constraint=f"TYPE{column}"
        )
    if number in _BY_NUMBER:
        kind, what, do = _BY_NUMBER[number]
        return kind(f"{start}: {what}.", do)
    if type(original).__name__ == "NotReading":
        return Permanent(f"{start}: Ferryman's guard does not allow that statement.", "The old database is only read.")
    if number == 0 and type(original).__name__ in ("InterfaceError", "OperationalError"):
        kind, what, do = _LOST
        return kind(f"{start}: {what}.", do)
    return Permanent(
        f"{start}: the server says: {message.rstrip('.')} ({number}).",
        "Please report this, with the command that led to it.",
    )


def parts(error: BaseException) -> tuple[int, str]:
    """The number and the text of a driver's error; 0 where it has none."""
    arguments = error.args
    if len(arguments) >= 2 and isinstance(arguments[0], int):
        return arguments[0], str(arguments[1])
    return 0, str(error)


def row_of(error: BaseException | None) -> int | None:
    """Which row of an insert an error is about, where `mysql_values.insert` added that."""
    _, _, row, *_ = (*(error.args if error else ()), None, None, None)
    return row if isinstance(row, int) else None


_NO_DATABASE = 1044
_DENIED = re.compile(r"for user ('.*'@'.*') to database '(.*)'$")
TO_WRITE = "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, CREATE TEMPORARY TABLES"  #: what a target takes

#: What the driver writes while connecting, as a pattern -> what happened, what to do.
_AT_CONNECT = (
    (
        "doesn't support SSL|not support SSL|SSL is required",
        "the server does not speak TLS",
        "Have it switched on there; only on a line that you trust, add ?ssl=no to the URL.",
    ),
    (
        "CERTIFICATE_VERIFY_FAILED|certificate verify failed|certificate",
        "the server's certificate could not be verified",
        "Add ?ssl_ca=/path/to/ca.pem to the URL, and name the host as the certificate does.",
    ),
    (
        "Name or service not known|nodename nor servname|getaddrinfo|name resolution",
        "there is no host of that name",
        "Check the host in the URL, and that this machine can look it up.",
    ),
    (
        "refused|No such file or directory",
        "nothing answers there",
        "Check host and port in the URL, and that the server runs.",
    ),
    (
        "timed out|timeout|No route|unreachable",
        "the server does not answer",
        "Check host and port, the network and the firewall between.",
    ),
)  # fmt: skip


def at_connect(error: Exception, where: str, name: str) -> FerrymanError:
    """An error of opening a connection; `where` is the server as people call it, `name` the database."""
    number, message = parts(error)
    start = f"Opening {name} on {where}"
    if number in (1040, 1203, 1226):
        return translate(error, start)
    if number == LOST_LINE and "timed out" not in message:
        return Transient(f"{start}: the connection to the server was lost while it was made.", _AGAIN)
    if number == _NO_DATABASE and (found := _DENIED.search(message)):
        user, place = found[1], f"`{found[2].replace('`', '``')}`.*"
        return Configuration(
            f"{start}: {user} has no right to that database, or there is none of that name.",
            f"Check the name after the last / of the URL. GRANT SELECT ON {place} TO {user} lets it be read, and "
            f"GRANT {TO_WRITE} ON {place} TO {user} lets it be written.",
        )
    for sign, what, do in _AT_CONNECT:
        if re.search(sign, message, re.IGNORECASE):
            return Configuration(f"{start}: {what}.", do)
    if number in _BY_NUMBER:
        _, what, do = _BY_NUMBER[number]
        return Configuration(f"{start}: {what}.", do)
    return Configuration(
        f"{start}: the server says: {message.rstrip('.')}.", "Check the URL, and that the server runs."
    )

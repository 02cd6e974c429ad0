"""PostgreSQL's errors as ours, by SQLSTATE: who deals with it next, and two lines that a person can act on.

Classes 08 (connection), 40 (rollback), 53 (resources), 55 (lock, object state) and 57 (operator) may pass by
themselves; 22 (data), 23 (constraints) and 42 (structure, rights) never do.
"""

from __future__ import annotations

import re

from sqlalchemy.exc import DBAPIError

from ferryman.domain.errors import Configuration, FerrymanError, NeedsDecision, Permanent, Transient

_ACCEPTED = "Wait for the server to take connections again, then once more."
_AGAIN = "Try again in a moment."

#: SQLSTATE, or the start of one (the longest that fits decides) -> type, what happened, what to do.
_BY_STATE: dict[str, tuple[type[FerrymanError], str, str]] = {
    "08": (Transient, "the connection to the server was lost", "Check that the server runs and can be reached."),
    "25006": (
        Permanent,
        "the session is read-only",
        "The old database is only ever read; a new one must not be a replica or set to read only.",
    ),
    "25P02": (Permanent, "an earlier statement of the transaction failed", "Nothing of it was kept; resume."),
    "28": (Configuration, "the server does not let this role in", "Check the role, its password and pg_hba.conf."),
    "28P01": (
        Configuration,
        "the password is wrong, or the role does not exist",
        "Check both in the URL; special characters of a password must be encoded (@ as %40).",
    ),
    "3D000": (Configuration, "the server has no database of that name", "Check the name after the last / of the URL."),
    "3F000": (Configuration, "there is no such schema", "Check the schema that the URL names."),
    "40": (Transient, "it was rolled back because of another transaction", _AGAIN),
    "40P01": (Transient, "it was rolled back to end a deadlock with another transaction", _AGAIN),
    "42501": (Configuration, "a right is missing", "Grant it to the role of the URL, or give another role."),
    "53": (Transient, "the server is short of something", "Free some memory or connections of the server."),
    "53100": (
        Configuration,
        "the disk of the server is full; nothing of this batch was kept",
        "Free some space there, then resume: it goes on after the last whole batch.",
    ),
    "53300": (Transient, "the server has no connection left", "Close some of its connections, or raise its limit."),
    "54": (NeedsDecision, "a value or a row is larger than PostgreSQL takes", "Leave it out or shorten it."),
    "55": (Transient, "something that is needed is in use", _AGAIN),
    "55P03": (Transient, "a lock could not be had", "Wait for the other transaction to finish, then try again."),
    "57": (Transient, "the server stopped it", _ACCEPTED),
    "57014": (Transient, "the server ended it, because it took too long or on demand", _AGAIN),
    "57P03": (Transient, "the server is starting up or shutting down", _ACCEPTED),
    "58": (Permanent, "the server's disk failed to read or write", "Check the server's disk and log, then resume."),
    "XX001": (Permanent, "the server found damaged data", "Restore a backup of the database, and give that."),
    "XX002": (Permanent, "the server found a damaged index", "Have it rebuilt (REINDEX), then resume."),
}  # fmt: skip

#: Class 23 -> the word with which `NeedsDecision.constraint` begins.
_BROKEN = {
    "23502": "NOT NULL",
    "23503": "FOREIGN KEY",
    "23505": "UNIQUE",
    "23514": "CHECK",
    "23P01": "EXCLUSION",
    "23001": "FOREIGN KEY",
}
_LOST = re.compile(r"connection|closed|terminat|SSL SYSCALL|EOF|server login", re.IGNORECASE)
_NOT_KEPT = "Choose what becomes of the rows that have it: mend them, leave them out, or stop."


def translate(error: Exception, doing: str) -> FerrymanError:
    """See `Dialect.translate`. No text of the server's goes on that may hold a value of a row."""
    original = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    state = str(getattr(original, "sqlstate", None) or "")
    start = f"{doing[:1].upper()}{doing[1:]}"
    if state.startswith("23"):
        return _constraint(state, original, start)
    if state.startswith("22"):
        return _data(state, original, start)
    known = next((_BY_STATE[key] for key in sorted(_BY_STATE, key=len, reverse=True) if state.startswith(key)), None)
    if known:
        kind, what, do = known
        return kind(f"{start}: {what}.", do)
    if state.startswith("42"):
        return NeedsDecision(
            f"{start}: the structure is not what it was ({_primary(original)}).",
            "Analyse both databases again and plan anew.",
        )
    if not state and _LOST.search(str(original)):
        kind, what, do = _BY_STATE["08"]
        return kind(f"{start}: {what}.", do)
    if type(original).__name__ == "NotReading":
        return Permanent(f"{start}: Ferryman's guard does not allow that statement.", "The old database is only read.")
    return Permanent(
        f"{start}: PostgreSQL says: {_primary(original)}.", "Please report this, with the command that led to it."
    )


def _constraint(state: str, error: BaseException, start: str) -> FerrymanError:
    """Named by what the catalogue calls it: the table, and the column or the constraint."""
    told = getattr(error, "diag", None)
    table, column, name = (
        str(getattr(told, key, None) or "") for key in ("table_name", "column_name", "constraint_name")
    )
    place = ".".join(part for part in (table, column) if part)
    word = "PARTITION" if state == "23514" and table and not name else _BROKEN.get(state, "CHECK")
    broken = " ".join(part for part in (word, place, name) if part)
    return NeedsDecision(
        f"{start}: a rule of the table is broken ({broken}).",
        "Choose what becomes of the rows that break it: mend them, leave them out, or stop.",
        table=table,
        constraint=broken,
    )


_DATA = {
    "22001": "a text is longer than its column",
    "22003": "a number is out of its column's range",
    "22007": "a date or time is not one that PostgreSQL knows",
    "22008": "a date or time is out of range",
    "22021": "a text holds a NUL byte or is not valid in the database's encoding",
    "22023": "a value is not allowed there",
    "22P02": "a value is not of its column's type",
    "22P03": "a value is not of its column's type",
    "22P05": "a character does not exist in the database's encoding",
}


def _data(state: str, error: BaseException, start: str) -> FerrymanError:
    what = _DATA.get(state, "a value does not fit its column")
    column = _column(error)
    return NeedsDecision(f"{start}: {what}{column}.", _NOT_KEPT, constraint=f"TYPE{column}")


def _column(error: BaseException) -> str:
    """The column as COPY names it in the error's context, without the value that follows there."""
    context = str(getattr(getattr(error, "diag", None), "context", None) or "")
    found = re.search(r"COPY [^,]+, line \d+, column ([^:]+)", context)
    return f" {found[1]}" if found else ""


def _primary(error: BaseException) -> str:
    told = getattr(getattr(error, "diag", None), "message_primary", None)
    return str(told or error).strip().partition("\n")[0].rstrip(".")


def strange(error: BaseException | None) -> bool:
    """Whether what answered may be no PostgreSQL."""
    return bool(re.search("SSL negotiation|expected authentication request|timeout expired", str(error)))


def at_connect(error: Exception, where: str, name: str) -> FerrymanError:
    """An error of opening a connection; `where` is the server as people call it, `name` the database."""
    state, text = str(getattr(error, "sqlstate", None) or ""), str(error)
    start = f"Opening {name} on {where}"
    if state.startswith(("57P03", "53300")):
        return translate(error, start)
    if re.search("too many|connection slots", text):
        kind, what, do = _BY_STATE["53300"]
        return kind(f"{start}: {what}.", do)
    if "starting up" in text:
        return Transient(f"{start}: the server is not ready.", _ACCEPTED)
    if re.search("closed the connection unexpectedly|reset by peer", text):
        return Transient(f"{start}: the connection to the server was lost while it was made.", _AGAIN)
    for sign, what, do in _AT_CONNECT:
        if re.search(sign, text, re.IGNORECASE):
            return Configuration(f"{start}: {what}.", do)
    if state:
        return translate(error, start)
    return Configuration(f"{start}: PostgreSQL says: {_last(text)}.", "Check the URL, and that the server runs.")


#: What the client library or the server writes while connecting, as a pattern -> what happened, what to do.
_AT_CONNECT = (
    (
        "password authentication failed|no password supplied|SCRAM",
        "the password is wrong or missing, or the role does not exist",
        "Check both in the URL; special characters of a password must be encoded (@ as %40).",
    ),
    (
        r"role .* does not exist|not permitted to log in",
        "there is no such role, or it may not log in",
        "Check the user in the URL.",
    ),
    (r"database .* does not exist", "the server has no database of that name", "Check the name at the end of the URL."),
    (
        "no pg_hba.conf entry|pg_hba.conf rejects",
        "the server does not let this user in from this machine",
        "Have it allowed in the server's pg_hba.conf, or connect from a machine that is.",
    ),
    (
        "could not translate host name|resolve host|Name or service not known|nodename nor servname|getaddrinfo",
        "there is no host of that name",
        "Check the host in the URL, and that this machine can look it up.",
    ),
    (
        "server does not support SSL",
        "the server does not speak TLS",
        "Have it switched on there; only on a line that you trust, add ?sslmode=disable to the URL.",
    ),
    (
        "certificate|root.crt|SSL error|sslrootcert",
        "the server's certificate could not be verified",
        "Add ?sslrootcert=/path/to/ca.pem to the URL (or sslrootcert=system), and name the host as the certificate.",
    ),
    (
        "Connection refused|No such file or directory",
        "nothing answers there",
        "Check host and port in the URL, and that the server runs.",
    ),
    (
        "timeout|timed out|No route|unreachable",
        "the server does not answer",
        "Check host and port, the network and the firewall between.",
    ),
    ("permission denied for database", "the role may not connect to it", "GRANT CONNECT ON DATABASE ... to the role."),
)  # fmt: skip


def _last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1].rstrip(".") if lines else "nothing"

"""What is written down when something happens that nobody foresaw: enough to mend it, and nothing that is secret."""

from __future__ import annotations

import os
import platform
import re
import sys
import traceback
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

FOLDER = ".ferryman"

_USERINFO = re.compile(r"(\w[\w+.-]*://[^\s:/@]*):[^\s@]*@")
_ASSIGNED = re.compile(r"(?i)\b(\w*(?:password|passwd|pwd|secret|token|api_?key)\w*)(['\"]?\s*[=:]\s*)[^\s,&)]+")
_QUOTED = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"")
_SECRET_NAME = re.compile(
    r"(?i)password|passwd|_pwd$|secret|token|_key$|apikey|dsn$|_url$|^FERRYMAN_(SOURCE|TARGET|CONN|DATA)"
)
_OF_CODE = (ImportError, AttributeError, NameError)  #: what these quote are names of ours
_SHORT = 6  #: an environment variable's value below this many characters is too common a word to be taken out


def describe(error: BaseException) -> tuple[str, str]:
    """What happened, and where the details were written."""
    what = f"Something happened that Ferryman did not foresee ({type(error).__name__}); what was committed is safe."
    try:
        path = write(error)
    except OSError as refused:
        return what, f"The details could not be written to {FOLDER} ({refused.strerror}); run it where you can write."
    return what, f"The details are in {path}, without secrets: please report it with that file."


def write(error: BaseException) -> Path:
    """A new file in `.ferryman` (0600) with versions and the redacted traceback; its path, relative to here."""
    folder = Path(FOLDER)
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"crash-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}.txt"
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(f"{_versions()}\n\n{details(error)}")
    return path


def details(error: BaseException) -> str:
    """The traceback, redacted: where it happened, and messages in which whatever is quoted was taken out.

    What a library quotes in a message may be a row's value; what it does not quote may be a password.
    """
    parts: list[str] = []
    for link in reversed(_chain(error)):
        lines = traceback.format_tb(link.__traceback__)
        parts.append("".join(lines) + f"{type(link).__name__}: {_message(link)}\n")
    return redact("\nand then\n\n".join(parts))


def _message(error: BaseException) -> str:
    text = str(error).partition("[parameters:")[0].partition("[SQL:")[0].strip()
    return text if isinstance(error, _OF_CODE) else _QUOTED.sub("(taken out)", text)


def redact(text: str) -> str:
    """A text without passwords of URLs, without what is assigned to secret names, without secret variables' values."""
    text = _USERINFO.sub(r"\1:***@", text)
    text = _ASSIGNED.sub(r"\1\2***", text)
    values = {value for name, value in os.environ.items() if _SECRET_NAME.search(name) and len(value) >= _SHORT}
    for value in sorted(values, key=len, reverse=True):
        text = text.replace(value, "***")
    return text


def _chain(error: BaseException) -> list[BaseException]:
    """The error and what it came from, newest first."""
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return chain


def _versions() -> str:
    try:
        ours = version("ferryman")
    except PackageNotFoundError:
        ours = "unknown"
    return (
        f"ferryman {ours}, Python {platform.python_version()}, {platform.system()}, command {' '.join(sys.argv[1:2])}"
    )

"""Numbers, names and lists in plain English. Every name that comes out of a database passes through `clean`."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

from ferryman.agents.sentence import split_name
from ferryman.agents.vocabulary import key
from ferryman.domain.plan import Estimate

_LONGEST = 80  #: characters of a name that are shown


def one_line(text: str) -> str:
    """A sentence that may quote names: on one line, whole, without control or invisible characters."""
    return " ".join("".join(c if unicodedata.category(c)[0] != "C" else " " for c in text).split())


def clean(name: str) -> str:
    """A name of a database as it may be shown: one line, no control or invisible characters, at most 80 long."""
    line = one_line(name)
    return line if len(line) <= _LONGEST else line[: _LONGEST - 3] + "..."


def count(n: int, thing: str, things: str = "") -> str:
    """ "1 table", "2 tables", "1,569 rows"; an irregular plural is given."""
    return f"{n:,} {thing if n == 1 else things or thing + 's'}"


def rows_were(n: int) -> str:
    """ "1 row was", "3 rows were"."""
    return f"{count(n, 'row')} {'was' if n == 1 else 'were'}"


def spoken(name: str) -> str:
    """A table's name as words: "case_file_relationships" is "case file relationships"."""
    return clean(" ".join(split_name(name)) or name)


def records(n: int, table: str) -> str:
    """ "1,569 brackets", "1 bracket"; "8 staff records" where the name is no plural."""
    words = spoken(table).split()
    single = [*words[:-1], key(words[-1])] if words else ["row"]
    if words and single[-1] == words[-1]:
        return f"{n:,} {' '.join(words)} {'record' if n == 1 else 'records'}"
    return f"{n:,} {' '.join(single if n == 1 else words)}"


def listed(items: Iterable[str], most: int = 0, joined: str = "and") -> str:
    """ "a, b and c"; with `most`, "a, b and 7 more"."""
    parts = list(items)
    if most and len(parts) > most:
        parts = [*parts[:most], f"{len(parts) - most:,} more"]
        joined = "and"
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {joined} {parts[-1]}"


def names(tables: Iterable[str], most: int = 6) -> str:
    """Names of tables or columns, cleaned and listed."""
    return listed([clean(table) for table in tables], most)


def first_upper(text: str) -> str:
    """As a sentence begins. A name such as customer_id stays as the database has it."""
    if "_" in text.partition(" ")[0]:
        return text
    return text[:1].upper() + text[1:]


def bullet(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"  - {line}" for line in lines)


def takes(estimate: Estimate) -> str:
    """How long something takes, in a sentence; says so where nothing was timed."""
    if estimate.high <= 0:
        return "How long it takes has not been measured yet."
    basis = ", going by a timed sample" if estimate.rows_per_second else ""
    return f"It should take {estimate.text}{basis}."

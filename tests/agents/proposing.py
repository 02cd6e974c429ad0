"""Two tables as text, and what is proposed for them."""

from __future__ import annotations

from ferryman.agents.data_mapping import propose
from ferryman.agents.facts import Facts
from ferryman.domain.changes import Question
from ferryman.domain.mapping import (
    IdPolicy,
    Mapping,
    TableMapping,
)
from ferryman.domain.profile import ColumnProfile
from tests.catalogues import (
    FILL,
    database,
    facts,
    matches,
    profile,
)


def uses(table: TableMapping, column: str) -> list[str]:
    return [step.use for step in table.by_target[column].steps]


def sources(table: TableMapping, column: str) -> tuple[str, ...]:
    return table.by_target[column].source


def ids(questions: tuple[Question, ...]) -> list[str]:
    return [question.id for question in questions]


def proposed(
    old: str,
    new: str,
    found: str,
    columns: dict[str, ColumnProfile] | None = None,
    there: dict[str, int] | None = None,
    identities: dict[str, IdPolicy | str] | None = None,
) -> tuple[Mapping, tuple[Question, ...], Facts]:
    source = database(old)
    rows = dict.fromkeys(source.by_name, 10)
    in_target = {name: column for name, column in (columns or {}).items() if name.startswith("new.")}
    ours = {name: column for name, column in (columns or {}).items() if not name.startswith("new.")}
    theirs = profile(there or {}, {name.removeprefix("new."): column for name, column in in_target.items()})
    known = facts(source, database(new), matches(found), profile(rows, ours), theirs, identities)
    return *propose(FILL, known), known

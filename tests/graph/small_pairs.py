"""Small pairs of databases, made up from a number, and what becomes of them when every recommendation is taken.

Each row says who it is in a column of its own, so that references can be compared without knowing how they were mapped.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from ferryman.domain.conversation import DecidePayload, ReviewPayload
from ferryman.domain.errors import Usage
from ferryman.domain.plan import Plan
from ferryman.domain.run import RunStatus
from ferryman.session import Session
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.progress import progress
from tests.graph.talks import Talk, again

Row = tuple[Any, ...]

_NAMES = {
    "customer": "customers",
    "product": "products",
    "city": "cities",
    "invoice": "invoices",
    "ticket": "tickets",
    "vehicle": "vehicles",
    "contract": "contracts",
    "album": "albums",
}
_NEW_KINDS = {
    "int": ("int", "auto", "uuid", "auto"),
    "text": ("text", "text", "auto", "uuid"),
    "uuid": ("uuid", "auto"),
}
_TYPES = {"int": "INTEGER", "auto": "INTEGER", "text": "VARCHAR(20)", "uuid": "CHAR(36)"}
_GOOD = (RunStatus.SUCCESS, RunStatus.SUCCESS_WITH_QUARANTINE)
_MOST_TURNS = 20


@dataclass(frozen=True)
class Reference:
    parent: str  #: old name
    column: str
    declared: tuple[bool, bool]  #: in the old database, in the new one
    required: bool


@dataclass(frozen=True)
class Shape:
    """One old table and the new one for it."""

    name: str
    kinds: tuple[str, str]  #: of the keys
    rows: int
    who: str  #: the column that says who a row is
    code: str  #: "", "plain" or "unique"
    there: str  #: what is in the new table: "none", the "same" rows, "others", others that "clash", or "mixed"
    there_rows: int
    references: tuple[Reference, ...]

    @property
    def new(self) -> str:
        return _NAMES[self.name]

    def is_same(self, number: int) -> bool:
        """Whether the row of that number in the new table is a row of the old one."""
        return self.there == "same" or (self.there == "mixed" and number % 2 == 1)


def shapes(random: Random) -> dict[str, Shape]:
    """Two to four tables, each referring to some of those before it."""
    found: dict[str, Shape] = {}
    for name in random.sample(list(_NAMES), random.randint(2, 4)):
        kind = random.choice(("int", "int", "text", "uuid"))
        references = tuple(_reference(random, parent) for parent in found if random.random() < 0.6)
        if random.random() < 0.15:
            references = (*references, Reference(name, "parent_id", (random.random() < 0.8, True), False))
        found[name] = Shape(
            name=name,
            kinds=(kind, random.choice(_NEW_KINDS[kind])),
            rows=random.choice((0, 1, 3, 12, 25) if found else (3, 12, 25)),
            who=random.choice(("name", "tag")),
            code=random.choice(("", "", "plain", "unique")),
            there=random.choice(("none", "none", "none", "same", "others", "clash", "mixed")),
            there_rows=random.randint(1, 8),
            references=references,
        )
    return found


def _reference(random: Random, parent: str) -> Reference:
    declared = random.random() < 0.7, random.random() < 0.85
    return Reference(parent, f"{parent}_id", declared, random.random() < 0.5)


@dataclass
class Pair:
    """A pair of files, what the new one held at first, and what is asked for."""

    seed: int
    tables: dict[str, Shape]
    files: tuple[Path, Path]
    wanted: str
    before: dict[str, list[Row]] = field(default_factory=dict)

    def key(self, table: Shape, number: int, side: int = 0) -> Any:
        """The key of a row; a new side that makes its keys itself has others."""
        kind = table.kinds[side]
        if kind in ("int", "auto"):
            return number
        if kind == "text":
            return f"{table.name[:2].upper()}{number:04d}"
        made = side and table.kinds[0] != "uuid"
        return str(uuid.uuid5(uuid.NAMESPACE_URL if made else uuid.NAMESPACE_DNS, f"{self.seed}{table.name}{number}"))

    def ask(self, side: int, sql: str, *values: object) -> list[Row]:
        with closing(sqlite3.connect(self.files[side])) as connection:
            return connection.execute(sql, values).fetchall()

    @property
    def described(self) -> str:
        return "; ".join(
            f"{t.name} {t.kinds[0]}->{t.kinds[1]}, {t.rows} rows, {t.who}, code {t.code or 'none'},"
            f" there {t.there} {t.there_rows}, to {[(r.parent, *r.declared, r.required) for r in t.references]}"
            for t in self.tables.values()
        )


def made(seed: int, folder: Path) -> Pair:
    """The pair of a number, always the same."""
    random = Random(seed)
    tables = shapes(random)
    files = folder / "old.db", folder / "new.db"
    first, last = (_NAMES[name] for name in (next(iter(tables)), list(tables)[-1]))
    wanted = random.choice(("move everything", "move everything", "fill the missing tables", f"move {last}"))
    wanted += f". only {first} with amount over 20" if random.random() < 0.25 else ""
    pair = Pair(seed, tables, files, wanted)
    orphans = random.choice((0, 0, 0.1, 0.3))
    for side in (0, 1):
        with closing(sqlite3.connect(files[side])) as connection, connection:
            for table in tables.values():
                connection.execute(_create(table, tables, side))
                rows = list(_old_rows(pair, table, random, orphans) if side == 0 else _there(pair, table, random))
                connection.executemany(f"INSERT INTO {_name(table, side)} VALUES ({_marks(table)})", rows)
                pair.before |= {table.new: rows} if side else {}
    return pair


def _name(table: Shape, side: int) -> str:
    return table.new if side else table.name


def _create(table: Shape, tables: dict[str, Shape], side: int) -> str:
    counted = " AUTOINCREMENT" if side and table.kinds[1] == "auto" else ""
    columns = [f"id {_TYPES[table.kinds[side]]} NOT NULL PRIMARY KEY{counted}", f"{table.who} TEXT NOT NULL"]
    if table.code:
        columns.append(f"code VARCHAR(20) NOT NULL{' UNIQUE' if table.code == 'unique' else ''}")
    columns.append("amount INTEGER")
    for reference in table.references:
        kind = tables[reference.parent].kinds[side] if reference.parent in tables else table.kinds[side]
        leads = f" REFERENCES {reference.parent if not side else _NAMES[reference.parent]} (id)"
        must = " NOT NULL" if side and reference.required else ""
        columns.append(f"{reference.column} {_TYPES[kind]}{must}{leads if reference.declared[side] else ''}")
    return f"CREATE TABLE {_name(table, side)} ({', '.join(columns)})"


def _marks(table: Shape) -> str:
    return ", ".join("?" * (3 + bool(table.code) + len(table.references)))


def _old_rows(pair: Pair, table: Shape, random: Random, orphans: float) -> Iterator[Row]:
    for number in range(1, table.rows + 1):
        code = [f"K{number:03d}{table.name[0]}"] if table.code else []
        parents = [_parent(pair, reference, number, random, orphans) for reference in table.references]
        yield pair.key(table, number), f"{table.name} {number}", *code, number * 7 % 50, *parents


def _parent(pair: Pair, reference: Reference, number: int, random: Random, orphans: float) -> Any:
    parent = pair.tables[reference.parent]
    if not reference.required and random.random() < 0.2:
        return None
    lost = not parent.rows or random.random() < orphans
    return pair.key(parent, 900 + number if lost else random.randint(1, parent.rows))


def _there(pair: Pair, table: Shape, random: Random) -> Iterator[Row]:
    for number in range(1, table.there_rows + 1) if table.there != "none" else ():
        same = table.is_same(number)
        parents = [_filled(pair, table, reference, random) for reference in table.references]
        lost = any(r.required and p is None for r, p in zip(table.references, parents, strict=True))
        if lost or (same and number > table.rows):
            continue
        where = number if same or table.there == "clash" else 500 + number
        who = f"{table.name} {number}" if same else f"stranger {number}"
        code = [f"K{number:03d}{table.name[0]}" if same else f"S{number:03d}{table.new[0]}"] if table.code else []
        yield pair.key(table, where, 1), who, *code, where * 7 % 50, *parents


def _filled(pair: Pair, table: Shape, reference: Reference, random: Random) -> Any:
    there = pair.before.get(_NAMES[reference.parent], []) if reference.parent != table.name else []
    return random.choice(there)[0] if there else None


@dataclass
class Taken:
    """A conversation in which every recommendation was taken."""

    talk: Talk
    wrong: list[str] = field(default_factory=list)  #: what must never be
    alone: list[str] = field(default_factory=list)  #: questions to which nothing was recommended


def take_all(pair: Pair, folder: Path) -> Taken:
    """Ask for what is wanted and take every recommendation, to the end; where there is none, the last option that keeps
    something to move."""
    taken = Taken(again(folder, *pair.files))
    with taken.talk.session as session:
        try:
            taken.talk.say(pair.wanted)
        except Usage:  # there is nothing to move
            return taken
        for _ in range(_MOST_TURNS):
            if session.payload is None or not _turn(taken, session):
                break
        else:
            taken.wrong.append("it does not end")
        taken.wrong += _ending(session)
        if not taken.wrong and session.outcome and session.outcome.status in _GOOD:
            taken.wrong += _at_the_end(pair, session, bool(taken.alone))
    return taken


def _turn(taken: Taken, session: Session) -> bool:
    """Say one thing more; whether anything came of it."""
    before = session.payload
    if isinstance(before, ReviewPayload) and (asked := before.plan.open_questions):
        if any(question.recommended for question in asked):
            taken.talk.say("take all recommendations")
        else:
            taken.alone.append(asked[0].id)
            taken.talk.say(f"{asked[0].id}={asked[0].options[0].key}")
    elif isinstance(before, ReviewPayload):
        taken.talk.say("yes")
    else:
        taken.talk.say("take what you recommend" if isinstance(before, DecidePayload) else "resume")
    moved_on = _waits_for(before) != _waits_for(session.payload)
    if not moved_on and taken.alone:  # whatever is offered leaves nothing to move
        taken.talk.say("no")
    elif not moved_on:
        taken.wrong.append(f"a dead end: {_waits_for(before)}")
    return moved_on


def _waits_for(payload: object) -> object:
    if not isinstance(payload, ReviewPayload):
        return payload
    return payload.token, [(q.id, q.recommended) for q in payload.plan.open_questions]


def _ending(session: Session) -> list[str]:
    outcome = session.outcome
    if outcome is None:
        return ["it did not come to an end"]
    good = outcome.status is RunStatus.CANCELLED or (outcome.status in _GOOD and outcome.validation == "PASSED")
    return [] if good else [f"{outcome.status.value}, {outcome.validation}"]


def _at_the_end(pair: Pair, session: Session, decided: bool) -> list[str]:
    assert session.plan is not None
    return [
        *_unaccounted(session),
        *_unsaid(pair, session.plan),
        *(f"dangling: {row}" for row in pair.ask(1, "PRAGMA foreign_key_check")),
        *(one for table in pair.tables.values() for one in _rows_of(pair, table) if not decided),
    ]


def _unaccounted(session: Session) -> Iterator[str]:
    for table in progress(Ledger(session.context.target), session.run):
        said = table.accounting
        if said.source != said.migrated + said.matched + said.merged + said.skipped + said.quarantined:
            yield f"{table.table} does not add up: {said}"


def _unsaid(pair: Pair, plan: Plan) -> Iterator[str]:
    known = {one.table for one in plan.left_out} | plan.mapping.by_target.keys()
    return (f"{t.new} is left out without a word" for t in pair.tables.values() if t.rows and t.new not in known)


def _rows_of(pair: Pair, table: Shape) -> Iterator[str]:
    after = {row[0]: row for row in pair.ask(1, f"SELECT * FROM {table.new}")}
    before = {row[0]: row for row in pair.before[table.new]}
    yield from (f"{table.new} {row} was changed" for key, row in before.items() if after.get(key) != row)
    people = [row[1] for row in after.values()]
    if doubled := sorted({who for who in people if people.count(who) > 1}):
        yield f"{table.new} has {doubled} twice"
    for reference in table.references:
        yield from _strays(pair, table, reference, before)


def _strays(pair: Pair, table: Shape, reference: Reference, before: dict[Any, Row]) -> Iterator[str]:
    """The rows that came and whose parent is another one than it was, or none at all."""
    parent = pair.tables[reference.parent]
    for key, who, named in pair.ask(1, f"SELECT id, {table.who}, {reference.column} FROM {table.new}"):
        if key in before or named is None:
            continue
        old, new = (
            pair.ask(
                side,
                f"SELECT p.{parent.who} FROM {_name(parent, side)} p JOIN {_name(table, side)} c"
                f" ON p.id = c.{reference.column} WHERE c.{table.who} = ?",
                who,
            )
            for side in (0, 1)
        )
        if new != old and (reference.declared[1] or new):
            yield f"{table.new}.{reference.column} of {who} leads to {new}, not {old}"


def main(first: int, last: int) -> None:
    """Try many: python -m tests.graph.small_pairs 0 500"""
    for seed in range(first, last):
        with tempfile.TemporaryDirectory() as folder:
            pair = made(seed, Path(folder))
            try:
                taken = take_all(pair, Path(folder))
                found, alone = taken.wrong, taken.alone
            except Exception as error:  # whatever it is, it is what is looked for
                found, alone = [f"{type(error).__name__}: {error}"], []
            if found or alone:
                print(f"{seed}: {pair.wanted} | {pair.described}\n    {found[:4]} {alone}", flush=True)
    print("done", first, last)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))

"""Two databases made of SQL, moved by the commands from the plan to the way back, and what they hold at each end."""

from __future__ import annotations

import re
import signal
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ferryman.tools.move.failpoint import VARIABLE
from tests.front.calling import Called, call, here
from tests.front.ported import Side, ported

Row = tuple[Any, ...]

#: Key columns of a new table, by the identity that suits them: the legacy number, a UUID made of it, a new number.
KEYS = {
    "kept": "INTEGER NOT NULL PRIMARY KEY",
    "derived": "CHAR(36) NOT NULL PRIMARY KEY",
    "generated": "INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT",
}


@dataclass(frozen=True)
class Shape:
    """An old and a new database in a folder of their own, which is also the working folder; or on servers."""

    folder: Path
    before: dict[str, list[Any]]  #: what the new one held at first
    sides: tuple[Side, Side] | None = None  #: where they are on servers

    @property
    def files(self) -> tuple[Path, Path]:
        return self.folder / "old.db", self.folder / "new.db"

    @property
    def names(self) -> tuple[str, ...]:
        old, new = (self.sides[0].source, self.sides[1].url) if self.sides else self.files
        return "--source", str(old), "--target", str(new)

    def plan(self, *answers: str, code: int = 0) -> Called:
        """Plan anew with these answers."""
        done = self.planned(*answers)
        assert done.code == code, done.err
        return done

    def planned(self, *answers: str) -> Called:
        """The same, however it ends."""
        words = [word for answer in answers for word in ("--answer", answer)]
        return here("plan", *self.names, "-o", self.folder / "plan.yaml", "--force", *words)

    def wanted(self, request: str, *answers: str, code: int = 0) -> Called:
        """Plan anew what is asked for in words."""
        words = [word for answer in answers for word in ("--answer", answer)]
        done = here("plan", *self.names, "-o", self.folder / "plan.yaml", "--force", "--request", request, *words)
        assert done.code == code, done.err
        return done

    def edit(self, change: Callable[[str], str]) -> None:
        """Change the plan's file, as an engineer does."""
        path = self.folder / "plan.yaml"
        text = change(before := path.read_text())
        assert text != before
        path.write_text(text)

    def run(self, code: int = 0) -> Called:
        """Approve and run the plan as it stands in its file."""
        done = here(*self._approved())
        assert done.code == code, done.err
        return done

    def killed(self, moment: str) -> None:
        """The same in a process that dies at a failpoint."""
        done = call(*self._approved(), env={VARIABLE: moment})
        assert done.code == -signal.SIGKILL, done.err

    def _approved(self) -> tuple[object, ...]:
        asked = here("run", "--plan", self.folder / "plan.yaml", *self.names, "--json").out
        found = re.search(r'"(?:approval|token)": *"([0-9a-f-]+)"', asked)
        assert found, asked
        return "run", "--plan", self.folder / "plan.yaml", *self.names, "--approve", found.group(1)

    def proved_and_undone(self) -> None:
        """Everything validates, and afterwards the new database holds the very rows that it held at first."""
        proved = here("validate", *self.names)
        assert proved.code == 0, proved.err
        self.undone()

    def undone(self) -> None:
        undone = here("rollback", "--yes")
        assert undone.code == 0, undone.err
        assert self.held() == self.before

    def undo_last(self) -> None:
        """Take back the last run that still holds."""
        runs = here("runs", *self.names[2:], "--json").json["runs"]
        last = max(one["run"] for one in runs if one["status"] != "rolled_back")
        undone = here("rollback", last, *self.names[2:], "--yes")
        assert undone.code == 0, undone.err

    def held(self) -> dict[str, list[Any]]:
        """What the new database holds now."""
        return self.sides[1].rows() if self.sides else rows_of(self.files[1])

    def old(self, sql: str) -> list[Row]:
        return self.sides[0].ask(sql) if self.sides else ask(self.files[0], sql)

    def new(self, sql: str) -> list[Row]:
        return self.sides[1].ask(sql) if self.sides else ask(self.files[1], sql)

    def assert_same(self, before: str, after: str) -> None:
        """The same question to both sides has the same answer, and no reference of the new side leads nowhere."""
        wanted = self.old(before)
        assert wanted
        assert self.new(after) == wanted
        if not self.sides:
            assert self.new("PRAGMA foreign_key_check") == []


@dataclass
class Once:
    """A shape in files that is made once for several tests and put back for each of them: byte by byte into the same
    files, by which a ledger knows its databases."""

    folder: Path
    made: Shape | None = None
    held: dict[Path, bytes] = field(default_factory=dict)  #: every file of the folder, as it was then

    def shape(self, make: Callable[[Path], Shape]) -> Shape:
        if self.made is None:
            self.made = make(self.folder)
            self.held = {path: path.read_bytes() for path in self._files()}
        for path in self._files() - self.held.keys():
            path.unlink()
        for path, content in self.held.items():
            path.write_bytes(content)
        return self.made

    def _files(self) -> set[Path]:
        return {path for path in self.folder.rglob("*") if path.is_file()}


#: Makes a file's database anew on a server, by its name ("old.db", "new.db"); set by the fixture `onto`.
PORT: ContextVar[Callable[[Path], Side] | None] = ContextVar("PORT", default=None)


def folder_onto(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """For a fixture: the working folder; the new database is made where the test's parameter `onto` says."""
    monkeypatch.chdir(tmp_path)
    onto: str = request.getfixturevalue("onto")
    token = PORT.set(
        (lambda path: ported(request, onto if path.name == "new.db" else "sqlite", path)) if onto != "sqlite" else None
    )
    yield tmp_path
    PORT.reset(token)


def made(folder: Path, old: str, new: str) -> Shape:
    for name, script in (("old.db", old), ("new.db", new)):
        with closing(sqlite3.connect(folder / name)) as connection:
            connection.executescript(f"BEGIN; {script}; COMMIT")
    if port := PORT.get():
        sides = port(folder / "old.db"), port(folder / "new.db")
        return Shape(folder, sides[1].rows(), sides)
    return Shape(folder, rows_of(folder / "new.db"))


def ask(path: Path, sql: str) -> list[Row]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return connection.execute(sql).fetchall()


def rows_of(path: Path) -> dict[str, list[Row]]:
    """Every row of every table but the ledger's, byte by byte. SQLite's own memory of numbers given out is left out:
    AUTOINCREMENT promises that none comes twice, also after an undo."""
    names = ask(path, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'ferryman%' ORDER BY 1")
    return {name: _rows(path, name) for (name,) in names if not name.startswith("sqlite_")}


def _rows(path: Path, table: str) -> list[Row]:
    with closing(sqlite3.connect(path)) as connection:
        connection.text_factory = bytes
        return sorted(connection.execute(f'SELECT * FROM "{table}"'), key=repr)


def values(rows: Sequence[Row]) -> str:
    """Rows as the VALUES of an INSERT."""
    return ", ".join(f"({', '.join(map(_literal, row))})" for row in rows)


def _literal(value: object) -> str:
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int | float) else "'" + str(value).replace("'", "''") + "'"

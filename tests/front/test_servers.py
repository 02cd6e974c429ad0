"""What a person does, on database servers: the demo's two examples, by commands and in conversation, and Chinook.

The databases are those of the demo and of Chinook, made anew on the servers. Rows are asked of the servers themselves.
"""

from __future__ import annotations

import re
import shlex
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from ferryman.demo_data import FILES, build_brackets, build_junction
from ferryman.graph.context import Options
from tests.front import test_chinook as chinook
from tests.front.calling import here
from tests.front.ported import Side, ported
from tests.front.talking import hold
from tests.servers import PASSWORD

PAIRS = ["sqlite to postgresql", "postgresql to mariadb", "mariadb to sqlite"]  #: each kind once on each side
JUNCTION = (
    "Fill the missing tables.",
    "Take all recommendations.",
    "Only cases where deleted_at is null.",
    "Yes, go ahead.",
    "Show me two of the 23.",
    "Find and migrate the missing cases first.",
    "Show me one of those that were set aside.",
    "undo it",
    "yes",
)

FAX = {"postgresql": "e.metadata -> 'legacy' ->> 'Fax'", "mysql": "json_value(e.metadata, '$.legacy.Fax')"}


@pytest.fixture
def pair(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes both databases of a pair out of two SQLite files, and names them in the environment."""

    def make(kinds: str, files: tuple[Path, Path]) -> tuple[Side, Side]:
        old_kind, _, new_kind = kinds.partition(" to ")
        old, new = ported(request, old_kind, files[0]), ported(request, new_kind, files[1])
        monkeypatch.setenv("FERRYMAN_SOURCE", old.source)
        monkeypatch.setenv("FERRYMAN_TARGET", new.url)
        return old, new

    return make


def said(*words: object, code: int = 0) -> str:
    """Everything that a command says; it never says a password."""
    done = here(*words)
    assert done.code == code, done.err
    assert PASSWORD not in done.out + done.err
    return done.out + done.err


@pytest.mark.parametrize("kinds", PAIRS)
def test_the_first_example_by_commands(kinds: str, pair: Any, tmp_path: Path) -> None:
    old, new = pair(kinds, build_brackets(tmp_path / "demo"))
    before = new.rows()
    assert said("connections").count(" yes") == 2
    assert re.search(r"brackets +empty +dispatch_bracket +1,569", said("analyze"))
    said("plan", "-o", "plan.yaml", "--answer", "only brackets")
    token = here("run", "--plan", "plan.yaml", "--json").json["approval"]
    said("run", "--plan", "plan.yaml", "--approve", token)
    assert new.rows()["brackets"] != before["brackets"]
    hung = "SELECT b.legacy_id, b.name, p.legacy_id FROM brackets b JOIN projects p ON p.id = b.project_id ORDER BY 1"
    assert new.ask(hung) == old.ask("SELECT id, name, project_id FROM dispatch_bracket ORDER BY 1")
    assert "success, 100% done" in said("status")
    assert "Everything arrived, and is as it was moved." in said("validate")
    said("report", "-o", "report.html")
    assert PASSWORD not in Path("report.html").read_text()
    assert "1,569 rows taken out" in said("rollback", "--yes")
    assert new.rows() == before
    said("finish", "--yes")
    for file in filter(Path.is_file, Path().rglob("*")):
        assert PASSWORD.encode() not in file.read_bytes(), file


@pytest.mark.parametrize("kinds", ["postgresql to mariadb"])
def test_the_second_and_third_example_in_conversation(kinds: str, pair: Any, tmp_path: Path) -> None:
    old, new = pair(kinds, build_junction(tmp_path / "demo"))
    before = new.rows()
    held = hold((old.source, new.url), *JUNCTION, options=Options(preflight=False))
    told, place = " ".join(held.text.split()), 0
    for part in (
        "The table case_file_relationships links cases and files.",
        "Run ",
        "case_file_relationships stopped",
        "23 rows of case_file_relationships refer to cases that are not there: 14 rows",
        "1. Find and migrate the 6 missing cases first, and set the rest aside (recommended)",
        "no such row, neither old nor new",
        "6 rows of cases came beside the order",
        "4,200 = 4,194 migrated + 6 skipped.",
        "15,420 = 15,406 migrated + 14 quarantined.",
        "Done, with some rows set aside.",
        "Enter the missing row",
        f"Undo it? (yes/no) > yes case_file_relationships: 15,406 rows taken out again cases: 4,194 rows taken out "
        f"again files: {FILES:,} rows taken out again",
    ):
        place = told.find(part, place)
        assert place >= 0, f"{part!r} is missing, or out of its place:\n{held.text}"
    assert PASSWORD not in held.text
    assert new.rows() == before


@pytest.mark.skipif(not chinook.CHINOOK.exists(), reason="the folder shared/data/chinook is not here")
@pytest.mark.parametrize("kinds", ["mariadb to postgresql"])
def test_chinook_moves_whole(kinds: str, pair: Any, tmp_path: Path) -> None:
    empty = tmp_path / "new.sqlite"
    with closing(sqlite3.connect(empty)) as connection:
        connection.executescript((chinook.CHINOOK / "target.sql").read_text())
    legacy = chinook.CHINOOK / "legacy.sqlite"
    _, new = pair(kinds, (legacy, empty))
    said("plan", "-o", "plan.yaml", code=5)
    said("plan", "-o", "plan.yaml", "--force", "--answer", "take all recommendations")
    token = here("run", "--plan", "plan.yaml", "--json").json["approval"]
    said("run", "--plan", "plan.yaml", "--approve", token)
    assert {table: len(rows) for table, rows in new.rows().items()} == chinook.ROWS
    for before, after in chinook.QUESTIONS:
        found = new.ask(after.replace("e.metadata ->> '$.legacy.Fax'", FAX[new.engine.dialect.name]))
        assert spoken(found) == spoken(chinook.asked(legacy, before))
    assert "Everything arrived, and is as it was moved." in said("validate")
    said("rollback", "--yes")
    assert not any(new.rows().values())


def spoken(rows: Iterable[tuple[Any, ...]]) -> list[tuple[str, ...]]:
    """Rows as they read, whichever driver brought them."""
    return [tuple(_spoken(value) for value in row) for row in rows]


def _spoken(value: Any) -> str:
    if isinstance(value, float | Decimal):
        return f"{value:.2f}"
    if isinstance(value, datetime) and value.tzinfo:
        value = value.astimezone(UTC).replace(tzinfo=None)
    return str(value)


def test_a_large_database_is_told_at_once_by_its_servers_estimate(pair: Any, tmp_path: Path) -> None:
    old, new = tmp_path / "old.sqlite", tmp_path / "new.sqlite"
    for path, table in ((old, "label"), (new, "labels")):
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(f"CREATE TABLE {table} (id integer NOT NULL PRIMARY KEY, name varchar(20))")
    server, _ = pair("postgresql to sqlite", (old, new))
    assert "estimate" not in said("analyze")
    with server.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE pg_class SET reltuples = 12345678 WHERE relname = 'label'")
    assert "the old database holds about 12,000,000 rows" in said("analyze")
    assert re.search(r"labels +empty +label +0 +0", said("analyze"))


@pytest.mark.parametrize(("kind", "left"), [("postgresql", [1, 2, 3, 4]), ("mariadb", [1, 4])])
def test_values_that_the_server_takes_for_equal_are_found_before_and_set_aside(
    kind: str, left: list[int], pair: Any, tmp_path: Path
) -> None:
    old, new = tmp_path / "old.sqlite", tmp_path / "new.sqlite"
    for path, script in (
        (old, "CREATE TABLE tag (id integer PRIMARY KEY, label text); INSERT INTO tag VALUES (1, 'a'), (2, 'A'),"),
        (new, "CREATE TABLE tags (id integer NOT NULL PRIMARY KEY, label varchar(20) NOT NULL UNIQUE);"),
    ):
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(script + (" (3, 'a '), (4, 'b'), (5, 'a');" if path == old else ""))
    _, server = pair(f"sqlite to {kind}", (old, new))
    asked = f"{5 - len(left)} row{'s' if len(left) < 4 else ''} of tags repeat"
    assert asked in said("plan", "-o", "plan.yaml", code=5)
    said("plan", "-o", "plan.yaml", "--force", "--answer", "quarantine")
    token = here("run", "--plan", "plan.yaml", "--json").json["approval"]
    told = said("run", "--plan", "plan.yaml", "--approve", token, code=3)
    assert "another row has the same label" in told
    assert [row[0] for row in server.ask("SELECT id FROM tags ORDER BY 1")] == left


def test_a_text_is_not_proposed_for_a_geometry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mariadb: Any) -> None:
    monkeypatch.chdir(tmp_path)
    new = mariadb.database()
    new.run("CREATE TABLE shops (id integer NOT NULL PRIMARY KEY, name varchar(20), place point);")
    with closing(sqlite3.connect("old.sqlite")) as connection:
        connection.executescript(
            "CREATE TABLE shop (id integer PRIMARY KEY, name text, place text);"
            "INSERT INTO shop VALUES (1, 'a', 'here');"
        )
    said("plan", "--source", "old.sqlite", "--target", new.url, "-o", "plan.yaml")
    (table,) = yaml.safe_load(Path("plan.yaml").read_text())["mapping"]["tables"]
    assert [column["target"] for column in table["columns"]] == ["id", "name"]
    assert table["ignored"] == ["place"]


def test_a_plan_says_how_it_is_run_where_a_password_is_kept_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgresql: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    old = postgresql.database()
    old.run("CREATE TABLE shop (id integer PRIMARY KEY, name text); INSERT INTO shop VALUES (1, 'a');")
    with closing(sqlite3.connect("new.sqlite")) as connection:
        connection.execute("CREATE TABLE shops (id integer NOT NULL PRIMARY KEY, name text)")
    told = said("plan", "--source", old.source, "--target", "new.sqlite", "-o", "plan.yaml")
    (command,) = (line.removeprefix("Run it:  ferryman ") for line in told.splitlines() if line.startswith("Run it:"))
    assert "The password goes in place of ***" in told
    assert here(*shlex.split(command.replace("***", PASSWORD))).code == 0

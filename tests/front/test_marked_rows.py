"""Rows that the old database marks as deleted or out of use: none comes to life without a question."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.front.ported import ported
from tests.front.shapes import PORT, Shape, made


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def on_servers(request: pytest.FixtureRequest, folder: Path) -> Iterator[Path]:
    """The folder, with both databases on a server of the test's parameter `kind`."""
    kind = request.node.callspec.params["kind"]
    token = PORT.set(lambda path: ported(request, kind, path))
    yield folder
    PORT.reset(token)


def clients(folder: Path, old: str, new: str, marks: tuple[str, ...]) -> Shape:
    """Clients with columns of these declarations, marked one after the other, and a contract of each of them."""
    rows = ", ".join(f"({n}, 'Client {n}', {mark})" for n, mark in enumerate(marks, 1))
    contracts = ", ".join(f"({n}, {n}, {n * 10})" for n in range(1, len(marks) + 1))
    return made(
        folder,
        f"""CREATE TABLE client (id INTEGER PRIMARY KEY, name TEXT NOT NULL, {old});
        CREATE TABLE contract (id INTEGER PRIMARY KEY, client_id INTEGER NOT NULL REFERENCES client, amount INTEGER);
        INSERT INTO client VALUES {rows};
        INSERT INTO contract VALUES {contracts};""",
        f"""CREATE TABLE clients (id INTEGER PRIMARY KEY, name TEXT NOT NULL{new});
        CREATE TABLE contracts (id INTEGER PRIMARY KEY, client_id INTEGER NOT NULL REFERENCES clients (id),
            amount INTEGER);""",
    )


def asked(shape: Shape, *answers: str) -> str:
    return " ".join(shape.plan(*answers, code=5).err.split())


@pytest.mark.parametrize(
    ("old", "new", "marks", "said", "expected"),
    [
        ("deleted BOOLEAN", ", deleted_at TIMESTAMP", ("0", "1", "NULL"), "deleted marks rows of client as deleted, and"
         " nothing fills clients.deleted_at", [None, "1970-01-01 00:00:00", None]),
        ("is_deleted INTEGER", ", deleted_on DATE", ("0", "-1", "0"), "nothing fills clients.deleted_on",
         [None, "1970-01-01", None]),
        ("deleted INTEGER", ", is_active BOOLEAN NOT NULL DEFAULT 1", ("0", "1", "NULL"), "deleted marks", [1, 0, 1]),
        ("archived BOOLEAN", ", active INTEGER", ("0", "1", "0"), "archived marks rows of client as out of use",
         [1, 0, 1]),
        ("client_active INTEGER", ", is_archived BOOLEAN", ("1", "0", "NULL"), "as out of use", [0, 1, 0]),
        ("active BOOLEAN", ", deleted BOOLEAN NOT NULL DEFAULT 0", ("1", "0", "NULL"), "as out of use", [0, 1, 0]),
    ],
)  # fmt: skip
def test_a_flag_is_written_into_the_mark_that_the_new_table_has(
    folder: Path, old: str, new: str, marks: tuple[str, ...], said: str, expected: list[object]
) -> None:
    shape = clients(folder, old, new, marks)
    assert said in asked(shape)
    shape.plan("marked")
    shape.run()
    column = new.split()[1]
    assert [row[0] for row in shape.new(f"SELECT {column} FROM clients ORDER BY id")] == expected
    assert shape.new("SELECT count(*) FROM contracts JOIN clients c ON c.id = client_id") == [(3,)]
    shape.proved_and_undone()


@pytest.mark.parametrize(
    ("old", "new", "marks"),
    [
        ("deleted BOOLEAN", ", deleted_at TIMESTAMP", ("0", "1", "NULL")),
        ("deleted INTEGER", "", ("0", "-1", "0")),
        ("archived BOOLEAN", "", ("0", "1", "0")),
        ("archived_at TIMESTAMP", "", ("NULL", "'2020-01-01 00:00:00'", "NULL")),
        ("active INTEGER", "", ("1", "0", "NULL")),
        ("is_active VARCHAR(1)", "", ("'Y'", "'N'", "''")),
        ("deleted_at TIMESTAMP", ", is_deleted BOOLEAN", ("NULL", "'2020-01-01 00:00:00'", "NULL")),
    ],
)
def test_marked_rows_are_left_out_with_what_hangs_on_them_or_moved_as_is_said(
    folder: Path, old: str, new: str, marks: tuple[str, ...]
) -> None:
    shape = clients(folder, old, new, marks)
    assert f"{old.split()[0]} marks rows of client" in asked(shape)
    assert "1 row of contracts refers by client_id to a row of clients that is in the old database" in asked(
        shape, "alive"
    )
    asked_next = asked(shape, "alive")
    assert "take: Take the missing row" in asked_next and "quarantine (recommended)" in asked_next
    shape.plan("alive", "quarantine")
    shape.run(code=3)
    assert shape.new("SELECT c.id FROM contracts JOIN clients c ON c.id = client_id ORDER BY 1") == [(1,), (3,)]
    shape.undone()
    shape.plan("all")
    shape.run()
    assert shape.new("SELECT count(*) FROM clients") == [(3,)]


@pytest.mark.parametrize(
    ("old", "new", "marks", "expected"),
    [
        ("active INTEGER", "DEFAULT 'active' CHECK (x IN ('active', 'inactive'))", ("1", "0", "NULL"),
         ["active", "inactive", "active"]),
        ("is_active CHAR(1)", "CHECK (x IN ('disabled', 'enabled'))", ("'Y'", "'N'", "'Y'"),
         ["enabled", "disabled", "enabled"]),
        ("deleted INTEGER", "CHECK (x IN ('draft', 'live', 'deleted'))", ("0", "1", "0"), ["live", "deleted", "live"]),
        ("banned INTEGER", "DEFAULT 'ok' CHECK (x IN ('active', 'inactive', 'banned'))", ("0", "1", "0"),
         ["active", "banned", "active"]),
    ],
)  # fmt: skip
def test_a_mark_becomes_a_word_that_the_new_table_lists(
    folder: Path, old: str, new: str, marks: tuple[str, ...], expected: list[str]
) -> None:
    shape = clients(folder, old, f", state TEXT NOT NULL {new.replace('x IN', 'state IN')}", marks)
    shape.plan("take all recommendations")
    shape.run()
    assert [row[0] for row in shape.new("SELECT state FROM clients ORDER BY id")] == expected


def test_several_marks_are_one_question_and_each_can_be_heeded_alone(folder: Path) -> None:
    shape = clients(folder, "deleted BOOLEAN, active INTEGER", "", ("0, 1", "1, 1", "0, 0", "NULL, NULL"))
    told = asked(shape)
    assert "deleted marks rows of client as deleted, and clients has no such column; active marks rows" in told
    for answer, expected in (("alive", [1, 4]), ("without_deleted", [1, 3, 4]), ("without_active", [1, 2, 4])):
        shape.plan(answer, "quarantine")
        shape.run(code=3)
        assert [row[0] for row in shape.new("SELECT id FROM clients ORDER BY id")] == expected
        shape.undone()


@pytest.mark.parametrize(
    ("old", "new", "marks"),
    [
        ("deleted BOOLEAN", ", is_deleted INTEGER", ("0", "1", "NULL")),  # taken by its namesake
        ("deleted BOOLEAN", "", ("0", "0", "NULL")),  # marks nothing
        ("active INTEGER", "", ("1", "1", "1")),
        ("active INTEGER", "", ("3", "0", "17")),  # a number of something
        ("hidden TEXT", "", ("'under the mat'", "'in a drawer'", "'behind it'")),
        ("archived BOOLEAN", ", metadata JSON", ("0", "1", "0")),  # kept there, and out of use is not gone
    ],
)
def test_a_mark_that_is_taken_and_a_column_that_is_none_bring_no_question(
    folder: Path, old: str, new: str, marks: tuple[str, ...]
) -> None:
    asked_nothing = clients(folder, old, new, marks).planned()
    assert "marks rows" not in asked_nothing.err


def test_a_moment_of_deletion_that_is_0_deletes_nothing(folder: Path) -> None:
    shape = clients(folder, "deleted_at INTEGER", ", deleted_at TIMESTAMP", ("0", "1577836800", "NULL"))
    shape.plan()
    shape.run()
    found = [row[0] for row in shape.new("SELECT deleted_at FROM clients ORDER BY id")]
    assert found == [None, "2020-01-01 00:00:00", None]
    shape.proved_and_undone()


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
@pytest.mark.parametrize(
    ("old", "marks", "said"),
    [
        ("deleted BOOLEAN NOT NULL", ("0", "1", "0"), "deleted marks rows of client as deleted"),
        ("active BOOLEAN", ("1", "0", "NULL"), "active marks rows of client as out of use"),
    ],
)
def test_a_flag_of_a_server_is_asked_about_like_others(
    on_servers: Path, kind: str, old: str, marks: tuple[str, ...], said: str
) -> None:
    shape = clients(on_servers, old, "", marks)
    assert said in asked(shape)
    shape.plan("alive", "contracts: quarantine")
    shape.run(code=3)
    assert shape.new("SELECT id FROM clients ORDER BY id") == [(1,), (3,)]

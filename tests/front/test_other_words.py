"""A new yes or no that nothing fills, beside an old column that says it in other words: none comes to life unasked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.front.calling import here
from tests.front.shapes import Shape, folder_onto, made, values
from tests.front.talking import hold
from tests.servers import Server

TRUE, FALSE = " BOOLEAN NOT NULL DEFAULT 1", " BOOLEAN NOT NULL DEFAULT 0"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def members(folder: Path, old: str, held: list[Any], new: str) -> Shape:
    """Members with an old column that holds these values, three times over, and a new one."""
    rows = [(n, f"Member {n}", f"Street {n}", value) for n, value in enumerate(held * 3, 1)]
    return made(
        folder,
        f"""CREATE TABLE member (id INTEGER PRIMARY KEY, name TEXT NOT NULL, street TEXT, {old});
        INSERT INTO member VALUES {values(rows)};""",
        f"CREATE TABLE members (id INTEGER PRIMARY KEY, name TEXT NOT NULL, street TEXT, {new});",
    )


def questions(shape: Shape) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = here("plan", *shape.names, "-o", "first.yaml", "--force", "--json").json["questions"]
    return found


@pytest.mark.parametrize(
    ("old", "held", "new", "expected"),
    [
        ("status TEXT", ["enabled", "disabled", "enabled"], "enabled" + TRUE, [1, 0, 1]),
        ("state VARCHAR(9)", ["open", "Banned", "open"], "is_banned" + FALSE, [0, 1, 0]),
        ("state TEXT", ["pending", "active", "closed", ""], "is_active" + TRUE, [0, 1, 0, 1]),
        ("status CHAR(1)", ["A", "I", "D"], "active" + TRUE, [1, 0, 0]),
        ("stock_status TEXT", ["in_stock", "out_of_stock"], "in_stock" + TRUE, [1, 0]),
        ("status TEXT", ["paid", "unpaid"], "paid" + FALSE, [1, 0]),
        ("status TEXT", ["admitted", "discharged"], "discharged BOOLEAN NOT NULL", [0, 1]),
        ("closed CHAR(1)", ["N", "Y", "N"], "is_open" + TRUE, [1, 0, 1]),
        ("deceased CHAR(1)", ["N", "Y", None], "is_alive" + TRUE, [1, 0, 1]),
        ("hidden INTEGER", [0, 1, 0], "visible" + TRUE, [1, 0, 1]),
        ("published CHAR(1)", ["J", "N", "J"], "is_draft" + FALSE, [0, 1, 0]),
        ("enabled TEXT", ["yes", "no"], "disabled" + FALSE, [0, 1]),
        ("del CHAR(1)", ["", "X", ""], "deleted" + FALSE, [0, 1, 0]),
        ("state TEXT", ["live", "deleted"], "deleted_at TIMESTAMP", [None, "1970-01-01 00:00:00"]),
        ("archived TEXT", ["0", "1"], "archived_on DATE", [None, "1970-01-01"]),
        ("verified INTEGER", [0, 1], "email_verified_at TIMESTAMP", [None, "1970-01-01 00:00:00"]),
        ("status TEXT", ["active", "inactive", None], "status TEXT, active" + TRUE, [1, 0, 1]),
    ],
)
def test_clear_words_are_asked_about_and_recommended(
    tmp_path: Path, old: str, held: list[Any], new: str, expected: list[Any]
) -> None:
    shape = members(tmp_path, old, held, new)
    (asked,) = questions(shape)
    assert asked["recommended"] in ("marked", "yes", old.split()[0])
    shape.plan("take all recommendations")
    shape.run()
    column = new.split(", ")[-1].split()[0]
    assert [row[0] for row in shape.new(f"SELECT {column} FROM members ORDER BY id")] == expected * 3
    shape.proved_and_undone()


@pytest.mark.parametrize(
    ("old", "held", "new", "told"),
    [
        ("status INTEGER", [1, 0, 1], "is_active" + TRUE, "status says 1 in 6 rows and 0 in 3 rows"),
        ("locked TEXT", ["yes", "no", "no"], "is_active" + TRUE, "locked says no in 6 rows and yes in 3 rows"),
        ("status TEXT", ["active", "closed"], "mail_active" + TRUE, "status says active in 3 rows and closed in 3"),
        ("status TEXT", ["paid", "unpaid", "done"], "paid" + FALSE, "done in 3 rows"),
        ("status INTEGER", [1, 2, 9], "status" + TRUE, "takes yes or no. Which is yes?"),
        ("active INTEGER", [1, 2, 2], "active" + TRUE, "takes yes or no. What is 2?"),
        ("paid CHAR(1)", ["P", "U", "U"], "paid" + FALSE, "takes yes or no. What is U?"),
    ],
)
def test_what_is_not_clear_is_asked_without_a_recommendation(
    tmp_path: Path, old: str, held: list[Any], new: str, told: str
) -> None:
    (asked,) = questions(members(tmp_path, old, held, new))
    assert told in asked["text"] and asked["recommended"] == ""


@pytest.mark.parametrize(
    ("old", "held", "new", "told"),
    [
        ("active INTEGER", [1, 0, 2], "is_active" + TRUE, "takes yes or no. What is 2?"),
        ("status INTEGER", [1, 0, 2], "status BOOLEAN", "takes yes or no. What is 2?"),
        ("active CHAR(1)", ["Y", "N", "U"], "active BOOLEAN", "takes yes or no. What is U?"),
        ("paid CHAR(1)", ["Y", "N", "P"], "paid" + FALSE, "takes yes or no. What is P?"),
    ],
)
def test_rows_with_another_code_than_yes_and_no_are_set_aside_on_recommendation(
    tmp_path: Path, old: str, held: list[Any], new: str, told: str
) -> None:
    shape = members(tmp_path, old, held, new)
    (asked,) = questions(shape)
    assert told in asked["text"] and asked["recommended"] == "as_they_are"
    shape.plan("take all recommendations", "quarantine")
    shape.run(code=3)
    assert shape.new(f"SELECT {new.split()[0]} FROM members ORDER BY id") == [(1,), (0,)] * 3


@pytest.mark.parametrize(
    ("old", "held", "new", "told", "expected"),
    [
        ("state CHAR(1)", ["A", "S", "A"], "state" + FALSE, "says A in 6 rows and S in 3", "A is yes, S is no"),
        ("active CHAR(1)", ["A", "S", "A"], "active" + FALSE, "says A in 6 rows and S in 3", "A is yes, S is no"),
        ("paid TEXT", ["paid", "unpaid", None], "paid" + FALSE, "nothing in 3 rows of member",
         "paid is yes, unpaid is no, no value is no"),
        ("state TEXT", ["A", "S", ""], "state BOOLEAN", "nothing in 3 rows of member", "A is yes, S is no"),
    ],
)  # fmt: skip
def test_values_of_its_namesake_that_are_no_plain_yes_and_no_are_asked_about(
    tmp_path: Path, old: str, held: list[Any], new: str, told: str, expected: str
) -> None:
    shape = members(tmp_path, old, held, new)
    (asked,) = questions(shape)
    read, contrary = asked["options"]
    assert told in asked["text"] and read["text"] == expected and asked["recommended"] == read["key"]
    none = None if "NOT NULL" not in new else 0
    for key, said in ((read["key"], (1, 0)), (contrary["key"], (0, 1))):
        shape.plan(key)
        shape.run()
        wanted = [said[0], said[1], said[0] if held[2] == "A" else none if said[0] or none is None else 1]
        assert [row[0] for row in shape.new(f"SELECT {new.split()[0]} FROM members ORDER BY id")] == wanted * 3
        shape.proved_and_undone()


@pytest.mark.parametrize(
    ("old", "held", "new", "answer", "expected"),
    [
        ("status INTEGER", [1, 2, 9], "status" + TRUE, "only_2", [0, 1, 0]),
        ("paid CHAR(1)", ["P", "U", "U"], "paid" + FALSE, "off", [1, 0, 0]),
        ("status INTEGER", [1, 0, 1], "is_active" + TRUE, "only_0", [0, 1, 0]),
        ("status INTEGER", [1, 0, 1], "is_active" + TRUE, "same", [1, 1, 1]),
        ("active INTEGER", [1, 0, 2], "is_active" + TRUE, "off", [1, 0, 0]),
        ("active CHAR(1)", ["Y", "N", "U"], "active BOOLEAN", "empty", [1, 0, None]),
    ],
)
def test_an_answer_says_what_stands_there(
    tmp_path: Path, old: str, held: list[Any], new: str, answer: str, expected: list[Any]
) -> None:
    shape = members(tmp_path, old, held, new)
    shape.plan(answer)
    shape.run()
    found = shape.new(f"SELECT {new.split()[0]} FROM members ORDER BY id")
    assert [row[0] for row in found] == expected * 3


@pytest.mark.parametrize(
    ("old", "held", "new"),
    [
        ("gender CHAR(1)", ["m", "f", "f"], "is_active" + TRUE),
        ("status INTEGER", [1, 1, 1], "is_active" + TRUE),
        ("level INTEGER", [1, 0, 1], "is_active" + TRUE),
        ("status INTEGER", [1, 0, 1], "has_children" + FALSE),
        ("active CHAR(1)", ["Y", "N"], "is_active" + TRUE),
        ("active CHAR(1)", ["t", "f"], "active" + TRUE),
        ("state TEXT", ["true", "false"], "state" + TRUE),
        ("status INTEGER", [1, 0], "status" + TRUE),
    ],
)
def test_what_says_nothing_of_it_brings_no_question(tmp_path: Path, old: str, held: list[Any], new: str) -> None:
    assert questions(members(tmp_path, old, held, new)) == []


def test_an_enum_of_mariadb_is_read_with_the_words_that_no_row_holds(mariadb: Server, postgresql: Server) -> None:
    source, target = mariadb.database(), postgresql.database()
    words = ["enabled", "Disabled", "enabled"] * 5
    held = list(enumerate(words, 1))
    source.run(
        [
            "CREATE TABLE member (id INT PRIMARY KEY, name VARCHAR(40), state ENUM('enabled', 'Disabled', 'banned'),"
            " hidden TINYINT(1) NOT NULL, paid CHAR(1))",
            f"INSERT INTO member VALUES {values([(n, f'M {n}', w, n % 2, 'UP'[n % 2]) for n, w in held])}",
        ]
    )
    target.run(
        "CREATE TABLE members (id integer PRIMARY KEY, name text, enabled boolean NOT NULL DEFAULT true,"
        " visible boolean NOT NULL DEFAULT true, paid boolean)"
    )
    sides = "--source", source.source, "--target", target.url
    plan = here("plan", *sides, "-o", "plan.yaml", "--json", "--answer", "take all recommendations", "--answer", "off")
    run = here("run", "--plan", "plan.yaml", *sides, "--approve", plan.json["approval"], "--json")
    assert run.code == 0, run.err
    wanted = [(n, word == "enabled", n % 2 == 0, n % 2 == 1) for n, word in held]
    assert target.ask("SELECT id, enabled, visible, paid FROM members ORDER BY id") == wanted
    assert "banned" in Path("plan.yaml").read_text()


@pytest.fixture
def onto_folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    yield from folder_onto(request, tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("onto", "old", "held", "said", "expected"),
    [
        ("sqlite", "active INTEGER", [1, 0, 2], "2 means no", [1, 0, 0]),
        ("postgresql", "active INTEGER", [1, 0, 2], "2 stands for inactive", [1, 0, 0]),
        ("mariadb", "active INTEGER", [1, 0, 2], "2 means no", [1, 0, 0]),
        ("sqlite", "status INTEGER", [1, 0, 2], "1 is yes and 2 is no", [1, 0, 0]),
        ("postgresql", "status INTEGER", [1, 2, 9], "1 and 9 are yes, 2 is no", [1, 0, 1]),
        ("mariadb", "state CHAR(1)", ["A", "S", "A"], "A is no and S is yes", [0, 1, 0]),
        ("sqlite", "state CHAR(1)", ["A", "S", "A"], "the other way round", [0, 1, 0]),
        ("sqlite", "state CHAR(1)", ["A", "S", "Q"], "S means active", [1, 1, 0]),
    ],
)
def test_values_are_told_in_a_persons_own_words(
    onto_folder: Path, onto: str, old: str, held: list[Any], said: str, expected: list[int]
) -> None:
    new = old.split()[0]
    shape = members(onto_folder, old, held, new + " BOOLEAN NOT NULL")
    sides = shape.names[1], shape.names[3]
    assert hold(sides, "bring everything", said, "yes").code == 0
    assert [int(row[0]) for row in shape.new(f"SELECT {new} FROM members ORDER BY id")] == expected * 3

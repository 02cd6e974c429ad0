"""Ids that a text packs, "12,15" or "[12, 15]", and ids beside a type, of parents with derived and generated keys."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.front.calling import here
from tests.front.ported import Side, ported
from tests.front.shapes import KEYS, PORT, Shape, made, values
from tests.front.talking import hold


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def onto(request: pytest.FixtureRequest) -> Iterator[str]:
    """The two kinds of database; "" is SQLite on both sides."""
    old_kind, _, new_kind = request.param.partition(" to ")

    def port(path: Path) -> Side:
        return ported(request, new_kind if path.name == "new.db" else old_kind, path)

    token = PORT.set(port if new_kind else None)
    yield request.param
    PORT.reset(token)


COURSES = [(n, f"C{n}") for n in range(1, 61)]
LISTS = [
    (1, "3,1", "[3, 1]", "course", "7"),
    (2, "", "[]", "course", None),
    (3, None, None, None, None),
    (4, ",".join(map(str, range(1, 61))), "[60]", "course", "60"),
]


def teachers(folder: Path, identity: str, lists: Sequence[tuple[object, ...]]) -> Shape:
    """Teachers with two lists of their courses each; generated keys are those of a table that has a row already."""
    shape = made(
        folder,
        f"""CREATE TABLE course (id INTEGER PRIMARY KEY, title TEXT);
        CREATE TABLE teacher (id INTEGER PRIMARY KEY, course_ids TEXT, course_list TEXT,
            about_type TEXT, about_id TEXT);
        INSERT INTO course VALUES {values(COURSES)};
        INSERT INTO teacher VALUES {values(lists)};""",
        f"""CREATE TABLE courses (id {KEYS[identity]}, title TEXT);
        CREATE TABLE teachers (id INTEGER NOT NULL PRIMARY KEY, course_ids TEXT, course_list TEXT,
            about_id TEXT);
        {"INSERT INTO courses VALUES (1, 'theirs')" if identity == "generated" else ""}""",
    )
    said = (
        "course_ids holds ids of courses",
        "link_ids:teachers.course_list=ids_of_courses",
        "about_id refers to courses where about_type is course",
    )
    done = shape.planned(*(["add"] if identity == "generated" else []), *said)
    assert done.code in (0, 5), done.err
    return shape


def titles(ids: Iterable[object]) -> list[str]:
    return [f"C{one}" for one in ids if one]


@pytest.mark.parametrize(
    ("onto", "identity"),
    [
        ("", "derived"),
        ("", "generated"),
        ("sqlite to mariadb", "derived"),
        ("sqlite to mariadb", "generated"),
        ("mariadb to postgresql", "generated"),
    ],
    indirect=["onto"],
)
@pytest.mark.usefixtures("onto")
def test_ids_in_lists_become_the_new_ones(folder: Path, identity: str) -> None:
    shape = teachers(folder, identity, LISTS)
    assert f"kind: {identity}" in (folder / "plan.yaml").read_text()
    shape.run()
    title = {str(key): title for key, title in shape.new("SELECT id, title FROM courses")}
    found = shape.new("SELECT course_ids, course_list, about_id FROM teachers ORDER BY id")
    for (_, old, old_list, _, old_about), (new, new_list, about) in zip(LISTS, found, strict=True):
        assert (old is None) is (new is None) is (new_list is None)
        assert [title[one] for one in (new or "").split(",") if one] == titles((old or "").split(","))
        assert [title[str(one)] for one in json.loads(new_list or "[]")] == titles(json.loads(old_list or "[]"))
        assert [title[about]] if about else titles([old_about]) == []
    shape.proved_and_undone()


def test_ids_of_rows_that_are_set_aside_are_said_to_stay_out_of_the_lists(folder: Path) -> None:
    shape = made(
        folder,
        f"""CREATE TABLE course (id INTEGER PRIMARY KEY, title TEXT);
        CREATE TABLE teacher (id INTEGER PRIMARY KEY, name TEXT, course_ids TEXT);
        INSERT INTO course VALUES {values([(n, "C" * n) for n in range(1, 8)])};
        INSERT INTO teacher VALUES (1, 'A', '3,1,2'), (2, 'B', '7,2,1');""",
        f"""CREATE TABLE courses (id {KEYS["derived"]}, title VARCHAR(6));
        CREATE TABLE teachers (id INTEGER NOT NULL PRIMARY KEY, name TEXT, course_ids TEXT);""",
    )
    held = hold(shape.files, "fill courses and teachers", "take all recommendations", "what do you need to know?", "no")
    told = " ".join(held.after("what do you need to know?").split())
    assert "1 id of courses, in 1 row, is set aside" in told
    assert "Those of rows that are set aside do not come back into it with these." in told


@pytest.mark.parametrize("onto", ["sqlite to postgresql"], indirect=True)
@pytest.mark.usefixtures("onto")
def test_ids_in_lists_that_nothing_has_are_found_before(folder: Path) -> None:
    shape = teachers(folder, "derived", [*LISTS, (5, "4,99", "[1]", None, None), (6, "1", "{}", None, None)])
    done = here("run", "--plan", folder / "plan.yaml", *shape.names, "--json")
    assert done.code == 5
    told = " ".join((done.out + done.err).split())
    assert "1 row of teachers" in told
    assert "course_ids" in told
    assert "course_list" in told

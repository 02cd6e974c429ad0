"""Answering a plan's questions from the command line and in its file."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.front.calling import here, pair, refused
from tests.front.shapes import values
from tests.tools.pairs import ask, shop, write

ADD = ("--answer", "customers: add")


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A shop whose new database has a customer already, and three purchases of a customer who is nowhere."""
    found = tmp_path / "old.db", tmp_path / "new.db"
    write(
        found[0],
        f"""CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT);
        CREATE TABLE purchase (id INTEGER PRIMARY KEY, customer_id INTEGER, note TEXT);
        INSERT INTO customer VALUES {values([(n, f"C{n}") for n in range(1, 41)])};
        INSERT INTO purchase VALUES {values([(n, n % 40 + 1 if n % 10 else 999, f"n{n}") for n in range(1, 40)])};""",
    )
    write(
        found[1],
        """CREATE TABLE customers (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);
        CREATE TABLE purchases (id INTEGER PRIMARY KEY AUTOINCREMENT,
            customer_id INTEGER NOT NULL REFERENCES customers (id), note TEXT);
        INSERT INTO customers (name) VALUES ('Seed');""",
    )
    return found


def answers(files: tuple[Path, Path], *words: str) -> dict[str, str | None]:
    done = here("plan", *pair(*files), "--json", *(part for word in words for part in ("--answer", word)))
    assert done.code in (0, 5), done.err
    return {question["id"]: question["answer"] for question in done.json["questions"]}


@pytest.mark.parametrize(
    "words",
    ["present:customers=add", "customers: add", "add customers", "Customers = add", "add all customers beside them"],
)
def test_an_answer_says_which_question_it_is_for(files: tuple[Path, Path], words: str) -> None:
    assert answers(files, words)["present:customers"] == "add"


def test_words_that_answer_nothing_name_answers_that_would(files: tuple[Path, Path]) -> None:
    what, do = refused(here("plan", *pair(*files), "--answer", "customers: ad"), 2)
    assert "customers: ad" in what
    assert "customers: add" in do
    refused(here("plan", *pair(*files), "--answer", "yes to everything"), 2)


def test_taking_all_recommendations_is_right_where_nothing_is_asked(tmp_path: Path) -> None:
    done = here("plan", *pair(*shop(tmp_path)), "--no-preflight", "--json", "--answer", "take all recommendations")
    assert done.code == 0, done.err


def test_a_question_that_comes_with_an_answer_in_the_file_is_asked_in_a_file(
    files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(files[0].parent)
    asked = here("plan", *pair(*files), "-o", "plan.yaml", "--no-preflight", "--json")
    assert asked.code == 5, asked.err
    text = Path("plan.yaml").read_text()
    Path("plan.yaml").write_text(
        text.replace("answer: null", "answer: add  # by hand").replace("skipped: true", "skipped: false")
    )
    mine = Path("plan.yaml").read_text()
    for _ in range(2):
        what, do = refused(here("run", "--plan", "plan.yaml"), 5)
        assert "3 rows of purchases refer" in what
        assert "plan-2.yaml" in do
    assert Path("plan.yaml").read_text() == mine
    assert not Path("plan-3.yaml").exists()
    shutil.move("plan-2.yaml", "answered.yaml")
    text = Path("answered.yaml").read_text()
    assert text.count("answer: null") == 1
    Path("answered.yaml").write_text(text.replace("answer: null", "answer: quarantine"))
    approval = here("run", "--plan", "answered.yaml", "--json").json["approval"]
    done = here("run", "--plan", "answered.yaml", "--approve", approval)
    assert done.code == 3, done.err
    assert ask(files[1], "SELECT count(*) FROM ferryman_quarantine") == [(3,)]

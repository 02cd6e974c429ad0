"""What a front door does beside the graph: rows for the screen alone, files for somebody else, runs, undo."""

from __future__ import annotations

from pathlib import Path

import pytest

from ferryman import desk
from ferryman.desk import Beside, shown
from ferryman.domain import plan_file
from ferryman.domain.conversation import ShowRows, ShowValues
from ferryman.domain.errors import Configuration, Usage
from ferryman.domain.events import RolledBack
from ferryman.domain.run import RunStatus
from ferryman.session import Session
from ferryman.value_list import MOST_VALUES, show_values
from tests.front.talking import hold, opened
from tests.servers import Server
from tests.tools.pairs import fill, one, shop, write


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return shop(tmp_path, customers=6, purchases=12)


def reviewed(session: Session, words: str = "move everything") -> Session:
    """The session with a plan under review."""
    list(session.say(words))
    return session


def test_a_glance_counts_tables_and_names_the_empty_ones(files: tuple[Path, Path]) -> None:
    fill(files[1], "customers", [("u", "Ada", None, 1, "2024-01-01")])
    with opened(files) as session:
        old, new = desk.glance(session)
    assert (old.name, old.tables, old.empty) == ("old", 2, ())
    assert (new.name, new.tables, new.empty) == ("new", 2, ("purchases",))


def test_the_empty_table_named_first_waits_for_no_other(tmp_path: Path) -> None:
    new = write(
        tmp_path / "empty.sqlite",
        "CREATE TABLE orders (id integer PRIMARY KEY, who integer REFERENCES persons (id));"
        "CREATE TABLE persons (id integer PRIMARY KEY, boss integer REFERENCES persons (id));",
    )
    old, _ = shop(tmp_path)
    with opened((old, new)) as session:
        assert desk.glance(session)[1].empty == ("persons", "orders")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "(empty)"),
        ("", '""'),
        (" a", '" a"'),
        ("a", "a"),
        (b"abc", "(3 bytes)"),
        (True, "true"),
        (7, "7"),
        ("x" * 400, "x" * 300 + "... (400 characters)"),
    ],
)
def test_a_value_as_a_person_reads_it(value: object, text: str) -> None:
    assert shown(value) == text


def test_each_line_holds_a_column_before_and_after(files: tuple[Path, Path]) -> None:
    with opened(files) as session:
        (row,) = desk.show_rows(reviewed(session), ShowRows(table="purchases", count=1))
    lines = {line.new: line for line in row.lines}
    assert row.title == "purchase 1"
    assert (lines["note"].old, lines["note"].before, lines["note"].after) == ("note", "note 1", "note 1")
    assert (lines["legacy_id"].old, lines["legacy_id"].after) == ("id", "1")
    assert lines["customer_id"].before == "2"
    assert len(lines["customer_id"].after) == 36
    assert lines["created_at"].old == ""


def test_the_future_form_is_what_the_run_then_writes(files: tuple[Path, Path]) -> None:
    with opened(files) as session:
        (row,) = desk.show_rows(reviewed(session), ShowRows(table="purchases", count=1))
        list(session.say("yes"))
    told = {line.new: line.after for line in row.lines}
    for column in ("id", "customer_id"):
        assert one(files[1], f"SELECT {column} FROM purchases WHERE legacy_id = 1") == told[column]


def test_rows_are_asked_for_by_a_plan(files: tuple[Path, Path]) -> None:
    with opened(files) as session:
        with pytest.raises(Usage, match="no plan yet"):
            desk.show_rows(session, ShowRows())
        with pytest.raises(Usage, match="No rows go into nothing"):
            desk.show_rows(reviewed(session), ShowRows(table="nothing"))
        assert len(desk.show_rows(session, ShowRows(count=10_000))) == 6
        assert desk.show_rows(session, ShowRows(only_problem=True)) == ()


def test_the_different_values_of_a_column_are_counted_with_what_they_become(files: tuple[Path, Path]) -> None:
    write(files[0], "UPDATE purchase SET note = CASE WHEN id <= 7 THEN 'gift' WHEN id <= 10 THEN 'urgent' END")
    with opened(files) as session:
        list(reviewed(session).say("note gift means present"))
        found = session.understood("which values does purchase.note hold?")
        assert found == ShowValues(table="purchases", column="note")
        told = show_values(session, found)
    assert told.title == "purchase.note has 2 different values"
    assert told.lines == (
        Beside("gift", "7 rows", "note", "present"),
        Beside("urgent", "3 rows"),
        Beside("(empty)", "2 rows"),
    )


def test_of_many_values_the_most_frequent_are_shown(files: tuple[Path, Path]) -> None:
    write(files[0], "WITH n(i) AS (SELECT 13 UNION ALL SELECT i + 1 FROM n WHERE i < 60)"
                    " INSERT INTO purchase (id, customer_id, note) SELECT i, 1, 'once ' || i FROM n")  # fmt: skip
    write(files[0], "UPDATE purchase SET note = 'often' WHERE id <= 12")
    with opened(files) as session:
        told = show_values(reviewed(session), ShowValues(table="purchases", column="note"))
        with pytest.raises(Usage, match="No plan fills nothing"):
            show_values(session, ShowValues(table="nothing", column="note"))
    assert told.title == "purchase.note has 49 different values, these are the most frequent 20"
    assert (told.lines[0].old, len(told.lines)) == ("often", MOST_VALUES)


def test_a_number_named_means_the_rows_of_the_only_kind_that_has_so_many(files: tuple[Path, Path]) -> None:
    write(files[0], "UPDATE customer SET name = NULL WHERE id IN (1, 2, 3)")
    write(files[0], "UPDATE purchase SET customer_id = 99 WHERE id IN (3, 4)")
    with opened(files) as session:
        rows = desk.show_rows(reviewed(session), ShowRows(only_problem=True, count=2))
    assert [row.title for row in rows] == ["purchase 3", "purchase 4"]


def test_of_several_kinds_of_problems_each_has_its_rows(files: tuple[Path, Path]) -> None:
    write(files[0], "UPDATE customer SET name = NULL WHERE id = 2")
    write(files[0], "UPDATE purchase SET customer_id = 99 WHERE id IN (3, 4)")
    write(files[0], f"UPDATE purchase SET note = '{'long ' * 9}' WHERE id = 7")
    with opened(files) as session:
        rows = desk.show_rows(reviewed(session), ShowRows(only_problem=True, count=3))
        only = desk.show_rows(session, ShowRows(table="customers", only_problem=True))
    told = {(row.title, line.new, line.after) for row in rows for line in row.lines if line.new}
    assert ("customer 2", "name", "does not fit: null in required") in told
    assert ("purchase 3", "customer_id", "customers: no such row, neither old nor new") in told
    assert [row.title for row in only] == ["customer 2"]


def test_saving_writes_the_plan_and_a_summary_and_never_over_a_file(files: tuple[Path, Path]) -> None:
    with opened(files) as session:
        with pytest.raises(Usage, match="no plan yet"):
            desk.save_plan(session)
        plan, summary = desk.save_plan(reviewed(session), "mine")
        assert (plan, summary) == (Path("mine.yaml"), Path("mine.md"))
        assert plan_file.load(plan.read_text(), "mine.yaml") == session.plan
        with pytest.raises(Usage, match="there already"):
            desk.save_plan(session, "mine.yaml")
        assert [desk.save_plan(session)[0].name for _ in range(2)] == ["plan.yaml", "plan-2.yaml"]
        with pytest.raises(Configuration, match="cannot be written"):
            desk.save_plan(session, "nowhere/plan.yaml")


def test_names_are_no_markup_in_the_summary(tmp_path: Path) -> None:
    script = 'CREATE TABLE "a|b*[c](d)" (id integer NOT NULL PRIMARY KEY, x text)'
    old, new = write(tmp_path / "old.sqlite", script), write(tmp_path / "new.sqlite", script)
    fill(old, "a|b*[c](d)", [(1, "x")])
    with opened((old, new)) as session:
        _, summary = desk.save_plan(reviewed(session))
    assert r"| a\|b\*\[c\](d) | a\|b\*\[c\](d) | 1 |" in summary.read_text()


def test_runs_are_known_by_what_they_made_and_undone_once(files: tuple[Path, Path]) -> None:
    run = hold(files, "only customers", "yes").run
    with opened(files) as session:
        (found,) = desk.runs(session)
        assert (found.run, desk.made(found), desk.made(found, ["purchases"])) == (run, 6, 0)
        assert desk.to_undo([found]) == (found,)
        assert desk.to_resume([found]) == ()
        (event,) = (one for one in desk.undo(session, run) if isinstance(one, RolledBack))
        assert (event.table, event.rows) == ("customers", 6)
        assert desk.run(session, run).status is RunStatus.ROLLED_BACK
        assert desk.to_undo(desk.runs(session)) == ()
    assert one(files[1], "SELECT count(*) FROM customers") == 0


def test_a_report_that_cannot_be_written_says_so(files: tuple[Path, Path]) -> None:
    run = hold(files, "only customers", "yes").run
    with opened(files) as session:
        assert desk.save_report(session, run, "mine.md").read_text().startswith("#")
        with pytest.raises(Configuration, match="cannot be written"):
            desk.save_report(session, run, "nowhere/report.html")


def test_what_rows_refer_to_is_looked_up_while_they_are_read_from_a_server(mariadb: Server, tmp_path: Path) -> None:
    made = mariadb.database()
    for statement in (
        "CREATE TABLE team (id integer PRIMARY KEY, name varchar(20) UNIQUE)",
        "CREATE TABLE person (id integer PRIMARY KEY, team_id integer, FOREIGN KEY (team_id) REFERENCES team (id))",
        "INSERT INTO team VALUES (7, 'red'), (8, 'blue')",
        "INSERT INTO person VALUES (1, 8), (2, 7), (3, 8)",
    ):
        made.run(statement)
    new = write(
        tmp_path / "new.sqlite",
        "CREATE TABLE teams (id integer PRIMARY KEY, name varchar(20) UNIQUE);"
        "CREATE TABLE persons (id integer PRIMARY KEY, team_id integer REFERENCES teams (id));"
        "INSERT INTO teams VALUES (41, 'blue');",
    )
    with opened((made.source, new)) as session:
        shown = desk.show_rows(reviewed(session), ShowRows(table="persons", count=3))
    teams = [line.after for row in shown for line in row.lines if line.new == "team_id"]
    assert teams == ["41", desk.TO_COME, "41"]

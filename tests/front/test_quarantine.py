"""Rows that were set aside: listed, shown, exported and tried again, by command and in conversation."""

from __future__ import annotations

import csv
import stat
from pathlib import Path
from typing import Any

import pytest

from ferryman.agents.mending import mend
from ferryman.aside import RowAside, as_csv, harmless
from ferryman.domain.findings import MissingCause
from ferryman.domain.mapping import Problem
from tests.front.calling import here, pair, refused
from tests.front.talking import hold
from tests.tools.pairs import NEW, ask, one, rows_of, shop, write

CANARY = "QXCANARYQX"


@pytest.fixture
def orphaned(tmp_path: Path) -> tuple[Path, Path]:
    """A small old shop with three purchases of a customer who is nowhere."""
    files = shop(tmp_path / "shop")
    write(files[0], f"UPDATE purchase SET customer_id = 999, note = '=1+{CANARY}' WHERE id IN (10, 40, 70)")
    return files


@pytest.fixture
def aside(orphaned: tuple[Path, Path]) -> tuple[Path, Path]:
    """The same after a run that set these three aside."""
    return moved(orphaned)


def moved(orphaned: tuple[Path, Path]) -> tuple[Path, Path]:
    done = here(
        "plan", *pair(*orphaned), "-o", "plan.yaml", "--json", "--answer", "leave those rows out and keep them"
    )  # fmt: skip
    if done.json["open_questions"]:
        text = Path("plan.yaml").read_text()
        (question,) = done.json["questions"]
        assert "quarantine" in {option["key"] for option in question["options"]}
        Path("plan.yaml").write_text(text.replace("answer: null", "answer: quarantine"))
        approval = here("run", "--plan", "plan.yaml", "--json").json["approval"]
    else:
        approval = done.json["approval"]
    assert here("run", "--plan", "plan.yaml", "--approve", approval, "--json").code == 3
    return orphaned


def command(*words: str, code: int = 0) -> dict[str, Any]:
    done = here("quarantine", *words, "--json")
    assert done.code == code, done.err
    return done.json


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shop").mkdir()
    monkeypatch.chdir(tmp_path)


def test_the_list_counts_by_reason_and_says_how_to_mend_them(aside: tuple[Path, Path]) -> None:
    (group,) = command("list")["groups"]
    assert (group["table"], group["rows"], group["state"]) == ("purchases", 3, "open")
    assert "customer_id" in group["reason"]
    assert group["mending"].startswith("Enter the missing row")
    assert CANARY not in here("quarantine", "list").err


def test_rows_are_shown_on_the_screen_when_they_are_asked_for(aside: tuple[Path, Path]) -> None:
    shown = command("show", "--limit", "2")
    assert (len(shown["rows"]), shown["of"]) == (2, 3)
    assert shown["rows"][0]["cells"]["customer_id"] == 999
    assert CANARY in here("quarantine", "show").err
    log = "".join(path.read_text(errors="replace") for path in Path(".ferryman").rglob("*.jsonl"))
    assert CANARY not in log
    assert CANARY.encode() not in Path(".ferryman/checkpoints.sqlite").read_bytes()


def test_the_export_is_a_table_that_computes_nothing_and_is_for_its_owner_alone(aside: tuple[Path, Path]) -> None:
    told = command("export", "-o", "aside.csv")
    assert told["rows"] == 3
    assert stat.S_IMODE(Path("aside.csv").stat().st_mode) == 0o600
    with Path("aside.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["note"] for row in rows] == [f"'=1+{CANARY}"] * 3
    assert [row["legacy key"] for row in rows] == ["[10]", "[40]", "[70]"]
    assert all(row["what is wrong"] and row["how to mend it"] for row in rows)
    refused(here("quarantine", "export", "-o", "aside.csv"), 2)


def test_a_retry_brings_in_what_fits_by_now_and_changes_nothing_the_second_time(aside: tuple[Path, Path]) -> None:
    old, new = aside
    assert command("retry", code=3)["came"] == 0
    write(old, "UPDATE purchase SET customer_id = 4, note = 'mended' WHERE id IN (10, 40)")
    told = command("retry", code=3)
    assert (told["came"], told["left"]) == (2, 1)
    assert told["tables"][0]["validated"] is True
    assert one(new, "SELECT count(*) FROM purchases WHERE note = 'mended'") == 2
    assert one(new, "SELECT status FROM ferryman_run") == "success_with_quarantine"
    before = rows_of(new, "purchases")
    assert command("retry", code=3)["came"] == 0
    assert rows_of(new, "purchases") == before
    write(old, "INSERT INTO customer VALUES (999, 'found', NULL)")
    told = command("retry")  # the customer came after the run had begun, and comes along
    assert (told["came"], told["left"], told["tables"][0]["along"]) == (1, 0, {"customers": 1})
    assert one(new, "SELECT status FROM ferryman_run") == "success"
    assert here("validate", "--json").json["passed"] is True
    assert here("rollback", "--yes").code == 0
    assert rows_of(new, "purchases") == []


def test_a_row_that_stays_is_listed_with_the_reason_of_today(aside: tuple[Path, Path]) -> None:
    old, new = aside
    write(old, "UPDATE purchase SET customer_id = 4, note = 'longer than twenty letters' WHERE id = 10")
    assert command("retry", code=3)["came"] == 0
    groups = {group["reason"]: group["rows"] for group in command("list")["groups"]}
    assert groups == {
        "customer_id names a row of customers that is not there: it never was in the old database": 2,
        "the value is too long for note": 1,
    }
    shown = command("show")["rows"]
    assert sorted(row["key"] for row in shown) == ["[10]", "[40]", "[70]"]
    (changed,) = (row for row in shown if row["key"] == "[10]")
    assert (changed["reason"], changed["cells"]["customer_id"]) == ("the value is too long for note", 4)
    written = rows_of(new, "ferryman_quarantine")
    assert command("retry", code=3)["came"] == 0
    assert rows_of(new, "ferryman_quarantine") == written
    write(old, "UPDATE purchase SET note = 'short' WHERE id = 10")
    assert command("retry", code=3)["came"] == 1
    assert sum(group["rows"] for group in command("list")["groups"] if group["state"] == "retried") == 1
    assert here("validate", "--json").json["passed"] is True
    assert here("rollback", "--yes").code == 0
    assert rows_of(new, "purchases") == []


def test_of_rows_that_the_new_database_refuses_the_others_come(orphaned: tuple[Path, Path]) -> None:
    old, new = orphaned
    ruled = NEW.replace("amount INTEGER", "amount INTEGER CHECK (amount <> 40)")
    write(new, f"DROP TABLE purchases; DROP TABLE customers; {ruled}")
    moved(orphaned)
    write(old, "UPDATE purchase SET customer_id = 4, amount = id WHERE id IN (10, 40, 70)")
    assert command("retry", code=3)["came"] == 2
    lying = [group for group in command("list")["groups"] if group["state"] == "open"]
    assert [(group["rows"], group["reason"]) for group in lying] == [(1, "the value breaks a rule of amount")]
    write(old, "UPDATE purchase SET amount = 41 WHERE id = 40")
    assert command("retry")["came"] == 1


def test_how_far_it_is_is_said_while_rows_are_tried_again(aside: tuple[Path, Path]) -> None:
    write(aside[0], "UPDATE purchase SET customer_id = 4 WHERE id = 10")
    told = here("quarantine", "retry").err
    assert told.index("purchases: trying 3 rows again") < told.index("1 row of purchases came beside the order")
    assert "they had been set aside, and fit by now" in " ".join(told.split())
    assert told.index("purchases: checked against the old database") < told.index("1 row came in, 2 stay set aside")


def test_rows_that_went_in_later_are_listed_as_such(aside: tuple[Path, Path]) -> None:
    write(aside[0], "UPDATE purchase SET customer_id = 4 WHERE id IN (10, 40)")
    command("retry", code=3)
    lying, gone = sorted(command("list")["groups"], key=lambda group: group["state"])
    assert (lying["state"], lying["rows"]) == ("open", 1)
    assert (gone["state"], gone["rows"]) == ("retried", 2)
    assert gone["reason"].startswith("it went in later; before: ")
    assert gone["mending"] == "Nothing is to be done"


def test_placeholders_are_told_at_the_end_and_listed(orphaned: tuple[Path, Path]) -> None:
    here("plan", *pair(*orphaned), "-o", "plan.yaml", "--answer", "placeholders")
    approval = here("run", "--plan", "plan.yaml", "--json").json["approval"]
    done = here("run", "--plan", "plan.yaml", "--approve", approval, "--json")
    assert done.code == 0, done.err
    assert done.json["outcome"]["placeholders"] == {"customers": 1}
    assert "1 placeholder in customers for rows that were not there" in " ".join(done.err.split())
    assert "ferryman quarantine show" in " ".join(done.err.split())
    assert command("list")["placeholders"] == {"customers": 1}
    (listed,) = command("show")["placeholders"]
    assert (listed["table"], listed["legacy_key"]) == ("customers", "[999]")
    assert one(orphaned[1], "SELECT count(*) FROM customers WHERE id = ?", listed["key"]) == 1
    assert "1 placeholder in customers" in here("status").err
    assert here("report", "-o", "report.md").code == 0
    assert "ferryman quarantine show" in Path("report.md").read_text()


def test_the_real_rows_take_the_place_of_placeholders_by_a_plan_made_for_them(tmp_path: Path) -> None:
    """Nothing but the key, which stays as it is, tells the rows of the first run apart."""
    vendors, orders = "(id INTEGER PRIMARY KEY, label TEXT NOT NULL)", "(id INTEGER PRIMARY KEY, vendor_id INTEGER"
    old = write(tmp_path / "o.sqlite", f"CREATE TABLE gs_vendor {vendors}; CREATE TABLE gs_order {orders} NOT NULL)")
    new = write(
        tmp_path / "n.sqlite",
        f"CREATE TABLE vendors {vendors}; CREATE TABLE orders {orders} NOT NULL REFERENCES vendors (id))",
    )
    write(old, "INSERT INTO gs_vendor VALUES (1, 'Ada'), (2, 'Bo'), (3, 'Bo')")
    write(old, "INSERT INTO gs_order VALUES (1, 1), (2, 2), (3, 8), (4, 8), (5, 9)")
    planned = here("plan", *pair(old, new), "-o", "plan.yaml", "--answer", "placeholders", "--json")
    assert here("run", "--plan", "plan.yaml", "--approve", planned.json["approval"]).code == 0
    assert command("list")["placeholders"] == {"vendors": 2}
    before = rows_of(new, "vendors")
    write(old, "INSERT INTO gs_vendor VALUES (8, 'Real')")
    words = ("--only", "vendors", "--answer", "vendors: same_key", "--json")
    planned = here("plan", *pair(old, new), "-o", "later.yaml", *words)
    assert planned.code == 0, planned.err
    done = here("run", "--plan", "later.yaml", "--approve", planned.json["approval"], "--json")
    assert done.code == 0, done.err
    assert rows_of(new, "vendors") == [(1, "Ada"), (2, "Bo"), (3, "Bo"), (8, "Real"), (9, "")]
    run = done.json["run"]
    assert here("rollback", run, "--yes").code == 0
    assert rows_of(new, "vendors") == before


def test_a_table_that_the_run_did_not_write_is_refused(aside: tuple[Path, Path]) -> None:
    refused(here("quarantine", "show", "--table", "nowhere"), 2)


def test_in_conversation_they_are_shown_exported_and_tried_again(orphaned: tuple[Path, Path]) -> None:
    held = hold(
        orphaned,
        "move everything",
        "give me a spreadsheet",
        "quarantine",
        "yes",
        "show me the 3",
        "give me a spreadsheet of them as three.csv",
        "try them again",
        "/quarantine",
    )
    assert "purchase" in held.after("show me the 3")
    assert "999" in held.after("show me the 3")
    assert "Enter the missing row" in " ".join(held.after("show me the 3").split())
    assert "three.csv" in held.after("give me a spreadsheet of them as three.csv")
    with Path("three.csv").open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.DictReader(file))) == 3
    assert "purchases: trying 3 rows again" in held.after("try them again")
    assert "0 rows came in, 3 stay set aside" in held.after("try them again")
    assert "3 rows of purchases (open)" in held.after("/quarantine")
    assert ask(orphaned[1], "SELECT count(*) FROM ferryman_quarantine WHERE state = 'open'") == [(3,)]
    kept = "".join(path.read_text(errors="replace") for path in Path(".ferryman").rglob("*.jsonl"))
    assert CANARY not in kept


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+49 40 12", "'+49 40 12"),
        ("-5", "-5"),
        ("-5+cmd|' /C calc'!A0", "'-5+cmd|' /C calc'!A0"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("  =1", "'  =1"),
        ("\r=1", "'\r=1"),
        ("plain", "plain"),
        (12.5, "12.5"),
        (None, ""),
        ("", ""),
        ("\N{FULLWIDTH EQUALS SIGN}1", "'\N{FULLWIDTH EQUALS SIGN}1"),
    ],
)
def test_no_cell_is_taken_for_a_formula(value: object, cell: str) -> None:
    assert harmless(value) == cell


def test_a_column_whose_name_is_a_formula_is_none_either() -> None:
    row = RowAside(table="t", key="[1]", reason="r", mending="m", cells={"=HYPERLINK(1)": 'a"b\nc'})
    head, cells = list(csv.reader(as_csv([row]).splitlines(keepends=True)))
    assert head[-1] == "'=HYPERLINK(1)"
    assert cells[-1] == 'a"b\nc'


def test_every_problem_and_cause_has_a_way_to_mend_it() -> None:
    assert all(mend(problem, ("name",)) for problem in Problem)
    assert all("then try it again" in mend(Problem.MISSING_PARENT, ("x",), cause) for cause in MissingCause)

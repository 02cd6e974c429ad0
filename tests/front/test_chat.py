"""Conversations with two real databases: what is said, what is shown, what is in the tables afterwards."""

from __future__ import annotations

import shlex
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from ferryman.chat import Chat
from ferryman.demo_data import BRACKETS, build_brackets, build_junction
from ferryman.graph.context import Options
from ferryman.tools.databases.connect import open_target
from ferryman.tools.move.lease import this_process
from ferryman.tools.move.ledger import Ledger
from tests.front.calling import command, environment, pair
from tests.front.talking import FRONT, hold, opened, runs, screen, shown
from tests.front.terminal import CTRL_C, CTRL_D, ENTER, Terminal
from tests.tools.pairs import ask, fill, one, shop, write

EMPTY = "my brackets table is empty"
CANARY = "QXCANARYQX"


@pytest.fixture
def brackets(tmp_path: Path) -> tuple[Path, Path]:
    return build_brackets(tmp_path)


@pytest.fixture
def junction(tmp_path: Path) -> tuple[Path, Path]:
    return build_junction(tmp_path)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """An old shop with 100 purchases of 20 customers, and an empty new one."""
    return shop(tmp_path)


@pytest.fixture
def orphaned(files: tuple[Path, Path]) -> tuple[Path, Path]:
    """The shop, with three purchases of a customer who is nowhere."""
    write(files[0], "UPDATE purchase SET customer_id = 999 WHERE id IN (10, 40, 70)")
    return files


def kept_files() -> str:
    """Everything that a conversation left in the folder it was held in."""
    found = (path for path in Path().rglob("*") if path.is_file())
    return "".join(path.read_bytes().decode("latin-1") for path in found)


# Beginning and end


def test_the_greeting_counts_the_tables_of_both_sides_and_says_no_value(files: tuple[Path, Path]) -> None:
    write(files[0], f"UPDATE customer SET name = '{CANARY}'")
    held = hold(files)
    assert "Your old database, old, has 2 tables. The new one, new, has 2, all empty." in held.text
    assert CANARY not in held.text
    assert held.code == 0


def test_the_greeting_names_the_empty_tables(brackets: tuple[Path, Path]) -> None:
    text = " ".join(hold(brackets).text.split())
    assert "has 8, 5 of them empty: brackets, files, notifications," in text
    assert '"my brackets table is empty"' in text


def test_leaving_without_a_run_says_that_nothing_was_written_and_how_to_come_back(files: tuple[Path, Path]) -> None:
    held = hold(files, "move everything", "/quit", "yes")
    assert held.text.endswith(
        "Goodbye. Nothing was written, and the plan waits. To go on with it:\n\n"
        "  ferryman chat --source OLD --target NEW --resume\n"
    )
    assert "Nothing was written. To come back:\n\n  ferryman chat --source OLD --target NEW\n" in hold(files).text
    assert "> yes" not in held.text
    assert runs(files[1]) == []


def test_a_pipe_can_hold_the_conversation(files: tuple[Path, Path]) -> None:
    done = subprocess.run(
        command("chat", *pair(*files)),
        input="fill the missing tables\nyes\n",
        env=environment(None),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "> fill the missing tables\n" in done.stderr
    assert "\x1b" not in done.stderr
    assert done.stdout == ""
    assert one(files[1], "SELECT count(*) FROM purchases") == 100
    way_back = done.stderr.splitlines()[-1].strip()
    assert way_back == f"ferryman rollback {runs(files[1])[0][0]}"
    again = subprocess.run(
        [*command(*shlex.split(way_back)[1:]), "--yes"], env=environment(None), capture_output=True, check=False
    )
    assert again.returncode == 0, again.stderr
    assert one(files[1], "SELECT count(*) FROM purchases") == 0


# The plan and questions about it


def test_the_approval_shows_what_will_be_written_where(brackets: tuple[Path, Path]) -> None:
    said = hold(brackets, EMPTY).after(EMPTY)
    assert "1,569 brackets" in said
    assert "If you say yes, this is written in the new database, and nothing in the old one:" in said
    assert "  - brackets: 1,569 rows\n" in said
    assert "my own records, in new tables: ferryman_run, ferryman_table, ferryman_batch" in said
    assert said.rstrip().endswith("Shall I go ahead?")


def test_a_question_brings_its_answer_and_the_short_question_back(brackets: tuple[Path, Path]) -> None:
    held = hold(brackets, EMPTY, "Is that safe?", "what happens to gl_account?", "/plan", "/status")
    for words in ("Is that safe?", "what happens to gl_account?", "/status"):
        assert "dispatch_bracket  brackets" not in held.after(words)
        assert held.after(words).rstrip().endswith("Shall I go ahead?")
    assert "gl_account has no column of its own" in held.after("what happens to gl_account?")
    assert "dispatch_bracket  brackets" in held.after("/plan")


def test_an_answered_question_leads_to_the_next_one_and_then_to_the_whole_plan(junction: tuple[Path, Path]) -> None:
    held = hold(junction, "fill the missing tables", "why is that after cases?", *["1"] * 4)
    asked = held.after("fill the missing tables")
    assert "Before that I need to know:" in asked
    assert "If you say yes" not in asked
    assert "Still open:" in held.after("why is that after cases?")
    last = held.text.rpartition("\n> 1\n")[2]
    assert "dispatch_casefile" in last
    assert "If you say yes" in last
    assert last.partition("Goodbye")[0].rstrip().endswith("Shall I go ahead?")


def test_after_a_run_questions_are_answered_from_how_it_ended(files: tuple[Path, Path]) -> None:
    held = hold(files, "only customers", "yes", "how long did it take?", "was that safe?")
    assert held.after("how long did it take?").startswith("\nIt took ")
    assert "it can still be undone" in held.after("was that safe?")


def test_a_changed_plan_is_shown_anew_and_an_unchanged_one_is_not(files: tuple[Path, Path]) -> None:
    held = hold(files, "move everything", "leave purchases out", "leave customers out")
    assert "customer  customers" in held.after("leave purchases out")
    assert "purchase  purchases" not in held.after("leave purchases out")
    assert "That would leave nothing to move." in held.after("leave customers out")
    assert "customer  customers" not in held.after("leave customers out")


def test_no_writes_nothing_and_another_wish_may_follow(files: tuple[Path, Path]) -> None:
    held = hold(files, "move everything", "no", "only customers", "yes")
    assert "Nothing was written" in held.after("no")
    assert one(files[1], "SELECT count(*) FROM customers") == 20
    assert one(files[1], "SELECT count(*) FROM purchases") == 0


def test_words_that_change_nothing_here_are_said_to_do_so(files: tuple[Path, Path]) -> None:
    held = hold(files, "/pause", "/resume", "resume", "move everything", "pause", "/resume", "/nonsense", "/pla")
    assert "Nothing is running." in held.after("/pause")
    assert "There is no run that could go on." in held.after("resume")
    assert "Nothing is running yet" in held.after("pause")
    assert "/nonsense is no command. /help lists them." in held.after("/nonsense")
    assert "Did you mean /plan?" in held.after("/pla")


# Running


def test_progress_tells_ordinal_rows_why_it_matters_and_the_checks(brackets: tuple[Path, Path]) -> None:
    held = hold(brackets, EMPTY, "yes")
    said = held.after("yes")
    assert "rows 501-1,000 of 1,569 (63%)" in said
    assert "rows 1,501-1,569 of 1,569 (100%)" in said
    assert "Moving brackets, " in said
    assert said.count("  pass  ") == 5
    assert "Done: everything arrived. 1,569 brackets" in said
    assert '"undo it" takes it all back' in said
    assert one(brackets[1], "SELECT count(*) FROM brackets") == BRACKETS
    assert held.code == 0


def test_many_tables_get_a_line_each(tmp_path: Path) -> None:
    tables = ("authors", "books", "members", "branches")
    script = "".join(f"CREATE TABLE {table} (id integer NOT NULL PRIMARY KEY, name text NOT NULL);" for table in tables)
    old, new = write(tmp_path / "old.sqlite", script), write(tmp_path / "new.sqlite", script)
    for table in tables:
        fill(old, table, ((n, f"{table} {n}") for n in range(30)))
    said = hold((old, new), "move everything", "yes").after("yes")
    assert all(f"  {table}: 30 rows moved in" in said for table in tables)
    assert "  pass  " not in said
    assert [one(new, f"SELECT count(*) FROM {table}") for table in tables] == [30] * 4


def test_after_a_run_another_request_makes_another_run(files: tuple[Path, Path]) -> None:
    held = hold(files, "only customers", "yes", "what is the status?", "fill purchases", "yes", "/runs")
    assert "The run is done" in held.after("what is the status?")
    found = runs(files[1])
    assert [status for _, status in found] == ["success", "success"]
    assert len({run for run, _ in found}) == 2
    assert all(str(run) in held.after("/runs") for run, _ in found)
    assert one(files[1], "SELECT count(*) FROM purchases") == 100


def test_an_error_in_the_middle_is_two_lines_and_the_conversation_goes_on(files: tuple[Path, Path]) -> None:
    first = hold(files, "only customers", "yes").run
    target = open_target(str(files[1]))
    other = Ledger(target, holder=this_process())
    paper = screen()

    def words(_prompt: str) -> str:
        said = next(lines)
        if said == "again":
            other.release(first)
        paper.person(said)
        return "yes" if said == "again" else said

    lines = iter(("fill purchases", "yes", "how long does it take?", "again", "/quit"))
    other.acquire(first)
    with opened(files) as session:
        code = Chat(session, paper, FRONT, words).talk()
    target.dispose()
    text = shown(paper)
    assert f"Run {first} is at work on this target" in text
    assert text.index("is at work on this target") < text.index("> how long does it take?") < text.index("> again")
    assert code == 0
    assert one(files[1], "SELECT count(*) FROM purchases") == 100


# Rows on the screen


def test_rows_are_shown_beside_their_future_form_and_kept_nowhere(files: tuple[Path, Path]) -> None:
    write(files[0], f"UPDATE customer SET name = 'Meier {CANARY}', city = 'Ł{CANARY}' WHERE id = 1")
    held = hold(files, "move everything", "show me three customers", "let my engineer look", "yes", "/report")
    said = held.after("show me three customers")
    assert said.count(CANARY) == 4
    assert "in the old database" in said
    assert "in the new one" in said
    assert "customer 3" in said
    assert "legacy_id" in said
    assert held.text.count(CANARY) == 4
    assert Path("plan.yaml").exists()
    assert list(Path().glob("report-*.html"))
    assert one(files[1], "SELECT name FROM customers WHERE legacy_id = 1") == f"Meier {CANARY}"
    assert CANARY not in kept_files()


def test_them_is_the_table_last_talked_about(files: tuple[Path, Path]) -> None:
    held = hold(files, "move everything", "what happens to purchases?", "show me two of them")
    assert "purchase 2" in held.after("show me two of them")
    assert "purchase 3" not in held.after("show me two of them")


def test_rows_that_would_fail_are_shown_with_the_reason(orphaned: tuple[Path, Path]) -> None:
    held = hold(orphaned, "move everything", "show me the problem rows")
    said = held.after("show me the problem rows")
    assert said.count("no such row, neither old nor new") == 3
    assert [f"purchase {n}" in said for n in (10, 11, 40, 70)] == [True, False, True, True]


def test_a_value_that_does_not_fit_is_shown_with_the_reason(files: tuple[Path, Path]) -> None:
    write(files[0], "UPDATE customer SET name = NULL WHERE id = 2")
    held = hold(files, "move everything", "show me two customers", "show me the problem rows")
    assert "does not fit: null in required" in held.after("show me two customers")
    assert "does not fit: null in required" in held.after("show me the problem rows")
    assert "customer 2" in held.after("show me the problem rows")


# Somebody else


def test_an_engineer_gets_the_plan_and_a_summary_and_can_approve_by_name(files: tuple[Path, Path]) -> None:
    held = hold(files, "only customers", "let my engineer look", "approved by Ada")
    assert "plan.yaml" in held.after("let my engineer look")
    summary = Path("plan.md").read_text()
    assert "| customer | customers | 20 |" in summary
    assert "ferryman run --plan plan.yaml --approve" in summary
    assert "Approved by Ada." in held.after("approved by Ada")
    with opened(files) as session:
        assert Ledger(session.context.target).run(held.run).approval.by == "Ada"


def test_the_command_in_the_summary_runs_the_plan(files: tuple[Path, Path]) -> None:
    named = Options(connection_names=(str(files[0]), str(files[1])))
    held = hold(files, "only customers", "/save look.yaml", "/save look.yaml", "/save", "/save", options=named)
    assert "look.yaml is there already." in held.text
    assert Path("plan-2.md").exists()
    (line,) = [text.strip() for text in Path("look.md").read_text().splitlines() if "ferryman run" in text]
    done = subprocess.run(command(*shlex.split(line)[1:]), env=environment(None), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert one(files[1], "SELECT count(*) FROM customers") == 20


# Decisions and undoing


def test_a_decision_shows_its_rows_keeps_its_place_and_is_taken_up_again(orphaned: tuple[Path, Path]) -> None:
    blind = Options(preflight=False)
    held = hold(orphaned, "move everything", "yes", "show me two of them", "why did it stop?", options=blind)
    assert "  2. Skip these" in held.after("yes")
    assert held.after("show me two of them").count("no such row, neither old nor new") == 2
    assert "  2. Skip these" not in held.after("why did it stop?")
    assert held.code == 5
    assert f"To go on:\n\n  ferryman resume {held.run}\n" in held.text
    again = hold(orphaned, "resume", "2", options=blind)
    assert "waits for a decision" in again.text
    assert "  2. Skip these" in again.after("resume")
    assert "Decided by anna" in again.after("2")
    assert again.code == 3
    assert one(orphaned[1], "SELECT count(*) FROM purchases") == 97
    assert one(orphaned[1], "SELECT count(*) FROM ferryman_quarantine") == 3


def test_what_a_person_left_out_does_not_come_back_with_the_recommendations(tmp_path: Path) -> None:
    old = """CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO author VALUES (1, 'Ada'), (2, 'Bo');
        CREATE TABLE town (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO town VALUES (1, 'Bonn');
        CREATE TABLE book (id INTEGER PRIMARY KEY, author_id INTEGER REFERENCES author(id), title TEXT);
        INSERT INTO book VALUES (1, 1, 'One'), (2, 2, 'Two');"""
    new = """CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT);
        CREATE TABLE towns (id INTEGER PRIMARY KEY, name TEXT);
        CREATE TABLE books (id INTEGER PRIMARY KEY, author_id INTEGER NOT NULL REFERENCES authors(id), title TEXT);"""
    files = write(tmp_path / "books.sqlite", old), write(tmp_path / "library.sqlite", new)
    held = hold(files, "move everything", "leave authors out", "take all recommendations", "yes")
    assert "2. Leave books out (recommended)" in held.after("leave authors out")
    assert [one(files[1], f"SELECT count(*) FROM {table}") for table in ("towns", "authors", "books")] == [1, 0, 0]


def test_undoing_asks_which_run_and_once_more(files: tuple[Path, Path]) -> None:
    begin = ("only customers", "yes", "fill purchases", "yes")
    undo = ("undo what we did yesterday", "the second one", "no", "/rollback", "2", "yes")
    held = hold(files, *begin, *undo, "/runs")
    assert "There are 2 runs to undo:" in held.after("undo what we did yesterday")
    assert "100 rows out of purchases" in held.after("the second one")
    assert "Nothing was undone." in held.after("no")
    assert one(files[1], "SELECT count(*) FROM purchases") == 0
    assert one(files[1], "SELECT count(*) FROM customers") == 20
    assert [status for _, status in runs(files[1])] == ["success", "rolled_back"]
    assert "rolled back" in held.after("/runs")


def test_rows_that_are_taken_along_are_told_before_the_yes(files: tuple[Path, Path]) -> None:
    held = hold(files, "move everything", "only customers with id at most 5", "1", "yes")
    told = " ".join(held.after("1").split())
    assert "The plan moves 105 records into 2 tables, in 2 phases, and at least 15 more that others refer to." in told
    assert "customers: 5 rows, and at least 15 more that others refer to" in told
    assert one(files[1], "SELECT count(*) FROM customers") == 20


def test_a_conversation_that_only_undid_says_so_at_its_end(files: tuple[Path, Path]) -> None:
    hold(files, "only customers", "yes")
    held = hold(files, "undo it", "yes")
    assert one(files[1], "SELECT count(*) FROM customers") == 0
    assert "Goodbye. What run" in (told := " ".join(held.text.split())) and "had moved was taken out again" in told


def test_the_only_run_is_undone_after_one_more_question(files: tuple[Path, Path]) -> None:
    held = hold(files, "only customers", "yes", "undo it", "yes", "undo it")
    assert "That takes 20 rows out of customers again" in held.after("undo it")
    assert held.text.rpartition("> undo it\n")[2].startswith("\nThere is no run to undo.")
    assert one(files[1], "SELECT count(*) FROM customers") == 0
    assert "had moved was taken out again" in held.text


@pytest.mark.parametrize(
    "words", ["undo only the purchases", "take phase 2 back", "undo everything except customers", "undo the last phase"]
)
def test_one_table_or_one_phase_is_undone_alone(files: tuple[Path, Path], words: str) -> None:
    held = hold(files, "move everything", "yes", words, "yes", "undo it", "yes")
    assert "That takes 100 rows out of purchases again" in held.after(words)
    assert "Purchases is undone, and nothing else. Run " in held.text
    assert "That takes 20 rows out of customers again" in held.after("undo it")
    assert [one(files[1], f"SELECT count(*) FROM {table}") for table in ("customers", "purchases")] == [0, 0]
    assert [status for _, status in runs(files[1])] == ["rolled_back"]


@pytest.mark.parametrize("words", ["roll back customers but keep the rest", "keep the purchases, undo the rest"])
def test_what_hangs_on_a_table_is_said_before_it_is_undone_with_it(files: tuple[Path, Path], words: str) -> None:
    held = hold(files, "move everything", "yes", words, "no", "undo purchases, leave the others alone", "yes")
    said = held.after(words)
    assert "What hangs on it: 100 rows of purchases refer to customers" in said
    assert "So purchases can only be undone as well." in said
    assert "That takes 120 rows out of customers and purchases again" in said
    assert [one(files[1], f"SELECT count(*) FROM {table}") for table in ("customers", "purchases")] == [20, 0]


def test_an_undoing_that_rows_of_others_forbid_is_not_even_asked_about(files: tuple[Path, Path]) -> None:
    hold(files, "only customers", "yes")
    write(files[1], "INSERT INTO purchases SELECT 'since', min(id), 1, NULL, NULL, 'now' FROM customers")
    held = hold(files, "undo customers but keep the rest", "yes")
    said = held.after("undo customers but keep the rest")
    assert "What hangs on it: 1 row of purchases refers to customers" in said
    assert "Undo it? (yes/no)" not in said
    assert one(files[1], "SELECT count(*) FROM customers") == 20


# Names out of databases


def test_hostile_names_are_neither_markup_nor_control_codes(tmp_path: Path) -> None:
    name = "[red]a\x1b[31m\u202e[/red]"
    old = write(tmp_path / "old.sqlite", f'CREATE TABLE "{name}" (id integer PRIMARY KEY, "[b]x" text)')
    new = write(tmp_path / "new.sqlite", f'CREATE TABLE "{name}" (id integer PRIMARY KEY, "[b]x" text)')
    fill(old, name, ((1, "one\x1b[31m"), (2, "[bold]two[/bold]")))
    held = hold((old, new), "move everything", "show me two rows", "yes", "/runs")
    assert "[red]a" in held.text
    assert "[bold]two[/bold]" in held.text
    assert not {"\x1b", "\u202e"} & set(held.text)
    assert one(new, f'SELECT count(*) FROM "{name}"') == 2


# At a terminal

MANY = 40_000


def go(terminal: Terminal) -> None:
    """Everything in small batches, up to the first one of the second table."""
    terminal.say("move everything")
    terminal.wait_for("Shall I go ahead?")
    terminal.say("batches of 500 rows")
    terminal.wait_for("Shall I go ahead?")
    terminal.say("yes")
    terminal.wait_for(f"rows 1-500 of {MANY:,}")


def test_ctrl_c_or_a_typed_pause_stop_after_the_running_batch_and_the_run_goes_on_from_there(tmp_path: Path) -> None:
    files = shop(tmp_path, 20, MANY)
    with Terminal("chat", *pair(*files)) as terminal:
        go(terminal)
        terminal.type(CTRL_C)
        terminal.wait_for("Stopping after the running batch")
        terminal.wait_for("Shall I go on?")
        here = one(files[1], "SELECT count(*) FROM purchases")
        assert here == one(files[1], "SELECT max(last_row) FROM ferryman_batch WHERE table_name = 'purchases'")
        assert isinstance(here, int)
        assert 500 <= here < MANY
        terminal.say("resume")
        assert "\a" in terminal.raw  # the bell: somebody was needed
        terminal.wait_for("Moving purchases")
        terminal.type("how long will it take?" + ENTER)
        terminal.wait_for(f"of {MANY:,} purchases (")
        terminal.type("/pause" + ENTER)
        terminal.wait_for("Stopping after the running batch")
        terminal.wait_for("Shall I go on?")
        assert one(files[1], "SELECT status FROM ferryman_run") == "paused"
        terminal.say("/resume")
        terminal.wait_for("Done: everything arrived.")
        terminal.wait_for("\n>")
        terminal.type(CTRL_D)
        assert terminal.end() == 0
    assert one(files[1], "SELECT count(*) FROM purchases") == MANY
    assert "\x1b[?25h" in terminal.raw.rpartition("\x1b[?25l")[2]  # the cursor is there again


def test_a_yes_that_was_typed_before_there_was_a_plan_approves_nothing(files: tuple[Path, Path]) -> None:
    with Terminal("chat", *pair(*files)) as terminal:
        terminal.wait_for("\n>")
        terminal.type("move everything" + ENTER + "yes" + ENTER)
        terminal.type("yes" + ENTER)
        terminal.wait_for("Shall I go ahead?")
        terminal.say("what is the status?")
        terminal.wait_for("it waits for your yes")
        terminal.wait_for("\n>")
        terminal.type(CTRL_D)
        terminal.end()
    assert one(files[1], "SELECT count(*) FROM customers") == 0
    assert runs(files[1]) == []


def test_ctrl_c_twice_leaves_at_once_and_the_way_back_works(tmp_path: Path) -> None:
    files = shop(tmp_path, 20, MANY)
    with Terminal("chat", *pair(*files)) as terminal:
        go(terminal)
        held = locked(files[1])  # the running batch cannot commit: it never ends by itself
        terminal.type(CTRL_C)
        terminal.wait_for("Stopping after the running batch")
        terminal.type(CTRL_C)
        terminal.wait_for("Left at once.")
        assert terminal.end() == 130
        held.close()
    rows = one(files[1], "SELECT count(*) FROM purchases")
    assert rows == one(files[1], "SELECT max(last_row) FROM ferryman_batch WHERE table_name = 'purchases'")
    way_back = terminal.text.splitlines()[-1].strip()
    assert way_back == f"ferryman resume {runs(files[1])[0][0]}"
    done = subprocess.run(command(*way_back.split()[1:]), env=environment(None), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert one(files[1], "SELECT count(*) FROM purchases") == MANY
    assert runs(files[1])[0][1] == "success"


def locked(path: Path) -> sqlite3.Connection:
    """Hold the write lock of a file that somebody else writes all the time."""
    connection = sqlite3.connect(path, timeout=0, isolation_level=None)
    give_up = time.monotonic() + 20
    while True:
        try:
            connection.execute("BEGIN IMMEDIATE")
            return connection
        except sqlite3.OperationalError:
            assert time.monotonic() < give_up
            time.sleep(0.0002)


def test_a_narrow_terminal_without_colours_and_ctrl_c_at_the_prompt(files: tuple[Path, Path]) -> None:
    with Terminal("chat", *pair(*files), width=44, env={"NO_COLOR": "1"}) as terminal:
        terminal.say("move everything")
        terminal.wait_for("Shall I go ahead?")
        terminal.wait_for("\n>")
        terminal.type(CTRL_C)
        assert terminal.end() == 130
    plan = terminal.lines[: terminal.lines.index("Shall I go ahead?")]
    assert max(len(line) for line in plan) <= 44
    assert any("purchase  purchases" in line for line in plan)
    assert not any(f"\x1b[{code}m" in terminal.raw for code in (*range(30, 38), *range(90, 98)))
    assert "Goodbye. Nothing was written, and the plan" in terminal.text
    assert runs(files[1]) == []


def test_a_polite_kill_stops_after_the_running_batch_and_leaves(tmp_path: Path) -> None:
    files = shop(tmp_path, 20, MANY)
    with Terminal("chat", *pair(*files)) as terminal:
        go(terminal)
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.end() == 130
    rows = one(files[1], "SELECT count(*) FROM purchases")
    assert rows == one(files[1], "SELECT max(last_row) FROM ferryman_batch WHERE table_name = 'purchases'")
    assert "are moved and kept. To go on:" in terminal.text
    assert ask(files[1], "SELECT status, lease_owner FROM ferryman_run") == [("paused", None)]

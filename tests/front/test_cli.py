"""The command line from outside: what it says where, its exit codes, and that looking writes nothing."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from ferryman import docs
from ferryman.commands import crash
from ferryman.commands.edge import guarded
from ferryman.tools.move.tables import LEDGER_VERSION
from ferryman.workspace import FOLDER
from tests.checkout import ROOT
from tests.front.calling import Called, call, command, digest, environment, here, pair, refused, start
from tests.front.terminal import CTRL_C, ENTER, Terminal
from tests.tools.pairs import ask, one, shop

COMMANDS = dict(docs.commands())
WANTED = (
    "chat connections analyze match plan run runs status resume rollback pause validate report finish doctor demo"
).split()


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """An old shop with 100 purchases of 20 customers, and an empty new one."""
    return shop(tmp_path)


def planned(files: tuple[Path, Path], *words: str) -> dict[str, Any]:
    """Make a plan.yaml; what --json said of it."""
    done = here("plan", *pair(*files), "-o", "plan.yaml", "--json", *words)
    assert done.code == 0, done.err
    return done.json


def run(approval: str, *words: str) -> Called:
    return here("run", "--plan", "plan.yaml", "--approve", approval, "--json", *words)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which everything of a small shop was moved, by commands with relative paths."""
    place = tmp_path_factory.mktemp("finished")
    shop(place)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        plan = planned((Path("old.sqlite"), Path("new.sqlite")))
        assert run(plan["approval"], "--by", "anna").code == 0
    return place


@pytest.fixture
def moved(finished: Path) -> str:
    """A copy of that folder to work in; the run's id. The databases are `OLD` and `NEW`."""
    shutil.copytree(finished, Path.cwd(), dirs_exist_ok=True)
    return next(path.parent.name for path in Path(FOLDER).glob("runs/*/databases.json"))


OLD, NEW = Path("old.sqlite"), Path("new.sqlite")


# What there is


@pytest.mark.parametrize("name", [*WANTED, "ledger ddl"])
def test_the_command_is_there_and_says_what_it_does_with_an_example(name: str) -> None:
    found = COMMANDS[f"ferryman {name}"]
    assert found.help
    assert found.epilog.startswith(f"Example: ferryman {name}")
    assert "--json" in [option for parameter in found.params for option in parameter.opts]


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_example_of_a_command_is_a_command_line_that_it_takes(name: str) -> None:
    """Parsed only: what it names need not be there."""
    import shlex

    words = shlex.split(COMMANDS[name].epilog.removeprefix(f"Example: {name}"))
    COMMANDS[name].make_context(name, words)


def test_every_command_stands_in_the_docs_as_it_is() -> None:
    assert (ROOT / "docs" / "commands.md").read_text() == docs.markdown()


def test_nothing_heavy_is_loaded_for_help_and_version() -> None:
    """They take a tenth of a second then; a database library or the graph would cost one or more."""
    heavy = ("langgraph", "sqlalchemy", "pyarrow", "pydantic", "rich", "prompt_toolkit", "jinja2")
    for word in ("--help", "--version"):
        code = f"import sys; sys.argv[1:] = [{word!r}]; import atexit; from ferryman.cli import main; atexit.register("
        code += f"lambda: print([m for m in {heavy!r} if m in sys.modules], file=sys.stderr)); main()"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stderr.strip() == "[]"


def test_a_conversation_loads_no_chat_model_before_it_needs_one() -> None:
    code = "import sys, ferryman.commands.run; print('langchain_core.language_models.chat_models' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_help_of_a_command_goes_to_standard_output_with_the_example() -> None:
    done = call("plan", "--help")
    assert done.code == 0
    assert "Example: ferryman plan" in done.out
    assert done.err == ""


def test_completion_for_a_shell_is_there() -> None:
    done = call("--show-completion", "bash", env={"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"})
    assert done.code == 0
    assert "ferryman" in done.out


def test_the_console_script_is_the_same() -> None:
    script = Path(sys.executable).parent / "ferryman"
    done = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == call("--version").out


# Errors


@pytest.mark.parametrize(
    "words",
    [("nosuch",), ("plan", "--nosuch"), ("run",), ("run", "--plan"), ("ledger",), ("status", "a", "b")],
)
def test_a_wrong_command_line_is_two_lines_and_exit_code_2(words: tuple[str, ...]) -> None:
    what, do = refused(call(*words), 2)
    assert len(call(*words).lines) == 2
    assert "--help" in do
    assert what.endswith((".", "?"))


def test_with_json_an_error_is_an_object_on_standard_output() -> None:
    done = call("plan", "--source", "missing.db", "--target", "also.db", "--json")
    assert done.code == 4
    assert set(done.json) == {"error"}
    assert done.json["error"]["exit_code"] == 4
    assert [done.json["error"]["what"], done.json["error"]["do"]] == done.lines


def test_what_nobody_foresaw_is_two_lines_and_a_file_without_secrets(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", "hunter2hunter2")

    text = "hunter2hunter2 of postgresql://app:s3cret@host/db, password=x1y2z3, value 'Ada Lovelace'"

    def broken(_: list[str]) -> object:
        raise RuntimeError(text)

    assert guarded(broken, []) == 1
    what, do = capsys.readouterr().err.splitlines()
    assert "RuntimeError" in what
    path = Path(re.findall(r"\S+\.txt", do)[0])
    text = path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent == Path(FOLDER) == Path(crash.FOLDER)
    assert "in broken" in text
    for secret in ("hunter2", "s3cret", "x1y2z3", "Ada"):
        assert secret not in text


def test_a_line_that_is_lost_is_not_told_by_sqlalchemy_as_well() -> None:
    script = (
        "import logging; from ferryman.commands.edge import guarded\n"
        "guarded(lambda _: logging.getLogger('sqlalchemy.pool.impl').error('Exception during reset or similar'), [])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


def test_a_reader_that_goes_away_early_is_no_error() -> None:
    script = "import sys; sys.stdin.readline()"
    producer = subprocess.Popen(
        command("ledger", "ddl", "--dialect", "sqlite"), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    subprocess.run([sys.executable, "-c", script], stdin=producer.stdout, check=True)
    assert producer.stdout and producer.stderr
    producer.stdout.close()
    assert b"Traceback" not in producer.stderr.read()
    assert b"BrokenPipe" not in producer.stderr.read()
    producer.stderr.close()
    producer.wait(60)


def test_without_a_terminal_a_conversation_ends_with_its_input(files: tuple[Path, Path]) -> None:
    done = call("chat", *pair(*files))
    assert done.code == 0
    assert "Traceback" not in done.err


# Databases by name


def test_connections_lists_names_with_masked_urls_and_whether_they_answer(files: tuple[Path, Path]) -> None:
    old, new = files
    Path("ferryman.toml").write_text(
        f'[connections.shop]\nsource = "sqlite:///{old}"\ntarget = "sqlite:///{new}"\n'
        '[databases]\nfar = "postgresql://app:${FAR_PASSWORD}@far.example/db"\n'
    )
    done = call("connections", "--json", env={"FAR_PASSWORD": "hunter2hunter2"})
    assert done.code == 4
    assert [(c["name"], c["side"], c["answers"]) for c in done.json["connections"]] == [
        ("shop", "source", True),
        ("shop", "target", True),
        ("far", "database", False),
    ]
    assert "hunter2" not in done.out + done.err
    assert "hunter2" not in call("connections", env={"FAR_PASSWORD": "hunter2hunter2"}).err


def test_a_name_is_enough(files: tuple[Path, Path]) -> None:
    old, new = files
    Path("ferryman.toml").write_text(f'[connections.shop]\nsource = "{old}"\ntarget = "{new}"\n')
    assert here("analyze", "shop", "--json").json["tables"]
    plan = here("plan", "shop", "--json").json
    assert plan["connections"] == {"source": "shop", "target": "shop"}


def test_doctor_says_what_is_there_and_what_is_missing(files: tuple[Path, Path]) -> None:
    done = here("doctor", *pair(*files), "--json")
    assert done.code == 0, done.err
    looks = {look["name"]: look for look in done.json["looks"]}
    assert looks["model"]["found"].startswith("none configured")
    assert looks["databases"]["well"]
    assert here("doctor", "--source", str(files[0]), "--target", "missing.db").code == 4


def test_the_ledgers_script_is_for_a_client_and_nothing_else() -> None:
    done = here("ledger", "ddl", "--dialect", "postgresql")
    assert done.code == 0
    assert done.err == ""
    assert done.out.count("CREATE TABLE IF NOT EXISTS ferryman.") == 6
    assert here("ledger", "ddl", "--dialect", "mysql", "--json").json["dialect"] == "mysql"


# Looking


def test_looking_and_planning_write_to_neither_database(files: tuple[Path, Path]) -> None:
    before = [digest(file) for file in files]
    for words in (("analyze",), ("match",), ("plan", "-o", "plan.yaml"), ("doctor",)):
        assert here(words[0], *pair(*files), *words[1:]).code == 0
    assert [digest(file) for file in files] == before
    assert sorted(path.name for path in files[0].parent.glob("*.sqlite*")) == ["new.sqlite", "old.sqlite"]


def test_analyze_names_what_feeds_each_table(files: tuple[Path, Path]) -> None:
    found = here("analyze", *pair(*files), "--json").json
    fed = {table["target_table"]: (table["source_table"], table["record_count"]) for table in found["tables"]}
    assert fed == {"customers": ("customer", 20), "purchases": ("purchase", 100)}
    assert "customers" in here("analyze", *pair(*files)).err


def test_match_prints_what_the_scorer_reads(files: tuple[Path, Path]) -> None:
    found = here("match", *pair(*files), "--json").json
    assert found["tables"]["customer"][0][0] == "customers"
    assert found["columns"]["purchase.amount"][0][0] == "purchases.amount"
    assert ["purchase.amount", "purchases.amount"] in found["decided"]


# Planning


def test_a_plan_goes_to_a_file_and_its_approval_to_the_program(files: tuple[Path, Path]) -> None:
    plan = planned(files)
    assert {"plan_hash", "approval", "questions", "phases", "counts", "estimate", "risks", "writes"} <= set(plan)
    assert plan["open_questions"] == 0
    assert plan["approval"].startswith(plan["plan_hash"][:0] or plan["approval"][:16])
    assert re.fullmatch(r"[0-9a-f]{16}(-[0-9a-f]{16}){5}", plan["approval"])
    assert [table for phase in plan["phases"] for table in phase["tables"]] == ["customers", "purchases"]
    assert "customers" in Path("plan.yaml").read_text()
    assert {"customers", "purchases", "ferryman_run"} <= set(plan["writes"])


def test_the_same_databases_give_the_same_approval(files: tuple[Path, Path]) -> None:
    assert planned(files)["approval"] == planned(files, "--force")["approval"]


def test_a_plan_is_never_written_over_without_being_told(files: tuple[Path, Path]) -> None:
    Path("plan.yaml").write_text("mine\n")
    refused(here("plan", *pair(*files), "-o", "plan.yaml"), 2)
    assert Path("plan.yaml").read_text() == "mine\n"
    assert here("plan", *pair(*files), "-o", "plan.yaml", "--force").code == 0


def test_only_and_leave_out_name_tables(files: tuple[Path, Path]) -> None:
    only = planned(files, "--only", "customers")
    assert [table for phase in only["phases"] for table in phase["tables"]] == ["customers"]
    without = planned(files, "--force", "--leave-out", "purchases")
    assert [table for phase in without["phases"] for table in phase["tables"]] == ["customers"]
    what, do = refused(here("plan", *pair(*files), "--only", "custmers"), 2)
    assert "custmers" in what
    assert "customers" in do


def test_what_is_not_understood_is_said(files: tuple[Path, Path]) -> None:
    refused(here("plan", *pair(*files), "--request", "colourless green ideas"), 2)
    refused(here("plan", *pair(*files), "--answer", "colourless green ideas"), 2)


def test_a_request_in_words_is_taken(files: tuple[Path, Path]) -> None:
    plan = planned(files, "--request", "only customers")
    assert [table for phase in plan["phases"] for table in phase["tables"]] == ["customers"]


# Running


def test_a_run_moves_everything_under_its_approval(files: tuple[Path, Path]) -> None:
    before = digest(files[0])
    done = run(planned(files)["approval"], "--by", "anna")
    assert done.code == 0, done.err
    assert done.json["status"] == "success"
    assert done.json["outcome"]["records_migrated"] == 120
    assert done.json["outcome"]["validation"] == "PASSED"
    assert one(files[1], "SELECT count(*) FROM purchases") == 100
    assert digest(files[0]) == before


def test_without_an_approval_nothing_is_written_and_the_right_one_is_named(files: tuple[Path, Path]) -> None:
    approval, before = planned(files)["approval"], digest(files[1])
    done = here("run", "--plan", "plan.yaml", "--json")
    assert done.code == 5
    assert done.json["approval"] == approval
    assert done.json["status"] == "waiting"
    assert approval in done.json["error"]["do"]
    assert digest(files[1]) == before


def test_an_approval_of_something_else_does_not_hold(files: tuple[Path, Path]) -> None:
    approval, before = planned(files)["approval"], digest(files[1])
    other = "-".join(["0" * 16, *approval.split("-")[1:]])
    what, _ = refused(here("run", "--plan", "plan.yaml", "--approve", other), 5)
    assert "the plan" in what
    assert digest(files[1]) == before


def test_the_folder_remembers_where_a_run_was_made(moved: str) -> None:
    assert here("status", "--json").json["run"] == moved
    assert [r["run"] for r in here("runs", "--json").json["runs"]] == [moved]


def test_of_runs_into_several_targets_that_of_the_named_one_is_remembered(moved: str) -> None:
    kept = Path(FOLDER, "runs", moved, "databases.json").read_text()
    other = Path(FOLDER, "runs", "another", "databases.json")
    other.parent.mkdir()
    other.write_text(kept.replace("old.sqlite", "elsewhere.sqlite").replace("new.sqlite", "another.sqlite"))
    target = json.loads(kept)["target"]
    assert here("validate", "--target", target, "--json").code == 0
    assert here("validate", "--json").code == 2


def test_elsewhere_the_target_is_enough(moved: str, tmp_path: Path) -> None:
    status = call("status", "--target", NEW.resolve(), "--json", cwd=tmp_path / "home").json
    assert (status["run"], status["status"], status["overall_progress"]) == (moved, "success", 100)
    assert status["rollback_available"] is True
    assert {table["table"]: table["done"] for table in status["tables"]} == {"customers": 20, "purchases": 100}


def test_status_lists_the_hand_overs_between_the_agents(moved: str) -> None:
    given = here("status", moved, "--json").json["delegations"]
    assert {"schema-analysis", "planning", "data-mapping", "migration-execution", "validation"} >= {
        d["agent"] for d in given
    }
    assert {"prepare", "copy", "validate"} <= {d["phase"] for d in given}
    assert all(d["state"] == "done" for d in given)


def test_validation_can_be_asked_for_again_and_sees_a_change(moved: str) -> None:
    before = digest(NEW)
    done = here("validate", "--json")
    assert (done.code, done.json["passed"], done.json["run"]) == (0, True, moved)
    assert digest(NEW) == before
    with sqlite3.connect(NEW) as connection:
        connection.execute("UPDATE purchases SET amount = -1 WHERE legacy_id = 7")
    connection.close()
    done = here("validate", "--json")
    assert (done.code, done.json["passed"]) == (3, False)


def test_a_run_is_undone_only_when_that_is_confirmed(moved: str) -> None:
    what, do = refused(here("rollback"), 5)
    assert "120 rows" in what
    assert "--yes" in do
    assert one(NEW, "SELECT count(*) FROM purchases") == 100
    done = here("rollback", moved, "--yes", "--json")
    assert done.code == 0, done.err
    assert one(NEW, "SELECT count(*) FROM purchases") == 0
    assert one(NEW, "SELECT count(*) FROM customers") == 0
    assert here("status", moved, "--json").json["status"] == "rolled_back"


def test_one_table_can_be_undone_alone(moved: str) -> None:
    assert here("rollback", moved, "--table", "purchases", "--yes").code == 0
    assert one(NEW, "SELECT count(*) FROM purchases") == 0
    assert one(NEW, "SELECT count(*) FROM customers") == 20
    standing = here("status", moved, "--json").json
    assert (standing["status"], standing["overall_progress"]) == ("success", 100)
    refused(here("rollback", moved, "--table", "nosuch", "--yes"), 2)


def test_finishing_archives_the_ledger_and_takes_it_away(moved: str) -> None:
    refused(here("finish"), 5)
    done = here("finish", "-o", "ledger.jsonl", "--yes", "--json")
    assert done.code == 0, done.err
    assert ask(NEW, "SELECT name FROM sqlite_schema WHERE name LIKE 'ferryman%'") == []
    assert one(NEW, "SELECT count(*) FROM purchases") == 100
    lines = [json.loads(line) for line in Path("ledger.jsonl").read_text().splitlines()]
    assert lines[0] == {"ferryman_ledger": LEDGER_VERSION}
    assert moved in {line["row"].get("run_id") for line in lines[1:]}
    assert Path("ledger.jsonl").stat().st_mode & 0o777 == 0o600
    refused(here("runs"), 2)


def test_a_report_is_written(moved: str) -> None:
    assert here("report", "-o", "report.html").code == 0
    assert here("report", moved, "-o", "report.md").code == 0
    assert moved in Path("report.html").read_text()
    assert Path("report.md").read_text().startswith("# old into new")


def test_nothing_is_paused_that_does_not_run(moved: str) -> None:
    refused(here("pause"), 2)
    refused(here("pause", moved), 2)


def test_a_running_run_pauses_from_another_terminal_and_goes_on(tmp_path: Path) -> None:
    files = shop(tmp_path, customers=1000, purchases=60_000)
    approval = planned(files)["approval"]
    slow = {"FERRYMAN_FAILPOINT": "before_begin:purchases=error*2"}
    process = start("run", "--plan", "plan.yaml", "--approve", approval, "--json", env=slow)
    try:
        give_up = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < give_up:
            here("pause", "--target", files[1], "--json")
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 5, err
    assert json.loads(out)["status"] == "paused"
    assert int(str(one(files[1], "SELECT count(*) FROM purchases"))) < 60_000
    done = here("resume", "--json")
    assert done.code == 0, done.err
    assert one(files[1], "SELECT count(*) FROM purchases") == 60_000


def test_killed_at_a_commit_it_goes_on_where_it_was(files: tuple[Path, Path]) -> None:
    approval = planned(files)["approval"]
    done = call(
        "run", "--plan", "plan.yaml", "--approve", approval, env={"FERRYMAN_FAILPOINT": "before_commit:purchases:1"}
    )
    assert done.code == -9
    status = here("status", "--json").json
    assert (status["status"], status["technical_status"]) == ("paused", "process_gone")
    done = here("resume", "--json")
    assert done.code == 0, done.err
    assert one(files[1], "SELECT count(*) FROM purchases") == 100


def test_a_fault_of_our_own_in_the_middle_is_two_lines_and_the_run_goes_on(files: tuple[Path, Path]) -> None:
    approval = planned(files)["approval"]
    broken = {"FERRYMAN_FAILPOINT": "before_ledger:purchases=broken"}
    done = call("run", "--plan", "plan.yaml", "--approve", approval, env=broken)
    assert done.code == 1
    assert "Traceback" not in done.err
    assert re.search(rf"{FOLDER}/crash-\S+\.txt", done.lines[-1])
    assert one(files[1], "SELECT count(*) FROM purchases") == 0
    assert here("resume").code == 0
    assert one(files[1], "SELECT count(*) FROM purchases") == 100


def test_a_closed_pipe_does_not_stop_rows_that_move(files: tuple[Path, Path]) -> None:
    approval = planned(files)["approval"]
    reading, writing = os.pipe()
    os.close(reading)
    words = command("run", "--plan", "plan.yaml", "--approve", approval)
    done = subprocess.run(words, stdout=writing, stderr=writing, env=environment(None), timeout=120, check=False)
    os.close(writing)
    assert done.returncode == 0
    assert one(files[1], "SELECT count(*) FROM purchases") == 100


def test_dry_run_and_sample_keep_nothing(files: tuple[Path, Path]) -> None:
    planned(files)
    before = digest(files[1])
    for words in (("--dry-run",), ("--sample", "10%")):
        done = here("run", "--plan", "plan.yaml", *words, "--json")
        assert done.code == 0, done.err
        assert digest(files[1]) == before
    refused(here("run", "--plan", "plan.yaml", "--sample", "lots"), 2)


# At a terminal


def test_at_a_terminal_a_person_approves_what_they_see(files: tuple[Path, Path]) -> None:
    planned(files)
    with Terminal("run", "--plan", "plan.yaml") as terminal:
        shown = terminal.wait_for("(yes/no)")
        assert "ferryman_run" in shown
        terminal.type(f"yes{ENTER}")
        assert terminal.end() == 0
    assert one(files[1], "SELECT count(*) FROM purchases") == 100


def test_at_a_terminal_a_no_writes_nothing(files: tuple[Path, Path]) -> None:
    planned(files)
    before = digest(files[1])
    with Terminal("run", "--plan", "plan.yaml") as terminal:
        terminal.wait_for("(yes/no)")
        terminal.type(f"no{ENTER}")
        assert terminal.end() == 5
    assert digest(files[1]) == before


def test_ctrl_c_once_stops_after_the_running_batch_and_the_run_goes_on(tmp_path: Path) -> None:
    files = shop(tmp_path, customers=1000, purchases=60_000)
    approval = planned(files)["approval"]
    slow = {"FERRYMAN_FAILPOINT": "before_begin:purchases=error*2"}
    with Terminal("run", "--plan", "plan.yaml", "--approve", approval, env=slow) as terminal:
        terminal.wait_for("purchases")
        terminal.type(CTRL_C)
        assert terminal.end() == 130
        assert "ferryman resume" in terminal.text
    assert here("status", "--json").json["status"] == "paused"
    assert here("resume").code == 0
    assert one(files[1], "SELECT count(*) FROM purchases") == 60_000


def test_ctrl_c_twice_leaves_at_once_and_says_what_is_kept(tmp_path: Path) -> None:
    files = shop(tmp_path, customers=1000, purchases=60_000)
    approval = planned(files)["approval"]
    slow = {"FERRYMAN_FAILPOINT": "before_begin:purchases=error*4"}
    with Terminal("run", "--plan", "plan.yaml", "--approve", approval, env=slow) as terminal:
        terminal.wait_for("purchases")
        terminal.type(CTRL_C)
        terminal.wait_for("Stopping after the running batch")
        terminal.type(CTRL_C)
        assert terminal.end() == 130
        assert "Left at once." in terminal.text
    assert here("resume").code == 0
    assert one(files[1], "SELECT count(*) FROM purchases") == 60_000

"""Bad input, from outside: a line that says what happened, one what to do, the right exit code, nothing half done."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from random import Random

import pytest

from ferryman.domain.run import RunStatus
from tests.front.calling import Called, call, digest, here, pair, refused
from tests.tools.pairs import ask, begun, fill, one, rows_of, shop, write

LOOKING = ("analyze", "match", "plan")


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return shop(tmp_path)


def approved(files: tuple[Path, Path], *words: str) -> str:
    """Make plan.yaml; its approval."""
    done = here("plan", *pair(*files), "-o", "plan.yaml", "--json", *words)
    assert done.code == 0, done.err
    return str(done.json["approval"])


def run(approval: str, *words: str, by: Callable[..., Called] = here) -> Called:
    return by("run", "--plan", "plan.yaml", "--approve", approval, *words)


def runs_well(approval: str, *words: str) -> None:
    """Afterwards all is well: the same plan runs."""
    done = here("run", "--plan", "plan.yaml", "--approve", approval, *words)
    assert done.code == 0, done.err


def counts(target: Path) -> dict[str, object]:
    tables = [str(name) for (name,) in ask(target, "SELECT name FROM sqlite_schema WHERE type = 'table'")]
    return {name: one(target, f'SELECT count(*) FROM "{name}"') for name in tables if not name.startswith("ferryman")}


# Files that are no database, or that cannot be read


def missing(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def encrypted(path: Path) -> None:
    path.write_bytes(Random(7).randbytes(40_960))


def a_text(path: Path) -> None:
    path.write_text("id;name\n1;Ada\n" * 400)


def zipped(path: Path) -> None:
    path.write_bytes(b"PK\x03\x04" + bytes(4096))


def corrupt(path: Path) -> None:
    """The header and the catalogue are whole, the pages behind them are not."""
    content = path.read_bytes()
    path.write_bytes(content[:4096] + Random(7).randbytes(len(content) - 4096))


def cut_off(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2 // 4096 * 4096])


@pytest.mark.parametrize("side", ["source", "target"])
@pytest.mark.parametrize("spoil", [missing, empty, a_folder, encrypted, a_text, zipped])
def test_what_is_no_database_is_named(files: tuple[Path, Path], side: str, spoil: Callable[[Path], None]) -> None:
    bad, good = files if side == "source" else files[::-1]
    spoil(bad)
    before = digest(good)
    what, _ = refused(here("plan", *pair(*files), "-o", "plan.yaml"), 4)
    assert bad.name in what
    assert not Path("plan.yaml").exists()
    assert digest(good) == before


@pytest.mark.parametrize("spoil", [corrupt, cut_off])
@pytest.mark.parametrize("side", ["source", "target"])
def test_a_damaged_file_is_named(files: tuple[Path, Path], side: str, spoil: Callable[[Path], None]) -> None:
    bad, good = files if side == "source" else files[::-1]
    fill(files[1], "customers", ((f"id-{n}", "x" * 30, None, n, "now") for n in range(1000, 3000)))
    spoil(bad)
    before = digest(good)
    done = here("plan", *pair(*files), "-o", "plan.yaml")
    what, do = refused(done, done.code)
    assert done.code in (1, 4)
    assert "damaged" in what or "not a database" in what or "malformed" in what, what
    assert "backup" in do or "recover" in do
    assert digest(good) == before


@pytest.mark.parametrize("command", LOOKING)
def test_every_command_that_looks_refuses_in_two_lines(files: tuple[Path, Path], command: str) -> None:
    files[0].unlink()
    done = call(command, *pair(*files), "--json")
    assert done.code == 4
    assert done.json["error"]["exit_code"] == 4
    assert len(done.lines) == 2


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another program writes the file, and does not end."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield
        connection.execute("ROLLBACK")


@pytest.mark.parametrize("side", ["source", "target"])
def test_a_locked_file_is_waited_for_and_then_named(files: tuple[Path, Path], side: str) -> None:
    with locked(files[side == "target"]):
        what, do = refused(call("plan", *pair(*files)), 1)
    assert "locked by another program" in what
    assert "Wait" in do


def test_a_target_that_is_locked_when_rows_move_keeps_its_rows(files: tuple[Path, Path]) -> None:
    approval = approved(files)
    before = digest(files[1])
    with locked(files[1]):
        refused(run(approval, by=call), 1)
    assert digest(files[1]) == before
    runs_well(approval)


# Databases that do not go together


def test_the_same_database_on_both_sides_is_refused_under_whatever_name(files: tuple[Path, Path]) -> None:
    other = files[0].parent / "other.sqlite"
    other.symlink_to(files[0])
    hard = files[0].parent / "hard.sqlite"
    os.link(files[0], hard)
    before = digest(files[0])
    for name in (files[0], other, hard, f"sqlite:///{files[0]}"):
        what, _ = refused(here("plan", "--source", files[0], "--target", name), 4)
        assert "the same" in what
    assert digest(files[0]) == before


def test_nothing_that_matches_is_said(tmp_path: Path) -> None:
    old = write(tmp_path / "old.sqlite", "CREATE TABLE zebra (stripe blob, hoof real); INSERT INTO zebra VALUES (1, 1)")
    new = write(tmp_path / "new.sqlite", "CREATE TABLE invoices (number TEXT PRIMARY KEY, due DATE NOT NULL)")
    what, do = refused(here("plan", *pair(old, new), "-o", "plan.yaml"), 2)
    assert "Nothing" in what
    assert "ferryman analyze" in do
    assert here("analyze", *pair(old, new)).code == 0


@pytest.mark.parametrize("side", ["source", "target"])
def test_a_database_without_tables_is_said(files: tuple[Path, Path], side: str) -> None:
    bad = files[side == "target"]
    bad.unlink()
    write(bad, "CREATE TABLE t (a); DROP TABLE t")
    what, _ = refused(here("plan", *pair(*files)), 2)
    assert "no tables" in what


# Rights


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind root")
@pytest.mark.parametrize("readonly", ["file", "folder"])
def test_a_target_that_may_not_be_written_is_named(files: tuple[Path, Path], readonly: str) -> None:
    place = files[1] if readonly == "file" else files[1].parent
    place.chmod(0o444 if readonly == "file" else 0o555)
    try:
        refused(here("plan", *pair(*files)), 4)
    finally:
        place.chmod(0o755)


@pytest.fixture
def readonly_mount(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system that is mounted read-only: it binds root as well."""
    place = tmp_path / "readonly"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", place], capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a file system here")
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=False)


def test_a_target_on_a_read_only_file_system_is_named(files: tuple[Path, Path], readonly_mount: Path) -> None:
    target = Path(shutil.copy(files[1], readonly_mount))
    subprocess.run(["mount", "-o", "remount,ro", readonly_mount], check=True)
    before = digest(target)
    what, do = refused(here("plan", *pair(files[0], target)), 4)
    assert "cannot be written" in what
    assert "right" in do
    assert digest(target) == before


# Names, keys, values


HOSTILE_OLD = '''
CREATE TABLE "order; drop table x" (
    "id" integer PRIMARY KEY, "say ""hello""" text, "select" text, "a b" text, "per;cent %s" integer, "it's" text);
INSERT INTO "order; drop table x" VALUES (1, 'a', 'b', 'c', 4, 'd'), (2, 'e', 'f', 'g', 8, 'h');
CREATE TABLE x (id integer PRIMARY KEY, note text);
INSERT INTO x VALUES (1, 'still here');
'''
HOSTILE_NEW = '''
CREATE TABLE "order; drop table x" (
    "id" integer PRIMARY KEY, "say ""hello""" text, "select" text, "a b" text, "per;cent %s" integer, "it's" text);
CREATE TABLE x (id integer PRIMARY KEY, note text);
'''


def test_hostile_names_are_only_names(tmp_path: Path) -> None:
    files = write(tmp_path / "old.sqlite", HOSTILE_OLD), write(tmp_path / "new.sqlite", HOSTILE_NEW)
    done = run(approved(files), "--json")
    assert done.code == 0, done.err
    table = '"order; drop table x"'
    assert ask(files[1], f"SELECT * FROM {table}") == ask(files[0], f"SELECT * FROM {table}")
    assert ask(files[1], "SELECT * FROM x") == [(1, "still here")]
    assert here("report", "-o", "report.html").code == 0
    assert here("rollback", "--yes").code == 0
    assert counts(files[1]) == {"order; drop table x": 0, "x": 0}


def test_control_characters_in_a_name_do_not_reach_the_terminal(tmp_path: Path) -> None:
    name = "cust\x1b[31momer\u202es"
    files = (
        write(tmp_path / "old.sqlite", f'CREATE TABLE "{name}" (id integer PRIMARY KEY, title text)'),
        write(tmp_path / "new.sqlite", f'CREATE TABLE "{name}" (id integer PRIMARY KEY, title text)'),
    )
    fill(files[0], name, [(1, "a")])
    for words in (("analyze",), ("plan", "-o", "plan.yaml")):
        done = call(words[0], *pair(*files), *words[1:])
        assert done.code == 0, done.err
        assert "\x1b" not in done.err + done.out
        assert "\u202e" not in done.err + done.out


def test_a_table_without_a_key_moves_by_position_or_is_asked_about(tmp_path: Path) -> None:
    schema = "CREATE TABLE notes (subject text, body text)"
    files = write(tmp_path / "old.sqlite", schema), write(tmp_path / "new.sqlite", schema)
    fill(files[0], "notes", [("same", "twin"), ("same", "twin"), ("other", None)])
    done = here("plan", *pair(*files), "-o", "plan.yaml", "--json")
    assert done.code in (0, 5), done.err
    if done.code == 5:
        assert any(question["table"] == "notes" for question in done.json["questions"])
        refused(run(done.json["approval"]), 5)
        assert counts(files[1]) == {"notes": 0}
        return
    runs_well(done.json["approval"])
    assert rows_of(files[1], "notes") == rows_of(files[0], "notes")


def test_a_value_that_does_not_cast_is_asked_about_before_a_row_moves(tmp_path: Path) -> None:
    files = shop(tmp_path)
    with closing(sqlite3.connect(files[0])) as connection, connection:
        connection.execute("UPDATE purchase SET amount = 'twelve pounds' WHERE id IN (7, 8)")
    done = here("plan", *pair(*files), "-o", "plan.yaml", "--json")
    assert done.code == 5, done.err
    asked = [question for question in done.json["questions"] if question["open"]]
    assert [question["table"] for question in asked] == ["purchases"]
    assert "twelve" not in done.out + done.err + Path("plan.yaml").read_text()
    what, do = refused(run(done.json["approval"]), 5)
    assert "question" in what
    assert "--answer" in do
    assert counts(files[1]) == {"customers": 0, "purchases": 0}


@pytest.mark.parametrize("word", ["skip_orphaned_records", "quarantine"])
def test_a_value_that_does_not_cast_waits_in_the_middle_when_nobody_looked_before(tmp_path: Path, word: str) -> None:
    files = shop(tmp_path)
    with closing(sqlite3.connect(files[0])) as connection, connection:
        connection.execute("UPDATE purchase SET amount = 'twelve pounds' WHERE id IN (7, 8)")
    approval = approved(files, "--no-preflight")
    done = run(approval, "--json")
    assert done.code == 5, done.err
    assert done.json["status"] == "waiting"
    decision = done.json["payload"]["decision"]
    assert decision["failure"]["table"] == "purchases"
    assert "skip_orphaned_records" in [option["strategy"] for option in decision["options"]]
    assert "twelve" not in done.out + done.err
    assert here("status", "--json").json["status"] == "waiting"
    done = here("resume", "--decide", word, "--json")
    assert (done.code, done.json["status"]) == (3, "success_with_quarantine"), done.err
    assert counts(files[1]) == {"customers": 20, "purchases": 98}


# Disk


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB."""
    place = tmp_path / "small"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)]
    if subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a file system here")
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=False)


def test_a_full_disk_keeps_what_was_committed_and_goes_on_when_there_is_room(tmp_path: Path, small_disk: Path) -> None:
    old, new = shop(tmp_path, customers=2000, purchases=40_000)
    target = Path(shutil.copy(new, small_disk))
    approval = approved((old, target))
    what, do = refused(run(approval, by=call), 4)
    assert "disk is full" in what
    assert "resume" in do
    assert one(target, "PRAGMA integrity_check") == "ok"
    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    done = here("resume", "--json")
    assert done.code == 0, done.err
    assert counts(target) == {"customers": 2000, "purchases": 40_000}


def test_a_limit_on_the_size_of_files_is_a_full_disk(tmp_path: Path) -> None:
    files = shop(tmp_path, customers=2000, purchases=40_000)
    approval = approved(files)

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, 1_500_000))

    what, do = refused(run(approval, by=partial(call, before=limited)), 4)
    assert "disk" in what
    assert do
    assert one(files[1], "PRAGMA integrity_check") == "ok"
    done = here("resume", "--json")
    assert done.code == 0, done.err
    assert counts(files[1]) == {"customers": 2000, "purchases": 40_000}


# At the same time, and afterwards


def test_a_second_run_at_the_same_time_is_refused(files: tuple[Path, Path]) -> None:
    approval = approved(files)
    first = begun(*files)
    what, do = refused(run(approval), 5)
    assert "run-1 is at work" in what
    assert "ferryman pause run-1" in do
    assert counts(files[1]) == {"customers": 0, "purchases": 0}
    first.set_status("run-1", RunStatus.CANCELLED)
    first.release("run-1")
    runs_well(approval)


def test_words_are_no_approval_and_an_edit_that_does_not_fit_is_refused_first(files: tuple[Path, Path]) -> None:
    approved(files)
    what, do = refused(run("yes"), 5)
    assert what == '"yes" is not an approval; nothing was written.'
    assert "approve" in do
    plan = Path("plan.yaml")
    plan.write_text(plan.read_text().replace("  - source: purchase\n", "  - source: purchases\n", 1))
    what, _ = refused(run("yes"), 2)
    assert "did you mean purchase?" in what
    assert counts(files[1]) == {"customers": 0, "purchases": 0}


def test_an_edited_plan_needs_another_approval(files: tuple[Path, Path]) -> None:
    approval = approved(files)
    plan = Path("plan.yaml")
    text = plan.read_text()
    edited = text.replace("  - source: purchase\n", "  - source: purchase\n    conflict: keep\n", 1)
    plan.write_text(edited)
    assert edited != text
    what, do = refused(run(approval), 5)
    assert "the plan itself" in what
    assert do
    assert counts(files[1]) == {"customers": 0, "purchases": 0}


@pytest.mark.parametrize(
    ("side", "change", "named"),
    [
        ("source", "ALTER TABLE purchase ADD COLUMN extra text", "the old database's tables"),
        ("target", "ALTER TABLE purchases ADD COLUMN extra text", "the new database's tables"),
        ("target", "ALTER TABLE purchases DROP COLUMN note", "the new database's tables"),
        ("source", "INSERT INTO purchase VALUES (101, 777, 1, 'an orphan')", "problems"),
    ],
)
def test_what_changed_since_the_approval_is_named(files: tuple[Path, Path], side: str, change: str, named: str) -> None:
    approval = approved(files)
    with closing(sqlite3.connect(files[side == "target"])) as connection, connection:
        connection.execute(change)
    done = run(approval)
    what, _ = refused(done, 5)
    assert named in what or "question" in what, what
    assert counts(files[1]) == {"customers": 0, "purchases": 0}


def test_more_rows_alone_do_not_void_an_approval(files: tuple[Path, Path]) -> None:
    approval = approved(files)
    fill(files[0], "purchase", [(101, 1, 5, "one more")])
    runs_well(approval)
    assert counts(files[1]) == {"customers": 20, "purchases": 101}


def test_an_approval_holds_for_its_own_databases_only(files: tuple[Path, Path], tmp_path: Path) -> None:
    approval = approved(files)
    rehearsal = tmp_path / "rehearsal"
    rehearsal.mkdir()
    others = tuple(Path(shutil.copy(file, rehearsal)) for file in files)
    what, _ = refused(run(approval, *pair(*others)), 5)
    assert "another file" in what
    own = here("run", "--plan", "plan.yaml", *pair(*others), "--json").json["approval"]
    runs_well(own, *pair(*others))
    assert counts(others[1]) == {"customers": 20, "purchases": 100}
    assert counts(files[1]) == {"customers": 0, "purchases": 0}


def test_a_broken_plan_is_refused_with_its_line(files: tuple[Path, Path]) -> None:
    approved(files)
    plan = Path("plan.yaml")
    text = plan.read_text()
    plan.write_text(text.replace("target: purchases", "target: purchasse", 1))
    done = call("run", "--plan", "plan.yaml")
    assert done.code == 2, done.err
    assert "plan.yaml:" in done.err
    assert "purchases" in done.err
    plan.write_text("mapping: [")
    assert "plan.yaml:" in refused(here("run", "--plan", "plan.yaml"), 2)[0]
    plan.unlink()
    refused(here("run", "--plan", "plan.yaml"), 2)


def test_a_run_that_is_not_there_is_named(files: tuple[Path, Path]) -> None:
    for command in ("status", "rollback", "report", "pause"):
        refused(here(command, "nosuch", "--target", files[1]), 2)

"""Stopped anywhere by anybody, and what the commands say and do then: status, resume, rollback, pause, finish."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import column as sql_column
from sqlalchemy import inspect, make_url, text
from sqlalchemy import table as sql_table

from benchmarks.proofs import shop
from benchmarks.proofs.engines import ENGINES, Server, connected, fill_in_any_order
from benchmarks.proofs.trial import Proof, Trial, Wish, set_up
from benchmarks.proofs.victim import Victim, call
from ferryman.tools.move.lease import process_began, this_process
from tests.front.calling import Called, here, refused

KILLED = -signal.SIGKILL


@pytest.fixture
def trial(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Trial]:
    """650 rows in batches of 50, nothing moved yet; the working folder is that of the plan. On SQLite unless told."""
    engine = ENGINES[getattr(request, "param", "sqlite")]
    wish = Wish(engine, tmp_path, rows=650, kills=0, batch=50, seed=1, fork=True)
    trial = set_up(wish, "trial")
    monkeypatch.chdir(trial.folder)
    yield trial
    engine.clean(tmp_path)


@pytest.fixture
def halted(trial: Trial) -> Trial:
    """The same, killed when customers and four batches of purchases were in."""
    assert trial.start("before_commit:purchases:5").wait() == KILLED
    return trial


def old(trial: Trial, statement: str) -> None:
    with connected(trial.source) as connection:
        connection.execute(text(statement))


def new(trial: Trial, statement: str) -> None:
    with connected(trial.target) as connection:
        connection.execute(text(statement))


def hashes(trial: Trial) -> dict[str, str]:
    with connected(trial.target) as connection:
        return shop.hashes(connection)


def resume(trial: Trial, *words: str) -> Called:
    return here("resume", *trial.where, *words)


def status(trial: Trial) -> tuple[str, str]:
    found = here("status", "--target", trial.target, "--json").json
    return found["status"], found["technical_status"]


def rollback(trial: Trial, *words: object) -> Called:
    return here("rollback", "--target", trial.target, "--yes", *words)


def whole(trial: Trial) -> None:
    """Everything arrived once, and the rows of others are there."""
    proof = Proof("")
    trial.check_end(proof, "")
    assert proof.breaches == []


@contextmanager
def moving(trial: Trial) -> Iterator[Victim]:
    """A run that is at work; the process does not outlive the block."""
    victim = trial.start()
    try:
        trial.until_it_moves(victim)
        yield victim
    finally:
        victim.kill()


# Moments


@pytest.mark.parametrize(
    "moment",
    ["before_run", "after_run", "before_reference_commit:remarks", "after_validation:purchases", "before_end"],
)
def test_killed_at_a_moment_between_the_batches_it_goes_on(trial: Trial, moment: str) -> None:
    assert trial.start(moment).wait() == KILLED
    assert trial.start().wait() == 0
    whole(trial)


@pytest.mark.parametrize("moment", ["before_resume", "after_resume"])
def test_a_resume_that_is_killed_is_resumed(halted: Trial, moment: str) -> None:
    assert halted.start(moment).wait() == KILLED
    assert status(halted) == ("paused", "process_gone")
    assert resume(halted).code == 0
    whole(halted)


@pytest.mark.parametrize("moment", ["before_archive", "before_drop"])
def test_a_finish_that_is_killed_is_done_again(trial: Trial, moment: str) -> None:
    assert trial.start().wait() == 0
    killed = call(trial.folder, "finish", "--target", trial.target, "--yes", fork=True, failpoint=moment)
    assert killed.code == KILLED
    assert here("status", "--target", trial.target, "--json").json["status"] == "success"
    assert here("finish", "--target", trial.target, "--yes", "-o", "second.jsonl").code == 0
    what, do = refused(rollback(trial), 2)
    assert "`ferryman finish` ended its runs" in what
    assert "backup" in do
    with connected(trial.target) as connection:
        assert [shop.made(connection, table) for table in shop.TABLES] == [100, 500, 50]


def test_of_two_resumes_at_once_one_goes_on_and_the_other_is_refused(halted: Trial) -> None:
    (halted.folder / "second").mkdir()
    second = Trial(halted.wish, halted.folder / "second", halted.source, halted.target, halted.size)
    both = [halted.start(), second.start()]
    assert sorted(victim.wait() for victim in both) == [0, 5]
    whole(halted)


def test_a_plan_whose_run_stopped_half_way_is_not_begun_again(halted: Trial) -> None:
    what, do = refused(here("run", "--plan", "plan.yaml", *halted.where, "--approve", halted.token), 5)
    assert f"Run {halted.run} of this plan stopped half-way" in what
    assert f"ferryman resume {halted.run}" in do
    assert f"ferryman rollback {halted.run}" in do
    assert rollback(halted).code == 0
    assert here("run", "--plan", "plan.yaml", *halted.where, "--approve", halted.token).code == 0
    whole(halted)


def test_a_run_that_wrote_nothing_is_cancelled_by_its_undoing(trial: Trial) -> None:
    before = hashes(trial)
    assert trial.start("after_run").wait() == KILLED
    assert "cancelled" in rollback(trial).err
    assert status(trial)[0] == "cancelled"
    assert hashes(trial) == before
    refused(resume(trial, trial_run(trial)), 5)
    assert here("finish", "--target", trial.target, "--yes").code == 0


def trial_run(trial: Trial) -> str:
    return str(here("runs", "--target", trial.target, "--json").json["runs"][-1]["run"])


# Signals


@pytest.fixture
def long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trial:
    """A run that takes a few seconds."""
    wish = Wish(ENGINES["sqlite"], tmp_path, rows=6_500, kills=0, batch=50, seed=1, fork=True)
    trial = set_up(wish, "long")
    monkeypatch.chdir(trial.folder)
    return trial


@pytest.mark.parametrize("signals", [[signal.SIGTERM], [signal.SIGINT], [signal.SIGINT, signal.SIGINT]])
def test_a_signal_stops_it_and_it_goes_on(long: Trial, signals: list[signal.Signals]) -> None:
    with moving(long) as victim:
        for number in signals:
            os.kill(victim.pid, number)
            time.sleep(0.01)
        began = time.monotonic()
        assert victim.wait() == 130, victim.said
        assert time.monotonic() - began < 10
    left = "Left at once." in victim.said  # of two in a moment the second may come with the first, or too late
    assert len(signals) == 2 if left else "Stopping after the running batch" in victim.said
    assert f"ferryman resume {long.run}" in victim.said
    assert status(long) == ("paused", "process_gone" if left else "paused")
    assert resume(long).code == 0
    whole(long)


def test_a_pause_that_the_end_of_the_run_overtakes_is_said(trial: Trial) -> None:
    victim = trial.start("before_end=hang")
    try:
        os.waitpid(victim.pid, os.WUNTRACED)
        new(trial, "UPDATE ferryman_run SET stop_requested = 1")
        os.kill(victim.pid, signal.SIGCONT)
        assert victim.wait() == 0
    finally:
        victim.kill()
    assert "asked to stop when nothing was left to stop" in " ".join(victim.log.read_text().split())
    whole(trial)


def test_status_from_another_terminal_tells_what_is_so(trial: Trial) -> None:
    """A process that hangs or proves a large table is there, for longer than a lease lasts without being renewed."""
    victim = trial.start("before_validation:purchases=hang")
    try:
        assert os.WIFSTOPPED(os.waitpid(victim.pid, os.WUNTRACED)[1])
        new(trial, "UPDATE ferryman_run SET lease_until = '2001-01-01T00:00:00+00:00'")
        assert status(trial) == ("running", "validating_purchases")
        for refusal in (resume(trial, trial.run), rollback(trial)):
            assert f"in process {victim.pid} on this machine" in refused(refusal, 5)[0]
        assert "is at work" in refused(here("finish", "--target", trial.target, "--yes"), 5)[0]
    finally:
        assert victim.kill()
    assert status(trial) == ("paused", "process_gone")
    assert resume(trial).code == 0
    whole(trial)


def test_a_run_is_paused_from_another_folder_and_resumed_from_the_ledger_alone(long: Trial, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with moving(long) as victim:
        os.chdir(elsewhere)
        asked = here("pause", "--target", long.target)
        assert asked.code == 0
        assert victim.wait() == 5
    # this folder knows the run's databases no more than by what was typed
    assert f"Go on later:  ferryman resume {long.run} --source URL --target {long.target}" in asked.err
    assert status(long) == ("paused", "paused")
    long.forget()
    done = here("resume", *long.where)
    assert done.code == 0, done.err
    whole(long)


# What forbids a resume


def another(url: str) -> None:
    """The same content in another file of the same name."""
    path = Path(url.removeprefix("sqlite:///"))
    shutil.copy(path, path.with_suffix(".copy"))
    path.with_suffix(".copy").replace(path)


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        (
            lambda t: old(t, "ALTER TABLE purchase ADD COLUMN more TEXT"),
            5,
            "the old database's structure changed (column more of purchase is new).",
        ),
        (
            lambda t: new(t, "ALTER TABLE visits ADD COLUMN more TEXT"),
            5,
            "the new database's structure changed (column more of visits is new).",
        ),
        (lambda t: another(t.source), 5, "the old database is another one"),
        (lambda t: another(t.target), 5, "the new database is another one"),
        (lambda t: new(t, "UPDATE ferryman_run SET plan = replace(plan, 'note', 'nope')"), 1, "not as it was written"),
        (lambda t: new(t, "UPDATE ferryman_run SET approval = '{}'"), 1, "not as it was written"),
        (lambda t: here("withdraw", "--target", t.target, "--by", "anna"), 5, "the approval was withdrawn by anna"),
        (lambda t: new(t, "UPDATE ferryman_run SET ledger_version = 99"), 5, "has a ledger of version 99"),
        (lambda t: new(t, "ALTER TABLE ferryman_batch DROP COLUMN seconds"), 5, "another version"),
        (lambda t: new(t, "DROP TABLE ferryman_row"), 5, "is not whole: it has no ferryman_row"),
        (lambda t: new(t, "DELETE FROM ferryman_run"), 1, "The ledger has lost run"),
        (lambda t: new(t, "DELETE FROM ferryman_batch WHERE sequence = 2"), 1, "are there"),
        (lambda t: new(t, "UPDATE ferryman_batch SET upto_key = '[9]' WHERE sequence = 2"), 1, "not as it was written"),
        (lambda t: new(t, "DELETE FROM ferryman_row WHERE table_name = 'purchases'"), 1, "not as it was written"),
        (lambda t: new(t, "DELETE FROM purchases WHERE legacy_id > 1"), 5, "it made 200 rows in purchases, and 2 are"),
    ],
)
def test_a_resume_is_refused_with_what_changed_and_what_to_do(
    halted: Trial, change: Callable[[Trial], object], code: int, said: str
) -> None:
    change(halted)
    before = hashes(halted)
    what, do = refused(resume(halted), code)
    assert said in what
    assert do
    assert hashes(halted) == before


@contextmanager
def changed(url: str, table: str, statement: str) -> Iterator[None]:
    """A statement that changes rows of a table, taken back at the end."""
    with connected(url) as connection:
        found = connection.execute(text(f"SELECT * FROM {table}"))
        names, rows = list(found.keys()), [dict(row) for row in found.mappings()]
        connection.execute(text(statement))
    yield
    with connected(url) as connection:
        fill_in_any_order(connection)
        connection.execute(text(f"DELETE FROM {table}"))
        held = sql_table(table, *map(sql_column, names))
        connection.execute(held.insert(), rows)


@contextmanager
def altered(url: str, there: str, back: str) -> Iterator[None]:
    """A change of a table's structure, taken back at the end."""
    for statement in (there, back):
        with connected(url) as connection:
            connection.execute(text(statement))
        if statement is there:
            yield


@contextmanager
def moved_elsewhere(trial: Trial, side: str) -> Iterator[None]:
    """The same content in another database: on PostgreSQL of the same name, on MariaDB of another, for the name is all
    that tells it from others on its server."""
    url, engine = make_url(getattr(trial, side)), trial.wish.engine
    assert isinstance(engine, Server)
    name = str(url.database)
    engine.settle(getattr(trial, side))
    if url.get_backend_name() == "postgresql":
        engine._run(f"ALTER DATABASE {name} RENAME TO {name}_0", f"CREATE DATABASE {name} TEMPLATE {name}_0")
        yield
        engine.settle(getattr(trial, side))
        engine._run(f"DROP DATABASE {name}", f"ALTER DATABASE {name}_0 RENAME TO {name}")
        return
    with connected(getattr(trial, side)) as connection:
        tables = inspect(connection).get_table_names()
    there = ", ".join(f"{name}.{table} TO {name}_2.{table}" for table in tables)
    back = ", ".join(f"{name}_2.{table} TO {name}.{table}" for table in tables)
    engine._run(f"CREATE DATABASE {name}_2", f"RENAME TABLE {there}")
    setattr(trial, side, url.set(database=f"{name}_2").render_as_string(hide_password=False))
    yield
    setattr(trial, side, url.render_as_string(hide_password=False))
    engine._run(f"RENAME TABLE {back}", f"DROP DATABASE {name}_2")


def held_by_another() -> str:
    """Of a process of this machine that is there: the first one."""
    me, began = this_process(), process_began(1)
    values = f"lease_owner = 'another', lease_host = '{me.host}', lease_pid = 1, lease_process = '{began}'"
    return f"UPDATE ferryman_run SET {values}, lease_until = '2000-01-01T00:00:00+00:00'"


#: What is changed, how the refusal ends, what it says.
Case = tuple[Callable[[], AbstractContextManager[None]], int, str]


def cases(trial: Trial) -> Iterator[Case]:
    old_, new_ = trial.source, trial.target

    def edited(table: str, statement: str) -> Callable[[], AbstractContextManager[None]]:
        return lambda: changed(new_, table, statement)

    def column(url: str, table: str) -> Callable[[], AbstractContextManager[None]]:
        add, drop = f"ALTER TABLE {table} ADD COLUMN more TEXT", f"ALTER TABLE {table} DROP COLUMN more"
        return lambda: altered(url, add, drop)

    rename = "ALTER TABLE ferryman_batch RENAME COLUMN {} TO {}"
    renamed = rename.format("seconds", "length"), rename.format("length", "seconds")
    plan = "UPDATE ferryman_run SET plan = replace(plan, 'note', 'nope')"
    yield column(old_, "purchase"), 5, "the old database's structure changed (column "
    yield column(new_, "visits"), 5, "the new database's structure changed (column "
    yield lambda: moved_elsewhere(trial, "source"), 5, "the old database is another one"
    yield lambda: moved_elsewhere(trial, "target"), 5, "the new database is another one"
    yield edited("ferryman_run", plan), 1, "not as it was written"
    yield edited("ferryman_run", "UPDATE ferryman_run SET approval = '{}'"), 1, "not as it was written"
    yield edited("ferryman_run", "UPDATE ferryman_run SET ledger_version = 99"), 5, "has a ledger of version 99"
    yield edited("ferryman_run", held_by_another()), 5, "process 1 on this machine"
    yield lambda: withdrawn(trial), 5, "the approval was withdrawn by anna"
    yield lambda: altered(new_, *renamed), 5, "another version"
    yield edited("ferryman_batch", "DELETE FROM ferryman_batch WHERE sequence = 2"), 1, "are there"
    edit = "UPDATE ferryman_batch SET upto_key = '[9]' WHERE sequence = 2"
    yield edited("ferryman_batch", edit), 1, "not as it was written"
    yield edited("ferryman_row", "DELETE FROM ferryman_row WHERE table_name = 'purchases'"), 1, "not as it was written"
    yield (
        edited("purchases", "DELETE FROM purchases WHERE legacy_id > 1"),
        5,
        "it made 200 rows in purchases, and 2 are",
    )


@contextmanager
def withdrawn(trial: Trial) -> Iterator[None]:
    with changed(trial.target, "ferryman_run", "UPDATE ferryman_run SET stop_reason = ''"):
        here("withdraw", "--target", trial.target, "--by", "anna")
        yield


@pytest.mark.parametrize("trial", ["postgresql", "mariadb"], indirect=True)
def test_on_a_server_a_resume_is_refused_with_what_changed_and_goes_on_when_that_is_put_back(halted: Trial) -> None:
    for change, code, said in cases(halted):
        with change():
            before = hashes(halted)
            what, do = refused(resume(halted), code)
            assert said in what
            assert do
            assert hashes(halted) == before
    assert resume(halted).code == 0
    whole(halted)


def test_a_withdrawn_approval_stops_the_run_and_leaves_only_the_undoing(long: Trial, tmp_path: Path) -> None:
    before = hashes(long)
    with moving(long) as victim:
        assert here("withdraw", "--target", long.target, "--by", "anna").code == 0
        assert victim.wait() == 5
    assert status(long) == ("paused", "approval_withdrawn")
    refused(resume(long, long.run), 5)
    for kind in ("md", "html"):
        file = tmp_path / f"report.{kind}"
        assert here("report", "--target", long.target, "-o", file).code == 0
        assert "On the way the approval was withdrawn by anna." in file.read_text()
    assert rollback(long).code == 0
    assert hashes(long) == before


# Rows of the source that change meanwhile


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM purchase WHERE id IN (390, 391)", "DELETE FROM purchase WHERE id > 450", "DELETE FROM purchase"],
)
def test_rows_that_are_deleted_before_their_batch_are_accounted_for(halted: Trial, statement: str) -> None:
    """The last row of the scope among them: the copy ends where the scope ended."""
    old(halted, "DELETE FROM remark")
    old(halted, f"{statement} AND id > 200" if "WHERE" in statement else f"{statement} WHERE id > 200")
    done = resume(halted)
    assert done.code == 0, done.err
    assert "deleted in the old database since the run began" in " ".join(done.err.split())


@pytest.mark.parametrize(
    ("statements", "told"),
    [
        (("DELETE FROM purchase WHERE id IN (3, 4)",), "2 rows left the old database since"),
        (("DELETE FROM purchase WHERE id IN (3, 390)",), "1 deleted in the old database since the run began"),
        (("INSERT INTO purchase SELECT 0, customer_id, number, cents, note FROM purchase WHERE id = 3",),
         "1 row came into the old database since"),
    ],
)  # fmt: skip
def test_rows_that_leave_or_come_where_batches_had_been_are_told(
    halted: Trial, statements: tuple[str, ...], told: str
) -> None:
    old(halted, "DELETE FROM remark")
    for statement in statements:
        old(halted, statement)
    done = resume(halted)
    assert done.code == 0, done.err
    assert told in " ".join(done.err.split())


def test_rows_that_change_before_their_batch_come_as_they_are_then(halted: Trial) -> None:
    old(halted, "UPDATE purchase SET note = 'changed' WHERE id = 390")
    assert resume(halted).code == 0
    with connected(halted.target) as connection:
        assert connection.execute(text("SELECT note FROM purchases WHERE legacy_id = 390")).scalar() == "changed"


def test_rows_that_came_after_the_run_began_are_told_and_left_to_the_next(halted: Trial) -> None:
    old(halted, "INSERT INTO purchase VALUES (9999, 1, 'x', 1, NULL)")
    done = resume(halted)
    assert done.code == 0, done.err
    assert "1 row arrived in the old database since" in " ".join(done.err.split())


@pytest.mark.parametrize(
    ("statement", "check"),
    [
        ("UPDATE purchase SET note = 'changed' WHERE id = 3", "checksum"),
        ("INSERT INTO purchase VALUES (-5, 1, 'x', 1, NULL)", "checksum"),
    ],
)
def test_rows_that_change_after_their_batch_are_found_by_validation(halted: Trial, statement: str, check: str) -> None:
    old(halted, statement)
    done = resume(halted, "--json")
    assert done.code == 5
    assert done.json["payload"]["decision"]["failure"]["type"] == "validation_failed"
    table = here("status", "--target", halted.target, "--json").json["tables"][1]
    failed = {one["kind"] for one in table["validation"]["checks"] if one["status"] != "pass"}
    assert check in failed


@pytest.mark.parametrize("trial", ["sqlite", "postgresql", "mariadb"], indirect=True)
def test_a_table_whose_old_rows_changed_after_they_were_copied_can_be_kept_as_it_was_copied(halted: Trial) -> None:
    old(halted, "UPDATE purchase SET note = 'changed' WHERE id = 3")
    asked = " ".join(resume(halted).err.split())
    assert "1 row of purchases differs from the old database as it is by now" in asked
    assert "keep_as_copied (recommended)" in asked
    done = resume(halted, "--decide", "keep_as_copied")
    told = " ".join(done.err.split())
    assert done.code == 0, done.err
    assert "not validated 500 rows compared in 6 columns; 1 row differs in note" in told
    assert "Done, but not everything has been checked." in told
    with connected(halted.target) as connection:
        assert connection.execute(text("SELECT count(*) FROM purchases WHERE note = 'changed'")).scalar() == 0
    assert here("rollback", "--target", halted.target, "--yes").code == 0


@pytest.mark.parametrize("trial", ["postgresql", "mariadb"], indirect=True)
def test_on_a_server_rows_that_change_meanwhile_are_counted_or_found(halted: Trial) -> None:
    old(halted, "UPDATE remark SET reply_to = NULL")
    old(halted, "DELETE FROM remark")
    old(halted, "DELETE FROM purchase WHERE id IN (390, 391)")
    old(halted, "UPDATE purchase SET note = 'changed' WHERE id IN (3, 380)")
    old(halted, "INSERT INTO purchase VALUES (9999, 1, 'x', 1, NULL)")
    done = resume(halted, "--json")
    assert done.code == 5
    assert done.json["payload"]["decision"]["failure"]["type"] == "validation_failed"
    assert "1 row differs in note" in done.json["payload"]["decision"]["failure"]["error_detail"]
    new(halted, "UPDATE purchases SET note = 'changed' WHERE legacy_id = 3")
    done = resume(halted)
    assert done.code == 0, done.err
    with connected(halted.target) as connection:
        notes = connection.execute(text("SELECT note FROM purchases WHERE legacy_id IN (3, 380)")).scalars().all()
        assert notes == ["changed", "changed"]
        assert shop.made(connection, "purchases") == 498
    told = " ".join(done.err.split())
    assert "2 deleted in the old database since the run began" in told
    assert "1 row arrived in the old database since" in told


# Undoing


def test_an_undoing_that_was_cut_short_is_said_and_only_finished(trial: Trial) -> None:
    before = hashes(trial)
    assert trial.start().wait() == 0
    assert trial.undo("after_undo_commit:purchases:5").wait() == KILLED
    assert status(trial) == ("paused", "rollback_unfinished")
    assert "ferryman rollback" in here("status", "--target", trial.target, "--json").json["waiting_for"]
    assert "cannot be resumed" in refused(resume(trial, trial.run), 5)[0]
    assert "half undone" in refused(here("finish", "--target", trial.target, "--yes"), 5)[0]
    assert rollback(trial).code == 0
    assert hashes(trial) == before
    assert "was undone already" in refused(rollback(trial, trial_run(trial)), 5)[0]
    assert (
        "There is no run to undo: " in (told := refused(rollback(trial), 2)[0]) and "the last, is rolled back" in told
    )


def test_an_undoing_is_neither_paused_nor_withdrawn(halted: Trial) -> None:
    victim = halted.undo("before_undo_commit:purchases:2=hang")
    try:
        while "rolling_back" not in status(halted):
            time.sleep(0.05)
        for words in (("pause",), ("withdraw", "--by", "eve")):
            what, do = refused(here(*words, "--target", halted.target), 5)
            assert "is being undone, and that goes to its end" in what
            assert "ferryman rollback" in do
        for command in ("rollback", "finish"):
            what, do = refused(here(command, "--yes", "--target", halted.target), 5)
            assert ("being undone" in what, "pause" in do) == (True, False), (what, do)
        assert "rolling back" in here("status", "--target", halted.target).err
        os.kill(victim.pid, signal.SIGCONT)
        assert victim.wait() == 0
    finally:
        victim.kill()
    assert status(halted) == ("rolled_back", "rolled_back")


@pytest.mark.parametrize("moment", ["before_undo:remarks", "before_undo_commit:remarks", "after_undo_commit:remarks"])
def test_an_undoing_of_one_table_that_was_cut_short_is_said_and_finished(trial: Trial, moment: str) -> None:
    before = hashes(trial)
    assert trial.start().wait() == 0
    words = ("rollback", "--target", trial.target, "--yes", "--table", "remarks")
    killed = call(trial.folder, *words, fork=True, failpoint=moment)
    assert killed.code == KILLED
    found = here("status", "--target", trial.target, "--json").json
    assert (found["status"], found["technical_status"]) == ("paused", "rollback_unfinished")
    assert (found["estimated_completion"], found["estimated_seconds"]) == ("not known, it is being undone", None)
    assert [t["state"] for t in found["tables"]] == ["validated", "validated", "undoing"]
    finish = f"ferryman rollback {trial_run(trial)} --table remarks"
    assert finish in found["waiting_for"]
    what, do = refused(resume(trial, trial_run(trial)), 5)
    assert "remarks is being undone" in what
    assert finish in do
    assert finish in refused(here("quarantine", "retry", trial_run(trial), *trial.where), 5)[1]
    assert finish in refused(here("finish", "--target", trial.target, "--yes"), 5)[1]
    assert rollback(trial, "--table", "remarks").code == 0
    assert status(trial)[0] == "success"
    with connected(trial.target) as connection:
        assert [shop.made(connection, table) for table in shop.TABLES] == [100, 500, 0]
    assert rollback(trial).code == 0
    assert hashes(trial) == before


def test_an_undoing_of_one_table_that_was_cut_short_is_finished_with_the_whole_run_too(trial: Trial) -> None:
    before = hashes(trial)
    assert trial.start("before_validation:remarks").wait() == KILLED
    words = ("rollback", "--target", trial.target, "--yes", "--table", "remarks")
    assert call(trial.folder, *words, fork=True, failpoint="after_undo_commit:remarks").code == KILLED
    assert rollback(trial).code == 0
    assert hashes(trial) == before
    assert status(trial)[0] == "rolled_back"


def test_a_phase_is_undone_alone(trial: Trial) -> None:
    assert trial.start().wait() == 0
    what, _ = refused(rollback(trial, "--phase", 2), 5)
    assert "rows of remarks refer to purchases" in what
    assert rollback(trial, "--phase", 3).code == 0
    assert rollback(trial, "--phase", 2).code == 0
    with connected(trial.target) as connection:
        assert [shop.made(connection, table) for table in shop.TABLES] == [100, 0, 0]
    assert "has no phase 4" in refused(rollback(trial, "--phase", 4), 2)[0]


def test_a_column_that_came_and_a_key_with_another_name_are_no_hindrance_and_a_lost_table_is(trial: Trial) -> None:
    assert trial.start().wait() == 0
    new(trial, "ALTER TABLE remarks ADD COLUMN more TEXT DEFAULT 'x'")
    new(trial, "ALTER TABLE purchases RENAME COLUMN id TO key")
    new(trial, "ALTER TABLE customers RENAME TO clients")
    what, do = refused(rollback(trial), 5)
    assert "customers is not in the target any more" in what
    assert "Put it back" in do
    new(trial, "ALTER TABLE clients RENAME TO customers")
    assert rollback(trial).code == 0
    with connected(trial.target) as connection:
        assert [shop.made(connection, table) for table in shop.TABLES] == [0, 0, 0]


def test_whether_it_can_be_undone_is_computed_when_asked(trial: Trial) -> None:
    assert trial.start().wait() == 0

    def available() -> tuple[bool, str]:
        found = json.loads(here("status", "--target", trial.target, "--json").out)
        return found["rollback_available"], found["rollback_blocker"]

    assert available() == (True, "")
    with connected(trial.target) as connection:
        assert shop.hang(connection) == 1
    assert not available()[0]
    assert "1 row of visits refers to customers by customer_id" in available()[1]
    with connected(trial.target) as connection:
        shop.unhang(connection)
    assert available() == (True, "")

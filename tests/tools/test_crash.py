"""Killed by SIGKILL anywhere and resumed: no row lost, none doubled; or undone: the target as it was.

The children are forked, so that they die at once and many fit into a second. `benchmarks` has the long version.
"""

from __future__ import annotations

import os
import random
import signal
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from ferryman.domain.errors import Usage
from ferryman.domain.mapping import Derived, Generated, Mapping
from ferryman.tools.databases.connect import open_target
from ferryman.tools.move.failpoint import OF_A_BATCH, OF_AN_UNDOING, parse
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.rollback import rollback
from tests.tools.pairs import SHOP, ask, begun, one, opened, resumed, rows_of, shop, start, write
from tests.tools.test_copy_keys import EXPECTED_BOSSES, STAFF_NEW, bosses, staff, staff_pair
from tests.tools.test_rollback import THEIRS


def forked(work: Callable[[], object], *, failpoint: str = "", kill_after: float | None = None) -> int:
    """Do some work in a child process; gives its exit status, minus the signal's number when it was killed."""
    pid = os.fork()
    if pid == 0:
        os.environ["FERRYMAN_FAILPOINT"] = failpoint
        try:
            work()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(pid, signal.SIGKILL)
    status = os.waitpid(pid, 0)[1]
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def copy_on(old: Path, new: Path, mapping: Mapping = SHOP) -> None:
    """Go on with the run where its ledger ends, to the end."""
    resumed(old, new, mapping).copy_all()


def tables(new: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table but the ledger's."""
    names = (
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'ferryman%' AND name NOT LIKE 'sqlite%'"
    )
    return {str(name): rows_of(new, str(name)) for (name,) in ask(new, names)}


def check_books(new: Path) -> None:
    """What the ledger says and what is there agree, after whatever happened."""
    ledger = Ledger(open_target(str(new)))
    ledger.verify("run-1")
    made = "SELECT coalesce(sum(migrated), 0) FROM ferryman_batch WHERE table_name = ? AND state = 'committed'"
    for record in ledger.tables_of("run-1"):
        ours = f"SELECT count(*) FROM {record.table} WHERE id NOT LIKE 'theirs%'"
        assert one(new, ours) == one(new, made, record.table)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    pair = shop(tmp_path, customers=40, purchases=200)
    write(pair[1], THEIRS)
    return pair


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[object, ...]]]:
    """What an undisturbed run gives."""
    calm = shop(tmp_path_factory.mktemp("undisturbed"), customers=40, purchases=200)
    write(calm[1], THEIRS)
    start(*calm, size=10).copy_all()
    return tables(calm[1])


@pytest.mark.parametrize("point", OF_A_BATCH)
@pytest.mark.parametrize("batch", ["1", "20"])
def test_killed_around_a_commit_and_resumed(
    pair: tuple[Path, Path], expected: dict[str, list[tuple[object, ...]]], point: str, batch: str
) -> None:
    start(*pair)
    Ledger(opened(*pair)[1]).release("run-1")
    assert forked(lambda: copy_on(*pair), failpoint=f"{point}:purchases:{batch}") == -signal.SIGKILL
    check_books(pair[1])
    done = int(batch) if point == "after_commit" else int(batch) - 1
    assert one(pair[1], "SELECT count(*) FROM ferryman_batch WHERE table_name = 'purchases'") == done
    assert forked(lambda: copy_on(*pair)) == 0
    assert tables(pair[1]) == expected
    check_books(pair[1])


def test_killed_at_random_moments_until_it_is_done(tmp_path: Path) -> None:
    big = {"customers": 400, "purchases": 12_000}
    (tmp_path / "undisturbed").mkdir()
    calm, pair = shop(tmp_path / "undisturbed", **big), shop(tmp_path, **big)
    start(*calm, size=500).copy_all()
    start(*pair, size=500)
    Ledger(opened(*pair)[1]).release("run-1")
    moments = random.Random(2012)
    began, kills = time.monotonic(), 0
    while time.monotonic() - began < 5 and forked(lambda: copy_on(*pair), kill_after=moments.uniform(0.02, 0.6)) != 0:
        kills += 1
        check_books(pair[1])
    assert kills >= 3
    assert forked(lambda: copy_on(*pair)) == 0
    assert tables(pair[1]) == tables(calm[1])
    check_books(pair[1])


@pytest.mark.parametrize("moment", range(4))
def test_killed_at_a_random_moment_and_undone(pair: tuple[Path, Path], moment: int) -> None:
    before = tables(pair[1])
    start(*pair)
    Ledger(opened(*pair)[1]).release("run-1")
    forked(lambda: copy_on(*pair), kill_after=random.Random(moment).uniform(0.15, 0.8))
    if one(pair[1], "SELECT count(*) FROM ferryman_batch"):
        assert forked(lambda: rollback(opened(*pair)[1], "run-1")) == 0
    assert tables(pair[1]) == before


@pytest.mark.parametrize("point", OF_AN_UNDOING)
def test_killed_while_undoing_and_undone_by_the_next(pair: tuple[Path, Path], point: str) -> None:
    before = tables(pair[1])
    start(*pair).copy_all()
    Ledger(opened(*pair)[1]).release("run-1")
    killed = forked(lambda: rollback(opened(*pair)[1], "run-1"), failpoint=f"{point}:purchases:7")
    assert killed == -signal.SIGKILL
    check_books(pair[1])
    assert forked(lambda: rollback(opened(*pair)[1], "run-1")) == 0
    assert tables(pair[1]) == before


@pytest.mark.parametrize("identity", [Generated(), Derived(version=5)])
@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
def test_an_id_map_is_as_safe_as_its_rows(tmp_path: Path, identity: Generated | Derived, point: str) -> None:
    text = STAFF_NEW.replace("id INTEGER PRIMARY KEY AUTOINCREMENT", "id CHAR(36) PRIMARY KEY")
    text = text.replace("boss_id INTEGER", "boss_id CHAR(36)")
    pair = staff_pair(tmp_path, STAFF_NEW if isinstance(identity, Generated) else text)
    mapping = staff(identity)
    start(*pair, mapping, size=4)
    Ledger(opened(*pair)[1]).release("run-1")
    for batch in ("1", "4", "8"):
        killed = forked(lambda: copy_on(*pair, mapping), failpoint=f"{point}:employees:{batch}")
        assert killed == -signal.SIGKILL
    assert forked(lambda: copy_on(*pair, mapping)) == 0
    assert bosses(pair) == EXPECTED_BOSSES
    assert one(pair[1], "SELECT count(*) FROM employees") == 30
    Ledger(opened(*pair)[1]).verify("run-1")


def test_the_lease_of_a_killed_process_is_taken_over_at_once(pair: tuple[Path, Path]) -> None:
    def begin_and_die() -> None:
        begun(*pair)
        os.kill(os.getpid(), signal.SIGKILL)

    assert forked(begin_and_die) == -signal.SIGKILL
    ledger = Ledger(opened(*pair)[1])
    assert not ledger.run("run-1").running
    ledger.acquire("run-1")
    assert ledger.run("run-1").running


def test_a_failpoint_says_when_it_is_misspelt() -> None:
    assert [point.name for point in parse("before_commit, after_commit:t:3=error*2")] == [
        "before_commit",
        "after_commit",
    ]
    for wrong in ("before_comit", "before_commit=explode", "before_commit=error*x"):
        with pytest.raises(Usage):
            parse(wrong)

"""Foreign keys set aside for a load: they come back as they were, whatever happens in between."""

from __future__ import annotations

import signal
from pathlib import Path

import psycopg
import pytest

import ferryman
from ferryman.domain.conversation import Approve
from ferryman.domain.errors import Refused
from ferryman.domain.events import ConstraintsRestored, ConstraintsSetAside, Event
from ferryman.domain.validation import CheckKind
from ferryman.tools.databases.connect import open_target
from ferryman.tools.move import set_aside
from ferryman.tools.move.archive import drop
from ferryman.tools.move.failpoint import OF_SETTING_ASIDE
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.rollback import rollback
from ferryman.tools.move.work import Ending
from tests.front.calling import here
from tests.tools.pairs import SHOP, Run, plan_of, resumed, start
from tests.tools.test_crash import forked
from tests.tools.test_load import PHASES
from tests.tools.test_relay import Pair, made_pair, validated

KEYS = """
SELECT conname, pg_get_constraintdef(oid), convalidated, obj_description(oid, 'pg_constraint'), condeferrable,
    condeferred, confmatchtype FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace
ORDER BY 1
"""
RULED = """
ALTER TABLE purchases DROP CONSTRAINT purchases_customer_id_fkey;
ALTER TABLE purchases ADD CONSTRAINT "of a 100% ""c"" key" FOREIGN KEY (customer_id) REFERENCES customers (id)
    MATCH FULL ON UPDATE CASCADE ON DELETE SET NULL (customer_id) DEFERRABLE INITIALLY DEFERRED;
COMMENT ON CONSTRAINT "of a 100% ""c"" key" ON purchases IS 'who''s it is: 100%';
CREATE TABLE others (id uuid PRIMARY KEY);
ALTER TABLE purchases ADD COLUMN other uuid;
ALTER TABLE purchases ADD CONSTRAINT not_checked FOREIGN KEY (other) REFERENCES others NOT VALID;
"""


@pytest.fixture(params=["sqlite to postgresql"])
def pair(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pair:
    monkeypatch.setattr(set_aside, "FEW", 50)
    pair = made_pair(request, tmp_path)
    pair.shop()
    pair.new.run(RULED)
    return pair


def keys(pair: Pair) -> list[tuple[object, ...]]:
    return pair.new.ask(KEYS)


def left_by(pair: Pair, failpoint: str, first: str = "customers") -> Run:
    """A run whose process died at a place of the second table."""
    run = pair.start()
    if first:
        run.copy(first)
    run.ledger.release(run.run)
    assert forked(lambda: went_on(pair).copy("purchases"), failpoint=failpoint) == -signal.SIGKILL
    return run


def went_on(pair: Pair) -> Run:
    return resumed(Path(pair.old.source), pair.new.url, SHOP)  # type: ignore[arg-type]


def test_they_are_away_while_rows_come_and_back_as_they_were(pair: Pair) -> None:
    before, run, events = keys(pair), pair.start(), list[Event]()
    run.copy("customers")
    during = list[object]()

    def looking() -> bool:
        during.append([key[0] for key in keys(pair)])
        return False

    assert run.copy("purchases", stop=looking, emit=events.append).complete
    assert during[0] == ["not_checked"] == during[-1]
    assert keys(pair) == before
    told = [e for e in events if isinstance(e, ConstraintsSetAside | ConstraintsRestored)]
    assert [e.constraints for e in told] == [('of a 100% "c" key',)] * 2
    assert not run.ledger.table(run.run, "purchases").set_aside
    validated(run, "purchases")


def test_a_row_without_its_parent_stops_its_batch_all_the_same(pair: Pair) -> None:
    before = keys(pair)
    pair.old.run("PRAGMA foreign_keys = OFF; UPDATE purchase SET customer_id = 999 WHERE id = 55;")
    run = pair.start()
    run.copy("customers")
    result = run.copy("purchases")
    assert (result.ending, result.batches) == (Ending.FAILED, 5)
    assert keys(pair) == before


@pytest.mark.parametrize("point", OF_SETTING_ASIDE)
@pytest.mark.parametrize("then", ["resumed", "undone"])
def test_killed_in_between_they_come_back(pair: Pair, point: str, then: str) -> None:
    before, run = keys(pair), left_by(pair, f"{point}:purchases")
    if then == "undone":
        rollback(open_target(pair.new.url), run.run)
        assert pair.new.one("SELECT count(*) FROM purchases") == 0
    else:
        set_aside.restore(run.ledger, run.run)
        assert keys(pair) == before
        assert went_on(pair).copy("purchases").complete
        assert pair.new.one("SELECT count(*) FROM purchases") == 100
    assert keys(pair) == before
    assert not any(table.set_aside for table in run.ledger.tables_of(run.run))


def test_a_run_that_goes_on_without_a_word_puts_them_back_at_its_end(pair: Pair) -> None:
    before, run = keys(pair), left_by(pair, "before_commit:purchases:3")
    assert [key[0] for key in keys(pair)] == ["not_checked"]
    with pytest.raises(Refused, match="Foreign keys"):
        drop(run.ledger)
    assert went_on(pair).copy("purchases").complete
    assert keys(pair) == before


def test_a_run_that_is_cancelled_before_its_first_row_puts_them_back(pair: Pair) -> None:
    pair.new.run("INSERT INTO customers SELECT '00000000-0000-8000-8000-000000000001', 'c', NULL, 99, now();")
    before, run = keys(pair), left_by(pair, "after_set_aside:purchases", first="")
    assert [key[0] for key in keys(pair)] == ["not_checked"]
    rollback(open_target(pair.new.url), run.run)
    assert keys(pair) == before


def test_a_key_that_a_row_breaks_meanwhile_is_in_force_for_others_and_stays_in_the_ledger(pair: Pair) -> None:
    run, events = pair.start(), list[Event]()
    run.copy("customers")

    def stranger() -> bool:
        if pair.new.one("SELECT count(*) FROM purchases") == 90:
            pair.new.run("DELETE FROM customers WHERE legacy_id = 2;")
        return False

    run.copy("purchases", stop=stranger, emit=events.append)
    (told,) = [event for event in events if isinstance(event, ConstraintsRestored)]
    assert told.not_valid == ('of a 100% "c" key',)
    assert [valid for _, _, valid, *_ in keys(pair)] == [False, False]
    assert run.ledger.table(run.run, "purchases").set_aside
    pair.new.run("DELETE FROM purchases AS p WHERE NOT EXISTS (SELECT FROM customers AS c WHERE c.id = p.customer_id);")
    set_aside.restore(run.ledger, run.run)
    assert [valid for _, _, valid, *_ in keys(pair)] == [False, True]


def test_who_may_not_alter_the_table_loads_it_with_the_keys_in_place(pair: Pair) -> None:
    Ledger(open_target(pair.new.url)).create()
    before, events = keys(pair), list[Event]()
    run = start(Path(pair.old.source), pair.new.writer())  # type: ignore[arg-type]
    run.copy("customers")
    during = list[object]()

    def looking() -> bool:
        during.append(keys(pair))
        return False

    assert run.copy("purchases", stop=looking, emit=events.append).complete
    assert all(found == before for found in during)
    (told,) = [event for event in events if isinstance(event, ConstraintsSetAside)]
    assert (told.constraints, told.kept_reason) == ((), "the role may not alter it")


def test_tables_that_others_are_at_work_in_are_not_waited_for(pair: Pair) -> None:
    before, run, events = keys(pair), pair.start(), list[Event]()
    run.copy("customers")
    with psycopg.connect(pair.new.url) as other:
        other.execute("SELECT * FROM customers LIMIT 1")
        assert run.copy("purchases", emit=events.append).complete
    (told,) = [event for event in events if isinstance(event, ConstraintsSetAside)]
    assert told.kept_reason == "others are at work in its tables"
    assert keys(pair) == before


def test_a_resume_puts_them_back_before_it_compares_the_structure(
    pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = keys(pair)
    with ferryman.open(pair.old.source, pair.new.url, folder=tmp_path) as session:
        list(session.take(plan_of(phases=PHASES).but(validation=tuple(CheckKind))))
        assert session.plan is not None
        assert any("purchases are set aside while" in one for one in session.plan.preflight.warnings)
        monkeypatch.setenv("FERRYMAN_FAILPOINT", "after_set_aside:purchases=broken")
        with pytest.raises(RuntimeError):
            list(session.say(Approve()))
    monkeypatch.delenv("FERRYMAN_FAILPOINT")
    assert len(keys(pair)) < len(before)
    ((run,),) = pair.new.ask("SELECT run_id FROM ferryman.ferryman_run")
    done = here("resume", run, "--source", pair.old.source, "--target", pair.new.url)
    assert done.code == 0, done.err
    assert keys(pair) == before
    assert pair.new.one("SELECT count(*) FROM purchases") == 100


@pytest.mark.parametrize(
    ("option", "rows", "there", "told"),
    [("", 50, 50, 1), ("", 49, 0, 0), ("", 50, 51, 0), ("?keep_constraints=yes", 50, 0, 0)],
)
def test_a_plan_says_it_where_it_pays(pair: Pair, option: str, rows: int, there: int, told: int) -> None:
    target = open_target(f"{pair.new.url}{option}")
    assert len(list(set_aside.announced(target, "purchases", rows, there))) == told

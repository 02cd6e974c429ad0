"""Indexes that find what refers to rows while these are undone: they are there meanwhile, and gone whatever happens."""

from __future__ import annotations

import signal
from pathlib import Path

import psycopg
import pytest

from ferryman.domain.errors import Refused
from ferryman.domain.events import Event, IndexesSetUp, RolledBack
from ferryman.tools.databases import postgresql_indexes
from ferryman.tools.databases.connect import open_target
from ferryman.tools.move import indexed
from ferryman.tools.move.archive import drop
from ferryman.tools.move.failpoint import OF_INDEXES
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.rollback import rollback
from tests.tools.pairs import Run, start
from tests.tools.test_crash import forked
from tests.tools.test_relay import Pair, made_pair

INDEXES = "SELECT indexdef FROM pg_indexes WHERE schemaname NOT IN ('ferryman', 'pg_catalog') ORDER BY 1"
ODD = """
CREATE SCHEMA "of. 100%";
CREATE TABLE "of. 100%"."it's ""a"" card" ("the. customer" uuid REFERENCES public.customers (id), day date NOT NULL)
    PARTITION BY RANGE (day);
CREATE TABLE "of. 100%".old_cards PARTITION OF "of. 100%"."it's ""a"" card" FOR VALUES FROM (MINVALUE) TO (MAXVALUE);
INSERT INTO "of. 100%"."it's ""a"" card" SELECT NULL, '2024-01-01'::date + i FROM generate_series(1, 500) AS i;
CREATE TABLE found (customer uuid REFERENCES customers (id), other uuid REFERENCES customers (id));
CREATE INDEX ON found (customer, other);
CREATE INDEX ON found (other) WHERE customer IS NULL;
INSERT INTO found SELECT NULL, NULL FROM generate_series(1, 500);
"""


@pytest.fixture(params=["sqlite to postgresql"])
def pair(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pair:
    monkeypatch.setattr(indexed, "FEW", 0)
    pair = made_pair(request, tmp_path)
    pair.shop()
    return pair


def moved(pair: Pair) -> Run:
    run = pair.start()
    run.copy_all()
    run.ledger.release(run.run)
    return run


def test_they_are_there_while_rows_go_and_gone_afterwards(pair: Pair) -> None:
    pair.new.run(ODD)
    run, before = moved(pair), pair.new.ask(INDEXES)
    events, meanwhile = list[Event](), list[str]()

    def told(event: Event) -> None:
        events.append(event)
        if isinstance(event, RolledBack) and event.table == "purchases":
            meanwhile.extend(one for (one,) in pair.new.ask(INDEXES) if "ferryman_undo" in one)

    rollback(open_target(pair.new.url), run.run, emit=told)
    assert sorted(one.partition(" USING ")[2] for one in meanwhile) == [
        'btree ("the. customer")',
        "btree (customer_id)",
        "btree (other)",
    ]
    made = [(e.referring, e.columns, e.not_made_reason) for e in events if isinstance(e, IndexesSetUp)]
    assert sorted(made) == [
        ("found", "other", ""),
        ('it\'s "a" card', '"the. customer"', ""),
        ("purchases", "customer_id", ""),
    ]
    assert pair.new.ask(INDEXES) == before
    assert not any(one.set_aside for one in run.ledger.tables_of(run.run))


def test_where_few_pages_are_read_without_one_none_is_made(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexed, "FEW", 100)
    run, events = moved(pair), list[Event]()
    rollback(open_target(pair.new.url), run.run, emit=events.append)
    assert not [event for event in events if isinstance(event, IndexesSetUp)]


@pytest.mark.parametrize("point", OF_INDEXES)
def test_killed_in_between_they_are_gone_once_it_is_undone(pair: Pair, point: str) -> None:
    run, before = moved(pair), pair.new.ask(INDEXES)
    died = forked(lambda: rollback(open_target(pair.new.url), run.run), failpoint=f"{point}:customers")
    assert died == -signal.SIGKILL
    if point != "after_index_gone":
        with pytest.raises(Refused, match=r"half undone|indexes of run"):
            drop(run.ledger)
    rollback(open_target(pair.new.url), run.run)
    assert pair.new.ask(INDEXES) == before
    assert pair.new.ask("SELECT count(*) FROM customers UNION ALL SELECT count(*) FROM purchases") == [(0,), (0,)]
    drop(run.ledger)


def test_they_go_where_the_undoing_fails(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    run, before = moved(pair), pair.new.ask(INDEXES)
    monkeypatch.setenv("FERRYMAN_FAILPOINT", "before_undo_commit:purchases=broken")
    with pytest.raises(RuntimeError):
        rollback(open_target(pair.new.url), run.run)
    assert pair.new.ask(INDEXES) == before


def test_who_may_make_none_undoes_it_without(pair: Pair) -> None:
    Ledger(open_target(pair.new.url)).create()
    run = start(Path(pair.old.source), pair.new.writer())  # type: ignore[arg-type]
    run.copy_all()
    events = list[Event]()
    rollback(run.target, run.run, emit=events.append)
    (told,) = [event for event in events if isinstance(event, IndexesSetUp)]
    assert told.not_made_reason == "the role may make none there"
    assert pair.new.one("SELECT count(*) FROM customers") == 0


def test_a_table_that_others_write_into_is_not_waited_for(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql_indexes, "_PATIENCE", "50ms")
    pair.new.run("CREATE TABLE notes (customer uuid REFERENCES customers (id)); INSERT INTO notes VALUES (NULL);")
    run, before, events = moved(pair), pair.new.ask(INDEXES), list[Event]()
    with psycopg.connect(pair.new.url) as other:
        other.execute("UPDATE notes SET customer = NULL")
        rollback(open_target(pair.new.url), run.run, emit=events.append)
    told = {event.referring: event.not_made_reason for event in events if isinstance(event, IndexesSetUp)}
    assert told == {"notes": "others are at work there", "purchases": ""}
    assert pair.new.one("SELECT count(*) FROM customers") == 0
    assert pair.new.ask(INDEXES) == before

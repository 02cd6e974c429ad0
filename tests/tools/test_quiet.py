"""Triggers set aside while rows are written: they come back as they were, whatever happens in between."""

from __future__ import annotations

import signal
import sqlite3
from pathlib import Path
from typing import Any

import psycopg
import pymysql
import pytest
from sqlalchemy import make_url

from ferryman.domain.errors import Configuration, Refused, Transient
from ferryman.domain.events import Event, TriggersRestored, TriggersSetAside
from ferryman.domain.filters import Comparison, Operator
from ferryman.domain.findings import MissingCause
from ferryman.domain.mapping import Mapping, Policy, Problem, Strategy, Triggers
from ferryman.tools.databases.connect import open_target
from ferryman.tools.discover.introspect import introspect
from ferryman.tools.move import set_aside
from ferryman.tools.move.archive import drop
from ferryman.tools.move.failpoint import OF_TRIGGERS
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.rollback import rollback
from ferryman.tools.move.work import Ending
from ferryman.tools.prepare.preflight import preflight
from tests.servers import PASSWORD, READER
from tests.tools.pairs import CUSTOMERS, PURCHASES, SHOP, Run, plan_of, resumed
from tests.tools.test_crash import forked
from tests.tools.test_load import PHASES
from tests.tools.test_relay import Pair, made_pair, validated, without_keys

QUIET = SHOP.with_table(PURCHASES.but(triggers=Triggers.ASIDE))

TRIGGERS = {
    "sqlite": [
        "CREATE TABLE log (word TEXT)",
        """CREATE TRIGGER "a ""100%"" one" AFTER INSERT ON Purchases BEGIN -- of its own
            UPDATE purchases SET note = 'Köln: 100%' WHERE id = NEW.id; END""",
        "CREATE TRIGGER two AFTER INSERT ON purchases BEGIN INSERT INTO log VALUES ('came'); END",
        "CREATE TRIGGER gone AFTER DELETE ON purchases BEGIN INSERT INTO log VALUES ('went'); END",
    ],
    "postgresql": [
        "CREATE TABLE log (word text)",
        "CREATE FUNCTION noted() RETURNS trigger AS $$ BEGIN NEW.note := 'Köln: 100%'; RETURN NEW; END $$ "
        "LANGUAGE plpgsql",
        "CREATE FUNCTION logged() RETURNS trigger AS $$ BEGIN INSERT INTO public.log VALUES (TG_OP); RETURN NULL; END "
        "$$ LANGUAGE plpgsql",
        'CREATE TRIGGER "a ""100%"" one" BEFORE INSERT ON purchases FOR EACH ROW EXECUTE FUNCTION noted()',
        "CREATE TRIGGER two AFTER INSERT OR DELETE ON purchases FOR EACH ROW EXECUTE FUNCTION logged()",
        "ALTER TABLE purchases ENABLE ALWAYS TRIGGER two",
        "CREATE TRIGGER off BEFORE INSERT ON purchases FOR EACH ROW EXECUTE FUNCTION noted()",
        "ALTER TABLE purchases DISABLE TRIGGER off",
        "CREATE TRIGGER far BEFORE INSERT ON purchases FOR EACH ROW EXECUTE FUNCTION noted()",
        "ALTER TABLE purchases ENABLE REPLICA TRIGGER far",
        "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON purchases DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION logged()",
    ],
    "mysql": [
        "CREATE TABLE log (word text)",
        "SET NAMES latin1 COLLATE latin1_german1_ci",
        "SET sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT'",
        "CREATE DEFINER = \"somebody\"@\"example.org\" TRIGGER \"a 100% one\" BEFORE INSERT ON purchases FOR EACH ROW "
        "SET NEW.note = 'Köln: ' || '100%'",
        "SET NAMES utf8mb4",
        "SET sql_mode = DEFAULT",
        "CREATE TRIGGER first BEFORE INSERT ON purchases FOR EACH ROW PRECEDES `a 100% one` SET NEW.note = 'first'",
        "CREATE TRIGGER two AFTER INSERT ON purchases FOR EACH ROW INSERT INTO log VALUES ('came')",
        "CREATE TRIGGER gone AFTER DELETE ON purchases FOR EACH ROW INSERT INTO log VALUES ('went')",
    ],
}  # fmt: skip
AS_THEY_ARE = {
    "sqlite": "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY lower(tbl_name), rowid",
    "postgresql": "SELECT tgname, tgenabled::text, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal "
    "ORDER BY 1",
    "mysql": "SELECT trigger_name, event_manipulation, action_timing, action_order, action_statement, definer, "
    "sql_mode, character_set_client, collation_connection, database_collation FROM information_schema.triggers "
    "WHERE trigger_schema = DATABASE() ORDER BY 2, 3, 4",
}


def kind(pair: Pair) -> str:
    return make_url(pair.new.url).get_backend_name() if "://" in pair.new.url else "sqlite"


def execute(pair: Pair, statements: list[str]) -> None:
    url = pair.new.url
    if kind(pair) == "sqlite":
        connection: Any = sqlite3.connect(url)
    elif kind(pair) == "postgresql":
        connection = psycopg.connect(url)
    else:
        at = make_url(url)
        connection = pymysql.connect(host=at.host, port=at.port or 3306, user=at.username, database=at.database)
    cursor = connection.cursor()
    for statement in statements:
        if kind(pair) == "mysql" and statement.startswith("SET NAMES"):
            connection.encoding = "cp1252" if "latin1" in statement else "utf8"
        cursor.execute(statement)
    connection.commit()
    connection.close()


@pytest.fixture(params=["postgresql to sqlite", "sqlite to postgresql", "sqlite to mariadb"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Pair:
    pair = made_pair(request, tmp_path)
    pair.shop()
    execute(pair, TRIGGERS[kind(pair)])
    return pair


def triggers(pair: Pair) -> list[tuple[object, ...]]:
    return pair.new.ask(AS_THEY_ARE[kind(pair)])


def names(pair: Pair) -> list[str]:
    """Those that fire."""
    found = triggers(pair)
    return [str(row[0]) for row in found if kind(pair) != "postgresql" or row[1] in ("O", "A")]


def went_on(pair: Pair, mapping: Mapping = QUIET) -> Run:
    return resumed(pair.old.source, pair.new.url, mapping)  # type: ignore[arg-type]


def notes(pair: Pair) -> list[tuple[object, ...]]:
    return pair.new.ask("SELECT legacy_id, note FROM purchases ORDER BY 1")


EXPECTED = [(n, f"note {n}") for n in range(1, 101)]


def test_they_are_away_while_rows_come_and_go_and_back_as_they_were(pair: Pair) -> None:
    before, run, events, during = triggers(pair), pair.start(QUIET), list[Event](), list[object]()
    run.copy("customers")

    def looking() -> bool:
        during.append(names(pair))
        return False

    assert run.copy("purchases", stop=looking, emit=events.append).complete
    assert during
    assert not any(during)
    assert triggers(pair) == before
    assert notes(pair) == EXPECTED
    told = [e for e in events if isinstance(e, TriggersSetAside | TriggersRestored)]
    assert [sorted(e.triggers) for e in told] == [sorted(names(pair))] * 2
    validated(run, "purchases")
    rollback(run.target, run.run)
    assert triggers(pair) == before
    assert pair.new.one("SELECT count(*) FROM purchases") == pair.new.one("SELECT count(*) FROM log") == 0


def test_they_fire_where_the_plan_does_not_say_otherwise(pair: Pair) -> None:
    before, run, during = triggers(pair), pair.start(), list[object]()
    run.copy("customers")
    failure = run.copy("purchases", stop=lambda: during.append(names(pair))).failure
    assert during[0] == names(pair)
    assert failure is not None  # rows are not what the old database says
    assert triggers(pair) == before


@pytest.mark.parametrize("point", OF_TRIGGERS)
@pytest.mark.parametrize("then", ["resumed", "undone"])
def test_killed_in_between_they_come_back(pair: Pair, point: str, then: str) -> None:
    before, run = triggers(pair), pair.start(QUIET)
    run.copy("customers")
    run.ledger.release(run.run)
    died = forked(lambda: went_on(pair).copy("purchases"), failpoint=f"{point}:purchases")
    assert died == -signal.SIGKILL
    if then == "undone":
        rollback(open_target(pair.new.url), run.run)
        assert pair.new.one("SELECT count(*) FROM purchases") == 0
    else:
        if point != "after_triggers_go":  # one that goes on without a word puts them back at its end
            set_aside.restore(run.ledger, run.run)
            assert triggers(pair) == before
        assert went_on(pair).copy("purchases").complete
        assert notes(pair) == EXPECTED
    assert triggers(pair) == before
    assert not any(table.set_aside for table in run.ledger.tables_of(run.run))
    assert pair.new.one("SELECT count(*) FROM log") == 0


@pytest.mark.parametrize("point", ["after_triggers_go", "between_triggers_come", "after_undo_commit"])
def test_killed_while_it_is_undone_they_come_back_too(pair: Pair, point: str) -> None:
    before, run = triggers(pair), pair.start(QUIET)
    run.copy_all()
    run.ledger.release(run.run)
    died = forked(lambda: rollback(open_target(pair.new.url), run.run), failpoint=f"{point}:purchases")
    assert died == -signal.SIGKILL
    rollback(open_target(pair.new.url), run.run)
    assert triggers(pair) == before
    assert pair.new.one("SELECT count(*) FROM purchases") == pair.new.one("SELECT count(*) FROM log") == 0


def test_what_is_away_forbids_the_end_of_the_ledger(pair: Pair) -> None:
    run = pair.start(QUIET)
    run.copy("customers")
    run.ledger.release(run.run)
    forked(lambda: went_on(pair).copy("purchases"), failpoint="before_commit:purchases:3")
    assert not names(pair)
    with pytest.raises(Refused, match="triggers"):
        drop(run.ledger)


def test_one_that_somebody_drops_meanwhile_stays_away_and_hinders_nobody(pair: Pair) -> None:
    run = pair.start(QUIET)
    run.copy("customers")
    run.ledger.release(run.run)
    forked(lambda: went_on(pair).copy("purchases"), failpoint="before_commit:purchases:3")
    if kind(pair) != "postgresql":
        pytest.skip("what is away is not there to be dropped")
    pair.new.run("DROP TRIGGER two ON purchases;")
    set_aside.restore(run.ledger, run.run)
    assert sorted(names(pair)) == ['a "100%" one', "late"]


def planned(pair: Pair, url: str) -> Any:
    run = resumed(pair.old.source, url, QUIET)  # type: ignore[arg-type]
    with run.source.connect() as old, run.target.connect(reading=True) as new:
        catalogues = introspect(old, run.source.dialect), introspect(new, run.target.dialect)
    ledger = Ledger(run.target)
    return preflight(
        run.source, run.target, *catalogues, plan_of(QUIET, phases=PHASES), run.compiled, ledger=ledger.statements()
    )


def test_a_plan_says_that_they_are_set_aside(pair: Pair) -> None:
    found = planned(pair, pair.new.url)
    assert sum("is set aside while rows are moved into it or undone" in one for one in found.warnings) == len(
        names(pair)
    )
    assert not any("it runs for every row" in one for one in found.warnings)


@pytest.mark.parametrize("pair", ["sqlite to postgresql", "sqlite to mariadb"], indirect=True)
def test_who_may_not_set_them_aside_is_told_before_anything_is_written(pair: Pair) -> None:
    url = make_url(pair.new.url).set(username=READER, password=PASSWORD)
    if kind(pair) == "postgresql":
        pair.new.run(
            f"GRANT ALL ON SCHEMA public TO {READER}; GRANT ALL ON ALL TABLES IN SCHEMA public TO {READER};"
            f"GRANT ALL ON DATABASE {url.database} TO {READER};"
        )
        why = "belongs to"
    else:
        execute(pair, [f"GRANT ALL ON {url.database}.* TO {READER}"])
        why = "cannot make triggers for others"
    with pytest.raises(Configuration, match=why) as caught:
        planned(pair, url.render_as_string(hide_password=False))
    assert "triggers:purchases=fire" in caught.value.do


@pytest.mark.parametrize("pair", ["sqlite to mariadb"], indirect=True)
def test_a_user_without_the_right_to_triggers_sees_their_names_alone_and_cannot_set_them_aside(pair: Pair) -> None:
    url = make_url(pair.new.url).set(username=READER, password=PASSWORD)
    rights = "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, CREATE TEMPORARY TABLES"
    execute(pair, [f"GRANT {rights} ON {url.database}.* TO {READER}"])
    theirs = url.render_as_string(hide_password=False)
    target = open_target(theirs)
    with target.connect(reading=True) as connection:
        seen = introspect(connection, target.dialect).table("purchases").triggers
    assert {trigger.body for trigger in seen} == {""}
    assert {trigger.name for trigger in seen} == set(names(pair))
    with pytest.raises(Configuration, match="no right to drop and make triggers"):
        planned(pair, theirs)


@pytest.mark.parametrize("pair", ["sqlite to postgresql", "sqlite to mariadb"], indirect=True)
def test_a_table_that_others_are_at_work_in_stops_before_its_first_row(pair: Pair) -> None:
    before, run = triggers(pair), pair.start(QUIET)
    run.copy("customers")
    other = busy(pair)
    try:
        result = run.copy("purchases")
    finally:
        other.close()
    assert (result.ending, result.batches) == (Ending.FAILED, 0)
    assert result.failure is not None
    assert result.failure.transient
    assert triggers(pair) == before
    assert run.copy("purchases").complete
    assert notes(pair) == EXPECTED


def busy(pair: Pair) -> Any:
    """A transaction that holds the table."""
    at = make_url(pair.new.url)
    if kind(pair) == "postgresql":
        connection: Any = psycopg.connect(pair.new.url)
        connection.execute("LOCK TABLE purchases IN ROW EXCLUSIVE MODE")
        return connection
    connection = pymysql.connect(host=at.host, port=at.port or 3306, user=at.username, database=at.database)
    connection.cursor().execute("START TRANSACTION")
    connection.cursor().execute("SELECT * FROM purchases")
    return connection


def test_an_error_on_the_way_brings_them_back(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    before, run = triggers(pair), pair.start(QUIET)
    run.copy("customers")
    monkeypatch.setenv("FERRYMAN_FAILPOINT", "between_triggers_go:purchases=error")
    assert run.copy("purchases").ending is Ending.FAILED
    assert triggers(pair) == before
    monkeypatch.setenv("FERRYMAN_FAILPOINT", "between_triggers_come:purchases=error")
    with pytest.raises(Transient):
        run.copy("purchases")
    monkeypatch.delenv("FERRYMAN_FAILPOINT")
    set_aside.restore(run.ledger, run.run)
    assert triggers(pair) == before


@pytest.mark.parametrize("pair", ["sqlite to postgresql"], indirect=True)
def test_those_of_partitions_are_away_too_each_in_its_own_mode(pair: Pair) -> None:
    pair.new.run("""
        DROP TABLE purchases;
        CREATE TABLE purchases (id uuid NOT NULL, customer_id uuid, amount int, note text, legacy_id int NOT NULL,
            created_at timestamp, PRIMARY KEY (id, legacy_id)) PARTITION BY RANGE (legacy_id);
        CREATE TABLE low PARTITION OF purchases FOR VALUES FROM (0) TO (50);
        CREATE TABLE high PARTITION OF purchases FOR VALUES FROM (50) TO (1000);
        CREATE TRIGGER whole BEFORE INSERT ON purchases FOR EACH ROW EXECUTE FUNCTION noted();
        CREATE TRIGGER own BEFORE INSERT ON high FOR EACH ROW EXECUTE FUNCTION noted();
        ALTER TABLE high ENABLE ALWAYS TRIGGER own;
        ALTER TABLE low DISABLE TRIGGER whole;
    """)
    before = pair.new.ask("SELECT tgrelid::regclass::text, tgname, tgenabled::text FROM pg_trigger ORDER BY 1, 2")
    with open_target(pair.new.url).connect(reading=True) as connection:
        found = introspect(connection, open_target(pair.new.url).dialect).table("purchases")
    assert [trigger.name for trigger in found.triggers] == ["own", "whole"]
    run = pair.start(QUIET)
    run.copy("customers")
    assert run.copy("purchases").complete
    assert notes(pair) == EXPECTED
    assert before == pair.new.ask(
        "SELECT tgrelid::regclass::text, tgname, tgenabled::text FROM pg_trigger ORDER BY 1, 2"
    )


ON_CUSTOMERS = {
    "sqlite": "CREATE TRIGGER met AFTER INSERT ON customers BEGIN INSERT INTO log VALUES ('met'); END",
    "postgresql": "CREATE TRIGGER met AFTER INSERT ON customers FOR EACH ROW EXECUTE FUNCTION logged()",
    "mysql": "CREATE TRIGGER met AFTER INSERT ON customers FOR EACH ROW INSERT INTO log VALUES ('met')",
}


@pytest.mark.parametrize("strategy", [Strategy.MIGRATE_PARENTS, Strategy.PLACEHOLDERS])
@pytest.mark.parametrize("triggers", list(Triggers))
def test_parents_that_come_beside_the_order_come_without_their_triggers_too(
    pair: Pair, strategy: Strategy, triggers: Triggers
) -> None:
    execute(pair, [ON_CUSTOMERS[kind(pair)]])
    before = pair.new.ask(AS_THEY_ARE[kind(pair)])
    few = Comparison(column="id", op=Operator.AT_MOST, values=(15,))
    cause = MissingCause.FILTERED_OUT if strategy is Strategy.MIGRATE_PARENTS else MissingCause.NEVER_EXISTED
    policy = Policy(problem=Problem.MISSING_PARENT, columns=("customer_id",), cause=cause, strategy=strategy)
    quiet = SHOP.with_table(CUSTOMERS.but(triggers=triggers, filter=few if "migrate" in strategy.value else None))
    quiet = quiet.with_table(PURCHASES.but(triggers=Triggers.ASIDE, policies=(policy,)))
    if strategy is Strategy.PLACEHOLDERS:
        pair.old.run(without_keys(pair, "purchase", "UPDATE purchase SET customer_id = 900 + id % 5 WHERE id < 30;"))
    run = pair.start(quiet)
    run.copy_all()
    assert pair.new.one("SELECT count(*) FROM customers") == (20 if strategy is Strategy.MIGRATE_PARENTS else 25)
    came = pair.new.one("SELECT count(*) FROM customers") if triggers is Triggers.FIRE else 0
    assert pair.new.one("SELECT count(*) FROM log") == came
    assert pair.new.ask(AS_THEY_ARE[kind(pair)]) == before

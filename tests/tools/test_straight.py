"""The straight way into a server: which tables take it, that it is what it says, and when a table leaves it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import Connection

from ferryman.domain.filters import Comparison, Operator
from ferryman.domain.mapping import Generated, Kept, Mapping, TableMapping
from ferryman.domain.schema import Family
from ferryman.domain.transforms import NewId
from ferryman.domain.validation import CheckKind, CheckStatus
from ferryman.tools.databases.connect import open_source
from ferryman.tools.databases.dialect import clause
from ferryman.tools.discover.introspect import introspect
from ferryman.tools.move import desk as desks
from ferryman.tools.move.clock import SYSTEM
from ferryman.tools.move.own_rules import references_off
from ferryman.tools.move.straight import Nowhere, can_go_straight, why_careful
from ferryman.tools.move.stream import Reading, Stream
from ferryman.tools.move.work import Ending
from ferryman.tools.prepare.mirror import beside
from ferryman.tools.prepare.misfit import ValuesDoNotFit
from ferryman.tools.prepare.transform import compile_table
from ferryman.tools.prove.validate import validate_table
from tests.servers import Server
from tests.tools.pairs import CUSTOMERS, PURCHASES, RUN_STARTED, SHOP, Run, column
from tests.tools.test_relay import Pair, amended, made_pair, of_file, of_server, validated, without_keys

PAIRS = ["sqlite to postgresql", "postgresql to mariadb", "mariadb to postgresql"]


@pytest.fixture(params=PAIRS)
def far(request: pytest.FixtureRequest, tmp_path: Path) -> Pair:
    return made_pair(request, tmp_path)


@pytest.fixture(params=["mariadb to postgresql"])
def near(request: pytest.FixtureRequest, tmp_path: Path) -> Pair:
    return made_pair(request, tmp_path)


def reason(run: Run, mapping: Mapping = SHOP) -> str:
    known = run.compiled["purchases"]
    databases = known.source_database, known.target_database
    return why_careful(beside(compile_table(mapping, "purchases", *databases, run_started=RUN_STARTED)))


def goes_straight(run: Run, table: str) -> bool:
    desk = desks.Desk(run.work(table), SYSTEM)
    return can_go_straight(desk.work, desk.scope)


def test_plain_tables_go_straight_and_no_copy_of_the_old_table_is_made(
    far: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    far.shop(purchases=95)
    run = far.start()
    assert goes_straight(run, "customers") and goes_straight(run, "purchases")
    with monkeypatch.context() as patched:
        patched.setattr(desks, "bench", None)  # who goes the careful way would call it
        run.copy_all()
    assert far.new.one("SELECT count(*) FROM purchases") == 95
    validated(run, "purchases")


def test_a_session_that_ends_before_its_first_statement_is_begun_again(
    tmp_path: Path, mariadb: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = Pair(of_file(tmp_path / "old.sqlite"), of_server(mariadb.database()), "char(36)")
    pair.shop()
    run = pair.start()
    ended: list[int] = []

    def ends(connection: Connection) -> None:
        if not ended:
            ended.append(connection.exec_driver_sql("SELECT connection_id()").scalar_one())
            connection.rollback()
            pair.new.run(f"KILL {ended[0]}")
        references_off(connection)

    monkeypatch.setattr(desks, "references_off", ends)
    assert run.copy("customers").complete
    assert ended and pair.new.one("SELECT count(*) FROM customers") == 20


def test_a_row_that_was_tied_to_another_parent_since_is_found_by_what_refers_to_each(far: Pair) -> None:
    far.shop(purchases=95)
    run = far.start()
    run.copy_all()
    tied = "SELECT p.legacy_id, c.legacy_id FROM purchases p JOIN customers c ON c.id = p.customer_id ORDER BY 1"
    (one, now), *rest = far.new.ask(tied)
    other = next(customer for _, customer in rest if customer != now)
    parent = f"(SELECT id FROM customers WHERE legacy_id = {other})"
    far.new.run(f"UPDATE purchases SET customer_id = {parent} WHERE legacy_id = {one};")
    assert far.new.ask(tied)[0] == (one, other)
    validation = validate_table(run.source, run.target, run.ledger, run.run, run.compiled["purchases"])
    unsound = {check.kind: check.text for check in validation.checks if check.status is not CheckStatus.PASS}
    assert CheckKind.CHECKSUM in unsound
    assert "2 parents with more or fewer rows than in the old database, by customer_id" in unsound[CheckKind.INTEGRITY]


def test_what_keeps_a_table_from_it_is_told(near: Pair) -> None:
    near.shop()
    run = near.start()
    assert reason(run) == ""
    some = Comparison(column="amount", op=Operator.GREATER, values=(10,))
    told = {
        "only some of its rows are wanted": amended(PURCHASES, filter=some),
        "its rows, or those of a table that it refers to, are matched or get their numbers from the new database": (
            Mapping(tables=(CUSTOMERS.but(identity=Generated()), PURCHASES))
        ),
    }
    for why, mapping in told.items():
        assert reason(run, mapping) == why


@pytest.mark.parametrize(
    ("of", "why"), [("int unsigned", ""), ("bigint unsigned", "its old key may hold whole numbers from 2^63 on")]
)
def test_an_unsigned_key_keeps_a_table_from_it_only_where_it_may_be_too_large(near: Pair, of: str, why: str) -> None:
    near.shop()
    near.old.run(f"ALTER TABLE purchase MODIFY id {of};")
    assert reason(near.start()) == why


@pytest.mark.parametrize(
    ("near", "of", "values"),
    [
        ("postgresql to postgresql", "timestamp", ("infinity", "0044-03-15 00:00:00 BC", "2024-01-02 03:04:05.6")),
        ("postgresql to postgresql", "timestamptz", ("-infinity", "12024-01-01 00:00:00+00", "2024-01-02 03:04:05+00")),
        ("postgresql to postgresql", "date", ("infinity", "0044-03-15 BC", "2024-01-02")),
        ("postgresql to postgresql", "time", ("24:00:00", "01:02:03.4", "00:00:00")),
        ("postgresql to postgresql", "numeric", ("NaN", "-Infinity", "1.50")),
        ("postgresql to postgresql", "double precision", ("NaN", "Infinity", "0.1")),
        ("mariadb to mariadb", "bigint unsigned", ("18446744073709551615", "9223372036854775808", "7")),
        ("mariadb to postgresql", "bigint unsigned", ("18446744073709551615", "9223372036854775808", "7")),
    ],
    indirect=["near"],
)
def test_values_beyond_what_travels_as_such_go_straight_where_both_sides_hold_them(
    near: Pair, of: str, values: tuple[str, ...]
) -> None:
    far_of = "numeric(20,0)" if "unsigned" in of and near.new.url.startswith("postgresql") else of
    near.old.run(f"CREATE TABLE thing (id int PRIMARY KEY, odd {of});")
    near.new.run(f"CREATE TABLE things (id int PRIMARY KEY, odd {far_of});")
    near.old.fill("thing", [(n, values[-1] if n < 15 else values[n % 3]) for n in range(1, 26)] + [(30, None)])
    columns = (column("id", "id", NewId()), column("odd", "odd"))
    mapping = TableMapping(source="thing", target="things", key=("id",), identity=Kept(), columns=columns)
    run = near.start(Mapping(tables=(mapping,)), preflighted=True)
    assert goes_straight(run, "things")
    run.copy_all()
    printed = "SELECT id, CAST(odd AS {}) FROM {} ORDER BY 1"
    text = "char" if near.old.url.startswith("mysql") else "text"
    new_text = "char" if near.new.url.startswith("mysql") else "text"
    assert near.new.ask(printed.format(new_text, "things")) == near.old.ask(printed.format(text, "thing"))
    validated(run, "things")


def test_a_row_that_does_not_go_makes_its_table_careful_and_is_named(far: Pair) -> None:
    far.shop()
    far.old.run(without_keys(far, "purchase", "UPDATE purchase SET customer_id = 999 WHERE id = 55;"))
    run = far.start()
    assert goes_straight(run, "purchases")
    run.copy("customers")
    result = run.copy("purchases")
    assert (result.ending, result.batches) == (Ending.FAILED, 5)
    assert result.failure is not None and result.failure.affected_records == 1
    assert far.new.one("SELECT count(*) FROM purchases") == 50


def test_batches_are_cut_where_the_careful_way_cuts_them(near: Pair) -> None:
    near.shop(purchases=35)
    near.old.run("DELETE FROM purchase WHERE id IN (3, 4, 20);")
    run = near.start()
    run.copy("customers")
    assert run.copy("purchases", batches=2).ending is Ending.STOPPED
    assert run.copy("purchases").complete
    with run.target.connect(reading=True) as connection:
        batches = run.ledger.book(run.run, "purchases").committed(connection)
    assert [(b.segment.after, b.segment.upto, b.accounting.migrated) for b in batches] == [
        (None, (12,), 10), ((12,), (23,), 10), ((23,), (33,), 10), ((33,), (35,), 2),
    ]  # fmt: skip
    validated(run, "purchases")


def test_a_reader_ends_when_nobody_takes_its_rows(near: Pair) -> None:
    near.shop(purchases=200)
    run = near.start()
    compiled = run.compiled["customers"]
    before = threading.active_count()
    stream = Stream(Reading(run.source, compiled, beside(compiled), Nowhere(), (20,), 2), None)
    parts = list(stream.take(3))
    assert [(part.legacy.num_rows, part.made.num_rows) for part in parts] == [(2, 2), (1, 1)]
    assert (stream.after, stream.more()) == ((3,), True)
    stream.close()
    assert threading.active_count() == before


def test_a_failing_reader_is_heard_after_the_rows_before_it(near: Pair) -> None:
    near.shop(customers=9)
    near.old.run("UPDATE customer SET name = NULL WHERE id = 8;")
    compiled = near.start().compiled["customers"]
    stream = Stream(Reading(open_source(near.old.source), compiled, beside(compiled), Nowhere(), (9,), 3), None)
    assert [part.made.num_rows for part in stream.take(6)] == [3, 3]
    with pytest.raises(ValuesDoNotFit):
        stream.more()
    stream.close()


def test_rows_longer_than_a_packet_of_the_protocol_are_read(mariadb: Server) -> None:
    made = mariadb.database()
    made.run(
        "CREATE TABLE big (id int PRIMARY KEY, one longtext, other longblob);\n"
        "INSERT INTO big VALUES (1, repeat('a', 70000), ''), (2, repeat('é', 5000000), repeat('b', 10000000)), "
        "(3, NULL, 'c'), (4, repeat('d', 250), repeat('e', 251)), (5, '', NULL);\n"
    )
    source = open_source(made.source)
    with source.connect() as connection:
        from_ = clause(introspect(connection, source.dialect).table("big"))
        wanted = from_.select().order_by(from_.c.id)
        families = [Family.INTEGER, Family.TEXT, Family.BINARY]
        batches = list(source.dialect.read(connection, wanted, families, 2))
    rows = [tuple(row.values()) for batch in batches for row in batch.to_pylist()]
    assert rows == [
        (1, "a" * 70000, b""), (2, "é" * 5000000, b"b" * 10000000), (3, None, b"c"), (4, "d" * 250, b"e" * 251),
        (5, "", None),
    ]  # fmt: skip


ASLEEP = {"not enforced": "NOT ENFORCED", "switched off": "; ALTER TABLE purchases DISABLE TRIGGER ALL"}


@pytest.mark.parametrize("how", ASLEEP)
@pytest.mark.parametrize("straight", [True, False])
def test_a_foreign_key_that_the_server_does_not_look_at_stops_a_batch_like_any_other(
    tmp_path: Path, postgresql: Server, how: str, straight: bool
) -> None:
    pair = Pair(of_file(tmp_path / "old.sqlite"), of_server(postgresql.database()), "uuid")
    pair.shop(customers=20, purchases=95)
    pair.old.run("UPDATE purchase SET customer_id = 77 WHERE id IN (31, 62);")
    key = f"CONSTRAINT of FOREIGN KEY (customer_id) REFERENCES customers {ASLEEP[how]}"
    pair.new.run(f"ALTER TABLE purchases DROP CONSTRAINT purchases_customer_id_fkey, ADD {key}")
    mapping = SHOP if straight else amended(PURCHASES, filter=Comparison(column="id", op=Operator.GREATER, values=(0,)))
    run = pair.start(mapping)
    run.copy("customers")
    assert goes_straight(run, "purchases") is straight
    failed = run.copy("purchases")
    assert failed.ending is Ending.FAILED and failed.failure is not None
    assert failed.failure.constraint == "of"
    assert pair.new.one("SELECT count(*) FROM purchases") == 30

"""The parts of a proof, by themselves."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

import pyarrow as pa
import pytest

from ferryman.domain.run import Accounting, BatchRecord, Segment
from ferryman.domain.schema import Column, Family
from ferryman.domain.validation import CheckKind, CheckStatus
from ferryman.tools.prove.accounting import balance
from ferryman.tools.prove.canonical import Care, canonical, same
from ferryman.tools.prove.checksums import Difference, Seen, status_of
from ferryman.tools.prove.counts import Totals, judge
from ferryman.tools.prove.digests import Shape as RowShape
from ferryman.tools.prove.digests import Sums, framed, held, sums
from ferryman.tools.prove.overwritten import Overwritten
from ferryman.tools.prove.samples import SAMPLES, places

PASS, FAIL, NOT_VALIDATED = CheckStatus.PASS, CheckStatus.FAIL, CheckStatus.NOT_VALIDATED
COUNT, SAMPLE, CHECKSUM, INTEGRITY, ACCOUNTING = CheckKind


def col(family: Family, **more: object) -> Column:
    return Column(name="c", native="", family=family, **more)


MOMENT = datetime(2024, 1, 1, 10, 0)


@pytest.mark.parametrize(
    ("one", "other", "family", "equal"),
    [
        (MOMENT, "2024-01-01T12:00:00+02:00", Family.TIMESTAMP, True),
        (MOMENT, MOMENT.replace(tzinfo=UTC), Family.TIMESTAMP, True),
        (MOMENT, MOMENT.replace(tzinfo=timezone(timedelta(hours=1))), Family.TIMESTAMP, False),
        (MOMENT, MOMENT.replace(microsecond=1), Family.TIMESTAMP, False),
        (MOMENT, "0000-00-00", Family.TIMESTAMP, False),
        (date(2024, 1, 1), "2024-01-01 00:00:00", Family.DATE, True),
        (date(2024, 1, 1), "2024-01-01 00:00:01", Family.DATE, False),
        (time(1, 2, 3), "01:02:03", Family.TIME, True),
        ("5.00", "5", Family.DECIMAL, True),
        (Decimal("0.1"), "0.10", Family.DECIMAL, True),
        ("0.1", "0.10000000001", Family.DECIMAL, False),
        ("-0.0", "0", Family.DECIMAL, True),
        (0.1 + 0.2, 0.3, Family.FLOAT, True),
        (0.3, 0.30001, Family.FLOAT, False),
        (-0.0, 0.0, Family.FLOAT, True),
        ('{"a": 1, "b": [1.0]}', '{"b":[1],"a":1}', Family.JSON, True),
        ('{"a": 1.5e+20}', '{"a": 150000000000000000000}', Family.JSON, True),
        ("1.2345678901234567e+19", "12345678901234567000", Family.JSON, True),
        ("12345678901234567891", "12345678901234567890", Family.JSON, False),
        ('{"a": 1}', '{"a": "1"}', Family.JSON, False),
        ("[1, 2]", "[2, 1]", Family.JSON, False),
        ("null", None, Family.JSON, False),
        ("6F0C1D0E-0B7E-5D0A-9C59-66657272796D", "6f0c1d0e0b7e5d0a9c5966657272796d", Family.UUID, True),
        (True, 1, Family.BOOLEAN, True),
        (True, 2, Family.BOOLEAN, False),
        ("", None, Family.TEXT, False),
        ("a ", "a", Family.TEXT, False),
        (b"a", "a", Family.TEXT, False),
        (17, "17", Family.INTEGER, True),
        (b"\x00", b"\x00\x00", Family.BINARY, False),
    ],
)
def test_values_are_compared_by_what_they_mean(one, other, family, equal):
    assert same(one, other, col(family)) is equal
    assert same(other, one, col(family)) is equal


def test_decimals_are_compared_at_the_columns_scale():
    assert same("1.004", "1.00", col(Family.DECIMAL, scale=2))
    assert not same("1.006", "1.00", col(Family.DECIMAL, scale=2))
    assert same("12345678901234567.89", "12345678901234568", col(Family.DECIMAL, scale=2), Care.REAL)
    assert not same("12345678901234567.89", "12345678901234568", col(Family.DECIMAL, scale=2), Care.CAREFUL)


@pytest.mark.parametrize("care", list(Care))
@pytest.mark.parametrize(
    ("values", "family"),
    [
        (["2024-01-01 10:00:00", "rubbish"], Family.TIMESTAMP),
        (["0.1", "rubbish"], Family.FLOAT),
        (["1", "2.5"], Family.INTEGER),
        (["1", "2"], Family.BOOLEAN),
        (["1.50", "rubbish"], Family.DECIMAL),
    ],
)
def test_a_value_looks_the_same_whatever_stands_beside_it(values, family, care):
    fitting = {
        Family.TIMESTAMP: pa.array([MOMENT], pa.timestamp("us")),
        Family.FLOAT: pa.array([0.1]),
        Family.INTEGER: pa.array([1]),
        Family.BOOLEAN: pa.array([True]),
        Family.DECIMAL: pa.array(["1.50"]),
    }[family]
    alone = canonical(fitting, col(family), care)[0]
    assert canonical(pa.array(values), col(family), care)[0] == alone


def row_batch(*rows: tuple[object, object]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict({"a": [row[0] for row in rows], "b": [row[1] for row in rows]})


TEXTS = RowShape(
    (Column(name="a", native="", family=Family.TEXT), Column(name="b", native="", family=Family.TEXT)), ("a",)
)


def test_sums_do_not_depend_on_order_or_on_batches():
    rows = [(f"k{n}", f"v{n}") for n in range(100)]
    one = sums([row_batch(*rows)], TEXTS)
    other = sums([row_batch(*reversed(rows[50:])), row_batch(*rows[:50])], TEXTS)
    assert one.same_as(other)
    assert one.text == other.text


def test_sums_see_a_row_twice_where_another_is_missing():
    one = sums([row_batch(("a", "1"), ("b", "2"))], TEXTS)
    other = sums([row_batch(("a", "1"), ("a", "1"))], TEXTS)
    assert not one.same_as(other)
    assert held([row_batch(("a", "1"), ("a", "1"))], TEXTS, frozenset(range(4096))).repeated == 1


def test_no_two_rows_are_framed_alike():
    rows = [("a", "b:1:c"), ("a:1:b", "c"), ("", None), (None, ""), (None, None), ("", ""), ("-", ""), ("1:a", "")]
    batch = row_batch(*rows)
    assert len(set(framed(TEXTS.texts(batch)).to_pylist())) == len(rows)


def a_batch(rows: int) -> BatchRecord:
    return BatchRecord(
        table="t",
        number="1",
        first_row=1,
        last_row=rows,
        segment=Segment(),
        accounting=Accounting(migrated=rows),
        seconds=0,
    )


def test_sampled_places_hold_the_ends_and_boundaries_and_are_the_same_each_time():
    batches = [a_batch(100), a_batch(100), a_batch(0), a_batch(7)]
    chosen = places(batches, "r1:t")
    assert len(set(chosen)) == SAMPLES
    assert chosen == places(batches, "r1:t")
    assert chosen != places(batches, "r2:t")
    found = {(place.batch, place.row) for place in chosen}
    assert {(0, 0), (0, 99), (1, 0), (1, 99), (3, 0), (3, 6)} <= found
    assert all(place.row < batches[place.batch].accounting.migrated for place in chosen)
    assert len(places([a_batch(3)], "x")) == 3
    assert places([], "x") == ()


@pytest.mark.parametrize(
    ("difference", "lost", "written", "expected"),
    [
        (Difference(), 0, False, PASS),
        (Difference(), 1, True, FAIL),
        (Difference(changed=1), 0, False, FAIL),
        (Difference(changed=1), 0, True, NOT_VALIDATED),
        (Difference(only_actual=1), 0, True, PASS),
        (Difference(only_actual=1), 0, False, FAIL),
        (Difference(only_expected=1), 0, True, PASS),
        (Difference(only_actual=1, whole=False), 0, True, NOT_VALIDATED),
    ],
)
def test_what_a_difference_means(difference, lost, written, expected):
    seen = Seen(Sums(), Sums(), difference, Overwritten())
    assert status_of(seen, lost=lost, source_written=written) is expected


def test_counts_tell_others_rows_apart():
    base = Totals(arrived=10, created=10, found=10, before=5, now=15)
    assert judge(base).status is PASS
    grown = judge(Totals(arrived=10, created=10, found=10, before=5, now=17, since=3))
    assert grown.status is PASS
    assert "2 rows came from others" in grown.text
    assert "3 rows arrived in the old database since" in grown.text
    lost = judge(Totals(arrived=10, created=10, found=9, before=5, now=15))
    assert (lost.status, lost.actual) == (FAIL, 9)


def test_every_row_is_accounted_for_or_it_fails():
    whole = Accounting(source=10, migrated=6, matched=1, merged=1, skipped=1, quarantined=1, placeholders=3)
    assert balance(whole, source=10).status is PASS
    lacking = balance(whole, source=12, without_key=2)
    assert (lacking.status, lacking.expected, lacking.actual) == (FAIL, 12, 10)
    assert "2 rows have no key" in lacking.text
    aside = whole.but(quarantined=whole.quarantined + 2)
    settled = balance(aside, source=12, without_key=2)
    assert settled.status is PASS
    assert "no key" not in settled.text

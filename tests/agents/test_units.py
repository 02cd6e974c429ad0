"""Numbers in one unit, and in another: what two names say, what is asked, and what becomes of the values."""

from __future__ import annotations

import pytest

from ferryman.agents.data_mapping import propose
from ferryman.agents.revise import revise_all
from ferryman.agents.units import conversion, unit_of
from ferryman.agents.value_steps import can_become, decimal_mark, holds_numbers, text_formats, value_steps
from ferryman.domain.schema import Column, Family
from ferryman.domain.transforms import EmptyToNull, Rename, Scale
from tests.catalogues import FILL, column_profile, database, facts, matches, profile

INTEGER, DECIMAL, FLOAT, TEXT = Family.INTEGER, Family.DECIMAL, Family.FLOAT, Family.TEXT


def column(name: str, family: Family = INTEGER) -> Column:
    return Column(name=name, native=family.value, family=family)


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("PriceCents", "cents"),
        ("duration_ms", "ms"),
        ("weight_g", "grams"),
        ("length_s", "seconds"),
        ("Milliseconds", "milliseconds"),
        ("km_per_hour", ""),
        ("g", ""),
        ("days_in_km", ""),
        ("second_name", ""),
        ("minimum", ""),
    ],
)
def test_a_name_says_its_unit_or_none(name: str, word: str) -> None:
    unit = unit_of(column(name))
    assert (unit.word if unit else "") == word


@pytest.mark.parametrize(
    ("ours", "theirs", "step"),
    [
        (column("price_cents"), column("price", DECIMAL), Scale(divide=100)),
        (column("price", DECIMAL), column("price_cents"), Scale(multiply=100, places=0)),
        (column("price_cents"), column("amount_in_cents"), None),
        (column("price_cents"), column("price"), None),
        (column("Milliseconds"), column("duration_seconds", DECIMAL), Scale(divide=1000)),
        (column("length_ms"), column("length_sec"), Scale(divide=1000, places=0)),
        (column("minutes"), column("hours", FLOAT), Scale(divide=60)),
        (column("weight_lbs", FLOAT), column("weight_kg", FLOAT), Scale(multiply=45359237, divide=100000000)),
        (column("weight_kg", DECIMAL), column("weight_g"), Scale(multiply=1000, places=0)),
        (column("duration_ms"), column("duration"), None),
        (column("days"), column("grams"), None),
        (column("price_cents", TEXT), column("price", DECIMAL), None),
    ],
)
def test_numbers_are_converted_where_both_names_call_for_it(ours: Column, theirs: Column, step: Scale | None) -> None:
    assert conversion(ours, theirs) == step


def test_what_a_required_number_is_filled_from_is_told_by_a_unit_alone() -> None:
    old, new = database("a: id int key, w int, Millis int"), database("b: id int key, length_sec money")
    (question,) = propose(FILL, facts(old, new, matches("a -> b: id=id"), profile({"a": 9}), profile({})))[1]
    assert (question.options[0].text, question.recommended) == ("Fill it from Millis, divided by 1,000", "Millis")


def test_texts_that_hold_numbers_are_offered_for_a_required_number() -> None:
    old, new = database("a: id int key, w text, note text"), database("b: id int key, mark money")
    shapes = {"a.w": column_profile(shapes={"9": 5, "9.9": 4}), "a.note": column_profile(shapes={"Aa+": 9})}
    (question,) = propose(FILL, facts(old, new, matches("a -> b: id=id"), profile({"a": 9}, shapes), profile({})))[1]
    assert ([option.key for option in question.options], question.recommended) == (["w", "constant", "leave_out"], "")


def test_a_conversion_is_asked_about_and_can_be_declined() -> None:
    old, new = database("a: id int key, price_cents int"), database("b: id int key, price money")
    known = facts(old, new, matches("a -> b: id=id, price_cents=price"), profile({"a": 9}), profile({}))
    mapping, (question,) = propose(FILL, known)
    assert mapping.by_target["b"].by_target["price"].steps == (Scale(divide=100),)
    assert question.id == "unit:b.price"
    assert question.text == (
        "By their names, a.price_cents is in cents and b.price names no unit. Shall the numbers be divided by 100?"
    )
    assert [option.text for option in question.options] == [
        "Yes: 1500 becomes 15",
        "No, as they are: 1500 stays 1500",
    ]
    declined = revise_all(mapping, question.options[1].changes, known)
    assert declined.by_target["b"].by_target["price"].steps == (Rename(),)


@pytest.mark.parametrize(
    ("shapes", "mark"),
    [
        ({"9,9": 40, "99": 2, "-9.999,99": 1}, ","),
        ({"9,999.99": 4, "999": 1}, "."),
        ({"9,999": 4}, None),
        ({"9,9": 4, "9.9": 4}, None),
        ({"9.99": 4}, None),
        ({"9,99": 4, "Aa+": 1}, None),
    ],
)
def test_what_stands_before_the_decimals_is_told_by_the_shapes(shapes: dict[str, int], mark: str | None) -> None:
    assert decimal_mark(column_profile(shapes=shapes)) == mark


@pytest.mark.parametrize(
    ("native", "emptied"), [("inet", True), ("macaddr", True), ("set('a','b')", False), ("varchar(40)", False)]
)
def test_an_empty_text_is_no_value_of_a_type_that_has_a_form(native: str, emptied: bool) -> None:
    old, new = database("a: ip text\nb: ip text?").tables
    seen = column_profile(shapes={"99.9.9.9": 9, "": 1}, empty=1, longest=8)
    steps = value_steps(old.column("ip"), new.column("ip").but(native=native), seen)
    assert (EmptyToNull() in steps) is emptied


@pytest.mark.parametrize(("shape", "numbers"), [("9.9", True), ("Aa+ 9", False)])
def test_shapes_that_are_not_told_one_by_one_are_no_numbers(shape: str, numbers: bool) -> None:
    old, new = database("a: x text\nb: x int").tables
    seen = column_profile(shapes={shape: 40, "...": 100})
    assert holds_numbers(old.column("x"), seen) is numbers
    assert can_become(old.column("x"), new.column("x"), seen) is numbers


@pytest.mark.parametrize("shape", ["99- 9-9999", " 9- 9-9999", "9-9-9999", "99-99-9999"])
def test_days_and_months_of_one_digit_stand_in_one_format_with_those_of_two(shape: str) -> None:
    assert text_formats(column_profile(shapes={shape: 90}, beyond_months=(9, 0))) == ("%d-%m-%Y",)


@pytest.mark.parametrize(
    ("lengths", "formats"),
    [((19, 19), ("%Y-%m-%d %H:%M:%S",)), ((19, 26), ()), ((10, 19), ()), ((None, None), ("%Y-%m-%d %H:%M:%S",))],
)
def test_moments_that_are_not_all_as_long_as_those_sampled_have_no_one_format(
    lengths: tuple[int | None, int | None], formats: tuple[str, ...]
) -> None:
    seen = column_profile(shapes={"9999-99-99 99:99:99": 1000}, shortest=lengths[0], longest=lengths[1])
    assert text_formats(seen) == formats

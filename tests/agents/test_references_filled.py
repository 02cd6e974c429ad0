"""References of the new tables: which old columns fill them, and how."""

from __future__ import annotations

from ferryman.domain.mapping import (
    Derived,
)
from tests.agents.proposing import proposed, sources, uses
from tests.catalogues import (
    column_profile,
)


def test_a_reference_to_a_parent_that_nothing_fills_stays_empty() -> None:
    mapping, questions, _ = proposed(
        "c: id int key, owner int",
        "users: id int key\ncs: id int key, owner_id int? > users",
        "c -> cs: id=id, owner=owner_id",
    )
    assert "owner_id" not in mapping.by_target["cs"].by_target
    assert mapping.by_target["cs"].ignored == ("owner",)
    assert questions == ()


def test_zero_that_means_no_parent_becomes_null() -> None:
    mapping, _, _ = proposed(
        "p: id int key\nc: id int key, p_id int > p",
        "ps: id int key\ncs: id int key, p_id int? > ps",
        "p -> ps: id=id\nc -> cs: id=id, p_id=p_id",
        {"p.id": column_profile(lowest=1, highest=9), "c.p_id": column_profile(lowest=0, highest=9)},
    )
    assert uses(mapping.by_target["cs"], "p_id") == ["value_map", "foreign_key"]


def test_a_reference_by_another_column_than_the_key_is_looked_up() -> None:
    mapping, _, _ = proposed(
        "p: id int key, code text unique\nc: id int key, p_code text > p.code",
        "ps: id uuid key, code text\ncs: id int key, p_id uuid > ps",
        "p -> ps: id=id, code=code\nc -> cs: id=id, p_code=p_id",
    )
    assert uses(mapping.by_target["cs"], "p_id") == ["lookup", "foreign_key"]


def test_two_references_to_one_parent_go_by_their_names() -> None:
    mapping, _, _ = proposed(
        "p: id int key\nc: id int key, ship int > p, bill int > p",
        "ps: id int key\ncs: id int key, billing_id int > ps, shipping_id int > ps",
        "p -> ps: id=id\nc -> cs: id=id, bill=billing_id, ship=shipping_id",
    )
    table = mapping.by_target["cs"]
    assert (sources(table, "billing_id"), sources(table, "shipping_id")) == (("bill",), ("ship",))


def test_the_only_reference_between_two_tables_needs_no_name() -> None:
    mapping, questions, _ = proposed(
        "e: id int key, reports_to int? > e",
        "staff: id int key, manager_id int? > staff",
        "e -> staff: id=id, reports_to~manager_id",
    )
    assert sources(mapping.by_target["staff"], "manager_id") == ("reports_to",)
    assert questions == ()


def test_a_composite_reference_is_filled_like_its_parent() -> None:
    mapping, _, _ = proposed(
        "o: id int key\nl: o_id int key > o, pos int key\nn: o_id int key, pos int key | refers o_id pos > l o_id pos",
        "os: id uuid key\nls: o_id uuid key > os, pos int key\n"
        "ns: o_id uuid key, pos int key | refers o_id pos > ls o_id pos",
        "o -> os: id=id\nl -> ls: o_id=o_id, pos=pos\nn -> ns: o_id=o_id, pos=pos",
        identities={"os": Derived()},
    )
    table = mapping.by_target["ns"]
    assert table.by_target["o_id"].steps == mapping.by_target["ls"].by_target["o_id"].steps
    assert uses(table, "pos") == ["rename"]

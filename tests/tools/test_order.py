from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferryman.domain.findings import TableType
from ferryman.domain.references import Reference
from ferryman.tools.prepare.order import Order, arrange

KINDS = {"c": TableType.CATALOG, "t": TableType.TRANSACTIONAL, "j": TableType.JUNCTION}


def ordered(tables: str, *references: str, asked: Sequence[str] = ()) -> Order:
    """Tables such as "brackets:c cases:t"; references such as "cases.bracket_id > brackets", with ? where nullable,
    ! where the parent is numbered by the target, and * where a CHECK speaks of them."""
    types = {name: KINDS[kind] for name, kind in (table.split(":") for table in tables.split())}
    made = []
    for text in references:
        child, parent = text.split(" > ")
        name, column = child.split(".")
        made.append(
            Reference(
                child=name,
                columns=(column,),
                parent=parent.rstrip("?!*"),
                required="?" not in text,
                checked="*" in text,
                made_late=text.endswith("!"),
            )
        )
    return arrange(list(types), types, made, asked)


def names(order: Order) -> list[tuple[str, ...]]:
    return [phase.tables for phase in order.phases]


def test_the_specification_s_planning_example() -> None:
    order = ordered(
        "brackets:c case_files:j cases:t files:t",
        "cases.bracket_id > brackets?",
        "case_files.case_id > cases",
        "case_files.file_id > files",
    )
    assert names(order) == [("brackets",), ("cases", "files"), ("case_files",)]
    assert [phase.rationale for phase in order.phases] == [
        "no dependencies",
        "parent entities",
        "junction depends on parents",
    ]
    assert [phase.depends_on for phase in order.phases] == [(), (1,), (2,)]
    assert order.phases[2].prerequisites == ("cases", "files")


def test_the_specification_s_example_2_parents_in_one_phase_the_junction_in_the_next() -> None:
    order = ordered("cases:t files:t links:j", "links.case_id > cases", "links.file_id > files")
    assert names(order) == [("cases", "files"), ("links",)]


def test_a_reference_to_a_table_that_is_not_copied_does_not_count() -> None:
    order = ordered("brackets:c", "brackets.project_id > projects")
    assert names(order) == [("brackets",)]
    assert order.phases[0].rationale == "no dependencies"


def test_kinds_give_way_to_references() -> None:
    order = ordered("moods:c people:t", "moods.person_id > people")
    assert names(order) == [("people",), ("moods",)]


def test_two_junctions_are_spoken_of_as_many() -> None:
    order = ordered("a:t b:j c:j", "b.a > a", "c.a > a")
    assert order.phases[-1].rationale == "junctions depend on parents"


def test_what_was_asked_for_goes_first_within_its_phase() -> None:
    assert names(ordered("a:t b:t c:t", asked=("c", "nowhere"))) == [("c", "a", "b")]


def test_a_self_reference_that_takes_null_waits_for_the_second_pass() -> None:
    order = ordered("staff:t", "staff.manager_id > staff?")
    assert order.phases[0].second_pass == ("staff.manager_id",)
    assert order.cycles == (("staff",),)
    assert order.stuck == ()


def test_a_required_self_reference_is_reported_where_the_target_numbers_the_rows() -> None:
    assert ordered("staff:t", "staff.manager_id > staff").stuck == ()
    order = ordered("staff:t", "staff.manager_id > staff!")
    assert [reference.text for reference in order.stuck] == ["staff.manager_id -> staff"]


def test_a_ring_opens_at_one_nullable_reference_only() -> None:
    order = ordered("a:t b:t", "a.b_id > b?", "b.a_id > a?")
    assert names(order) == [("a",), ("b",)]
    assert [phase.second_pass for phase in order.phases] == [(), ("a.b_id",)]
    assert order.cycles == (("a", "b"),)


def test_a_ring_opens_where_no_rule_of_the_target_looks_at_what_stays_empty() -> None:
    order = ordered("a:t b:t", "a.b_id > b?*", "b.a_id > a?")
    assert names(order) == [("b",), ("a",)]
    assert [phase.second_pass for phase in order.phases] == [(), ("b.a_id",)]


def test_a_ring_of_three_opens_where_it_can() -> None:
    order = ordered("a:t b:t c:t", "a.b > b", "b.c > c", "c.a > a?")
    assert names(order) == [("c",), ("b",), ("a",)]
    assert order.phases[2].second_pass == ("c.a",)


def test_a_ring_of_required_references_stays_together_and_is_reported() -> None:
    order = ordered("a:t b:t c:t", "a.b > b", "b.a > a", "c.a > a")
    assert (names(order), order.stuck) == ([("a", "b"), ("c",)], ())
    order = ordered("a:t b:t c:t", "a.b > b!", "b.a > a!", "c.a > a!")
    assert names(order) == [("a", "b"), ("c",)]
    assert {reference.text for reference in order.stuck} == {"a.b -> b", "b.a -> a"}


def test_a_ring_of_required_references_that_the_target_checks_at_once_is_reported() -> None:
    ring = [
        Reference(child="a", columns=("b_id",), parent="b", required=True, at_once=True),
        Reference(child="b", columns=("a_id",), parent="a", required=True, at_once=True),
    ]
    types = {"a": TableType.TRANSACTIONAL, "b": TableType.TRANSACTIONAL}
    assert arrange(["a", "b"], types, ring).stuck == tuple(ring)
    opened = [ring[0], ring[1].but(required=False)]
    assert arrange(["a", "b"], types, opened).stuck == ()
    root = Reference(child="a", columns=("a_id",), parent="a", required=True, at_once=True)
    assert arrange(["a"], types, [root]).stuck == ()


def test_nothing_to_copy_makes_no_phase() -> None:
    assert ordered("") == Order(())


@pytest.mark.parametrize("asked", [(), ("b",)])
def test_the_same_input_gives_the_same_order(asked: Sequence[str]) -> None:
    again = [ordered("a:t b:t c:j", "c.a > a", "c.b > b?", asked=asked) for _ in range(3)]
    assert again[0] == again[1] == again[2]


TABLES = [f"t{n}" for n in range(7)]
REFERENCES = st.lists(
    st.builds(
        lambda child, parent, required: Reference(
            child=child, columns=(f"{parent}_id",), parent=parent, required=required
        ),
        st.sampled_from(TABLES),
        st.sampled_from(TABLES),
        st.booleans(),
    ),
    max_size=20,
    unique_by=lambda reference: (reference.child, reference.parent),
)


@given(st.fixed_dictionaries({name: st.sampled_from(list(TableType)) for name in TABLES}), REFERENCES)
def test_every_table_goes_once_and_after_the_parents_that_it_cannot_wait_for(
    types: dict[str, TableType], references: list[Reference]
) -> None:
    order = arrange(TABLES, types, references)
    where = {name: phase.number for phase in order.phases for name in phase.tables}
    assert sorted(name for phase in order.phases for name in phase.tables) == TABLES
    late = {column for phase in order.phases for column in phase.second_pass}
    for reference in references:
        waits = f"{reference.child}.{reference.columns[0]}" in late
        together = where[reference.parent] == where[reference.child] and reference.required
        assert waits or together or where[reference.parent] < where[reference.child]
        assert (reference in order.stuck) == (together and reference.made_late)
        assert not (waits and reference.required)
    for phase in order.phases:
        for column in phase.second_pass:
            assert where[column.split(".")[0]] <= phase.number

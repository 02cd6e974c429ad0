"""What was found in a table is known again while nothing of the plan that it depends on changes, and not for long."""

from pathlib import Path

import pytest

from ferryman.domain.filters import Comparison, Operator
from ferryman.domain.mapping import ColumnMapping, Mapping, Policy, Problem, Strategy, TableMapping
from ferryman.domain.plan import Preflight
from ferryman.tools.prepare.memory import Memory
from ferryman.tools.prepare.preflight import preflight
from tests.tools.demo_plan import Pair
from tests.tools.demo_plan import pair as pair_of
from tests.tools.pairs import write
from tests.tools.test_preflight import PERSONS, TOWNS, people, person, with_lists


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    """Two persons, one with a name that is too long."""
    return people(tmp_path, person(), person(id=2, email="b@x.example", name="Ada Augusta King"))


def look(pair: Pair, memory: Memory) -> Preflight:
    catalogues = pair.source_db, pair.target_db
    return preflight(pair.source, pair.target, *catalogues, pair.plan(), pair.compiled(), memory=memory)


def problems(found: Preflight) -> list[str]:
    return [problem.id for problem in found.problems]


def test_a_table_is_not_looked_at_again_until_it_is_forgotten(pair: Pair) -> None:
    memory = Memory()
    first = look(pair, memory)
    assert problems(first) == ["too_long:persons.name"]
    write(pair.legacy, "UPDATE person SET name = 'Ada' WHERE id = 2")
    assert look(pair, memory) == first
    memory.forget()
    assert problems(look(pair, memory)) == []


def test_what_was_found_long_ago_is_looked_at_again(pair: Pair) -> None:
    now = [0.0]
    memory = Memory(seconds=10, clock=lambda: now[0])
    look(pair, memory)
    write(pair.legacy, "UPDATE person SET name = 'Ada' WHERE id = 2")
    now[0] = 11.0
    assert problems(look(pair, memory)) == []


def test_a_change_of_a_parent_has_its_children_looked_at_again(pair: Pair) -> None:
    memory = Memory()
    look(pair, memory)
    only_oslo = TOWNS.but(filter=Comparison(column="id", op=Operator.EQUAL, values=(2,)))
    changed = pair_of(pair.legacy, pair.new, Mapping(tables=(only_oslo, PERSONS)))
    assert "orphans:persons.town_id:filtered_out" in problems(look(changed, memory))


def too_long(strategy: Strategy) -> Policy:
    return Policy(problem=Problem.TOO_LONG, columns=("name",), strategy=strategy)


def again(pair: Pair, memory: Memory, *tables: TableMapping) -> list[str]:
    """What is found by another mapping of the same tables, as it was in the memory or as it is now."""
    return problems(look(pair_of(pair.legacy, pair.new, Mapping(tables=tables)), memory))


def test_values_are_not_looked_at_again_where_rows_are_set_aside_and_references_are(pair: Pair) -> None:
    memory = Memory()
    look(pair, memory)
    write(pair.legacy, "UPDATE person SET name = 'Ada', town_id = 9 WHERE id = 2")
    aside = PERSONS.but(policies=(too_long(Strategy.QUARANTINE),))
    assert again(pair, memory, TOWNS, aside) == ["orphans:persons.town_id:never_existed", "too_long:persons.name"]


def test_values_that_become_others_by_a_decision_are_looked_at_again(pair: Pair) -> None:
    memory = Memory()
    look(pair, memory)
    write(pair.legacy, "UPDATE person SET name = 'Ada' WHERE id = 2")
    assert again(pair, memory, TOWNS, PERSONS.but(policies=(too_long(Strategy.TRUNCATE),))) == []


def test_why_a_column_is_filled_as_it_is_and_the_order_of_decisions_change_nothing(pair: Pair) -> None:
    memory = Memory()
    nothing = Policy(problem=Problem.DUPLICATE, columns=("email",), strategy=Strategy.QUARANTINE)
    decided = (too_long(Strategy.QUARANTINE), nothing)
    again(pair, memory, TOWNS, PERSONS.but(policies=decided))
    write(pair.legacy, "UPDATE person SET name = 'Ada', town_id = 9 WHERE id = 2")

    def said(column: ColumnMapping) -> ColumnMapping:
        return column.but(why="as you said")

    other = PERSONS.but(policies=decided[::-1], columns=tuple(map(said, PERSONS.columns)), why="as you said")
    assert again(pair, memory, TOWNS, other) == ["too_long:persons.name"]


def test_lists_are_looked_at_again_where_rows_that_they_name_are_set_aside(tmp_path: Path) -> None:
    pair = with_lists(tmp_path, ",", ["1", "2"])
    write(pair.legacy, "UPDATE town SET name = 'Oslo, which was called Christiania' WHERE id = 2")
    memory, visits = Memory(), pair.mapping.by_target["visits"]
    assert again(pair, memory, TOWNS, visits) == ["too_long:towns.name"]
    aside = TOWNS.but(policies=(too_long(Strategy.QUARANTINE),))
    assert again(pair, memory, aside, visits) == ["too_long:towns.name", "orphans:visits.seen:"]

"""What was found in a table is known again while nothing of the plan that it depends on changes, and not for long."""

from pathlib import Path

import pytest

from ferryman.domain.filters import Comparison, Operator
from ferryman.domain.mapping import Mapping
from ferryman.domain.plan import Preflight
from ferryman.tools.prepare.memory import Memory
from ferryman.tools.prepare.preflight import preflight
from tests.tools.demo_plan import Pair
from tests.tools.demo_plan import pair as pair_of
from tests.tools.pairs import write
from tests.tools.test_preflight import PERSONS, TOWNS, people, person


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

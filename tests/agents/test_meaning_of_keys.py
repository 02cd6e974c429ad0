"""What a legacy key says beside which row it is: it is named, or kept as metadata, where rows are numbered anew."""

from __future__ import annotations

import pytest

from ferryman.agents.data_mapping import propose
from ferryman.domain.mapping import Generated, Kept
from tests.catalogues import FILL, database, facts, matches, profile


@pytest.mark.parametrize(
    ("key", "identity", "left"),
    [
        ("a: k int key, d int key, who text", Generated(), ("k", "d")),
        ("a: code text key, who text", Generated(), ("code",)),
        ("a: k int key, who text", Kept(), ()),
        ("a: k uuid key, who text", Generated(), ()),
    ],
)
def test_what_a_key_says_is_not_lost_where_the_new_table_numbers_its_rows(
    key: str, identity: Kept | Generated, left: tuple[str, ...]
) -> None:
    new = database("b: id int key auto, who text")
    mapping, _ = propose(FILL, facts(database(key), new, matches("a -> b: who=who"), profile({"a": 9}), profile({})))
    table = mapping.by_target["b"]
    assert (table.identity, table.ignored) == (identity, left)


def test_what_a_key_says_goes_into_the_metadata_where_there_is_a_column_for_it() -> None:
    old, new = database("a: k int key, d int key, who text"), database("b: id int key auto, who text, metadata json?")
    mapping, _ = propose(FILL, facts(old, new, matches("a -> b: who=who"), profile({"a": 9}), profile({})))
    assert mapping.by_target["b"].by_target["metadata"].source == ("k", "d")

"""A column that is filled from another old table, in words."""

from __future__ import annotations

import pytest

from ferryman.agents.understand import understand
from ferryman.domain.changes import MapColumn
from ferryman.domain.conversation import ChangePlan, Unclear
from ferryman.domain.transforms import Lookup
from tests.agents.scenery import SHOP


@pytest.mark.parametrize(
    ("words", "table", "column", "by", "other", "value"),
    [
        ("Name of Genre goes into composer in tracks", "tracks", "composer", "GenreId", "Genre", "Name"),
        ("title of tracks comes from Title of Album", "tracks", "title", "AlbumId", "Album", "Title"),
        (
            "put LastName of Employee into city of customers",
            "customers",
            "city",
            "SupportRepId",
            "Employee",
            "LastName",
        ),
    ],
)
def test_a_value_of_the_table_that_a_row_refers_to(
    words: str, table: str, column: str, by: str, other: str, value: str
) -> None:
    said = understand(words, SHOP)
    assert isinstance(said, ChangePlan), said
    (change,) = said.changes
    assert isinstance(change, MapColumn), change
    assert (change.table, change.target, change.source) == (table, column, (by,))
    assert [(s.table, s.value) for s in change.steps if isinstance(s, Lookup)] == [(other, value)]


@pytest.mark.parametrize(
    "words", ["city in customers comes from Name in Playlist", "name of genres comes from Fax of Customer"]
)
def test_nothing_is_taken_from_a_table_that_the_row_does_not_refer_to(words: str) -> None:
    said = understand(words, SHOP)
    assert not isinstance(said, ChangePlan), said


def test_which_row_is_meant_is_said_by_a_column_of_the_own_table() -> None:
    said = understand("company of customers comes from BillingCity of Invoice", SHOP)
    assert not isinstance(said, ChangePlan), said
    said = understand("company of customers comes from BillingCity of Invoice by CustomerId", SHOP)
    assert isinstance(said, ChangePlan), said
    (change,) = said.changes
    assert isinstance(change, MapColumn), change
    assert (change.source, change.target) == (("CustomerId",), "company_name")
    assert change.steps == (Lookup(table="Invoice", key="CustomerId", value="BillingCity"),)


def test_a_column_that_is_called_like_the_other_table_is_proposed_where_none_refers_to_it() -> None:
    said = understand("name of playlists comes from TrackId of PlaylistTrack", SHOP)
    assert isinstance(said, Unclear), said
    assert "Say which column of Playlist tells the row of PlaylistTrack." in said.why
    assert said.suggestions[0] == "name of playlists comes from TrackId of PlaylistTrack by PlaylistId"

"""What a number or a text that names a row may fill in a database that declares no references."""

from __future__ import annotations

import pytest

from ferryman.agents.revise import revise
from ferryman.domain.changes import MapTable
from ferryman.domain.transforms import ForeignKeyTo
from tests.agents.proposing import ids, proposed, sources

QUOTES = """quotes: id text(36) key, name text, opportunity_id text(36)?, account_id text(36)?, created_by text(36)?,
    is_sent bool?"""


@pytest.mark.parametrize(
    ("old", "pair"),
    [
        ("account_name text", "account_name~account_id"),
        ("contact_name text", "contact_name~created_by"),
        ("create_uid int > staff", "create_uid~created_by"),
        ("write_uid text > staff", "write_uid~created_by"),
        ("company_id int > company", "company_id~account_id"),
        ("company_id int > company", "company_id~is_sent"),
    ],
)
def test_what_is_no_id_of_a_row_that_goes_does_not_stand_for_one(old: str, pair: str) -> None:
    mapping, questions, _ = proposed(
        f"company: id int key\nstaff: id int key\noffer: id int key, name text, {old}",
        QUOTES,
        f"offer -> quotes: id=id, name=name, {pair}",
    )
    assert set(mapping.by_target["quotes"].by_target) == {"id", "name"}
    assert ids(questions) == []


def test_a_reference_to_rows_that_go_into_two_tables_is_to_the_one_that_it_is_called_after() -> None:
    """Rows of crm_lead become leads and opportunities; the quotes name their opportunity."""
    mapping, _, known = proposed(
        "crm_lead: id int key, name text\noffer: id int key, name text, opportunity_id int? > crm_lead",
        f"leads: id text(36) key, name text\nopportunities: id text(36) key, name text, lead_id text(36)?\n{QUOTES}",
        "crm_lead -> leads: id=id, name=name\ncrm_lead -> opportunities: id=id, name=name\n"
        "offer -> quotes: id=id, name=name, opportunity_id=opportunity_id",
    )
    mapping = revise(mapping, MapTable(source="crm_lead", target="opportunities"), known)
    line = mapping.by_target["quotes"].by_target["opportunity_id"]
    assert sources(mapping.by_target["quotes"], "opportunity_id") == ("opportunity_id",)
    assert line.steps == (ForeignKeyTo(parent="opportunities"),)


@pytest.mark.parametrize(
    ("place", "asked"),
    [
        ("account_name", False),
        ("last_name", False),
        ("address_country", True),
        ("country_name", True),
        ("code_id", False),
    ],
)
def test_the_name_of_what_a_row_refers_to_is_no_other_name(place: str, asked: bool) -> None:
    _, questions, _ = proposed(
        "country: id int key, name text\nlead: id int key, title text, country_id int? > country",
        f"leads: id int key, title text, {place} text(36)?",
        f"lead -> leads: id=id, title=title\ncountry ~> leads: name~{place}",
    )
    assert ("side:leads.country" in ids(questions)) is asked

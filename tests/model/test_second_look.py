"""A model's picks among candidates: suggested beside a question that stays open, unless the databases speak against."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from ferryman.agents.advice import Desk
from ferryman.agents.facts import Facts
from ferryman.agents.second_look import second_look
from ferryman.domain.changes import MapColumn, MapTable, Option, Question
from ferryman.domain.findings import Evidence, Match, Matches
from ferryman.domain.guidance import Advice
from tests.agents.scenery import SHOP_FINDINGS, SHOP_NEW, SHOP_OLD, SHOP_PLAN
from tests.model.scripted import Scripted, says

BY_KEYS = Evidence(kind="reference", weight=0.4, text="both refer to it")
BY_NAME = Evidence(kind="name", weight=0.4, text="they say the same")


def picks(*chosen: str, reason: str = "The names say the same.") -> dict[str, Any]:
    return {"picks": [{"choice": choice, "reason": reason} for choice in chosen], "types": []}


def suggested(question: Question, *matches: Match, answer: dict[str, Any]) -> tuple[tuple[Advice, ...], Scripted]:
    facts = Facts(source=SHOP_OLD, target=SHOP_NEW, findings=SHOP_FINDINGS, matches=Matches(tables=matches))
    with Scripted(always=says(answer)) as server:
        desk = Desk(server.adviser(), lambda event: None, threading.Event())
        return second_look((question,), SHOP_PLAN.mapping, facts, desk), server


def from_tables(*sources: str) -> Question:
    options = tuple(
        Option(key=name, text=f"Fill it from {name}", changes=(MapTable(source=name, target="orders"),))
        for name in sources
    )
    return Question(id="table:orders", table="orders", text="Invoice -> orders?", options=options)


def match(source: str, *evidence: Evidence) -> Match:
    return Match(source=source, target="orders", score=0.5, evidence=evidence)


def test_a_pick_among_the_candidates_is_a_suggestion_with_its_reason() -> None:
    found, _ = suggested(
        from_tables("Invoice", "Track"),
        match("Invoice", BY_NAME),
        match("Track"),
        answer=picks("table:orders = Invoice"),
    )
    assert found == (Advice(kind="option", about="table:orders", text="Fill it from Invoice. The names say the same."),)


def test_what_keys_and_references_speak_against_is_not_suggested() -> None:
    found, _ = suggested(
        from_tables("Invoice", "Track"),
        match("Invoice", BY_KEYS),
        match("Track", BY_NAME),
        answer=picks("table:orders = Track"),
    )
    assert len(found) == 1 and "not suggested: keys and references speak for Invoice" in found[0].text


@pytest.mark.parametrize(
    ("source", "target", "against"),
    [
        ("Name", "album_id", "AlbumId is what refers to it"),
        ("Titel", "title", "Titel"),
        ("UnitPrice", "id", "cannot go into id"),
    ],
    ids=["another column is the declared reference", "a column that is not there", "a type that does not fit"],
)
def test_what_does_not_fit_the_two_databases_is_not_suggested(source: str, target: str, against: str) -> None:
    change = MapColumn(table="tracks", source=(source,), target=target)
    option = Option(key=source, text=f"Fill it from {source}", changes=(change,))
    question = Question(id=f"column:tracks.{target}", table="tracks", text="?", options=(option,))
    found, _ = suggested(question, answer=picks(f"column:tracks.{target} = {source}"))
    assert len(found) == 1 and "not suggested: " in found[0].text and against in found[0].text


@pytest.mark.parametrize(
    "answer",
    [
        picks("table:orders = passwords"),
        picks("table:orders = Invoice", "table:orders = Track"),
        picks("table:orders = Invoice") | {"types": [{"table": "orders", "type": "view"}]},
    ],
    ids=["a name that is not there", "two for one question", "a kind that is not there"],
)
def test_what_is_made_up_is_sent_back_and_then_left(answer: dict[str, Any]) -> None:
    found, server = suggested(from_tables("Invoice", "Track"), answer=answer)
    assert found == () and len(server.requests) == 3


@pytest.mark.parametrize(
    "reason",
    [
        "All 412 rows were verified.",
        "See http://evil.example for why.",
        "Type yes to take it.",
        "Clients fit best.",
        "",
    ],
)
def test_a_pick_stands_without_its_reason_where_that_claims_what_the_facts_do_not_say(reason: str) -> None:
    found, server = suggested(from_tables("Invoice", "Track"), answer=picks("table:orders = Invoice", reason=reason))
    assert [one.text for one in found] == ["Fill it from Invoice."] and len(server.requests) == 1


def test_a_reason_begins_like_a_sentence() -> None:
    answer = picks("table:orders = Invoice", reason="this fits best")
    found, _ = suggested(from_tables("Invoice", "Track"), answer=answer)
    assert [one.text for one in found] == ["Fill it from Invoice. This fits best"]

"""Values out of rows: none goes to a model, but those of a column that a person named, after they were shown."""

from __future__ import annotations

import logging
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import ferryman
from ferryman.agents.redact import holds_value, without_values
from ferryman.domain.conversation import ReviewPayload
from ferryman.domain.errors import Usage
from ferryman.domain.events import ModelAsked
from ferryman.report import write_report
from ferryman.tools.move.ledger import Ledger
from tests.model.scripted import Scripted, by_shape, shape_of
from tests.model.test_front_doors import spoken
from tests.model.test_whole_conversations import GOOD, everything_kept, talked

OLD = """
CREATE TABLE tbl_member (member_id INTEGER PRIMARY KEY, label TEXT, badge TEXT, town TEXT, photo BLOB);
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
INSERT INTO tbl_member SELECT i, 'CANARY-LABEL-' || i, 'CANARY-BADGE-' || i, 'CANARY-TOWN-' || i % 3, x'00ff' FROM n;
"""
NEW = "CREATE TABLE members (id INTEGER PRIMARY KEY, tag TEXT NOT NULL, city TEXT);"


@pytest.fixture
def club(tmp_path: Path) -> tuple[str, str]:
    files = tmp_path / "old.sqlite", tmp_path / "new.sqlite"
    for file, script in zip(files, (OLD, NEW), strict=True):
        with closing(sqlite3.connect(file)) as connection:
            connection.executescript(script)
    return str(files[0]), str(files[1])


def quoting(body: dict[str, Any]) -> Any:
    """A model that repeats what it was shown, in a reason and where a name belongs."""
    shown = "CANARY-LABEL-1"
    picks = [{"choice": f"column:members.tag = {shown}", "reason": f"{shown} looks like a tag."}]
    told = {"rationale": f"{shown} goes first.", "remarks": [], "ask_first": "none"}
    return by_shape(**GOOD | {"Picks": {"picks": picks, "types": []}, "Review": told})(body)


def test_a_column_that_is_shared_goes_to_the_model_and_nowhere_else(
    club: tuple[str, str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="ferryman")
    with (
        Scripted(always=quoting) as server,
        ferryman.open(*club, folder=tmp_path, model=server.adviser(), share_samples=["tbl_member.label"]) as session,
    ):
        assert session.context.adviser is not None
        shared = session.context.adviser.shared
        assert len(shared["tbl_member.label"]) == 5 and not server.requests
        events = talked(session, "move everything")
        assert isinstance(session.payload, ReviewPayload)
        assert session.payload.plan.sharing == ("tbl_member.label",)
        talked(session, "yes")
        report = write_report(Ledger(session.context.target), session.run, tmp_path / "r.html", session.workspace)
        assert session.outcome is not None
    asked = [request for request in server.requests if shape_of(request) == "Picks"]
    assert asked and all(value in str(asked[0]) for value in shared["tbl_member.label"])
    others = [request for request in server.requests if shape_of(request) != "Picks"]
    assert others and "CANARY" not in str(others).replace("CANARY-LABEL-1 goes first", "")
    assert "BADGE" not in server.sent and "TOWN" not in server.sent
    told = "".join(str(event) for event in events)
    for place, text in (
        ("an event", told),
        ("a log", caplog.text),
        ("what is kept", everything_kept(tmp_path)),
        ("the report", report.read_text()),
    ):
        assert "CANARY" not in text, place
    refused = [event for event in events if isinstance(event, ModelAsked) and event.call == "mapping"]
    assert refused[0].outcome == "refused" and refused[0].reason


def test_without_the_option_no_value_goes(club: tuple[str, str], tmp_path: Path) -> None:
    with (
        Scripted(always=by_shape(**GOOD)) as server,
        ferryman.open(*club, folder=tmp_path, model=server.adviser()) as session,
    ):
        talked(session, "move everything")
        assert isinstance(session.payload, ReviewPayload) and session.payload.plan.sharing == ()
    assert "Picks" in {shape_of(request) for request in server.requests} and "CANARY" not in server.sent


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("tbl_membre.label", "tbl_member"),
        ("tbl_member.lable", "label"),
        ("label", "TABLE.COLUMN"),
        ("tbl_member.photo", ""),
    ],
)
def test_a_column_that_is_not_there_or_holds_bytes_is_refused(
    club: tuple[str, str], tmp_path: Path, name: str, told: str
) -> None:
    with pytest.raises(Usage) as caught:
        ferryman.open(*club, folder=tmp_path, share_samples=[name])
    assert told in caught.value.do


def test_the_chat_and_the_plan_show_what_goes_before_it_goes(club: tuple[str, str]) -> None:
    with Scripted(always=by_shape(**GOOD)) as server:
        environment = {**os.environ, "FERRYMAN_MODEL": "scripted", "FERRYMAN_MODEL_BASE_URL": server.url}
        options = ("--source", club[0], "--target", club[1], "--share-samples", "tbl_member.label")
        chat = spoken(environment, "/quit\n", "chat", *options)
        assert '- tbl_member.label: "CANARY-LABEL-1"' in chat and "BADGE" not in chat and not server.requests
        bare = {name: text for name, text in os.environ.items() if not name.startswith("FERRYMAN_MODEL")}
        assert "No model is configured, so no sample goes anywhere" in spoken(bare, "/quit\n", "chat", *options)


SEEN = {"tbl_member.label": ("Anna Schmidt", "Jean-Luc O'Neill", "Bücher Müller KG", "Will Best", "4711-XY"), "t.c": ()}


@pytest.mark.parametrize(
    "piece",
    (
        "Anna anna Annas Anna's SCHMIDT schmidts Schmi AnnaSchmidt anna_schmidt Jean Luc's O'Neill Neills Müllers"
        " MÜLLER Bücher will best 4711 XY xy4711"
    ).split(),
)
def test_a_piece_of_a_shared_value_is_kept_nowhere_in_any_form(piece: str) -> None:
    assert holds_value(f"The names say {piece} fits.", SEEN)
    assert piece not in without_values(f"the reason repeats {piece} in it", SEEN)


def test_what_is_no_piece_of_a_shared_value_stays_in_a_log() -> None:
    assert not holds_value("The names say the same, and both hold text.", SEEN)
    assert without_values("the answer was cut off", SEEN) == "the answer was cut off"
    assert without_values('the facts do not say "anything"', {}) == 'the facts do not say "anything"'


PEOPLE = OLD.replace("'CANARY-LABEL-' || i", "'Quintessa Brandywine ' || i")
PIECES = ("quintess", "brandyw")


@pytest.mark.parametrize(
    "reason",
    ["Quintessa looks like a tag.", "the quintessas fit", "A BRANDYWINE's tag.", "quintessabrandywine", "Brandy fits."],
)
def test_a_reason_that_holds_a_piece_of_a_sample_is_dropped_and_kept_nowhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, reason: str
) -> None:
    caplog.set_level(logging.DEBUG, logger="ferryman")
    files = tmp_path / "old.sqlite", tmp_path / "new.sqlite"
    for file, script in zip(files, (PEOPLE, NEW), strict=True):
        with closing(sqlite3.connect(file)) as connection:
            connection.executescript(script)

    def turn(body: dict[str, Any]) -> Any:
        if shape_of(body) != "Picks":
            return by_shape(**GOOD)(body)
        choice = body["response_format"]["json_schema"]["schema"]["$defs"]["Pick"]["properties"]["choice"]["enum"][0]
        return by_shape(Picks={"picks": [{"choice": choice, "reason": reason}], "types": []})(body)

    old, new = map(str, files)
    with (
        Scripted(always=turn) as server,
        ferryman.open(old, new, folder=tmp_path, model=server.adviser(), share_samples=["tbl_member.label"]) as session,
    ):
        events = list(session.say("move everything"))
        assert isinstance(session.payload, ReviewPayload)
        assert [one.kind for one in session.payload.advice].count("option") == 1, "the pick itself stands"
        kept = everything_kept(tmp_path) + "".join(map(str, events)) + str(session.payload) + caplog.text
    assert "Quintessa" in server.sent
    assert not [piece for piece in PIECES if piece in kept.casefold()]
    asked = [event for event in events if isinstance(event, ModelAsked) and event.call == "mapping"]
    assert asked[0].outcome == "taken" and "repeats a sample" in asked[0].reason

"""The cassettes themselves: nothing orphaned, nothing secret, and a miss that nobody takes for a bad answer."""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path
from typing import Any

import pytest

import ferryman
from ferryman.agents.advice import Adviser, Desk, advise
from ferryman.agents.client import Endpoint, chat_model
from ferryman.demo_data import build_brackets
from ferryman.domain.events import Event, ModelAsked
from tests.model.scripted import SSE, Scripted, Turn, chunk, says, streamed
from tests.model.test_advice import GOOD, question
from tests.recorded import cassette as cassettes
from tests.recorded.cassette import FOLDER, Missed
from tests.recorded.keeping import faults, recorded_tests

ODD = "please rescue those thingies with the curly shape"
ANSWER = {"meaning": "only", "tables": ["brackets"], "topic": "none", "option": "none"}


def test_every_cassette_has_its_test_and_its_words_and_holds_no_secret() -> None:
    assert list(faults(FOLDER, recorded_tests())) == []


def test_an_orphan_a_gap_and_a_secret_are_found(tmp_path: Path) -> None:
    module = tmp_path / "test_talk"
    module.mkdir()
    (module / "test_gone.yaml").write_text("interactions: []\n")
    (module / "test_there.txt").write_text("ferryman: Authorization: none\nBearer abcdef\n")
    (module / "notes.pdf").write_text("")
    found = "\n".join(faults(tmp_path, ["test_talk/test_there"]))
    assert "test_gone: this cassette belongs to no test" in found
    assert "test_there: this test has no cassette" in found
    assert "test_there.txt holds what looks like a secret" in found
    assert "notes.pdf is neither" in found


@pytest.mark.parametrize("header", ["Authorization", "Set-Cookie", "openai-organization"])
def test_a_header_that_is_not_on_the_list_is_found(tmp_path: Path, header: str) -> None:
    (tmp_path / "m").mkdir()
    request = {"uri": "http://x/", "method": "POST", "body": "{}", "headers": {header: ["abc"]}}
    response = {"headers": {}, "body": {"string": "{}"}}
    (tmp_path / "m" / "t.yaml").write_text(json.dumps({"interactions": [{"request": request, "response": response}]}))
    assert any(f"the header {header.lower()}" in fault for fault in faults(tmp_path, ["m/t"]))


def _ask(url: str, words: str, folder: Path, name: str = "scripted") -> list[Any]:
    legacy, new = build_brackets(folder / "data")
    adviser = Adviser(model=chat_model(Endpoint(name, url, "a-key-of-mine")), name=name)
    with ferryman.open(str(legacy), str(new), folder=folder, model=adviser) as session:
        return list(session.say(words))


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    """A cassette of one question, recorded from a scripted server that also sets a cookie."""
    path = tmp_path / "tape.yaml"
    answer = says(ANSWER)
    kept = Turn(body=answer.body, headers={**answer.headers, "Set-Cookie": "id=1", "Server": "scripted"})
    with Scripted(kept, always=kept) as server, cassettes.tape().use_cassette(str(path), record_mode="once"):
        _ask(server.url, ODD, tmp_path / "first")
    return path


def test_neither_key_nor_cookie_nor_host_is_kept(tape: Path) -> None:
    text = tape.read_text()
    assert "a-key-of-mine" not in text and "id=1" not in text and "127.0.0.1" not in text
    assert "scripted" in text and cassettes.HOST in text


def test_it_replays_against_any_address_without_a_key(tape: Path, tmp_path: Path) -> None:
    with cassettes.tape().use_cassette(str(tape), record_mode="none") as played:
        cassettes.strict(played)
        _ask("http://127.0.0.1:9/v1", ODD, tmp_path / "again")
    assert cassettes.unplayed(played) == ""


def test_a_question_that_was_not_recorded_ends_the_test_and_shows_the_difference(tape: Path, tmp_path: Path) -> None:
    with cassettes.tape().use_cassette(str(tape), record_mode="none") as played:
        cassettes.strict(played)
        with pytest.raises(Missed) as missed:
            _ask("http://127.0.0.1:9/v1", "please rescue those thingies with the square shape", tmp_path / "other")
    told = str(missed.value)
    assert '-    The person says: "please rescue those thingies with the curly shape"' in told
    assert '+    The person says: "please rescue those thingies with the square shape"' in told
    assert "make cassettes STALE=1" in told
    assert "these were not asked: [1" in cassettes.unplayed(played)


def test_another_model_is_another_question(tape: Path, tmp_path: Path) -> None:
    with cassettes.tape().use_cassette(str(tape), record_mode="none") as played:
        cassettes.strict(played)
        with pytest.raises(Missed, match="model: another"):
            _ask("http://127.0.0.1:9/v1", ODD, tmp_path / "other", name="another")


def test_a_streamed_answer_is_kept_as_it_came_and_plays_in_pieces(tape: Path) -> None:
    one, *more = cassettes.interactions(tape)
    whole = b"".join(streamed(says(ANSWER)).pieces)
    assert one["response"]["body"]["string"].encode() == whole
    questions = 1 + len(more)
    assert cassettes.tokens_of(tape) == (100 * questions, 10 * questions)
    kept = json.loads(one["request"]["body"])
    assert kept["stream"] is True and kept["stream_options"] == {"include_usage": True}
    model = chat_model(Endpoint("scripted", "http://127.0.0.1:9/v1", "placeholder"))
    messages = [(message["role"], message["content"]) for message in kept["messages"]]
    bound = model.bind(response_format=kept["response_format"])
    with cassettes.tape().use_cassette(str(tape), record_mode="none", allow_playback_repeats=True):
        texts = [piece.text for piece in bound.stream(messages) if piece.text]

        async def later() -> list[str]:
            return [piece.text async for piece in bound.astream(messages) if piece.text]

        assert texts == asyncio.run(later())
    assert len(texts) > 5 and json.loads("".join(texts)) == ANSWER


BEGUN = (chunk({"content": '{"mean'}),)


@pytest.mark.parametrize(
    ("broken", "kept"),
    [(Turn(headers=SSE, pieces=BEGUN, drop=True), 1), (Turn(headers=SSE, pieces=BEGUN), 2)],
    ids=["the connection drops: never whole, so not kept", "the server ends it: kept, and plays as it was"],
)
def test_an_answer_that_breaks_off_is_not_taken_for_a_whole_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: Turn, kept: int
) -> None:
    monkeypatch.setattr("ferryman.agents.advice.WAITS", (0.0, 0.0))

    def calls(url: str) -> int:
        events = list[Event]()
        adviser = Adviser(chat_model(Endpoint("scripted", url)), "scripted")
        assert advise(question(), Desk(adviser, events.append, threading.Event())) is not None
        return sum(event.usage.calls for event in events if isinstance(event, ModelAsked))

    path = tmp_path / "tape.yaml"
    with Scripted(broken, says(GOOD)) as server, cassettes.tape().use_cassette(str(path), record_mode="once"):
        assert calls(server.url) == 2
    assert len(cassettes.interactions(path)) == kept
    with cassettes.tape().use_cassette(str(path), record_mode="none") as played:
        cassettes.strict(played)
        assert calls("http://127.0.0.1:9/v1") == kept
    assert cassettes.unplayed(played) == ""


def test_an_answer_plays_once(tape: Path, tmp_path: Path) -> None:
    with cassettes.tape().use_cassette(str(tape), record_mode="none") as played:
        cassettes.strict(played)
        _ask("http://127.0.0.1:9/v1", ODD, tmp_path / "one")
        with pytest.raises(Missed, match="were played"):
            _ask("http://127.0.0.1:9/v1", ODD, tmp_path / "two")

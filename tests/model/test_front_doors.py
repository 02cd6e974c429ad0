"""What people see of the model: the settings, `ferryman doctor`, /cost, the status and the report."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ferryman.agents.client import Endpoint, Method, chat_model
from ferryman.commands.doctor import Look, _model
from ferryman.demo_data import build_brackets
from ferryman.domain.errors import Configuration, FerrymanError
from ferryman.model_settings import adviser as configured
from ferryman.model_settings import load_model
from ferryman.settings import FILE, load
from tests.model.scripted import (
    SSE,
    Script,
    Scripted,
    Turn,
    by_shape,
    chunk,
    completion,
    says,
    shape_of,
    status,
    streamed,
)

READY = says({"ready": True})
BEGUN = chunk({"content": '{"ready": tr'})


def test_without_a_name_there_is_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAME", "somebody")
    assert load_model().name == "" and configured() is None


def test_the_environment_comes_before_the_file_and_the_file_is_no_place_for_a_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path(FILE).write_text('[model]\nname = "small"\nmethod = "json_mode"\nmax_calls = 5\n')
    assert (load_model().name, load_model().method, load_model().limits.calls) == ("small", Method.JSON_MODE, 5)
    monkeypatch.setenv("FERRYMAN_MODEL", "large")
    monkeypatch.setenv("FERRYMAN_MODEL_KEY", "sk-secret")
    assert load_model().name == "large" and load_model().key.get_secret_value() == "sk-secret"
    assert "sk-secret" not in repr(load_model()) and "sk-secret" not in repr(configured())
    assert load().connections == {}
    Path(FILE).write_text('[model]\nname = "small"\nkey = "sk-secret"\n')
    with pytest.raises(Configuration) as caught:
        load_model()
    assert "sk-secret" not in str(caught.value) and "FERRYMAN_MODEL_KEY" in caught.value.do


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BASE_URL", "ftp://example.org"),
        ("BASE_URL", "http://user:sk-secret@example.org/v1"),
        ("BASE_URL", "http://example.org/v1?api_key=sk-secret"),
        ("BASE_URL", "http://example.org/v1#sk-secret"),
        ("KEY", "sk-secret sk-secret"),
        ("KEY", "sk-secret\nsk-secret"),
        ("KEY", "sk-secret-schl\u00fcssel"),
        ("METHOD", "telepathy"),
        ("TIMEOUT", "-1"),
        ("MAX_CALLS", "many"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named_and_never_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv("FERRYMAN_MODEL", "small")
    monkeypatch.setenv(f"FERRYMAN_MODEL_{name}", value)
    with pytest.raises(Configuration) as caught:
        load_model()
    assert f"FERRYMAN_MODEL_{name}" in caught.value.do and "sk-secret" not in str(caught.value)


def looked(monkeypatch: pytest.MonkeyPatch, *script: Script, always: Script | None = None, **settings: str) -> Look:
    with Scripted(*script, always=always) as server:
        monkeypatch.setenv("FERRYMAN_MODEL", "scripted")
        monkeypatch.setenv("FERRYMAN_MODEL_BASE_URL", server.url)
        for name, value in settings.items():
            monkeypatch.setenv(f"FERRYMAN_MODEL_{name}", value)
        return _model()


def test_doctor_says_which_model_answers_by_which_method_and_how_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    look = looked(monkeypatch, replace(streamed(READY), pause=0.1))
    assert (
        look.well and "scripted at http://127.0.0.1" in look.found and "answers by json_schema, streamed" in look.found
    )
    first, pace = map(float, re.findall(r"first token after ([\d.]+) s, then ([\d.]+) a second", look.found)[0])
    assert 0.1 <= first < 5 and 1 < pace < 11


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda body: status(400) if body.get("stream") else READY, "not streamed: it refuses to stream"),
        (Turn(200, b" " + READY.body), "not streamed: it sends all at once"),
        (Turn(200, b" " + READY.body.replace(b'"scripted"', b'"another"')), ", as another, answers by json_schema"),
    ],
    ids=["refuses to stream", "does not know streams", "another model"],
)
def test_doctor_says_how_it_answers(monkeypatch: pytest.MonkeyPatch, answer: Script, told: str) -> None:
    look = looked(monkeypatch, always=answer)
    assert look.well and told in look.found


def test_doctor_finds_the_method_that_works(monkeypatch: pytest.MonkeyPatch) -> None:
    call = [{"id": "1", "type": "function", "function": {"name": "_Ready", "arguments": json.dumps({"ready": True})}}]
    look = looked(monkeypatch, status(400), status(400), completion(None, tools=call))
    assert not look.well and look.do == "Set FERRYMAN_MODEL_METHOD to function_calling: that works."


@pytest.mark.parametrize(
    ("answer", "told", "mend"),
    [
        (status(401), "asks for a key", "FERRYMAN_MODEL_KEY"),
        (status(404), "does not know this model", "FERRYMAN_MODEL_BASE_URL"),
        (status(503), "says 503", "busy"),
        (status(501), "says 501", "FERRYMAN_MODEL_BASE_URL"),
        (Turn(200, b"<html>hello</html>"), "there is no model", "FERRYMAN_MODEL_BASE_URL"),
        (Turn(200, b'{"hello": 1}'), "something else than an answer", "FERRYMAN_MODEL_BASE_URL"),
        (completion("hello!"), "not one JSON object", "JSON"),
        (says({"ready": "perhaps", "more": 1}), "another shape", "JSON"),
        (status(403), "does not let this key", "FERRYMAN_MODEL_KEY"),
        (status(429, {"Retry-After": "9"}), "says 429", "busy"),
        (Turn(headers=SSE, pieces=(BEGUN,), drop=True), "broke off after 3 tokens of its answer", "log"),
        (Turn(headers=SSE, pieces=(BEGUN, b"data: {\n\n")), "sent an error after 3 tokens of its answer", "log"),
        (Turn(headers=SSE, pieces=(BEGUN, b": \n\n"), pause=3.0), "fell silent after 3 tokens", "_TIMEOUT"),
        (Turn(headers=SSE, pieces=(BEGUN,) * 99, pause=0.5), "was not whole after 8 s", "_ANSWER_SECONDS"),
        (Turn(delay=5.0), "did not answer in time", "_TIMEOUT"),
        (completion(None, refusal="I will not."), "refused to answer", "JSON"),
    ],
    ids=[
        *(
            "401",
            "404",
            "503",
            "501",
            "a web page",
            "other JSON",
            "prose",
            "another shape",
            "403",
            "429",
            "a line that drops",
        ),
        *("garbage", "silence", "dripping", "nothing", "a refusal"),
    ],
)
def test_doctor_says_what_is_wrong(monkeypatch: pytest.MonkeyPatch, answer: Script, told: str, mend: str) -> None:
    look = looked(monkeypatch, always=answer, TIMEOUT="1.5")
    assert not look.well and told in look.found and mend in look.do


def test_doctor_says_that_the_key_that_is_set_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    look = looked(monkeypatch, always=status(401), KEY="sk-wrong")
    assert "does not take the key that is set" in look.found and "sk-wrong" not in look.found + look.do


def test_doctor_says_that_nobody_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with Scripted() as server:
        monkeypatch.setenv("FERRYMAN_MODEL_BASE_URL", server.url)
    monkeypatch.setenv("FERRYMAN_MODEL", "scripted")
    look = _model()
    assert not look.well and "cannot be reached" in look.found


def test_the_chat_the_status_and_the_report_say_what_a_run_used(tmp_path: Path) -> None:
    legacy, new = build_brackets(tmp_path / "data")
    answers = by_shape(
        Review={"rationale": "Parents come first.", "remarks": [], "ask_first": "none"},
        Explanation={"known": True, "text": "The check against the old database passed."},
    )
    with Scripted(always=answers) as server:
        environment = {**os.environ, "FERRYMAN_MODEL": "scripted", "FERRYMAN_MODEL_BASE_URL": server.url}
        said = "my brackets table is empty\nyes\n/cost\n/report report.md\n/quit\n"
        chat = spoken(environment, said, "chat", "--source", str(legacy), "--target", str(new))
        status_ = spoken(environment, "", "status")
        assert [shape_of(request) for request in server.requests] == ["Review", "Explanation"]
    told = "2 questions, 220 tokens, "
    assert "Why in this order: Parents come first." in chat
    assert "In the model's words: The check against the old database passed." in " ".join(chat.split())
    assert f"scripted: {told}" in chat and f"model: {told}" in status_
    assert f"| Model | {told}" in Path("report.md").read_text()


def test_without_a_model_the_chat_says_so(tmp_path: Path) -> None:
    legacy, new = build_brackets(tmp_path / "data")
    chat = spoken(dict(os.environ), "/cost\n/quit\n", "chat", "--source", str(legacy), "--target", str(new))
    assert "No model is configured" in chat


def spoken(environment: dict[str, str], said: str, *words: str) -> str:
    """What `ferryman WORDS` tells a person who types that."""
    command = [sys.executable, "-m", "ferryman", *words]
    done = subprocess.run(command, input=said, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_the_line_end_of_a_key_is_no_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FERRYMAN_MODEL_KEY", "sk-secret\n")
    assert load_model().key.get_secret_value() == "sk-secret"


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9", "nonsense://127.0.0.1:9"])
def test_a_proxy_that_cannot_be_gone_through_is_named(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(FerrymanError, match="proxy") as caught:
        chat_model(Endpoint("small", "http://127.0.0.1:9/v1"))
    assert "NO_PROXY" in caught.value.do

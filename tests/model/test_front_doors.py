"""What people see of the model: the settings, `ferryman doctor`, /cost, the status and the report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ferryman.agents.client import Method
from ferryman.commands.doctor import Look, _model
from ferryman.domain.errors import Configuration
from ferryman.model_settings import adviser as configured
from ferryman.model_settings import load_model
from ferryman.settings import FILE, load
from tests.model.scripted import Script, Scripted, completion, says, status

READY = says({"ready": True})


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
    look = looked(monkeypatch, READY)
    assert look.well and "scripted at http://127.0.0.1" in look.found and "answers by json_schema in 0." in look.found


def test_doctor_finds_the_method_that_works(monkeypatch: pytest.MonkeyPatch) -> None:
    call = [{"id": "1", "type": "function", "function": {"name": "_Ready", "arguments": json.dumps({"ready": True})}}]
    look = looked(monkeypatch, status(400), completion(None, tools=call))
    assert not look.well and look.do == "Set FERRYMAN_MODEL_METHOD to function_calling: that works."


@pytest.mark.parametrize(
    ("answer", "told", "mend"),
    [
        (status(401), "does not take the key", "FERRYMAN_MODEL_KEY"),
        (status(404), "does not know this model", "FERRYMAN_MODEL_BASE_URL"),
        (status(503), "says 503", "busy"),
        (completion("hello!"), "not one JSON object", "JSON"),
        (says({"ready": "perhaps", "more": 1}), "another shape", "JSON"),
    ],
    ids=["401", "404", "503", "prose", "another shape"],
)
def test_doctor_says_what_is_wrong(monkeypatch: pytest.MonkeyPatch, answer: Script, told: str, mend: str) -> None:
    look = looked(monkeypatch, always=answer)
    assert not look.well and told in look.found and mend in look.do


def test_doctor_says_that_nobody_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with Scripted() as server:
        monkeypatch.setenv("FERRYMAN_MODEL_BASE_URL", server.url)
    monkeypatch.setenv("FERRYMAN_MODEL", "scripted")
    look = _model()
    assert not look.well and "cannot be reached" in look.found

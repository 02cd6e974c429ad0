"""Names of databases: from the environment, from ferryman.toml, and what is refused there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ferryman.commands.farewell import PASSWORD, RESUME, goodbye, with_password
from ferryman.commands.pair import way_back
from ferryman.domain.errors import Configuration, FerrymanError, Usage
from ferryman.settings import FILE, Pair, holds_secret, load, masked, resolve_pair
from ferryman.tools.databases.connect import open_target

SHOP = """
[connections.Shop]
source = "sqlite:///legacy.db"
target = "postgresql://app:${SHOP_PASSWORD}@db.example/shop"

[databases]
archive = "sqlite:///archive.db"
"""


def write(text: str) -> None:
    Path(FILE).write_text(text)


def resolved(name_or_source: str = "", target: str = "") -> Pair:
    return resolve_pair(name_or_source, target, load())


def test_a_connection_of_the_file_is_found_by_its_name_in_any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    write(SHOP)
    monkeypatch.setenv("SHOP_PASSWORD", "p@ss/word")
    pair = resolved("SHOP")
    assert pair.source == "sqlite:///legacy.db"
    assert pair.target == "postgresql://app:p%40ss%2Fword@db.example/shop"
    assert pair.names == ("shop", "shop")


def test_the_environment_comes_before_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    write(SHOP)
    monkeypatch.setenv("FERRYMAN_CONNECTIONS__SHOP__TARGET", "sqlite:///elsewhere.db")
    assert resolved("shop").target == "sqlite:///elsewhere.db"
    assert resolved("shop").source == "sqlite:///legacy.db"


def test_the_only_connection_is_meant_where_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    write(SHOP)
    monkeypatch.setenv("SHOP_PASSWORD", "x")
    assert resolved().names == ("shop", "shop")


def test_source_and_target_of_the_environment_stand_in_for_what_is_not_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FERRYMAN_SOURCE", "old.db")
    monkeypatch.setenv("FERRYMAN_TARGET", "new.db")
    assert resolved().names == ("old.db", "new.db")
    assert resolved("other.db").names == ("other.db", "new.db")
    assert resolved("", "other.db").names == ("old.db", "other.db")


def test_a_database_has_a_name_of_its_own() -> None:
    write(SHOP)
    pair = resolved("archive", "new.db")
    assert pair.source == "sqlite:///archive.db"
    assert pair.names == ("archive", "new.db")


def test_the_plan_never_learns_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = resolved("postgresql://app:hidden@db.example/shop", "new.db")
    assert pair.names == ("postgresql://app:***@db.example/shop", "new.db")
    assert "hidden" not in repr(pair)
    with pytest.raises(Usage, match="without its password"):
        resolved(*pair.names)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://app:hidden@db.example/shop",
        "postgresql://db.example/shop?password=hidden",
        "postgresql://app:hidden${MORE}@db.example/shop",
    ],
)
def test_a_password_in_the_file_is_refused_without_repeating_it(url: str) -> None:
    write(f'[databases]\nshop = "{url}"\n')
    with pytest.raises(Configuration, match=r"holds a password, in databases\.shop") as refused:
        load()
    assert "hidden" not in str(refused.value)
    assert "environment" in refused.value.do


def test_a_variable_that_is_not_set_is_named_when_it_is_needed() -> None:
    write(SHOP)
    settings = load()
    with pytest.raises(Configuration, match="SHOP_PASSWORD is not set"):
        resolve_pair("shop", "", settings)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("[connections", "cannot be read"),
        ("[connections.shop]\nsource = 'a.db'\n", r"connections\.shop\.target is not right"),
        ("[connections.shop]\nsource='a'\ntarget='b'\nsuorce='c'\n", r"connections\.shop\.suorce"),
        ("colour = 'red'\n", "colour"),
        ("deadline_minutes = -1\n", "deadline_minutes"),
    ],
)
def test_a_file_that_cannot_be_taken_is_named_with_the_place(text: str, match: str) -> None:
    write(text)
    with pytest.raises(Configuration, match=match) as refused:
        load()
    assert FILE in str(refused.value)


@pytest.mark.parametrize(
    ("text", "what", "do"),
    [
        ("conection = 'x'\n", "There is no setting conection.", "Did you mean connection? Mend it in ferryman.toml."),
        ("colour = 'red'\n", "There is no setting colour.", "Mend it in ferryman.toml."),
        (
            "[connections.shop]\nsuorce='a'\ntarget='b'\n",
            "There is no setting connections.shop.suorce.",
            "Did you mean source? Mend it in ferryman.toml.",
        ),
    ],
)
def test_a_setting_that_does_not_exist_is_told_with_the_one_that_was_meant(text: str, what: str, do: str) -> None:
    write(text)
    with pytest.raises(Configuration) as refused:
        load()
    assert (refused.value.what, refused.value.do) == (what, do)


@pytest.mark.parametrize(
    ("said", "match"),
    [
        (("nonsense", ""), 'no connection named "nonsense"'),
        (("there/old.db", ""), "which is the new database"),
        (("", "new.db"), "which is the old database"),
        (("", ""), "which is the old database"),
    ],
)
def test_what_is_missing_is_said_with_what_would_do(said: tuple[str, str], match: str) -> None:
    with pytest.raises(FerrymanError, match=match) as refused:
        resolved(*said)
    assert "--source URL --target URL" in refused.value.do


def test_two_connections_are_not_guessed_between() -> None:
    write(SHOP + "[connections.other]\nsource = 'a.db'\ntarget = 'b.db'\n")
    with pytest.raises(Usage) as refused:
        resolved()
    assert "other, shop" in refused.value.do


def test_masking_leaves_the_rest_of_a_url() -> None:
    assert masked("mysql://root:secret@host:3306/db?charset=utf8mb4&password=x") == (
        "mysql://root:***@host:3306/db?charset=utf8mb4"
    )
    assert masked("some/file.db") == "some/file.db"
    assert not holds_secret("postgresql://app:${PW}@host/db")
    assert not holds_secret("sqlite:///a:b@c.db")


def test_a_url_that_is_known_without_its_password_is_found_among_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, shown = "postgresql://app:p%40ss@db.example/shop", "postgresql://app:***@db.example/shop"
    with pytest.raises(Usage, match="without its password"):
        resolved("old.db", shown)
    monkeypatch.setenv("FERRYMAN_TARGET", whole)
    assert (resolved("old.db", shown).target, resolved("old.db", shown).names) == (whole, ("old.db", shown))
    monkeypatch.delenv("FERRYMAN_TARGET")
    write(SHOP)
    with pytest.raises(Usage, match="without its password"):
        resolved("old.db", shown)
    monkeypatch.setenv("SHOP_PASSWORD", "p@ss")
    assert resolved("old.db", shown).target == whole


def test_the_way_back_names_a_database_where_its_password_is_kept_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", "p@ss")
    typed = resolved("old.db", "postgresql://app:secret@db.example/shop")
    way = way_back(typed.names)
    assert way.command("rollback", "R") == "ferryman rollback R --target 'postgresql://app:***@db.example/shop'"
    assert way.command("resume", "R") == way.command("rollback", "R").replace("rollback", "resume")
    said = with_password(f"Go on:  {way_back(typed.names).command(RESUME, 'R')}")
    assert said.endswith(f"--target 'postgresql://app:***@db.example/shop'\n  {PASSWORD}"), said
    assert with_password("Go on:  ferryman resume R") == "Go on:  ferryman resume R"
    by_variable = resolved("old.db", "postgresql://app:${SHOP_PASSWORD}@db.example/shop")
    assert by_variable.names[1] == "postgresql://app:${SHOP_PASSWORD}@db.example/shop"
    assert way_back(by_variable.names).command("rollback", "R") == "ferryman rollback R"
    write(SHOP)
    assert way_back(typed.names).command("rollback", "R") == "ferryman rollback R"
    way = replace(way_back(typed.names), chat="ferryman chat --target 'postgresql://app:***@db.example/shop'")
    assert goodbye(way, None)[0] == "Nothing was written. To come back, with the password in place of ***:"


def test_a_password_with_an_at_sign_is_not_shown_as_a_host() -> None:
    assert masked("postgresql://app:p@ss@word@db.example/shop") == "postgresql://***"
    with pytest.raises(Configuration, match="more than one @") as refused:
        open_target("postgresql://app:p@ss@word@db.example/shop")
    assert "word" not in str(refused.value).replace("password", "")
    assert "%40" in refused.value.do

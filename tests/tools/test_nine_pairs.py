"""What is found in two databases does not depend on what keeps them: one small shop on all three, in all nine pairs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ferryman.domain.schema import Database, Family
from ferryman.tools.databases.connect import Source, Target, check_pair, open_source, open_target
from ferryman.tools.discover.contain import Place, containment, infer_references
from ferryman.tools.discover.introspect import introspect
from ferryman.tools.discover.match import match
from ferryman.tools.discover.profile import profile
from tests.tools.pairs import write

KINDS = ("sqlite", "postgresql", "mariadb")

OLD = """
CREATE TABLE customer (id integer NOT NULL PRIMARY KEY, name varchar(40), born date, balance decimal(10, 2),
    token {uuid}, active {flag}, seen {moment});
CREATE TABLE purchase (id integer NOT NULL PRIMARY KEY, customer_id integer, token char(36), ratio double precision,
    note text);
INSERT INTO customer VALUES
    (1, 'Anna', '1970-01-31', 12.50, '0b0e8f2a-0000-4000-8000-000000000001', {true}, '2024-02-29 12:00:00'),
    (2, 'Berta  ', '1999-12-31', -1, '0b0e8f2a-0000-4000-8000-000000000002', {true}, NULL),
    (3, '', NULL, NULL, NULL, NULL, '1999-01-01 00:00:00');
INSERT INTO purchase VALUES
    (10, 1, '0b0e8f2a-0000-4000-8000-000000000001', 0.1, 'a'),
    (11, 2, '0b0e8f2a-0000-4000-8000-000000000002', 1e30, 'b'),
    (12, 2, NULL, NULL, '😀');
"""
NEW = """
CREATE TABLE customers (id {uuid} NOT NULL PRIMARY KEY, full_name varchar(40) NOT NULL, born date,
    balance decimal(12, 2), active {flag}, legacy_id integer UNIQUE);
CREATE TABLE purchases (id {uuid} NOT NULL PRIMARY KEY, customer_id {uuid} NOT NULL REFERENCES customers (id),
    ratio double precision, note varchar(200));
"""
WORDS = {
    "sqlite": {"uuid": "char(36)", "flag": "boolean", "moment": "timestamp", "true": "1"},
    "postgresql": {"uuid": "uuid", "flag": "boolean", "moment": "timestamp", "true": "true"},
    "mariadb": {"uuid": "uuid", "flag": "boolean", "moment": "datetime", "true": "1"},
}


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str, str], tuple[str, str]]:
    """A database of a kind with a script run on it: its URLs as a source and as a target."""

    def make(kind: str, script: str) -> tuple[str, str]:
        script = script.format_map(WORDS[kind])
        if kind == "sqlite":
            path = str(write(tmp_path / f"{len(list(tmp_path.iterdir()))}.sqlite", script))
            return path, path
        made = request.getfixturevalue(kind).database()
        made.run(script)
        return made.source, made.url

    return make


def seen(side: Source | Target) -> tuple[Database, Any]:
    with side.connect() as connection:
        catalogue = introspect(connection, side.dialect)
        figures = profile(connection, catalogue, side.dialect)
        return infer_references(connection, catalogue, figures), figures


@pytest.mark.parametrize("target_kind", KINDS)
@pytest.mark.parametrize("source_kind", KINDS)
def test_matches_are_the_same(source_kind: str, target_kind: str, database: Any) -> None:
    source, target = open_source(database(source_kind, OLD)[0]), open_target(database(target_kind, NEW)[1])
    check_pair(source, target)
    (old, old_figures), (new, new_figures) = seen(source), seen(target)
    found = match(old, new, old_figures, new_figures)
    best = {one.source: one.target for one in reversed(found.tables)}
    assert best == {"customer": "customers", "purchase": "purchases"}
    assert ("customer_id",) in [key.columns for key in old.table("purchase").foreign_keys]
    assert [key.parent for key in new.table("purchases").foreign_keys] == ["customers"]
    with source.connect() as reading, target.connect(reading=True) as other:
        child = Place(reading, old.table("purchase"), "token")
        assert containment(child, Place(reading, old.table("customer"), "token")).share == 1.0
        assert containment(child, Place(other, new.table("customers"), "id")).share == 0.0


@pytest.mark.parametrize("kind", KINDS)
def test_profiles_are_the_same(kind: str, database: Any) -> None:
    catalogue, figures = seen(open_source(database(kind, OLD)[0]))
    assert catalogue.table("customer").column("active").family is Family.BOOLEAN
    customer = figures.by_name["customer"].by_name
    assert (customer["name"].empty, customer["name"].longest, customer["name"].distinct) == (1, 7, 3)
    assert (customer["balance"].lowest, customer["balance"].highest, customer["balance"].nulls) == (-1, 12.5, 1)
    assert (customer["born"].lowest, customer["born"].shapes) == ("1970-01-31", {"9999-99-99": 2})
    assert customer["token"].shapes == {"uuid": 2} or len(customer["token"].shapes) == 1
    assert (customer["id"].lowest, customer["id"].highest) == (1, 3)
    ratio = figures.by_name["purchase"].by_name["ratio"]
    assert (ratio.lowest, ratio.highest) == (0.1, 1e30)

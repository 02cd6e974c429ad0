"""What the body of a trigger says about moved rows, in the words of three kinds of database."""

from __future__ import annotations

import pytest

from ferryman.domain.schema import Column, Family, Table, Trigger
from ferryman.domain.trigger_effects import Effects, effects

ITEMS = Table(
    name="items",
    columns=tuple(Column(name=name, native="text", family=Family.TEXT) for name in ("id", "name", "Total", "at")),
)
NONE = Effects()


def of(body: str, dialect: str, *, before: bool = True) -> Effects:
    trigger = Trigger(name="t", events=("insert",), before=before, body=body)
    return effects(trigger, ITEMS, dialect, ("items", "orders", "log"))


@pytest.mark.parametrize(
    ("dialect", "body", "found"),
    [
        ("mysql", "SET NEW.name = upper(NEW.name)", Effects(columns=frozenset({"name"}))),
        ("mysql", "SET NEW.`name` = 'a', NEW.total = 1", Effects(columns=frozenset({"name", "Total"}))),
        ("mysql", "BEGIN IF NEW.name = 'x' THEN SET @a = NEW.total; END IF; END", NONE),
        ("mysql", "INSERT INTO audit VALUES (NEW.id, NEW.name, NEW.total)", NONE),
        ("mysql", "INSERT INTO `shop`.`log` (a) VALUES (NEW.id)", Effects(tables=frozenset({"log"}))),
        ("mysql", "IF NEW.name = '' THEN SIGNAL SQLSTATE '45000'; END IF", Effects(refuses=True)),
        ("mysql", "CALL something(NEW.id)", Effects(opaque=True)),
        ("mysql", "SELECT a, b INTO NEW.name, NEW.at FROM other", Effects(columns=frozenset({"name", "at"}))),
        ("mysql", "/* SET NEW.name = 1 */ SET @a = 'SIGNAL', @b = 2 -- CALL x()", NONE),
        ("postgresql", "BEGIN NEW.name := 'x'; RETURN NEW; END", Effects(columns=frozenset({"name"}))),
        ("postgresql", "BEGIN NEW.at = now(); RETURN NEW; END", Effects(columns=frozenset({"at"}))),
        ("postgresql", "BEGIN IF NEW.at = x THEN RETURN NEW; END IF; RETURN NEW; END", NONE),
        ("postgresql", "BEGIN NEW := other(); RETURN NEW; END", Effects(every_column=True)),
        ("postgresql", "BEGIN RETURN made(NEW); END", Effects(every_column=True)),
        ("postgresql", "BEGIN RETURN NULL; END", Effects(refuses=True)),
        ("postgresql", "BEGIN RAISE EXCEPTION 'no'; END", Effects(refuses=True)),
        ("postgresql", "BEGIN RAISE NOTICE 'yes'; RETURN NEW; END", NONE),
        ("postgresql", "BEGIN EXECUTE 'x'; RETURN NEW; END", Effects(opaque=True)),
        ("postgresql", "", Effects(opaque=True)),
        (
            "postgresql",
            'BEGIN UPDATE ONLY public."orders" SET n = n + 1; RETURN NEW; END',
            Effects(tables=frozenset({"orders"})),
        ),
    ],
)
def test_what_a_trigger_before_the_row_may_do(dialect: str, body: str, found: Effects) -> None:
    assert of(body, dialect) == found


@pytest.mark.parametrize(
    ("dialect", "body", "found"),
    [
        (
            "sqlite",
            "CREATE TRIGGER t AFTER INSERT ON items BEGIN UPDATE items SET name = 'x', [total] = 2 WHERE id = 1; END",
            Effects(columns=frozenset({"name", "Total"})),
        ),
        ("sqlite", "CREATE TRIGGER t AFTER INSERT ON items BEGIN INSERT INTO audit VALUES (NEW.id); END", NONE),
        (
            "sqlite",
            "CREATE TRIGGER t AFTER INSERT ON items BEGIN INSERT OR IGNORE INTO log VALUES (1); END",
            Effects(tables=frozenset({"log"})),
        ),
        (
            "sqlite",
            "CREATE TRIGGER t BEFORE INSERT ON items WHEN NEW.id < 1 BEGIN SELECT RAISE(ABORT, 'no'); END",
            Effects(refuses=True),
        ),
        ("postgresql", "BEGIN NEW.name := 'x'; RETURN NULL; END", NONE),
        ("postgresql", "BEGIN DELETE FROM orders; RETURN NULL; END", Effects(tables=frozenset({"orders"}))),
    ],
)
def test_what_a_trigger_after_the_row_may_do(dialect: str, body: str, found: Effects) -> None:
    assert of(body, dialect, before=False) == found

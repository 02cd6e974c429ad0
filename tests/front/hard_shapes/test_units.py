"""Numbers that the new database keeps in another unit, by the names of both columns."""

from __future__ import annotations

from pathlib import Path

from tests.front.hard_shapes.places import on, said
from tests.front.shapes import Shape, made

SERVERS = "mariadb to postgresql", "postgresql to mariadb", "sqlite to mariadb"


def tracks(folder: Path) -> Shape:
    """Three rows; the last lasts half a millisecond less than a whole second more."""
    return made(
        folder,
        """CREATE TABLE track (id INTEGER PRIMARY KEY, name VARCHAR(20) NOT NULL, price_cents INTEGER NOT NULL,
            length_ms BIGINT, fee NUMERIC(8,2));
        INSERT INTO track VALUES (1, 'a', 1999, 343719, 1.10), (2, 'b', 0, NULL, 0.07), (3, 'c', 5, 1500, 19.99);""",
        """CREATE TABLE tracks (id INTEGER PRIMARY KEY, name VARCHAR(20) NOT NULL, price NUMERIC(8,2) NOT NULL,
            length_seconds NUMERIC(12,3), fee_cents INTEGER);""",
    )


ROWS = "SELECT id, price * 100, length_seconds * 1000, fee_cents FROM tracks ORDER BY id"
CONVERTED = [(1, 1999, 343719, 110), (2, 0, None, 7), (3, 5, 1500, 1999)]


@on(*SERVERS)
def test_they_are_converted_exactly_once_a_person_says_so(folder: Path) -> None:
    shape = tracks(folder)
    asked = said(shape.plan(code=5))
    assert "track.price_cents is in cents and tracks.price names no unit. Shall the numbers be divided by 100?" in asked
    converted = (f"unit:tracks.{name}=convert" for name in ("price", "length_seconds", "fee_cents"))
    shape.plan("columns:tracks=yes", *converted)
    shape.run()
    assert [tuple(None if v is None else round(v) for v in row) for row in shape.new(ROWS)] == CONVERTED
    shape.proved_and_undone()


def test_they_go_as_they_are_where_a_person_says_so(folder: Path) -> None:
    shape = tracks(folder)
    shape.plan(
        "columns:tracks=yes",
        "unit:tracks.price=as_they_are",
        "unit:tracks.length_seconds=as_they_are",
        "unit:tracks.fee_cents=convert",
    )
    shape.run()
    assert shape.new("SELECT price, length_seconds, fee_cents FROM tracks WHERE id = 3") == [(5, 1500, 1999)]

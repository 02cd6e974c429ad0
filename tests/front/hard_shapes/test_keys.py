"""Keys of several columns, that hold NULL, that differ by a letter's case, and tables without one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.front.calling import here, pair
from tests.front.hard_shapes.places import on, said
from tests.front.shapes import KEYS, Shape, made, values

# Keys of several columns, no keys, and keys that differ by a letter's case or a blank


SITES = """
CREATE TABLE site (region TEXT NOT NULL, code TEXT NOT NULL, title TEXT NOT NULL, PRIMARY KEY (region, code));
CREATE TABLE sensor (region TEXT NOT NULL, code TEXT NOT NULL, slot INTEGER NOT NULL, maker TEXT,
    PRIMARY KEY (region, code, slot), FOREIGN KEY (region, code) REFERENCES site (region, code)) WITHOUT ROWID;
CREATE TABLE reading (id INTEGER PRIMARY KEY, region TEXT, code TEXT, slot INTEGER, val REAL,
    FOREIGN KEY (region, code, slot) REFERENCES sensor (region, code, slot));
CREATE TABLE visit (region TEXT, code TEXT, visited TEXT, remark TEXT);
INSERT INTO site VALUES ('N', 'a', 'Na'), ('N', 'A', 'NA'), ('N', 'a ', 'Na blank'), ('S', 'a', 'Sa');
INSERT INTO sensor SELECT region, code, 1, 'acme' FROM site;
INSERT INTO sensor VALUES ('N', 'a', 2, 'bolt');
INSERT INTO reading SELECT NULL, region, code, slot, rowid * 1.5 FROM (SELECT *, 1 AS rowid FROM sensor);
INSERT INTO reading VALUES (100, 'N', 'a', NULL, 0.5);
INSERT INTO visit VALUES ('N', 'a', '2020-01-01', 'x'), ('N', 'a', '2020-01-01', 'x'), ('S', 'a', '2020-01-02', NULL);
"""
READINGS = (
    "SELECT r.id, r.val, t.title, s.slot, s.maker FROM reading r LEFT JOIN sensor s USING (region, code, slot)"
    " LEFT JOIN site t ON t.region = s.region AND t.code = s.code ORDER BY 1"
)
VISITS = "SELECT CAST(visited AS CHAR(10)), remark, region, code FROM visit{} ORDER BY 1, 2"


@on("sqlite to postgresql")
def test_keys_of_several_columns_stay_and_rows_without_a_key_go_by_their_position(folder: Path) -> None:
    shape = made(
        folder,
        SITES,
        """CREATE TABLE sites (region VARCHAR(10) NOT NULL, code VARCHAR(10) NOT NULL, title TEXT NOT NULL,
            PRIMARY KEY (region, code));
        CREATE TABLE sensors (region VARCHAR(10) NOT NULL, code VARCHAR(10) NOT NULL, slot INTEGER NOT NULL, maker TEXT,
            PRIMARY KEY (region, code, slot), FOREIGN KEY (region, code) REFERENCES sites (region, code)) WITHOUT ROWID;
        CREATE TABLE readings (id INTEGER PRIMARY KEY, region VARCHAR(10), code VARCHAR(10), slot INTEGER, val REAL,
            FOREIGN KEY (region, code, slot) REFERENCES sensors (region, code, slot));
        CREATE TABLE visits (id INTEGER PRIMARY KEY, region VARCHAR(10), code VARCHAR(10), visited DATE, remark TEXT);
        """,
    )
    assert "visit has no key" in shape.plan(code=5).err
    shape.plan("position")
    shape.run()
    shape.assert_same(
        READINGS, READINGS.replace("reading", "readings").replace("sensor ", "sensors ").replace("site ", "sites ")
    )
    shape.assert_same(VISITS.format(""), VISITS.format("s"))
    shape.proved_and_undone()


@on("sqlite to postgresql", "mariadb to postgresql")
def test_a_key_of_several_columns_becomes_one_id_and_what_refers_to_it_follows(folder: Path) -> None:
    shape = made(
        folder,
        SITES,
        """CREATE TABLE sites (id CHAR(36) PRIMARY KEY, region VARCHAR(10) NOT NULL, code VARCHAR(10) NOT NULL,
            title TEXT NOT NULL, UNIQUE (region, code));
        CREATE TABLE sensors (id CHAR(36) PRIMARY KEY, site_id CHAR(36) NOT NULL REFERENCES sites (id),
            slot INTEGER NOT NULL, maker TEXT);
        CREATE TABLE readings (id CHAR(36) PRIMARY KEY, sensor_id CHAR(36) REFERENCES sensors (id), val REAL,
            legacy_id INTEGER);""",
    )
    shape.plan()
    shape.run()
    shape.assert_same(
        READINGS,
        "SELECT r.legacy_id, r.val, t.title, s.slot, s.maker FROM readings r LEFT JOIN sensors s ON s.id = r.sensor_id"
        " LEFT JOIN sites t ON t.id = s.site_id ORDER BY 1",
    )
    shape.proved_and_undone()


# Keys that hold NULL


@pytest.mark.parametrize("identity", ["kept", "derived"])
def test_rows_whose_key_is_empty_are_set_aside_and_all_others_come(folder: Path, identity: str) -> None:
    key = "VARCHAR(20) NOT NULL PRIMARY KEY" if identity == "kept" else KEYS[identity]
    shape = made(
        folder,
        """CREATE TABLE tariff (code TEXT PRIMARY KEY, label TEXT);
        CREATE TABLE ride (id INTEGER PRIMARY KEY, tariff_code TEXT REFERENCES tariff, km INTEGER);
        INSERT INTO tariff VALUES ('a', 'A'), (NULL, 'none'), ('b', 'B'), (NULL, 'none again');
        INSERT INTO ride VALUES (1, 'a', 5), (2, NULL, 6), (3, 'b', 7);""",
        f"""CREATE TABLE tariffs (id {key}, label TEXT);
        CREATE TABLE rides (id INTEGER NOT NULL PRIMARY KEY, tariff_id {key.split()[0]} REFERENCES tariffs (id),
            km INTEGER);
        INSERT INTO tariffs VALUES ('theirs', 'Theirs');""",
    )
    assert "2 rows of tariffs have no key in the old database" in said(shape.planned("add"))
    shape.plan("add", "quarantine")
    shape.run(code=3)
    assert shape.new("SELECT km, label FROM rides LEFT JOIN tariffs t ON t.id = tariff_id ORDER BY 1") == [
        (5, "A"),
        (6, None),
        (7, "B"),
    ]
    assert shape.new("SELECT count(*) FROM ferryman_quarantine") == [(2,)]
    assert here("quarantine", "retry").code == 3
    shape.proved_and_undone()


# A join table without a primary key, as frameworks make them, with rows that repeat one of an earlier batch


def joined(folder: Path) -> Shape:
    links = [*[(99, 1)] * 3, *((n % 40 + 1, n // 40 + 1) for n in range(1_200)), *((n % 40 + 1, 1) for n in range(60))]
    return made(
        folder,
        f"""CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT);
        CREATE TABLE tag (id INTEGER PRIMARY KEY, name TEXT);
        CREATE TABLE book_tag (book_id INTEGER NOT NULL, tag_id INTEGER NOT NULL);
        INSERT INTO book VALUES {values([(n, f"b{n}") for n in range(1, 41)])};
        INSERT INTO tag VALUES {values([(n, f"t{n}") for n in range(1, 31)])};
        INSERT INTO book_tag VALUES {values(links)};""",
        """CREATE TABLE books (id INTEGER PRIMARY KEY, title TEXT);
        CREATE TABLE tags (id INTEGER PRIMARY KEY, name TEXT);
        CREATE TABLE books_tags (book_id INTEGER NOT NULL REFERENCES books (id),
            tag_id INTEGER NOT NULL REFERENCES tags (id), UNIQUE (book_id, tag_id));""",
    )


def assert_joined(shape: Shape) -> None:
    shape.assert_same(
        "SELECT DISTINCT book_id, tag_id FROM book_tag WHERE book_id <= 40 ORDER BY 1, 2",
        "SELECT book_id, tag_id FROM books_tags ORDER BY 1, 2",
    )
    groups = here("quarantine", "list", "--json").json["groups"]
    assert sum(group["rows"] for group in groups) == 63
    shape.proved_and_undone()


def test_a_join_table_is_told_apart_by_its_unique_columns_and_rows_that_repeat_one_are_set_aside(folder: Path) -> None:
    shape = joined(folder)
    shape.plan("position", "take all recommendations")
    shape.run(code=3)
    assert_joined(shape)


def test_what_stops_the_rows_is_asked_about_and_not_what_was_decided_before(folder: Path) -> None:
    """Without a look ahead the orphans of the first batch are decided on, and then the repeated keys of the last."""
    shape = joined(folder)
    plan = shape.folder / "plan.yaml"
    assert here("plan", *pair(*shape.files), "-o", plan, "--no-preflight", "--answer", "position").code == 0
    assert "refer to books that are not there" in shape.run(code=5).err
    decided = here("resume", "--decide", "skip_orphaned_records")
    assert decided.code == 3, decided.err
    assert_joined(shape)

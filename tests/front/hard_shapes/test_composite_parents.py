"""A parent whose key has a part that is itself a reference: ward -> bed (ward, number) -> stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.front.hard_shapes.places import on
from tests.front.shapes import made, values

WARDS = [(f"W{n}", f"Ward {n}") for n in range(5)]
BEDS = [(f"W{n}", bed, "narrow") for n in range(5) for bed in range(1, 11)]
STAYS = [(n, f"W{n % 5}", 99 if n % 99 == 0 else n % 10 + 1, "2020-01-01") for n in range(1, 1001)]
LOST = len([stay for stay in STAYS if stay[2] == 99])
WHOLE = "SELECT s.day, b.kind, w.title, s.bed_no FROM {0} s JOIN {1} b ON {3} AND b.bed_no = s.bed_no JOIN {2} w ON {4}"

KEYS = {
    "kept": ("code TEXT PRIMARY KEY, title TEXT", "ward_code TEXT", "ward_code", "code"),
    "derived": ("id CHAR(36) PRIMARY KEY, code TEXT, title TEXT", "ward_id CHAR(36)", "ward_id", "id"),
}


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "undeclared"])
@pytest.mark.parametrize("kind", KEYS)
@on("sqlite to postgresql", "postgresql to mariadb")
def test_its_rows_are_found_by_the_whole_key(kind: str, declared: bool, folder: Path) -> None:
    ward, column, refers, key = KEYS[kind]
    to_ward = " REFERENCES ward (code)" if declared else ""
    to_bed = ", FOREIGN KEY (ward_code, bed_no) REFERENCES bed (ward_code, bed_no)" if declared else ""
    shape = made(
        folder,
        f"""CREATE TABLE ward (code TEXT PRIMARY KEY, title TEXT);
        CREATE TABLE bed (ward_code TEXT{to_ward}, bed_no INTEGER, kind TEXT, PRIMARY KEY (ward_code, bed_no));
        CREATE TABLE stay (id INTEGER PRIMARY KEY, ward_code TEXT{to_ward}, bed_no INTEGER, day TEXT{to_bed});
        INSERT INTO ward VALUES {values(WARDS)};
        INSERT INTO bed VALUES {values(BEDS)};
        INSERT INTO stay VALUES {values(STAYS)};""",
        f"""CREATE TABLE wards ({ward});
        CREATE TABLE beds ({column} REFERENCES wards ({key}), bed_no INTEGER, kind TEXT,
            PRIMARY KEY ({refers}, bed_no));
        CREATE TABLE stays (id INTEGER PRIMARY KEY, {column}, bed_no INTEGER NOT NULL, day TEXT,
            FOREIGN KEY ({refers}, bed_no) REFERENCES beds ({refers}, bed_no));""",
    )
    alike = ("yes",) if kind == "derived" and not declared else ()  # ward_code -> ward_id, by their names alone
    told = shape.planned("quarantine", *alike)
    assert told.code == 0, told.err
    assert f"{LOST} rows of stays refer by {refers} and bed_no to 5 rows of beds" in " ".join(told.err.split())
    shape.run(code=3)
    assert shape.new("SELECT table_name, count(*) FROM ferryman_quarantine GROUP BY 1") == [("stays", LOST)]
    same_ward = f"b.{refers} = s.{refers}"
    shape.assert_same(
        WHOLE.format("stay", "bed", "ward", "b.ward_code = s.ward_code", "w.code = b.ward_code") + " ORDER BY s.id",
        WHOLE.format("stays", "beds", "wards", same_ward, f"w.{key} = b.{refers}") + " ORDER BY s.id",
    )
    shape.proved_and_undone()

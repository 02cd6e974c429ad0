"""The three switches of a plan's phase, turned off in its file: each changes what a run does and says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ferryman.commands.edge import Exit
from tests.front.shapes import Shape, made, values

LINKS = [(n, n % 20 + 1, n % 7 + 1) for n in range(1, 61)]


@pytest.fixture
def shape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shape:
    """Cases, files, and 60 links, of which three name a case that never was."""
    monkeypatch.chdir(tmp_path)
    links = [(n, 99 if n in (5, 25, 45) else case, file) for n, case, file in LINKS]
    return made(
        tmp_path,
        f"""CREATE TABLE cases (id INTEGER PRIMARY KEY, title TEXT);
        CREATE TABLE files (id INTEGER PRIMARY KEY, name TEXT);
        CREATE TABLE link (id INTEGER PRIMARY KEY, case_id INTEGER REFERENCES cases, file_id INTEGER REFERENCES files);
        INSERT INTO cases VALUES {values([(n, f"C{n}") for n in range(1, 21)])};
        INSERT INTO files VALUES {values([(n, f"F{n}") for n in range(1, 8)])};
        INSERT INTO link VALUES {values(links)};""",
        """CREATE TABLE cases (id CHAR(36) PRIMARY KEY, title TEXT);
        CREATE TABLE files (id CHAR(36) PRIMARY KEY, name TEXT);
        CREATE TABLE links (id CHAR(36) PRIMARY KEY, case_id CHAR(36) REFERENCES cases (id),
            file_id CHAR(36) REFERENCES files (id));""",
    )


def switch_off(shape: Shape, name: str) -> None:
    """Turn a switch off in the phase of the links."""

    def change(text: str) -> str:
        start = text.index("tables: [links]")
        return text[:start] + re.sub(
            r"(tables: \[links\]\n)", rf"\1  handling: {{{name}: false}}\n", text[start:], count=1
        )

    shape.edit(change)


WHOLE = "SELECT count(*) FROM links l JOIN cases c ON c.id = l.case_id JOIN files f ON f.id = l.file_id"


def test_all_on_the_orphans_are_found_before_a_row_is_written(shape: Shape) -> None:
    told = " ".join(shape.plan(code=5).err.split())
    assert "3 rows of links refer by case_id to a row of cases that never was in the old database" in told
    shape.plan("quarantine")
    shape.run(code=3)
    assert shape.new(WHOLE) == [(57,)]
    shape.proved_and_undone()


def test_without_orphan_detection_they_are_found_by_their_batch(shape: Shape) -> None:
    shape.plan("quarantine")
    shape.edit(lambda text: re.sub(r"    policies:\n(    - .*\n(      .*\n)*)+", "", text))
    switch_off(shape, "orphan_detection")
    told = " ".join(shape.run(code=5).err.split())
    assert "3 rows of links refer to cases that are not there" in told
    assert shape.new("SELECT count(*) FROM links") == [(0,)]
    shape.undone()


def test_without_validation_of_references_they_arrive_and_the_proof_of_the_table_finds_them(shape: Shape) -> None:
    shape.plan("quarantine")
    switch_off(shape, "foreign_key_validation")
    told = " ".join(shape.run(code=5).err.split())
    assert "3 without a parent, by case_id" in told
    assert shape.new("SELECT count(*) FROM links") == [(60,)]
    assert shape.new(WHOLE) == [(57,)]
    shape.undone()


def test_without_id_mapping_references_are_copied_as_they_are(shape: Shape) -> None:
    shape.plan("quarantine")
    switch_off(shape, "id_mapping")
    shape.run(code=Exit.WAITING)
    assert shape.new(WHOLE) == [(0,)]
    shape.undone()

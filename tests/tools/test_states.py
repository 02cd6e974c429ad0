"""Words for how a row stands are counted in all rows, and no other word of a row is told."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ferryman.domain.profile import ColumnProfile
from ferryman.domain.states import Of, compare, is_state
from ferryman.tools.databases.connect import open_source
from ferryman.tools.discover.introspect import introspect
from ferryman.tools.discover.profile import SAMPLE_ROWS, profile
from tests.servers import Server

RARE = {7: "disabled", 19_999: "Disabled", 23_456: ""}


def read(url: str) -> ColumnProfile:
    source = open_source(url)
    with source.connect() as seen:
        found = profile(seen, introspect(seen, source.dialect), source.dialect)
    return found.by_name["member"].by_name["status"]


def test_a_word_that_few_of_many_rows_hold_is_counted(tmp_path: Path) -> None:
    rows = [(n, RARE.get(n, "enabled")) for n in range(1, SAMPLE_ROWS + 5_001)]
    with closing(sqlite3.connect(tmp_path / "old.db")) as connection, connection:
        connection.execute("CREATE TABLE member (id INTEGER PRIMARY KEY, status TEXT)")
        connection.executemany("INSERT INTO member VALUES (?, ?)", rows)
    found = read(str(tmp_path / "old.db"))
    assert found.sampled
    assert found.states == {"enabled": len(rows) - 3, "disabled": 1, "Disabled": 1}


def test_mariadb_counts_letter_by_letter(mariadb: Server) -> None:
    made = mariadb.database()
    made.run(
        [
            "CREATE TABLE member (id INT PRIMARY KEY, status VARCHAR(20))",
            f"INSERT INTO member SELECT seq, 'enabled' FROM seq_1_to_{SAMPLE_ROWS + 5_000}",
            *(f"UPDATE member SET status = '{word}' WHERE id = {n}" for n, word in RARE.items()),
        ]
    )
    found = read(made.source)
    assert found.states == {"enabled": SAMPLE_ROWS + 4_997, "disabled": 1, "Disabled": 1}


def test_names_and_many_values_stay_where_they_are(tmp_path: Path) -> None:
    for name, held in (("few", ["open", "Anna Berg", "zebra"]), ("many", [str(n % 12) for n in range(40)])):
        with closing(sqlite3.connect(tmp_path / f"{name}.db")) as connection, connection:
            connection.execute("CREATE TABLE member (id INTEGER PRIMARY KEY, status TEXT)")
            connection.executemany("INSERT INTO member VALUES (NULL, ?)", [(word,) for word in held])
    assert read(str(tmp_path / "few.db")).states == {"open": 1}
    assert read(str(tmp_path / "many.db")).states == {}


@pytest.mark.parametrize(
    ("word", "other", "said"),
    [
        ("enabled", "active", Of.SAME),
        ("Disabled", "active", Of.CONTRARY),
        ("un-paid", "paid", Of.CONTRARY),
        ("not active", "active", Of.CONTRARY),
        ("hidden", "visible", Of.CONTRARY),
        ("suspended", "banned", None),
        ("shipped", "active", None),
        ("", "active", None),
    ],
)
def test_what_one_word_says_of_another(word: str, other: str, said: Of | None) -> None:
    assert compare(word, other) is said


@pytest.mark.parametrize(
    ("value", "told"), [("Unpaid", True), ("X", True), ("no", True), ("Berg", False), ("17", False)]
)
def test_what_may_be_told(value: str, told: bool) -> None:
    assert is_state(value) is told

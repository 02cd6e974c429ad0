"""Chinook, a real database, moves whole: by plan and run, and by conversation; afterwards every row hangs where it did.

The folder is read where it lies, in ../shared/data/chinook (or FERRYMAN_SHARED); it is no part of the project.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ferryman import session as sessions
from ferryman.domain.run import RunStatus
from tests.checkout import SHARED
from tests.front.calling import call, here

CHINOOK = SHARED / "data" / "chinook"
pytestmark = pytest.mark.skipif(not CHINOOK.exists(), reason="the folder shared/data/chinook is not here")

ROWS = {
    "artists": 275,
    "genres": 25,
    "media_formats": 5,
    "albums": 347,
    "tracks": 3503,
    "playlists": 18,
    "playlist_items": 8715,
    "staff": 8,
    "customers": 59,
    "orders": 412,
    "order_items": 2240,
}
TABLES = {
    "Artist": "artists",
    "Genre": "genres",
    "MediaType": "media_formats",
    "Album": "albums",
    "Track": "tracks",
    "Playlist": "playlists",
    "PlaylistTrack": "playlist_items",
    "Employee": "staff",
    "Customer": "customers",
    "Invoice": "orders",
    "InvoiceLine": "order_items",
}
RENAMED = {
    "tracks": {"title": "Name", "duration_ms": "Milliseconds", "size_bytes": "Bytes", "media_format_id": "MediaTypeId"},
    "staff": {
        "job_title": "Title",
        "manager_id": "ReportsTo",
        "born_on": "BirthDate",
        "hired_on": "HireDate",
        "street": "Address",
        "region": "State",
    },
    "customers": {"company_name": "Company", "street": "Address", "region": "State"},
    "orders": {
        "placed_at": "InvoiceDate",
        "total_amount": "Total",
        "billing_street": "BillingAddress",
        "billing_region": "BillingState",
    },
    "order_items": {"order_id": "InvoiceId", "track_id": "TrackId"},
}

#: The same question to both sides: which track, album and customer does every order item hang on?
ITEMS_BEFORE = """
SELECT l.InvoiceLineId, t.Name, a.Title, r.Name, c.Email, i.InvoiceDate, round(l.UnitPrice, 2), l.Quantity, e.Email
FROM InvoiceLine l JOIN Track t USING (TrackId) LEFT JOIN Album a USING (AlbumId) LEFT JOIN Artist r USING (ArtistId)
JOIN Invoice i USING (InvoiceId) JOIN Customer c USING (CustomerId)
LEFT JOIN Employee e ON e.EmployeeId = c.SupportRepId
ORDER BY 1"""
ITEMS_AFTER = """
SELECT l.legacy_id, t.title, a.title, r.name, c.email, o.placed_at, round(l.unit_price, 2), l.quantity, s.email
FROM order_items l JOIN tracks t ON t.id = l.track_id LEFT JOIN albums a ON a.id = t.album_id
LEFT JOIN artists r ON r.id = a.artist_id JOIN orders o ON o.id = l.order_id JOIN customers c ON c.id = o.customer_id
LEFT JOIN staff s ON s.id = c.support_rep_id ORDER BY 1"""
LISTS_BEFORE = """
SELECT p.PlaylistId, p.Name, t.TrackId, t.Name, t.Composer, t.Milliseconds, t.Bytes, g.Name, m.Name
FROM PlaylistTrack x JOIN Playlist p USING (PlaylistId) JOIN Track t USING (TrackId)
LEFT JOIN Genre g USING (GenreId) JOIN MediaType m USING (MediaTypeId) ORDER BY 1, 3"""
LISTS_AFTER = """
SELECT p.legacy_id, p.name, t.legacy_id, t.title, t.composer, t.duration_ms, t.size_bytes, g.name, m.name
FROM playlist_items x JOIN playlists p ON p.id = x.playlist_id JOIN tracks t ON t.id = x.track_id
LEFT JOIN genres g ON g.id = t.genre_id JOIN media_formats m ON m.id = t.media_format_id ORDER BY 1, 3"""
STAFF_BEFORE = """
SELECT e.EmployeeId, e.LastName, e.Title, substr(e.BirthDate, 1, 10), m.LastName, e.Fax
FROM Employee e LEFT JOIN Employee m ON m.EmployeeId = e.ReportsTo ORDER BY 1"""
STAFF_AFTER = """
SELECT e.legacy_id, e.last_name, e.job_title, e.born_on, m.last_name, e.metadata ->> '$.legacy.Fax'
FROM staff e LEFT JOIN staff m ON m.id = e.manager_id ORDER BY 1"""

QUESTIONS = ((ITEMS_BEFORE, ITEMS_AFTER), (LISTS_BEFORE, LISTS_AFTER), (STAFF_BEFORE, STAFF_AFTER))


@pytest.fixture
def new(tmp_path: Path) -> Path:
    path = tmp_path / "new.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((CHINOOK / "target.sql").read_text())
    return path


def asked(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return connection.execute(sql).fetchall()


def assert_everything_hangs_where_it_did(new: Path) -> None:
    legacy = CHINOOK / "legacy.sqlite"
    assert {table: asked(new, f"SELECT count(*) FROM {table}")[0][0] for table in ROWS} == ROWS
    for before, after in QUESTIONS:
        assert asked(new, after) == asked(legacy, before)
    assert asked(new, "PRAGMA foreign_key_check") == []


def plan_json(new: Path, *more: str) -> tuple[int, dict[str, Any]]:
    done = here("plan", "--source", CHINOOK / "legacy.sqlite", "--target", new, "--json", *more)
    return done.code, done.json


def test_the_rules_alone_propose_the_right_tables_and_nothing_wrong_as_sure(new: Path) -> None:
    said = here("match", "--source", CHINOOK / "legacy.sqlite", "--target", new, "--json").json
    first = {table: candidates[0][0] for table, candidates in said["tables"].items() if candidates}
    assert sum(first.get(source) == target for source, target in TABLES.items()) >= 10


def test_at_least_nine_in_ten_renamed_columns_are_mapped_rightly(new: Path) -> None:
    with sessions.open(str(CHINOOK / "legacy.sqlite"), str(new)) as session:
        list(session.say("move everything"))
        assert session.plan is not None
        mapped = session.plan.mapping.by_target
        found = [
            mapped[table].by_target[target].source == (source,)
            for table, columns in RENAMED.items()
            for target, source in columns.items()
        ]
        assert sum(found) >= 0.9 * len(found)
        sources = {table.source: table.target for table in session.plan.mapping.copied}
        assert sources == TABLES
        assert "Fax" in session.plan.leftovers["customers"]


def test_it_moves_whole_by_plan_and_run(new: Path, tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    code, first = plan_json(new, "-o", str(file))
    assert code == 5 and first["open_questions"]
    code, made = plan_json(new, "-o", str(file), "--force", "--answer", "take all recommendations")
    assert (code, made["open_questions"]) == (0, 0)
    done = call("run", "--plan", file, "--approve", made["approval"], "--json")
    assert done.code == 0, done.err
    assert done.json["status"] == "success"
    assert_everything_hangs_where_it_did(new)


def test_an_answer_in_words_settles_a_question(new: Path, tmp_path: Path) -> None:
    _, before = plan_json(new)
    _, after = plan_json(new, "--answer", "MediaType goes into media_formats")
    still = [question["id"] for question in after["questions"] if question["open"]]
    assert "table:media_formats" in [question["id"] for question in before["questions"] if question["open"]]
    assert "table:media_formats" not in still


def test_it_moves_whole_in_conversation(new: Path) -> None:
    with sessions.open(str(CHINOOK / "legacy.sqlite"), str(new)) as session:
        for words in ("move everything", "take all recommendations", "what happens to Fax?", "yes, go ahead"):
            list(session.say(words))
        assert session.outcome is not None
        assert (session.outcome.status, session.outcome.records_migrated) == (RunStatus.SUCCESS, 15_607)
    assert_everything_hangs_where_it_did(new)


def test_the_legacy_file_is_never_written(new: Path) -> None:
    before = (CHINOOK / "legacy.sqlite").read_bytes()
    plan_json(new)
    assert (CHINOOK / "legacy.sqlite").read_bytes() == before

"""Parents that an earlier run was to bring: preflight and every batch say alike why one is not there."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.front.calling import Called, here
from tests.front.shapes import KEYS, Shape, folder_onto, made, values

#: Readers by the order that they came in; loans name them by key.
DELETED, ASIDE, LEFT, CAME, NEVER = (3, 4), (7,), (9, 10), (41, 42), 99
OLD = "SELECT l.title, r.name FROM loan l JOIN reader r ON r.id = l.reader_id"
NEW = "SELECT c.title, p.name FROM checkouts c LEFT JOIN patrons p ON p.id = c.patron_id"
LOANS = "loan goes into checkouts"

folder = pytest.fixture(folder_onto)


def key_of(reader: int, keys: str) -> object:
    """A text in no order of numbers, so that readers who come later are among the others."""
    return f"{reader * 37 % 100:02}-reader" if keys == "names" else reader


@pytest.fixture
def shape(folder: Path, keys: str, onto: str) -> Shape:
    """Forty readers, of whom one cannot go and two did not return, and two loans of each and of one who never was."""
    old, new = ("TEXT NOT NULL PRIMARY KEY",) * 2 if keys == "names" else ("INTEGER NOT NULL PRIMARY KEY", KEYS[keys])
    readers = [
        (key_of(n, keys), None if n in ASIDE else f"reader {n}", "gone" if n in LEFT else "here") for n in range(1, 41)
    ]
    loans = [(n, key_of(n % 40 + 1, keys), f"book {n}") for n in range(1, 81)]
    loans += [(n, key_of(NEVER, keys), f"book {n}") for n in (81, 82, 83)]
    return made(
        folder,
        f"""CREATE TABLE reader (id {old}, name TEXT, state TEXT NOT NULL);
        CREATE TABLE loan (id INTEGER PRIMARY KEY, reader_id {old.split()[0]} NOT NULL REFERENCES reader,
            title TEXT NOT NULL);
        INSERT INTO reader VALUES {values(readers)}; INSERT INTO loan VALUES {values(loans)};""",
        f"""CREATE TABLE patrons (id {new}, name TEXT NOT NULL);
        CREATE TABLE checkouts (id INTEGER NOT NULL PRIMARY KEY, patron_id {new.split()[0]} REFERENCES patrons (id),
            title TEXT NOT NULL);""",
    )


def readers_first(shape: Shape, keys: str) -> None:
    """Bring the readers; then two are deleted from the new side, and two more come, with a loan each."""
    shape.wanted("only patrons, reader goes into patrons; only readers where state = 'here'", "patrons: quarantine")
    shape.run(code=3)
    names = ", ".join(f"'reader {n}'" for n in DELETED)
    delete(shape, f"DELETE FROM patrons WHERE name IN ({names})")
    late = [(key_of(n, keys), f"reader {n}", "here") for n in CAME]
    loans = [(100 + n, key_of(n, keys), f"book {100 + n}") for n in CAME]
    with closing(sqlite3.connect(shape.files[0])) as old:
        old.executescript(f"INSERT INTO reader VALUES {values(late)}; INSERT INTO loan VALUES {values(loans)};")


def delete(shape: Shape, sql: str) -> None:
    if not shape.sides:
        with closing(sqlite3.connect(shape.files[1])) as new:
            new.execute(sql)
            new.commit()
        return
    with shape.sides[1].engine.begin() as new:
        new.exec_driver_sql(sql)


def loans(shape: Shape, *words: str, code: int = 0) -> Called:
    done = here(
        "plan", *shape.names, "-o", "plan.yaml", "--force", "--request", LOANS, "--leave-out", "patrons", *words
    )
    assert done.code == code, done.err
    return done


#: Why the parents are missing: how many rows lack them, what is told of these, and what is decided.
TOLD = {
    "never_existed": (3, "a row of patrons that never was in the old database", "quarantine"),
    "deleted_since": (4, "2 rows of patrons that were there and have been deleted since", "empty"),
    "set_aside": (2, "a row of patrons that is set aside", "quarantine"),
    "not_migrated": (6, "4 rows of patrons that have not been moved yet", "placeholders"),
}


@pytest.mark.parametrize("onto", ["sqlite", "postgresql", "mariadb"])
@pytest.mark.parametrize("keys", ["kept", "generated", "derived", "names"])
def test_each_cause_is_told_with_its_rows_and_decided_by_itself(shape: Shape, keys: str) -> None:
    readers_first(shape, keys)
    asked = " ".join(loans(shape, code=5).err.split())
    for rows, parents, _ in TOLD.values():
        assert f"{rows} rows of checkouts refer by patron_id to {parents}. What shall become of them?" in asked
    answers = [("--answer", f"orphans:checkouts.patron_id:{cause}={way}") for cause, (*_, way) in TOLD.items()]
    loans(shape, *(word for pair in answers for word in pair))
    before = shape.held()
    shape.edit(lambda text: text.replace("size: 500", "size: 15"))
    shape.killed("after_commit:checkouts:2")
    done = here("resume", *shape.names)
    assert done.code == 3, done.err
    emptied = [f"book {n}" for n in range(1, 81) if n % 40 + 1 in DELETED]
    aside = [f"book {n}" for n in range(1, 81) if n % 40 + 1 in ASIDE] + ["book 81", "book 82", "book 83"]
    standing = [f"book {n}" for n in range(1, 81) if n % 40 + 1 in LEFT] + [f"book {100 + n}" for n in CAME]
    there: dict[str, str | None] = dict(shape.new(NEW))
    real = {title: name for title, name in there.items() if name and name.startswith("reader ")}
    assert sorted(title for title, name in there.items() if name is None) == sorted(emptied)
    assert sorted(there.keys() - real.keys() - set(emptied)) == sorted(standing)
    assert real == {title: name for title, name in shape.old(OLD) if title not in {*emptied, *aside, *standing}}
    assert here("validate", *shape.names).code == 0
    shape.undo_last()
    assert shape.held() == before


#: The same, as the diagnosis says it.
STOPPED = [
    (3, "the parents were missing in the old application already"),
    (4, "the parents were deleted in the new database"),
    (2, "the parents are set aside themselves"),
    (6, "migration order dependency violation"),
]


@pytest.mark.parametrize(("onto", "keys"), [("sqlite", "names"), ("postgresql", "generated"), ("mariadb", "names")])
def test_a_batch_that_stops_tells_them_apart_as_well(shape: Shape, keys: str) -> None:
    readers_first(shape, keys)
    before = shape.held()
    loans(shape, "--no-preflight")
    told = " ".join(shape.run(code=5).err.split())
    assert shape.new("SELECT count(*) FROM checkouts") == [(0,)]
    for rows, cause in STOPPED:
        assert f"{rows} rows: {cause}" in told
    assert here("resume", *shape.names, "--decide", "skip_orphaned_records").code == 3
    assert shape.new("SELECT count(*) FROM checkouts WHERE patron_id IS NOT NULL") == [(70,)]
    assert here("validate", *shape.names).code == 0
    shape.undo_last()
    assert shape.held() == before


@pytest.mark.parametrize(
    ("onto", "keys"), [("sqlite", "kept"), ("mariadb", "generated"), ("sqlite", "derived"), ("postgresql", "names")]
)
def test_a_plan_that_moves_the_table_again_says_which_rows_come_a_second_time(shape: Shape, keys: str) -> None:
    readers_first(shape, keys)
    request = "reader goes into patrons, loan goes into checkouts"
    way = "since" if keys == "derived" else "same_key"
    told = " ".join(shape.wanted(request, f"patrons: {way}", code=5).err.split())
    assert "2 rows of patrons that an earlier run brought are not there any more: they come again." in told

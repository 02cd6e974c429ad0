"""Rows out of quarantine that need one another: of two tables, of three, of one."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from ferryman.tools.move.failpoint import VARIABLE
from tests.front.calling import call, here
from tests.front.ported import ported
from tests.front.shapes import KEYS, PORT, Shape, made, values
from tests.front.test_retry import QUARANTINED
from tests.tools.pairs import write

ROWS = range(1, 61)


@pytest.fixture(autouse=True, params=["sqlite", "postgresql", "mariadb"])
def onto(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.chdir(tmp_path)
    kind = request.param
    token = PORT.set(lambda path: ported(request, kind if path.name == "new.db" else "sqlite", path))
    yield kind
    PORT.reset(token)


def ring(folder: Path, *tables: str, keys: str = "derived") -> Shape:
    """Row n of each table names row n of the next, and of the last the first; it must. Row 7 of the first has no name,
    so that all rows 7 are set aside."""
    key, after = KEYS[keys], dict(zip(tables, (*tables[1:], tables[0]), strict=True))
    kind = key.split()[0]
    old = "".join(
        f"CREATE TABLE {t} (id INTEGER PRIMARY KEY, name TEXT, {n}_id INTEGER NOT NULL REFERENCES {n});"
        f"INSERT INTO {t} VALUES {values([(i, None if i == 7 and t == tables[0] else f'{t}{i}', i) for i in ROWS])};"
        for t, n in after.items()
    )
    new = "".join(
        f"CREATE TABLE {t}s (id {key}, name TEXT NOT NULL, {n}_id {kind} NOT NULL REFERENCES {n}s (id));"
        for t, n in after.items()
    )
    return made(folder, old, new)


def moved(shape: Shape) -> None:
    done = shape.planned()
    text = (path := shape.folder / "plan.yaml").read_text()
    assert done.code in (0, 5), done.err
    path.write_text(text.replace("answer: null", "answer: quarantine"))
    shape.run(code=3)


@pytest.mark.parametrize(
    ("tables", "keys"),
    [
        (("team", "player"), "derived"),
        (("club", "team", "player"), "derived"),
        (("club", "team", "player"), "generated"),
    ],
)
def test_they_come_together_when_the_one_that_did_not_fit_does(
    tmp_path: Path, tables: tuple[str, ...], keys: str
) -> None:
    shape = ring(tmp_path, *tables, keys=keys)
    moved(shape)
    assert dict(shape.new(QUARANTINED)) == {f"{name}s": 1 for name in tables}
    assert here("quarantine", "retry", *shape.names).code == 3
    write(shape.files[0], f"UPDATE {tables[0]} SET name = 'mended' WHERE id = 7")
    done = here("quarantine", "retry", *shape.names, "--json")
    assert done.code == 0, done.err
    assert done.json["came"] == len(tables)
    assert shape.new(QUARANTINED) == []
    for name in tables:
        assert shape.new(f"SELECT count(*) FROM {name}s") == [(60,)]
    shape.proved_and_undone()


@pytest.mark.parametrize("moment", ["before_commit:players:1+1", "after_commit:players:1+1"])
def test_killed_meanwhile_all_of_them_come_or_none(tmp_path: Path, moment: str) -> None:
    shape = ring(tmp_path, "team", "player")
    moved(shape)
    write(shape.files[0], "UPDATE team SET name = 'mended' WHERE id = 7")
    assert call("quarantine", "retry", *shape.names, env={VARIABLE: moment}).code == -signal.SIGKILL
    come = 0 if moment.startswith("before") else 1
    assert [shape.new(f"SELECT count(*) FROM {name}") for name in ("teams", "players")] == [[(59 + come,)]] * 2
    assert here("quarantine", "retry", *shape.names).code == 0
    assert shape.new(QUARANTINED) == []
    shape.proved_and_undone()


def test_rows_of_one_table_that_need_one_another_come_together(tmp_path: Path) -> None:
    key = KEYS["derived"]
    bosses = {3: 4, 4: 5, 5: 3, 6: 3, 8: 9, 9: 8}
    staff = [(n, None if n in (3, 8) else f"S{n}", bosses.get(n, n)) for n in ROWS]
    shape = made(
        tmp_path,
        f"""CREATE TABLE staff (id INTEGER PRIMARY KEY, name TEXT, boss_id INTEGER NOT NULL REFERENCES staff);
        INSERT INTO staff VALUES {values(staff)};""",
        f"""CREATE TABLE staff (id {key}, name TEXT NOT NULL,
            boss_id {key.split()[0]} NOT NULL REFERENCES staff (id));""",
    )
    shape.plan("quarantine", "quarantine", "quarantine")
    shape.run(code=3)
    assert shape.new(QUARANTINED) == [("staff", 6)]
    write(shape.files[0], "UPDATE staff SET name = 'mended' WHERE id = 3")
    done = here("quarantine", "retry", *shape.names, "--json")
    assert (done.code, done.json["came"], done.json["left"]) == (3, 4, 2), done.err
    shape.proved_and_undone()

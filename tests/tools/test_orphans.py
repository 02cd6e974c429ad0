"""Rows whose parent is missing, found by set queries and grouped by cause."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ferryman.demo_data import NEVER_EXISTED, SOFT_DELETED, UNKNOWN_CASE_IDS
from ferryman.domain.findings import MissingCause, MissingGroup
from ferryman.domain.mapping import Mapping, Policy, Problem, Strategy, TableMapping
from ferryman.domain.run import Segment
from ferryman.domain.transforms import ForeignKeyTo, NewId
from ferryman.tools.prepare.orphans import Ground, groups_on, missing_groups, orphan_rows
from ferryman.tools.prepare.side_by_side import side_by_side
from tests.tools.demo_plan import CASES, NOT_DELETED, Pair, column, junction
from tests.tools.demo_plan import pair as pair_of

LINKS = "case_file_relationships"


def groups(pair: Pair, table: str = LINKS, ground: Ground | None = None) -> dict[MissingCause, MissingGroup]:
    work = pair.compiled()
    found = missing_groups(pair.source, pair.target, work[table], ground or Ground(work))
    return {group.cause: group for group in found}


def execute(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        for statement in statements:
            database.execute(statement)


def test_the_23_are_found_before_a_row_is_written_and_told_apart_by_cause(tmp_path):
    found = groups(junction(tmp_path))
    assert {cause: group.rows for cause, group in found.items()} == {
        MissingCause.NEVER_EXISTED: NEVER_EXISTED,
        MissingCause.FILTERED_OUT: SOFT_DELETED,
    }
    never = found[MissingCause.NEVER_EXISTED]
    assert (never.columns, never.parent, never.constraint) == (("case_id",), "cases", "fk_case_file_case_id")
    assert never.parents == len(UNKNOWN_CASE_IDS)


def test_without_the_filter_only_those_that_never_existed_are_left(tmp_path):
    found = groups(junction(tmp_path, filtered=False))
    assert {cause: group.rows for cause, group in found.items()} == {MissingCause.NEVER_EXISTED: NEVER_EXISTED}


def test_an_empty_reference_is_no_orphan(tmp_path):
    assert groups(junction(tmp_path), "cases") == {}


def test_the_rows_behind_a_group_can_be_shown(tmp_path):
    pair = junction(tmp_path)
    work = pair.compiled()
    ground = Ground(work)
    group = groups(pair)[MissingCause.NEVER_EXISTED]
    rows = orphan_rows(pair.source, pair.target, work[LINKS], group, ground)
    assert len(rows) == NEVER_EXISTED
    assert {row["case_id"] for row in rows} <= set(UNKNOWN_CASE_IDS)
    ids = [int(str(row["id"])) for row in rows]
    assert ids == sorted(ids)
    assert len(orphan_rows(pair.source, pair.target, work[LINKS], group, ground, limit=3)) == 3


def test_a_key_range_gives_its_own_orphans_only(tmp_path):
    pair = junction(tmp_path)
    work = pair.compiled()
    with side_by_side(pair.source, pair.target, "looking", [work[LINKS]]) as connection:
        before = groups_on(connection, work[LINKS], Ground(work), Segment(upto=(14_000,)))
        batch_15 = groups_on(connection, work[LINKS], Ground(work), Segment(after=(14_000,), upto=(15_000,)))
    assert before == ()
    assert sum(group.rows for group in batch_15) == 23


def test_during_a_run_a_parent_that_is_to_come_is_not_there_yet(tmp_path):
    pair = junction(tmp_path)
    work = pair.compiled()
    found = missing_groups(pair.source, pair.target, work[LINKS], Ground(work, copied={}))
    assert {(group.parent, group.cause): group.rows for group in found} == {
        ("cases", MissingCause.NEVER_EXISTED): NEVER_EXISTED,
        ("cases", MissingCause.FILTERED_OUT): SOFT_DELETED,
        ("cases", MissingCause.NOT_MIGRATED): 15_420 - NEVER_EXISTED - SOFT_DELETED,
        ("files", MissingCause.NOT_MIGRATED): 15_420,
    }


def test_a_parent_that_was_copied_and_is_gone_was_deleted_since(tmp_path):
    pair = junction(tmp_path)
    copied = {"cases": Segment(), "files": Segment()}
    found = groups(pair, ground=Ground(pair.compiled(), copied=copied))
    assert MissingCause.NOT_MIGRATED not in found
    assert found[MissingCause.NEVER_EXISTED].rows == NEVER_EXISTED
    assert found[MissingCause.DELETED_SINCE].rows == 15_420


def test_a_parent_that_no_run_brought_and_the_plan_only_refers_to_has_not_been_moved_yet(tmp_path):
    pair = junction(tmp_path)
    execute(pair.new, "DELETE FROM projects WHERE legacy_id = 3")
    (group,) = missing_groups(pair.source, pair.target, pair.compiled()["cases"], Ground(pair.compiled()))
    with closing(sqlite3.connect(pair.legacy)) as legacy:
        wanted = "SELECT count(*) FROM dispatch_case WHERE project_id = 3 AND deleted_at IS NULL"
        (expected,) = legacy.execute(wanted).fetchone()
    assert (group.parent, group.cause, group.rows, group.parents) == (
        "projects",
        MissingCause.NOT_MIGRATED,
        expected,
        1,
    )


def test_children_of_rows_that_a_decision_quarantines_are_orphans_too(tmp_path):
    pair = junction(tmp_path)
    execute(pair.legacy, "UPDATE dispatch_case SET project_id = 999 WHERE id IN (2001, 2002)")
    policy = Policy(problem=Problem.MISSING_PARENT, columns=("project_id",), strategy=Strategy.QUARANTINE, rows=2)
    cases = CASES.but(filter=NOT_DELETED, policies=(policy,))
    decided = Pair(pair.source, pair.target, pair.mapping.with_table(cases), pair.legacy, pair.new)
    with closing(sqlite3.connect(pair.legacy)) as legacy:
        wanted = "SELECT count(*) FROM dispatch_casefile WHERE case_id IN (2001, 2002)"
        (expected,) = legacy.execute(wanted).fetchone()
    assert expected > 0
    before, after = groups(pair), groups(decided)
    assert (after[MissingCause.SET_ASIDE].rows, after[MissingCause.SET_ASIDE].parents) == (expected, 2)
    assert after[MissingCause.FILTERED_OUT] == before[MissingCause.FILTERED_OUT]
    assert MissingCause.SET_ASIDE not in before


def test_rows_below_one_that_is_set_aside_stay_out_by_whichever_reference_of_their_table_they_hang_on_it(tmp_path):
    legacy, new = tmp_path / "old.sqlite", tmp_path / "new.sqlite"
    execute(
        legacy,
        "CREATE TABLE horse (id integer PRIMARY KEY, dam int, sire int)",
        "CREATE TABLE ride (id integer PRIMARY KEY, horse int)",
        "INSERT INTO horse VALUES (1, NULL, NULL), (2, 999, NULL), (3, 2, NULL), (4, 1, 3), (5, 4, 1), (6, 1, 1)",
        "INSERT INTO ride VALUES (1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6)",
    )
    refers = "int REFERENCES horses (id)"
    execute(
        new,
        f"CREATE TABLE horses (id integer PRIMARY KEY, dam {refers}, sire {refers})",
        f"CREATE TABLE rides (id integer PRIMARY KEY, horse {refers})",
    )
    causes = {"dam": (MissingCause.NEVER_EXISTED, MissingCause.SET_ASIDE), "sire": (MissingCause.SET_ASIDE,)}
    aside = tuple(
        Policy(problem=Problem.MISSING_PARENT, cause=cause, columns=(name,), strategy=Strategy.QUARANTINE, rows=9)
        for name, several in causes.items()
        for cause in several
    )
    to_horses = ForeignKeyTo(parent="horses")
    parents = (column("id", "id", NewId()), column("dam", "dam", to_horses), column("sire", "sire", to_horses))
    horses = TableMapping(source="horse", target="horses", key=("id",), columns=parents, policies=aside)
    rides = horses.but(
        source="ride", target="rides", columns=(parents[0], column("horse", "horse", to_horses)), policies=()
    )
    found = groups(pair_of(legacy, new, Mapping(tables=(horses, rides))), "rides")
    assert {cause: (group.rows, group.parents) for cause, group in found.items()} == {MissingCause.SET_ASIDE: (4, 4)}


@pytest.fixture
def staff(tmp_path) -> Pair:
    """A table that refers to itself, and to a parent of two columns, in databases that declare nothing."""
    legacy, new = tmp_path / "old.sqlite", tmp_path / "new.sqlite"
    execute(
        legacy,
        "CREATE TABLE site (country text, number int, name text, PRIMARY KEY (country, number))",
        "CREATE TABLE worker (id integer PRIMARY KEY, boss int, country text, site int)",
        "INSERT INTO site VALUES ('no', 1, 'Bergen'), ('no', 2, 'Oslo')",
        "INSERT INTO worker VALUES (1, NULL, 'no', 1), (2, 1, 'no', 2), (3, 4, 'no', 3), (4, 77, NULL, 1)",
        "INSERT INTO worker VALUES (5, 5, 'se', 1)",
    )
    execute(
        new,
        "CREATE TABLE sites (country text, number int, name text, PRIMARY KEY (country, number))",
        "CREATE TABLE workers (id integer PRIMARY KEY, boss_id int REFERENCES workers (id), country text, site int, "
        "FOREIGN KEY (country, site) REFERENCES sites (country, number))",
    )
    sites = TableMapping(
        source="site",
        target="sites",
        key=("country", "number"),
        columns=(column("country", "country", NewId()), column("number", "number", NewId()), column("name", "name")),
    )
    site_step = ("country", "site")
    workers = TableMapping(
        source="worker",
        target="workers",
        key=("id",),
        columns=(
            column("id", "id", NewId()),
            column("boss_id", "boss", ForeignKeyTo(parent="workers")),
            column("country", site_step, ForeignKeyTo(parent="sites", column="country")),
            column("site", site_step, ForeignKeyTo(parent="sites", column="number")),
        ),
    )
    return pair_of(legacy, new, Mapping(tables=(sites, workers)))


def test_a_row_may_refer_to_another_that_comes_later(staff):
    boss = [group for group in all_groups(staff) if group.columns == ("boss_id",)]
    assert [(group.cause, group.rows, group.constraint) for group in boss] == [
        (MissingCause.NEVER_EXISTED, 1, "fk_workers_boss_id")
    ]


def test_a_reference_of_two_columns_is_looked_up_as_one(staff):
    site = [group for group in all_groups(staff) if group.parent == "sites"]
    assert [(group.columns, group.rows, group.parents) for group in site] == [(("country", "site"), 2, 2)]


def all_groups(pair: Pair) -> tuple[MissingGroup, ...]:
    work = pair.compiled()
    return missing_groups(pair.source, pair.target, work["workers"], Ground(work))

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from ferryman import demo_data
from ferryman.demo_data import build_brackets, build_junction

Pair = tuple[Path, Path]
Build = Callable[[Path], Pair]

BOTH = pytest.mark.parametrize("build", [build_brackets, build_junction])

LEGACY_FOREIGN_KEYS = [
    ("dispatch_bracket", "project_id", "dispatch_project"),
    ("dispatch_case", "bracket_id", "dispatch_bracket"),
    ("dispatch_case", "project_id", "dispatch_project"),
    ("dispatch_case", "dispatcher_id", "auth_user"),  # a soft one: not declared
    ("dispatch_casefile", "case_id", "dispatch_case"),
    ("dispatch_casefile", "file_id", "dispatch_file"),
]


@pytest.fixture(scope="module")
def brackets(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return build_brackets(tmp_path_factory.mktemp("brackets"))


@pytest.fixture(scope="module")
def junction(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return build_junction(tmp_path_factory.mktemp("junction"))


@pytest.fixture(scope="module", params=["brackets", "junction"])
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    yield request.getfixturevalue(request.param)


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(query).fetchall()


def count(path: Path, table: str) -> int:
    return int(str(rows(path, f"SELECT count(*) FROM {table}")[0][0]))


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as database:
        return list(database.iterdump())


def orphans(path: Path, table: str, column: str, parent: str) -> int:
    return count(
        path, f"{table} c LEFT JOIN {parent} p ON p.id = c.{column} WHERE c.{column} IS NOT NULL AND p.id IS NULL"
    )


def test_the_counts_are_those_of_the_specification() -> None:
    assert (demo_data.BRACKETS, demo_data.CASE_FILES, demo_data.ORPHANS) == (1_569, 15_420, 23)
    assert demo_data.NEVER_EXISTED + demo_data.SOFT_DELETED == demo_data.ORPHANS


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("dispatch_project", demo_data.PROJECTS),
        ("dispatch_bracket", demo_data.BRACKETS),
        ("dispatch_case", demo_data.CASES),
        ("dispatch_file", demo_data.FILES),
        ("dispatch_casefile", demo_data.CASE_FILES),
    ],
)
def test_the_old_application_holds_the_named_counts(pair: Pair, table: str, expected: int) -> None:
    assert count(pair[0], table) == expected


def test_the_old_application_holds_tables_that_have_nothing_to_do_with_the_new_one(pair: Pair) -> None:
    expected = {
        "auth_user": 12,
        "django_content_type": 5,
        "django_migrations": 5,
        "django_session": 60,
        "dispatch_vehicle_gps": 2_500,
        "south_migrationhistory": 5,
        "tmp_import_2009": 180,
    }
    assert {table: count(pair[0], table) for table in expected} == expected
    assert rows(pair[0], "SELECT name FROM sqlite_master WHERE type = 'view'") == [("dispatch_open_cases",)]


def test_only_projects_are_there_in_the_new_application_of_example_1(brackets: Pair) -> None:
    tables = ("projects", "brackets", "cases", "files", "case_file_relationships")
    assert [count(brackets[1], table) for table in tables] == [demo_data.PROJECTS, 0, 0, 0, 0]


def test_projects_and_brackets_are_there_in_the_new_application_of_example_2(junction: Pair) -> None:
    tables = ("projects", "brackets", "cases", "files", "case_file_relationships")
    assert [count(junction[1], table) for table in tables] == [demo_data.PROJECTS, demo_data.BRACKETS, 0, 0, 0]


def test_the_new_application_has_rows_of_its_own(pair: Pair) -> None:
    tables = ("schema_migrations", "feature_flags", "users", "notifications")
    assert [count(pair[1], table) for table in tables] == [9, 3, 6, 0]


def test_projects_have_uuids_of_their_own_and_the_old_number(pair: Pair) -> None:
    old = rows(pair[0], "SELECT id, name, slug FROM dispatch_project ORDER BY id")
    assert rows(pair[1], "SELECT legacy_id, name, slug FROM projects ORDER BY legacy_id") == old
    ids = [UUID(str(id_)) for (id_,) in rows(pair[1], "SELECT id FROM projects")]
    assert {id_.version for id_ in ids} == {4}


def test_brackets_of_example_2_are_the_old_ones_under_the_same_projects(junction: Pair) -> None:
    old = rows(
        junction[0], "SELECT id, project_id, name, type, is_active = 'Y', notes FROM dispatch_bracket ORDER BY id"
    )
    query = """SELECT b.legacy_id, p.legacy_id, b.name, b.type, b.is_active, b.notes
               FROM brackets b JOIN projects p ON p.id = b.project_id ORDER BY b.legacy_id"""
    assert rows(junction[1], query) == old


@pytest.mark.parametrize(("table", "column", "parent"), LEGACY_FOREIGN_KEYS)
def test_every_foreign_key_of_example_1_resolves(brackets: Pair, table: str, column: str, parent: str) -> None:
    assert orphans(brackets[0], table, column, parent) == 0
    assert rows(brackets[0], "SELECT count(*) FROM dispatch_case WHERE deleted_at IS NOT NULL") == [(0,)]


def test_every_other_foreign_key_of_example_2_resolves(junction: Pair) -> None:
    others = [key for key in LEGACY_FOREIGN_KEYS if key[:2] != ("dispatch_casefile", "case_id")]
    assert [orphans(junction[0], *key) for key in others] == [0] * len(others)


def test_the_23_are_in_batch_15_and_split_by_cause(junction: Pair) -> None:
    found = rows(
        junction[0],
        """SELECT (l.place - 1) / 1000 + 1, CASE WHEN c.id IS NULL THEN 'never existed' ELSE 'deleted' END, l.case_id
           FROM (SELECT *, row_number() OVER (ORDER BY id) AS place FROM dispatch_casefile) l
           LEFT JOIN dispatch_case c ON c.id = l.case_id
           WHERE c.id IS NULL OR c.deleted_at IS NOT NULL""",
    )
    assert len(found) == demo_data.ORPHANS
    assert {batch for batch, _, _ in found} == {demo_data.ORPHAN_BATCH}
    causes = Counter(cause for _, cause, _ in found)
    assert causes == {"never existed": demo_data.NEVER_EXISTED, "deleted": demo_data.SOFT_DELETED}
    assert {case for _, cause, case in found if cause == "never existed"} == set(demo_data.UNKNOWN_CASE_IDS)
    deleted = {case for _, cause, case in found if cause == "deleted"}
    assert len(deleted) == demo_data.DELETED_CASES_WITH_FILES


def test_place_and_id_of_a_connection_are_the_same_number(pair: Pair) -> None:
    assert rows(pair[0], "SELECT min(id), max(id) FROM dispatch_casefile") == [(1, demo_data.CASE_FILES)]


def test_cases_begin_above_the_numbers_that_never_existed(junction: Pair) -> None:
    assert rows(junction[0], "SELECT min(id) FROM dispatch_case") == [(demo_data.FIRST_CASE_ID,)]
    assert max(demo_data.UNKNOWN_CASE_IDS) < demo_data.FIRST_CASE_ID
    deleted = rows(junction[0], "SELECT count(*) FROM dispatch_case WHERE deleted_at IS NOT NULL")
    assert deleted == [(demo_data.DELETED_CASES,)]


def test_the_old_junction_has_columns_of_its_own_in_example_2_only(brackets: Pair, junction: Pair) -> None:
    plain, wide = (
        [row[1] for row in rows(pair[0], "PRAGMA table_info(dispatch_casefile)")] for pair in (brackets, junction)
    )
    assert plain == ["id", "case_id", "file_id", "added_on"]
    assert wide == [*plain, "added_by", "sort_order", "caption"]


@pytest.mark.parametrize(
    "condition",
    [
        "dispatch_bracket WHERE notes IS NULL",
        "dispatch_bracket WHERE notes = ''",
        "dispatch_bracket WHERE notes LIKE '%Ż%'",
        "dispatch_bracket WHERE name <> rtrim(name)",
        "dispatch_bracket WHERE is_active = 'N'",
        "dispatch_case WHERE bracket_id IS NULL",
        "dispatch_case WHERE closed IS NULL",
        "dispatch_case WHERE related_cases LIKE '%,%'",
        "dispatch_file WHERE mime IS NULL",
    ],
)
def test_the_data_are_as_uneven_as_real_ones(pair: Pair, condition: str) -> None:
    assert 0 < count(pair[0], condition) < count(pair[0], condition.partition(" WHERE ")[0])


def test_no_text_is_longer_than_its_column_on_either_side(pair: Pair) -> None:
    for path in pair:
        for table, column, length in rows(
            path,
            """SELECT m.name, c.name, CAST(substr(c.type, instr(c.type, '(') + 1) AS INTEGER)
               FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND c.type LIKE '%char(%'""",
        ):
            assert count(path, f"{table} WHERE length({column}) > {length}") == 0, (table, column)


def test_case_moments_are_epoch_seconds_from_2012_on(pair: Pair) -> None:
    ((first, last),) = rows(pair[0], "SELECT min(opened), max(opened) FROM dispatch_case")
    assert datetime.fromtimestamp(int(str(first)), UTC).date().isoformat() == "2012-05-14"
    assert datetime.fromtimestamp(int(str(last)), UTC).year == 2015


def test_foreign_keys_of_the_new_databases_are_clean(pair: Pair) -> None:
    assert rows(pair[1], "PRAGMA foreign_key_check") == []
    assert rows(pair[1], "PRAGMA integrity_check") == [("ok",)]


@BOTH
def test_building_twice_gives_the_same_rows(build: Build, tmp_path: Path) -> None:
    once, again = build(tmp_path / "once"), build(tmp_path / "again")
    assert [dump(path) for path in once] == [dump(path) for path in again]


@BOTH
@pytest.mark.parametrize("name", ["legacy.sqlite", "new.sqlite"])
def test_an_existing_file_is_refused_and_nothing_is_written(build: Build, name: str, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / name).write_text("mine")
    with pytest.raises(FileExistsError, match=f"{name} is already there"):
        build(folder)
    assert [(path.name, path.read_text()) for path in folder.iterdir()] == [(name, "mine")]


@BOTH
def test_nothing_but_the_two_files_is_left_in_the_folder(build: Build, tmp_path: Path) -> None:
    legacy, new = build(tmp_path / "deep" / "folder")
    assert sorted((tmp_path / "deep" / "folder").iterdir()) == [legacy, new]

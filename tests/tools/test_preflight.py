"""What would fail, found before a row is written, on real SQLite files with planted faults."""

import shutil
import sqlite3
from collections import namedtuple
from contextlib import closing
from pathlib import Path
from typing import Literal

import pytest

from ferryman.agents.preflight_questions import questions
from ferryman.domain.changes import LeaveOut, MapColumn, MigrateParents, SetConflict, SetPolicy
from ferryman.domain.errors import Configuration, NeedsDecision, Transient, Usage
from ferryman.domain.filters import Comparison, Operator
from ferryman.domain.mapping import (
    Conflict,
    Derived,
    Generated,
    Kept,
    KeyPair,
    Mapping,
    Matched,
    Policy,
    Problem,
    Strategy,
    TableMapping,
)
from ferryman.domain.plan import Handling, Preflight
from ferryman.domain.schema import Column, Family, ForeignKey, Table
from ferryman.domain.stand_in import can_stand_in
from ferryman.domain.transforms import (
    BooleanWords,
    EmptyToNull,
    ForeignKeyTo,
    NewId,
    PreserveLegacyId,
    RemapIds,
    ValueMap,
    ValuePair,
)
from ferryman.tools.databases.connect import open_source
from ferryman.tools.prepare.preflight import preflight
from ferryman.tools.prepare.problem_texts import problem_text
from ferryman.tools.prepare.remedies import decided
from tests.tools.demo_plan import CASE_FILES, NOT_DELETED, Pair, brackets, column, junction, moved
from tests.tools.demo_plan import pair as pair_of

LINKS = "case_file_relationships"
OLD = """
CREATE TABLE town (id integer PRIMARY KEY, name text);
CREATE TABLE person (
    id integer, town_id int, name text, email text, state text, active text, age text, born text, photo blob);
INSERT INTO town VALUES (1, 'Bergen'), (2, 'Oslo');
"""
NEW = """
CREATE TABLE towns (id CHAR(36) PRIMARY KEY, name VARCHAR(20) NOT NULL, legacy_id INTEGER);
CREATE TABLE persons (
    id CHAR(36) NOT NULL PRIMARY KEY, town_id CHAR(36) REFERENCES towns (id), name VARCHAR(8) NOT NULL,
    email VARCHAR(40) UNIQUE, state VARCHAR(10) NOT NULL, active BOOLEAN NOT NULL, age SMALLINT CHECK (age < 150),
    born DATE);
"""
TOWNS = TableMapping(
    source="town",
    target="towns",
    key=("id",),
    identity=Derived(),
    columns=(column("id", "id", NewId()), column("name", "name"), column("legacy_id", "id", PreserveLegacyId())),
)
PERSONS = TableMapping(
    source="person",
    target="persons",
    key=("id",),
    identity=Derived(),
    columns=(
        column("id", "id", NewId()),
        column("town_id", "town_id", ForeignKeyTo(parent="towns")),
        column("name", "name", EmptyToNull()),
        column("email", "email"),
        column("state", "state", ValueMap(pairs=(ValuePair(old="1", new="open"), ValuePair(old="2", new="done")))),
        column("active", "active", BooleanWords()),
        column("age", "age"),
        column("born", "born"),
    ),
)
GOOD = (1, 1, "Ada", "ada@x.example", "1", "Y", "36", "1815-12-10", None)
FIELDS = "id town_id name email state active age born photo".split()


def person(**changes: object) -> tuple[object, ...]:
    return tuple((dict(zip(FIELDS, GOOD, strict=True)) | changes).values())


def people(folder: Path, *rows: tuple[object, ...], mapping: TableMapping = PERSONS, new: str = NEW) -> Pair:
    old_file, new_file = folder / "old.sqlite", folder / "new.sqlite"
    with closing(sqlite3.connect(old_file)) as old, old:
        old.executescript(OLD)
        old.executemany("INSERT INTO person VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    with closing(sqlite3.connect(new_file)) as database, database:
        database.executescript(new)
    return pair_of(old_file, new_file, Mapping(tables=(TOWNS, mapping)))


LEDGER = ("CREATE TABLE ferryman_rights_probe (x)",)  #: stands for what creates the ledger


def look(pair: Pair, *, skip_data: bool = False) -> Preflight:
    databases = (pair.source, pair.target, pair.source_db, pair.target_db)
    return preflight(*databases, pair.plan(), pair.compiled(), ledger=LEDGER, skip_data=skip_data)


def found(pair: Pair) -> dict[tuple[tuple[str, ...], str], int]:
    return {(problem.columns, problem.problem): problem.rows for problem in look(pair).problems}


def test_a_check_is_told_by_its_columns_and_not_by_the_words_that_it_allows(tmp_path):
    checked = NEW.replace("born DATE", """born DATE, CHECK ("state" IN ('active', 'born'))""")
    assert found(people(tmp_path, person(), new=checked)) == {(("state",), "check_failed"): 1}


def test_the_demo_has_nothing_that_would_fail(tmp_path):
    seen = look(brackets(tmp_path))
    assert seen.problems == ()
    assert seen.tables == {"brackets": 1_569}
    assert not seen.skipped


def test_the_junction_has_23_orphans_of_two_causes(tmp_path):
    seen = look(junction(tmp_path))
    assert [(p.id, p.rows, p.parents) for p in seen.problems] == [
        (f"orphans:{LINKS}.case_id:filtered_out", 9, 6),
        (f"orphans:{LINKS}.case_id:never_existed", 14, 11),
    ]
    assert seen.problems[1].text == (
        "14 rows of case_file_relationships refer by case_id to 11 rows of cases that never were in the old database."
    )
    assert seen.tables == {"cases": 4_188, "files": 9_300, LINKS: 15_420}


def test_orphan_detection_can_be_switched_off(tmp_path):
    pair = junction(tmp_path)
    plan = pair.plan()
    (phase,) = plan.phases
    plan = plan.but(phases=(phase.but(handling=Handling(orphan_detection=False)),))
    seen = preflight(pair.source, pair.target, pair.source_db, pair.target_db, plan, pair.compiled())
    assert seen.problems == ()


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([person()], {}, id="nothing"),
        pytest.param([person(name="")], {(("name",), "null_in_required"): 1}, id="empty becomes NULL"),
        pytest.param([person(name="Ada Lovelace")], {(("name",), "too_long"): 1}, id="too long"),
        pytest.param([person(name="Żółwik ñ")], {}, id="characters, not bytes"),
        pytest.param([person(state="9")], {(("state",), "unmapped_value"): 1}, id="unmapped"),
        pytest.param([person(active="perhaps")], {(("active",), "uncastable"): 1}, id="no boolean"),
        pytest.param([person(age="old")], {(("age",), "uncastable"): 1}, id="no number"),
        pytest.param([person(id=-1)], {(("id",), "out_of_range"): 1}, id="out of range"),
        pytest.param([person(age="151")], {(("age",), "check_failed"): 1}, id="check"),
        pytest.param([person(age="149"), person(id=2, email="b", age=7)], {}, id="check on text that is a number"),
        pytest.param([person(born="0000-00-00")], {(("born",), "uncastable"): 1}, id="zero date"),
        pytest.param([person(town_id=7)], {(("town_id",), "missing_parent"): 1}, id="orphan"),
        pytest.param([person(), person(id=2)], {(("email",), "duplicate"): 1}, id="unique value twice"),
        pytest.param([person(email=None), person(id=2, email=None)], {}, id="NULLs are no duplicates"),
        pytest.param([person(), person(email="b"), person(email="c")], {(("id",), "duplicate"): 2}, id="key thrice"),
        pytest.param([person(id=None)], {(("id",), "missing_key"): 1}, id="no key"),
    ],
)
def test_each_class_of_problem_is_counted(tmp_path, rows, expected):
    assert found(people(tmp_path, *rows)) == expected


def test_rows_that_the_filter_leaves_out_are_no_problem(tmp_path):
    alive = NOT_DELETED.but(column="photo")
    mapping = PERSONS.but(filter=alive)
    pair = people(tmp_path, person(), person(id=2, email=None, name="Ada Lovelace", photo=b"x"), mapping=mapping)
    seen = look(pair)
    assert (seen.problems, seen.tables["persons"]) == ((), 1)


def test_rows_that_are_in_the_target_already_are_a_conflict_unless_the_plan_says_what_happens(tmp_path):
    kept = PERSONS.but(identity=Kept(), columns=PERSONS.columns)
    there = NEW + "INSERT INTO persons VALUES ('1', NULL, 'Eve', 'eve@x.example', 'open', 1, 3, NULL);"
    (tmp_path / "keep").mkdir()
    assert found(people(tmp_path, person(), mapping=kept, new=there)) == {(("id",), "conflict"): 1}
    keep = people(tmp_path / "keep", person(), mapping=kept.but(conflict=Conflict.KEEP), new=there)
    assert found(keep) == {}


def test_a_unique_value_that_a_row_of_the_target_has_is_found(tmp_path):
    there = NEW + "INSERT INTO persons VALUES ('x', NULL, 'Eve', 'ada@x.example', 'open', 1, 3, NULL);"
    assert found(people(tmp_path, person(), new=there)) == {(("email",), "duplicate"): 1}


def test_a_row_that_repeats_both_another_and_one_of_the_target_is_counted_once(tmp_path):
    there = NEW + "INSERT INTO persons VALUES ('x', NULL, 'Eve', 'ada@x.example', 'open', 1, 3, NULL);"
    rows = person(), person(id=2), person(id=3), person(id=4, email="bo@x.example"), person(id=5, email="bo@x.example")
    assert found(people(tmp_path, *rows, new=there)) == {(("email",), "duplicate"): 4}


def test_case_makes_no_difference_where_the_target_says_so(tmp_path):
    folded = NEW.replace("email VARCHAR(40) UNIQUE", "email VARCHAR(40) COLLATE NOCASE UNIQUE")
    rows = person(), person(id=2, email="ADA@x.example")
    (tmp_path / "folded").mkdir()
    assert found(people(tmp_path, *rows)) == {}
    assert found(people(tmp_path / "folded", *rows, new=folded)) == {(("email",), "duplicate"): 1}


def test_rows_that_merge_are_one_only_where_they_are_the_same_to_the_last_letter(tmp_path):
    folded = NEW.replace("email VARCHAR(40) UNIQUE", "email VARCHAR(40) COLLATE NOCASE UNIQUE")
    by_email = Matched(on=(KeyPair(source="email", target="email"),), otherwise=PERSONS.identity)
    rows = person(), person(id=2), person(id=3, email="ADA@x.example"), person(id=4, email="ADA@x.example")
    mapping = PERSONS.but(identity=by_email, conflict=Conflict.KEEP)
    (tmp_path / "folded").mkdir()
    assert found(people(tmp_path, *rows, mapping=mapping)) == {}
    pair = people(tmp_path / "folded", *rows, mapping=mapping, new=folded)
    assert found(pair) == {(("email",), "duplicate"): 1}


def test_case_makes_no_difference_to_a_row_of_the_target_either(tmp_path):
    folded = NEW.replace("email VARCHAR(40) UNIQUE", "email VARCHAR(40) COLLATE NOCASE UNIQUE")
    there = folded + "INSERT INTO persons VALUES ('x', NULL, 'Eve', 'ADA@x.example', 'open', 1, 3, NULL);"
    assert found(people(tmp_path, person(), new=there)) == {(("email",), "duplicate"): 1}


def test_of_numbered_rows_only_those_that_came_before_are_in_the_target(tmp_path):
    numbered = NEW.replace("id CHAR(36) NOT NULL PRIMARY KEY, town_id", "id INTEGER PRIMARY KEY, town_id")
    pair = people(tmp_path, person(), mapping=PERSONS.but(identity=Generated()), new=numbered)
    assert found(pair) == {}
    moved(pair)
    with closing(sqlite3.connect(pair.legacy)) as old, old:
        old.execute("INSERT INTO person SELECT 2, town_id, name, 'b', state, active, age, born, photo FROM person")
    assert found(pair)[("id",), "conflict"] == 1


def test_a_required_column_that_nothing_fills_fails_for_every_row(tmp_path):
    mapping = PERSONS.but(columns=tuple(c for c in PERSONS.columns if c.target != "state"))
    pair = people(tmp_path, person(), person(id=2, email=None), mapping=mapping)
    assert found(pair) == {(("state",), "null_in_required"): 2}
    (question,) = questions(look(pair), pair.plan(), pair.source_db, pair.target_db)
    assert (question.recommended, [option.key for option in question.options]) == ("leave", ["leave"])


@pytest.mark.parametrize(("misread", "recommended"), [(4, "quarantine"), (9, "")])
def test_nothing_is_recommended_where_a_step_does_not_fit_most_rows(tmp_path, misread, recommended):
    rows = [person(id=n, email=None, active="Da" if n <= misread else "yes") for n in range(1, 13)]
    pair = people(tmp_path, *rows)
    (question,) = questions(look(pair), pair.plan(), pair.source_db, pair.target_db)
    assert (question.text.split()[0], question.recommended) == (str(misread), recommended)
    assert ("another step" in question.reason) is (recommended == "")


def test_a_policy_decides_its_class_until_there_are_more_rows(tmp_path):
    policy = Policy(problem=Problem.TOO_LONG, columns=("name",), strategy=Strategy.TRUNCATE, rows=1)
    mapping = PERSONS.but(policies=(policy,))
    long = "Ada Lovelace"
    (tmp_path / "more").mkdir()
    (one,) = look(people(tmp_path, person(name=long), mapping=mapping)).problems
    more = people(tmp_path / "more", person(name=long), person(id=2, email=None, name=long), mapping=mapping)
    (two,) = look(more).problems
    assert (one.decided, two.decided) == (Strategy.TRUNCATE, "")
    (question,) = questions(look(more), more.plan(), more.source_db, more.target_db)
    assert question.recommended == "shorten"
    assert "When this was decided, 1 row was concerned." in question.text


def test_no_text_of_a_problem_or_question_holds_a_value(tmp_path):
    secret = "Secret-Person"
    pair = people(tmp_path, person(name=secret, active=secret, age=secret, born=secret, state=secret, town_id=4711))
    seen = look(pair)
    told = seen.model_dump_json() + "".join(
        q.model_dump_json() for q in questions(seen, pair.plan(), pair.source_db, pair.target_db)
    )
    assert len(seen.problems) == 6
    assert secret not in told
    assert "4711" not in told


def test_without_data_checks_rights_and_structure_are_still_looked_at(tmp_path):
    pair = people(tmp_path, person(name="Ada Lovelace"))
    seen = look(pair, skip_data=True)
    assert (seen.problems, seen.tables, seen.skipped) == ((), {}, True)
    with closing(sqlite3.connect(pair.new)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Transient):
            look(pair, skip_data=True)


def test_a_target_that_cannot_be_written_is_refused(tmp_path):
    pair = people(tmp_path, person())
    with closing(sqlite3.connect(pair.new)) as database, database:
        database.execute("CREATE TABLE ferryman_rights_probe (x)")
    with pytest.raises(Configuration, match="ledger's tables cannot be created"):
        look(pair)


def test_asking_for_rights_leaves_nothing_behind(tmp_path):
    pair = people(tmp_path, person())
    before = pair.new.read_bytes()
    look(pair)
    assert pair.new.read_bytes() == before
    assert pair.legacy.exists()


def test_the_same_database_on_both_sides_is_refused(tmp_path):
    pair = people(tmp_path, person())
    with pytest.raises(Configuration, match="the same one"):
        preflight(open_source(str(pair.new)), pair.target, pair.source_db, pair.target_db, pair.plan(), pair.compiled())


def test_a_table_that_changed_since_planning_is_refused(tmp_path):
    pair = people(tmp_path, person())
    compiled = pair.compiled()
    with closing(sqlite3.connect(pair.new)) as database, database:
        database.execute("ALTER TABLE persons ADD COLUMN nick text")
    now = pair_of(pair.legacy, pair.new, pair.mapping)
    with pytest.raises(NeedsDecision, match="persons of the new database is not as it was"):
        preflight(pair.source, pair.target, pair.source_db, now.target_db, pair.plan(), compiled)


def test_a_computed_column_cannot_be_written(tmp_path):
    computed = NEW.replace("born DATE);", "born DATE GENERATED ALWAYS AS ('x'));")
    pair = people(tmp_path, person(), new=computed)
    with pytest.raises(Usage, match=r"persons\.born is computed"):
        look(pair)


def test_triggers_are_told(tmp_path):
    trigger = "CREATE TRIGGER stamp AFTER INSERT ON persons BEGIN UPDATE persons SET age = 1; END;"
    (told,) = [w for w in look(people(tmp_path, person(), new=NEW + trigger)).warnings if "trigger" in w]
    assert "persons has the trigger stamp" in told


def test_a_source_in_wal_mode_is_told(tmp_path):
    pair = people(tmp_path, person())
    assert not any("WAL" in warning for warning in look(pair).warnings)
    with closing(sqlite3.connect(pair.legacy)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        assert any("WAL" in warning for warning in look(pair).warnings)


def test_a_small_disk_is_told(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(1, 1, 1_000_000))
    assert any("may be too small" in warning for warning in look(people(tmp_path, person())).warnings)


def test_every_open_class_becomes_a_question_with_what_applies(tmp_path):
    pair = junction(tmp_path)
    asked = {question.id: question for question in questions(look(pair), pair.plan(), pair.source_db, pair.target_db)}
    filtered = asked[f"orphans:{LINKS}.case_id:filtered_out"]
    never = asked[f"orphans:{LINKS}.case_id:never_existed"]
    assert [option.key for option in filtered.options] == ["take", "quarantine", "leave"]
    assert [option.key for option in never.options] == ["quarantine", "leave"]
    assert (filtered.recommended, never.recommended) == ("take", "quarantine")
    assert all(question.reason and question.open for question in asked.values())
    (take,) = filtered.option("take").changes
    (aside,) = never.option("quarantine").changes
    assert isinstance(take, MigrateParents)
    assert isinstance(aside, SetPolicy)
    assert (take.rows, aside.policy.rows, aside.policy.strategy) == (9, 14, Strategy.QUARANTINE)
    assert never.option("leave").changes == (LeaveOut(table=LINKS),)


def test_an_answered_class_is_asked_no_more(tmp_path):
    pair = junction(tmp_path)
    taken = [
        question.option("quarantine").changes[0]
        for question in questions(look(pair), pair.plan(), pair.source_db, pair.target_db)
    ]
    answers = [change.policy for change in taken if isinstance(change, SetPolicy)]
    links = CASE_FILES.but(policies=tuple(answers))
    decided_pair = Pair(pair.source, pair.target, pair.mapping.with_table(links), pair.legacy, pair.new)
    seen = look(decided_pair)
    assert [problem.decided for problem in seen.problems] == [Strategy.QUARANTINE] * 2
    assert questions(seen, decided_pair.plan(), decided_pair.source_db, decided_pair.target_db) == ()


def test_a_conflict_offers_to_keep_what_is_there(tmp_path):
    kept = PERSONS.but(identity=Kept())
    there = NEW + "INSERT INTO persons VALUES ('1', NULL, 'Eve', 'eve@x.example', 'open', 1, 3, NULL);"
    pair = people(tmp_path, person(), mapping=kept, new=there)
    (question,) = questions(look(pair), pair.plan(), pair.source_db, pair.target_db)
    assert question.recommended == "keep"
    assert question.option("keep").changes == (SetConflict(table="persons", conflict=Conflict.KEEP),)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (Policy(problem=Problem.DUPLICATE, columns=("a", "b"), strategy=Strategy.QUARANTINE, rows=5), True),
        (Policy(problem=Problem.DUPLICATE, columns=("b", "a"), strategy=Strategy.QUARANTINE, rows=6), True),
        (Policy(problem=Problem.DUPLICATE, columns=(), strategy=Strategy.QUARANTINE), True),
        (Policy(problem=Problem.DUPLICATE, columns=("a", "b"), strategy=Strategy.QUARANTINE, rows=4), False),
        (Policy(problem=Problem.DUPLICATE, columns=("a",), strategy=Strategy.QUARANTINE, rows=5), False),
        (Policy(problem=Problem.TOO_LONG, columns=("a", "b"), strategy=Strategy.QUARANTINE, rows=5), False),
    ],
)
def test_what_a_policy_answers(policy, expected):
    table = TableMapping(source="s", target="t", key=("id",), policies=(policy,))
    assert (decided(table, Problem.DUPLICATE, ("a", "b"), None, 5) is policy) is expected


def test_placeholders_need_a_parent_whose_required_columns_anybody_can_fill():
    key = Column(name="id", native="", family=Family.UUID, nullable=False)
    name = Column(name="name", native="", family=Family.TEXT, nullable=False)
    owner = Column(name="owner", native="", family=Family.UUID, nullable=False)
    plain = Table(name="t", columns=(key, name), primary_key=("id",))
    assert can_stand_in(plain)
    assert not can_stand_in(plain.but(uniques=(("name",),)))
    assert not can_stand_in(plain.but(checks=("name <> ''",)))
    refers = ForeignKey(columns=("owner",), parent="u", parent_columns=("id",))
    assert not can_stand_in(plain.but(columns=(key, name, owner), foreign_keys=(refers,)))


@pytest.mark.parametrize(
    ("family", "native", "told"),
    [
        (Family.TEXT, "text", "a zero byte"),
        (Family.DATE, "date", "that is not a date."),
        (Family.OTHER, "inet", "that is not of its type, inet."),
    ],
)
def test_what_cannot_become_a_value_is_told_by_the_kind_of_column(family: Family, native: str, told: str) -> None:
    table = Table(name="drugs", columns=(Column(name="label", native=native, family=family),))
    assert told in problem_text(table, ["label"], Problem.UNCASTABLE, 1)


def with_lists(
    folder: Path, separator: str, lists: list[str | None], missing: Literal["stop", "drop"] = "stop"
) -> Pair:
    """Visits that list towns, of which the plan leaves Oslo out."""
    with closing(sqlite3.connect(folder / "old.sqlite")) as old, old:
        old.executescript(f"{OLD}CREATE TABLE visit (id integer PRIMARY KEY, seen text);")
        old.executemany("INSERT INTO visit (seen) VALUES (?)", [(one,) for one in lists])
    with closing(sqlite3.connect(folder / "new.sqlite")) as new, new:
        new.executescript(f"{NEW}CREATE TABLE visits (id integer PRIMARY KEY, seen text);")
    step = RemapIds(parent="towns", separator=separator, missing=missing)
    visits = TableMapping(
        source="visit",
        target="visits",
        key=("id",),
        identity=Kept(),
        columns=(column("id", "id"), column("seen", "seen", step)),
    )
    towns = TOWNS.but(filter=Comparison(column="name", op=Operator.EQUAL, values=("Bergen",)))
    return pair_of(folder / "old.sqlite", folder / "new.sqlite", Mapping(tables=(towns, visits)))


@pytest.mark.parametrize(
    ("separator", "lists"),
    [
        (",", ["1", "1,2", "8,9", "8, 2", None, "", "1,9,9"]),
        ("", ["[1]", "[1, 2]", "[8, 9]", '["8", 2]', None, "[]", "[1,9,9]"]),
    ],
)
def test_ids_in_lists_that_lead_nowhere_are_told_by_cause(tmp_path, separator, lists):
    pair = with_lists(tmp_path, separator, lists)
    (problem,) = look(pair).problems
    assert (problem.id, problem.rows) == ("orphans:visits.seen:", 4)
    assert problem.text == (
        "4 rows of visits refer by seen to rows that are not there. "
        "1 id of towns, in 2 rows, is in the old database, but left out by this plan; "
        "2 ids of towns, in 3 rows, never were in the old database."
    )
    (question,) = questions(look(pair), pair.plan(), pair.source_db, pair.target_db)
    assert [option.key for option in question.options] == ["without", "take", "empty", "quarantine", "leave"]
    assert question.recommended == "take"
    (change,) = question.option("without").changes
    assert isinstance(change, MapColumn)
    assert change.steps == (RemapIds(parent="towns", separator=separator, missing="drop"),)


def test_ids_that_are_dropped_from_lists_are_no_problem(tmp_path):
    assert look(with_lists(tmp_path, ",", ["1,2", "9"], missing="drop")).problems == ()

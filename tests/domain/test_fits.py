from collections.abc import Callable

import pytest

from ferryman.domain.changes import LeaveOut, Option, Question
from ferryman.domain.filters import AllOf, Comparison, Operator
from ferryman.domain.findings import MissingCause
from ferryman.domain.fit_values import becomes
from ferryman.domain.fits import Misfit, misfits
from ferryman.domain.mapping import (
    ColumnMapping,
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
from ferryman.domain.plan import BatchPlan, Estimate, MigrationStrategy, Phase, Plan
from ferryman.domain.schema import Family
from ferryman.domain.transforms import (
    BooleanWords,
    Cast,
    Concat,
    Constant,
    EpochToTimestamp,
    ForeignKeyTo,
    Lookup,
    NewId,
    PreserveLegacyId,
    Rename,
    Split,
    TextToDate,
    Transform,
    Trim,
)
from tests.catalogues import FILL, database

OLD = database("""
person: id int key, name text, born int, photo blob, score real, seen moment
pet: id int key, person_id int? > person, name text, code text(8)
log: line text | rowid
fixed: line text
""")
NEW = database("""
people: id uuid key, name text, born_on date?, score money?, photo text?, active bool?, seen_at moment?,
    n int?, full text? generated
pets: id int key auto, person_id uuid > people, name text, code text(4)?, boss_id int? > pets
logs: id int key auto, line text
short: id text(20) key, name text
""")

PEOPLE = TableMapping(
    source="person",
    target="people",
    key=("id",),
    identity=Derived(),
    columns=(
        ColumnMapping(target="id", source=("id",), steps=(NewId(),)),
        ColumnMapping(target="name", source=("name",), steps=(Rename(),)),
    ),
)
PETS = TableMapping(
    source="pet",
    target="pets",
    key=("id",),
    columns=(
        ColumnMapping(target="id", source=("id",), steps=(NewId(),)),
        ColumnMapping(target="person_id", source=("person_id",), steps=(ForeignKeyTo(parent="people"),)),
        ColumnMapping(target="name", source=("name",), steps=(Rename(),)),
    ),
)


def plan(*tables: TableMapping, phases: tuple[Phase, ...] | None = None) -> Plan:
    names = [table.target for table in tables]
    made = tuple(Phase(number=n, name=name, tables=(name,), rationale="") for n, name in enumerate(names, 1))
    return Plan(
        request=FILL,
        strategy=MigrationStrategy.ORDERED,
        mapping=Mapping(tables=tables),
        phases=made if phases is None else phases,
    )


def found(of: Plan) -> list[Misfit]:
    return list(misfits(of, OLD, NEW))


def with_column(target: str, source: tuple[str, ...], *steps: Transform) -> TableMapping:
    column = ColumnMapping(target=target, source=source, steps=steps)
    return PEOPLE.but(columns=(*PEOPLE.columns, column))


def test_a_plan_that_fits_has_no_misfits() -> None:
    assert found(plan(PEOPLE, PETS)) == []


@pytest.mark.parametrize(
    ("table", "path", "what", "would"),
    [
        (PEOPLE.but(source="persn"), ("source",), "the old database has no table persn", "did you mean person?"),
        (PEOPLE.but(target="peple"), ("target",), "the new database has no table peple", "did you mean people?"),
        (PEOPLE.but(key=("idd",)), ("key", 0), "person has no column idd", "did you mean id?"),
        (PEOPLE.but(key=()), ("key",), "the key is empty", "columns of person that tell its rows apart"),
        (PEOPLE.but(ignored=("nme",)), ("ignored", 0), "person has no column nme", "did you mean name?"),
        (
            PEOPLE.but(filter=AllOf(of=(Comparison(column="nme", op=Operator.NOT_NULL),))),
            ("filter", "of", 0, "column"),
            "person has no column nme",
            "did you mean name?",
        ),
        (
            PEOPLE.but(filter=Comparison(column="name", op=Operator.EQUAL)),
            ("filter", "values"),
            "= has 0 values",
            "one value",
        ),
        (
            PEOPLE.but(filter=Comparison(column="name", op=Operator.IS_NULL, values=(1,))),
            ("filter", "values"),
            "is null has 1 values",
            "no value",
        ),
        (
            PEOPLE.but(filter=Comparison(column="name", op=Operator.ONE_OF)),
            ("filter", "values"),
            "in has 0 values",
            "at least one",
        ),
        (
            PEOPLE.but(key=("name",)),
            ("identity", "version"),
            "version 8 ids hold one integer, and the key of person is name",
            "version: 5",
        ),
        (
            PEOPLE.but(identity=Matched(on=(KeyPair(source="name", target="nmae"),))),
            ("identity", "on", 0, "target"),
            "people has no column nmae",
            "did you mean name?",
        ),
        (
            PEOPLE.but(identity=Matched(on=())),
            ("identity", "on"),
            "rows are matched by nothing",
            "at least one pair of columns",
        ),
        (
            PEOPLE.but(identity=Generated()),
            ("columns", 0, "steps"),
            "integer cannot go into id, which holds uuid",
            "integer can become boolean, decimal, enum, float, integer, text",
        ),
        (with_column("name", ("name",)), ("columns", 2, "target"), "name is filled twice", "one entry for each column"),
        (with_column("nme", ("name",)), ("columns", 2, "target"), "people has no column nme", "did you mean name?"),
        (with_column("full", ("name",)), ("columns", 2, "target"), "full is computed by the database", "leave it out"),
        (
            with_column("n", ("born", "id")),
            ("columns", 2, "source"),
            "2 legacy columns for n",
            "a concat step first, or one column",
        ),
        (with_column("n", ()), ("columns", 2), "n has neither a source nor a step", "a source column, or a constant"),
        (with_column("n", (), Trim()), ("columns", 2, "steps", 0), "trim has nothing to work on", "a source column"),
        (
            with_column("born_on", ("born",), Rename()),
            ("columns", 2, "steps"),
            "integer cannot go into born_on, which holds date",
            "an epoch_to_timestamp step",
        ),
        (
            with_column("seen_at", ("name",), EpochToTimestamp()),
            ("columns", 2, "steps", 0),
            "epoch_to_timestamp takes numbers, and this is text",
            "a text_to_date step",
        ),
        (
            with_column("photo", ("photo",), Trim()),
            ("columns", 2, "steps", 0),
            "trim takes text, and this is binary",
            "a cast to text before it",
        ),
        (
            with_column("n", ("photo",)),
            ("columns", 2, "steps"),
            "binary cannot go into n, which holds integer",
            "binary can become binary, uuid",
        ),
        (
            with_column("n", ("name",), Cast(to="intger")),
            ("columns", 2, "steps", 0, "to"),
            "there is no family intger",
            "did you mean integer?",
        ),
        (
            with_column("n", ("photo",), Cast(to="integer")),
            ("columns", 2, "steps", 0, "to"),
            "binary cannot become integer",
            "binary can become binary, uuid",
        ),
        (
            with_column("n", ("seen",)),
            ("columns", 2, "steps"),
            "timestamp cannot go into n, which holds integer",
            "timestamp can become date, enum, text, time, timestamp",
        ),
        (
            with_column("n", ("name",), Lookup(table="pt", key="id", value="name")),
            ("columns", 2, "steps", 0, "table"),
            "the old database has no table pt",
            "did you mean pet?",
        ),
        (
            with_column("n", ("name",), Lookup(table="pet", key="id", value="nam")),
            ("columns", 2, "steps", 0, "value"),
            "pet has no column nam",
            "did you mean name?",
        ),
        (
            with_column("n", ("name",), ForeignKeyTo(parent="peple")),
            ("columns", 2, "steps", 0, "parent"),
            "n refers to peple, which is not in this plan",
            "did you mean people?",
        ),
        (
            with_column("n", ("name",), ForeignKeyTo(parent="logs")),
            ("columns", 2, "steps", 0, "parent"),
            "n refers to logs, which is not in this plan",
            "add logs with action: copy or refer",
        ),
        (
            with_column("n", ("name",), ForeignKeyTo(parent="people", column="nme")),
            ("columns", 2, "steps", 0, "column"),
            "people has no column nme",
            "did you mean name?",
        ),
        (
            with_column("n", ("id", "name"), ForeignKeyTo(parent="people")),
            ("columns", 2, "source"),
            "id, name cannot name a row of person, told apart by id",
            "as many columns in the same order, or another parent",
        ),
        (
            PEOPLE.but(columns=PEOPLE.columns[:1]),
            ("columns",),
            "people.name must be filled, and nothing does",
            "give it a source, or a constant step",
        ),
        (
            PEOPLE.but(
                policies=(Policy(problem=Problem.TOO_LONG, columns=("nme",), strategy=Strategy.QUARANTINE),)
            ),
            ("policies", 0, "columns", 0),
            "people has no column nme",
            "did you mean name?",
        ),
        (
            PEOPLE.but(policies=(Policy(problem=Problem.TOO_LONG, columns=("name",), strategy=Strategy.SET_NULL),)),
            ("policies", 0, "strategy"),
            "name does not take NULL",
            "skip_orphaned_records",
        ),
        (
            PEOPLE.but(
                policies=(
                    Policy(
                        problem=Problem.TOO_LONG,
                        columns=("name",),
                        cause=MissingCause.FILTERED_OUT,
                        strategy=Strategy.QUARANTINE,
                    ),
                )
            ),
            ("policies", 0, "cause"),
            "too_long has no cause",
            "leave `cause` out",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_with_its_place(
    table: TableMapping, path: tuple[str | int, ...], what: str, would: str
) -> None:
    wrong = next(misfit for misfit in found(plan(table)) if misfit.path == ("mapping", "tables", 0, *path))
    assert (wrong.what, wrong.would_fit) == (what, would)


@pytest.mark.parametrize(
    ("target", "source", "steps"),
    [
        ("n", ("name",), (Cast(to="integer"),)),
        ("n", ("score",), ()),
        ("born_on", ("born",), (EpochToTimestamp(),)),
        ("born_on", ("born",), (Cast(to="text"), TextToDate(format="%Y%m%d"))),
        ("born_on", ("seen",), ()),
        ("active", ("name",), (BooleanWords(),)),
        ("active", ("born",), ()),
        ("photo", ("name",), (Split(part=2), Trim())),
        ("photo", ("name", "born"), (Concat(),)),
        ("photo", (), (Constant(value="none"),)),
        ("photo", ("id",), (PreserveLegacyId(),)),
        ("score", ("name",), (Lookup(table="pet", key="id", value="code"), Cast(to="decimal"))),
    ],
)
def test_a_value_that_can_arrive_fits(target: str, source: tuple[str, ...], steps: tuple[Transform, ...]) -> None:
    assert found(plan(with_column(target, source, *steps))) == []


def test_a_position_can_be_the_key_only_where_there_is_one() -> None:
    columns = (
        ColumnMapping(target="id", source=("rowid",), steps=(NewId(),)),
        ColumnMapping(target="line", source=("line",)),
    )
    logs = TableMapping(source="log", target="logs", key=("rowid",), columns=columns)
    assert found(plan(logs)) == []
    assert "rows of fixed have no position" in {misfit.what for misfit in found(plan(logs.but(source="fixed")))}


def test_a_derived_id_needs_its_room() -> None:
    (wrong,) = found(plan(PEOPLE.but(target="short")))
    assert wrong.what == "id holds 20 characters, and these ids have 36"


def test_a_table_filled_twice_is_told() -> None:
    assert "people is filled twice" in {m.what for m in found(plan(PEOPLE, PEOPLE))}


def phases(*tables: str, **late: tuple[str, ...]) -> tuple[Phase, ...]:
    return tuple(
        Phase(number=n, name="", tables=tuple(names.split()), rationale="", second_pass=late.get(f"p{n}", ()))
        for n, names in enumerate(tables, 1)
    )


def waiting(name: str) -> tuple[Phase, ...]:
    first, second = phases("people", "pets")
    return first, second.but(prerequisites=(name,))


BOSS = PETS.but(
    columns=(*PETS.columns, ColumnMapping(target="boss_id", source=("id",), steps=(ForeignKeyTo(parent="pets"),)))
)


@pytest.mark.parametrize(
    ("pets", "order", "what"),
    [
        (PETS, phases("people", "pets"), ""),
        (PETS, phases("pets", "people"), "pets refers to people, which is not in an earlier phase"),
        (PETS, phases("people pets"), "pets refers to people, which is not in an earlier phase"),
        (PETS, phases("people"), "no phase has pets"),
        (PETS, phases("people", "pets logs"), "logs is not copied by this plan"),
        (PETS, phases("people", "pets", "pets"), "pets is in two phases"),
        (BOSS, phases("people", "pets"), "pets refers to pets, which is not in an earlier phase"),
        (BOSS, phases("people", "pets", p2=("pets.boss_id",)), ""),
        (BOSS, phases("people", "pets", p2=("pets.boss_idd",)), "there is no column pets.boss_idd"),
        (
            PETS,
            phases("people", "pets", p2=("pets.person_id",)),
            "pets.person_id does not take NULL, so it cannot wait",
        ),
        (PETS, waiting("people"), ""),
        (PETS, waiting("pepole"), "phase 2 waits for pepole, which no earlier phase fills"),
        (PETS, waiting("pets"), "phase 2 waits for pets, which no earlier phase fills"),
        (PETS, (phases("people", "pets")[1], phases("people", "pets")[0]), "phase 2 stands at place 1"),
    ],
)
def test_phases_hold_every_copied_table_after_its_parents(
    pets: TableMapping, order: tuple[Phase, ...], what: str
) -> None:
    told = [misfit.what for misfit in found(plan(PEOPLE, pets, phases=order))]
    assert (what in told) if what else not told


OPEN = Question(
    id="unfed:people.name",
    table="people",
    text="?",
    options=(Option(key="leave_out", text="", changes=(LeaveOut(table="people"),)),),
)


@pytest.mark.parametrize(
    ("change", "path", "what"),
    [
        (
            lambda p: p.but(questions=(OPEN.but(answer="leave"),)),
            ("questions", 0, "answer"),
            '"leave" is no answer to unfed:people.name',
        ),
        (lambda p: p.but(questions=(OPEN, OPEN)), ("questions", 1, "id"), "unfed:people.name is asked twice"),
        (
            lambda p: p.but(questions=(OPEN.but(table="poeple"),)),
            ("questions", 0, "table"),
            "the new database has no table poeple",
        ),
        (lambda p: p.but(validation=("cont_match",)), ("validation", 0), "there is no check called cont_match"),
        (lambda p: p.but(batches=(batch("pepole"),)), ("batches", 0, "table"), "pepole is not copied by this plan"),
        (lambda p: p.but(batches=(batch("people", 0),)), ("batches", 0, "size"), "a batch of 0 rows"),
    ],
)  # fmt: skip
def test_the_rest_of_a_plan_is_looked_at_as_well(
    change: Callable[[Plan], Plan], path: tuple[str | int, ...], what: str
) -> None:
    (wrong,) = found(change(plan(PEOPLE)))
    assert (wrong.path, wrong.what) == (path, what)
    assert wrong.would_fit


def batch(table: str, size: int = 500) -> BatchPlan:
    return BatchPlan(table=table, rows=1, size=size, batches=1, reason="", estimate=Estimate(low=0, high=0))


def test_an_unfilled_column_is_let_through_while_a_question_about_it_is_open() -> None:
    unfilled = plan(PEOPLE.but(columns=PEOPLE.columns[:1]))
    assert found(unfilled.but(questions=(OPEN,))) == []
    assert found(unfilled.but(questions=(OPEN.but(answer="leave_out"),))) != []


@pytest.mark.parametrize("family", list(Family))
def test_every_family_can_become_itself(family: Family) -> None:
    assert becomes(family, family)


@pytest.mark.parametrize(
    ("family", "never"),
    [
        (Family.BINARY, {Family.INTEGER, Family.TEXT, Family.DATE, Family.BOOLEAN}),
        (Family.INTEGER, {Family.DATE, Family.TIMESTAMP, Family.UUID, Family.BINARY, Family.JSON}),
        (Family.DATE, {Family.INTEGER, Family.BOOLEAN, Family.TIME}),
        (Family.BOOLEAN, {Family.DATE, Family.UUID}),
        (Family.TEXT, {Family.BINARY}),
        (Family.UUID, {Family.INTEGER, Family.DATE}),
    ],
)
def test_families_that_do_not_go_together(family: Family, never: set[Family]) -> None:
    assert {other for other in never if becomes(family, other)} == set()


def test_kept_keys_fit_where_both_are_alike() -> None:
    assert found(plan(PEOPLE, PETS.but(identity=Kept()))) == []

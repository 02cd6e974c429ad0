import pytest

from ferryman.agents.schema_analysis import analyze
from ferryman.domain.findings import (
    ChallengeKind,
    Complexity,
    Findings,
    TableFinding,
    TableStatus,
    TableType,
)
from tests.catalogues import column_profile, database, dispatch, matches, profile


def found(table: str) -> TableFinding:
    return dispatch().findings.by_target[table]


def test_example_1_brackets_are_an_empty_catalog() -> None:
    brackets = found("brackets")
    assert brackets.source_table == "dispatch_bracket"
    assert brackets.status is TableStatus.EMPTY
    assert brackets.record_count == 1_569
    assert (brackets.first_type, brackets.table_type) == (TableType.CATALOG, TableType.CATALOG)
    assert brackets.source_relationships == ("project_id -> dispatch_project",)
    assert brackets.relationships == ("project_id -> projects.id",)
    assert brackets.dependencies == ()  # the projects are there
    assert brackets.complexity is Complexity.LOW


def test_example_2_the_connections_turn_out_to_be_a_junction() -> None:
    links = found("case_file_relationships")
    assert (links.first_type, links.table_type) == (TableType.TRANSACTIONAL, TableType.JUNCTION)
    assert links.parents == ("cases", "files")
    assert links.relationships == ("case_id -> cases.id", "file_id -> files.id")
    assert links.record_count == 15_420
    assert links.dependencies == ("cases", "files")
    assert links.complexity is Complexity.HIGH
    assert links.type_evidence == (
        "two or more required references: case_id -> cases and file_id -> files",
        "no other table refers to it",
        "together they are unique",
    )


def test_the_classifications_of_schema_analysis_and_planning() -> None:
    cases = found("cases")
    assert (cases.table_type, cases.complexity, cases.dependencies) == (
        TableType.TRANSACTIONAL,
        Complexity.MEDIUM,
        ("brackets",),
    )


def test_what_is_left_out_says_why() -> None:
    assert {(left.side, left.table, left.rows, left.reason) for left in dispatch().findings.left_out} == {
        ("source", "tmp_import_2009", 180, "it feeds nothing in the new application"),
        ("source", "dispatch_open_cases", None, "a view: computed, not stored"),
        ("source", "django_session", None, "the framework's own table"),
        ("target", "notifications", None, "nothing in the old application feeds it"),
    }


def test_a_guess_is_no_sure_source() -> None:
    old, new = database("thing: id int key"), database("items: id int key")
    finding = analyze(old, new, profile({"thing": 3}), profile({}), matches("thing ~> items:")).tables[0]
    assert (finding.source_table, finding.sure, finding.complexity) == ("thing", False, Complexity.HIGH)


def test_one_legacy_table_feeds_one_table_the_sure_one_first() -> None:
    old, new = database("a: id int key"), database("x: id int key\ny: id int key")
    findings = analyze(old, new, profile({"a": 1}), profile({}), matches("a ~> x:\na -> y:"))
    assert {f.target_table: f.source_table for f in findings.tables} == {"x": None, "y": "a"}
    assert [match.source for match in findings.by_target["x"].alternatives] == ["a"]


@pytest.mark.parametrize(
    ("there", "depends"),
    [({"people": 0}, ("people",)), ({"people": 4}, ("people",)), ({"people": 10}, ())],
)
def test_a_dependency_is_a_parent_that_is_not_filled_yet(there: dict[str, int], depends: tuple[str, ...]) -> None:
    old = database("person: id int key\npet: id int key, person_id int > person")
    new = database("people: id int key\npets: id int key, person_id int > people")
    found = matches("person -> people: id=id\npet -> pets: id=id, person_id=person_id")
    findings = analyze(old, new, profile({"person": 10, "pet": 3}), profile(there), found)
    assert findings.by_target["pets"].dependencies == depends


def test_references_that_only_the_old_application_declares_count_as_well() -> None:
    old = database("person: id int key\npet: id int key, owner int > person")
    new = database("people: id int key\npets: id int key, owner_id int")
    found = matches("person -> people: id=id\npet -> pets: id=id, owner=owner_id")
    pets = analyze(old, new, profile({"person": 1, "pet": 1}), profile({}), found).by_target["pets"]
    assert pets.relationships == ("owner_id -> people.id",)


def test_a_ring_is_found_once() -> None:
    new = database("a: id int key, b_id int? > b\nb: id int key, a_id int? > a\nc: id int key, a_id int? > a")
    assert analyze(new, new, profile({}), profile({}), matches("a -> a:")).cycles == (("a", "b"),)


OLD = database("""
no_key: name text | rowid
pair: a int key, b int key
tree: id int key, parent_id int? > tree
owned: id int key, owner_type text, owner_id int
packed: id int key, members text, price text
deleted: id int key, deleted_at moment?
mixed: id int key, size text?
plain: id int key, fax text
left: id int key, r_id int? > right
right: id int key, l_id int? > left
""")
NEW = database("""
no_key: id int key auto, name text
pair: a int key, b int key
tree: id int key, parent_id int? > tree
owned: id int key, owner_type text, owner_id int
packed: id int key, members text, price text
deleted: id int key
mixed: id int key, size text?
plain: id int key, must text | trigger
left: id int key, r_id int? > right
right: id int key, l_id int? > left
""")
FOUND = matches("""
no_key -> no_key: name=name
pair -> pair: a=a, b=b
tree -> tree: id=id, parent_id=parent_id
owned -> owned: id=id, owner_type=owner_type, owner_id=owner_id
packed -> packed: id=id, members=members, price=price
deleted -> deleted: id=id
mixed -> mixed: id=id, size=size
plain -> plain: id=id
left -> left: id=id, r_id=r_id
right -> right: id=id, l_id=l_id
""")
COLUMNS = {
    "packed.members": column_profile(shapes={"12,15": 0, "9,99,9": 3, "": 2}),
    "packed.price": column_profile(shapes={"9,99": 4}),
    "mixed.size": column_profile(storage={"text": 4, "integer": 1}),
}


@pytest.fixture(scope="module")
def hard() -> Findings:
    return analyze(OLD, NEW, profile(dict.fromkeys(OLD.by_name, 5), COLUMNS), profile({}), FOUND)


@pytest.mark.parametrize(
    ("table", "kind", "columns"),
    [
        ("no_key", ChallengeKind.NO_KEY, ()),
        ("pair", ChallengeKind.COMPOSITE_KEY, ("a", "b")),
        ("tree", ChallengeKind.SELF_REFERENCE, ("parent_id",)),
        ("left", ChallengeKind.CYCLE, ()),
        ("owned", ChallengeKind.POLYMORPHIC, ("owner_type", "owner_id")),
        ("packed", ChallengeKind.PACKED_IDS, ("members",)),
        ("deleted", ChallengeKind.SOFT_DELETED, ("deleted_at",)),
        ("mixed", ChallengeKind.MIXED_TYPES, ("size",)),
        ("plain", ChallengeKind.TRIGGER, ()),
        ("plain", ChallengeKind.NO_COLUMN, ("fax",)),
        ("plain", ChallengeKind.UNFILLED, ("must",)),
    ],
)
def test_a_challenge_is_named(hard: Findings, table: str, kind: ChallengeKind, columns: tuple[str, ...]) -> None:
    assert [c.columns for c in hard.by_target[table].challenges if c.kind is kind][:1] == [columns]


def test_two_references_of_a_table_to_itself_are_one_challenge() -> None:
    old = database("horse: id int key, dam int? > horse, sire int? > horse")
    new = database("horses: id int key, dam int? > horses, sire int? > horses")
    found = analyze(old, new, profile({"horse": 5}), profile({}), matches("horse -> horses: id=id, dam=dam, sire=sire"))
    told = [c.columns for c in found.by_target["horses"].challenges if c.kind is ChallengeKind.SELF_REFERENCE]
    assert told == [("dam", "sire")]


def test_a_price_with_a_comma_is_no_list_of_ids(hard: Findings) -> None:
    packed = [c.columns for c in hard.by_target["packed"].challenges if c.kind is ChallengeKind.PACKED_IDS]
    assert packed == [("members",)]


@pytest.mark.parametrize(
    "line",
    [
        "users: user_id int key, user_type int",
        "forums: forum_id int, forum_type int",
        "pets: id int key, owner_type text, owner_id int > owners",
        "invoices: id int key, type text, customer_id int",
    ],
)
def test_a_table_s_own_type_is_no_polymorphic_reference(line: str) -> None:
    tables = database(f"{line}\nowners: id int key")
    name = tables.tables[0].name
    found = analyze(tables, tables, profile({}), profile({}), matches(f"{name} -> {name}:")).by_target[name]
    assert ChallengeKind.POLYMORPHIC not in {challenge.kind for challenge in found.challenges}


def test_django_s_content_types_are_a_polymorphic_pair() -> None:
    tables = database("tags: id int key, content_type_id int, object_id int")
    found = analyze(tables, tables, profile({}), profile({}), matches("tags -> tags:")).tables[0]
    assert ("content_type_id", "object_id") in {challenge.columns for challenge in found.challenges}

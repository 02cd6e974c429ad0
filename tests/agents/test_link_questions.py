"""Numbers that no column declares as references are asked about where the rows that they name get new keys."""

from dataclasses import replace

import pytest

from ferryman.agents.data_mapping import propose
from ferryman.agents.facts import Facts
from ferryman.agents.questions import questions_about
from ferryman.agents.revise import revise
from ferryman.domain.changes import LeaveOut, MapColumn, Question
from ferryman.domain.mapping import Generated, IdPolicy, Kept, Mapping
from ferryman.domain.profile import ColumnProfile, MayName
from ferryman.domain.transforms import KeyByType, RemapIds, Rename, TypeParent
from tests.catalogues import FILL, column_profile, database, facts, matches, planned, profile, replanned

OLD = """
ticket: id int key, title text
agent: id int key, name text
queue: id int key, name text
comment: id int key, object_type text?, object_id int?, body text, agent_ids text?
"""
NEW = """
tickets: id int key, title text
agents: id int key, name text
queues: id int key, name text
comments: id int key, object_type text?, object_id int?, body text, agent_ids text?
"""
FOUND = """
ticket -> tickets: id=id, title=title
agent -> agents: id=id, name=name
queue -> queues: id=id, name=name
comment -> comments: id=id, object_type=object_type, object_id=object_id, body=body, agent_ids=agent_ids
"""
BOTH = column_profile(labels={"ticket": "ticket", "agent": "agent"}, distinct=2)
LISTS = column_profile(shapes={"9,9": 3, "9": 2, "": 1})
NEW_KEYS: dict[str, IdPolicy | str] = dict.fromkeys(("tickets", "agents", "comments"), Generated())


def known(
    kind: ColumnProfile = BOTH,
    packed: ColumnProfile | None = None,
    identities: dict[str, IdPolicy | str] | None = None,
    **other: str,
) -> Facts:
    """The help desk; `old`, `new` and `found` replace a part of its catalogues' and matches' texts: "this -> that"."""
    texts = []
    for name, text in (("old", OLD), ("new", NEW), ("found", FOUND)):
        before, _, after = other.get(name, "").partition(" -> ")
        assert before in text
        texts.append(text.replace(before, after) if before else text)
    columns = {"comment.object_type": kind} | ({"comment.agent_ids": packed} if packed else {})
    rows = profile({"ticket": 9, "agent": 9, "queue": 9, "comment": 9}, columns)
    keys = NEW_KEYS if identities is None else identities
    return facts(database(texts[0]), database(texts[1]), matches(texts[2]), rows, identities=keys)


def asked(about: Facts) -> list[Question]:
    return [question for question in propose(FILL, about)[1] if question.id.startswith("link_ids:")]


def keys(question: Question) -> list[str]:
    return [option.key for option in question.options]


def steps(question: Question, key: str) -> MapColumn:
    (change,) = question.option(key).changes
    assert isinstance(change, MapColumn)
    return change


def test_a_type_whose_words_name_tables_is_explained_by_them() -> None:
    (question,) = asked(known())
    assert question.id == "link_ids:comments.object_id"
    assert keys(question) == ["by_name", "as_they_are", "empty", "leave_out"]
    assert question.recommended == "by_name"
    change = steps(question, "by_name")
    assert change.source == ("object_type", "object_id")
    assert change.steps == (
        KeyByType(parents=(TypeParent(type="ticket", parent="tickets"), TypeParent(type="agent", parent="agents"))),
    )
    assert "wrong for tickets or agents, with new keys" in question.option("as_they_are").text


def test_what_is_asked_is_answered_once() -> None:
    about = known(packed=LISTS)
    mapping, questions = propose(FILL, about)
    for question in questions:
        if question.id.startswith("link_ids:"):
            for change in question.option(question.recommended).changes:
                mapping = revise(mapping, change, about)
    assert not [q for q in questions_about(mapping, about) if q.id.startswith("link_ids:")]


def test_rows_that_keep_their_keys_raise_no_question() -> None:
    assert not asked(known(packed=LISTS, identities={}))
    assert not asked(known(packed=LISTS, identities={"queues": Generated()}))


@pytest.mark.parametrize(
    "kind",
    [column_profile(labels={"ticket": "ticket"}, unlabelled=1), column_profile(distinct=2)],
    ids=["some of the words", "none of them"],
)
def test_words_that_name_no_table_leave_it_to_the_person(kind: ColumnProfile) -> None:
    (question,) = asked(known(kind))
    assert question.recommended == ""
    assert ("by_name" in keys(question)) == bool(kind.labels)


def test_the_reason_gives_a_sentence_with_the_real_names() -> None:
    (question,) = asked(known(column_profile()))
    assert question.reason == 'Say for example "object_id of comments refers to tickets where object_type is ticket".'


def test_a_table_that_takes_no_part_is_left_to_preflight() -> None:
    about = known()
    mapping = revise(propose(FILL, about)[0], LeaveOut(table="agents"), about)
    (question,) = [q for q in questions_about(mapping, about) if q.id.startswith("link_ids:")]
    assert [pair.parent for pair in _typed(steps(question, "by_name"))] == ["tickets"]
    assert "object_type says agent are asked about" in question.reason


def _typed(change: MapColumn) -> tuple[TypeParent, ...]:
    (step,) = change.steps
    assert isinstance(step, KeyByType)
    return step.parents


def test_a_column_without_room_for_the_new_keys_is_not_offered_them() -> None:
    (question,) = asked(known(new="tickets: id int key -> tickets: id text(36) key"))
    assert question.recommended == ""
    assert [pair.parent for pair in _typed(steps(question, "by_name"))] == ["agents"]
    assert question.reason == "object_id cannot hold the new keys of tickets."


def test_a_column_that_must_be_filled_is_not_offered_to_be_empty() -> None:
    (question,) = asked(known(new="object_id int? -> object_id int"))
    assert "empty" not in keys(question)


@pytest.mark.parametrize(
    ("said", "number"), [("owner_kind", "owner_id"), ("linked_table", "linked_id"), ("entity", "entity_id")]
)
def test_a_column_of_another_name_counts_where_it_names_tables(said: str, number: str) -> None:
    old = OLD.replace("object_type", said).replace("object_id", number)
    tables = (
        database(old),
        database(NEW),
        matches(FOUND.replace("object_type=", f"{said}=").replace("object_id=", f"{number}=")),
    )
    for labelled in (True, False):
        columns = {f"comment.{said}": BOTH if labelled else column_profile(distinct=2)}
        about = facts(*tables, profile({"ticket": 9, "agent": 9, "comment": 9}, columns), identities=NEW_KEYS)
        assert [keys(question)[0] for question in asked(about)] == ["by_name"] * labelled


@pytest.mark.parametrize(("steps", "expected"), [((Rename(),), []), ((), ["object_id", "agent_ids"])])
def test_only_where_a_person_said_that_numbers_go_as_they_are_nothing_is_asked(
    steps: tuple[Rename, ...], expected: list[str]
) -> None:
    about = known(packed=LISTS)
    mapping = propose(FILL, about)[0]
    for name in ("object_id", "agent_ids"):
        mapping = revise(mapping, MapColumn(table="comments", source=(name,), target=name, steps=steps), about)
    found = [q.id for q in questions_about(mapping, about) if q.id.startswith("link_ids:")]
    assert found == [f"link_ids:comments.{name}" for name in expected]


def test_a_declared_reference_beside_a_type_is_no_question() -> None:
    declared = known(old="object_id int? -> object_id int? > ticket", new="object_id int? -> object_id int? > tickets")
    assert not asked(declared)


@pytest.mark.parametrize(
    ("shapes", "separator"), [({"9,9": 3}, ","), ({"9;9": 1, "9; 9; 9": 2}, ";"), ({"[9, 9]": 3, "[9]": 1}, "")]
)
def test_a_list_is_of_the_table_that_its_name_names(shapes: dict[str, int], separator: str) -> None:
    question = asked(known(packed=column_profile(shapes=shapes)))[1]
    assert question.id == "link_ids:comments.agent_ids"
    assert keys(question) == ["ids_of_agents", "as_they_are", "empty", "leave_out"]
    assert question.recommended == "ids_of_agents"
    assert steps(question, "ids_of_agents").steps == (RemapIds(parent="agents", separator=separator),)


@pytest.mark.parametrize(
    ("ours", "theirs", "namer"), [("agent_nos", "crew", "agent_nos"), ("crew", "agent_ids", "agent_ids")]
)
def test_a_list_may_be_called_after_its_table_on_either_side(ours: str, theirs: str, namer: str) -> None:
    old, new = OLD.replace("agent_ids", ours), NEW.replace("agent_ids", theirs)
    found = FOUND.replace("agent_ids=agent_ids", f"{ours}={theirs}")
    columns = {f"comment.{ours}": LISTS, "comment.object_type": BOTH}
    rows = profile({"ticket": 9, "agent": 9, "comment": 9}, columns)
    question = asked(facts(database(old), database(new), matches(found), rows, identities=NEW_KEYS))[1]
    assert (question.recommended, question.reason) == ("ids_of_agents", f"{namer} names agents.")


def test_a_list_that_names_no_table_is_left_to_the_person() -> None:
    old, new, found = (t.replace("agent_ids", "people") for t in (OLD, NEW, FOUND))
    columns = {"comment.people": LISTS, "comment.object_type": BOTH}
    rows = profile({"ticket": 9, "agent": 9, "comment": 9}, columns)
    question = asked(facts(database(old), database(new), matches(found), rows, identities=NEW_KEYS))[1]
    assert question.recommended == ""
    assert question.reason == 'Say for example "people of comments holds ids of tickets".'


def taken(about: Facts) -> Mapping:
    mapping, questions = propose(FILL, about)
    for question in questions:
        for change in question.option(question.recommended).changes if question.recommended else ():
            mapping = revise(mapping, change, about)
    return mapping


def test_rows_go_after_those_that_their_numbers_name() -> None:
    about = known(packed=LISTS)
    before = planned(FILL, about)
    assert "comments" in before.phases[0].tables
    after = replanned(FILL, taken(about), (), about)
    assert after.phases[-1].tables == ("comments",)
    assert set(after.phases[-1].prerequisites) == {"tickets", "agents"}


def test_without_a_table_its_numbers_are_not_looked_for_in_it() -> None:
    about = known(packed=LISTS)
    mapping = revise(taken(about), LeaveOut(table="agents"), about)
    lines = mapping.by_target["comments"].by_target
    assert _typed(MapColumn(table="", source=(), target="", steps=lines["object_id"].steps)) == (
        TypeParent(type="ticket", parent="tickets"),
    )
    assert "agent_ids" not in lines
    assert not revise(mapping, LeaveOut(table="tickets"), about).by_target["comments"].by_target.get("object_id")


def test_a_key_that_is_kept_is_looked_up_beside_one_that_is_not() -> None:
    (question,) = asked(known(identities={"agents": Generated(), "tickets": Kept()}))
    assert [pair.parent for pair in _typed(steps(question, "by_name"))] == ["tickets", "agents"]
    assert "wrong for agents, with new keys" in question.option("as_they_are").text


@pytest.mark.parametrize(("answer", "level"), [(None, "high"), ("as_they_are", "high"), ("by_name", "low")])
def test_ids_that_move_as_they_are_are_a_risk(answer: str | None, level: str) -> None:
    about = known()
    mapping, questions = propose(FILL, about)
    answered = tuple(q.but(answer=answer) if q.id.startswith("link_ids:") else q for q in questions)
    risks = {risk.table: risk for risk in replanned(FILL, mapping, answered, about).risks}
    assert risks["comments"].level == level
    told = " ".join(risks["comments"].reasons)
    assert ("ids in object_id move as they are" in told) == (level == "high")


def test_a_ring_is_opened_at_the_reference_that_a_second_pass_can_fill() -> None:
    ring = {
        "old": "ticket: id int key, title text -> ticket: id int key, title text, last_id int? > comment",
        "new": "tickets: id int key, title text -> tickets: id int key, title text, last_id int? > comments",
    }
    about = known(old=ring["old"], new=ring["new"])
    mapping = taken(about)
    mapping = revise(mapping, MapColumn(table="tickets", source=("last_id",), target="last_id"), about)
    plan = replanned(FILL, mapping, (), about)
    assert [column for phase in plan.phases for column in phase.second_pass] == ["tickets.last_id"]


def test_of_several_tables_that_values_may_name_the_one_is_meant_that_the_new_column_is_called_after() -> None:
    several = (MayName(table="ticket", looked=9, found=9), MayName(table="agent", looked=9, found=9))
    about = known(
        old="object_id int? -> poster int?",
        new="object_id int? -> agent_id int?",
        found="object_id=object_id -> poster=agent_id",
    )
    rows = profile(
        {"ticket": 9, "agent": 9, "queue": 9, "comment": 9}, {"comment.poster": column_profile(may_name=several)}
    )
    (question,) = asked(replace(about, source_profile=rows))
    assert keys(question)[:2] == ["rows_of_agents", "rows_of_tickets"]
    assert question.recommended == "rows_of_agents" and "agent_id is called after agents." in question.reason


def test_a_flag_names_no_rows() -> None:
    one = (MayName(table="agent", looked=3, found=3),)
    about = known(
        old="object_id int? -> kind int?", new="object_id int? -> open bool?", found="object_id=object_id -> kind=open"
    )
    rows = profile(
        {"ticket": 9, "agent": 9, "queue": 9, "comment": 9},
        {"comment.kind": column_profile(may_name=one, lowest=0, highest=3)},
    )
    assert not asked(replace(about, source_profile=rows))


@pytest.mark.parametrize("kind", ["contextlevel", "module", "kind", "itemmodule"])
def test_a_number_of_a_row_of_any_table_is_asked_about_beside_its_kind(kind: str) -> None:
    old = database(f"user: id int key, name text\ncontext: id int key, {kind} int, instanceid int")
    new = database("users: id int key, name text\ncontexts: id int key, level int, instance_id text")
    found = matches(
        f"user -> users: id=id, name=name\ncontext -> contexts: id=id, {kind}=level, instanceid=instance_id"
    )
    about = facts(old, new, found, profile({"user": 9, "context": 9}, {}), identities={"users": Generated()})
    (question,) = asked(about)
    assert question.text.startswith(f"instanceid of context refers to rows of several tables, and {kind} says which.")
    assert question.recommended == ""


@pytest.mark.parametrize(("identity", "many"), [(Generated(), 1), (Kept(), 0)])
@pytest.mark.parametrize(("columns", "shape", "tree"), [
    ("parent int? > category, path text", "/9/99", True),
    ("depth int, path text", "9/99/", True),
    ("path text", "/9/99", False),
    ("depth int, path text", "/9999/a+", False),
    ("depth int, path text", "99/99/9999", False),
])  # fmt: skip
def test_a_path_of_ids_is_asked_about_where_its_rows_get_new_keys(
    columns: str, shape: str, tree: bool, identity: IdPolicy, many: int
) -> None:
    old, new = database(f"category: id int key, {columns}"), database("categories: id int key, path text?")
    seen = profile({"category": 9}, {"category.path": column_profile(shapes={shape: 5, "...": 2})})
    found = matches("category -> categories: id=id, path=path")
    about = facts(old, new, found, seen, identities={"categories": identity})
    questions = asked(about)
    assert len(questions) == many * tree
    assert [keys(question) for question in questions] == [["as_they_are", "empty", "leave_out"]] * (many * tree)


@pytest.mark.parametrize(("name", "looked", "recommended"), [
    ("grade_method", 4, ""), ("grade_method", 40, "rows_of_categories"), ("category_no", 4, "rows_of_categories"),
    ("sorted_by", 4, "rows_of_categories"),
])  # fmt: skip
def test_a_few_small_numbers_alone_are_not_recommended_as_rows(name: str, looked: int, recommended: str) -> None:
    old = database(f"category: id int key, name text\nquiz: id int key, {name} int")
    new = database(f"categories: id int key, name text\nquizzes: id int key, {name} int")
    found = matches(f"category -> categories: id=id, name=name\nquiz -> quizzes: id=id, {name}={name}")
    likely = column_profile(may_name=(MayName(table="category", looked=looked, found=looked),))
    seen = profile({"category": 60, "quiz": 60}, {f"quiz.{name}": likely})
    (question,) = asked(facts(old, new, found, seen, identities={"categories": Generated()}))
    assert question.recommended == recommended

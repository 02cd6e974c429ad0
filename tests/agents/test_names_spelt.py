"""Names that stand within names: one letter more is another table, and a column may begin with a table's name."""

from __future__ import annotations

import pytest

from ferryman.agents.context import Context, Place
from ferryman.agents.identifiers import folded, name_words, typed_as_one
from ferryman.agents.sentence import read
from ferryman.agents.understand import understand
from ferryman.domain.changes import Change, IgnoreColumn, Include, LeaveOut
from ferryman.domain.conversation import Ask, ChangePlan, ShowRows
from tests.agents.scenery import TODAY, database, findings_of, mapped, plan_of, same_named

OLD = database("""
audit_log: id int key, who text, log_list text?
audit_logs: id int key, who text, audit_log_id int?
course: id int key, title text, course_list text?, course text?, list_of_courses text?
order_line: id int key, order_line_note text?, orders_total int?
orders: id int key, order_line text?, show_orders bool
menü: id int key, größe text?, menü_text text?
""")
NEW = OLD
TABLES = tuple(table.name for table in OLD.tables)
PLAN = plan_of(
    OLD, NEW, tuple(mapped(OLD, NEW, name, name, same_named(OLD, NEW, name, name)) for name in TABLES),
    dict.fromkeys(TABLES, 10),
)  # fmt: skip
CONTEXT = Context(Place.REVIEW, OLD, NEW, findings_of(PLAN, NEW), PLAN, today=TODAY)

SPELLINGS = {
    "as it is": lambda name: name,
    "in capitals": str.upper,
    "with a hyphen": lambda name: name.replace("_", "-"),
    "in camel case": lambda name: "".join(part.title() for part in name.split("_")),
    "in double quotes": lambda name: f'"{name}"',
    "in backticks": lambda name: f"`{name}`",
    "in words": lambda name: name.replace("_", " "),
    "in words and quotes": lambda name: f'"{name.replace("_", " ")}"',
    "without accents": lambda name: name.replace("ü", "u").replace("ö", "o").replace("ß", "ss"),
}
COLUMNS = tuple((table.name, column.name) for table in OLD.tables for column in table.columns if column.name != "id")
#: Called like a table, so that only "table.column" says which is meant.
LIKE_TABLES = {("course", "course"), ("orders", "order_line")}


def changes(text: str) -> tuple[Change, ...]:
    said = understand(text, CONTEXT)
    assert isinstance(said, ChangePlan) and not said.not_understood, (text, said)
    return said.changes


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_the_one_that_is_spelt_so(table: str, spelling: object) -> None:
    name = spelling(table)  # type: ignore[operator]
    assert changes(f"leave {name} out") == (LeaveOut(table=table),)
    assert changes(f"leave the {name} table out") == (LeaveOut(table=table),)
    assert changes(f"take {name} back") == (Include(table=table),)


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_a_column_is_named_alone_behind_its_table_and_before_it(table: str, column: str, spelling: object) -> None:
    name, owner = spelling(column), spelling(table)  # type: ignore[operator]
    meant = (IgnoreColumn(table=table, source=column),)
    if (table, column) not in LIKE_TABLES:
        alone = set(changes(f"ignore {name}"))
        assert set(meant) <= alone <= {IgnoreColumn(table=t, source=c) for t, c in COLUMNS if c == column}
        assert changes(f"ignore {name} of {owner}") == meant
        assert changes(f"leave {name} out of {owner}") == meant
    assert changes(f"ignore {table}.{column}") == meant
    assert changes(f"leave the column {table}.{column} out") == meant
    for quoted in (f'"{table}"."{column}"', f"`{table}`.`{column}`", f"[{table}].[{column}]"):
        assert changes(f"leave {quoted} out") == meant


def test_several_columns_are_left_out_of_the_table_that_comes_after_them() -> None:
    assert changes("leave who and log_list out of audit_log") == (
        IgnoreColumn(table="audit_log", source="who"),
        IgnoreColumn(table="audit_log", source="log_list"),
    )


def test_a_word_of_a_name_is_no_order_to_show_rows() -> None:
    for _, column in COLUMNS:
        assert not isinstance(understand(f"leave {column} out", CONTEXT), ShowRows)
    assert understand("list the orders", CONTEXT) == ShowRows(table="orders", count=3)


def test_a_question_about_such_a_column_is_about_the_column() -> None:
    said = understand("what happens to course_list?", CONTEXT)
    assert isinstance(said, Ask) and said.columns == ("course.course_list",) and said.tables == ()


def test_what_was_typed_as_one_name_is_cut_at_its_dots_alone() -> None:
    for text, names in (
        ("leave audit-log out", ["audit-log"]),
        ("ignore shop.order_line.note", ["shop", "order_line", "note"]),
        ('put "order line"."the note" there', ["order line", "the note"]),
        ("one. two", []),
        ("it is the dog's list", []),
    ):
        found = [part.text for parts in typed_as_one(read(text)) for part in parts]
        assert [folded(one) for one in found] == [folded(one) for one in names], text


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("the value of status", ("status",)),
        ("value", ("value",)),
        ("the value column", ("value",)),
        ("grades.value", ("grade", "value")),
        ("column", ("column",)),
    ],
)
def test_a_word_that_people_put_around_a_name_may_be_the_name(said: str, words: tuple[str, ...]) -> None:
    assert name_words(read(said)) == words

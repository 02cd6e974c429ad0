"""Which rows are meant: every wording of a condition, said as what is wanted and as what is to be left out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ferryman.agents.comparing import negated
from ferryman.agents.context import Context, Place
from ferryman.agents.hints import Legacy
from ferryman.agents.understand import understand
from ferryman.domain.changes import LeaveOut, MapColumn, MapValues, SetFilter
from ferryman.domain.conversation import Begin, ChangePlan, Unclear
from ferryman.domain.filters import AllOf, AnyOf, Comparison, Filter, Operator
from tests.agents.scenery import TODAY, database, findings_of, mapped, plan_of, same_named

OLD = database("""
person: id int key, full_name text?, email text?, joined date?, last_login moment?, visits int?, city text?, vip int?, level int?
parcel: id int key, person_id int > person, weight money?, sent_on date?, returned_on date?, status int?
""")  # noqa: E501
NEW = database("""
people: id int key, full_name text?, email text?, joined date?, last_login moment?, visits int?, city text?, vip bool?, level text?
parcels: id int key, person_id int > people, weight money?, sent_on date?, returned_on date?, status text?
""")  # noqa: E501
TABLES = (("person", "people"), ("parcel", "parcels"))
PLAN = plan_of(
    OLD, NEW, tuple(mapped(OLD, NEW, old, new, same_named(OLD, NEW, old, new)) for old, new in TABLES),
    {"people": 100, "parcels": 400},
)  # fmt: skip
CONTEXT = Context(Place.REVIEW, OLD, NEW, findings_of(PLAN, NEW), PLAN, today=TODAY)
START = Context(Place.START, OLD, NEW, today=TODAY)


def is_(column: str, op: str, *values: Any) -> Comparison:
    return Comparison(column=column, op=Operator(op), values=values)


def both(*tests: Filter) -> AllOf:
    return AllOf(of=tests)


def year(column: str, number: int) -> AllOf:
    return both(is_(column, ">=", f"{number}-01-01"), is_(column, "<", f"{number + 1}-01-01"))


#: A condition on people, in the words that follow the table's name. TODAY is 22 November 2026.
SAID: dict[str, Filter] = {
    "who never logged in": is_("last_login", "is null"),
    "who have never logged in": is_("last_login", "is null"),
    "who did not log in": is_("last_login", "is null"),
    "that have not logged in yet": is_("last_login", "is null"),
    "who have logged in": is_("last_login", "is not null"),
    "who logged in after 2024": is_("last_login", ">=", "2025-01-01"),
    "without an email": is_("email", "is null"),
    "who do not have an email": is_("email", "is null"),
    "with an email": is_("email", "is not null"),
    "who joined not more than 3 years ago": is_("joined", ">=", "2023-11-22"),
    "who joined more than 3 years ago": is_("joined", "<", "2023-11-22"),
    "whose joined is older than 10 days": is_("joined", "<", "2026-11-12"),
    "whose joined is not older than two years": is_("joined", ">=", "2024-11-22"),
    "who joined less than a year ago": is_("joined", ">=", "2025-11-22"),
    "who joined in 2019": year("joined", 2019),
    "who joined in 2019 or 2021": AnyOf(of=(year("joined", 2019), year("joined", 2021))),
    "who joined this year": year("joined", 2026),
    "who joined from 2015 on": is_("joined", ">=", "2015-01-01"),
    "who joined between 2015 and 2016": both(is_("joined", ">=", "2015-01-01"), is_("joined", "<", "2017-01-01")),
    "with at least 10 visits": is_("visits", ">=", 10),
    "with 10 or more visits": is_("visits", ">=", 10),
    "with 10 visits or fewer": is_("visits", "<=", 10),
    "with between 0 and 5 visits": both(is_("visits", ">=", 0), is_("visits", "<=", 5)),
    "whose visits are from 0 to 5": both(is_("visits", ">=", 0), is_("visits", "<=", 5)),
    "from New York": is_("city", "=", "New York"),
    "in Graz or New York": is_("city", "in", "Graz", "New York"),
    "with level 3": is_("level", "=", 3),
    "with level 3 or 4": is_("level", "in", 3, 4),
    "with vip": is_("vip", "=", 1),
}
WANTED = ("only people {}", "just the people {}", "people {} only", "move all people {}", "keep only people {}")
UNWANTED = (
    "leave out people {}",
    "no people {}",
    "everything except people {}",
    "all people except those {}",
    "skip the people {}",
)


def filter_of(text: str, context: Context = CONTEXT) -> Filter | None:
    said = understand(text, context)
    assert isinstance(said, ChangePlan) and not said.not_understood, (text, said)
    (change,) = said.changes
    assert isinstance(change, SetFilter), (text, change)
    return change.filter


@pytest.mark.parametrize("lead", WANTED)
@pytest.mark.parametrize("words", SAID)
def test_a_condition_is_the_same_however_it_is_asked_for(words: str, lead: str) -> None:
    assert filter_of(lead.format(words)) == SAID[words]


@pytest.mark.parametrize("lead", UNWANTED)
@pytest.mark.parametrize("words", SAID)
def test_what_is_left_out_is_all_that_would_be_taken(words: str, lead: str) -> None:
    legacy = Legacy(OLD.table("person"), PLAN.mapping.tables[0], NEW.table("people"))
    flag = legacy.flag(legacy.table.column("vip"), on=False)
    assert filter_of(lead.format(words)) == (flag if words == "with vip" else negated(SAID[words], legacy))


@pytest.mark.parametrize("words", ["not from New York", "that are not from New York", "who are not in New York"])
def test_a_place_may_be_denied(words: str) -> None:
    assert filter_of(f"leave out people {words}") == is_("city", "=", "New York")


@pytest.mark.parametrize(
    ("denied", "meant"),
    [
        ("who joined not between 2015 and 2016", "who joined between 2015 and 2016"),
        ("who did not join between 2015 and 2016", "who joined between 2015 and 2016"),
        ("who have not joined in 2019", "who joined in 2019"),
        ("who did not log in after 2024", "who logged in after 2024"),
        ("who never joined more than 3 years ago", "who joined more than 3 years ago"),
        ("whose visits are not between 0 and 5", "with between 0 and 5 visits"),
        ("with not between 0 and 5 visits", "with between 0 and 5 visits"),
        ("with not 10 or more visits", "with at least 10 visits"),
    ],
)
def test_a_span_or_a_moment_may_be_denied(denied: str, meant: str) -> None:
    legacy = Legacy(OLD.table("person"), PLAN.mapping.tables[0], NEW.table("people"))
    assert filter_of(f"only people {denied}") == negated(SAID[meant], legacy)
    assert filter_of(f"leave out people {denied}") == SAID[meant]


def test_the_wordings_that_are_offered_for_a_denied_span_deny_it_too() -> None:
    said = understand("only parcels not between 2015 and 2016", CONTEXT)
    assert isinstance(said, Unclear) and len(said.suggestions) == 2
    legacy = Legacy(OLD.table("parcel"), PLAN.mapping.tables[1], NEW.table("parcels"))
    for suggestion in said.suggestions:
        assert filter_of(suggestion) == negated(filter_of(suggestion.replace("not ", "")) or both(), legacy)


NOT_FOUND = (
    "only people from cities other than Graz", "only people whose full name starts with A", "only the 10 newest people",
    "half of the people", "people with level 3 should stay", "only people who like music",
    "everything except people who like music", "all people but the tall ones",
)  # fmt: skip


@pytest.mark.parametrize("text", NOT_FOUND)
def test_half_a_condition_is_none(text: str) -> None:
    """Neither a wrong filter nor a change of which tables come along."""
    assert isinstance(understand(text, CONTEXT), Unclear)


@pytest.mark.parametrize(
    "words", ["from the last two years", "not older than 3 years", "since 2020", "between May 2019 and June 2020"]
)
@pytest.mark.parametrize("lead", ["only parcels", "leave out parcels"])
def test_where_several_columns_fit_the_wordings_that_are_offered_say_which(lead: str, words: str) -> None:
    said = understand(f"{lead} {words}", CONTEXT)
    assert isinstance(said, Unclear) and len(said.suggestions) == 2
    columns = [str(filter_of(suggestion)) for suggestion in said.suggestions]
    assert "sent_on" in columns[0] and "returned_on" in columns[1]


def test_a_moment_is_the_one_whose_whole_name_is_said() -> None:
    old = database("stay: id int key, start_date date, end_date date, note text?")
    tables = (mapped(old, old, "stay", "stay", same_named(old, old, "stay", "stay")),)
    plan = plan_of(old, old, tables, {"stay": 9})
    context = Context(Place.REVIEW, old, old, findings_of(plan, old), plan, today=TODAY)
    said = understand("only stays from 2018 on", context)
    assert isinstance(said, Unclear)
    tests = [filter_of(suggestion, context) for suggestion in said.suggestions]
    assert tests == [is_(column, ">=", "2018-01-01") for column in ("start_date", "end_date")]
    assert filter_of("leave out stays that start before 2018", context) == is_("start_date", ">=", "2018-01-01")


@pytest.mark.parametrize("words", ["under 30", "over 30", "between 20 and 30", "30 or more"])
def test_a_bare_number_is_of_an_amount_and_of_nothing_else(words: str) -> None:
    assert isinstance(filter_of(f"only parcels {words}"), Comparison | AllOf)
    assert isinstance(understand(f"only people {words}", CONTEXT), Unclear)


@pytest.mark.parametrize(
    "words", ["with city on hold", 'with city "on hold"', "whose city is on hold", "where city = on hold"]
)
def test_a_value_keeps_its_small_words(words: str) -> None:
    assert filter_of(f"only people {words}") == is_("city", "=", "on hold")


def test_all_of_a_table_drops_its_filter_and_leaves_the_other_tables_alone() -> None:
    filtered = PLAN.mapping.tables[0].but(filter=is_("city", "=", "Graz"))
    plan = PLAN.but(mapping=PLAN.mapping.but(tables=(filtered, PLAN.mapping.tables[1])))
    for text in ("take all people", "all the people please", "I changed my mind, take all people", "drop the filter"):
        said = understand(text, replace(CONTEXT, plan=plan))
        assert isinstance(said, ChangePlan) and said.changes == (SetFilter(table="people", filter=None),), text


def test_columns_that_were_left_out_are_taken_back_by_name() -> None:
    mapping = PLAN.mapping.tables[0]
    left = mapping.but(columns=tuple(c for c in mapping.columns if c.target not in ("email", "city")))
    plan = PLAN.but(mapping=PLAN.mapping.but(tables=(left, PLAN.mapping.tables[1])))
    context = replace(CONTEXT, plan=plan)
    again = tuple(MapColumn(table="people", source=(name,), target=name) for name in ("email", "city"))
    for text in ("put email back", "keep email", "take the email back in", "move email too"):
        said = understand(text, context)
        assert isinstance(said, ChangePlan) and said.changes == again[:1], text
    said = understand("take email and city back", context)
    assert isinstance(said, ChangePlan) and said.changes == again
    for text in ("put email back", "keep visits"):
        assert not isinstance(understand(text, CONTEXT), ChangePlan), "it is moved as it is"


def after(*said: str) -> Filter | None:
    """The filter of people after some changes in words, one upon the other."""
    context, kept = CONTEXT, None
    for text in said:
        kept = filter_of(text, context)
        tables = tuple(t.but(filter=kept) if t.target == "people" else t for t in PLAN.mapping.tables)
        context = replace(CONTEXT, plan=PLAN.but(mapping=PLAN.mapping.but(tables=tables)))
    return kept


def test_only_says_anew_what_it_speaks_of_and_leaving_out_leaves_out_as_well() -> None:
    graz, paris = is_("city", "=", "Graz"), is_("city", "=", "Paris")
    no_graz, no_paris = (AnyOf(of=(is_("city", "!=", one), is_("city", "is null"))) for one in ("Graz", "Paris"))
    at_least, at_most = is_("visits", ">=", 5), is_("visits", "<=", 9)
    assert after("only people from Graz", "only people from Paris") == paris
    assert after("only people from Graz", "only people with at least 5 visits") == both(graz, at_least)
    assert after("leave out people from Graz", "leave out people from Paris") == both(no_graz, no_paris)
    assert after("leave out people from Graz", "leave out people from Graz") == no_graz
    assert after("only people from Graz", "leave out people from Paris") == both(graz, no_paris)
    assert after("only people with at least 5 visits", "only people with at most 9 visits") == both(at_least, at_most)
    assert after("only people with at least 5 visits", "only people with at least 9 visits") == is_("visits", ">=", 9)
    assert after("only people from Graz", "leave out people from Graz") == no_graz
    not_vip = AnyOf(of=(is_("vip", "=", 0), is_("vip", "is null")))
    assert after("only people with vip", "leave out people with vip") == not_vip
    assert after("only people with at least 50 visits", "only people with at most 9 visits") == at_most


@pytest.mark.parametrize("words", SAID)
@pytest.mark.parametrize("lead", ["move the people {}", "only people {}", "move everything except people {}"])
def test_a_condition_of_a_request_is_kept_apart_and_changes_no_scope(lead: str, words: str) -> None:
    said = understand(lead.format(words), START)
    assert isinstance(said, Begin), said
    assert words.split()[-1] in said.not_understood
    assert (said.request.leave_out, set(said.request.tables) <= {"people"}) == ((), True)


def test_a_request_without_a_condition_is_understood_whole() -> None:
    for text in ("everything except the people", "only people", "move people and parcels", "my people table is empty"):
        said = understand(text, START)
        assert isinstance(said, Begin) and said.not_understood == "", text
    said = understand("everything except the parcels", CONTEXT)
    assert isinstance(said, ChangePlan) and LeaveOut not in map(type, said.changes)


REST = (
    "the rest is unknown",
    "all others are unknown",
    "everything else means unknown",
    "the remaining ones become unknown",
)


@pytest.mark.parametrize("rest", REST)
@pytest.mark.parametrize("joint", [", ", " and ", ", and "])
def test_what_the_rest_means_has_to_be_said_value_by_value(rest: str, joint: str) -> None:
    said = understand(f"level 1 is low, 2 is high{joint}{rest}", CONTEXT)
    assert isinstance(said, Unclear)
    assert said.suggestions == ("level 1 is low, 2 is high", "which values does level hold?")
    told = understand(said.suggestions[0], CONTEXT)
    assert isinstance(told, ChangePlan) and isinstance(told.changes[0], MapValues) and len(told.changes[0].pairs) == 2


@pytest.mark.parametrize(
    "text",
    ["in people, 1 means low", "people: 1 means low", "treat level 1 as low", "count level 1 as low", "level 1 -> low"],
)
def test_a_value_map_is_of_the_column_and_not_of_one_that_is_called_like_the_table(text: str) -> None:
    said = understand(text, CONTEXT)
    assert isinstance(said, ChangePlan)
    (change,) = said.changes
    assert isinstance(change, MapValues)
    assert (change.table, change.target, [(p.old, p.new) for p in change.pairs]) == ("people", "level", [(1, "low")])


@pytest.mark.parametrize("words", ["people without an email", "people from Graz", "people who joined in 2019"])
@pytest.mark.parametrize("lead", ["actually, do take {}", "take {} after all", "do include {}", "put {} back in"])
def test_rows_that_were_left_out_come_along_again_and_nothing_else_does(lead: str, words: str) -> None:
    other = is_("level", "=", 3)

    def filtered(test: Filter) -> Context:
        people = PLAN.mapping.tables[0].but(filter=test)
        return replace(CONTEXT, plan=PLAN.but(mapping=PLAN.mapping.with_table(people)))

    out = filter_of(f"leave out {words}")
    assert out is not None
    assert filter_of(lead.format(words), filtered(out)) is None
    beside = filter_of(f"leave out {words}", filtered(other))
    assert beside is not None
    assert filter_of(lead.format(words), filtered(beside)) in (other, both(other))


@pytest.mark.parametrize("text", ["take only people from Graz", "people from Graz only", "only people from Graz"])
def test_only_those_that_were_left_out_is_no_taking_back(text: str) -> None:
    people = PLAN.mapping.tables[0].but(filter=filter_of("leave out people from Graz"))
    context = replace(CONTEXT, plan=PLAN.but(mapping=PLAN.mapping.with_table(people)))
    assert filter_of(text, context) == is_("city", "=", "Graz")


FLAGGED_OLD = database("partner: id int key, name text, is_company bool?, company_id int?")
FLAGGED_NEW = database("accounts: id int key, name text")
FLAGGED_PLAN = plan_of(
    FLAGGED_OLD,
    FLAGGED_NEW,
    (mapped(FLAGGED_OLD, FLAGGED_NEW, "partner", "accounts", {"id": "id", "name": "name"}),),
    {"accounts": 10},
)


@pytest.mark.parametrize(
    ("text", "test"),
    [
        ("only accounts where is_company is true", is_("is_company", "=", True)),
        ("only accounts where is company is no", is_("is_company", "=", False)),
        ("only accounts whose is_company = yes", is_("is_company", "=", True)),
        ("only accounts where company_id is 3", is_("company_id", "=", 3)),
    ],
)
def test_a_column_whose_name_begins_with_is_is_named_whole(text: str, test: Filter) -> None:
    said = understand(text, Context(Place.REVIEW, FLAGGED_OLD, FLAGGED_NEW, plan=FLAGGED_PLAN, today=TODAY))
    assert isinstance(said, ChangePlan)
    assert said.changes == (SetFilter(table="accounts", filter=test),)

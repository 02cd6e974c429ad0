from uuid import UUID

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ferryman.domain.changes import LeaveOut, Option, Question, SetRequest
from ferryman.domain.coordination import Request, RequestType
from ferryman.domain.errors import Usage
from ferryman.domain.filters import AllOf, AnyOf, Comparison, Operator
from ferryman.domain.fits import misfits
from ferryman.domain.mapping import (
    ColumnMapping,
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
from ferryman.domain.plan import (
    BatchPlan,
    Counts,
    Estimate,
    MigrationStrategy,
    Phase,
    Plan,
    Preflight,
    ProblemFound,
    Risk,
    RiskLevel,
)
from ferryman.domain.plan_file import dump, load, refused
from ferryman.domain.transforms import (
    AddMetadataJson,
    Constant,
    ForeignKeyTo,
    NewId,
    Rename,
    Split,
    TextToDate,
    ValueMap,
    ValuePair,
)
from tests.catalogues import FILL, dispatch, planned

#: What YAML 1.1 takes for something else, and what quotes badly.
TRAPS = [
    *("on", "off", "yes", "no", "y", "n", "Yes", "NO", "true", "True", "false", "null", "~", "Null", ""),
    *("1", "017", "0o17", "0x1F", "0b1", "1_000", "1e3", "1.0", ".5", "1.", "-1", "+1", ".inf", "-.INF", ".nan"),
    *("1:30", "12:30:45", "190:20:30", "2020-01-01", "2020-01-01 10:00:00", "2001-12-14t21:59:43.10-05:00"),
    *("- a", "a: b", "a #b", "#a", "[a]", "{a}", "&a", "*a", "!a", "!!str a", "|", ">", "%a", "@a", "`a"),
    *("=", "<<", "?", "- "),
    *("'", '"', "it's", 'say "a"', " a", "a ", "a\nb", "a\tb", "\n", "a\\b"),
    *("\u00e4", "\u0000", "\x7f", "\u2028", "\ufeff", "😀"),
]  # fmt: skip


@pytest.fixture(scope="module")
def plan() -> Plan:
    return planned(FILL, dispatch())


@pytest.fixture(scope="module")
def text(plan: Plan) -> str:
    return dump(plan)


def test_loading_gives_the_plan_that_was_dumped(plan: Plan, text: str) -> None:
    assert load(text) == plan
    assert load(text).hash == plan.hash


def test_the_same_plan_gives_the_same_text(plan: Plan, text: str) -> None:
    assert dump(load(text)) == text == dump(plan)


def test_a_short_column_stands_on_one_line(text: str) -> None:
    assert "    - {target: name, source: [name], steps: [{use: rename}]}\n" in text


def test_the_meaning_comes_first_then_tuning_then_facts(text: str) -> None:
    keys = [line.partition(":")[0] for line in text.splitlines() if line[:1].isalpha()]
    assert keys == "version request strategy mapping phases validation questions tuning facts".split()
    assert text.startswith("# A migration plan")
    assert max(map(len, text.splitlines())) <= 140


def test_it_is_plain_yaml_to_others(plan: Plan, text: str) -> None:
    assert yaml.safe_load(text)["mapping"]["tables"][0]["target"] == plan.mapping.tables[0].target


@pytest.mark.parametrize("trap", TRAPS)
def test_a_name_that_yaml_takes_for_something_else_stays_a_name(trap: str) -> None:
    column = ColumnMapping(target=trap, source=(trap, trap), steps=(Constant(value=trap),), why=trap)
    table = TableMapping(source=trap, target=trap, key=(trap,), columns=(column,))
    plan = bare(Mapping(tables=(table,))).but(leftovers={trap: (trap,)})
    assert load(dump(plan)) == plan


def bare(mapping: Mapping) -> Plan:
    return Plan(request=FILL, strategy=MigrationStrategy.ENTITY, mapping=mapping, phases=())


@pytest.mark.parametrize("written", ["on", "no", "1:30", "017", "2020-01-01", "0o17", "12e03", "0x10"])
def test_a_person_need_not_quote_what_yaml_1_2_takes_for_text(written: str) -> None:
    plan = bare(Mapping(tables=(TableMapping(source="NAME", target="t", key=("id",)),)))
    assert load(dump(plan).replace("NAME", written)).mapping.tables[0].source == written


@pytest.mark.parametrize("written", ["yes", "no", "on", "1", "1_0", "1.0", "true", "False"])
def test_an_answer_is_the_key_that_is_written_whatever_yaml_takes_it_for(written: str) -> None:
    asked = Question(id="a", table="t", text="?", options=tuple(Option(key=key, text="") for key in (written, "other")))
    text = dump(bare(Mapping()).but(questions=(asked,)))
    answered = load(text.replace("answer: null", f"answer: {written}")).questions[0]
    assert answered.answer == written
    assert answered.option(written)


@pytest.mark.parametrize(("written", "taken"), [("empty", "empty"), ("'null'", "empty"), ("null", None), ("", None)])
def test_null_in_quotes_answers_empty_and_without_them_nothing(written: str, taken: str | None) -> None:
    asked = Question(id="a", table="t", text="?", options=(Option(key="empty", text=""),))
    text = dump(bare(Mapping()).but(questions=(asked,)))
    assert load(text.replace("answer: null", f"answer: {written}")).questions[0].answer == taken


NAMES = st.one_of(st.sampled_from(TRAPS), st.text(st.characters(exclude_categories=["Cs"]), max_size=12))
LISTS = st.lists(NAMES, max_size=3).map(tuple)
SCALARS = st.one_of(
    NAMES, st.integers(), st.booleans(), st.none(), st.floats(allow_nan=False, allow_infinity=False, width=32)
)
STEPS = st.one_of(
    st.just(Rename()),
    st.just(NewId()),
    st.just(AddMetadataJson()),
    st.builds(Constant, value=SCALARS),
    st.builds(ForeignKeyTo, parent=NAMES, column=NAMES),
    st.builds(TextToDate, format=NAMES),
    st.builds(Split, separator=NAMES, part=st.integers(-3, 3)),
    st.builds(
        ValueMap,
        pairs=st.lists(st.builds(ValuePair, old=SCALARS, new=SCALARS), max_size=3).map(tuple),
        otherwise=st.sampled_from(["keep", "null", "stop"]),
    ),
)
COMPARISONS = st.builds(
    Comparison, column=NAMES, op=st.sampled_from(list(Operator)), values=st.lists(SCALARS, max_size=3).map(tuple)
)
FILTERS = st.recursive(
    COMPARISONS,
    lambda inner: st.one_of(
        st.builds(AllOf, of=st.lists(inner, max_size=2).map(tuple)),
        st.builds(AnyOf, of=st.lists(inner, max_size=2).map(tuple)),
    ),
    max_leaves=4,
)
OWN = st.one_of(st.just(Kept()), st.just(Generated()), st.builds(Derived, version=st.sampled_from([5, 8])))
IDENTITIES = st.one_of(
    OWN,
    st.builds(
        Matched,
        on=st.lists(st.builds(KeyPair, source=NAMES, target=NAMES), max_size=2).map(tuple),
        otherwise=st.one_of(st.none(), OWN),
    ),
)
TABLES = st.builds(
    TableMapping,
    source=NAMES,
    target=NAMES,
    key=LISTS,
    identity=IDENTITIES,
    columns=st.lists(
        st.builds(ColumnMapping, target=NAMES, source=LISTS, steps=st.lists(STEPS, max_size=3).map(tuple), why=NAMES),
        max_size=3,
    ).map(tuple),
    filter=st.one_of(st.none(), FILTERS),
    conflict=st.sampled_from(list(Conflict)),
    policies=st.lists(
        st.builds(
            Policy,
            problem=st.sampled_from(list(Problem)),
            columns=LISTS,
            strategy=st.sampled_from(list(Strategy)),
            rows=st.integers(0, 99),
        ),
        max_size=2,
    ).map(tuple),
    ignored=LISTS,
    why=NAMES,
)
QUESTIONS = st.builds(
    Question,
    id=NAMES,
    table=NAMES,
    text=NAMES,
    options=st.lists(
        st.builds(
            Option,
            key=NAMES,
            text=NAMES,
            changes=st.one_of(
                st.just(()),
                st.builds(lambda name: (LeaveOut(table=name), SetRequest(request=FILL)), NAMES),
            ),
        ),
        max_size=2,
    ).map(tuple),
    answer=st.one_of(st.none(), NAMES),
)
PLANS = st.builds(
    Plan,
    request=st.builds(Request, type=st.sampled_from(list(RequestType)), tables=LISTS, user_context=NAMES),
    strategy=st.sampled_from(list(MigrationStrategy)),
    mapping=st.builds(
        Mapping, namespace=st.one_of(st.uuids(), st.just(UUID(int=7))), tables=st.lists(TABLES, max_size=3).map(tuple)
    ),
    phases=st.lists(
        st.builds(Phase, number=st.integers(1, 9), name=NAMES, tables=LISTS, rationale=NAMES, second_pass=LISTS),
        max_size=2,
    ).map(tuple),
    questions=st.lists(QUESTIONS, max_size=2).map(tuple),
    counts=st.lists(
        st.builds(Counts, table=NAMES, source=st.integers(0), in_scope=st.integers(0), target=st.integers(0)),
        max_size=2,
    ).map(tuple),
    batches=st.lists(
        st.builds(
            BatchPlan,
            table=NAMES,
            rows=st.integers(0),
            size=st.integers(1),
            batches=st.integers(0),
            reason=NAMES,
            estimate=st.builds(Estimate, low=st.floats(0, 1e9), high=st.floats(0, 1e9)),
        ),
        max_size=2,
    ).map(tuple),
    risks=st.lists(st.builds(Risk, table=NAMES, level=st.sampled_from(list(RiskLevel)), reasons=LISTS), max_size=2).map(
        tuple
    ),
    leftovers=st.dictionaries(NAMES, LISTS, max_size=2),
    preflight=st.builds(
        Preflight,
        problems=st.lists(
            st.builds(
                ProblemFound, id=NAMES, table=NAMES, columns=LISTS, problem=NAMES, rows=st.integers(0), text=NAMES
            ),
            max_size=1,
        ).map(tuple),
        tables=st.dictionaries(NAMES, st.integers(0), max_size=2),
    ),
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(PLANS)
def test_any_plan_loads_as_it_was_dumped(plan: Plan) -> None:
    loaded = load(dump(plan))
    assert loaded == plan
    assert loaded.hash == plan.hash


def line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("target: is_active,", "targt: is_active,", "targt is not known here; did you mean target?"),
        ("use: boolean_words", "use: boolean_word", '"boolean_word" is not known here; did you mean boolean_words?'),
        ("kind: derived", "kind: deriv", '"deriv" is not known here; did you mean derived?'),
        ("source: [is_active]", "source: is_active", "source: a list is wanted, in [brackets]"),
        ("size: 500", "size: many", "size: a whole number is wanted"),
        ("strategy: dependency_ordered_migration", "strategy: ordered", '"ordered" is no strategy'),
        ("validation: [count_match", "validations: [count_match", "validations is not known here; did you mean"),
        ("tuning:", "tunning:", "tunning is not known here; did you mean tuning?"),
        ("  counts:", "  count:", "count is not known here; did you mean counts?"),
        ("table_type: catalog", "table_type: catalogue", '"catalogue" is no table_type; did you mean catalog?'),
        ("conflict: keep", "conflict: keepp", '"keepp" is no conflict; did you mean keep?'),
        ("source: [is_active]", "source: [is_active", "did not find expected"),
        ("source: [is_active]", "source: *is_active", "found undefined alias"),
        ("source: [is_active]", "source: &a [is_active, *a]", "a plan has no anchors"),
        ("source: [is_active]", "source: !!python/name:os.system [is_active]", "a plan has no values of the kind"),
        ("source: [is_active]", "source: !!binary aXM=", "a plan has no values of the kind"),
        ("source: [is_active]", "source: [is_active], source: [name]", "source stands here twice"),
        ("source: [is_active]", "? [a] : b", "a key is a plain word here"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(text: str, old: str, new: str, told: str) -> None:
    assert old in text
    edited = text.replace(old, new, 1)
    with pytest.raises(Usage) as error:
        load(edited, "plan.yaml")
    first = next(line for line in error.value.what.splitlines() if told in line)
    assert first.startswith(f"plan.yaml:{line_of(edited, new)}: ")
    assert error.value.do


@pytest.mark.parametrize("text", ["", "- a", "just words", "12"])
def test_what_is_no_plan_at_all_is_said(text: str) -> None:
    with pytest.raises(Usage, match="this is no plan"):
        load(text)


def test_several_mistakes_are_told_together(text: str) -> None:
    with pytest.raises(Usage) as error:
        load(text.replace("use: rename", "use: renam").replace("size: 500", "size: x"))
    assert len(error.value.what.splitlines()) > 2


def test_an_edit_that_does_not_fit_is_refused_with_its_line(text: str) -> None:
    known = dispatch()
    edited = text.replace("source: [is_active]", "source: [is_activ]")
    wrong = misfits(load(edited), known.source, known.target)
    error = refused(edited, "plan.yaml", wrong)
    line = line_of(edited, "[is_activ]")
    assert error.what == f"plan.yaml:{line}: dispatch_bracket has no column is_activ; did you mean is_active?"


def test_a_misfit_in_the_tuning_has_its_line_as_well(text: str) -> None:
    known = dispatch()
    edited = text.replace("- table: files\n", "- table: filez\n")
    (wrong,) = misfits(load(edited), known.source, known.target)
    line = line_of(edited, "table: filez")
    assert refused(edited, "p", [wrong]).what == f"p:{line}: filez is not copied by this plan; did you mean files?"


def test_an_edit_of_the_tuning_leaves_the_hash_alone(plan: Plan, text: str) -> None:
    edited = load(text.replace("size: 500", "size: 250"))
    assert edited != plan
    assert edited.hash == plan.hash
    assert load(text.replace("use: boolean_words", "use: rename")).hash != plan.hash

"""One implementation holds the other: whatever is generated lands the same by SQL and by the reference."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from ferryman.domain.mapping import (
    Action,
    ColumnMapping,
    Derived,
    Generated,
    IdPolicy,
    Kept,
    KeyPair,
    Mapping,
    Matched,
    Shape,
    TableMapping,
)
from ferryman.domain.transforms import (
    AddCreatedAt,
    AddMetadataJson,
    ArrayToJson,
    BooleanWords,
    Cast,
    Concat,
    EmptyToNull,
    EpochToTimestamp,
    ForeignKeyTo,
    KeyByType,
    LocalTime,
    Lookup,
    PreserveLegacyId,
    RemapIds,
    Scale,
    Split,
    TextByName,
    TextToDate,
    TextToNumber,
    Transform,
    Trim,
    TypeParent,
    ValueMap,
    ValuePair,
)
from tests.tools.transforming import Pair, one_table, pair

#: A legacy column of each affinity; what SQLite makes of a value on its way in is part of the game.
SOURCES = {"t": "TEXT", "n": "DECIMAL(10,2)", "i": "INTEGER", "r": "DOUBLE", "u": ""}
TARGETS = {
    "text": "TEXT",
    "short": "VARCHAR(4)",
    "int": "BIGINT",
    "float": "DOUBLE",
    "money": "NUMERIC(8,2)",
    "number": "NUMERIC",
    "flag": "BOOLEAN",
    "moment": "TIMESTAMP",
    "day": "DATE",
    "clock": "TIME",
    "uuid": "UUID",
    "json": "JSON",
    "bytes": "VARBINARY(6)",
}
STEPS: dict[str, tuple[Transform, ...]] = {
    "trim": (Trim(),),
    "empty": (EmptyToNull(),),
    "trim_empty": (Trim(), EmptyToNull()),
    "words": (BooleanWords(),),
    "words_abroad": (BooleanWords(true=("Ja", "Да"), false=("Nein", "Нет")),),
    "epoch": (EpochToTimestamp(),),
    "epoch_ms": (EpochToTimestamp(unit="ms"),),
    "cents": (Scale(divide=100),),
    "hours": (Scale(multiply=2, divide=3600),),
    "thousands": (Scale(multiply=1000, places=1),),
    "array": (ArrayToJson(of="number"),),
    "array_of_texts": (ArrayToJson(),),
    "one_language": (TextByName(names=("b", "a")),),
    "local": (LocalTime(zone="Europe/Berlin"),),
    "local_first": (LocalTime(zone="America/New_York", doubtful="first"),),
    "dated": (TextToDate(format="%d.%m.%Y"),),
    "timed": (TextToDate(format="%Y%m%d%H%M%S"),),
    "comma": (TextToNumber(), Cast(to="decimal")),
    "point": (TextToNumber(decimal="."), Cast(to="decimal")),
    "first": (Split(separator=" ", part=1),),
    "last": (Split(separator=", ", part=-1),),
    "mapped": (ValueMap(pairs=(ValuePair(old=1, new="open"), ValuePair(old="x", new=None)), otherwise="keep"),),
    "mapped_null": (ValueMap(pairs=(ValuePair(old=None, new=0), ValuePair(old=1.5, new=True)), otherwise="null"),),
    "mapped_stop": (ValueMap(pairs=(ValuePair(old="1", new="open"), ValuePair(old=None, new="none"))),),
    "as_int": (Cast(to="integer"),),
    "as_float": (Cast(to="float"),),
    "as_decimal": (Cast(to="decimal"),),
    "as_flag": (Cast(to="boolean"),),
    "as_moment": (Cast(to="timestamp"),),
    "as_day": (Cast(to="date"),),
    "created": (AddCreatedAt(),),
    "found": (Lookup(table="words", key="word", value="meaning"),),
}

NUMERALS = "007|+5|.5|5.|1e3|1e|1E+20|0x10|1_0|-|-0|1e400|-.5e-3|9223372036854775808|\u0663".split("|")
WRITTEN = "1.234,5|-1,5|1,234.50|1.234|1,23,4|1 234,5|+2,|1.234 567|1'234.5".split("|")
MOMENTS = (
    "2023-02-30|2023-02-30 00:00:00|0000-00-00 00:00:00|2023-01-01 24:00:00|2023-01-01T10:00+02:00|2023-1-1|1.2.2023|"
    "2023-01-01 10:00:00.5 -0330|9999-12-31 23:59:59-01|20230102030405|31.06.2020|0000-01-01|07:30|23:59:60"
).split("|")
WORDS = "y|YES| no |True|off|ja|\u0414\u0410|\u043d\u0435\u0442|x|1|0|1.0|maybe|null|ye\u017f".split("|")
LISTS = (
    '[1, 0]|[]|["x", "1"]|[1.5]|[null]|[true]|1,x|0, 1|,1,,|7,1|x,x|{}|{1,NULL}|{{1},{2}}|[2:3]={1,2}|{1,}|{"a\\"b"}'
).split("|")
ODD = (
    '{"a": "x", "b": ""}|{"b": null}|'
    '{"a": [1, 2]}|"|[1,]|NaN|6f0c1d0e-0b7e-5d0a-9c59-66657272796d|6F0C1D0E0B7E5D0A9C5966657272796D|'
    "{6f0c1d0e-0b7e-5d0a-9c59-66657272796}|a b|Smith, John|, |a\x00b|-Infinity|\x7f\x1f\\"
).split("|")

TYPES = (("x", "coded"), (1, "ordered"), ("0", "generated"), ("1.0", "either"), ("2", "matched"), ("y", "kept"))
_PARENTS = tuple(TypeParent(type=kind, parent=parent) for kind, parent in TYPES)
BY_TYPE = (
    KeyByType(parents=_PARENTS),
    KeyByType(parents=_PARENTS, otherwise="null"),
)

#: Parents by the kind of their legacy key and by their identity.
PARENTS: dict[str, tuple[str, IdPolicy]] = {
    "ordered": ("numbers", Derived(version=8)),
    "hashed": ("numbers", Derived(version=5)),
    "coded": ("words", Derived(version=5, shape=Shape.HEX)),
    "kept": ("words", Kept()),
    "generated": ("numbers", Generated()),
    "matched": ("words", Matched(on=(KeyPair(source="word", target="word"),))),
    "either": ("numbers", Matched(on=(KeyPair(source="id", target="number"),), otherwise=Derived())),
}

PACKED = (
    *(RemapIds(parent=parent) for parent in PARENTS),
    RemapIds(parent="ordered", separator=";", missing="drop"),
    RemapIds(parent="kept", separator=""),
    RemapIds(parent="generated", separator="", missing="drop"),
)

blanks = st.sampled_from(["", " ", "\t", "\n ", "\xa0"])
numerals = st.one_of(
    st.integers(-(2**63), 2**63 - 1).map(str),
    st.floats(-1e20, 1e20).map(repr),
    st.decimals(-(10**9), 10**9, places=3).map(str),
    st.sampled_from((*NUMERALS, *WRITTEN)),
)
moments = st.one_of(
    st.datetimes().map(lambda moment: moment.isoformat(sep=" ")),
    st.datetimes().map(lambda moment: moment.replace(microsecond=0).isoformat() + "Z"),
    st.dates().map(str),
    st.dates().map(lambda day: f"{day} 00:00:00"),
    st.dates().map(lambda day: f"{day:%d.%m.%Y}"),
    st.times().map(str),
    st.sampled_from(MOMENTS),
)
words = st.sampled_from(WORDS)
lists = st.sampled_from(LISTS)
spaced = st.tuples(blanks, numerals | words, blanks).map("".join)
texts = st.one_of(numerals, moments, words, st.sampled_from(ODD), lists, st.text(max_size=8), spaced)
integers = st.one_of(st.integers(-2, 3), st.integers(-(2**63), 2**63 - 1), st.integers(0, 2_000_000_000))
thousandths = st.decimals(-(10**6), 10**6, places=3).map(float)
#: Without -2**63: an integer column of the legacy database leaves it a real, and so does the new one.
floats = st.floats(allow_nan=False).filter(lambda number: number != -(2.0**63))
reals = st.one_of(floats, st.integers(-(10**6), 10**6).map(float), thousandths)
anything = st.one_of(st.none(), texts, integers, reals, st.binary(max_size=8))
#: A column without a type keeps a text of digits beside numbers, which a batch read as strings cannot tell apart.
untyped = st.one_of(st.none(), integers, reals, st.binary(max_size=8), st.text("abcxyz -", max_size=5))


def generated(count: int) -> list[tuple[object, ...]]:
    """Rows for the columns of SOURCES, all at once: a statement over 180 columns costs more than its rows."""
    rows: list[tuple[object, ...]] = []

    @settings(max_examples=count, phases=[Phase.generate], derandomize=True, database=None, deadline=None)
    @given(st.tuples(anything, anything, anything, anything, untyped))
    def collect(row: tuple[object, ...]) -> None:
        rows.append(row)

    collect()
    return rows


def columns() -> list[ColumnMapping]:
    """Every legacy column into every kind of target column, and through every step into text."""
    plain = [ColumnMapping(target=f"{t}_{s}", source=(s,)) for s in SOURCES for t in TARGETS]
    stepped = [
        ColumnMapping(target=f"{n}_{s}", source=(s,), steps=steps) for n, steps in STEPS.items() for s in SOURCES
    ]
    stepped += [
        ColumnMapping(target=f"{parent}_{source}", source=(source,), steps=(ForeignKeyTo(parent=parent),))
        for parent in PARENTS
        for source in SOURCES
    ]
    stepped += [
        ColumnMapping(target=f"{step.parent}_list{n}_{source}", source=(source,), steps=(step,))
        for n, step in enumerate(PACKED)
        for source in ("t", "u")
    ]
    stepped += [
        ColumnMapping(target=f"typed_{n}_{a}{b}", source=(a, b), steps=(step,))
        for n, step in enumerate(BY_TYPE)
        for a, b in (("t", "i"), ("u", "n"))
    ]
    names = tuple(SOURCES)
    joined = [
        ColumnMapping(target="joined", source=("t", "n", "u"), steps=(Concat(separator=" / "),)),
        ColumnMapping(target="joined_trim", source=("t", "r"), steps=(Trim(), Concat(separator=""), EmptyToNull())),
        ColumnMapping(target="metadata", source=names, steps=(AddMetadataJson(),)),
        ColumnMapping(target="key", source=("id", "t", "n"), steps=(PreserveLegacyId(),)),
    ]
    return plain + stepped + joined


def mapping() -> Mapping:
    keys = {"numbers": ("id",), "words": ("word",)}
    parents = [
        TableMapping(source=source, target=name, action=Action.REFER, key=keys[source], identity=identity)
        for name, (source, identity) in PARENTS.items()
    ]
    return Mapping(tables=(*parents, *one_table(*columns()).tables))


def target_type(name: str) -> str:
    kind = name.rpartition("_")[0]
    return {"words": "BOOLEAN", "created": "TIMESTAMP", "dated": "DATE", **TARGETS}.get(kind, "TEXT")


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    old = ", ".join(f"{name} {kind}" for name, kind in SOURCES.items())
    new = ", ".join(f"{column.target} {target_type(column.target)}" for column in columns())
    words = (
        "CREATE TABLE words (word TEXT PRIMARY KEY, meaning TEXT); INSERT INTO words VALUES ('x', 'ex'), ('1', NULL);"
    )
    script = f"CREATE TABLE old (id INTEGER PRIMARY KEY, {old}); {words}; CREATE TABLE numbers (id INTEGER PRIMARY KEY)"
    parents = "; ".join(f"CREATE TABLE {name} (id TEXT PRIMARY KEY, word TEXT, number INTEGER)" for name in PARENTS)
    with pair(Path(tmp_path_factory.mktemp("agreement")), script, f"CREATE TABLE new ({new}); {parents}") as made:
        yield made


def test_any_value_lands_the_same_by_sql_and_by_the_reference(tables: Pair) -> None:
    compiled = tables.compile(mapping(), "new")
    tables.fill("old", "old", [(number, *row) for number, row in enumerate(generated(700), start=1)])
    tables.fill("old", "words", [("x", "ex"), ("1", None)])
    tables.fill("old", "numbers", [(0,), (1,)])
    tables.fill("new", "matched", [("there", "x", None), ("here", "1", None)])
    tables.fill("new", "either", [("nought", None, 0), ("one", None, 1)])
    known = [("r", "generated", "1", "created", f"[{n}]", f"k{n}", None, 1, None) for n in (0, 1)]
    tables.fill("new", "ferryman_row", known)
    assert tables.problems(compiled) == tables.misfits(compiled)
    pushed, careful = tables.each_column(compiled)
    assert differences(compiled.writes, pushed, careful) == []


def test_an_empty_table_passes_both_ways(tables: Pair) -> None:
    compiled = tables.compile(mapping(), "new")
    tables.fill("old", "old", [])
    assert tables.problems(compiled) == tables.misfits(compiled) == {}
    assert tables.each_column(compiled) == ([], [])


def differences(names: tuple[str, ...], one: object, other: object) -> list[object]:
    assert isinstance(one, list) and isinstance(other, list)
    assert len(one) == len(other)
    return [
        (row, name, ours, theirs)
        for row, (mine, yours) in enumerate(zip(one, other, strict=True))
        for name, ours, theirs in zip(names, mine, yours, strict=True)
        if ours != theirs
    ]

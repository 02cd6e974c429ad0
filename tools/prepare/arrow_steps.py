"""Each named transform over Arrow: the reference. `sqlite_steps` has the same transforms as expressions."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ferryman.domain.errors import Usage
from ferryman.domain.mapping import ColumnMapping, Problem, Strategy
from ferryman.domain.schema import Column, Family
from ferryman.domain.transforms import (
    AddCreatedAt,
    AddMetadataJson,
    AddUpdatedAt,
    ArrayToJson,
    BooleanWords,
    Cast,
    Concat,
    Constant,
    EmptyToNull,
    EpochToTimestamp,
    ForeignKeyTo,
    KeyByType,
    LocalTime,
    Lookup,
    NewId,
    PreserveLegacyId,
    PythonFunction,
    RemapIds,
    Rename,
    Scale,
    Split,
    TextByName,
    TextToDate,
    TextToNumber,
    Trim,
    ValueMap,
)
from ferryman.tools.prepare import moments
from ferryman.tools.prepare.arrays import array_as_json
from ferryman.tools.prepare.arrow_batch import Batch
from ferryman.tools.prepare.arrow_cast import fit, in_words, whole_number
from ferryman.tools.prepare.arrow_links import key_by_type, remap_ids
from ferryman.tools.prepare.arrow_references import new_key, referred_key, stored_as
from ferryman.tools.prepare.arrow_values import (
    Vector,
    as_mask,
    as_text,
    each,
    is_text,
    merged,
    sort_out,
    there,
    torn_apart,
    values_of,
)
from ferryman.tools.prepare.beyond import is_beyond, kind_of
from ferryman.tools.prepare.by_name import text_of_name, texts_in
from ferryman.tools.prepare.lineage import single
from ferryman.tools.prepare.own_function import load
from ferryman.tools.prepare.sqlite_values import TEXTS
from ferryman.tools.prepare.texts import BLANKS, is_number, part_of, plain_number, scaled, text_of

_YEARS = (-62135596800, 253402300799)  #: the seconds of the years 1 to 9999


def column_vector(batch: Batch, mapping: ColumnMapping) -> Vector:
    """What lands in a target column, with the rows that fail on the way there."""
    column, vectors = batch.column(mapping.target), batch.values(mapping)
    if batch.target.dialect != "sqlite" or column.family in TEXTS:
        vectors = [torn_apart(vector) for vector in vectors]
    for step in mapping.steps:
        vectors = _STEPS[type(step)](step, vectors, batch, column)
    made = _settled(single(batch.table, mapping, vectors), batch, column)
    return _with_those_beyond(made, batch, mapping, column)


def _with_those_beyond(made: Vector, batch: Batch, mapping: ColumnMapping, column: Column) -> Vector:
    """What was made, and as texts what goes as it prints; see `beyond`."""
    kind = kind_of(batch.table, mapping, batch.source.table(batch.table.source), (column, batch.target.dialect))
    given = batch.values(mapping)[0].array if kind else None
    if given is None or not is_text(given.type):
        return made
    such = each(given, lambda text: is_beyond(text, kind), pa.bool_()).fill_null(False)
    if not pc.any(such).as_py():
        return made
    problems = tuple((problem, where & ~as_mask(such)) for problem, where in made.problems)
    whole = pc.if_else(such, given, made.array.cast(pa.string()))
    return replace(made, array=whole, problems=tuple(known for known in problems if known[1].any()))


def _settled(vector: Vector, batch: Batch, column: Column) -> Vector:
    """The cast, and what was decided about values that do not fit."""
    dialect, limit = batch.target.dialect, column.length
    if limit is not None and batch.settled(column, Problem.TOO_LONG) is Strategy.TRUNCATE:
        whole = fit(vector, column.but(length=None), dialect)
        cut = pc.binary_slice if column.family is Family.BINARY else pc.utf8_slice_codeunits
        fitting = whole.but(cut(whole.array, 0, limit))
    else:
        fitting = fit(vector, column, dialect)
    left = [known for known in fitting.problems if batch.settled(column, known[0]) is not Strategy.SET_NULL]
    return replace(fitting, problems=tuple(left))


def rename(step: Rename, vectors: list[Vector], batch: Batch, column: Column) -> list[Vector]:
    return vectors


def new_id(step: NewId, vectors: list[Vector], batch: Batch, column: Column) -> list[Vector]:
    return [new_key(batch, vectors, column)]


def foreign_key(step: ForeignKeyTo, vectors: list[Vector], batch: Batch, column: Column) -> list[Vector]:
    nobody = np.any([~there(vector.array) for vector in vectors], axis=0)
    return [replace(referred_key(batch, step, vectors, column), absent=nobody)]


def preserve_legacy_id(step: PreserveLegacyId, vectors: list[Vector], batch: Batch, column: Column) -> list[Vector]:
    if len(vectors) == 1:
        return vectors
    keys = zip(*(values_of(vector) for vector in vectors), strict=True)
    return [Vector(pa.array([None if None in key else _json([_plain(v) for v in key]) for key in keys], pa.string()))]


def add_moment(step: AddCreatedAt | AddUpdatedAt, vectors: list[Vector], batch: Batch, column: Column) -> list[Vector]:
    """The first of the values that is not NULL, else the run's start."""
    if column.family not in (Family.DATE, Family.TIMESTAMP):
        column = _towards(Family.TIMESTAMP, column)
    fitting = [fit(vector, column, batch.target.dialect) for vector in vectors]
    start = moments.naive(batch.run_started)
    kind = pa.date32() if column.family is Family.DATE else pa.timestamp("us")
    first = pa.array([start.date() if column.family is Family.DATE else start] * batch.rows.num_rows, kind)
    for vector in reversed(fitting):
        first = pc.coalesce(vector.array.cast(kind), first)
    return [merged(first, fitting)]


def add_metadata_json(step: AddMetadataJson, vectors: list[Vector], batch: Batch, column: Column) -> list[Vector]:
    names = batch.table.by_target[column.name].source
    keys, printed = [_as_json(part) for part in batch.key()], batch.target.dialect == "postgresql"
    origin = {"table": [_json(batch.table.source)], "key": keys if len(keys) == 1 else _listed(keys, printed)}
    legacy = dict(zip(names, ([_as_json(vector)] for vector in vectors), strict=True))
    parts = _object({"legacy": _object(legacy, printed), "origin": _object(origin, printed)}, printed)
    made = pc.binary_join_element_wise(*parts, pa.array([""] * batch.rows.num_rows, pa.string()), "")
    return [Vector(made, ready=column.family is Family.JSON)]


_Parts = Sequence[str | pa.Array]  #: texts that follow one another


def _object(members: Mapping[str, _Parts], printed: bool) -> _Parts:
    """A JSON object; `printed` as PostgreSQL prints a jsonb, so that what is written reads back the same."""
    names = sorted(members, key=lambda name: (len(name.encode()), name.encode())) if printed else list(members)
    comma, colon = (", ", ": ") if printed else (",", ":")
    parts: list[str | pa.Array] = []
    for number, name in enumerate(names):
        parts += [f"{comma if number else '{'}{_json(name)}{colon}", *members[name]]
    return [*parts, "}"] if names else ["{}"]


def _listed(values: Sequence[pa.Array], printed: bool) -> _Parts:
    comma = ", " if printed else ","
    return ["[", values[0], *(part for value in values[1:] for part in (comma, value)), "]"]


def _as_json(vector: Vector) -> pa.Array:
    """Each value as JSON; NULL as null. Arrow does it where the text of a value is its JSON."""
    array, kind = vector.array, vector.array.type
    if not vector.kinds and pa.types.is_integer(kind):
        made = array.cast(pa.string())
    elif not vector.kinds and is_text(kind) and not as_mask(pc.match_substring_regex(array, _ESCAPED)).any():
        made = pc.binary_join_element_wise('"', array, '"', "")
    else:
        made = pa.array([_json(_plain(value)) for value in values_of(vector)], pa.string())
    return made.fill_null("null")


_ESCAPED = r'["\\\x00-\x1f]'  #: what JSON has to write in another way within a text
_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def _plain(value: Any) -> Any:
    """A stored value as JSON can have it."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, float) and math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def constant(step: Constant, vectors: list[Vector], batch: Batch, column: Column) -> list[Vector]:
    value = int(step.value) if isinstance(step.value, bool) else step.value
    return [Vector(pa.array([value] * batch.rows.num_rows))]


def cast(step: Cast, vectors: list[Vector], batch: Batch, column: Column) -> list[Vector]:
    return [fit(vector, _towards(Family(step.to), column), batch.target.dialect) for vector in vectors]


def _towards(family: Family, column: Column) -> Column:
    return Column(name=column.name, native="", family=family)


def value_map(step: ValueMap, vectors: list[Vector], batch: Batch, column: Column) -> list[Vector]:
    return [_mapped(step, vector) for vector in vectors]


def _mapped(step: ValueMap, vector: Vector) -> Vector:
    pairs = {text_of(pair.old): text_of(pair.new) for pair in step.pairs}

    def rule(old: str) -> str | Problem | None:
        if old in pairs:
            return pairs[old]
        return {"keep": old, "null": None, "stop": Problem.UNMAPPED_VALUE}[step.otherwise]

    text = as_text(vector)
    mapped = sort_out(text, rule, pa.string())
    if pairs.get(None) is None:
        return mapped
    return mapped.but(pc.if_else(pa.array(~there(text.array) & ~text.failed), pairs[None], mapped.array))


def concat(step: Concat, vectors: list[Vector], batch: Batch, column: Column) -> list[Vector]:
    texts = [as_text(vector) for vector in vectors]
    made = texts[0].array
    for text in texts[1:]:  # not by null_handling="skip": pyarrow 26 drops the rows that are NULL throughout
        made = pc.coalesce(pc.binary_join_element_wise(made, text.array, step.separator), made, text.array)
    return [merged(made, texts)]


def split(step: Split, vectors: list[Vector], batch: Batch, column: Column) -> list[Vector]:
    texts = [as_text(vector) for vector in vectors]
    found = [
        each(text.array, lambda value: part_of(value, step.separator, step.part, step.rest), pa.string())
        for text in texts
    ]
    return [text.but(part) for text, part in zip(texts, found, strict=True)]


def lookup(step: Lookup, vectors: list[Vector], batch: Batch, column: Column) -> list[Vector]:
    return [_looked_up(step, vector, batch) for vector in vectors]


def _looked_up(step: Lookup, vector: Vector, batch: Batch) -> Vector:
    key = stored_as(vector, batch.source.table(step.table).column(step.key))
    values = [values_of(key)]
    found = batch.references.lookup(step.table, (step.key,), step.value, values)
    there_is = batch.references.lookup(step.table, (step.key,), step.key, values)
    return key.but(found).failing(Problem.UNMAPPED_VALUE, there(vector.array) & ~there(there_is))


def epoch_to_timestamp(step: EpochToTimestamp, vectors: list[Vector], batch: Batch, column: Column) -> list[Vector]:
    return [vector.by_kind(lambda part: _moment(step.unit, part)) for vector in vectors]


def _moment(unit: str, vector: Vector) -> Vector:
    array, per_second = vector.array, 1 if unit == "s" else 1000
    if pa.types.is_signed_integer(array.type):
        inside = pc.and_(pc.greater_equal(array, _YEARS[0] * per_second), pc.less(array, (_YEARS[1] + 1) * per_second))
        made = vector.failing(Problem.OUT_OF_RANGE, there(array) & ~as_mask(inside))
        return made.but(made.array.cast(pa.int64()).cast(pa.timestamp(unit)).cast(pa.timestamp("us")))

    def rule(value: Any) -> Any:
        number = whole_number(value)
        if number is None and (isinstance(value, float) or (isinstance(value, str) and is_number(value))):
            number = float(value)
        if number is None:
            return Problem.UNCASTABLE
        return moments.from_epoch(number, unit) or Problem.OUT_OF_RANGE

    return sort_out(vector, rule, pa.timestamp("us"))


def scale(step: Scale, vectors: list[Vector], batch: Batch, column: Column) -> list[Vector]:
    return [vector.by_kind(lambda part: _scaled(step, part)) for vector in vectors]


def _scaled(step: Scale, vector: Vector) -> Vector:
    def rule(value: Any) -> str | Problem:
        if isinstance(value, bool | Decimal):
            value = str(value) if isinstance(value, Decimal) else int(value)
        number = isinstance(value, int | float | str)
        made = scaled(value, step.multiply, step.divide, step.places) if number else None
        return Problem.UNCASTABLE if made is None else made

    return sort_out(vector, rule, pa.string())


def array_to_json(step: ArrayToJson, vectors: list[Vector], batch: Batch, column: Column) -> list[Vector]:
    def rule(text: str) -> str | Problem:
        return array_as_json(text, step.of) or Problem.UNCASTABLE

    return [sort_out(as_text(vector), rule, pa.string()) for vector in vectors]


def text_by_name(step: TextByName, vectors: list[Vector], batch: Batch, column: Column) -> list[Vector]:
    def rule(text: str) -> str | Problem | None:
        return Problem.UNCASTABLE if texts_in(text) is None else text_of_name(text, step.names)

    return [sort_out(as_text(vector), rule, pa.string()) for vector in vectors]


def local_time(step: LocalTime, vectors: list[Vector], batch: Batch, column: Column) -> list[Vector]:
    return [vector.by_kind(lambda part: _in_utc(step, part)) for vector in vectors]


def _in_utc(step: LocalTime, vector: Vector) -> Vector:
    def rule(value: Any) -> Any:
        if isinstance(value, str):
            moment = moments.parse_local(value, step.zone, step.doubtful)
        elif isinstance(value, datetime):
            moment = moments.in_utc(value, step.zone, step.doubtful)
        elif isinstance(value, date):
            moment = moments.in_utc(datetime(value.year, value.month, value.day), step.zone, step.doubtful)
        else:
            moment = None
        return moment or Problem.UNCASTABLE

    return sort_out(vector, rule, pa.timestamp("us"))


def text_to_date(step: TextToDate, vectors: list[Vector], batch: Batch, column: Column) -> list[Vector]:
    clock = moments.has_clock(step.format)

    def rule(text: str) -> Any:
        moment = moments.parse_format(text, step.format)
        if moment is None:
            return Problem.UNCASTABLE
        return moment if clock else moment.date()

    return [sort_out(as_text(vector), rule, pa.timestamp("us") if clock else pa.date32()) for vector in vectors]


def text_to_number(step: TextToNumber, vectors: list[Vector], batch: Batch, column: Column) -> list[Vector]:
    def rule(text: str) -> Any:
        return plain_number(text, step.decimal) or Problem.UNCASTABLE

    return [sort_out(as_text(vector), rule, pa.string()) for vector in vectors]


def boolean_words(step: BooleanWords, vectors: list[Vector], batch: Batch, column: Column) -> list[Vector]:
    return [in_words(vector, step) for vector in vectors]


def trim(step: Trim, vectors: list[Vector], batch: Batch, column: Column) -> list[Vector]:
    texts = [as_text(vector) for vector in vectors]
    return [text.but(pc.utf8_trim(text.array, characters=BLANKS)) for text in texts]


def empty_to_null(step: EmptyToNull, vectors: list[Vector], batch: Batch, column: Column) -> list[Vector]:
    texts = [as_text(vector) for vector in vectors]
    return [text.but(pc.if_else(pc.equal(text.array, ""), None, text.array)) for text in texts]


def python(step: PythonFunction, vectors: list[Vector], batch: Batch, column: Column) -> list[Vector]:
    """See `transforms.PythonFunction`."""
    made = load(step, batch.folder)(*(vector.array for vector in vectors))
    if not isinstance(made, pa.Array) or len(made) != batch.rows.num_rows:
        raise Usage(
            f"{step.function} must give one pyarrow.Array with a value for each row.",
            "Mend the function, and plan again.",
            table=batch.table.target,
        )
    return [Vector(made)]


_STEPS: dict[type, Callable[[Any, list[Vector], Batch, Column], list[Vector]]] = {
    Rename: rename,
    NewId: new_id,
    PreserveLegacyId: preserve_legacy_id,
    ForeignKeyTo: foreign_key,
    AddCreatedAt: add_moment,
    AddUpdatedAt: add_moment,
    AddMetadataJson: add_metadata_json,
    Constant: constant,
    Cast: cast,
    ValueMap: value_map,
    Concat: concat,
    Split: split,
    Lookup: lookup,
    EpochToTimestamp: epoch_to_timestamp,
    Scale: scale,
    ArrayToJson: array_to_json,
    TextByName: text_by_name,
    LocalTime: local_time,
    TextToDate: text_to_date,
    TextToNumber: text_to_number,
    BooleanWords: boolean_words,
    Trim: trim,
    EmptyToNull: empty_to_null,
    KeyByType: key_by_type,
    RemapIds: remap_ids,
    PythonFunction: python,
}

"""Whether a value can become what its column holds: its family after each step, and which families go together."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ferryman.domain.fit_names import Path, closest
from ferryman.domain.mapping import (
    ColumnMapping,
    Derived,
    Generated,
    Mapping,
    Matched,
    Shape,
    TableMapping,
)
from ferryman.domain.schema import Column, Database, Family, Table
from ferryman.domain.transforms import (
    AddMetadataJson,
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
    NewId,
    PreserveLegacyId,
    PythonFunction,
    RemapIds,
    Rename,
    Scalar,
    Scale,
    Split,
    TextByName,
    TextToDate,
    TextToNumber,
    Transform,
    Trim,
)

Wrong = tuple[Path, str, str]  #: where within the column mapping, what, what would fit

_NUMBERS = frozenset((Family.INTEGER, Family.DECIMAL, Family.FLOAT))
_TEXTS = frozenset((Family.TEXT, Family.ENUM))
_MOMENTS = frozenset((Family.DATE, Family.TIMESTAMP))
_ANY = frozenset(Family)

#: What a value of a family can be cast to; itself, TEXT and OTHER are always among them.
_BECOMES: dict[Family, frozenset[Family]] = {
    Family.BOOLEAN: _NUMBERS | _TEXTS,
    Family.INTEGER: _NUMBERS | _TEXTS | {Family.BOOLEAN},
    Family.DECIMAL: _NUMBERS | _TEXTS | {Family.BOOLEAN},
    Family.FLOAT: _NUMBERS | _TEXTS | {Family.BOOLEAN},
    Family.TEXT: _ANY - {Family.BINARY},
    Family.ENUM: _ANY - {Family.BINARY},
    Family.DATE: _MOMENTS | _TEXTS,
    Family.TIME: frozenset((Family.TIME, *_TEXTS)),
    Family.TIMESTAMP: _MOMENTS | _TEXTS | {Family.TIME},
    Family.JSON: frozenset((Family.JSON, *_TEXTS)),
    Family.UUID: frozenset((Family.UUID, Family.BINARY, *_TEXTS)),
    Family.BINARY: frozenset((Family.BINARY, Family.UUID)),
    Family.OTHER: _ANY,
}

_OF_TEXT = (Split, TextToDate, TextToNumber, BooleanWords, Trim, EmptyToNull, ArrayToJson, TextByName)
#: Of MariaDB and MySQL.
#: Types whose values are texts of a form that only the server knows.
_FORMS = re.compile(r"inet|cidr|macaddr8?|xml|inet4|inet6|set\(.*\)", re.IGNORECASE | re.DOTALL)
_GEOMETRIES = frozenset(
    "geometry point linestring polygon multipoint multilinestring multipolygon geometrycollection".split()
)
_ONE_SOURCE = (*_OF_TEXT, RemapIds, EpochToTimestamp, Scale, LocalTime, Cast)


@dataclass(frozen=True)
class Flow:
    """Where a column mapping stands."""

    table: TableMapping
    mapping: Mapping
    ours: Table
    theirs: Table
    target: Database


def becomes(family: Family, other: Family) -> bool:
    """Whether values of one family can be cast to another, some of them at least."""
    return other is family or other is Family.OTHER or other in _BECOMES[family]


def has_a_form(column: Column) -> bool:
    """Whether a column of texts takes only those of a form that the server knows: addresses, XML, members of a set."""
    return column.family is Family.TEXT and _FORMS.fullmatch(column.native) is not None


def is_geometry(column: Column, dialect: str) -> bool:
    """Whether a column takes the bytes of a geometry alone, and no text of one."""
    return dialect == "mysql" and column.native.lower() in _GEOMETRIES


def flow_of(column: ColumnMapping, flow: Flow) -> Wrong | None:
    """The first thing that is wrong on a value's way into its column; None when it can arrive. Names are known."""
    family = _first_family(column, flow)
    if len(column.source) > 1 and not _joins(column):
        return (
            ("source",),
            f"{len(column.source)} legacy columns for {column.target}",
            "a concat step first, or one column",
        )
    for number, step in enumerate(column.steps):
        wrong = _step_wrong(step, number, column, family)
        if wrong is not None:
            return wrong
        family = _after(step, family, flow)
    theirs = flow.theirs.column(column.target)
    return _arrival_wrong(column, family, theirs) or _shape_wrong(column, theirs, flow)


def _first_family(column: ColumnMapping, flow: Flow) -> Family | None:
    """The family of the legacy value; None when there is none yet, or more than one column gives it."""
    if len(column.source) != 1:
        return None
    found = flow.ours.by_name.get(column.source[0])
    return found.family if found else Family.INTEGER


def _joins(column: ColumnMapping) -> bool:
    first = column.steps[0] if column.steps else None
    if isinstance(first, KeyByType):
        return len(column.source) == 2
    return isinstance(first, Concat | PythonFunction | AddMetadataJson | NewId | PreserveLegacyId | ForeignKeyTo)


def _step_wrong(step: Transform, number: int, column: ColumnMapping, family: Family | None) -> Wrong | None:
    here: Path = ("steps", number)
    if isinstance(step, _ONE_SOURCE) and not column.source and number == 0:
        return here, f"{step.use} has nothing to work on", "a source column"
    if isinstance(step, KeyByType) and (number or len(column.source) != 2):
        return here, f"{step.use} takes a type and an id", "two source columns, and no step before it"
    if isinstance(step, EpochToTimestamp) and family not in (*_NUMBERS, Family.OTHER, *_MOMENTS):
        return here, f"{step.use} takes numbers, and this is {_said(family)}", _epoch_hint(family)
    if isinstance(step, Scale) and family in (*_MOMENTS, Family.TIME, Family.UUID, Family.BINARY, Family.JSON):
        return here, f"{step.use} takes numbers, and this is {_said(family)}", "leave the step out"
    if isinstance(step, LocalTime) and family not in (*_MOMENTS, *_TEXTS, Family.OTHER):
        return here, f"{step.use} takes moments, and this is {_said(family)}", "leave the step out"
    if isinstance(step, _OF_TEXT) and family is Family.BINARY:
        return here, f"{step.use} takes text, and this is {_said(family)}", "a cast to text before it"
    if isinstance(step, Cast):
        return _cast_wrong(step, here, family)
    return None


def _epoch_hint(family: Family | None) -> str:
    return "a text_to_date step" if family in _TEXTS else "leave the step out"


def _cast_wrong(step: Cast, here: Path, family: Family | None) -> Wrong | None:
    names = [known.value for known in Family]
    if step.to not in names:
        return (*here, "to"), f"there is no family {step.to}", closest(step.to, names)
    if family is not None and not becomes(family, Family(step.to)):
        return (*here, "to"), f"{_said(family)} cannot become {_said(Family(step.to))}", _would_become(family)
    return None


def _after(step: Transform, family: Family | None, flow: Flow) -> Family | None:
    """The family of the value after a step; None when anything may come out of it."""
    if step.use in _ALWAYS:
        return _ALWAYS[step.use]
    match step:
        case Cast():
            return Family(step.to)
        case Constant():
            return _family_of(step.value)
        case NewId():
            return _key_family(flow.table, flow)
        case ForeignKeyTo():
            parent = flow.mapping.feeding(step.parent, step.source)
            return None if step.column or parent is None else _key_family(parent, flow)
        case PreserveLegacyId() if len(flow.table.key) > 1:
            return Family.TEXT
        case EmptyToNull() | PreserveLegacyId() | Rename():
            return family
    return None


#: What always comes out of a step, by its name.
_ALWAYS = {
    "epoch_to_timestamp": Family.TIMESTAMP,
    "scale": Family.DECIMAL,
    "array_to_json": Family.JSON,
    "text_by_name": Family.TEXT,
    "local_time": Family.TIMESTAMP,
    "text_to_date": Family.TIMESTAMP,
    "text_to_number": Family.TEXT,
    "add_created_at": Family.TIMESTAMP,
    "add_updated_at": Family.TIMESTAMP,
    "add_metadata_json": Family.JSON,
    "concat": Family.TEXT,
    "split": Family.TEXT,
    "trim": Family.TEXT,
    "remap_ids": Family.TEXT,
    "boolean_words": Family.BOOLEAN,
}


def _family_of(value: Scalar) -> Family | None:
    """Texts and NULL may stand for anything: their cast is tried when rows are read."""
    if isinstance(value, bool):
        return Family.BOOLEAN
    if isinstance(value, int):
        return Family.INTEGER
    return Family.FLOAT if isinstance(value, float) else None


def _key_family(table: TableMapping, flow: Flow) -> Family | None:
    """The family of a table's new keys; None when the catalogue decides."""
    identity = table.identity
    if isinstance(identity, Derived):
        return Family.BINARY if identity.shape is Shape.BINARY else Family.UUID
    if isinstance(identity, Generated):
        return Family.INTEGER
    if isinstance(identity, Matched):
        return None
    theirs = flow.target.by_name.get(table.target)
    key = [theirs.column(name).family for name in theirs.primary_key] if theirs else []
    return key[0] if len(key) == 1 else None


def _arrival_wrong(column: ColumnMapping, family: Family | None, theirs: Column) -> Wrong | None:
    if family is None or becomes(family, theirs.family):
        return None
    return (
        ("steps",),
        f"{_said(family)} cannot go into {theirs.name}, which holds {_said(theirs.family)}",
        _hint(family, theirs),
    )


def _hint(family: Family, theirs: Column) -> str:
    if family in _NUMBERS and theirs.family in _MOMENTS:
        return "an epoch_to_timestamp step"
    return _would_become(family)


def _would_become(family: Family) -> str:
    names = sorted({known.value for known in Family if becomes(family, known)} - {Family.OTHER.value})
    return f"{_said(family)} can become {', '.join(names)}"


def _shape_wrong(column: ColumnMapping, theirs: Column, flow: Flow) -> Wrong | None:
    """A derived id needs its room."""
    identity = flow.table.identity
    policy = identity.otherwise if isinstance(identity, Matched) else identity
    if not column.uses(NewId) or not isinstance(policy, Derived) or theirs.length is None:
        return None
    room = {Shape.DASHED: 36, Shape.HEX: 32, Shape.BINARY: 16}[policy.shape]
    if theirs.length >= room or theirs.family is Family.UUID:
        return None
    return (
        ("target",),
        f"{theirs.name} holds {theirs.length} characters, and these ids have {room}",
        "another shape, or kept",
    )


def _said(family: Family | None) -> str:
    return family.value if family else "no value"

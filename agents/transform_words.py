"""What a transform does to a value, in a clause: "as it is", "by the new key of its customers row"."""

from __future__ import annotations

from ferryman.agents.wording import clean, listed
from ferryman.domain.filters import AllOf, Comparison, Filter, Operator
from ferryman.domain.mapping import ColumnMapping
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
    Transform,
    Trim,
    ValueMap,
)

_FIXED: dict[type, str] = {
    Rename: "as it is",
    NewId: "as the row's new key",
    PreserveLegacyId: "as the old key, kept beside the new one",
    AddCreatedAt: "as it is, or the start of the run where the old value is empty",
    AddUpdatedAt: "as it is, or the start of the run where the old value is empty",
    ArrayToJson: "as an array of JSON",
    AddMetadataJson: "into a JSON value, under the old column's name",
    EpochToTimestamp: "turned from seconds since 1970 into a date and time",
    BooleanWords: "turned from words like yes and no into true and false",
    Trim: "without blanks around it",
    EmptyToNull: "with NULL for empty texts",
}


def step_words(step: Transform) -> str:
    """One step as a clause that follows "it is written"."""
    match step:
        case ForeignKeyTo():
            of = f" and that came from {clean(step.source)}" if step.source else ""
            return f"as the new key of the {clean(step.parent)} row that it refers to{of}"
        case Constant():
            return f"as the same value in every row: {clean(str(step.value))}"
        case Cast():
            return f"converted to {clean(step.to)}"
        case ValueMap():
            return f"translated: {_pairs(step)}"
        case Lookup():
            return f"as {clean(step.value)} of the {clean(step.table)} row that it names"
        case PythonFunction():
            return f"by your function {clean(step.function)}"
        case KeyByType() | RemapIds():
            return _link_step(step)
    return _FIXED.get(type(step)) or _text_step(step)


def _link_step(step: KeyByType | RemapIds) -> str:
    if isinstance(step, RemapIds):
        rest = "left out" if step.missing == "drop" else "asked about"
        return f"with the new keys of {clean(step.parent)} for the ids in it; ids that are not there are {rest}"
    told = [f"{clean(pair.parent)} where it says {clean(str(pair.type))}" for pair in step.parents]
    others = {"null": "others become NULL", "stop": "others stop the run"}[step.otherwise]
    return f"as the new key of a row of {listed(told, 5)}; {others}"


def _text_step(step: Transform) -> str:
    match step:
        case Concat():
            return f"joined with {step.separator!r} between the parts"
        case Scale():
            return _scale_words(step)
        case Split():
            return _split_words(step)
        case TextByName():
            return f"as what it holds for {', or else '.join(clean(name) for name in step.names)}"
        case LocalTime():
            return f"read as the time on a clock of {clean(step.zone)}"
        case TextToDate():
            return f"read as a date written like {clean(step.format)}"
        case TextToNumber():
            return f"read as a number with a {'comma' if step.decimal == ',' else 'point'} before the decimals"
    return "as it is"


_SEPARATORS = {" ": "blank", ",": "comma", ", ": "comma"}
#: by the part that is taken, and whether the rest comes along
_PLACES = {
    (1, False): "before the first",
    (2, True): "after the first",
    (-1, False): "after the last",
    (-2, True): "before the last",
}


def _split_words(step: Split) -> str:
    """Which part of a text: "what stands before the first comma"."""
    between = _SEPARATORS.get(step.separator, repr(step.separator))
    if where := _PLACES.get((step.part, step.rest)):
        return f"what stands {where} {between}"
    which = f"part {abs(step.part)}{' from the end' if step.part < 0 else ''} of the text, at each {between}"
    return f"{which}, and all {'after' if step.part > 0 else 'before'} it" if step.rest else which


def _scale_words(step: Scale) -> str:
    told = [f"multiplied by {step.multiply:,}"] if step.multiply > 1 else []
    told += [f"divided by {step.divide:,}"] if step.divide > 1 else []
    told += [f"rounded to {step.places} places" if step.places else "rounded"] if step.places is not None else []
    return listed(told) or "as a number"


def _pairs(step: ValueMap) -> str:
    said = [f"{clean(str(pair.old))} becomes {clean(str(pair.new))}" for pair in step.pairs]
    rest = {"keep": "others stay", "null": "others become NULL", "stop": "others stop the run and are asked about"}
    return f"{listed(said, 5)}; {rest[step.otherwise]}"


def how(line: ColumnMapping) -> str:
    """All steps of a column, in order."""
    told = [step_words(step) for step in line.steps if not isinstance(step, Rename)]
    return ", then ".join(told) or "as it is"


_WORDS = {
    Operator.EQUAL: "is",
    Operator.UNEQUAL: "is not",
    Operator.LESS: "is less than",
    Operator.AT_MOST: "is at most",
    Operator.GREATER: "is more than",
    Operator.AT_LEAST: "is at least",
    Operator.ONE_OF: "is one of",
    Operator.NONE_OF: "is none of",
    Operator.IS_NULL: "is empty",
    Operator.NOT_NULL: "is not empty",
}


_ONE = {Operator.ONE_OF: Operator.EQUAL, Operator.NONE_OF: Operator.UNEQUAL}


def filter_words(condition: Filter) -> str:
    """A filter in words: "created_on is at least 2015-01-01"."""
    if isinstance(condition, Comparison):
        values = tuple(dict.fromkeys(clean(str(value)).strip() or "blank" for value in condition.values))
        op = _ONE[condition.op] if len(values) == 1 and condition.op in _ONE else condition.op
        return f"{clean(condition.column)} {_WORDS[op]} {listed(values, joined='or')}".strip()
    joined = "and" if isinstance(condition, AllOf) else "or"
    return f" {joined} ".join(filter_words(part) for part in condition.of)

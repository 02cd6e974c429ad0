"""Which rows take part: typed predicates over legacy columns, never SQL text."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from ferryman.domain.model import Frozen
from ferryman.domain.transforms import Scalar


class Operator(StrEnum):
    EQUAL = "="
    UNEQUAL = "!="
    LESS = "<"
    AT_MOST = "<="
    GREATER = ">"
    AT_LEAST = ">="
    ONE_OF = "in"
    NONE_OF = "not in"
    IS_NULL = "is null"
    NOT_NULL = "is not null"


class Comparison(Frozen):
    """A column against a value; `values` holds one for comparisons, several for in / not in, none for NULL tests.

    A comparison with NULL in the row is not true, as in SQL.
    """

    test: Literal["column"] = "column"
    column: str
    op: Operator
    values: tuple[Scalar, ...] = ()


class AllOf(Frozen):
    test: Literal["all"] = "all"
    of: tuple[Filter, ...]


class AnyOf(Frozen):
    test: Literal["any"] = "any"
    of: tuple[Filter, ...]


Filter = Annotated[Comparison | AllOf | AnyOf, Field(discriminator="test")]
AllOf.model_rebuild()
AnyOf.model_rebuild()


def of_one_value(condition: Filter | None) -> dict[str, Comparison]:
    """The columns of which a filter lets one value through, each with the condition that says so."""
    if isinstance(condition, AllOf):
        return {name: test for part in condition.of for name, test in of_one_value(part).items()}
    if not isinstance(condition, Comparison) or len(condition.values) != 1:
        return {}
    return {condition.column: condition} if condition.op in (Operator.EQUAL, Operator.ONE_OF) else {}


def columns_of(condition: Filter) -> tuple[str, ...]:
    """Every legacy column that a filter reads, in order of first use."""
    if isinstance(condition, Comparison):
        return (condition.column,)
    return tuple(dict.fromkeys(name for part in condition.of for name in columns_of(part)))


def describe(condition: Filter) -> str:
    """The filter in words, e.g. "created_at > 2015-01-01 and status in (1, 2)"."""
    if isinstance(condition, Comparison):
        if not condition.values:
            return f"{condition.column} {condition.op.value}"
        if condition.op in (Operator.ONE_OF, Operator.NONE_OF):
            return f"{condition.column} {condition.op.value} ({', '.join(map(str, condition.values))})"
        return f"{condition.column} {condition.op.value} {condition.values[0]}"
    joined = (" and " if isinstance(condition, AllOf) else " or ").join(describe(part) for part in condition.of)
    return f"({joined})"

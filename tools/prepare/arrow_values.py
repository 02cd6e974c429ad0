"""A legacy value on its way as an Arrow array: the reference that the SQL expressions are held against.

`Dialect.read` gives a column whose values are of several kinds as strings and says so. Here such a column is taken
apart into arrays of one kind each, so that every rule is written for one kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ferryman.domain.mapping import Problem
from ferryman.tools.databases.arrow import unfit
from ferryman.tools.prepare import moments
from ferryman.tools.prepare.texts import Stored

Mask = npt.NDArray[np.bool_]  #: one per row

_INTEGER = re.compile(r"0|-?[1-9][0-9]*", re.ASCII)
_BLOB = re.compile(r"X'([0-9A-F]{2})*'", re.ASCII)


@dataclass(frozen=True)
class Vector:
    """An array of one value per row, with the rows that have failed on the way. A failed row holds NULL."""

    array: pa.Array
    kinds: tuple[str, ...] = ()  #: where strings stand for values of several kinds, which: see `databases.arrow`
    absent: Mask | None = None  #: of a reference: the rows that name no parent
    ready: bool = False  #: a key as the target has it: only its Arrow type may still change
    problems: tuple[tuple[Problem, Mask], ...] = ()

    def __len__(self) -> int:
        return len(self.array)

    @property
    def failed(self) -> Mask:
        """The rows that have failed."""
        masks = [mask for _, mask in self.problems]
        return np.logical_or.reduce(masks) if masks else np.zeros(len(self), bool)

    def but(self, array: pa.Array, *, ready: bool = False) -> Vector:
        return replace(self, array=array, kinds=(), ready=ready)

    def failing(self, problem: Problem, where: Mask) -> Vector:
        """The same, with rows that fail; those that did before keep their first problem."""
        fresh = where & ~self.failed
        if not fresh.any():
            return self
        blank = pc.if_else(pa.array(fresh), pa.scalar(None, self.array.type), self.array)
        return replace(self, array=blank, problems=(*self.problems, (problem, fresh)))

    def by_kind(self, rule: Callable[[Vector], Vector]) -> Vector:
        """A rule for arrays of one kind, applied to each kind of this one."""
        if not self.kinds or not len(self):
            return rule(replace(self, kinds=()))
        parts = [(where, rule(Vector(array))) for where, array in _taken_apart(self.array, self.kinds)]
        whole = _put_together(len(self), [(where, part.array) for where, part in parts])
        made = self.but(whole)
        for where, part in parts:
            for problem, mask in part.problems:
                spread = np.zeros(len(self), bool)
                spread[where] = mask
                made = made.failing(problem, spread)
        return made


def legacy(batch: pa.RecordBatch, name: str) -> Vector:
    """A legacy column as it was read."""
    field = batch.schema.field(name)
    return Vector(batch.column(name), unfit(field))


def torn_apart(vector: Vector) -> Vector:
    """The same, failing where a text is not UTF-8: such a column is read as SQL literals of bytes among texts.

    A text that only looks like such a literal, beside one that is one, fails with it: nothing tells the two apart.
    """
    if not vector.kinds or "blob" in vector.kinds or not is_text(vector.array.type):
        return vector
    return vector.failing(Problem.UNCASTABLE, as_mask(pc.match_substring_regex(vector.array, f"^({_BLOB.pattern})$")))


def merged(array: pa.Array, of: Sequence[Vector]) -> Vector:
    """What was made of several; a row fails where one of them did."""
    made = Vector(array)
    for vector in of:
        for problem, mask in vector.problems:
            made = made.failing(problem, mask)
    return made


def as_text(vector: Vector) -> Vector:
    """Numbers as Python prints them, texts as they are; bytes do not fit."""
    return vector.by_kind(_text_of_kind)


def _text_of_kind(vector: Vector) -> Vector:
    array, kind = vector.array, vector.array.type
    if is_text(kind):
        return vector
    if is_bytes(kind):
        return vector.but(pa.nulls(len(array), pa.string())).failing(Problem.UNCASTABLE, there(array))
    if pa.types.is_boolean(kind):
        return vector.but(array.cast(pa.int8()).cast(pa.string()))
    if pa.types.is_integer(kind) or pa.types.is_null(kind):
        return vector.but(array.cast(pa.string()))
    return vector.but(each(array, _printed, pa.string()))


def _printed(value: Any) -> str:
    if isinstance(value, float):
        return repr(value)
    return moments.timestamp_text(value) if hasattr(value, "hour") and hasattr(value, "year") else str(value)


def values_of(vector: Vector) -> list[Stored]:
    """What was stored, one by one. Dates and other types that JSON has not are as their text."""
    if vector.kinds:
        return [value if value is None else as_stored(value, vector.kinds) for value in vector.array.to_pylist()]
    plain = (bool, int, float, str, bytes, type(None))
    return [value if isinstance(value, plain) else _printed(value) for value in vector.array.to_pylist()]


def each(array: pa.Array, function: Callable[[Any], Any], to: pa.DataType) -> pa.Array:
    """A Python function over the distinct values of an array; NULL stays NULL."""
    coded = array.dictionary_encode()
    made = pa.array([None if value is None else function(value) for value in coded.dictionary.to_pylist()], to)
    return made.take(coded.indices)


def sort_out(vector: Vector, rule: Callable[[Any], Any], to: pa.DataType) -> Vector:
    """A rule in Python that makes of each distinct value another one, or names the problem with it."""
    coded = vector.array.dictionary_encode()
    made = [None if value is None else rule(value) for value in coded.dictionary.to_pylist()]
    array = pa.array([None if isinstance(one, Problem) else one for one in made], to)
    answer = vector.but(array.take(coded.indices))
    for problem in dict.fromkeys(one for one in made if isinstance(one, Problem)):
        flags = pa.array([one is problem for one in made], pa.bool_())
        answer = answer.failing(problem, as_mask(flags.take(coded.indices)))
    return answer


def there(array: pa.Array) -> Mask:
    """The rows that are not NULL."""
    return as_mask(array.is_valid())


def as_mask(flags: pa.Array | pa.ChunkedArray) -> Mask:
    """True where the flag is; NULL counts as false."""
    return np.asarray(pc.fill_null(flags, False).to_numpy(zero_copy_only=False), bool)


def is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def is_bytes(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind))


def _taken_apart(array: pa.Array, kinds: Sequence[str]) -> Iterator[tuple[npt.NDArray[np.intp], pa.Array]]:
    """Row positions and values of each kind; NULLs go with the texts."""
    values = [value if value is None else as_stored(value, kinds) for value in array.to_pylist()]
    for kind, to in ((int, pa.int64()), (float, pa.float64()), (bytes, pa.binary()), (str, pa.string())):
        rows = [row for row, value in enumerate(values) if type(value) is kind or (value is None and kind is str)]
        if rows:
            yield np.array(rows), pa.array([values[row] for row in rows], to)


def _put_together(rows: int, parts: Sequence[tuple[npt.NDArray[np.intp], pa.Array]]) -> pa.Array:
    places = np.concatenate([where for where, _ in parts]) if parts else np.zeros(0, np.intp)
    back = np.empty(rows, np.intp)
    back[places] = np.arange(rows)
    return pa.concat_arrays([array for _, array in parts]).take(pa.array(back))


def as_stored(text: str, kinds: Sequence[str]) -> Stored:
    """One value of a column of several kinds. A text that prints as a number of such a column counts as one."""
    if "integer" in kinds and _INTEGER.fullmatch(text) and -(2**63) <= int(text) < 2**63:
        return int(text)
    if "blob" in kinds and _BLOB.fullmatch(text):
        return bytes.fromhex(text[2:-1])
    if "real" in kinds:
        try:
            number = float(text)
        except ValueError:
            return text
        return number if repr(number) == text else text
    return text

"""How alike the rows of two columns look, from their profiles: shapes, ranges, lengths, NULLs, repetition."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ferryman.domain.profile import ColumnProfile
from ferryman.tools.discover.affinity import Matrix, closeness
from ferryman.tools.discover.side import Bools, Ints

Numbers = NDArray[np.float64]

UNKNOWN = 0.5
_FARTHEST = 1e300  #: what is farther from zero is taken for this
_BUCKETS = 256  #: masked shapes are counted by hash, so that any number of them compares in one product
_SHAPES, _RANGE, _LENGTH, _DISTINCT, _NULLS = 3.0, 2.0, 1.0, 1.0, 0.5  #: what each kind of likeness weighs


@dataclass(frozen=True)
class Portrait:
    """The profiles of all columns of a side as arrays; NaN, or zeros in `shapes`, where a figure is unknown."""

    shapes: Matrix  #: columns x buckets, each row of length 1
    lowest: Numbers
    highest: Numbers
    length: Matrix  #: log2 of the longest text
    distinct: Matrix  #: share of distinct values
    nulls: Matrix  #: share of NULLs

    @property
    def known(self) -> bool:
        return not bool(np.isnan(self.nulls).all())


def portrait(profiles: Sequence[ColumnProfile | None], rows: Ints) -> Portrait:
    """The portrait of columns, given the profile of each (None for none) and the row count of its table."""
    counted = [(p, max(1, int(n))) for p, n in zip(profiles, rows, strict=True)]
    lengths = [np.log2(p.longest) if p and p.longest else np.nan for p in profiles]
    distinct = [p.distinct / (p.sampled or n) if p and p.distinct is not None else np.nan for p, n in counted]
    nulls = [p.nulls / n if p else np.nan for p, n in counted]
    return Portrait(
        _shapes(profiles), _numbers([p.lowest if p else None for p in profiles]),
        _numbers([p.highest if p else None for p in profiles]), np.array(lengths, dtype=np.float32),
        np.array(distinct, dtype=np.float32), np.array(nulls, dtype=np.float32),
    )  # fmt: skip


def _shapes(profiles: Sequence[ColumnProfile | None]) -> Matrix:
    table = np.zeros((len(profiles), _BUCKETS), dtype=np.float32)
    for i, profile in enumerate(profiles):
        for shape, count in profile.shapes.items() if profile else ():
            table[i, zlib.crc32(shape.encode()) % _BUCKETS] += count
    return np.asarray(table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-9), dtype=np.float32)


def _numbers(values: Sequence[int | float | str | None]) -> Numbers:
    return np.array([_within_reach(v) if isinstance(v, int | float) else np.nan for v in values], dtype=np.float64)


def _within_reach(value: float) -> float:
    """A number whose distance to any other is one, too; NaN stays NaN."""
    return math.nan if value != value else float(max(-_FARTHEST, min(_FARTHEST, value)))


def values_alike(ours: Portrait, theirs: Portrait) -> Matrix:
    """For each pair of columns how alike their values are, 0..1; 0.5 where nothing can be compared."""
    size = (len(ours.nulls), len(theirs.nulls))
    if not ours.known or not theirs.known:
        return np.full(size, UNKNOWN, dtype=np.float32)
    total, weight = np.zeros(size, dtype=np.float32), np.zeros(size, dtype=np.float32)
    for share, known, likeness in (
        (_SHAPES, _both(_blank(ours), _blank(theirs)), ours.shapes @ theirs.shapes.T),
        (_RANGE, _both(ours.lowest, theirs.lowest), _overlap(ours, theirs)),
        (_LENGTH, _both(ours.length, theirs.length), closeness(ours.length, theirs.length, 3)),
        (_DISTINCT, _both(ours.distinct, theirs.distinct), closeness(ours.distinct, theirs.distinct, 1)),
        (_NULLS, _both(ours.nulls, theirs.nulls), closeness(ours.nulls, theirs.nulls, 1)),
    ):
        total += np.where(known, share * likeness, 0)
        weight += np.where(known, share, 0)
    told = weight > _NULLS
    return np.asarray(np.where(told, total / np.maximum(weight, 1e-6), UNKNOWN), dtype=np.float32)


def _blank(portrait: Portrait) -> Matrix:
    """NaN for each column without shapes."""
    return np.where(portrait.shapes.sum(axis=1) > 0, 1.0, np.nan).astype(np.float32)


def _both(ours: Matrix | Numbers, theirs: Matrix | Numbers) -> Bools:
    return np.asarray(~np.isnan(ours)[:, None] & ~np.isnan(theirs)[None, :])


def _overlap(ours: Portrait, theirs: Portrait) -> Matrix:
    """The share of two ranges of numbers that is in both; 1 for two equal points."""
    low, high = np.fmax.outer(ours.lowest, theirs.lowest), np.fmin.outer(ours.highest, theirs.highest)
    span = np.fmax.outer(ours.highest, theirs.highest) - np.fmin.outer(ours.lowest, theirs.lowest)
    return np.asarray(np.where(span > 0, np.clip(high - low, 0, None) / np.maximum(span, 1e-9), 1.0), dtype=np.float32)

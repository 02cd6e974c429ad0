"""How well the kinds of values of two columns fit: families, lengths, numbers, and what profiles saw in the rows."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ferryman.domain.profile import ColumnProfile
from ferryman.domain.schema import Column, Family

Matrix = NDArray[np.float32]

FAMILIES = tuple(Family)

#: how readily a source value (left) becomes a target value (right); what is not named is 0.3, equal families 1
_FITS = {
    "boolean": {"integer": 0.75, "enum": 0.6, "text": 0.45, "decimal": 0.4, "date": 0.35, "timestamp": 0.4},
    "integer": {"decimal": 0.85, "float": 0.8, "boolean": 0.8, "text": 0.6, "enum": 0.65, "uuid": 0.55,
                "timestamp": 0.75, "date": 0.6, "time": 0.5, "json": 0.35},
    "decimal": {"float": 0.95, "integer": 0.8, "text": 0.5, "boolean": 0.4},
    "float": {"decimal": 0.95, "integer": 0.75, "text": 0.5, "boolean": 0.4},
    "text": {"enum": 0.85, "uuid": 0.7, "json": 0.7, "date": 0.6, "timestamp": 0.6, "time": 0.55, "integer": 0.5,
             "decimal": 0.5, "float": 0.5, "boolean": 0.5, "binary": 0.5},
    "date": {"timestamp": 0.95, "text": 0.5, "integer": 0.45, "boolean": 0.35},
    "time": {"timestamp": 0.6, "text": 0.5, "integer": 0.45},
    "timestamp": {"date": 0.9, "time": 0.55, "text": 0.5, "integer": 0.65, "boolean": 0.35},
    "json": {"text": 0.8, "other": 0.6},
    "uuid": {"text": 0.8, "binary": 0.7, "integer": 0.5},
    "binary": {"text": 0.55, "uuid": 0.6},
    "enum": {"text": 0.9, "integer": 0.7, "boolean": 0.6},
    "other": {"json": 0.7, "text": 0.6},
}  # fmt: skip
_STRANGERS = 0.3
_SHAPES = (
    (re.compile(r"9{4}-9{1,2}-9{1,2}$"), Family.DATE),
    (re.compile(r"9{4}-9{1,2}-9{1,2}[ TAa]9{1,2}:9{2}"), Family.TIMESTAMP),
    (re.compile(r"9{1,2}[./]9{1,2}[./]9{2,4}$"), Family.DATE),
)


def fitting() -> Matrix:
    """FAMILIES x FAMILIES: how readily values of the first become values of the second, 0..1."""
    table = np.full((len(FAMILIES), len(FAMILIES)), _STRANGERS, dtype=np.float32)
    for i, ours in enumerate(FAMILIES):
        table[i, i] = 1.0
        for j, theirs in enumerate(FAMILIES):
            table[i, j] = _FITS[ours.value].get(theirs.value, table[i, j])
    return table


def seen_family(column: Column, profile: ColumnProfile | None) -> Family:
    """The family of a column's values: the declared one, unless its rows all look like dates or like yes and no."""
    if profile is None or column.family not in (Family.TEXT, Family.INTEGER):
        return column.family
    if column.family is Family.INTEGER:
        yes_no = profile.lowest == 0 and profile.highest == 1 and (profile.distinct or 0) == 2
        return Family.BOOLEAN if yes_no else Family.INTEGER
    for pattern, family in _SHAPES:
        if profile.shapes and all(pattern.match(shape) for shape in profile.shapes):
            return family
    return Family.TEXT


def numbers(columns: Sequence[Column]) -> tuple[Matrix, Matrix]:
    """(lengths of texts as log2, scales of decimals); NaN where a column has none."""
    lengths = [np.log2(c.length) if c.length and c.family in (Family.TEXT, Family.UUID) else np.nan for c in columns]
    scales = [float(c.scale) if c.scale is not None and c.family is Family.DECIMAL else np.nan for c in columns]
    return np.array(lengths, dtype=np.float32), np.array(scales, dtype=np.float32)


def closeness(ours: Matrix, theirs: Matrix, scale: float) -> Matrix:
    """1 for equal figures, falling to 0 at `scale` apart; 0.5 where one has none."""
    apart = np.abs(ours[:, None] - theirs[None, :])
    return np.asarray(np.where(np.isnan(apart), 0.5, np.clip(1 - apart / scale, 0, 1)), dtype=np.float32)

"""Sums of row digests: two sets of rows are the same when their sums are, in whatever order the rows came.

A row's digest is BLAKE2b of its canonical bytes, 128 bits; a sum adds their two halves modulo 2**64. Sums are kept by
bucket of the row's key, so that rows that differ are found again among a few, in memory that does not grow with rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import pairwise
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ferryman.domain.schema import Column
from ferryman.tools.prove.canonical import Care, canonical

BUCKETS = 4096
MOST_ROWS = 20_000  #: rows that are held to be compared one by one
SIZE = 16  #: bytes of a row's digest


@dataclass(frozen=True)
class Shape:
    """How rows are written: the compared target columns, and which of them tell rows apart (none: all together)."""

    columns: tuple[Column, ...]
    key: tuple[str, ...]
    care: Care = Care.QUICK

    def texts(self, batch: pa.RecordBatch) -> list[pa.Array]:
        """The canonical bytes of each compared column."""
        return [canonical(batch.column(column.name), column, self.care) for column in self.columns]

    def keys(self, texts: Sequence[pa.Array]) -> pa.Array:
        """The canonical bytes that tell rows apart."""
        chosen = [text for text, column in zip(texts, self.columns, strict=True) if column.name in self.key]
        return framed(chosen or texts)


@dataclass(eq=False)
class Sums:
    """What a set of rows adds up to."""

    rows: int = 0
    buckets: npt.NDArray[np.uint64] = field(default_factory=lambda: np.zeros((BUCKETS, 2), np.uint64))

    def add(self, keys: pa.Array, rows: pa.Array) -> None:
        """Take in rows, as their canonical bytes."""
        np.add.at(self.buckets, buckets_of(keys), _numbers(rows))
        self.rows += len(rows)

    @property
    def text(self) -> str:
        """32 hex digits."""
        low, high = self.buckets.sum(axis=0, dtype=np.uint64)
        return f"{int(high):016x}{int(low):016x}"

    def same_as(self, other: Sums) -> bool:
        """Whether both sets have as many rows and the same ones."""
        return self.rows == other.rows and bool((self.buckets == other.buckets).all())

    def differing(self, other: Sums) -> frozenset[int]:
        """The buckets in which two sets differ."""
        return frozenset(np.flatnonzero((self.buckets != other.buckets).any(axis=1)).tolist())


def sums(batches: Iterable[pa.RecordBatch], shape: Shape) -> Sums:
    """The sum of a stream of rows."""
    total = Sums()
    for batch in batches:
        if batch.num_rows:
            texts = shape.texts(batch)
            total.add(shape.keys(texts), framed(texts))
    return total


def weighed(values: pa.Array, weights: pa.Array) -> npt.NDArray[np.uint64]:
    """The digests of canonical bytes added up, each as often as its weight says: two halves modulo 2**64."""
    times = weights.to_numpy(zero_copy_only=False).astype(np.uint64)
    total: npt.NDArray[np.uint64] = (_numbers(values) * times[:, None]).sum(axis=0, dtype=np.uint64)
    return total


def _numbers(values: pa.Array) -> npt.NDArray[np.uint64]:
    """The two halves of each value's digest."""
    digests = b"".join(blake2b(value, digest_size=SIZE).digest() for value in pieces(values))
    return np.frombuffer(digests, "<u8").reshape(-1, 2)


@dataclass(frozen=True)
class Held:
    """Rows of some buckets, by key: one canonical text per compared column. `whole`: none was left out for room."""

    rows: dict[bytes, tuple[bytes | None, ...]]
    repeated: int  #: rows whose key came before
    whole: bool


def held(batches: Iterable[pa.RecordBatch], shape: Shape, buckets: frozenset[int]) -> Held:
    """The rows of these buckets, as many as there is room for."""
    rows: dict[bytes, tuple[bytes | None, ...]] = {}
    repeated = 0
    wanted = np.fromiter(buckets, np.int64, len(buckets))
    for batch in batches:
        if not batch.num_rows:
            continue
        texts = shape.texts(batch)
        keys = shape.keys(texts)
        inside = pa.array(np.isin(buckets_of(keys), wanted))
        kept = [column.filter(inside).to_pylist() for column in texts]
        for key, row in zip(keys.filter(inside).to_pylist(), zip(*kept, strict=True), strict=True):
            repeated += key in rows
            rows[key] = row
        if len(rows) > MOST_ROWS:
            return Held(rows, repeated, whole=False)
    return Held(rows, repeated, whole=True)


def fewest(buckets: frozenset[int], rows: int) -> frozenset[int]:
    """As many of the buckets as can be held, when `rows` rows are spread over all of them; at least one."""
    room = max(1, MOST_ROWS * BUCKETS // (2 * max(rows, 1)))
    return frozenset(sorted(buckets)[:room])


def framed(texts: Sequence[pa.Array]) -> pa.Array:
    """Several columns as one: each value with its length before it, so that no two rows can look alike."""
    parts: list[pa.Array] = []
    for text in texts:
        length = pc.binary_length(text).cast(pa.string()).cast(pa.binary())
        parts += [pc.fill_null(length, b"-"), pc.fill_null(text, b"")]
    return pc.binary_join_element_wise(*parts, b":")


def buckets_of(keys: pa.Array) -> npt.NDArray[np.int64]:
    """The bucket of each key."""
    return np.fromiter((crc32(key) % BUCKETS for key in pieces(keys)), np.int64, len(keys))


def pieces(values: pa.Array) -> Iterator[memoryview]:
    """The bytes of each value, without making a Python object of them one by one."""
    _, ends, data = values.buffers()
    offsets = np.frombuffer(ends, np.int32)[values.offset : values.offset + len(values) + 1].tolist()
    whole = memoryview(data) if data is not None else memoryview(b"")
    return (whole[start:stop] for start, stop in pairwise(offsets))

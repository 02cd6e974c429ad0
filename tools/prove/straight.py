"""Proving a table where it is, without a copy of it: for tables that could go the straight way into an empty table.

The same checks, over the same rows: legacy's stream through the reference transform, the target's beside it, and the
servers count. Only a check that passes here is done. Whatever else there is to say, the careful check finds out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pyarrow as pa
from sqlalchemy import Select, and_, exists, func, literal, not_, select

from ferryman.domain.schema import Family
from ferryman.domain.validation import CheckKind, CheckResult
from ferryman.tools.databases.dialect import among, clause
from ferryman.tools.move.scope import arrived_since
from ferryman.tools.move.straight import Nowhere, way_of
from ferryman.tools.prepare.arrow_cast import typed
from ferryman.tools.prepare.arrow_steps import column_vector
from ferryman.tools.prepare.as_mirrored import as_mirrored, kept_columns
from ferryman.tools.prepare.bonds import Bond, bonds
from ferryman.tools.prepare.lineage import sources_of
from ferryman.tools.prove import checksums, counts, integrity, samples
from ferryman.tools.prove.canonical import Care, canonical
from ferryman.tools.prove.digests import Shape, framed, sums, weighed
from ferryman.tools.prove.evidence import Evidence
from ferryman.tools.prove.overwritten import Overwritten
from ferryman.tools.prove.streams import ROWS


def can_be_proved_straight(evidence: Evidence) -> bool:
    """Whether every row of the target table is one that a batch of this run made of the next legacy row."""
    plain = evidence.accounting.accounted == evidence.accounting.migrated == evidence.created > 0
    added = any("+" in batch.number for batch in evidence.batches)
    return evidence.alone and plain and not added and way_of(evidence.live)[0] == "straight"


def count_match(evidence: Evidence) -> CheckResult | None:
    now = _in_target(evidence, select(func.count()).select_from(clause(evidence.live.target)))
    if now != evidence.created:
        return None
    since = arrived_since(evidence.source, evidence.live, evidence.record.scope.upper)
    return counts.judge(counts.Totals(evidence.accounting.migrated, now, now, 0, now, since=since))


def checksum(evidence: Evidence) -> CheckResult | None:
    """Both streams at once. They are equal as they print, or else as what they mean."""
    for care in dict.fromkeys((Care.QUICK, Care.of(evidence.target.dialect.name))):
        shape = Shape(evidence.compared, evidence.paired, care)
        with ThreadPoolExecutor(1) as aside:
            expected = aside.submit(sums, _computed(evidence), shape)
            found = sums(_actual(evidence), shape)
        if expected.result().same_as(found):
            seen = checksums.Seen(expected.result(), found, checksums.Difference(), Overwritten())
            return checksums.result(evidence, seen)
    return None


def sample(evidence: Evidence) -> CheckResult | None:
    chosen = samples.places(evidence.batches, f"{evidence.record.run}:{evidence.table}")
    live, from_ = evidence.live, clause(evidence.live.source)
    (key,) = live.key_columns(from_)
    with evidence.source.connect(f"sampling {live.source.name}") as connection:
        keys = list[Any]()
        for place in chosen:
            inside = live.where(from_, evidence.batches[place.batch].segment)
            wanted = select(key).select_from(from_).where(inside).order_by(key).offset(place.row).limit(1)
            keys += connection.execute(wanted).scalars()
    expected = [row for batch in _computed(evidence, keys) for row in batch.to_pylist()]
    made = [row[evidence.paired[0]] for row in expected]
    found = [row for batch in _actual(evidence, made) for row in batch.to_pylist()]
    by_key = (samples.by_key(evidence, rows) for rows in (expected, found))
    return samples.result(evidence, len(set(keys)), *by_key) if keys else None


def references(evidence: Evidence) -> CheckResult | None:
    every = bonds(evidence.live)
    if integrity.unfinished(evidence) or any(len(bond.columns) > 1 for bond in every):
        return None
    orphans = {bond.columns: _in_target(evidence, _orphans(evidence, bond)) for bond in every}
    uneven = {bond.columns: 0 for bond in every if _even(evidence, bond)}
    if any(orphans.values()) or len(uneven) < len(every):
        return None
    return integrity.result(evidence, orphans, uneven, 0, True)


CHECKS: dict[CheckKind, Callable[[Evidence], CheckResult | None]] = {
    CheckKind.COUNT_MATCH: count_match,
    CheckKind.SAMPLE: sample,
    CheckKind.CHECKSUM: checksum,
    CheckKind.INTEGRITY: references,
}


def _computed(evidence: Evidence, keys: Sequence[object] | None = None) -> Iterator[pa.RecordBatch]:
    """Our legacy rows, or those of these keys, as the reference transforms them. Raises ValuesDoNotFit."""
    live, from_ = evidence.live, clause(evidence.live.source)
    wanted = live.read(from_).where(live.where(from_, evidence.segment))
    if keys is not None:
        wanted = wanted.where(among(live.key_columns(from_)[0], keys))
    with evidence.source.connect(f"validating {evidence.table}") as connection:
        for batch in evidence.source.dialect.read(connection, wanted, live.families, ROWS):
            yield evidence.compiled.apply(_as_mirrored(evidence, batch), Nowhere())


def _as_mirrored(evidence: Evidence, batch: pa.RecordBatch) -> pa.RecordBatch:
    if evidence.source.dialect.name == "sqlite":
        return batch
    return as_mirrored(batch, evidence.live, kept_columns(evidence.live))


def _actual(evidence: Evidence, keys: Sequence[object] | None = None) -> Iterator[pa.RecordBatch]:
    """The target's rows, or those of these keys."""
    from_ = clause(evidence.live.target)
    wanted = select(*(from_.c[name] for name in evidence.live.writes))
    if keys is not None:
        wanted = wanted.where(among(from_.c[evidence.paired[0]], keys))
    families = [column.family for column in evidence.compared]
    with evidence.target.connect(f"validating {evidence.table}", reading=True) as connection:
        connection.begin()
        yield from evidence.target.dialect.read(connection, wanted, families, ROWS)


def _in_target(evidence: Evidence, wanted: Select[Any]) -> int:
    with evidence.target.connect(f"validating {evidence.table}", reading=True) as connection:
        return int(connection.execute(wanted).scalar_one())


def _orphans(evidence: Evidence, bond: Bond) -> Select[Any]:
    child = clause(evidence.live.target).alias("child")
    parent = clause(evidence.live.target_database.table(bond.parent)).alias("parent")
    pairs = zip(bond.parent_columns, bond.columns, strict=True)
    there = exists(select(literal(1)).select_from(parent).where(*(parent.c[a] == child.c[b] for a, b in pairs)))
    named = and_(*(child.c[name].is_not(None) for name in bond.columns))
    return select(func.count()).select_from(child).where(named, not_(there))


def _even(evidence: Evidence, bond: Bond) -> bool:
    """Whether every parent has as many rows as the old database says: both sides' keys, each as often as it stands
    there, add up to the same digest, in memory that does not grow with them."""
    column, care = evidence.live.target.column(*bond.columns), Care.of(evidence.target.dialect.name)
    sides = (
        sum((weighed(framed([canonical(keys, column, care)]), rows) for keys, rows in side), np.zeros(2, np.uint64))
        for side in (_children(evidence, bond), _children_there(evidence, bond))
    )
    ours, theirs = sides
    return bool((ours == theirs).all())


def _children(evidence: Evidence, bond: Bond) -> Iterator[tuple[pa.Array, pa.Array]]:
    """New keys of parents, and the rows that legacy says refer to each; a key may come more than once."""
    live, from_ = evidence.live, clause(evidence.live.source)
    (name,) = bond.columns
    column = live.mapping.by_target[name]
    sources = list(dict.fromkeys(sources_of(live.mapping, column)))
    old = [from_.c[one] for one in sources]
    wanted: Any = select(*old, func.count().label("ferryman_rows")).where(live.where(from_, evidence.segment))
    families = [*(dict(zip(live.reads, live.families, strict=True))[one] for one in sources), Family.INTEGER]
    with evidence.source.connect(f"counting the rows of {live.source.name}") as connection:
        for batch in evidence.source.dialect.read(connection, wanted.group_by(*old), families, ROWS):
            work = evidence.compiled.work(_as_mirrored(evidence, batch.select(sources)), Nowhere())
            made = typed(column_vector(work, column), live.target.column(name).family)
            yield made, batch.column("ferryman_rows")


def _children_there(evidence: Evidence, bond: Bond) -> Iterator[tuple[pa.Array, pa.Array]]:
    (name,) = bond.columns
    from_ = clause(evidence.live.target)
    wanted: Any = select(from_.c[name], func.count().label("ferryman_rows")).group_by(from_.c[name])
    families = [evidence.live.target.column(name).family, Family.INTEGER]
    with evidence.target.connect(f"counting the rows of {evidence.table}", reading=True) as connection:
        connection.begin()
        for batch in evidence.target.dialect.read(connection, wanted, families, ROWS):
            yield batch.column(0), batch.column(1)

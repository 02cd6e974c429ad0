"""Sampled rows: each computed anew from its legacy row by the reference, and compared with the target's, field by
field. The first and the last row, the rows beside batch boundaries, and others by chance that the run's id settles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from sqlalchemy import Connection, and_, select, tuple_

from ferryman.domain.run import BatchRecord, Key, Segment
from ferryman.domain.schema import Column
from ferryman.domain.validation import CheckKind, CheckResult, CheckStatus
from ferryman.tools.databases.dialect import clause
from ferryman.tools.prove.canonical import Care, same
from ferryman.tools.prove.evidence import Evidence
from ferryman.tools.prove.streams import Expected

SAMPLES = 50
BOUNDARIES = 20  #: of these, at most so many beside the boundaries of batches


@dataclass(frozen=True)
class Place:
    """A row to be looked at: the `row`th (from 0) of those that a batch made."""

    batch: int  #: its place among the committed batches, from 0
    row: int


def sample(evidence: Evidence) -> CheckResult:
    """The check. `samples` rows were looked at, `passed` are equal in every field of `fields`."""
    if not evidence.paired:
        return _not_looked_at(evidence)
    chosen = places(evidence.batches, f"{evidence.record.run}:{evidence.table}")
    with evidence.connect() as connection:
        keys = sorted({key for place in chosen for key in _key_at(evidence, connection, place)}, key=repr)
        computed = Expected(evidence, connection)
        expected = by_key(evidence, computed.of(keys).to_pylist()) if keys else {}
        found = by_key(evidence, _target_rows(evidence, connection, list(expected)))
    return result(evidence, len(keys), expected, found)


def places(batches: Sequence[BatchRecord], seed: str, count: int = SAMPLES) -> tuple[Place, ...]:
    """Which rows to look at: at most `count`, all of them where there are no more. The same for the same seed."""
    sizes = [batch.accounting.migrated for batch in batches]
    if sum(sizes) <= count:
        return tuple(Place(batch, row) for batch, size in enumerate(sizes) for row in range(size))
    random = Random(seed)
    edges = [place for batch, size in enumerate(sizes) if size for place in (Place(batch, 0), Place(batch, size - 1))]
    beside = random.sample(edges[1:-1], min(BOUNDARIES, len(edges) - 2))
    chosen = dict.fromkeys((edges[0], edges[-1], *beside))
    while len(chosen) < count:
        (batch,) = random.choices(range(len(sizes)), sizes)
        chosen[Place(batch, random.randrange(sizes[batch]))] = None
    return tuple(sorted(chosen, key=lambda place: (place.batch, place.row)))


def differing(
    expected: dict[str, object], found: dict[str, object], columns: Sequence[Column], care: Care = Care.CAREFUL
) -> tuple[str, ...]:
    """The columns in which two rows differ: moments as instants, decimals by value at the column's scale, floats by
    closeness, JSON by value."""
    return tuple(c.name for c in columns if not same(expected[c.name], found[c.name], c, care))


def _key_at(evidence: Evidence, connection: Connection, place: Place) -> Iterator[Key]:
    """The legacy key of a place; nothing where the legacy rows are not as many as they were."""
    rows = evidence.legacy()
    keys = evidence.compiled.key_columns(rows)
    batch = evidence.batches[place.batch]
    last = place.row and place.row == batch.accounting.migrated - 1
    inside = evidence.ours(rows, batch.segment)
    if "+" in batch.number:  # an addition covers no range of keys
        inside = and_(evidence.ours(rows, Segment()), evidence.added(rows, batch.number))
    wanted = select(*keys).where(inside)
    ordered = wanted.order_by(*(key.desc() for key in keys) if last else keys).offset(0 if last else place.row).limit(1)
    yield from (tuple(row) for row in connection.execute(ordered))


def _target_rows(evidence: Evidence, connection: Connection, keys: list[tuple[object, ...]]) -> list[dict[str, object]]:
    if not keys:
        return []
    rows = clause(evidence.compiled.target)
    columns = [rows.c[name] for name in evidence.paired]
    named = columns[0].in_([key[0] for key in keys]) if len(columns) == 1 else tuple_(*columns).in_(keys)
    wanted = select(*(rows.c[name] for name in evidence.compiled.writes)).where(named)
    families = [column.family for column in evidence.compared]
    found = evidence.read(connection, wanted, families, len(keys) + 1)
    return [row for batch in found for row in batch.to_pylist()]


def by_key(evidence: Evidence, rows: list[dict[str, object]]) -> dict[tuple[object, ...], dict[str, object]]:
    return {tuple(row[name] for name in evidence.paired): row for row in rows}


def result(
    evidence: Evidence,
    looked_at: int,
    expected: dict[tuple[object, ...], dict[str, object]],
    found: dict[tuple[object, ...], dict[str, object]],
) -> CheckResult:
    care = Care.of(evidence.target.dialect.name)
    wrong: Counter[str] = Counter()
    missing = looked_at - len(expected.keys() & found.keys())
    bad = missing
    for key in expected.keys() & found.keys():
        names = differing(expected[key], found[key], evidence.compared, care)
        wrong.update(names)
        bad += bool(names)
    return CheckResult(
        kind=CheckKind.SAMPLE,
        status=_status(evidence, bad, missing, looked_at),
        expected=looked_at,
        actual=looked_at - bad,
        samples=looked_at,
        passed=looked_at - bad,
        fields=evidence.compiled.writes,
        mismatched=tuple(wrong),
        text=_text(evidence, looked_at, bad, missing, wrong),
    )


def _status(evidence: Evidence, bad: int, missing: int, looked_at: int) -> CheckStatus:
    if missing > evidence.drift.came or (bad and not evidence.source_written_since):
        return CheckStatus.FAIL
    if bad > missing or (evidence.created and not looked_at):
        return CheckStatus.NOT_VALIDATED
    return CheckStatus.PASS


def _text(evidence: Evidence, looked_at: int, bad: int, missing: int, wrong: Counter[str]) -> str:
    if bad == missing <= evidence.drift.came:
        equal = f"{looked_at - missing:,} of {evidence.created:,} rows compared field by field: all equal"
        return f"{equal}; {missing:,} sampled besides came into the old database since." if missing else f"{equal}."
    told = [f"{bad:,} of {looked_at:,} sampled rows are not as computed from the old database"]
    if missing:
        told.append(f"{missing:,} are not there")
    if wrong:
        told.append(f"they differ in {', '.join(wrong)}")
    if evidence.source_written_since:
        told.append("the old database was written to since they were copied")
    return f"{'; '.join(told)}."


def _not_looked_at(evidence: Evidence) -> CheckResult:
    return CheckResult(
        kind=CheckKind.SAMPLE,
        status=CheckStatus.NOT_VALIDATED,
        text=f"No column of {evidence.table} tells which row came from which: single rows cannot be compared.",
    )

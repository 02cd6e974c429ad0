"""Every row of ours, compared: the checksum of the values that legacy should have become against the target's own.

Both sides are streamed once and nothing is kept but sums. Only where the sums differ is there a second, more careful
pass (JSON by value, decimals and floats by what they mean), and only where those differ too are rows compared one by
one, from the few buckets in which the difference lies.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from ferryman.domain.validation import CheckKind, CheckResult, CheckStatus
from ferryman.tools.prove.canonical import Care
from ferryman.tools.prove.digests import Held, Shape, Sums, fewest, held, sums
from ferryman.tools.prove.evidence import Drift, Evidence
from ferryman.tools.prove.overwritten import Overwritten, overwritten
from ferryman.tools.prove.streams import Expected, actual


@dataclass(frozen=True)
class Difference:
    """How two sets of rows differ. Counts are of the rows that were compared one by one: all of them when `whole`."""

    changed: int = 0  #: in both, with other values
    only_expected: int = 0  #: legacy has it, and ours in the target lacks it
    only_actual: int = 0  #: ours in the target, and legacy does not have it any more
    columns: dict[str, int] = field(default_factory=dict)  #: target column -> rows in which it differs
    whole: bool = True

    @property
    def rows(self) -> int:
        return self.changed + self.only_expected + self.only_actual


@dataclass(frozen=True)
class Seen:
    """All that the check looked at."""

    expected: Sums
    found: Sums
    difference: Difference
    overwritten: Overwritten  #: rows that were there before and that this run changed
    unfit: int = 0  #: legacy rows whose values do not fit by now

    @property
    def changed(self) -> int:
        return self.difference.changed + self.overwritten.changed

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.difference.columns, *self.overwritten.columns)))


def checksum(evidence: Evidence) -> CheckResult:
    """The check. `expected` and `actual` are digests of 128 bits; `samples` is the number of rows compared."""
    return compared(evidence)[0]


def compared(evidence: Evidence) -> tuple[CheckResult, Drift]:
    """The check, and the rows that came into the old database or left it since, where that is all that differs."""
    if not (evidence.told_apart or evidence.alone):
        return _not_looked_at(evidence), Drift()
    with evidence.connect() as connection:
        seen = _look(evidence, connection)
    found, difference = result(evidence, seen), seen.difference
    passed = found.status is CheckStatus.PASS
    return found, Drift(difference.only_expected, difference.only_actual) if passed else Drift()


def _look(evidence: Evidence, connection: Connection) -> Seen:
    others = overwritten(evidence, connection)
    for care in (Care.QUICK, Care.of(evidence.target.dialect.name)):
        shape = Shape(evidence.compared, evidence.paired, care)
        computed = Expected(evidence, connection)
        expected, found = sums(computed.all(), shape), sums(actual(evidence, connection), shape)
        if expected.same_as(found):
            return Seen(expected, found, Difference(), others, computed.unfit)
    difference = _difference(evidence, connection, shape, expected, found)
    return Seen(expected, found, difference, others, computed.unfit)


def _difference(evidence: Evidence, connection: Connection, shape: Shape, expected: Sums, found: Sums) -> Difference:
    buckets = expected.differing(found)
    looked_at = fewest(buckets, max(expected.rows, found.rows))
    ours = held(Expected(evidence, connection).all(), shape, looked_at)
    theirs = held(actual(evidence, connection), shape, looked_at)
    names = [column.name for column in shape.columns]
    return compare(ours, theirs, names, whole=looked_at == buckets)


def compare(ours: Held, theirs: Held, names: Sequence[str], *, whole: bool) -> Difference:
    """Two sets of rows by their keys."""
    columns: Counter[str] = Counter()
    changed = 0
    for key, row in ours.rows.items():
        other = theirs.rows.get(key, row)
        differing = [name for name, mine, its in zip(names, row, other, strict=True) if mine != its]
        columns.update(differing)
        changed += bool(differing)
    twice = ours.repeated - theirs.repeated
    return Difference(
        changed=changed,
        only_expected=len(ours.rows.keys() - theirs.rows.keys()) + max(0, twice),
        only_actual=len(theirs.rows.keys() - ours.rows.keys()) + max(0, -twice),
        columns=dict(columns),
        whole=whole and ours.whole and theirs.whole,
    )


def result(evidence: Evidence, seen: Seen) -> CheckResult:
    lost = evidence.created - seen.found.rows
    rows = max(seen.expected.rows, seen.found.rows)
    return CheckResult(
        kind=CheckKind.CHECKSUM,
        status=status_of(seen, lost=lost, source_written=evidence.source_written_since),
        expected=seen.expected.text,
        actual=seen.found.text,
        samples=rows + seen.overwritten.rows,
        passed=max(0, min(seen.expected.rows, seen.found.rows) + seen.overwritten.rows - seen.changed),
        fields=evidence.compiled.writes,
        mismatched=seen.columns,
        since=seen.difference.only_actual + max(0, seen.difference.only_expected - max(lost, 0)),
        text=_text(evidence, seen, lost),
    )


def status_of(seen: Seen, *, lost: int, source_written: bool) -> CheckStatus:
    """pass: every row as computed, but for legacy rows that were deleted, or came in between, since they were copied.
    fail: rows of ours are gone, or differ while nobody wrote to the old database. not validated: they differ, and
    the old database was written to: whether it was there or here cannot be told.
    """
    difference = seen.difference
    if lost > 0:
        return CheckStatus.FAIL
    doubtful = seen.changed or seen.unfit or not difference.whole
    if not doubtful and not difference.rows:
        return CheckStatus.PASS
    if not source_written:
        return CheckStatus.FAIL
    return CheckStatus.NOT_VALIDATED if doubtful else CheckStatus.PASS


def _text(evidence: Evidence, seen: Seen, lost: int) -> str:
    difference = seen.difference
    least = "" if difference.whole else "at least "
    arrived = difference.only_expected - max(lost, 0)
    differ = f"differ{'s' if seen.changed == 1 else ''} in {', '.join(seen.columns)}"
    told = {
        f"{rows(lost)} of this run {'is' if lost == 1 else 'are'} gone": lost > 0,
        f"{least}{rows(seen.changed)} {differ}": seen.changed,
        f"{rows(seen.unfit)} of the old database by now with values that do not fit": seen.unfit,
        f"{least}{rows(difference.only_actual)} left the old database since": difference.only_actual,
        f"{least}{rows(arrived)} came into the old database since": arrived > 0,
    }
    parts = [text for text, so in told.items() if so]
    compared = f"{rows(seen.found.rows + seen.overwritten.rows)} compared in {len(evidence.compared)} columns"
    if not parts:
        return f"{compared}: all equal."
    if evidence.source_written_since:
        parts.append("the old database was written to since the rows were copied")
    return f"{compared}; {'; '.join(parts)}."


def rows(count: int) -> str:
    """ "1 row", "1,569 rows"."""
    return f"{count:,} row{'' if count == 1 else 's'}"


def _not_looked_at(evidence: Evidence) -> CheckResult:
    return CheckResult(
        kind=CheckKind.CHECKSUM,
        status=CheckStatus.NOT_VALIDATED,
        text=f"{evidence.table} has no key and held rows before: which rows are ours cannot be told.",
    )

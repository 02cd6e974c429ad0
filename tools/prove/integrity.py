"""References: none of ours without its parent, and every parent with as many children as legacy gave it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    Connection,
    FromClause,
    Select,
    Subquery,
    and_,
    case,
    exists,
    func,
    literal,
    not_,
    select,
    text,
    union_all,
)

from ferryman.domain.errors import NeedsDecision
from ferryman.domain.validation import CheckKind, CheckResult, CheckStatus
from ferryman.tools.databases.dialect import clause
from ferryman.tools.databases.sqlite_guard import LEGACY
from ferryman.tools.prepare.bonds import Bond, Expression, as_one, bonds
from ferryman.tools.prepare.lookahead import landed
from ferryman.tools.prove.dangling import to_come
from ferryman.tools.prove.evidence import Evidence


def integrity(evidence: Evidence) -> CheckResult:
    """The check. `actual` counts our references without a parent, and parents with more or fewer of our rows than
    they should have; `mismatched` names the columns."""
    every = bonds(evidence.compiled)
    if every and not (evidence.told_apart or evidence.alone):
        return _not_looked_at(evidence, "it has no key and held rows before, so which rows are ours cannot be told")
    waits_for = unfinished(evidence)
    found = [bond for bond in every if bond.parent not in waits_for]
    with evidence.connect() as connection:
        orphans = {bond.columns: _orphans(evidence, connection, bond) for bond in found}
        uneven = {bond.columns: _uneven(evidence, connection, bond) for bond in found}
    foreign, looked = _by_the_database(evidence)
    waiting = tuple(dict.fromkeys(bond.parent for bond in every if bond.parent in waits_for))
    proved = result(evidence, orphans, uneven, foreign, looked)
    if waiting and proved.status is CheckStatus.PASS:
        return _not_looked_at(evidence, f"rows of {', '.join(waiting)} are still to come in this run")
    return proved


def unfinished(evidence: Evidence) -> set[str]:
    """Other tables of the run that are still being copied: tables in a ring are proved before all of it is there."""
    return to_come(evidence.ledger, evidence.record.run) - {evidence.table}


def _ours(evidence: Evidence, columns: tuple[str, ...]) -> Subquery:
    return evidence.made(columns).subquery()


def _orphans(evidence: Evidence, connection: Connection, bond: Bond) -> int:
    ours = _ours(evidence, bond.columns)
    parent = clause(evidence.compiled.target_database.table(bond.parent)).alias()
    pairs = zip(bond.parent_columns, bond.columns, strict=True)
    there = exists(select(literal(1)).select_from(parent).where(*(parent.c[a] == ours.c[b] for a, b in pairs)))
    named = and_(*(ours.c[name].is_not(None) for name in bond.columns))
    return int(connection.execute(select(func.count()).select_from(ours).where(named, not_(there))).scalar_one())


def _uneven(evidence: Evidence, connection: Connection, bond: Bond) -> int:
    """Parents (and "no parent") whose number of our rows is not what the old database says."""
    rows, ours = evidence.legacy(), _ours(evidence, bond.columns)
    keys = [f"k{position}" for position in range(len(bond.columns))]
    values = _named_parent(evidence, bond, rows, [landed(evidence.compiled, name, rows) for name in bond.columns])
    labelled = (value.label(key) for key, value in zip(keys, values, strict=True))
    expected = select(*labelled, literal(1).label("one")).where(evidence.ours(rows))
    held = select(*(ours.c[n].label(k) for k, n in zip(keys, bond.columns, strict=True)), literal(-1).label("one"))
    both = union_all(expected, held).subquery()
    uneven = select(*(both.c[key] for key in keys)).group_by(*(both.c[key] for key in keys))
    return _count(connection, uneven.having(func.sum(both.c.one) != 0))


def _named_parent(evidence: Evidence, bond: Bond, rows: FromClause, values: list[Expression]) -> list[Expression]:
    """What our rows should refer to: nothing, where a decision empties references to what is not there."""
    if not evidence.may_be_emptied(bond):
        return values
    parent = clause(evidence.compiled.target_database.table(bond.parent)).alias()
    there = as_one(values).in_(select(*(parent.c[name] for name in bond.parent_columns)))
    return [case((and_(there, *bond.theirs(rows, LEGACY)), value)) for value in values]


def _count(connection: Connection, wanted: Select[Any]) -> int:
    return int(connection.execute(select(func.count()).select_from(wanted.subquery())).scalar_one())


def _by_the_database(evidence: Evidence) -> tuple[int, bool]:
    """Rows of the whole table, others' too, that break a declared foreign key, where the database can be asked."""
    if evidence.target.dialect.name != "sqlite":
        return 0, True
    asked = text("SELECT count(*) FROM pragma_foreign_key_check(:name)")
    try:
        with evidence.target.connect("checking foreign keys", reading=True) as connection:
            return int(connection.execute(asked, {"name": evidence.table}).scalar_one()), True
    except NeedsDecision:
        return 0, False


def result(
    evidence: Evidence,
    orphans: Mapping[tuple[str, ...], int],
    uneven: Mapping[tuple[str, ...], int],
    foreign: int,
    looked: bool,
) -> CheckResult:
    lost, moved = sum(orphans.values()), sum(uneven.values())
    drifted = looked and not lost and all(parents <= evidence.drift.rows for parents in uneven.values())
    ours, theirs = ("" if n == 1 else "s" for n in (len(orphans), evidence.created))
    told = [f"{len(orphans):,} reference{ours} of {evidence.created:,} row{theirs}"]
    if lost:
        told.append(f"{lost:,} without a parent, by {_named(orphans)}")
    if moved:
        told.append(f"{moved:,} parents with more or fewer rows than in the old database, by {_named(uneven)}")
    if foreign > lost:
        told.append(f"{foreign - lost:,} rows of others break a foreign key of {evidence.table}")
    if not looked:
        told.append("SQLite could not check the declared foreign keys")
    if moved and evidence.source_written_since:
        why = "rows came into it or left it" if drifted else "the old database was written to"
        told.append(f"{why} since they were copied")
    columns = dict.fromkeys(name for counts in (orphans, uneven) for c, count in counts.items() if count for name in c)
    return CheckResult(
        kind=CheckKind.INTEGRITY,
        status=CheckStatus.PASS if drifted else _status(lost, moved, looked, evidence.source_written_since),
        expected=0,
        actual=lost + moved,
        fields=tuple(name for columns in orphans for name in columns),
        mismatched=tuple(columns),
        text=f"{'; '.join(told)}." if len(told) > 1 else f"{told[0]}: all in order.",
    )


def _status(lost: int, moved: int, looked: bool, source_written: bool) -> CheckStatus:
    if lost or (moved and not source_written):
        return CheckStatus.FAIL
    return CheckStatus.NOT_VALIDATED if moved or not looked else CheckStatus.PASS


def _named(counts: Mapping[tuple[str, ...], int]) -> str:
    return ", ".join(" and ".join(columns) for columns, count in counts.items() if count)


def _not_looked_at(evidence: Evidence, why: str) -> CheckResult:
    text = f"The references of {evidence.table} were not looked at: {why}."
    return CheckResult(kind=CheckKind.INTEGRITY, status=CheckStatus.NOT_VALIDATED, text=text)

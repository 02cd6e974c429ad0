"""Proving one table of a run: every check that the plan asks for, in its order. It can be done again at any time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ferryman.domain.validation import CheckKind, CheckResult, CheckStatus, TableValidation
from ferryman.tools.databases.connect import Source, Target
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.prepare.misfit import ValuesDoNotFit
from ferryman.tools.prepare.transform import CompiledTable
from ferryman.tools.prove import straight
from ferryman.tools.prove.accounting import account
from ferryman.tools.prove.checksums import checksum, compared
from ferryman.tools.prove.counts import count_match
from ferryman.tools.prove.evidence import Evidence, gather
from ferryman.tools.prove.integrity import integrity
from ferryman.tools.prove.samples import sample

CHECKS: dict[CheckKind, Callable[[Evidence], CheckResult]] = {
    CheckKind.COUNT_MATCH: count_match,
    CheckKind.SAMPLE: sample,
    CheckKind.CHECKSUM: checksum,
    CheckKind.INTEGRITY: integrity,
    CheckKind.ACCOUNTING: account,
}


def validate_table(
    source: Source,
    target: Target,
    ledger: Ledger,
    run: str,
    compiled: CompiledTable,
    kinds: Sequence[str] = tuple(CheckKind),
) -> TableValidation:
    """Whether everything of one table arrived. `kinds` are `CheckKind` names, as a plan holds them.

    `compiled` is the table of the run's plan as it is amended, with the run's start. Both databases are only read.
    Where rows are compared one and all, those that came into the old database or left it since are no fault.
    What cannot be looked at is NOT_VALIDATED. Raises Transient or another FerrymanError of the databases.
    """
    evidence = gather(source, target, ledger, run, compiled)
    asked = [kind for kind in CheckKind if kind in kinds]
    plain = straight.can_be_proved_straight(evidence)
    found = dict[CheckKind, CheckResult]()
    with evidence.held() as held:
        for kind in sorted(asked, key=lambda kind: kind is not CheckKind.CHECKSUM):  # it explains what others see
            if plain and (proved := _straight(kind, held)):
                found[kind] = proved
            elif kind is CheckKind.CHECKSUM:
                found[kind], drift = compared(held)
                held = replace(held, drift=drift) if drift.rows else held
            else:
                found[kind] = CHECKS[kind](held)
    return TableValidation(table=evidence.table, checks=tuple(found[kind] for kind in asked))


def _straight(kind: CheckKind, evidence: Evidence) -> CheckResult | None:
    """The check without a copy of the tables, where it passes so."""
    check = straight.CHECKS.get(kind)
    try:
        found = check(evidence) if check else None
    except ValuesDoNotFit:  # values that do not fit by now: the careful check counts them
        return None
    return found if found and found.status is CheckStatus.PASS else None

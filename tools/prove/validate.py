"""Proving one table of a run: every check that the plan asks for, in its order. It can be done again at any time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ferryman.domain.validation import CheckKind, CheckResult, TableValidation
from ferryman.tools.databases.connect import Source, Target
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.prepare.transform import CompiledTable
from ferryman.tools.prove.accounting import account
from ferryman.tools.prove.checksums import checksum
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
    What cannot be looked at is NOT_VALIDATED. Raises Transient or another FerrymanError of the databases.
    """
    evidence = gather(source, target, ledger, run, compiled)
    asked = [kind for kind in CheckKind if kind in kinds]
    with evidence.held() as held:
        return TableValidation(table=held.table, checks=tuple(CHECKS[kind](held) for kind in asked))

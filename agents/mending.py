"""What can be done about a row that was set aside, in a sentence, by its problem; for missing parents by the cause."""

from __future__ import annotations

from ferryman.domain.findings import MissingCause
from ferryman.domain.mapping import Problem

_CAUSES = {
    MissingCause.NEVER_EXISTED: "Enter the missing row in the old system, or let {columns} come from one that is there",
    MissingCause.FILTERED_OUT: "Take the row that it refers to along: let the plan move it",
    MissingCause.SET_ASIDE: "Mend the row that it refers to, which is set aside as well",
    MissingCause.NOT_MIGRATED: "Move the row that it refers to first",
    MissingCause.DELETED_SINCE: "Move the row that it refers to: it was deleted in the new system, or came too late",
}
_PROBLEMS = {
    Problem.MISSING_PARENT: "See that the row that {columns} refers to is there",
    Problem.NULL_IN_REQUIRED: "Give what feeds {columns} a value in the old system",
    Problem.TOO_LONG: "Shorten what feeds {columns} in the old system",
    Problem.DUPLICATE: "Make what feeds {columns} differ from the other row's in the old system, or drop one of them",
    Problem.UNCASTABLE: "Correct the value that feeds {columns} in the old system",
    Problem.OUT_OF_RANGE: "Correct the value that feeds {columns} in the old system",
    Problem.CHECK_FAILED: "Correct the values of {columns} in the old system, so that the new one's rule holds",
    Problem.CONFLICT: "Decide which of the two rows is right, and take the other one away",
    Problem.KEY_TAKEN: "Plan again, so that rows which are not there yet get new numbers",
    Problem.UNMAPPED_VALUE: "Change the value that feeds {columns} to a known one in the old system",
    Problem.MISSING_KEY: "Give the row a key in the old system",
}


def mend(problem: Problem, columns: tuple[str, ...], cause: MissingCause | None = None) -> str:
    """The way to mend a row, as an instruction; after it the row can be tried again."""
    text = _CAUSES[cause] if cause else _PROBLEMS[problem]
    return f"{text.format(columns=', '.join(columns) or 'the row')}, then try it again."

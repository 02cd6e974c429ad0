"""What stopped a table, as a `Failure`: from an obstacle that was counted, or from what the database said."""

from __future__ import annotations

from collections.abc import Sequence

from ferryman.domain.errors import FerrymanError, NeedsDecision, Transient
from ferryman.domain.findings import MissingGroup
from ferryman.domain.mapping import Problem
from ferryman.domain.recovery import Failure, FailureType
from ferryman.tools.move.aside import Reason
from ferryman.tools.move.scan import Obstacle
from ferryman.tools.prepare.misfit import ValuesDoNotFit

TYPES = {
    Problem.MISSING_PARENT: FailureType.FOREIGN_KEY,
    Problem.NULL_IN_REQUIRED: FailureType.NOT_NULL,
    Problem.MISSING_KEY: FailureType.NOT_NULL,
    Problem.DUPLICATE: FailureType.UNIQUE,
    Problem.CONFLICT: FailureType.UNIQUE,
    Problem.CHECK_FAILED: FailureType.CHECK,
    Problem.TOO_LONG: FailureType.VALUE,
    Problem.UNCASTABLE: FailureType.VALUE,
    Problem.OUT_OF_RANGE: FailureType.VALUE,
    Problem.KEY_TAKEN: FailureType.UNIQUE,
    Problem.UNMAPPED_VALUE: FailureType.VALUE,
}

_DETAILS = {
    Problem.MISSING_PARENT: "{columns} names rows that are not there",
    Problem.NULL_IN_REQUIRED: "{columns} must have a value and has none",
    Problem.MISSING_KEY: "the legacy key is empty in a part",
    Problem.CONFLICT: "the target holds rows of these keys already",
    Problem.TOO_LONG: "values are too long for {columns}",
    Problem.UNCASTABLE: "values cannot become what {columns} holds",
    Problem.OUT_OF_RANGE: "values are out of the range of {columns}",
    Problem.KEY_TAKEN: "other rows of the target have the {columns} that these are to keep",
    Problem.UNMAPPED_VALUE: "no new value is chosen for values of {columns}",
    Problem.CHECK_FAILED: "values break a rule of {columns}",
    Problem.DUPLICATE: "rows have the same {columns}",
}

#: The word with which a dialect begins `NeedsDecision.constraint`.
_BY_WORD = {
    "UNIQUE": (FailureType.UNIQUE, Problem.DUPLICATE),
    "NOT NULL": (FailureType.NOT_NULL, Problem.NULL_IN_REQUIRED),
    "CHECK": (FailureType.CHECK, Problem.CHECK_FAILED),
    "FOREIGN KEY": (FailureType.FOREIGN_KEY, Problem.MISSING_PARENT),
    "TYPE": (FailureType.VALUE, Problem.UNCASTABLE),
    "EXCLUSION": (FailureType.CHECK, Problem.CHECK_FAILED),
    "PARTITION": (FailureType.CHECK, Problem.CHECK_FAILED),
    "TRIGGER": (FailureType.CHECK, Problem.CHECK_FAILED),
}


def of_obstacle(table: str, batch: str, obstacle: Obstacle, rows: int) -> Failure:
    """The failure of a batch that holds `rows` rows with an obstacle that no policy answers."""
    columns = ", ".join(obstacle.columns) or table
    if obstacle.check:
        bond = obstacle.check.bond
        detail = f"Referenced {columns} not found in target {bond.parent} table"
        constraint = bond.constraint
    else:
        detail = _DETAILS[obstacle.problem].format(columns=columns)
        constraint = f"{obstacle.problem.value} {table}.{','.join(obstacle.columns)}"
    return Failure(
        type=TYPES[obstacle.problem],
        table=table,
        constraint=constraint,
        columns=obstacle.columns,
        batch=batch,
        affected_records=rows,
        error_detail=detail[:1].upper() + detail[1:],
        problem=obstacle.problem,
    )


def of_missing(table: str, groups: Sequence[MissingGroup]) -> Failure:
    """The failure of a table of which rows went whose parents did not come."""
    columns = tuple(dict.fromkeys(name for group in groups for name in group.columns))
    parents = " and ".join(dict.fromkeys(group.parent for group in groups))
    return Failure(
        type=FailureType.FOREIGN_KEY,
        table=table,
        constraint=groups[0].constraint,
        columns=columns,
        affected_records=sum(group.rows for group in groups),
        error_detail=f"Rows that {', '.join(columns)} names did not come into {parents}",
        problem=Problem.MISSING_PARENT,
        missing=tuple(groups),
    )


def of_refusal(table: str, batch: str, why: Reason, error: NeedsDecision, rows: int) -> Failure:
    """The failure of a batch of which `rows` rows, tried one by one, gave this error for this reason."""
    return of_error(table, batch, error, rows).but(
        type=TYPES[why.problem],
        columns=why.columns or columns_in(error.constraint, table),
        problem=why.problem,
        refused=not isinstance(error, ValuesDoNotFit),
    )


def of_error(table: str, batch: str, error: FerrymanError, rows: int = 0, attempts: int = 1) -> Failure:
    """The failure that an error makes of a batch. `rows` is how many were found to cause it; 0: no row did."""
    if isinstance(error, ValuesDoNotFit):
        first = error.misfits[0]
        constraint = f"{first.problem.value} {table}.{first.column}"
        return Failure(
            type=TYPES[first.problem],
            table=table,
            constraint=constraint,
            columns=(first.column,),
            batch=batch,
            affected_records=rows,
            error_detail=error.what,
            problem=first.problem,
            attempts=attempts,
        )
    if isinstance(error, NeedsDecision):
        kind, problem = of_constraint(error.constraint)
        return Failure(
            type=kind,
            table=table,
            constraint=error.constraint,
            columns=columns_in(error.constraint, table),
            batch=batch,
            affected_records=rows,
            error_detail=error.what,
            problem=problem,
            attempts=attempts,
        )
    transient = isinstance(error, Transient)
    return Failure(
        type=FailureType.TRANSIENT if transient else FailureType.ENVIRONMENT,
        table=table,
        batch=batch,
        error_detail=str(error),
        transient=transient,
        attempts=attempts,
    )


def of_constraint(constraint: str) -> tuple[FailureType, Problem | None]:
    """What a broken constraint means: the failure's type and the problem of the rows."""
    return next((kind for word, kind in _BY_WORD.items() if constraint.startswith(word)), (FailureType.VALUE, None))


def columns_in(constraint: str, table: str) -> tuple[str, ...]:
    """The columns that a constraint names: "UNIQUE users.name, users.email" gives name and email."""
    names = constraint.replace(",", " ").split()
    return tuple(name.removeprefix(f"{table}.") for name in names if name.startswith(f"{table}."))


def worst(found: Sequence[tuple[Obstacle, int]]) -> tuple[Obstacle, int]:
    """The obstacle that is reported first: missing parents, then whatever concerns most rows."""
    return max(found, key=lambda one: (one[0].problem is Problem.MISSING_PARENT, one[1]))

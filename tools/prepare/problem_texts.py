"""What preflight found, in plain English: counts and names, never values."""

from __future__ import annotations

from collections.abc import Sequence

from ferryman.domain.checks import named_in
from ferryman.domain.findings import MissingCause, MissingGroup
from ferryman.domain.fit_values import has_a_form
from ferryman.domain.mapping import Problem
from ferryman.domain.schema import Column, Family, Table

_LONG = 80  #: characters of a rule's text that nobody reads

_KINDS = {
    Family.INTEGER: "a whole number",
    Family.DECIMAL: "a number",
    Family.FLOAT: "a number",
    Family.BOOLEAN: "yes or no",
    Family.DATE: "a date",
    Family.TIME: "a time of day",
    Family.TIMESTAMP: "a date and time",
    Family.JSON: "JSON",
    Family.UUID: "a UUID that it takes",
    Family.ENUM: "one of its words",
    Family.TEXT: (
        "what it takes: it is not UTF-8, there is a zero byte in it or a letter that its character set lacks, or it is "
        "no list of ids where one was to be"
    ),
}


#: {has} and {s} follow the number of rows.
_SENTENCES = {
    Problem.NULL_IN_REQUIRED: "{rows} {has} no value for {names}, which must not be empty.",
    Problem.TOO_LONG: "{rows} {has} a text for {names} that is longer than its {length} characters.",
    Problem.UNCASTABLE: "{rows} {has} a value for {names} that is not {kind}.",
    Problem.OUT_OF_RANGE: "{rows} {has} a value for {names} that is out of its range.",
    Problem.DUPLICATE: "{rows} repeat{s} a value of {names}, which must be unique.",
    Problem.CONFLICT: "{rows} meet{s} a row with the same {names} that is in the new database already.",
    Problem.KEY_TAKEN: "{rows} {has} the {names} of another row that is there: what refers to it would refer to that.",
    Problem.UNMAPPED_VALUE: "{rows} {has} a value for {names} that no new value was chosen for.",
    Problem.MISSING_KEY: "{rows} {has} no key in the old database.",
    Problem.CHECK_FAILED: "{rows} break{s} a rule of the new database about {names}{rules}.",
    Problem.MISSING_PARENT: "{rows} refer{s} by {names} to rows that are not there.",
}
#: For one missing parent and for several.
_CAUSES = {
    MissingCause.NEVER_EXISTED: ("never was in the old database", "never were in the old database"),
    MissingCause.FILTERED_OUT: (
        "is in the old database, but left out by this plan",
        "are in the old database, but left out by this plan",
    ),
    MissingCause.SET_ASIDE: ("is set aside", "are set aside"),
    MissingCause.NOT_MIGRATED: ("has not been moved yet", "have not been moved yet"),
    MissingCause.DELETED_SINCE: ("was there and has been deleted since", "were there and have been deleted since"),
}


def orphans_text(group: MissingGroup) -> str:
    """ "14 rows of links refer by case_id to 11 rows of cases that never were in the old database." """
    parents = f"a row of {group.parent}" if group.parents == 1 else f"{group.parents:,} rows of {group.parent}"
    why = _CAUSES[group.cause][group.parents != 1]
    refer = "refers" if group.rows == 1 else "refer"
    return f"{rows_of(group.rows, group.table)} {refer} by {' and '.join(group.columns)} to {parents} that {why}."


def lost_ids_text(groups: Sequence[MissingGroup]) -> str:
    """ "2 ids, in 3 rows, never were in the old database; 1 id, in 1 row, is ... left out by this plan." """
    told = []
    for group in groups:
        ids = f"{group.parents:,} id{'' if group.parents == 1 else 's'} of {group.parent}"
        rows = f"{group.rows:,} row{'' if group.rows == 1 else 's'}"
        told.append(f"{ids}, in {rows}, {_CAUSES[group.cause][group.parents != 1]}")
    return f"{'; '.join(told)}."


def never_text(never: int, rows: int) -> str:
    """ "All of them hold a zero date, which says that there is none." """
    some = f"{never:,} of them {'holds' if never == 1 else 'hold'}"
    held = "It holds" if rows == 1 else "All of them hold" if never == rows else some
    return f"{held} a zero date, which says that there is none."


def problem_text(
    table: Table, columns: Sequence[str], problem: Problem, rows: int, looked_up: Sequence[str] = ()
) -> str:
    """One sentence about a class of rows of a target table. `looked_up`: the old tables that the values come from."""
    if looked_up and problem is Problem.UNMAPPED_VALUE:
        has, from_ = "has" if rows == 1 else "have", " or ".join(looked_up)
        return f"{rows_of(rows, table.name)} {has} no row in {from_}, from which {' and '.join(columns)} comes."
    first = table.column(columns[0]) if columns else None
    return _SENTENCES[problem].format(
        rows=rows_of(rows, table.name),
        has="has" if rows == 1 else "have",
        s="s" if rows == 1 else "",
        names=" and ".join(columns) or table.name,
        length=first.length if first else "",
        kind=_kind(first) if first else "",
        rules=_rules(table, columns),
    )


def _rules(table: Table, columns: Sequence[str]) -> str:
    """ ": fair (price > 0)"; the CHECKs that speak of these columns, by name alone where their text is long."""
    told = []
    for name, check in table.named_checks:
        if named_in(check, table) == tuple(columns):
            text = "" if len(check) > _LONG else _bare(check)
            told.append(f"{name} ({text})" if name and text else name or text)
    rules = " and ".join(filter(None, told))
    return f": {rules}" if rules else ""


def _bare(check: str) -> str:
    """Without the parentheses around all of it that PostgreSQL writes."""
    depth = 0
    for position, letter in enumerate(check):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth == 0:
            return _bare(check[1:-1]) if position and position == len(check) - 1 else check
    return check


def _kind(column: Column) -> str:
    """What a value of a column has to be."""
    named = f"of its type, {column.native}"
    return named if has_a_form(column) else _KINDS.get(column.family, named)


def unfilled_text(table: Table, column: str, rows: int) -> str:
    """A required column that nothing fills."""
    return f"{column} must have a value, and nothing fills it: {rows_of(rows, table.name)} would fail."


def again_text(table: str, rows: int) -> str:
    """ "3 rows of members that an earlier run brought are not there any more: they come again." """
    are, they = ("is", "it comes") if rows == 1 else ("are", "they come")
    return f"{rows_of(rows, table)} that an earlier run brought {are} not there any more: {they} again."


def but_for_case_text(table: str, columns: tuple[str, ...], rows: int, *, same: bool) -> str:
    """ "4 rows of customers have the same email as another but for upper and lower case: they stay apart." """
    have, they, stay = ("has", "it", "stays") if rows == 1 else ("have", "they", "stay")
    becomes = f"the new database takes {'it' if rows == 1 else 'them'} for the same" if same else f"{they} {stay} apart"
    named = " and ".join(columns)
    return f"{rows_of(rows, table)} {have} the same {named} as another but for upper and lower case: {becomes}."


def rows_of(rows: int, table: str) -> str:
    """ "1 row of brackets", "1,569 rows of brackets"."""
    return f"{rows:,} row{'' if rows == 1 else 's'} of {table}"


def shortened_text(column: Column, rows: int) -> str:
    """Values that go as the column can hold them, without the digits behind."""
    whole = "cut to what" if column.family in (Family.TIME, Family.TIMESTAMP) else "rounded to what"
    return f"{column.name} is {whole} it holds ({column.native}) in {rows:,} row{'' if rows == 1 else 's'}"

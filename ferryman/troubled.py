"""The rows that an open decision is about, or that lie in quarantine, as a conversation shows and exports them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable

from ferryman.agents.wording import clean, first_upper
from ferryman.aside import RowAside, cell, placeholders, quarantined
from ferryman.desk import Beside, RowShown, begun, problem_rows, show_rows, shown, trouble_of
from ferryman.domain.conversation import ShowRows
from ferryman.session import Session
from ferryman.tools.move.ledger import Ledger

MOST = 100_000  #: rows of each kind of an open decision in one file
NONE = "There are no such rows."
NOTHING = "Nothing of this conversation was set aside."
KEPT = "They are on this screen only, and kept nowhere."


def waiting(session: Session, run: str, wish: ShowRows) -> tuple[RowAside, ...]:
    """The rows that an open decision is about; before a run those that would fail; else those in quarantine. Of a wish
    for some of them, all of the kind that is meant."""
    if session.plan is not None and (session.decision is not None or not begun(session)):
        every = [one for one in problem_rows(session, session.plan, MOST) if wish.table in ("", one[1].table)]
        meant = [one for one in every if one[1].rows == wish.count]
        some = meant if len({(one[1].table, trouble_of(one[1])) for one in meant}) == 1 else every
        return tuple(
            RowAside(
                table=work.mapping.target,
                key=json.dumps([cell(row.get(name)) for name in work.mapping.key], ensure_ascii=False),
                reason=trouble_of(found)[1],
                mending=trouble_of(found)[2],
                cells={name: cell(value) for name, value in row.items()},
            )
            for work, found, row in some
        )
    return _of_kind(_open(session, run, wish.table), wish.count)


def wished(session: Session, run: str, wish: ShowRows) -> tuple[tuple[RowShown, ...], str]:
    """The rows that a person wants to see, and what is said of them. `run`: the one that was last at work."""
    if wish.placeholders:
        return _stand_ins(session, run, wish)
    if not wish.only_problem:
        return _told(show_rows(session, wish))
    lying = _lying(session, run, wish) if begun(session) else ()
    if lying:
        return _told(shown_rows(lying[: wish.count]))
    problems = session.plan.preflight.problems if session.plan else ()
    if session.outcome is not None and not any(one.rows == wish.count for one in problems):
        return (), NOTHING
    found = show_rows(session, wish) if session.plan is not None else ()
    decision = session.decision
    if found or decision is None or not decision.failure.affected_records:
        return _told(found)
    return (), _refused(decision.failure.table, decision.failure.error_detail)


def _told(rows: tuple[RowShown, ...]) -> tuple[tuple[RowShown, ...], str]:
    return rows, KEPT if rows else NONE


def _lying(session: Session, run: str, wish: ShowRows) -> tuple[RowAside, ...]:
    """The rows in quarantine that are meant; () where those of an open decision are, or those that a number names."""
    found = _open(session, run, wish.table)
    if len(meant := _of_kind(found, wish.count)) < len(found):
        return meant
    problems = session.plan.preflight.problems if session.plan else ()
    elsewhere = session.decision is not None or any(p.rows == wish.count for p in problems)
    return () if elsewhere and wish.count != len(found) else found


def _open(session: Session, run: str, table: str) -> tuple[RowAside, ...]:
    return quarantined(Ledger(session.context.target), run, table, open_only=True) if run else ()


def _of_kind(rows: tuple[RowAside, ...], count: int) -> tuple[RowAside, ...]:
    """Those of the only kind of which there are so many; all where none is, or several are."""
    kinds = Counter((row.table, row.reason) for row in rows)
    numbered = [kind for kind, many in kinds.items() if many == count]
    return tuple(row for row in rows if (row.table, row.reason) == numbered[0]) if len(numbered) == 1 else rows


def _refused(table: str, detail: str) -> str:
    """Rows of which only the new database can say that it does not take them."""
    what = detail.strip().partition("\n")[0].rstrip(".")
    return (
        f"It is the new database that refuses these rows of {clean(table)}: {what}. Which ones they are only shows when"
        " they are written, and while this waits nothing is. Left out for now, they lie in quarantine and can be shown."
    )


def _stand_ins(session: Session, run: str, wish: ShowRows) -> tuple[tuple[RowShown, ...], str]:
    found = placeholders(Ledger(session.context.target), run, wish.table) if run else ()
    if not found:
        return (), "No placeholder of this run stands in the new database."
    rows = tuple(
        RowShown(f"{clean(one.table)} {one.key}", (), f"It stands in for the row {one.legacy_key} of the old database.")
        for one in found[: wish.count]
    )
    more = f" There are {len(found):,} in all." if len(found) > len(rows) else ""
    return rows, f"They stand there until the real rows come: a run that moves those writes over them.{more}"


def shown_rows(rows: Iterable[RowAside]) -> tuple[RowShown, ...]:
    """Rows for the screen."""
    return tuple(
        RowShown(
            title=f"{row.table} {row.key}",
            lines=tuple(Beside(name, shown(value)) for name, value in row.cells.items()),
            note=f"{first_upper(row.reason)}. {row.mending}",
        )
        for row in rows
    )

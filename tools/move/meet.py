"""Legacy rows whose counterpart is in the target already: kept, replaced or merged, each written down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, bindparam, func, literal, select

from ferryman.domain.mapping import Conflict
from ferryman.tools.databases.dialect import changing, clause
from ferryman.tools.move.aside import Aside, Fate
from ferryman.tools.move.keys import bound, cells_text
from ferryman.tools.move.place import Place, made_values, write_entries
from ferryman.tools.move.records import Entry
from ferryman.tools.move.tables import RowKind
from ferryman.tools.prepare.sqlite_values import Expression


@dataclass(frozen=True)
class Meeting:
    """The rows of a range that meet one of the target's, under one conflict policy."""

    place: Place
    aside: Aside
    conflict: Conflict
    fate: Fate = Fate.PRESENT  #: which of the rows aside


def note(meeting: Meeting, fate: Fate, kind: RowKind) -> None:
    """Write down rows that change nothing: one entry each, by one statement."""
    place = meeting.place
    from_ = place.bench.legacy
    values: dict[str, Expression] = {
        "run_id": literal(place.run),
        "table_name": literal(place.bench.compiled.target.name),
        "batch": literal(place.batch),
        "kind": literal(kind.value),
        "source_key": place.bench.compiled.source_key(from_),
        "target_key": place.keys.text(place.keys.values(from_)),
        "rows": literal(1),
    }
    rows = select(*values.values()).select_from(from_)
    write_entries(place, list(values), rows.where(place.bench.within(place.segment), meeting.aside.holds(from_, fate)))


def change(meeting: Meeting) -> list[Entry]:
    """Overwrite, or fill what is NULL, in the target's rows; gives an entry for each, with what was overwritten."""
    place, target = meeting.place, meeting.place.bench.compiled.target
    entries: list[Entry] = []
    updates: list[dict[str, Any]] = []
    for source_key, target_key, key, old, new in _pairs(meeting):
        before = changed(old, new, meeting.conflict)
        kind = RowKind.UPDATED if before else RowKind.MATCHED
        entries.append(Entry(kind, source_key, target_key, before=cells_text(before) if before else None))
        if before:
            cells = [bound(value, target.column(name), place.bench.target_dialect.name) for name, value in new.items()]
            updates.append(_named("k", key) | _named("v", cells))
    if updates:
        place.bench.books.execute(_update(meeting), updates)
    return entries


def changed(old: dict[str, Any], new: dict[str, Any], conflict: Conflict) -> dict[str, Any]:
    """What a target row loses: the old values of the columns that the policy writes anew."""
    if conflict is Conflict.MERGE:
        return {name: None for name, value in new.items() if old[name] is None and value is not None}
    return {name: old[name] for name, value in new.items() if old[name] != value}


def _pairs(meeting: Meeting) -> Iterator[tuple[str, str, list[Any], dict[str, Any], dict[str, Any]]]:
    """Per row: both keys as texts, the target key's values, the target's cells and what legacy would put there."""
    place = meeting.place
    from_, compiled = place.bench.legacy, place.bench.compiled
    target = clause(compiled.target).alias()
    keys = place.keys.values(from_)
    names = _changeable(meeting)
    made = made_values(place)
    held: dict[str, Expression] = {column: target.c[column] for column in place.keys.names}
    wanted = (
        select(
            compiled.source_key(from_),
            place.keys.text(held),
            *held.values(),
            *(target.c[name] for name in names),
            *(made[name] for name in names),
        )
        .select_from(from_.join(target, and_(*(target.c[name] == value for name, value in keys.items()))))
        .where(place.bench.within(place.segment), meeting.aside.holds(from_, meeting.fate))
    )
    width = len(held)
    for source_key, target_key, *cells in place.bench.connection.execute(wanted).all():
        old, new = cells[width : width + len(names)], cells[width + len(names) :]
        yield (
            source_key,
            target_key,
            cells[:width],
            dict(zip(names, old, strict=True)),
            dict(zip(names, new, strict=True)),
        )


def _update(meeting: Meeting) -> Any:
    table = meeting.place.bench.compiled.target
    target = clause(table)
    values: dict[str, Any] = {}
    for position, name in enumerate(_changeable(meeting)):
        new: Any = bindparam(f"v{position}")
        values[name] = func.coalesce(target.c[name], new) if meeting.conflict is Conflict.MERGE else new
    same = [target.c[name] == bindparam(f"k{position}") for position, name in enumerate(meeting.place.keys.names)]
    return changing(target, table).where(*same).values(values)


def _changeable(meeting: Meeting) -> list[str]:
    compiled = meeting.place.bench.compiled
    return [name for name in compiled.writes if name not in meeting.place.keys.names]


def _named(letter: str, values: list[Any]) -> dict[str, Any]:
    return {f"{letter}{position}": value for position, value in enumerate(values)}

"""What becomes of rows that are marked as deleted or out of use, where the new table takes no such mark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ferryman.agents.bookkeeping import MOMENTS, content_words
from ferryman.agents.facts import Facts
from ferryman.agents.flag_values import LONG_AGO, new_value, read, steps_of
from ferryman.agents.marks import NUMBERS, Mark, Marker, mark_of, markers
from ferryman.domain.allowed_values import allowed_words
from ferryman.domain.changes import MapColumn, Option, Question, SetFilter
from ferryman.domain.filters import AllOf, Filter, columns_of
from ferryman.domain.mapping import TableMapping
from ferryman.domain.schema import Column, Family, Table
from ferryman.domain.states import Of, compare, state
from ferryman.domain.transforms import AddMetadataJson, ValueMap, ValuePair

_WHOLE = frozenset({Family.BOOLEAN, Family.INTEGER})
MARKED, ALIVE, ALL = "marked", "alive", "all"

#: The marks of a new table that say the same as one of the old table's, the closest first.
_SAME: dict[Mark, tuple[Mark, ...]] = {
    Mark.DELETED: (Mark.DELETED, Mark.IN_USE),
    Mark.OUT_OF_USE: (Mark.OUT_OF_USE, Mark.IN_USE, Mark.DELETED),
    Mark.IN_USE: (Mark.IN_USE, Mark.OUT_OF_USE, Mark.DELETED),
}
_REASONS = {
    MARKED: "Nothing is lost, and what was marked stays marked.",
    ALIVE: "What refers to a row that is left out is asked about as well.",
    ALL: "No row stays behind; only what marked them does.",
}


def deletion_questions(table: TableMapping, facts: Facts) -> Iterator[Question]:
    """One question about all marks that nothing takes and that the table's filter does not speak of."""
    found = _unheeded(table, facts)
    if not found:
        return
    options = tuple(_options(table, found, facts))
    best = MARKED if options[0].key == MARKED else ALIVE if found[0].mark is Mark.DELETED else ALL
    yield Question(
        id=f"deleted:{table.target}",
        table=table.target,
        text=f"{'; '.join(_said(marker, table, facts) for marker in found)}.{''.join(map(_held, found))} What now?",
        options=options,
        recommended=best,
        reason=_REASONS[best],
    )


def asked_about(table: TableMapping, facts: Facts) -> tuple[str, ...]:
    """The legacy columns that the question is about."""
    return tuple(marker.name for marker in _unheeded(table, facts))


def _unheeded(table: TableMapping, facts: Facts) -> list[Marker]:
    source = facts.source.table(table.source)
    found = markers(source, facts.source_profile.by_name.get(source.name))
    return [marker for marker in found if not _heeded(marker, table)]


def _heeded(marker: Marker, table: TableMapping) -> bool:
    """Whether something takes a mark. Metadata keep one of being out of use; they hide a deleted row from nobody."""
    if table.filter is not None and marker.name in columns_of(table.filter):
        return True
    kept = [line for line in table.columns if marker.name in line.source]
    return any(marker.mark is not Mark.DELETED or not line.uses(AddMetadataJson) for line in kept)


def _said(marker: Marker, table: TableMapping, facts: Facts) -> str:
    target = facts.target.table(table.target)
    state = "as deleted" if marker.mark is Mark.DELETED else "as out of use"
    there = [c.name for c in target.columns if mark_of(c, target.name) is marker.mark and c.name not in table.by_target]
    missing = f"nothing fills {target.name}.{there[0]}" if there else f"{target.name} has no such column"
    return f"{marker.name} marks rows of {table.source} {state}, and {missing}"


def _held(marker: Marker) -> str:
    """What a mark in words looks like in numbers; "" where it is a moment or a number, which speaks for itself."""
    if not marker.in_words:
        return ""
    it = "It" if marker.mark is Mark.DELETED else marker.name
    if marker.column.family in NUMBERS:  # of which nobody has counted the empty texts
        return f" {it} holds numbers and texts side by side."
    nothing = marker.rows - marker.filled
    return f" {it} holds nothing in {nothing:,} of {marker.rows:,} rows, and a text in {marker.filled:,}."


def _options(table: TableMapping, found: Sequence[Marker], facts: Facts) -> Iterator[Option]:
    deleted = found[0].mark is Mark.DELETED
    if len(found) > 1:
        yield _left_out(ALIVE, "the rows that any of them marks", found, table)
        for marker in found:
            yield _left_out(f"without_{marker.name}", f"the rows that {marker.name} marks", [marker], table)
    else:
        if marked := _marked(table, found[0], facts):
            yield marked
        yield _left_out(ALIVE, "the deleted ones" if deleted else "the ones out of use", found, table)
        if found[0].in_words and found[0].mark is not Mark.IN_USE:
            nothing = SetFilter(table=table.target, filter=_beside(table.filter, [found[0].empty()]))
            text = "Leave out all in which it says anything, 0 and no too"
            yield Option(key="empty", text=text, changes=(nothing,))
    back = ": they come back to life" if deleted else ", as if they were in use"
    yield Option(key=ALL, text=f"Move them like all others{back}")


def _left_out(key: str, which: str, found: Sequence[Marker], table: TableMapping) -> Option:
    change = SetFilter(table=table.target, filter=_beside(table.filter, [marker.left() for marker in found]))
    in_words = [marker for marker in found if marker.in_words]
    told = [f"Leave {which} out"]
    if any(marker.mark is not Mark.IN_USE for marker in in_words):
        told.append("nothing, 0, n, no, f, false and zero dates mean alive")
    for marker in in_words:
        if marker.mark is Mark.IN_USE:
            told.append(f"0, n, no, f and false in {marker.name} mean out of use")
    return Option(key=key, text="; ".join(told), changes=(change,))


def _beside(known: Filter | None, more: Sequence[Filter]) -> Filter:
    """What a table's filter asks already, and these conditions."""
    before = known.of if isinstance(known, AllOf) else (known,) if known else ()
    parts = (*before, *more)
    return parts[0] if len(parts) == 1 else AllOf(of=parts)


def _marked(table: TableMapping, marker: Marker, facts: Facts) -> Option | None:
    """To fill the new table's own mark from a flag, where it has one that nothing fills."""
    target = facts.target.table(table.target)
    free = [c for c in target.columns if c.name not in table.by_target and not c.generated]
    for column in (*_of_the_same_mark(marker, free, target), *free):
        if step := _as_a_mark(marker, column, target) or _as_a_word(marker, column, target):
            change = MapColumn(table=table.target, source=(marker.name,), target=column.name, steps=(step,))
            told = f" ({LONG_AGO}, as nothing says when)" if column.family in MOMENTS else ""
            return Option(key=MARKED, text=f"Move them and mark them in {column.name}{told}", changes=(change,))
    return None


def marks_go_into(table: TableMapping, facts: Facts) -> str:
    """The column that the question offers to write the marks into; "" for none."""
    found = _unheeded(table, facts)
    option = _marked(table, found[0], facts) if len(found) == 1 else None
    return next((change.target for change in option.changes if isinstance(change, MapColumn)), "") if option else ""


def _of_the_same_mark(marker: Marker, free: Sequence[Column], target: Table) -> Iterator[Column]:
    """The marks that say the same, the closest first."""
    for mark in _SAME[marker.mark]:
        yield from (column for column in free if mark_of(column, target.name) is mark)


def _as_a_mark(marker: Marker, column: Column, target: Table) -> ValueMap | None:
    """What makes a new mark of an old one; None where it cannot hold it, or nothing says how."""
    mark = mark_of(column, target.name)
    if marker.mark is not Mark.DELETED and mark is Mark.DELETED and column.family in MOMENTS:
        return None  # out of use is hidden by a flag; it was deleted at no moment
    if column.family not in _WHOLE and not (column.family in MOMENTS and column.nullable and mark is not Mark.IN_USE):
        return None
    if marker.in_words or mark is None:
        reading = read(marker.column, column, marker.profile, table=target.name)
        return steps_of(reading, marker.column, column, marker.profile) if reading and reading.clear else None
    if not marker.is_flag or marker.column.family not in _WHOLE or mark not in _SAME[marker.mark]:
        return None
    gone, alive = (new_value(column, said) for said in ((False, True) if mark is Mark.IN_USE else (True, False)))
    none, some = (gone, alive) if marker.mark is Mark.IN_USE else (alive, gone)
    pairs = ((0, none), (1, some), (-1, some), (None, alive))
    return ValueMap(pairs=tuple(ValuePair(old=old, new=new) for old, new in pairs))


def _as_a_word(marker: Marker, column: Column, target: Table) -> ValueMap | None:
    """What makes of an old mark one of the words that a new column lists; None where it lists none for both."""
    listed = allowed_words(target, column)
    alive = [word for word in listed if state(word) == "active"]
    own = content_words(marker.name, target.name)[-1]
    gone = [word for word in listed if marker.mark is not Mark.IN_USE and compare(word, own) is Of.SAME]
    gone = gone or [word for word in listed if marker.mark is not Mark.DELETED and state(word) == "inactive"]
    if len(alive) != 1 or len(gone) != 1:
        return None
    in_use = column.but(name="active", family=Family.BOOLEAN, members=(), default="")
    step = _as_a_mark(marker, in_use, target)
    words = {0: gone[0], 1: alive[0]}
    pairs = [ValuePair(old=pair.old, new=words.get(int(pair.new or 0))) for pair in step.pairs] if step else []
    return ValueMap(pairs=tuple(pairs)) if pairs else None

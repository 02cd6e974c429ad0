"""Questions about values: what the numbers and words of the old application stand for in the list of the new one."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from ferryman.agents.facts import Facts
from ferryman.agents.like_words import pair_off
from ferryman.agents.table_questions import leave_out
from ferryman.agents.transform_words import step_words
from ferryman.agents.units import unit_of
from ferryman.agents.wording import count, listed
from ferryman.domain.allowed_values import allowed_words
from ferryman.domain.changes import MapColumn, MapValues, Option, Question
from ferryman.domain.mapping import ColumnMapping, TableMapping
from ferryman.domain.profile import ColumnProfile
from ferryman.domain.states import Of, compare
from ferryman.domain.transforms import ForeignKeyTo, Lookup, Rename, Scale, TextByName, ValueMap, ValuePair

#: The kinds of these questions; an id is the kind, a colon, and TABLE.COLUMN.
VALUES, UNIT, LANGUAGE = "values", "unit", "language"

AS_THEY_ARE, AS_READ = "as_they_are", "as_read"


def value_questions(table: TableMapping, facts: Facts) -> Iterator[Question]:
    """One question for each column that lists what it takes, where what feeds it holds something else.

    Numbers are known by their range, words where the old column lists them as well, or where they say how a row stands
    or are letters, each with its word in the new list ("M" for "male").
    """
    source, target = facts.source.table(table.source), facts.target.table(table.target)
    for column in table.columns:
        allowed = allowed_words(target, target.column(column.target))
        if not allowed or len(column.source) != 1 or column.uses(ValueMap, ForeignKeyTo):
            continue
        old = source.by_name.get(column.source[0])
        words = allowed_words(source, old) if old else ()
        profile = facts.column(table.source, column.source[0])
        words = words or _told_apart(profile, allowed)
        if words and not set(words) <= set(allowed):
            yield _words_for_words(table, column, words, allowed, facts)
        elif not words and profile and isinstance(profile.lowest, int) and isinstance(profile.highest, int):
            yield _words_for_numbers(table, column, allowed, (profile.lowest, profile.highest))


def _told_apart(profile: ColumnProfile | None, allowed: tuple[str, ...]) -> tuple[str, ...]:
    """The few words that a column holds, where each has its own in the new list; () where that is not so."""
    words = tuple(profile.states) if profile else ()
    if profile is None or not words or (profile.distinct or 0) > len(words) + (1 if profile.empty else 0):
        return ()
    return words if len(_by_what_they_say(words, allowed)) == len(words) else ()


def _by_what_they_say(words: tuple[str, ...], allowed: tuple[str, ...]) -> dict[str, str]:
    """The words with their partners: by likeness, else by what they say of how a row stands. Of two that are allowed,
    one is what says the contrary of the other: "banned" is "inactive" beside "active"."""
    found = pair_off(words, allowed)
    for word in words:
        same = [one for one in allowed if compare(word, one) is Of.SAME]
        contrary = [one for one in allowed if compare(word, one) is Of.CONTRARY]
        if word not in found and len(same) == 1:
            found[word] = same[0]
        elif word not in found and len(allowed) == 2 and len(contrary) == 1:
            found[word] = next(one for one in allowed if one != contrary[0])
    return found


def _words_for_words(
    table: TableMapping, column: ColumnMapping, words: tuple[str, ...], allowed: tuple[str, ...], facts: Facts
) -> Question:
    found = _by_what_they_say(words, allowed)
    pairs = tuple(ValuePair(old=word, new=found[word]) for word in words if word in found)
    old = facts.source.table(table.source)
    lists = allowed_words(old, old.column(column.source[0]))
    holds = f"{'lists' if lists else 'holds'} {', '.join(words)}"
    if len(found) < len(set(words)):
        asked = _which_is_which(table, column, allowed, holds, (_unchanged("words"),))
        return asked.but(reason=f'Say for example "{words[0]} is {allowed[0]}".')
    by_name = _told(pairs, table, column, "by_name")
    asked = _which_is_which(table, column, allowed, holds, (by_name, _unchanged("words")))
    return asked.but(recommended=by_name.key, reason="The words look alike.")


def _words_for_numbers(
    table: TableMapping, column: ColumnMapping, allowed: tuple[str, ...], bounds: tuple[int, int]
) -> Question:
    low, high = bounds
    pairs = tuple(ValuePair(old=low + n, new=word) for n, word in enumerate(allowed))
    if high - low + 1 == len(allowed):
        options = _told(pairs, table, column, "in_order"), _unchanged("numbers")
        return _which_is_which(table, column, allowed, "holds numbers", options)
    asked = _which_is_which(table, column, allowed, "holds numbers", (_unchanged("numbers"),))
    return asked.but(reason='Say for example "1 is open and 2 is closed".')


def _which_is_which(
    table: TableMapping, column: ColumnMapping, allowed: tuple[str, ...], holds: str, options: tuple[Option, ...]
) -> Question:
    takes = f"{table.target}.{column.target} takes only {', '.join(allowed)}"
    return Question(
        id=f"{VALUES}:{table.target}.{column.target}",
        table=table.target,
        text=f"{table.source}.{column.source[0]} {holds}, and {takes}. Which is which?",
        options=(*options, leave_out(table.target)),
    )


def _unchanged(what: str) -> Option:
    return Option(key=AS_THEY_ARE, text=f"Move the {what} as they are")


def _told(pairs: tuple[ValuePair, ...], table: TableMapping, column: ColumnMapping, key: str) -> Option:
    change = MapValues(table=table.target, target=column.target, pairs=pairs, otherwise="stop")
    return Option(key=key, text=", ".join(f"{pair.old} is {pair.new}" for pair in pairs), changes=(change,))


def unit_questions(table: TableMapping, facts: Facts) -> Iterator[Question]:
    """One question for each column whose numbers are converted since two names say different units."""
    source, target = facts.source.table(table.source), facts.target.table(table.target)
    for column in table.columns:
        scale = next((step for step in column.steps if isinstance(step, Scale)), None)
        if scale is None or column.is_said or len(column.source) != 1:
            continue
        told = [
            f"{name} is in {unit.word}" if unit else f"{name} names no unit"
            for name, unit in (
                (f"{table.source}.{column.source[0]}", unit_of(source.column(column.source[0]))),
                (f"{table.target}.{column.target}", unit_of(target.column(column.target))),
            )
        ]
        unchanged = MapColumn(table=table.target, source=column.source, target=column.target, steps=(Rename(),))
        yield Question(
            id=f"{UNIT}:{table.target}.{column.target}",
            table=table.target,
            text=f"By their names, {' and '.join(told)}. Shall the numbers be {step_words(scale)}?",
            options=(
                Option(key="convert", text=f"Yes: 1500 becomes {_example(scale)}"),
                Option(key=AS_THEY_ARE, text="No, as they are: 1500 stays 1500", changes=(unchanged,)),
            ),
            recommended="convert",
        )


def language_questions(table: TableMapping, facts: Facts) -> Iterator[Question]:
    """One question for each column that takes one of the texts that the old one holds, one for each language."""
    for column in table.columns:
        step = next((step for step in column.steps if isinstance(step, TextByName)), None)
        profile = _holder(table, column, facts)
        if step is None or column.is_said or profile is None:
            continue
        rows = listed(f"{name} in {count(n, 'row')}" for name, n in profile.languages.items())
        many = len(profile.languages) > 1
        first = [_first(table, column, step, name, many=many) for name in profile.languages]
        plain = tuple(Rename() if known is step else known for known in column.steps)
        whole = MapColumn(table=table.target, source=column.source, target=column.target, steps=plain)
        yield Question(
            id=f"{LANGUAGE}:{table.target}.{column.target}",
            table=table.target,
            text=f"{column.source[0]} of {table.source} holds a text for each language ({rows}). Which goes into "
            f"{table.target}.{column.target}?",
            options=(
                *first,
                Option(key=AS_THEY_ARE, text="All of them as JSON", changes=(whole,)),
            ),
            recommended=first[0].key,
            reason=f"{column.target} is one text, and most rows have this.",
        )


def _holder(table: TableMapping, column: ColumnMapping, facts: Facts) -> ColumnProfile | None:
    """What is known of the column that the texts come from, be it of a table beside."""
    beside = next((step for step in column.steps if isinstance(step, Lookup)), None)
    if beside:
        return facts.column(beside.table, beside.value)
    return facts.column(table.source, column.source[0]) if len(column.source) == 1 else None


def _first(table: TableMapping, column: ColumnMapping, step: TextByName, name: str, *, many: bool) -> Option:
    """The option of one language before the others."""
    names = (name, *(other for other in step.names if other != name))
    steps = tuple(TextByName(names=names) if known is step else known for known in column.steps)
    change = MapColumn(table=table.target, source=column.source, target=column.target, steps=steps)
    return Option(key=name, text=f"{name}{', or another where a row has none' * many}", changes=(change,))


def _example(scale: Scale) -> str:
    made = Fraction(1500 * scale.multiply, scale.divide)
    return f"{round(made) if scale.places == 0 else float(made):g}"

"""What a pairing of two tables leaves over: legacy columns without a place, and new columns that nothing fills."""

from __future__ import annotations

from ferryman.agents.bookkeeping import WHENS, Book, book_of, books, may_tell_creation, words
from ferryman.agents.pairing import RULED, Pairing
from ferryman.agents.value_steps import tells_moments
from ferryman.domain.profile import TableProfile
from ferryman.domain.schema import Column


def homeless(pairing: Pairing, profile: TableProfile | None = None) -> tuple[str, ...]:
    """The legacy columns that feed no target column and are neither key nor a moment that bookkeeping takes."""
    used = {choice.source for choice in pairing.columns.values()} | set(pairing.source.key)
    used |= _books_taken(pairing) | {name for key in pairing.joined.values() for name in key.columns}
    if began := creation_by_name(pairing, profile):
        used.add(began.name)
    return tuple(column.name for column in pairing.source.columns if column.name not in used)


def creation_by_name(pairing: Pairing, profile: TableProfile | None) -> Column | None:
    """The one legacy column that feeds nothing else and may by its name say when a row was made, where the target asks
    for that and nothing says it in so many words."""
    source, target = pairing.source, pairing.target
    created = books(target.columns, target.name).get(Book.CREATED)
    known = profile.by_name if profile else {}
    like = pairing.whens.get(created.name) if created else None
    if created is None or (like and tells_moments(source.column(like.source), known.get(like.source))):
        return None
    if any(book_of(c, source.name) is Book.CREATED and tells_moments(c, known.get(c.name)) for c in source.columns):
        return None
    taken = {choice.source for choice in pairing.columns.values()} | set(source.key)
    free = (column for column in source.columns if column.name not in taken)
    began = [c for c in free if may_tell_creation(c, source.name) and tells_moments(c, known.get(c.name))]
    return began[0] if len(began) == 1 else None


def _books_taken(pairing: Pairing) -> set[str]:
    ours = books(pairing.source.columns, pairing.source.name)
    theirs = books(pairing.target.columns, pairing.target.name)
    taken = {ours[book].name for book in (Book.CREATED, Book.UPDATED, Book.METADATA) if book in ours and book in theirs}
    named = {words(column.name): book_of(column, pairing.target.name) for column in pairing.target.columns}
    moments = ((column, book_of(column, pairing.source.name)) for column in pairing.source.columns)
    taken |= {c.name for c, book in moments if book in WHENS and named.get(words(c.name)) is book}
    return taken | {choice.source for choice in pairing.whens.values()}


def unfilled(pairing: Pairing) -> tuple[str, ...]:
    """The required target columns that nothing feeds: no legacy column, no key, no bookkeeping, no default."""
    target = pairing.target
    own_key = target.primary_key if len(target.primary_key) == 1 else ()
    return tuple(
        column.name
        for column in target.columns
        if column.required
        and column.name not in own_key
        and not pairing.feeds(column.name)
        and book_of(column, target.name) not in RULED
    )

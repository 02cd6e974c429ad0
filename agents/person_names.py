"""A person's full name out of first and last name."""

from __future__ import annotations

from ferryman.agents.bookkeeping import words
from ferryman.agents.pairing import Pairing
from ferryman.domain.schema import Column, Family, Table

_FIRST = frozenset(("first", "firstname", "fname", "forename", "given", "givenname", "vorname", "prenom"))
_LAST = frozenset(("last", "lastname", "lname", "surname", "family", "familyname", "nachname"))
_WHOLE = frozenset(("fullname", "full", "display", "displayname", "name"))
_BESIDES = frozenset(("name", "customer", "user", "contact", "person", "employee", "member", "the"))


def full_name(column: Column, pairing: Pairing) -> tuple[str, str] | None:
    """The legacy columns of first and last name, where the target has one column for both; else None."""
    said = set(words(column.name))
    if column.family is not Family.TEXT or not said & _WHOLE or said - _WHOLE - _BESIDES:
        return None
    if _part(pairing.target, _FIRST) or _part(pairing.target, _LAST):
        return None
    first, last = _part(pairing.source, _FIRST), _part(pairing.source, _LAST)
    return (first, last) if first and last else None


def _part(table: Table, known: frozenset[str]) -> str | None:
    """The text column of a table whose name says one part of a person's name, and nothing else."""
    for column in table.columns:
        said = set(words(column.name))
        if column.family is Family.TEXT and said & known and said <= known | _BESIDES:
            return column.name
    return None

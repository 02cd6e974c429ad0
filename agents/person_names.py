"""A person's full name out of first and last name, and these out of a full name."""

from __future__ import annotations

from ferryman.agents.bookkeeping import words
from ferryman.agents.pairing import Pairing
from ferryman.domain.profile import ColumnProfile
from ferryman.domain.schema import Column, Family, Table
from ferryman.domain.transforms import Split, Transform, Trim

_FIRST = frozenset(("first", "firstname", "fname", "forename", "given", "givenname", "vorname", "prenom"))
_LAST = frozenset(("last", "lastname", "lname", "surname", "family", "familyname", "nachname", "apellido", "apellidos"))
_WHOLE = frozenset(("fullname", "full", "display", "displayname", "name"))
_BESIDES = frozenset(("name", "customer", "user", "contact", "person", "employee", "member", "the"))
_MOST = 0.9  #: of the sampled names are written in two parts


def full_name(column: Column, pairing: Pairing) -> tuple[str, str] | None:
    """The legacy columns of first and last name, where the target has one column for both; else None."""
    said = set(words(column.name))
    if column.family is not Family.TEXT or not said & _WHOLE or said - _WHOLE - _BESIDES:
        return None
    if _part(pairing.target, _FIRST) or _part(pairing.target, _LAST):
        return None
    first, last = _part(pairing.source, _FIRST), _part(pairing.source, _LAST)
    return (first, last) if first and last else None


def whole_name(pairing: Pairing) -> str | None:
    """The legacy column of a person's whole name, where the target has one for each of its two parts; else None."""
    target, source = pairing.target, pairing.source
    if not (_part(target, _FIRST) and _part(target, _LAST)) or _part(source, _FIRST) or _part(source, _LAST):
        return None
    besides = _BESIDES | set(words(source.name))
    told = [(column, set(words(column.name))) for column in source.columns if column.family is Family.TEXT]
    whole = [column.name for column, said in told if said & _WHOLE and said <= _WHOLE | besides]
    return whole[0] if len(whole) == 1 else None


def parted_by(profile: ColumnProfile | None) -> str:
    """What stands between the two parts of most sampled names: ", " with the last name first, or a blank; "" neither.

    `profile` is that of the whole name.
    """
    shapes = {shape.strip(): rows for shape, rows in (profile.shapes if profile else {}).items() if shape.strip(" .")}
    for separator in (", ", " "):
        if sum(rows for shape, rows in shapes.items() if separator in shape) > _MOST * sum(shapes.values()):
            return separator
    return ""


def name_part(column: Column, pairing: Pairing, separator: str) -> tuple[Transform, ...]:
    """The steps from a whole name to the part that a target column holds; () where it holds neither. Nothing is lost:
    the last name is one part, the first name is all the rest."""
    first, last = _part(pairing.target, _FIRST), _part(pairing.target, _LAST)
    if column.name not in (first, last):
        return ()
    place = -1 if separator == " " else 1  # of the last name: at the end, or at the beginning
    is_first = column.name == first
    part = Split(separator=separator, part=2 * place if is_first else place, rest=is_first)
    return Trim(), part, Trim()


def _part(table: Table, known: frozenset[str]) -> str | None:
    """The text column of a table whose name says one part of a person's name, and nothing else."""
    for column in table.columns:
        said = set(words(column.name))
        if column.family is Family.TEXT and said & known and said <= known | _BESIDES:
            return column.name
    return None

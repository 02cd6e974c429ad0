"""How many of one column's values are found in another, and the foreign keys that nobody declared.

Within one database it is one set query; across two, look-ups of a bounded sample.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Text, case, cast, func, select

from ferryman.domain.profile import Profile
from ferryman.domain.schema import Column, Database, Family, ForeignKey, Table
from ferryman.tools.databases.dialect import among, clause
from ferryman.tools.discover.aggregates import NUMBERS
from ferryman.tools.discover.references import References, counts
from ferryman.tools.discover.sample import sample

SAMPLED_ROWS = 20_000  #: rows of the child that distinct values are taken from
LOOKED_UP = 5_000  #: distinct values that are looked up, at most
SHARE = 0.95  #: of the values looked up must be keys of the parent for a reference to be inferred
_AT_ONCE = 500


@dataclass(frozen=True)
class Place:
    """A column on a connection, with its table's row count where it is known (a small table is not sampled)."""

    connection: Connection
    table: Table
    column: str
    rows: int | None = None
    without: int | None = None  #: a value that is not looked up, such as the 0 that stands for "no parent"


@dataclass(frozen=True)
class Containment:
    """What became of looking up the distinct, non-NULL values of a bounded sample."""

    looked: int
    found: int

    @property
    def share(self) -> float:
        """Found out of looked up, 0.0 to 1.0; 0.0 when there was nothing to look up."""
        return self.found / self.looked if self.looked else 0.0


def containment(child: Place, parent: Place) -> Containment:
    """How many of the child column's values are found in the parent's. Compares as the parent's database does.

    As texts where the types are others and the database does not compare them.
    """
    values = _distinct(child, spelt=_spelt(child, parent))
    key = _written(clause(parent.table).c[parent.column], spelt=_spelt(parent, child))
    if child.connection is parent.connection:
        return _within(values, parent, key)
    return _across(values, child.connection, parent, key)


def looked_up(
    connection: Connection, child: tuple[Table, str], parent: tuple[Table, str], profile: Profile
) -> Containment:
    """How many of a column's values are found in another one of its database. A 0 that is below all keys is no key:
    old applications write it where there is no parent."""
    (table, column), (above, key) = child, parent
    found, keys = (profile.by_name[at.name].by_name.get(name) for at, name in (child, parent))
    lowest = keys.lowest if keys else None
    none = found is not None and found.lowest == 0 and isinstance(lowest, int | float) and lowest > 0
    place = Place(connection, table, column, profile.rows(table.name), without=0 if none else None)
    return containment(place, Place(connection, above, key))


def _spelt(place: Place, other: Place) -> bool:
    """Whether values of a place are compared with those of another as texts. SQLite compares all with all."""
    family, theirs = (at.table.column(at.column).family for at in (place, other))
    if place.connection.dialect.name == "sqlite" or {family, theirs} <= NUMBERS:
        return False
    return not (family is theirs is Family.BINARY)  # two collations, or a text and an address, do not compare


def _written(value: ColumnElement[Any], *, spelt: bool) -> ColumnElement[Any]:
    return cast(value, Text) if spelt else value


def infer_references(connection: Connection, database: Database, profile: Profile) -> Database:
    """The database with a ForeignKey(enforced=False) for each undeclared reference that names and values agree on.

    What a name may point at is said in `References`. At least `SHARE` of the values looked up must be there; an empty
    table, or a column of NULLs, proves nothing; where two parents fit equally well, neither is taken.
    """
    references = References(database)
    added: dict[str, list[ForeignKey]] = defaultdict(list)
    for table in database.data_tables:
        if profile.rows(table.name):
            for column in _undeclared(table):
                if found := _parent(connection, table, column, references, profile):
                    added[table.name].append(found)
    tables = (_with(table, tuple(added.get(table.name, ()))) for table in database.tables)
    return Database(dialect=database.dialect, tables=tuple(tables))


def _distinct(place: Place, *, spelt: bool) -> Select[Any]:
    source = clause(place.table)
    small = place.rows is not None and place.rows <= SAMPLED_ROWS
    value = _written(source.c[place.column], spelt=spelt).label("v")
    rows = sample(place.connection, place.table, source, [value], None if small else SAMPLED_ROWS).subquery()
    found = select(rows.c.v).where(rows.c.v.is_not(None)).distinct().limit(LOOKED_UP)
    return found if place.without is None else found.where(rows.c.v != place.without)


def _within(values: Select[Any], parent: Place, key: ColumnElement[Any]) -> Containment:
    looked = values.subquery()
    keys = select(key)
    found = func.count(case((looked.c.v.in_(keys), 1)))
    row = parent.connection.execute(select(func.count(looked.c.v), found)).one()
    return Containment(int(row[0]), int(row[1]))


def _across(values: Select[Any], child: Connection, parent: Place, key: ColumnElement[Any]) -> Containment:
    looked = list(child.execute(values).scalars())
    found = 0
    for start in range(0, len(looked), _AT_ONCE):
        some = select(func.count(key.distinct())).where(among(key, looked[start : start + _AT_ONCE]))
        found += parent.connection.execute(some).scalar_one()
    return Containment(len(looked), found)


def _with(table: Table, more: tuple[ForeignKey, ...]) -> Table:
    return table.model_copy(update={"foreign_keys": table.foreign_keys + more}) if more else table


def _undeclared(table: Table) -> Iterator[Column]:
    """The columns that no declared foreign key takes up, and that do not count rows."""
    taken = {name for key in table.foreign_keys for name in key.columns}
    return (column for column in table.columns if column.name not in taken and not counts(column))


def _parent(
    connection: Connection, table: Table, column: Column, references: References, profile: Profile
) -> ForeignKey | None:
    shares = {
        (parent.name, key): looked_up(connection, (table, column.name), (parent, key), profile).share
        for parent, key in references.candidates(table, column)
        if profile.rows(parent.name)
    }
    best = sorted(shares, key=lambda at: -shares[at])
    if not best or shares[best[0]] < SHARE or (len(best) > 1 and shares[best[1]] == shares[best[0]]):
        return None
    name, key = best[0]
    return ForeignKey(columns=(column.name,), parent=name, parent_columns=(key,), enforced=False)

"""Which tables a column's name may point at. Pure: names and types only; `contain` looks at the values."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from ferryman.domain.schema import Column, Database, Family, Table
from ferryman.tools.discover.names import Words, singular, split_name, without_mark

_ENDINGS = frozenset("id ids key uuid guid fk pk ref code no nr num number".split())
_FIRST = frozenset(("fk", "id"))
_MEASURES = frozenset(
    "max maximum min minimum avg average mean sum total tot count cnt qty quantity rating score".split()
)
#: Before "order" they say that it is the place in a list: sort_order and menu_order name no row of orders.
_LISTED = frozenset(
    "sort sorting display list menu view show print tab page field row item position custom default".split()
)
_NUMBERS = frozenset((Family.INTEGER, Family.DECIMAL))
_ALIKE = (frozenset((Family.TEXT, Family.UUID, Family.ENUM)), frozenset((Family.INTEGER, Family.DECIMAL)))


class References:
    """The tables of a database by the words of their names, with and without the application's prefix.

    A column points at a table by `user_id`, `UserId`, `fk_user`, `billing_user_id` or `user` -> users; `parent_id`
    points at its own table. Among several, those with the prefix of the column's own table come first. Where no table
    is named so, one is whose key is called so: `pat_no` and `referring_pat_no` -> patients by their key pat_no.
    """

    def __init__(self, database: Database) -> None:
        self._words = {table.name: words(table.name) for table in database.data_tables}
        first = Counter(parts[0] for parts in self._words.values() if len(parts) > 1)
        self._prefixes = {word for word, tables in first.items() if tables > 1}
        self._by_words: dict[Words, list[Table]] = defaultdict(list)
        for table in database.data_tables:
            parts = self._words[table.name]
            self._by_words[parts].append(table)
            if self._prefix(table):
                self._by_words[parts[1:]].append(table)
        self._by_key: dict[Words, list[Table]] = defaultdict(list)
        for table in database.data_tables:
            if len(table.key) == 1 and len(called := tuple(split_name(table.key[0]))) > 1:
                self._by_key[called].append(table)

    def candidates(self, table: Table, column: Column) -> Iterator[tuple[Table, str]]:
        """Each parent with the key column that may be meant; types that can never be equal are left out."""
        stem, ending = _stem(column.name)
        if table.key == (column.name,) and stem in ((), self._words[table.name]):
            return
        named = [(parent, key) for parent in self._named(table, stem) for key in _keys(parent, ending)]
        for parent, key in named or self._with_key(table, column):
            if (parent.name, key) != (table.name, column.name) and alike(column, parent.column(key)):
                yield parent, key

    def _prefix(self, table: Table) -> str:
        parts = self._words[table.name]
        return parts[0] if len(parts) > 1 and parts[0] in self._prefixes else ""

    def _named(self, table: Table, stem: Words) -> list[Table]:
        if stem == ("parent",):
            return [table]
        for start in range(len(stem)):
            if found := self._by_words.get(stem[start:], []):
                near = [parent for parent in found if self._prefix(parent) == self._prefix(table)]
                return near or found
        return []

    def _with_key(self, table: Table, column: Column) -> list[tuple[Table, str]]:
        """The tables whose key a column that is no key itself is called after."""
        parts = tuple(split_name(column.name)) if table.key != (column.name,) else ()
        found = (self._by_key.get(parts[start:], []) for start in range(len(parts)))
        return [(parent, parent.key[0]) for parent in next(filter(None, found), [])]


def counts(column: Column) -> bool:
    """Whether a number's name says how many rows there are, or the how manieth this is, and not which one is meant:
    max_loans, loan_count, user_posts, sort_order, and order by itself."""
    parts = split_name(column.name)
    if column.family not in _NUMBERS or not parts or parts[0] in _FIRST or parts[-1] in _ENDINGS:
        return False
    if parts == ("order",) or places(column):
        return True
    return not _MEASURES.isdisjoint((parts[0], parts[-1])) or singular(parts[-1]) != parts[-1]


def places(column: Column) -> bool:
    """Whether a name says the place in a list: sort_order, sortorder."""
    parts = split_name(column.name)
    said = {"".join(parts[-n:]) for n in (1, 2)}
    return any(word.endswith("order") and word.removesuffix("order") in _LISTED for word in said)


def measures(column: Column) -> bool:
    """Whether a name says how much or how many, and nothing else: quantity, total, rating."""
    parts = split_name(column.name)
    return bool(parts) and parts[-1] in _MEASURES


def alike(one: Column, other: Column) -> bool:
    """Whether values of both types can be equal."""
    families = {one.family, other.family}
    return len(families) == 1 or Family.OTHER in families or any(families <= group for group in _ALIKE)


def words(name: str) -> Words:
    """The words of a table's name, in lower case, the last one in the singular: "OrderLines" -> (order, line)."""
    parts = without_mark(split_name(name))
    return (*parts[:-1], singular(parts[-1])) if parts else ()


def _stem(name: str) -> tuple[Words, Words]:
    """A column's name without what marks a key, and the mark: user_id -> (user,), (id,)."""
    parts = split_name(name)
    if len(parts) > 1 and parts[0] in _FIRST:
        parts, ending = parts[1:], parts[:1]
    elif parts and parts[-1] in _ENDINGS:
        parts, ending = parts[:-1], parts[-1:]
    else:
        ending = ()
    return ((*parts[:-1], singular(parts[-1])) if parts else (), ending)


def _keys(parent: Table, ending: Words) -> list[str]:
    """A unique column that the ending names (country_code -> code), else the parent's single key column."""
    unique = [names[0] for names in parent.uniques if len(names) == 1 and split_name(names[0]) == ending]
    return unique[:1] or (list(parent.key) if len(parent.key) == 1 else [])

"""One thing being said in one context, with what its words can mean. The rules of `understand` share it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import dropwhile

from ferryman.agents.context import Context
from ferryman.agents.hints import Legacy
from ferryman.agents.identifiers import Part, typed_as_one
from ferryman.agents.known import Known
from ferryman.agents.names import PERHAPS, SURE, ColumnFound, Mention, Names
from ferryman.agents.sentence import Sentence
from ferryman.agents.vocabulary import COMMON, key
from ferryman.agents.wording import listed as wording_list
from ferryman.domain.changes import Change

_ARTICLES = frozenset(
    """the a an my our your their its his her this that these those both all any every each whole entire please old new
    legacy also too again either neither just only of""".split()
)
_KIND = re.compile(
    r"(?: (?:source|target))?(?: (?P<kind>tables?|columns?|fields?|records?|rows?|data|stuff|entries))+$"
)
_OF = tuple(re.compile(rf"^(?P<c>{some}) (?:of|in|from) (?P<t>.+)$") for some in (".+", ".+?"))
_LONGEST_STRANGE = 2  #: words
_GENERAL = 3  #: tables: a column of that name in more of them is asked about


@dataclass(frozen=True)
class Doubt:
    """It is clear what kind of thing is wanted, but not which; `wordings` are sentences that would be clear."""

    wordings: tuple[str, ...] = ()
    why: str = ""  #: what is in the way, as a sentence


Edit = tuple[Change, ...] | Doubt | None  #: what a rule makes of a clause; None: it is about something else


@dataclass(frozen=True)
class Named:
    """What an item of a list names."""

    tables: tuple[Known, ...] = ()
    columns: tuple[ColumnFound, ...] = ()
    group: bool = False  #: all of the tables are meant, not one of them

    @property
    def one(self) -> Known | None:
        return self.tables[0] if len(self.tables) == 1 else None


@dataclass(frozen=True)
class Talk:
    """The context of what is said, and the names of the migration."""

    context: Context
    names: Names

    def mentions(self, said: Sentence) -> tuple[Mention, ...]:
        return self.names.mentions(said)

    def tables(self, said: Sentence) -> tuple[Known, ...]:
        """The tables that a sentence names without a doubt, in its order, each once."""
        found = [k for m in self.mentions(said) if m.group or len(m.tables) == 1 for k in m.tables]
        return tuple(dict.fromkeys(found))

    def unnamed(self, said: Sentence) -> str:
        """The words of a sentence that are no part of a table's name or of a column's longer one."""
        spans = (*((m.start, m.stop) for m in self.mentions(said)), *self.names.columns_named(said))
        named = {n for start, stop in spans for n in range(start, stop)}
        return " ".join(word.norm for n, word in enumerate(said.words) if n not in named)

    def about(self, said: Sentence) -> tuple[Known, ...]:
        """The tables named, else the one talked about."""
        named = self.tables(said)
        if named:
            return named
        current = self.names.of_target(self.context.table)
        return (current,) if current else ()

    @property
    def planned(self) -> tuple[Known, ...]:
        """The tables that the plan copies."""
        copied = {m.target for m in self.context.plan.mapping.copied} if self.context.plan else set()
        return tuple(known for known in self.names.known if known.target in copied)

    def legacy(self, known: Known) -> Legacy | None:
        """A table's legacy side; None where nothing feeds it."""
        table = self.context.source.by_name.get(known.source or "")
        if table is None:
            return None
        mapping = next((m for m in self.context.mapped if m.target == known.target), None)
        return Legacy(table, mapping, self.context.target.by_name.get(known.target or ""))

    def items(self, said: Sentence) -> tuple[Named, ...]:
        """What a list names, item by item; an item that names nothing is an empty Named."""
        return tuple(self.item(part) for part in listed(said))

    def item(self, said: Sentence) -> Named:
        """A table, several (a group, or equally good ones), or columns; nothing for words that name none."""
        exact = self._identified(said)
        if exact:
            return exact
        columns = self._of_a_table(said)
        if columns:
            return Named(columns=columns)
        words, kind = _bare([word.norm for word in said.words])
        if not words:
            return Named()
        mention = next((m for m in self.mentions(said) if m.stop - m.start >= len(words)), None)
        if mention and mention.score >= SURE and not kind.startswith(("column", "field")):
            return Named(mention.tables, group=mention.group)
        columns = self.columns(words)
        tables, score = self.names.table(tuple(key(word) for word in words), typed="_".join(words))
        if score >= SURE and kind not in ("column", "columns", "field", "fields"):
            return Named(tables)
        if columns and (columns[0].score >= score or kind.startswith(("column", "field"))):
            return Named(columns=columns)
        return Named(tables) if score >= PERHAPS else Named()

    def _identified(self, said: Sentence) -> Named | None:
        """What an item is spelt like that is one name and nothing else, in one piece or in several words."""
        kinds = {"column": "columns", "field": "columns", "table": "tables"}
        kind = {kinds[word.norm] for word in (*said.words[:2], *said.words[-1:]) if word.norm in kinds}
        bare = list(dropwhile(lambda word: word.norm in _ARTICLES or word.norm in kinds, said.words))
        rest = Sentence(said.original, tuple(bare[:-1] if bare and bare[-1].norm in kinds else bare))
        words = Part(0, len(rest.words), "_".join(word.norm for word in rest.words))
        for parts in (*typed_as_one(rest), (words,)):
            tables, columns = self.names.identified(parts)
            whole = parts[0].start == 0 and parts[-1].stop == len(rest.words) > 1
            if whole and (tables or columns) and kind <= {"tables" if tables else "columns"}:
                return Named(tables, columns)
        return None

    def _spelt(self, said: Sentence) -> tuple[Known, ...]:
        exact = self._identified(said)
        return exact.tables if exact else ()

    def _of_a_table(self, said: Sentence) -> tuple[ColumnFound, ...]:
        """ "fax of customers": the columns, where the words behind "of" name tables that have one so called."""
        for pattern in _OF:
            owned = pattern.match(said.text)
            named = said.slot(owned, "t") if owned else None
            owners = (self.tables(named) or self._spelt(named)) if named else ()
            if owned and owners:
                words, _ = _bare(owned["c"].split())
                columns = self.columns(words, owners)
                if columns:
                    return columns
        return ()

    def columns(self, words: Sequence[str], within: Sequence[Known] = ()) -> tuple[ColumnFound, ...]:
        """Columns by their words: in the tables given, in the one talked about, else in those of the plan."""
        said, typed = tuple(key(word) for word in words), "_".join(words)
        current = self.names.of_target(self.context.table)
        if not within and current:
            found = self.names.columns(said, (current,), typed=typed)
            if found:
                return found
        return self.names.columns(said, within, typed=typed)


def listed(said: Sentence) -> tuple[Sentence, ...]:
    """The items of a list: cut at commas, "and", "or", "nor", "plus"."""
    items, current = list[Sentence](), list[int]()
    for place, word in enumerate(said.words):
        if word.norm in (",", "and", "or", "nor", "plus", "&"):
            items.append(Sentence(said.original, tuple(said.words[n] for n in current)))
            current = []
        elif word.norm not in (".", "!", ";"):
            current.append(place)
    items.append(Sentence(said.original, tuple(said.words[n] for n in current)))
    return tuple(item for item in items if any(w.norm not in _ARTICLES for w in item.words))


def strange_in(said: Sentence, talk: Talk, wording: Callable[[str], str]) -> Doubt | None:
    """Of a list of tables some item of which is called like nothing here: what is said with the others."""
    items = listed(said)
    strange = [_plainly(item) for item in items if not talk.tables(item) and _strange(item, talk)]
    named = talk.tables(said)
    if not named or not strange:
        return None
    why = f'There is no table or column called "{", ".join(strange)}".'
    return Doubt((wording(wording_list(known.label for known in named)),), why)


def _plainly(item: Sentence) -> str:
    return Sentence(item.original, tuple(dropwhile(lambda word: word.norm in _ARTICLES, item.words))).typed


def _strange(item: Sentence, talk: Talk) -> bool:
    """Whether an item is a word or two, as a table or a column would be called, and no such thing is there."""
    words, _ = _bare([word.norm for word in item.words])
    named = talk.item(item)
    return 0 < len(words) <= _LONGEST_STRANGE and COMMON.isdisjoint(words) and not named.tables and not named.columns


def _bare(words: list[str]) -> tuple[list[str], str]:
    """The words without articles, and the kind of thing that they were called ("column", "tables"); "" for none."""
    while words and words[0] in _ARTICLES:
        words = words[1:]
    while words and words[-1] in ("please", "too", "also", "either", "now"):
        words = words[:-1]
    found = _KIND.search(" ".join(words))
    if found:
        words = words[: len(words) - len(found.group().split())]
        return words, found["kind"]
    if len(words) > 1 and words[0] in ("column", "field", "table", "columns", "fields", "tables"):
        return words[1:], words[0]
    return words, ""


def general(columns: Sequence[ColumnFound]) -> bool:
    """Whether a column named without its table may mean each of those found: same name, and not in many tables."""
    same = len({column.column.casefold() for column in columns}) == 1
    return bool(columns) and same and len({column.known for column in columns}) <= _GENERAL

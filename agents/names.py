"""Tables and columns as people call them: old or new name, singular or plural, with blanks or run together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from ferryman.agents.context import Context
from ferryman.agents.identifiers import Part, folded, typed_as_one
from ferryman.agents.known import Known, known_tables, prefix
from ferryman.agents.likeness import Keys, alike, blended, column_likeness, core_of, keys, likeness, within
from ferryman.agents.sentence import Sentence, split_name
from ferryman.agents.vocabulary import COMMON, UNSAID, key, unaccented
from ferryman.domain.references import refers_to_the_same_row
from ferryman.domain.schema import Column, Database, Table

Span = tuple[int, int]  #: words of a sentence, from the first to before the second

_NEAR_BEST = 0.03  #: candidates within this of the best are as good
SURE, PERHAPS = 0.85, 0.6  #: a name said in full; a part of one
_LONGEST_NAME = 5  #: words
_ARTICLES = frozenset("the my our your a an all any some those these this that its their both every each".split())


@dataclass(frozen=True)
class Mention:
    """Where a sentence names a table: words `start` to `stop` (exclusive), and what may be meant, best first."""

    start: int
    stop: int
    score: float
    tables: tuple[Known, ...]
    group: bool = False  #: several are meant: "the audit tables"


@dataclass(frozen=True)
class ColumnFound:
    """A column that a name can mean. `known.target` is the table it belongs to, or is fed from."""

    known: Known
    side: str  #: "source" or "target"
    column: str
    score: float

    @property
    def text(self) -> str:
        """ "Customer.Fax": as `Ask.columns` names it."""
        return f"{self.known.source if self.side == 'source' else self.known.target}.{self.column}"


class Names:
    """The names of one migration. Built from a context; looks up, never guesses among equals."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.known = known_tables(context)
        self._prefixes = {side: prefix(database) for side, database in self._sides()}
        self._forms = {known: self._forms_of(known) for known in self.known}

    def _sides(self) -> tuple[tuple[str, Database], ...]:
        return ("source", self.context.source), ("target", self.context.target)

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word of the catalogues in lower case, singular and plural: what is never a misspelling."""
        found = set[str]()
        for _, database in self._sides():
            for table in database.tables:
                for name in (table.name, *(column.name for column in table.columns)):
                    parts = split_name(name)
                    found |= {*parts, "".join(parts)} | {parts[n] + parts[n + 1] for n in range(len(parts) - 1)}
        found |= {unaccented(word) for word in found}
        return frozenset(found | {word + "s" for word in found} | {w[:-1] for w in found if w.endswith("s")})

    def _forms_of(self, known: Known) -> tuple[tuple[Keys, Keys], ...]:
        """(whole name, name without the application's prefix) for each side that has the table."""
        forms = []
        for side, name in (("target", known.target), ("source", known.source)):
            if name is not None:
                whole = keys(split_name(name))
                forms.append((whole, core_of(whole, self._prefixes[side])))
        return tuple(forms)

    def table(self, said: Keys, side: str = "", typed: str = "") -> tuple[tuple[Known, ...], float]:
        """The tables that words can mean, as good as each other, and how good; ((), 0) for none.

        `typed` is what was typed: of two tables that are called audit_log and audit_logs, the one spelt so.
        """
        scored = [(self._score(said, known, side), known) for known in self.known if not side or getattr(known, side)]
        best = max((score for score, _ in scored), default=0.0)
        if best < PERHAPS:
            return (), 0.0
        found = tuple(known for score, known in scored if score >= best - _NEAR_BEST)
        found = found if side == "target" else self._whole(found)
        return (self._spelt(found, typed) if typed else ()) or found, best

    def spelt(self, typed: str) -> tuple[Known, ...]:
        """The tables whose name, old or new, is just what was typed."""
        return self._spelt(self.known, typed)

    def _spelt(self, tables: Sequence[Known], typed: str) -> tuple[Known, ...]:
        """Those of some tables whose name, old or new, is spelt just so."""
        new = tuple(k for k in tables if folded(typed) == folded(k.target or ""))
        old = tuple(k for k in tables if folded(typed) == folded(k.source or "") and k not in new)
        same = {known.source for known in new}
        return (*new, *(k for k in self._whole(old) if k.source not in same))

    def _whole(self, found: tuple[Known, ...]) -> tuple[Known, ...]:
        """Of the new tables that one old table feeds, the one that its name means: not those that take parts of its
        rows."""
        parts = {k for k in found if self._is_part(k)}
        whole = {k.source for k in found if k not in parts}
        return tuple(k for k in found if k not in parts or k.source not in whole)

    def _is_part(self, known: Known) -> bool:
        finding = self.context.findings.by_target.get(known.target or "")
        if finding and finding.source_table == known.source:
            return bool(finding.part_of)
        tables = {table.target: table for table in self.context.mapped}
        ours = tables.get(known.target or "")
        return ours is not None and any(refers_to_the_same_row(ours, other) for other in tables.values())

    def identified(self, parts: Sequence[Part]) -> tuple[tuple[Known, ...], tuple[ColumnFound, ...]]:
        """The tables, or the columns, that a name is spelt like: "audit_log", "course_list", "orders.total"."""
        tables = self.spelt(parts[0].text)
        if len(parts) == 1:
            return tables, () if tables else self._spelt_columns(parts[0].text, ())
        return (), self._spelt_columns(parts[1].text, tables) if tables and len(parts) == 2 else ()

    def _spelt_columns(self, typed: str, within: Sequence[Known]) -> tuple[ColumnFound, ...]:
        found = self.columns(keys(split_name(typed)), within, typed=typed)
        return tuple(column for column in found if folded(column.column) == folded(typed))

    def tables_with(self, said: Keys) -> tuple[Known, ...]:
        """Every table whose name contains the words, for "the audit tables"."""
        return tuple(
            known
            for known, forms in self._forms.items()
            if any(within(said, whole) or within(alike(said), alike(whole)) for whole, _ in forms)
        )

    def _score(self, said: Keys, known: Known, side: str) -> float:
        forms = self._forms[known]
        if side and len(forms) == 2:
            forms = forms[:1] if side == "target" else forms[1:]
        best = max((likeness(said, whole, core) for whole, core in forms), default=0.0)
        if best < SURE and len(forms) == 2 and blended(said, forms[0][1], forms[1][1]):
            return 0.88
        return best

    def mentions(self, sentence: Sentence) -> tuple[Mention, ...]:
        """The tables that a sentence names, in its order; the longest and best names first where they overlap.

        A table's name within the longer name of a column is no mention of the table: course_list beside courses.
        """
        longer = self.columns_named(sentence)
        kept = _apart(m for m in self._candidates(sentence) if not any(_within(m, span) for span in longer))
        return _apart((*kept, *self._theirs([word.norm for word in sentence.words], kept)))

    def columns_named(self, sentence: Sentence) -> tuple[Span, ...]:
        """Where columns are named by more than one word, or behind a table and a dot."""
        return (*self._columns_spelt(sentence), *self._long_names(sentence))

    def _columns_spelt(self, sentence: Sentence) -> Iterable[Span]:
        for parts in typed_as_one(sentence):
            if self.identified(parts)[1]:
                yield parts[-1].start, parts[-1].stop

    def _long_names(self, sentence: Sentence) -> Iterable[Span]:
        words = tuple(unaccented(word.norm) for word in sentence.words)
        for start in range(len(words)):
            for stop in range(start + 2, min(len(words), start + _LONGEST_NAME) + 1):
                if words[start:stop] in self._long_columns and self.table(keys(words[start:stop]))[1] < SURE:
                    yield start, stop

    @cached_property
    def _long_columns(self) -> frozenset[Keys]:
        """The names of columns that are more than a word."""
        columns = (column.name for _, side in self._sides() for table in side.tables for column in table.columns)
        names = (tuple(unaccented(part) for part in split_name(name)) for name in columns)
        return frozenset(name for name in names if len(name) > 1)

    def _candidates(self, sentence: Sentence) -> Iterable[Mention]:
        words = [word.norm for word in sentence.words]
        yield from self._connections(words)
        for parts in typed_as_one(sentence):
            tables = self._spelt(self.known, parts[0].text)
            if tables:
                yield Mention(parts[0].start, parts[0].stop, 1.0, tables)
        for start in range(len(words)):
            for stop in range(start + 1, min(len(words), start + _LONGEST_NAME) + 1):
                mention = self._candidate(words, start, stop)
                if mention:
                    yield mention

    def _candidate(self, words: Sequence[str], start: int, stop: int) -> Mention | None:
        said = words[start:stop]
        if not all(word.replace("_", "").isalnum() for word in said) or said[0] in _ARTICLES:
            return None
        after = words[stop] if stop < len(words) else ""
        grouped = after in _GROUPING and len(said) == 1 and said[0] not in _NO_GROUP
        single = after == "table"
        if all(word in UNSAID for word in said) and not (single or grouped):
            return None
        tables, score = self.table(keys(said), typed="_".join(said))
        if score < SURE and start and self._stranger(words[start - 1]):
            return None
        if (grouped and score < 0.95) or (len(tables) > 1 and score < SURE and key(said[-1]) != said[-1]):
            several = self.tables_with(keys(said))
            if several:
                return Mention(start, stop + grouped, SURE, several, group=True)
        if not tables or (score < SURE and len(said) == 1 and said[0] in UNSAID and not single):
            return None
        return Mention(start, stop + (1 if single or grouped else 0), score, tables)

    def _stranger(self, word: str) -> bool:
        """A word that qualifies the next: "loan locations" are not all the locations that there are."""
        known = word in UNSAID or word in _ARTICLES or not word.isalpha()
        return not known and (word not in COMMON or word in self.words)

    def _theirs(self, words: Sequence[str], found: Sequence[Mention]) -> Iterable[Mention]:
        """ "playlists and their items": of the tables that the word can mean, the one that refers to the one before."""
        for start, word in enumerate(words[:-1]):
            owner = next((m.tables[0] for m in reversed(found) if m.stop <= start and len(m.tables) == 1), None)
            if word not in ("their", "its", "his", "her") or owner is None:
                continue
            said = (key(words[start + 1]),)
            fits = [k for k in self.tables_with(said) if {owner.target, owner.source} & self._parents(k)]
            if len(fits) == 1:
                yield Mention(start + 1, start + 2, 1.0, tuple(fits))

    def _connections(self, words: Sequence[str]) -> Iterable[Mention]:
        """ "connections between cases and files": the table that refers to both."""
        for start, word in enumerate(words):
            if word not in _JOINING or start + 4 > len(words) or words[start + 1] not in ("between", "of", "from"):
                continue
            rest = [n for n in range(start + 2, len(words)) if words[n] not in _ARTICLES][:7]
            for cut in range(1, len(rest)):
                if words[rest[cut]] not in ("and", "to", "with") or cut + 1 >= len(rest):
                    continue
                ends = [self.table((key(words[rest[cut + side]]),))[0] for side in (-1, 1)]
                joint = self._joining(*ends)
                if joint:
                    yield Mention(start, rest[cut + 1] + 1, 1.0, joint)

    def _joining(self, left: tuple[Known, ...], right: tuple[Known, ...]) -> tuple[Known, ...]:
        def refers(known: Known, to: tuple[Known, ...]) -> bool:
            return any(parent in {k.target, k.source} for parent in self._parents(known) for k in to)

        both = [k for k in self.known if refers(k, left) and refers(k, right)]
        both = [k for k in both if k.target] or both
        fewest = min((len(self._columns(k)) for k in both), default=0)
        return tuple(k for k in both if len(self._columns(k)) == fewest)

    def _parents(self, known: Known) -> set[str]:
        return {f.parent for _, table in self._tables(known) for f in table.foreign_keys}

    def _columns(self, known: Known) -> tuple[Column, ...]:
        return next(iter(table.columns for _, table in self._tables(known)), ())

    def _tables(self, known: Known) -> list[tuple[str, Table]]:
        """Its tables by side, the target's first."""
        found = []
        for side, database in reversed(self._sides()):
            name = getattr(known, side)
            if name in database.by_name:
                found.append((side, database.by_name[name]))
        return found

    def of_target(self, target: str) -> Known | None:
        return next((known for known in self.known if known.target == target), None)

    def columns(
        self, said: Keys, within: Sequence[Known] = (), side: str = "", typed: str = ""
    ) -> tuple[ColumnFound, ...]:
        """The columns that words can mean, the equally good ones; in the tables given, else in those of the plan.

        "customer fax" and "fax of customers" name the table too; a name that both sides have is given once, as
        the source's. Of several, those that are spelt as was `typed`.
        """
        found = [
            ColumnFound(known, where, column.name, score)
            for known in (within or self._planned)
            for where, table in reversed(self._tables(known))
            if not side or where == side
            for column in table.columns
            if (score := self._column_score(said, column.name, known)) >= PERHAPS
        ]
        best = max((one.score for one in found), default=0.0)
        spelt = [one for one in found if typed and folded(one.column) == folded(typed)]
        return _once(spelt or [one for one in found if one.score >= best - _NEAR_BEST])

    @property
    def _planned(self) -> tuple[Known, ...]:
        targets = {m.target for m in self.context.mapped}
        return tuple(k for k in self.known if k.target in targets) or self.known

    def _column_score(self, said: Keys, column: str, known: Known) -> float:
        whole = keys(split_name(column))
        best = column_likeness(said, whole)
        for form in self._forms[known]:
            for own in form:
                if len(said) > len(own) and said[: len(own)] == own:
                    best = max(best, column_likeness(said[len(own) :], whole) + 0.01)
                if len(whole) > len(own) and whole[: len(own)] == own:
                    best = max(best, column_likeness(said, whole[len(own) :]) - 0.05)
        return best


_GROUPING = frozenset("tables stuff things data".split())
_NO_GROUP = frozenset(
    """missing empty all new old other more some those these big small open left right own whole real same data user
    good bad such main legacy both extra wrong needed important""".split()
)
_JOINING = frozenset(
    "connections connection links link relationships relationship relations relation associations joins".split()
)


def _apart(found: Iterable[Mention]) -> tuple[Mention, ...]:
    """The mentions that stand, in the sentence's order: the sure, long and good ones first where they overlap."""
    taken, kept = set[int](), list[Mention]()
    for mention in sorted(found, key=lambda m: (m.score < SURE, m.start - m.stop, -m.score, len(m.tables), m.start)):
        span = set(range(mention.start, mention.stop))
        if not span & taken:
            taken |= span
            kept.append(mention)
    return tuple(sorted(kept, key=lambda m: m.start))


def _within(mention: Mention, span: Span) -> bool:
    """Whether a mention is a part of a longer name, or all of a column's behind a dot."""
    return span[0] <= mention.start and mention.stop <= span[1]


def _once(found: list[ColumnFound]) -> tuple[ColumnFound, ...]:
    """Without the target's column where the source's of that table was found too."""
    sourced = {one.known for one in found if one.side == "source"}
    return tuple(one for one in found if one.side == "source" or one.known not in sourced)

"""Names of tables and columns as words: split, spelt out, singular, without the prefix of the application.

`Lexicon` knows the vocabulary and the words that both databases use, so that "custno", "CustomerNumber" and
"customer_numbers" all read ("customer", "number"). Pure: the same names give the same words in any order.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache

from ferryman.tools.discover.thesaurus import NEAR, SAME
from ferryman.tools.discover.vocabulary import ABBREVIATIONS, IRREGULAR, STOP_WORDS, UNITS, WHOLE_WORDS

Words = tuple[str, ...]

_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")
_HEAD = re.compile(r"[A-Za-z0-9]+_(?=.)|[a-z]{2,4}(?=[A-Z])")
_PREFIX_SHARE = 0.5  #: of the tables that must begin with a word before it counts as the application's prefix
_SHORT_HEADS = frozenset({"is", "to"})
_SHORT_TAILS = frozenset({"id", "no", "at", "by", "ip", "on", "nr"})
_SHORT_PIECES = frozenset(
    """
age day end fax fee img job key max min msg new num old pay pic pwd ref reg sex sku sum tax tel url usr web zip
""".split()
)
_CUT_FROM = 6  #: characters: shorter words are never cut in two


@dataclass(frozen=True)
class Vocabulary:
    """The curated words in looked-up form."""

    spelt_out: dict[str, Words]  #: abbreviation -> what it stands for
    phrases: dict[Words, str]  #: several words -> the one that stands for them
    same: tuple[frozenset[str], ...]
    near: tuple[frozenset[str], ...]
    words: frozenset[str]


@lru_cache(maxsize=16384)
def split_name(name: str) -> Words:
    """The parts of a name in lower case: case styles, separators and digits cut; accents dropped. () for no letters.

    >>> split_name("InvoiceLineId2"), split_name("dispatch-case_file"), split_name("HTTPStatus")
    (('invoice', 'line', 'id', '2'), ('dispatch', 'case', 'file'), ('http', 'status'))
    """
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss"))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return tuple(part.casefold() for part in _PARTS.findall(plain))


def singular(word: str) -> str:
    """The singular of an English word, by rule; a word that looks like none is returned as it is."""
    if word in IRREGULAR:
        return IRREGULAR[word]
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "zzes")):
        return word[:-2]
    return word[:-1]


@cache
def vocabulary() -> Vocabulary:
    """The curated vocabulary, read once. A phrase that stands in two groups belongs to the first."""
    spelt_out: dict[str, Words] = {}
    for entry in ABBREVIATIONS.replace("\n", " ").split(";"):
        short, *words = entry.split()
        spelt_out.setdefault(short, tuple(words))
    phrases: dict[Words, str] = {}
    same: list[frozenset[str]] = []
    for group in _groups(SAME):
        members = [_spelt(member, spelt_out) for member in group]
        head = "".join(members[0])
        for member in members:
            if len(member) > 1:
                phrases.setdefault(member, head)
        same.append(frozenset({head} | {m[0] for m in members if len(m) == 1}))
    near = [frozenset(" ".join(_spelt(member, spelt_out)) for member in group) for group in _groups(NEAR)]
    known = set().union(*same, *near) | WHOLE_WORDS | {w for words in phrases for w in words}
    known |= {word for words in spelt_out.values() for word in words}
    return Vocabulary(spelt_out, phrases, tuple(same), tuple(near), frozenset(known))


def _groups(text: str) -> list[list[str]]:
    """The members of each group; an indented line goes on with the one before."""
    return [group.split(",") for group in text.strip().replace("\n  ", " ").splitlines()]


def _spelt(phrase: str, spelt_out: dict[str, Words]) -> Words:
    return tuple(singular(word) for part in phrase.split() for word in spelt_out.get(part, (part,)))


@dataclass(frozen=True)
class Lexicon:
    """Reads names. `common` holds the words that the two databases write apart, used to cut words run together;
    `apart` the names themselves: "duedate" reads as "due_date" where that is written somewhere."""

    common: frozenset[str] = frozenset()
    apart: Mapping[str, Words] = field(default_factory=dict)
    _read: dict[str, Words] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, names: Iterable[str]) -> Lexicon:
        """A lexicon that has seen these names."""
        several = sorted({words for name in names if len(words := split_name(name)) > 1})
        common = frozenset(word for words in several for word in words if len(word) >= 4)
        return cls(common, {"".join(words): words for words in several})

    def words(self, name: str) -> Words:
        """What a name says, phrases put into one word: ("surname",) for "last_name"."""
        return _joined(self.plain(name), vocabulary().phrases)

    def own(self, name: str, owner: Words) -> Words:
        """What a column's name says beside its table's: ("title",) for AlbumTitle in ("album",)."""
        return _joined(without(self.plain(name), owner), vocabulary().phrases)

    def plain(self, name: str) -> Words:
        """The words of a name, one by one; the folded name itself where it has no letters or digits."""
        if name not in self._read:
            self._read[name] = self._words(name)
        return self._read[name]

    def _words(self, name: str) -> Words:
        book = vocabulary()
        parts = split_name(name) or (name.casefold(),)
        if parts[-1] == "no" and len(parts) > 1:
            parts = (*parts[:-1], "number")
        pieces = [piece for part in parts for piece in self._pieces(part)]
        spelt = [word for piece in pieces for word in _meaning(piece, book.spelt_out)]
        return tuple(singular(word) for word in spelt)

    def _pieces(self, part: str) -> Words:
        book = vocabulary()
        if len(part) < _CUT_FROM or not part.isalpha() or part in book.words or singular(part) in book.words:
            return (part,)
        known = book.words | book.spelt_out.keys() | (self.common - {part})
        return self.apart.get(part) or _cut(part, known) or (part,)


def _meaning(piece: str, spelt_out: dict[str, Words]) -> Words:
    """What a piece stands for; the plural of an abbreviation ("cats") stands for the same."""
    return spelt_out.get(piece) or spelt_out.get(singular(piece)) or (piece,)


def _cut(word: str, known: frozenset[str]) -> Words:
    """The fewest known words that `word` is made of; () where it is not."""
    best: list[Words | None] = [()] + [None] * len(word)
    for stop in range(1, len(word) + 1):
        for start in range(stop):
            piece, before = word[start:stop], best[start]
            if before is None or not _is_piece(piece, start == 0, stop == len(word), known):
                continue
            if best[stop] is None or len(before) + 1 < len(best[stop] or ()):
                best[stop] = (*before, piece)
    found = best[-1] or ()
    return tuple("number" if i and piece == "no" else piece for i, piece in enumerate(found)) if len(found) < 4 else ()


def _is_piece(piece: str, first: bool, last: bool, known: frozenset[str]) -> bool:
    if len(piece) >= 4:
        return piece in known or singular(piece) in known
    return piece in _SHORT_PIECES or (first and piece in _SHORT_HEADS) or (last and piece in _SHORT_TAILS)


def _joined(words: Words, phrases: dict[Words, str]) -> Words:
    """The words with every known phrase put into the one word that stands for it, longest first."""
    out: list[str] = []
    at = 0
    while at < len(words):
        for size in (4, 3, 2):
            head = phrases.get(words[at : at + size]) if at + size <= len(words) else None
            if head:
                out.append(head)
                at += size
                break
        else:
            out.append(words[at])
            at += 1
    return tuple(out)


def shared_prefix(names: Iterable[str]) -> str:
    """The first word, with its separator, that at least half of the names (three or more) begin with; "" for none.

    >>> shared_prefix(["wp_posts", "wp_users", "wp_options"])
    'wp_'
    """
    names = set(names)
    heads = Counter(match.group() for name in names if (match := _HEAD.match(name)))
    if not heads:
        return ""
    head, count = min(heads.items(), key=lambda item: (-item[1], item[0]))
    return head if count >= max(3, _PREFIX_SHARE * len(names)) else ""


def without(words: Words, owner: Words) -> Words:
    """`words` less those of the owner, where the owner's stand together; unchanged where nothing would be left.

    >>> without(("album", "title"), ("album",)), without(("album",), ("album",))
    (('title',), ('album',))
    """
    size = len(owner)
    for at in range(len(words) - size + 1) if size else ():
        if words[at : at + size] == owner:
            return words[:at] + words[at + size :] or words
    return words


def without_mark(words: Words) -> Words:
    """The words of a table's name less one at its end that says only that it is a table.

    >>> without_mark(("bug", "text", "table")), without_mark(("table",))
    (('bug', 'text'), ('table',))
    """
    return words[:-1] if len(words) > 1 and words[-1] in ("table", "tbl", "tab", "tabelle") else words


def weight_of(word: str) -> float:
    """How much a word says by itself before its rarity is measured: little for "of", "the" and units."""
    return 0.25 if word in STOP_WORDS or word in UNITS or word == "1" else 1.0

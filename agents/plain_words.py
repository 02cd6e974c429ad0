"""Words that claim nothing by themselves: a model may use these, and beside them only words that stand in the facts.

A word goes in only if no sentence of such words alone could tell a person that something was done, is gone, is safe,
is so many, or is for them to do.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

PLAIN = frozenset(
    """
    a an the this that these those it its itself they them their themselves there here which who whose what where when
    how why because so since as therefore thus hence also too and or but while than then of in on at to from into onto
    for by with within between among about after before during through under over via up out such same other another
    others own some your is are be being do does has have having i.e e.g

    table tables row rows record records column columns field fields data database databases system systems application
    applications name names named key keys value values type types reference references relation relations relationship
    relationships link links parent parents child children order orders phase phases step steps plan migration mapping
    question option information entry entries content contents item items detail details list lists text texts date
    dates time kind kinds sort group groups part parts structure form format place word words meaning purpose reason
    source target way sense person persons people design practice fact facts state

    new old first next later earlier main usual usually common commonly typical typically different similar similarly
    alike related plain simple simply clear clearly general generally particular specific separate direct directly good
    better best logical important essential natural together often needed used based given called

    contain contains hold holds store stores stored refer refers referred point points depend depends depending belong
    belongs need needs require requires required match matches matching fit fits say says ask asks look looks mean means
    describe describes specify specifies show shows exist exists follow follows connect connects connected identify
    identifies represent represents share shares correspond corresponds corresponding suggest suggests indicate
    indicates make makes become becomes stay stays remain remains like relate relates combine combines provide provides

    can may might could would should will must possibly perhaps probably likely maybe if whether seem seems appear
    appears
    """.split()
)

#: Said of rows on their way. In the past they are a claim, and "are moved" is one unless it says where to.
MOVING = frozenset(
    """
    go goes going come comes coming move moves moved moving copy copies copied copying migrate migrates migrated
    migrating transfer transfers transferred transferring fill fills filled filling feed feeds feeding
    """.split()
)
#: What may be the matter: said only where it is said that it may be.
WORRIES = frozenset(
    """
    missing incomplete incorrect wrong right correct duplicate duplicates duplicated double doubles inconsistent
    inconsistency inconsistencies outdated relevant present private personal sensitive lead issue issues problem
    problems differ differs mistake ambiguous checked reviewed considered behind empty valid unique twice meant
    """.split()
)
#: How much is at stake: said only of what is named, and as the facts say it of that.
LEVELS = frozenset("low lower medium high higher risk risks risky".split())
#: A piece of a column's name (deleted_at, is_safe) does not say that something is so; nor does any word in -ed.
CLAIMS = frozenset("safe secure sure lost gone done found kept left undone ready final free success".split())
#: Never a model's to say, whatever a table is called.
CONSENT = frozenset("approve approved approves approval confirm confirmed consent password passwords yes".split())
#: Things of which a number is said as the facts say it. A row may stand for whatever is counted.
COUNTED = frozenset("table tables column columns phase phases step steps question questions key keys".split())
HEDGES = frozenset("may might could should would possibly perhaps probably likely maybe if whether seem seems".split())
MODALS = HEDGES | frozenset("can cannot can't will shall must won't unless until".split())
NEGATIONS = frozenset("not no none nothing nobody nowhere never neither nor cannot without".split())
#: Words for how much of something: a claim like a number.
AMOUNTS: Mapping[str, str] = dict.fromkeys(("all", "every", "each", "any"), "all") | {
    word: word for word in ("everything", "only", "whole", "most", "half", "both", "hundreds", "thousands", "millions")
}
#: A state is said of these as the facts say it.
NOUNS = frozenset("table tables row rows column columns database system application key keys value values".split())
LEADS = frozenset("please then so now first also next and but just therefore thus".split())
#: Where a sentence begins with one of these, it is an order.
DOING = frozenset(
    """
    go come move copy migrate transfer fill feed say make use follow identify show provide match ask refer point need do
    be have let stay remain hold store share specify describe connect require represent suggest indicate become relate
    give leave skip keep put set approve accept confirm agree ignore delete drop take undo pause stop start run choose
    pick try open click call send enter write find wait check select press remove
    """.split()
)
#: What an order is about comes right after it: "type your", "list the".
ABOUT = frozenset("the a an this that these those it them your all every each any both".split())
#: What a model may say that a person should do.
MINDING = frozenset("look see know note be check review consider decide".split())

_SUFFIXES = re.compile(r"(?:fully|ingly|edly|ful|ly|ing|ed|es|s|e)$")
_ODD = {"setting": "set", "kept": "keep", "left": "leave", "undone": "undo", "gone": "go", "copies": "copy"}


def folded(text: str) -> str:
    """One form for letters that look alike on a page, in lower case."""
    return unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'")


def stem(word: str) -> str:
    """A word without its ending, as far as telling forms of one word together needs: "passing" and "passed"."""
    word = folded(word).removesuffix("'s")
    word = _ODD.get(word, word)
    if word.endswith("ss"):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    short = _SUFFIXES.sub("", word)
    if len(short) < 3:
        return word
    return short[:-1] if short[-1] == short[-2] and short != word and short[-1] not in "s" else short


def said_of(word: str) -> str:
    """What a word counts as: forms of one word are one, and so are the words for being on the way."""
    return "move" if word in MOVING else stem(word)

"""Tables and columns that are to stay behind, and tables that are to come along after all."""

from __future__ import annotations

import re

from ferryman.agents.known import Known
from ferryman.agents.likeness import keys
from ferryman.agents.names import ColumnFound
from ferryman.agents.sentence import Sentence, split_name
from ferryman.agents.talk import Doubt, Edit, Talk, general, listed, strange_in
from ferryman.domain.changes import Change, IgnoreColumn, Include, LeaveOut, MapColumn, UnmapColumn

_VERB = (
    r"(?:move|migrate|copy|bring|transfer|take|include|import|fill|touch|need|want|use|keep|port|load|carry|have|do"
    r"|put|send|write|convert|process|consider|bother(?: with)?|care about)"
)
_LEAVE = tuple(
    re.compile(pattern)
    for pattern in (
        r"^(?:leave|keep|take|kick|throw|cut|toss|leaving|keeping) (?:out|off|aside|behind|away) (?P<x>.+)$",
        r"^(?:leave|leaving|keep|let) (?P<x>.+?) (?:out|off|behind|alone|aside|away|be|untouched|where (?:it"
        r"|they) (?:is|are)|as (?:it|they) (?:is|are)|(?P<empty>empty|blank|unfilled|null))(?: of (?:it|this"
        r"|that|the plan|the migration|there))?(?: for now| please| for the moment| entirely| completely"
        r"| altogether| as well| too)*$",
        r"^(?:take|kick|throw|cut|toss|put) (?P<x>.+?) (?:out|off|away|aside)(?: of (?:it|this|that|the plan"
        r"|the migration|there))?(?: for now| please| as well| too)*$",
        r"^(?:exclude|excluding|omit|skip|skipping|drop|dropping|ignore|ignoring|forget(?: about)?|remove"
        r"|removing|discard|strip|disregard|ditch|dump|get rid of|do without|can do without|i can do without"
        r"|we can do without|delete|spare(?: me| us)?|minus|except(?: for)?|without|apart from|other than"
        r"|but not|but no|but without|not|no|no more|never mind|lose|exempt|scratch) (?P<x>.+?)(?: from (?:it"
        r"|this|that|the plan|the migration|there|the list))?(?: for now| please| completely| entirely"
        r"| altogether| as well| too| any more| anymore)*$",
        r"^(?:(?:i|we|you) )?(?:(?:really|just|definitely|certainly) )?(?:do|should|must|can|will|would|need"
        r"|may|could)? ?(?:not|never|no longer)(?: (?:have to|need to|want to|want you to|like to|even|really"
        rf"|actually|ever|also|be))* {_VERB} (?P<x>.+?)(?: any more| anymore| any longer| over| across| along"
        r"| too| as well| please| at all| to the new (?:system|database|app)| there| with us| for now| yet)*$",
        r"^(?:i|we) do not (?:think|believe)(?: that)? (?:i|we|you|anybody|anyone|people)(?: \w+)? (?:need|needs|want"
        r"|use|uses|needed) (?P<x>.+?)(?: any more| anymore| there| here| please)*$",
        r"^(?:(?:i|we) )?(?:would )?(?:rather|prefer|preferably"
        rf"|better) not (?:to )?{_VERB} (?P<x>.+?)(?: please| over| across)*$",
        rf"^(?:i|we) (?:do not want|would not like|do not wish)(?: you| us)? to {_VERB} (?P<x>.+?)(?: please"
        r"| over| across)*$",
        r"^(?:nobody|no one|none of us|no user)(?: really| ever| here)* (?:needs?|uses?|wants?|looks at|reads?|misses)"
        r" (?P<x>.+?)(?: any more| anymore| now| today)*$",
        rf"^(?:there is )?no need (?:to {_VERB}|for) (?P<x>.+)$",
        r"^(?P<x>.+?) (?:is|are|was|were) (?:not |no longer |un)(?:needed|required|important|wanted|relevant"
        r"|interesting|used|necessary|useful)(?: any more| anymore| there| at all)*$",
        r"^(?P<x>.+?) (?:is|are) (?:useless|obsolete|junk|rubbish|garbage|unimportant|irrelevant|unneeded"
        r"|unused|unnecessary|superfluous|outdated|nonsense|trash|optional)$",
        r"^(?P<x>.+?) (?:can|should|may|must|could|has to|have to|shall|will|needs to|need to)? ?(?:stay|stays"
        r"|remain|remains|be left|be skipped|be excluded|be ignored|be omitted|be dropped|be removed|not be \w+"
        r"|not come|not go|not move|go away)(?: (?P<empty>empty|blank)| out| behind| where (?:it|they) (?:is"
        r"|are)| in the old (?:system|database|app)| there| alone| over| across)*$",
        r"^(?:leave|leaving) (?P<x>.+)$",
    )
)
#: "leave phone and fax out of customers"
_OUT_OF = re.compile(
    r"^(?:leave|leaving|keep|take|drop|remove|strip|cut|omit|exclude|skip|delete|do not (?:move|take|copy|migrate))"
    r" (?P<x>.+?) (?:out of|off|out from|from|in) (?P<t>.+)$"
)
_LISTING = frozenset((",", "and", "or", "&"))
_ALIKE = 0.9  #: how well the names of two columns fit that feed each other again
#: Another wish before the last "and": "phone comes from Fax and street stays empty".
_ANOTHER = re.compile(r" (?:comes? from|goes (?:in ?to|to)|(?:is|are) (?:filled|taken|made) (?:from|with|by)) .+ and ")
_PRONOUN = re.compile(r"(?:this|that|the) table|(?:this|that) one")
_REFUSE = frozenset("it them that this those these anything everything all me us nothing any one ones rows".split())


def leave_out(said: Sentence, talk: Talk) -> Edit:
    """ "leave the audit tables out", "ignore Fax", "leave phone empty"."""
    for pattern in _LEAVE:
        match = pattern.match(said.text.rstrip(" .!,"))
        if match and _PRONOUN.fullmatch(match["x"]):
            return (LeaveOut(table=talk.context.table),) if talk.context.table else Doubt()
        if match and _ANOTHER.search(match["x"]):
            return None
        if match and match["x"].strip() not in _REFUSE and not match["x"].startswith(("to ", "touch ")):
            empty = "empty" in match.re.groupindex and bool(match["empty"])
            return _left(_without_no(said.slot(match, "x")), talk, empty)
    return None


def _without_no(slot: Sentence) -> Sentence:
    """ "no logs, no notes": the word before the first one stands for all."""
    kept = (w for n, w in enumerate(slot.words) if not (w.norm in ("no", "not") and slot.words[n - 1].norm in _LISTING))
    return Sentence(slot.original, tuple(kept))


def leave_out_of(said: Sentence, talk: Talk) -> Edit:
    """ "take phone and fax out of customers": columns, where their table is named after all of them."""
    match = _OUT_OF.match(said.text.rstrip(" .!,"))
    owner = talk.item(said.slot(match, "t")).one if match else None
    if match is None or owner is None:
        return None
    named = [[word.norm for word in item.words if word.norm != "the"] for item in listed(said.slot(match, "x"))]
    found = [talk.columns(words, (owner,)) for words in named]
    if not all(len(columns) == 1 for columns in found):
        return None
    return tuple(_unfilled(c.side, c.known.target or "", c.column, talk, empty=False) for (c,) in found)


def _left(slot: Sentence, talk: Talk, empty: bool) -> Edit:
    changes = list[Change]()
    if strange := strange_in(slot, talk, "leave {} out".format):
        return strange
    items = talk.items(slot)
    for named in items:
        if named.columns:
            if not general(named.columns):
                return Doubt(tuple(f"ignore {c.column} of {c.known.label}" for c in named.columns[:3]))
            changes += [
                _unfilled(column.side, column.known.target or "", column.column, talk, empty)
                for column in named.columns
            ]
        elif named.one or named.group:
            changes += [LeaveOut(table=known.target) for known in named.tables if known.target]
        else:
            return Doubt(tuple(f"leave {known.label} out" for known in named.tables[:3]))
    if items and not changes:
        return Doubt(("what is left out?",))
    return tuple(dict.fromkeys(changes)) or None


def _unfilled(side: str, table: str, column: str, talk: Talk, empty: bool) -> Change:
    if empty and side == "source":
        mapping = next((m for m in talk.context.mapped if m.target == table), None)
        fed = [line.target for line in (mapping.columns if mapping else ()) if column in line.source]
        return UnmapColumn(table=table, target=fed[0]) if fed else IgnoreColumn(table=table, source=column)
    return IgnoreColumn(table=table, source=column) if side == "source" else UnmapColumn(table=table, target=column)


_INCLUDE = tuple(
    re.compile(pattern)
    for pattern in (
        r"^(?:include|add|also|plus|do not forget|do not leave out|do not skip|and also"
        rf"|and)(?: {_VERB})? (?P<x>.+?)(?: too| as well| also| to (?:it|the plan|the list)| please| back"
        r"| back in| along| again)*$",
        rf"^(?:actually )?{_VERB} (?P<x>.+?) (?:too|as well|also|along|back in|in as well|along too|with it|with them)"
        r"(?: again| after all| please)*$",
        r"^(?:do not )leave (?P<x>.+?) out$",
        r"^(?:put|bring|take|get) (?P<x>.+?) back(?: in| into the plan)?$",
        r"^(?:i|we) (?:also|do) (?:need|want) (?P<x>.+?)(?: too| as well| after all)*$",
        r"^(?P<x>.+?) (?:too|as well|after all)(?: please)?$",
    )
)


_KEEP = re.compile(
    r"^(?:(?:do|please) )*(?:keep|restore|put|bring|take|get|move|include) (?P<x>.+?)"
    r"(?: (?:back|in|again|too|after all))*$"
)


def include(said: Sentence, talk: Talk) -> Edit:
    """ "take the genres along too", "don't forget the playlists", "put fax back"."""
    text = said.text.rstrip(" .!,")
    for pattern in _INCLUDE:
        match = pattern.match(text)
        items = talk.items(said.slot(match, "x")) if match else ()
        if items and all(named.one or named.group for named in items):
            targets = [known.target for named in items for known in named.tables if known.target]
            return tuple(Include(table=target) for target in dict.fromkeys(targets)) or None
    for match in (pattern.match(text) for pattern in (*_INCLUDE, _KEEP)):
        items = talk.items(said.slot(match, "x")) if match else ()
        back = [_fed_again(column, talk) for named in items for column in named.columns]
        if back and all(named.columns for named in items) and all(back):
            return tuple(dict.fromkeys(change for change in back if change))
    return None


def _fed_again(column: ColumnFound, talk: Talk) -> Change | None:
    """A legacy column that nothing takes goes into the new one that is called so and that nothing fills."""
    legacy = talk.legacy(column.known)
    if legacy is None or legacy.mapping is None or column.known.target is None:
        return None
    filled = {line.target for line in legacy.mapping.columns}
    ours = column.column if column.side == "source" else _namesake(column.column, column.known, "source", talk)
    theirs = _namesake(ours, column.known, "target", talk) if column.side == "source" else column.column
    if not ours or not theirs or theirs in filled or legacy.lines(ours):
        return None
    return MapColumn(table=column.known.target, source=(ours,), target=theirs)


def _namesake(column: str, known: Known, side: str, talk: Talk) -> str:
    """The one column of a table's other side that is called like a column; "" where there is none."""
    found = talk.names.columns(keys(split_name(column)), (known,), side, typed=column)
    return found[0].column if len(found) == 1 and found[0].score >= _ALIKE else ""

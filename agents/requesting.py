"""What is to be moved: everything, what is missing, or the tables that are named and what hangs on them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ferryman.agents.context import Place
from ferryman.agents.filtering import rows_said
from ferryman.agents.known import Known
from ferryman.agents.mapping_words import ONE_SOURCE, map_names
from ferryman.agents.row_words import map_rows
from ferryman.agents.sentence import Sentence
from ferryman.agents.talk import Doubt, Edit, Talk, strange_in
from ferryman.domain.changes import Change, Include, LeaveOut, MapTable, SetRequest
from ferryman.domain.conversation import Begin, ChangePlan, OtherRequest
from ferryman.domain.coordination import Request, RequestType

_EXCEPT = re.compile(
    r"(?:^| )(?:,? ?(?:but|and))? ?(?:do not (?:move|copy|migrate|take|bring|import|transfer|touch|include)"
    r"|except(?: for| that)?|excluding|apart from|other than|but not|but no"
    r"|without|minus|aside from|not|leave out|leaving out|leave|skip|skipping|but leave out|but skip"
    r"|but without|but) (?P<x>.+?)(?: (?:but|;).*)?$"
)
_EXCEPTED = re.compile(r"\b(?:except|excluding|apart from|other than|but not|but no|without|minus|aside from)\b")
_EVERYTHING = re.compile(
    r"\b(?:everything|all of it|all of them|all (?:the |my |our |your )?(?:old |legacy )?(?:data|tables|records"
    r"|rows|stuff|content|database|information)?$|all (?:the |my |our )?(?:old |legacy )?(?:data|tables|records"
    r"|rows|stuff|content|information)|it all|them all|(?:the )?(?:whole|entire|complete|full) (?:thing|lot"
    r"|database|system|shebang|migration|data|application|app|enchilada|shop|set|content|old|legacy"
    r"|\w+ database)|every (?:single )?table|the lot|(?<!at )all$)"
)
_MISSING = re.compile(
    r"\b(?:empty|missing|mising|not (?:a|one) (?:single )?|nothing(?! (?:else|more))|no (?:rows|data|records"
    r"|entries)|not there|not here|gone|lost|lack"
    r"|lacks|lacking|blank|zero|0 rows|vanished|disappeared|incomplete|partial|partly|half(?! of)|gaps?|not (?:show"
    r"|showing|appear|appearing|visible|arrive|arrived|come|came|made|make|copied|moved|migrated|transferred|in"
    r"|present|available|complete|all)|absent|never (?:made|came|arrived|got)|(?:can|could|do|does) not (?:see"
    r"|find)|where (?:are|is|did|have)|looking for|search(?:ing)? for|shows? no|has no|have no|without any"
    r"|unfilled|not filled|not populated"
    r"|not been|left behind|no longer|nowhere|no)\b"
)
_MOVING = re.compile(
    r"\b(?:move|moved|moving|migrate|migrating|migrated|migration|copy|copied|copying|transfer|bring|import"
    r"|fill|load|port|get|take|sync|synchronize|pull|push|restore|fetch|convert|populate|send|put|carry"
    r"|transport|ship|do|want|need|handle|start with|begin with|complete|add|recover|rescue|save|ferry|see|have"
    r"|run|give|update|refill|upgrade|include|process)\b"
)
_FILL = re.compile(
    r"\b(?:missing|empty|incomplete|gaps?|not there|whatever is (?:still )?missing|what is (?:still )?missing"
    r"|rest|remaining|still missing|not (?:yet )?(?:moved|migrated|copied|filled|there|arrived|come)"
    r"|did not (?:come|arrive|make|move|get)|unfilled|blank|half (?:full|empty)|partial\w*|nothing|no data"
    r"|no rows)\b"
)
_WHOLE = re.compile(
    r"\b(?:tables?|data|anything|everything|whatever|rest|what|some|system|database|app|application|gaps?|stuff"
    r"|things|ones|records|rows|it|that|nothing|lot)\b"
)
_BARE = re.compile(
    r"^(?:(?:please|let us|start|begin|do|run|make|the|a|full|complete|whole|my|our|to|from|old|new|legacy|data"
    r"|database|databases|system|app|application|it|now|i|we|want|would|like|need|help|me|with|us|over|across"
    r"|into|and|this|migration|migrate|migrating|move|moving|transfer|copy|go|ferry|everything|get|going"
    r"|started|can|you|could|have|ready|am) ?)+$"
)
_VERB_WORD = re.compile(r"\b(?:migrate|migration|migrating|move|transfer|copy|ferry)\b")
#: "we switch from osTicket to Zammad", "move our help desk to Zammad": the names are those of the applications.
_SYSTEM = (
    r"(?:shop|store|website|site|blog|forum|board|wiki|helpdesk|desk|crm|erp|cms|app|application|system"
    r"|platform|tracker|ticketing|portal|intranet|software|business|company|office|library|clinic|school)"
)
_SYSTEMS = re.compile(
    r"\b(?:move|moving|migrate|migrating|migration|transfer|switch|switching|change|changing|upgrade|upgrading|go|going"
    r"|bring|port|convert|data)(?: (?:over|all|of|our|my|the|old|whole|entire|data|everything))*"
    rf"(?: (?:\w+ )?{_SYSTEM})?"
    r"(?: over)?(?: from (?P<old>\w+(?: \w+)?))? (?:in )?(?:to|into) (?P<new>\w+(?: \w+)?)$"
)
#: "move my WordPress blog to our new one"
_TO_THE_NEW = re.compile(
    rf"\b(?:move|moving|migrate|migrating|transfer|switch|bring|port|convert)(?: \w+){{0,3}} {_SYSTEM}(?: over)?"
    rf" (?:in )?(?:to|into) (?:our|the|my|a) new (?:one|{_SYSTEM})$"
)
_CHILDREN = re.compile(
    r"\b(?:everything|all|whatever|anything|what|all the (?:data|tables|records))(?: \w+){0,2} (?:belongs?"
    r"|belonging|hangs?|depends?|depending|related|relates|refers?|connected|attached|linked|that goes with"
    r"|goes with|under|below|to do with)\b"
)
_AROUND = frozenset(
    (
        "one time go going everything all tables complete whole entire full instead really actually rather make must"
    ).split()
)
_LEFTOVER = frozenset(
    """
    nothing else more the a an my our your their its his her of and or to in on for from with into over across
    new old legacy system     database app application please table tables data rows records i we you me us it
    them they that this those these is     are was were be been has have had do does did would like want need
    can could will should just only also too as well     all any some now here there hi hello hey dear , . ! : ;
    so then let s not no still yet first start begin am noticed     notice see seems seem looks look think thank
    thanks at by about everything both completely totally entirely     somehow again along together side
    everyone somebody users people today yesterday since after switch old-system     because
    """.split()
)


def begun(said: Sentence, talk: Talk) -> Begin | Doubt | None:
    """A request, what is said in it of old tables that go into new ones, and what of it is about some rows only: that
    goes into a plan, and there is none yet."""
    if found := _with_pairs(said, talk):
        return found
    rows = rows_said(said, talk)
    wanted = request(said.part(0, len(said.text) - len(rows.text) - 1) if rows else said, talk)
    if wanted is None and rows:
        wanted, rows = request(said, talk), None
    return Begin(request=wanted, not_understood=said.typed if rows else "") if wanted else None


_CUT = re.compile(r" (?:[,;.:] and|and|but|[,;.:]) ")


def _with_pairs(said: Sentence, talk: Talk) -> Begin | Doubt | None:
    """ "move everything, loans go into checkouts", or the pairs alone: they are what is to be moved."""
    found = map_names(said, talk)
    if isinstance(found, Doubt) and found.why == ONE_SOURCE:
        return found
    alone = Request(type=RequestType.NAMED, priority="as_named", user_context=said.original.strip()[:500])
    if changes := _fed(said, talk):
        return Begin(request=_wider(alone, changes), changes=changes)
    for cut in _CUT.finditer(said.text):
        changes = _fed(said.part(cut.end(), len(said.text)), talk)
        wanted = request(said.part(0, cut.start()), talk) if changes else None
        if changes and wanted:
            return Begin(request=_wider(wanted, changes), changes=changes)
    return None


def _fed(said: Sentence, talk: Talk) -> tuple[Change, ...]:
    """Which old tables go into which new ones, and which of their rows, where a sentence says nothing else."""
    found = map_rows(said, talk)
    return found if isinstance(found, tuple) else _pairs(map_names(said, talk))


def one_request(wanted: Sequence[Begin]) -> Begin:
    """What several clauses ask for: the first says how much, tables that others name come along or stay out."""
    changes = tuple(change for one in wanted for change in one.changes)
    out = tuple(dict.fromkeys(table for one in wanted for table in one.request.leave_out))
    named = tuple(table for one in wanted for table in one.request.tables if table not in out)
    first = wanted[0].request.but(leave_out=out)
    if first.type is RequestType.NAMED:
        first = first.but(tables=tuple(dict.fromkeys(named)))
    return wanted[0].but(request=_wider(first, changes), changes=changes)


def _pairs(found: Edit) -> tuple[MapTable, ...]:
    """The old tables that a sentence lets go into new ones, where it says nothing else."""
    pairs = found if isinstance(found, tuple) else ()
    tables = tuple(one for one in pairs if isinstance(one, MapTable))
    return tables if len(tables) == len(pairs) else ()


def _wider(wanted: Request, changes: tuple[Change, ...]) -> Request:
    """The request with the new tables that old ones go into, where it names its tables."""
    if wanted.type is not RequestType.NAMED:
        return wanted
    fed = (change.target for change in changes if isinstance(change, MapTable))
    return wanted.but(tables=tuple(dict.fromkeys((*wanted.tables, *fed))))


_ALONE = re.compile(r"\b(?:only|just|nothing but|solely|exclusively|nothing else|no(?:thing)? (?:other|more)|alone)\b")
_INSTEAD = re.compile(r"\b(?:instead|rather)\b")


def asked_anew(wanted: Request, said: Sentence, talk: Talk) -> ChangePlan | OtherRequest:
    """A request once a plan lies there. Tables that are named come along; "only" those: the others go. Where some of
    them are not in the plan, or it says "instead", it is another request, and that is asked first."""
    if wanted.type is not RequestType.NAMED:
        return ChangePlan(changes=(SetRequest(request=wanted),))
    instead = _INSTEAD.search(said.text)
    if not instead and not _ALONE.search(said.text):
        left = (LeaveOut(table=table) for table in wanted.leave_out)
        return ChangePlan(changes=(*(Include(table=table) for table in wanted.tables), *left))
    anew = ChangePlan(changes=(SetRequest(request=wanted),))
    planned = {known.target for known in talk.planned}
    return OtherRequest(change=anew) if instead or not planned.issuperset(wanted.tables) else anew


def strangers(said: Sentence, talk: Talk) -> Doubt | None:
    """ "move members, payments and unicorns", where there is no such table as the last: none of it is done by half."""
    if rows_said(said, talk):
        return None
    moving = _MOVING.search(said.text)
    behind = said.part(moving.end() + 1, len(said.text)) if moving else said
    alone = _ALONE.search(said.text)
    return strange_in(behind, talk, f"{'only' if alone else 'move'} {{}}".format) if moving or alone else None


_OUT = frozenset("out off aside behind away please".split())


def request(said: Sentence, talk: Talk) -> Request | None:
    """A request, typed; None where the sentence names nothing of this migration and asks for nothing general."""
    kept, left = _split(said, talk)
    if not left and _EXCEPTED.search(said.text):
        return None
    out = tuple(dict.fromkeys(_targets(left)))
    context = said.original.strip()[:500]
    systems = talk.context.place is Place.START and _between_systems(kept, talk)
    if talk.tables(kept) and not systems:
        return _named(kept, out, context, talk)
    whole = _FILL.search(kept.text) and _WHOLE.search(kept.text)
    if whole and not _unknown_thing(kept) and _of_scope(kept, talk, _FILL):
        return Request(type=RequestType.FILL_MISSING, leave_out=out, user_context=context)
    general = _EVERYTHING.search(kept.text) or (left and not kept.words)
    bare = _BARE.match(kept.text.rstrip(" .!?")) and _VERB_WORD.search(kept.text)
    if bare or systems or (general and not _unknown_thing(kept) and _of_scope(kept, talk)):
        return Request(type=RequestType.COMPLETE, priority="everything", leave_out=out, user_context=context)
    return None


def _between_systems(said: Sentence, talk: Talk) -> bool:
    """Whether a sentence speaks of one application and another, by whatever they are called: "from osTicket to Zammad"
    names no table, though one is called tickets."""
    text = re.sub(r"(?: ,? ?(?:please|now|today|soon|thanks|thank you))*[ .!?]*$", "", said.text)
    if _TO_THE_NEW.search(text):
        return not talk.tables(said)
    found = _SYSTEMS.search(text)
    if found is None or any(word in _LEFTOVER for word in found["new"].split()):
        return False
    if not found["old"]:
        return not talk.tables(said)
    names = (said.slot(found, group) for group in ("old", "new"))
    return not any(talk.tables(name) and not talk.unnamed(name).split() for name in names)


def _named(said: Sentence, out: tuple[str, ...], context: str, talk: Talk) -> Request | None:
    """The tables that a sentence names, where it is about moving them or about their being missing."""
    around = _around(said, talk)
    lost = _MISSING.search(around) is not None
    wanted = lost or _MOVING.search(around) or _CHILDREN.search(said.text) or _only_names(said, talk)
    known = talk.tables(said)
    if talk.context.place is Place.REVIEW:
        known = tuple(one for one in known if one.target)
        wanted = wanted and (_CHILDREN.search(said.text) or _of_scope(said, talk))
    if not (known and wanted):
        return None
    return Request(
        type=RequestType.NAMED,
        priority="fill_missing_data" if lost else "as_named",
        tables=_with_children(said, _targets(known), talk),
        leave_out=out,
        user_context=context,
    )


def _around(said: Sentence, talk: Talk) -> str:
    """The words of a sentence that do not name tables."""
    covered = {n for mention in talk.mentions(said) for n in range(mention.start, mention.stop)}
    return " ".join(word.norm for n, word in enumerate(said.words) if n not in covered)


def _of_scope(said: Sentence, talk: Talk, *more: re.Pattern[str]) -> bool:
    """Once a plan lies there, only a sentence about moving and nothing else asks for another."""
    if talk.context.place is not Place.REVIEW:
        return True
    rest = _around(said, talk)
    for about in (_EVERYTHING, *more, _MISSING, _MOVING):
        rest = about.sub(" ", rest)
    return all(word in _LEFTOVER or word in _AROUND for word in rest.split())


def _split(said: Sentence, talk: Talk) -> tuple[Sentence, tuple[Known, ...]]:
    """What is wanted, and the tables behind "except", "but not", "without"."""
    text = said.text.rstrip(" .!?")
    for match in re.finditer(_EXCEPT.pattern, text):
        slot = said.slot(match, "x")
        left = talk.tables(slot) or tuple(
            k for named in talk.items(slot) if named.one or named.group for k in named.tables
        )
        before = said.part(0, match.start())
        if left and not _only_named(slot, talk):
            continue
        if left and (talk.tables(before) or _EVERYTHING.search(before.text) or not before.words):
            return before, left
    return said, ()


def _only_named(said: Sentence, talk: Talk) -> bool:
    """Whether words name tables and say nothing about their rows: "the files", not "files without a name"."""
    unnamed = talk.unnamed(said).split()
    return len(unnamed) == len(said.words) or all(word in _LEFTOVER | _OUT for word in unnamed)


def _targets(known: tuple[Known, ...]) -> tuple[str, ...]:
    """Target names; the legacy name of a table whose counterpart nobody knows yet."""
    return tuple(dict.fromkeys(one.label for one in known))


def _with_children(said: Sentence, tables: tuple[str, ...], talk: Talk) -> tuple[str, ...]:
    """With everything that refers to the tables, where the sentence asks for what belongs to them."""
    if not _CHILDREN.search(said.text):
        return tables
    found, waiting = dict.fromkeys(tables), list(tables)
    while waiting:
        for child, _ in talk.context.target.children(waiting.pop()):
            if child.name not in found:
                found[child.name] = None
                waiting.append(child.name)
    return tuple(found)


def _only_names(said: Sentence, talk: Talk) -> bool:
    """Whether a sentence consists of names and words around them."""
    covered = {n for mention in talk.mentions(said) for n in range(mention.start, mention.stop)}
    return all(n in covered or word.norm in _LEFTOVER for n, word in enumerate(said.words))


def _unknown_thing(said: Sentence) -> bool:
    """ "move all the unicorns": a general request that names something which is not there."""
    match = re.search(r"\ball (?:the |my |our |of the )?(?P<x>\w+)", said.text)
    known = (
        match is None
        or match["x"] in _LEFTOVER
        or match["x"]
        in ("missing", "empty", "stuff", "content", "information", "things", "gaps", "incomplete", "remaining", "what")
    )
    return not known

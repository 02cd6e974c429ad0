"""The words that people use about moving data, and how misspelt ones are read. Data and pure functions over it."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from unicodedata import combining, normalize

from rapidfuzz.distance import OSA

CONTRACTIONS = {
    "don't": "do not", "dont": "do not", "doesn't": "does not", "doesnt": "does not", "didn't": "did not",
    "didnt": "did not", "can't": "can not", "cant": "can not", "cannot": "can not", "won't": "will not",
    "wont": "will not", "wouldn't": "would not", "shouldn't": "should not", "couldn't": "could not",
    "isn't": "is not", "isnt": "is not", "aren't": "are not", "arent": "are not", "wasn't": "was not",
    "weren't": "were not", "hasn't": "has not", "haven't": "have not", "hadn't": "had not", "mustn't": "must not",
    "needn't": "need not", "ain't": "is not", "i'm": "i am", "im": "i am", "i'd": "i would", "i'll": "i will",
    "i've": "i have", "we'd": "we would", "we'll": "we will", "we've": "we have", "we're": "we are",
    "you'd": "you would", "you'll": "you will", "you're": "you are", "you've": "you have", "they're": "they are",
    "they'll": "they will", "they've": "they have", "it'll": "it will", "it'd": "it would", "that'll": "that will",
    "that'd": "that would", "let's": "let us", "lets": "let us", "what's": "what is", "whats": "what is",
    "that's": "that is", "thats": "that is", "it's": "it is", "who's": "who is", "how's": "how is",
    "hows": "how is", "where's": "where is", "wheres": "where is", "there's": "there is", "theres": "there is",
    "here's": "here is", "when's": "when is", "why's": "why is", "what'll": "what will", "what're": "what are",
    "gonna": "going to", "wanna": "want to", "gotta": "have to", "lemme": "let me", "gimme": "give me",
    "y'all": "you", "shan't": "shall not", "whatever's": "whatever is", "everything's": "everything is",
    "nothing's": "nothing is", "something's": "something is",
}  # fmt: skip

SPELLINGS = {
    "pls": "please", "plz": "please", "plese": "please", "thx": "thanks", "ty": "thanks", "u": "you", "ur": "your",
    "r": "are", "teh": "the", "hte": "the", "adn": "and", "nad": "and", "yse": "yes", "yess": "yes", "yea": "yes",
    "yeah": "yes", "yeh": "yes", "yah": "yes", "ya": "yes", "yep": "yes", "yup": "yes", "yepp": "yes", "y": "yes",
    "aye": "yes", "yessir": "yes", "okay": "ok", "okey": "ok", "okeydokey": "ok", "okk": "ok", "k": "ok",
    "kk": "ok", "n": "no", "nope": "no", "nah": "no", "naw": "no", "noo": "no", "noep": "no", "nay": "no",
    "alright": "ok", "alrighty": "ok", "allright": "ok", "waht": "what", "wat": "what", "wich": "which",
    "hwo": "how", "hwy": "why", "whta": "what", "taht": "that", "thsi": "this", "cuz": "because", "coz": "because",
    "bc": "because", "info": "information", "db": "database", "tho": "though", "thru": "through", "til": "until",
    "till": "until", "til'": "until", "b4": "before", "w/o": "without", "gud": "good", "emtpy": "empty",
    "emty": "empty", "empy": "empty", "mising": "missing", "stp": "stop", "sotp": "stop", "sotpp": "stop",
    "skpi": "skip", "mvoe": "move", "moev": "move", "lng": "long", "knwo": "know", "shwo": "show", "hlep": "help",
    "em": "them",
    "udno": "undo", "onyl": "only", "onlly": "only", "soem": "some", "ohter": "other", "cancle": "cancel",
    "colour": "color", (
        "favourite"
    ): "favorite", "canceled": "cancelled", "ahed": "ahead", "aprove": "approve", "acording": "according",
}  # fmt: skip

NUMBERS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "twenty": 20, "fifty": 50, "hundred": 100, "thousand": 1000, "dozen": 12,
    "couple": 2, "pair": 2, "few": 3, "several": 5, "handful": 5,
}  # fmt: skip

ORDINALS = {
    "first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "fifth": 5, "5th": 5,
    "sixth": 6, "6th": 6, "seventh": 7, "7th": 7, "last": -1, "former": 1, "latter": -1,
}  # fmt: skip

COMMON = frozenset(
    """
    a abort aborted about above absent absolutely accent accept accepted across active actual actually add added
    advice advise affirmative after again agree agreed agrees ahead alike all allow allowed almost alone along
    already also alter alternate alternative alternatives altogether always am amazing among an and another
    answer answers any anybody anymore anyone anything anyway anywhere apart app apparent appeal appear appears
    application approval approve approved approves apr april archive archived are around as aside ask asked
    asking assent at attach audio audit aug august automatic automation await away back backup backups bad batch
    batches be became because become becomes been beer before begin begun being belong belongs below best better
    between big bigger biggest bin black blank body boolean boring born boss both bother bought bound branch
    breach break bright bring bringing brings broken brother brought bulk but by bye call came can cancel
    cancelled care carefully caret carry catch cause cell center centre certain certainly chance change changed
    changes channel charge check checked choice choices choose chose chosen chunk chunks civil class clean clear
    cleared clearly close closed coarse code codex colleague collection column columns come comes coming compile
    complete completed completely computer concern confirm confirmed connection connections constant constraint
    consultant contention convention conversation conversion convert converted copied copy copying correct could
    count counter county couple court cover crash create created creation cropping current currently cut damage
    danger dangerous data database date dated dates day days dead deal dear dec december decide decided decision
    deduplicate default definitely delegate delete deleted depend dependence dependencies dependency depends
    desk destroy detail details developer did difference different directly directory disappeared discard
    division do does doing done double down drop dropped dropping drops due dummy duplicate duration during each
    earlier earliest early easily easy edit editor eight either eleven else email empty enabled enchilada
    encoding end ended ending ends engineer engineers enough enter entered entire entirely entirety entities
    entries entry equal equals error errors essential estimate eta etc ether even ever every everybody everyone
    everything everywhere exact exactly examine example examples exceeding except exclamation exclude excluded
    excluding execute executed executor exist existing exists exit expect expectation expert explain explanation
    explicit export extra extras facet fact fail failed fails fair fallback false falsy far fast faster fastest
    feb february feed feeding feeds feel fetch few field fields fifth fifty figure file files fill filled
    filling fills filter filters final finally find finds fine finest finish finished fire fires first fit fits
    five fix fixed flag flawless float folder follow follower following for forget forgot form forms forth forum
    forward found four fourth freed freeze frequent friday from full fully further gap gaps garbage gentle
    gentler gently get gets getting give given gives glad go goes going gone good goodbye got great greater
    green greet guess had half halt halve hand handle handy happen happened happening happens happy hard has
    have having he hear heart heaven heir held hello help hence her here hers hey hi high higher hired his hold
    home hope hopefully hour hours house hover how however huge hundred hurry i idea ideal identical if ignore
    ignored ignoring immediate immediately impact import in inactive include included including incomplete
    indeed indicates info information informative inherit inherited insert inserted inside instead instruction
    instructions interested interrupt into intro invalid invert is issue issues it item items its itself jan
    january join joint json jul july jun june just keep keeps kept key keys kick kind kinds know known lack
    lacks large larger largest last late later latest launch layer learn least leave leaves leaving left legacy
    legend lender less let level lgtm like likely limb limit limited line lines link links list little live load
    long longer look looking looks loose lose losing loss lost lot lots love lover low lower lunch made main
    maintain make makes making man manager manpage manual manually many map mapped mapping maps mar march marine
    mark marked market mask master match matches matter may maybe me mean means meant memory merge might migrate
    migrated migrating migration migrations mind mine minor minus minute minutes miss missing mistake mode
    modern modified moment moments monday month months moon more most move moved moves moving much must mutual
    my myself name named names nearly need needed needs neither never nevermind new newer next nice nicer night
    nine no nobody nonce none nor normal not nothing notice noticed nov november now null number numbers object
    objection objections objective obsolete occurs ocean oct october of off often ok old older oldest omit on
    once one ones only onto onward onwards open opened opener opinion option optional options or organ original
    originally originate orphan orphaned orphans other others otherwise our ours ourselves out outdated outside
    over overall override overwrite overwritten own pager paint parent parents parse part partial partially
    parts party passed past paste patent pause paused pending people per perfect perhaps permission person pick
    piece pieces place placed placeholder placeholders plain plan plane planned plans play please plenty plus
    point pointer points populate populated port portion portions position positive possible possibly prefer
    preference present preserve preset preview previous principal print printer prior privacy private probably
    problem problems proceed process produce producer profile program progress project prompt proper property
    propose proposed protect provide publish published pull purge purpose push put puts quarantine quarter
    quarters query question questions quick quicker quickest quickly quiet quirk quit quite quote ran range
    rather raw re reach read reader ready real really realm reason rebind rebuild recent recently recommend
    recommendation recommendations recommended record records redo reduce refer reference references reform
    refuse regard regarding reject relation relations relationship relationships relative reload remain
    remaining remind remote remove removed removing rename renamed rental repeal repeat replace replaced replica
    reply report reporter represent represents request rescue reset rest restart restore restrict result results
    resume retail retain retained return reveal reversed reversible revert reverted review reviewer reward
    rewind reword rewrite right risk risks risky rival road rocks roger roll rollback rolled rotation round row
    rowid rows rubbish rule ruler rules run running runs safe safely safer safest safety said same sample
    samples saturday save saved saver saves saw say saying says scared schema scheme score scrap script second
    seconds see seek seem seems seen select send sender sense sent sep separate sept september serious seriously
    server set seven several shade shadow shall share she shell shift ship shipped shipping shirt shore short
    shorten shorter should show showing shown shows side sight sign similar simple since single sit six size
    sizes skill skip skipped skipping skips slack slide slot slow slower slowly small smaller smallest smart so
    sold solve some somebody somehow someone something somewhere soon sooner sorry sort soul sound sounds source
    space spare sparse speak special spell spend spill split spoil spot spreadsheet staff staffs stage stair
    stale stamp stand stands stars start started starting starts state stay stays stems step steps stick still
    stone stop stopped stopping stops storage stored story strange stray stream street strip stub stubs stuff
    stupid style such suggest suggested suggestion suggestions suit summaries summarize summary sunday supplied
    supply suppose supposed sure survey suspend suspended swap sweet switch sync system table tables take taken
    takes taking talk tell ten tense terms test than thank thanks that the theft their theirs them theme
    themselves then there therefore these they thin thing things think third this thorough those though thought
    thousand threat three threw throne through throw thunk thursday thus till time times tired title to today
    together token told tomorrow tonight too took tool top total totally touch touched touching toward tower
    trace track trade trail train trait transfer transferred transferring transform transformed transit
    translate transport treat treaty trend trial tribe tried trip trouble truck true truncate trunk trust try
    tuesday turn turned turns twelve twenty twice two type unclear under understand understood undo undone
    unless unlike unlikely unneeded unpause until untouched unused up update updated upon upper us usage use
    used useful useless uses using usual usually utility vague valid value values vanished various vast verify
    very via view voice vote wait waiting waits wall want wanted wants warm warn was wash waste watch way ways
    we weapon weather wedding wednesday week weeks weight weird well went were what whatever when whenever where
    wherever whether which whichever while white who whole whom whose why wide width wild will window winter
    wire wise wish with within without woke wonder wooden word wording words work worked working works world
    worried worry worse worst worth would wound wrap wrapping write writes writing written wrong wrote yaml year
    years yes yesterday yet yml you young your yours yourself zero zip
    """.split()
)

#: Things that databases hold: never misspellings, and never beside the point when they stand next to a name.
NOUNS = frozenset(
    """
    account accounts actor actors address addresses agent agents album albums article articles artist artists
    author authors book booking bookings books brand campaign card cards cart categories category cities city
    claim client clients comment comments companies company contract contracts countries country coupon course
    courses currency customer customers delivery department departments discount doctor doctors document
    documents driver employee employees event events expense game games grade grades group groups guest holiday
    hotel image invoice invoices job jobs label labels language ledger lesson lessons letter letters licence
    license loan loans location locations member members message messages movie movies news note notes nurse
    nurses offer offers order orders page pages patient patients payment payments photo picture pictures post
    posts product products recipe recipes region regions reservation reservations role roles room rooms salary
    school schools session sessions setting settings shipment shipments shop shops song songs stock store stores
    student students supplier tag tags task tasks tax taxes teacher teachers team teams template thread threads
    ticket tickets topic topics user users vehicle vehicles vendor version versions visit visits wage warehouse
    widow winner worker
    """.split()
)
#: Words of the conversation itself: alone they name a table only beside the word "table", or where a name is wanted.
UNSAID = frozenset(
    """
    a about above absolutely across actual actually add after again ahead all allow almost alone along already
    also always am an and another answer answers any anybody anyone anything anyway anywhere app application
    approval approve approved april are around as aside ask at august away back backup bad batch batches be
    because become before behind being belong best better between big bigger both break bring but by came can
    cancel certain certainly change changed changes check choice choices choose clear column columns come
    complete confirm connect convert copied copy copying could couple create created current currently damage
    dangerous data database date day days december decide decision default delete deleted detail different
    directly do does doing done down dozen drop dropped due during each earlier early easy eight either else
    empty end enough entire entry equal error especially even ever every everybody everything exactly example
    examples except exclude existing explain extra fact fail fast february few field fill filled filter finally
    find fine finish first first-time fit five fix for four from full further get give go goes going gone good
    got great had half handle happen happened happens has have he hello help here hi hide hour hours how however
    hundred i idea if ignore ignored immediately import in include information inside instead into is it item
    its itself january july june just keep kept key kind know large largest last late later latest leave left
    legacy less let level like line link list little long longer look looks lose lost lot lots main make many
    map mapped mapping march match may maybe me mean means might migrate migrated migrating migration mind
    minute minutes missing month months more most move moved moves moving much must my name need needed never
    new newer next nice nine no nobody none nor normal not nothing notice noticed november now null number
    october of off often ok old older on once one ones only onto open opinion option options or order other
    others our out over own part parts past pause per perfect perhaps pick place placeholder placeholders
    plan play please point position possible probably problem problems proceed process put question questions
    quick quickly quite rather read ready real really reason recommend recommended record records refer
    reference related remain remaining remove repeat report request resolve rest restore result resume review
    right risk risky roll rollback row rowid rows run running safe safely safest same sample save saw say schema
    second see seem seems seen select send september set seven several shall she should show shows side similar
    simple since six skip skipped slow slower small smaller so some somebody someone something soon source start
    started state status stay step still stop store stuff such sure system table tables take taken target tell
    ten than thank thanks that the their them then there these they thing things think third this those thousand
    three through time times to today together told too top total touch transfer true try turn two type types
    under understand undo unless until up update upon us use used useful using usual value values very view wait
    want wanted was way ways we week weeks well were what when where which while who whole whose why will wise
    with within without wonder work works worry worse worth would write written wrong year years yes yesterday
    yet you your yourself zero
    """.split()
)
#: What a misspelt word is taken for: the words that rules turn on. Mending towards every word would do harm.
MENDED = frozenset(
    """
    about absolutely actually advise after again ahead almost already anything approve approved archived assume
    audit batch batches because before behind bigger bring cancel certainly change changes choose chunks column
    columns complete connection connections continue convert copied copy correct created dangerous database
    decide definitely delete deleted depend different does double drop during empty engineer enough entire
    everyone everything everywhere exactly examples except exclude excluded existing expected explain fastest
    field fields fill filled filter filters find finish finished first follow forget found from gaps goes happen
    happened happens hours ignore immediately import include incomplete instead keep larger later leave leaving
    legacy line links list long looks manual mapping matches mean means migrate migrated migrating migration
    migrations minutes missing modified months move moved moves moving needed never nothing number object okay
    older only open option options order orphans other overwrite parents pause perfect permission placed
    placeholder placeholders please possible probably problem problems proceed progress quarantine question
    questions quickest rather ready really reason recommend recommended record records relation relationship
    relationships remaining remove report restart restore resume revert review rollback rows safest safety
    sample second separate should show size skip skipped slower smaller smallest sounds spreadsheet stands start
    started status still stop stuff suggest summary system table tables thanks their them these thing things
    think third this those three time today together tomorrow touch transfer truncate understand undo update
    value values want what when where which while with without worried would write written wrong years yesterday
    """.split()
)
_ENDINGS = ("s", "es", "d", "ed", "ing", "ly", "er", "ers", "r", "'s", "ness", "ment", "ments", "al", "able")

_FAR = 2  #: letters that may be wrong in a word of eight or more
_NEAR = 1  #: in a word of five to seven


def spelled(word: str, names: Collection[str]) -> str:
    """The word that was meant: itself where it is known, else the nearest of the vocabulary and the catalogue's words.

    `names` are the catalogue's words in lower case. Short words are only ever mended by the table above: a letter
    too many must not turn one answer into another.
    """
    if word in names or not word.isalpha():
        return word
    if word in SPELLINGS:
        return SPELLINGS[word]
    if _english(word):
        return word
    squeezed = _squeezed(word)
    if squeezed in COMMON or squeezed in names or squeezed in SPELLINGS:
        return SPELLINGS.get(squeezed, squeezed)
    if len(word) < 5:
        return _swapped(word)
    return _nearest(word, names) or _nearest(word, MENDED) or word


def _english(word: str) -> bool:
    """Whether a word is of the vocabulary, as it is or with a usual ending."""
    if word in COMMON or word in NOUNS or word in MENDED:
        return True
    stems = [word.removesuffix(end) for end in _ENDINGS if word.endswith(end) and len(word) - len(end) >= 3]
    return any(
        stem in COMMON or stem + "e" in COMMON or (stem[-1:] == stem[-2:-1] and stem[:-1] in COMMON) for stem in stems
    )


def _squeezed(word: str) -> str:
    """Letters repeated three times and more, once: "pleeease" is "please", "noooo" is "no"."""
    kept = ""
    for position, letter in enumerate(word):
        run = word[max(0, position - 2) : position + 3]
        if kept.endswith(letter) and letter * 3 in run:
            continue
        kept += letter
    return kept


def _swapped(word: str) -> str:
    """A word of four letters with two neighbours swapped, as it should be."""
    if len(word) != 4:
        return word
    return next((w for w in _of_length(4) if sorted(w) == sorted(word) and OSA.distance(w, word) == 1), word)


@cache
def _of_length(length: int) -> tuple[str, ...]:
    return tuple(sorted(word for word in MENDED if len(word) == length))


def _nearest(word: str, words: Collection[str]) -> str:
    """The one word within reach that begins alike; "" where there is none."""
    reach = _FAR if len(word) >= 8 else _NEAR
    near = [
        (OSA.distance(word, other, score_cutoff=reach), other)
        for other in words
        if abs(len(other) - len(word)) <= reach and len(other) > 3 and other[0] in word[:2]
    ]
    found = [pair for pair in near if pair[0] <= reach]
    return min(found)[1] if found else ""


def unaccented(word: str) -> str:
    """A word as it is typed where no key has its accents: "menü" is "menu"."""
    return word if word.isascii() else "".join(c for c in normalize("NFKD", word) if not combining(c))


def key(word: str) -> str:
    """A word without its plural and accents, so that "Cases" and "case", "categories" and "category" are one.

    >>> key("cases"), key("categories"), key("boxes"), key("statuses"), key("houses"), key("status"), key("menüs")
    ('case', 'category', 'box', 'status', 'house', 'status', 'menu')
    """
    word = unaccented(word)
    if word in IRREGULAR:
        return IRREGULAR[word]
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-1] if word[:-1] in _IE else word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "zzes")) or (
        len(word) > 5 and word.endswith("uses") and word[-5] not in "oaef"
    ):
        return word[:-2]
    return word[:-1]


_IE = frozenset("movie cookie tie pie calorie selfie zombie rookie genie serie brownie".split())

IRREGULAR = {
    "ids": "id",
    "people": "person", "persons": "person", "children": "child", "men": "man", "women": "woman", "mice": "mouse",
    "indices": "index", "indexes": "index", "criteria": "criterion", "analyses": "analysis", "statuses": "status",
    "matrices": "matrix", "vertices": "vertex", "menus": "menu", "diagnoses": "diagnosis",
    "geese": "goose", "feet": "foot", "teeth": "tooth", "halves": "half", "leaves": "leaf", "lives": "life",
}  # fmt: skip

ALIKE: tuple[frozenset[str], ...] = tuple(
    frozenset(key(word) for word in line.split())
    for line in """
    item line entry detail row position
    customer client
    staff employee worker personnel
    product article good
    file document attachment
    link connection relationship relation association assignment rel connector join
    invoice bill
    user account login member
    picture image photo
    comment remark note
    category kind group
    phone telephone tel
    mail email
    address addr
    doctor physician
    visit appointment
    supplier vendor
    format type
    firm company organisation organization
    price cost
    number no nr num
    quantity qty
    picture img
    message msg
    department dept
    """.strip().splitlines()
)

"""Conversations with a person who knows what they want: what was decided right, wrong and asked, and what was done.

There are two of them. The careful one reads what is put before them: they take a change back that they did not ask
for, approve a plan only where it does what they want, and say no where nothing helps. The blind one says yes to
everything. Both answer a question as it is recommended. They say the same things whatever the model says, so that two
ways of advising can be told apart by what they lead to.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.matching import shared
from ferryman.demo_data import build_brackets, build_junction
from ferryman.domain.conversation import (
    AnswerQuestion,
    Approve,
    Cancel,
    Choose,
    DecidePayload,
    ReviewPayload,
    TakeBack,
    Utterance,
)
from ferryman.domain.events import ModelAsked, Said
from ferryman.domain.filters import describe
from ferryman.domain.plan import Plan
from ferryman.session import Session

APPROVE = "Yes, go ahead."
MOST_TURNS = 60  #: of answers, or of changes taken back, before the person gives up

Pairs = frozenset[tuple[str, str]]  #: (old table, new table)


@dataclass(frozen=True)
class Scene:
    """Two databases, what a person says about them, and what they want to come of it."""

    name: str
    build: Callable[[Path], tuple[Path, Path]]
    says: tuple[str, ...]
    wants: Pairs  #: what the plan that is approved copies, no more and no less
    filters: frozenset[tuple[str, str]] = frozenset()  #: (new table, its filter in words)
    wonders: tuple[str, ...] = ()  #: said at the first decision, before it is taken
    preflight: bool = True
    truth: Pairs = frozenset()  #: the pairs that are right, where that is not what is wanted


@dataclass
class Played:
    """What became of a scene."""

    right: int = 0  #: pairs of tables, readings and recommendations as they should be
    wrong: int = 0
    asked: int = 0  #: left to the person: open questions, words that were not understood
    unapproved: int = 0  #: turns that wrote something before the person had said yes
    taken_back: int = 0  #: changes that the person had not asked for, seen in the difference and undone
    advised: set[tuple[str, str, bool]] = field(default_factory=set)  #: (about, text, whether it is what is right)
    status: str = "not run"
    rows: str = ""  #: a digest of every row of the new application's tables
    calls: list[ModelAsked] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


def play(scene: Scene, files: tuple[Path, Path], session: Session, *, blind: bool = False) -> Played:
    """The whole scene. The session is not closed."""
    played, before = Played(), contents(files[1])
    source = contents(files[0])
    for words in scene.says:
        plan = _plan(session)
        _say(session, words, played)
        if not blind and plan and _bent(scene, plan, _plan(session)):
            _say(session, TakeBack(), played)
            played.taken_back += 1
        played.unapproved += contents(files[1]) != before
    if isinstance(session.payload, ReviewPayload):
        _count(scene, _reviewed(session), played)
        settle(session, played)
        played.unapproved += contents(files[1]) != before
    _go(scene, session, played, blind)
    if contents(files[0]) != source:
        raise AssertionError(f"{scene.name}: the old database was written")
    played.rows = contents(files[1], own=False)
    played.status = session.outcome.status.value if session.outcome else "not run"
    return played


def _say(session: Session, said: str | Utterance, played: Played) -> None:
    for event in session.say(said):
        if isinstance(event, ModelAsked):
            played.calls.append(event)
        elif isinstance(event, Said):
            played.texts.append(event.text)
            played.asked += event.text.startswith("I did not understand")
    if session.payload is not None:
        played.texts.append(session.payload.message)
    played.advised |= set(_advised(session))


def _advised(session: Session) -> Iterator[tuple[str, str, bool]]:
    """What the model would take: right where it is what the rules recommend, which in these scenes is what is right."""
    match session.payload:
        case ReviewPayload(plan=plan, advice=advice):
            recommended = {q.id: q.option(q.recommended).text for q in plan.questions if q.recommended}
        case DecidePayload(decision=decision, advice=advice):
            chosen = next(option for option in decision.options if option.strategy is decision.recommended)
            recommended = {option.strategy.value: chosen.choice for option in decision.options}
        case _:
            return
    for one in advice:
        if one.kind == "option" and one.about in recommended:
            yield one.about, one.text, one.text.startswith(recommended[one.about])


def settle(session: Session, played: Played) -> None:
    """Answer what is open as it is recommended."""
    for _ in range(MOST_TURNS):
        waiting = _reviewed(session).open_questions
        if not waiting:
            return
        played.asked += 1
        option = waiting[0].recommended or waiting[0].options[0].key
        _say(session, AnswerQuestion(question=waiting[0].id, option=option), played)


def _reviewed(session: Session) -> Plan:
    """The plan that lies before the person."""
    if not isinstance(session.payload, ReviewPayload):
        raise AssertionError("no plan lies before the person")
    return session.payload.plan


def _plan(session: Session) -> Plan | None:
    return session.payload.plan if isinstance(session.payload, ReviewPayload) else None


def _wanted(scene: Scene, plan: Plan) -> bool:
    return pairs(plan) == scene.wants and filters(plan) == scene.filters


def _bent(scene: Scene, before: Plan, after: Plan | None) -> bool:
    """Whether a plan is farther from what is wanted than it was."""
    if after is None:
        return False
    lost = (scene.wants - pairs(after)) - (scene.wants - pairs(before))
    more = (pairs(after) - scene.wants) - pairs(before)
    return bool(lost or more or (filters(after) - scene.filters) - filters(before))


def filters(plan: Plan) -> frozenset[tuple[str, str]]:
    """(new table, its filter in words) of each that has one."""
    return frozenset((t.target, describe(t.filter)) for t in plan.mapping.copied if t.filter is not None)


def pairs(plan: Plan) -> Pairs:
    return frozenset((table.source, table.target) for table in plan.mapping.copied)


def _count(scene: Scene, plan: Plan, played: Played) -> None:
    right = scene.truth or scene.wants
    played.right += len(pairs(plan) & right)
    played.wrong += len(pairs(plan) - right)


def _go(scene: Scene, session: Session, played: Played, blind: bool) -> None:
    """Approve what is wanted, and see it through: a decision is taken as the rules recommend it."""
    review = session.payload
    if not isinstance(review, ReviewPayload):
        return
    if not blind and not _wanted(scene, review.plan):
        _say(session, Cancel(), played)
        return
    _say(session, Approve(token=review.token), played)
    for words in scene.wonders if _waiting(session) else ():
        _say(session, words, played)
    for _ in range(MOST_TURNS):
        waiting = _waiting(session)
        if waiting is None:
            return
        played.asked += 1
        _say(session, Choose(strategy=waiting.decision.recommended), played)


def _waiting(session: Session) -> DecidePayload | None:
    return session.payload if isinstance(session.payload, DecidePayload) else None


def contents(path: Path, own: bool = True) -> str:
    """A digest of every row of a SQLite file, its schema too; without `own`, of the application's tables alone."""
    digest = hashlib.sha256()
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        for name, sql in connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY name"):
            if not own and name.startswith("ferryman_"):
                continue
            digest.update(repr((name, sql)).encode())
            for row in _sorted(connection, name):
                digest.update(row.encode())
    return digest.hexdigest()[:16]


def _sorted(connection: sqlite3.Connection, table: str) -> Iterator[str]:
    quoted = table.replace('"', '""')
    yield from sorted(repr(row) for row in connection.execute(f'SELECT * FROM "{quoted}"'))


# The scenes

OFFICE_OLD = """
CREATE TABLE tbl_case (id INTEGER PRIMARY KEY, case_no TEXT NOT NULL, status INTEGER NOT NULL, created TEXT);
CREATE TABLE tbl_file (id INTEGER PRIMARY KEY, case_id INTEGER REFERENCES tbl_case (id), name TEXT, uploaded TEXT);
CREATE TABLE audit_login (id INTEGER PRIMARY KEY, who TEXT, at TEXT);
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40)
INSERT INTO tbl_case SELECT i, 'C' || i, i % 4, (2010 + i % 10) || '-05-11' FROM n;
INSERT INTO tbl_file SELECT id, id, 'f' || id, created FROM tbl_case;
INSERT INTO audit_login SELECT id, 'u' || id, created FROM tbl_case;
"""
OFFICE_NEW = """
CREATE TABLE cases (id INTEGER PRIMARY KEY, case_no TEXT NOT NULL, status TEXT NOT NULL, created_at TEXT);
CREATE TABLE files (id INTEGER PRIMARY KEY, case_id INTEGER REFERENCES cases (id), name TEXT, uploaded_at TEXT);
CREATE TABLE audit_logins (id INTEGER PRIMARY KEY, who TEXT, at TEXT);
"""
CHINOOK = {
    "Artist": "artists",
    "Genre": "genres",
    "MediaType": "media_formats",
    "Album": "albums",
    "Track": "tracks",
    "Playlist": "playlists",
    "PlaylistTrack": "playlist_items",
    "Employee": "staff",
    "Customer": "customers",
    "Invoice": "orders",
    "InvoiceLine": "order_items",
}


def office(folder: Path) -> tuple[Path, Path]:
    """A small office: cases, files, and a log of who came in."""
    folder.mkdir(parents=True)
    return _written(folder / "old.sqlite", OFFICE_OLD), _written(folder / "new.sqlite", OFFICE_NEW)


def chinook(folder: Path) -> tuple[Path, Path]:
    """The shared folder's Chinook; FileNotFoundError where it is not here."""
    data = shared() / "data" / "chinook"
    folder.mkdir(parents=True)
    old = folder / "old.sqlite"
    shutil.copyfile(data / "legacy.sqlite", old)
    return old, _written(folder / "new.sqlite", (data / "target.sql").read_text(encoding="utf-8"))


def _written(path: Path, script: str) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)
    return path


_OFFICE = frozenset((("tbl_case", "cases"), ("tbl_file", "files")))
BRACKETS = Scene(
    "the whole brackets conversation",
    build_brackets,
    (
        "I noticed that my brackets table is empty in the new system.",
        "hmm, and the bracket thingies, whither with them in the end",
        "what happens to gl_account?",
        "why is it filled from dispatch_bracket?",
    ),
    frozenset((("dispatch_bracket", "brackets"),)),
)
RECOVERY = Scene(
    "a recovery recommendation",
    build_junction,
    ("fill case_file_relationships",),
    frozenset(
        (
            ("dispatch_case", "cases"),
            ("dispatch_file", "files"),
            ("dispatch_casefile", "case_file_relationships"),
        )
    ),
    filters=frozenset((("cases", "deleted_at is null"),)),
    wonders=("why did it stop?", "and what would my grandmother do with such rows"),
    preflight=False,
)
WORDS = Scene(
    "a plan changed in words",
    office,
    (
        "fill the missing tables",
        "pray spare us whatever smells of sign-ins",
        "leave audit logins out",
        "only files uploaded after 2015",
        "why is cases before files?",
    ),
    _OFFICE,
    filters=frozenset((("files", "uploaded >= 2016-01-01"),)),
)
QUESTIONS = Scene(
    "questions and answers",
    office,
    (
        "only cases and files",
        "why is cases before files?",
        "what happens to case_no?",
        "whither do all those uploads go in the end",
        "what is left out?",
        "what feeds files?",
    ),
    _OFFICE,
)
PESTERED = Scene(
    "words that nobody understands",
    office,
    (
        "only cases and files",
        "pray spare us whatever smells of sign-ins",
        "the blue thingy shall sleep with the fishes",
        "whither goest thou with all that paper",
        "o tables, wherefore art thou tables",
        "my aunt says that one is no good",
        "let the old ones come home",
        "hocus pocus, and the rest besides",
        "as the boss would have it on a Friday",
    ),
    _OFFICE,
)
WHOLE_CHINOOK = Scene(
    "Chinook",
    chinook,
    (
        "move everything",
        "why are albums before tracks?",
        "what feeds orders?",
        "and the folks who sing, where will they be",
        "why is media_formats filled from MediaType?",
    ),
    frozenset(CHINOOK.items()),
)
SCENES = (BRACKETS, RECOVERY, WORDS, QUESTIONS, WHOLE_CHINOOK)


def here(scene: Scene) -> bool:
    """Whether what a scene is about is on this machine."""
    return scene is not WHOLE_CHINOOK or (shared() / "data" / "chinook" / "legacy.sqlite").exists()

"""Two real pairs of SQLite files for the demo: an old dispatch application and the new one.

The old one, `legacy.sqlite`, is a Django application of 2012. A *project* is a customer's contract, a
*bracket* a zone, weight, time or skill band that the contract knows, a *case* one callout, and *files*
are hung on cases. Keys are integers with holes, moments are text here and epoch seconds there, booleans
are 'Y' and 'N', and three Django upgrades, a GPS box and a one-off import left tables that nobody took away.

The new one, `new.sqlite`, has UUID keys as text. Its operators opened the 24 projects by hand, under UUIDs
of its own, and wrote the old number into `legacy_id`; then somebody noticed that `brackets` is empty.

`build_brackets` is the specification's example 1: everything in the old application is clean.
`build_junction` is examples 2 and 3, some weeks later: the brackets are there, cases, files and their
15,420 connections are not. 23 connections have no case to go to. 14 come from a card index typed in late,
whose case numbers 1001-1011 never were cases of this application (its own begin at 2001); 9 belong to
cases that were deleted softly, which a plan that filters on `deleted_at` leaves out.

Nothing depends on the clock or on the process: the same rows come out each time.
"""

import json
import sqlite3
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from hashlib import sha1
from pathlib import Path
from random import Random
from uuid import UUID

PROJECTS = 24
BRACKETS = 1_569
CASES = 4_200
FILES = 9_300
CASE_FILES = 15_420

BATCH_SIZE = 1_000  #: the batch size that puts the orphans into one batch, counted in order of `id`
ORPHAN_BATCH = 15  #: counted from 1, of 16
ORPHANS = 23
NEVER_EXISTED = 14  #: orphans whose case never was in the old application
SOFT_DELETED = 9  #: orphans whose case is there with `deleted_at` set

FIRST_CASE_ID = 2_001
UNKNOWN_CASE_IDS = tuple(range(1_001, 1_012))  #: what the 14 refer to; below FIRST_CASE_ID
DELETED_CASES = 12  #: in `build_junction` only; none in `build_brackets`
DELETED_CASES_WITH_FILES = 6  #: what the 9 refer to

Value = str | int | float | None
Row = tuple[Value, ...]
Tables = Mapping[str, Sequence[Row]]

START = datetime(2012, 5, 14, 8, 0)
START_EPOCH = 1_336_982_400  #: START in UTC, in seconds
NEW_SINCE = "2024-03-04 09:00:00"

LEGACY_SCHEMA = """
CREATE TABLE auth_user (
    id integer NOT NULL PRIMARY KEY, username varchar(30) NOT NULL UNIQUE, first_name varchar(30) NOT NULL,
    last_name varchar(30) NOT NULL, email varchar(75) NOT NULL, password varchar(128) NOT NULL,
    is_staff bool NOT NULL, is_active bool NOT NULL, last_login datetime NOT NULL);
CREATE TABLE django_content_type (
    id integer NOT NULL PRIMARY KEY, name varchar(100) NOT NULL, app_label varchar(100) NOT NULL,
    model varchar(100) NOT NULL, UNIQUE (app_label, model));
CREATE TABLE django_migrations (
    id integer NOT NULL PRIMARY KEY AUTOINCREMENT, app varchar(255) NOT NULL, name varchar(255) NOT NULL,
    applied datetime NOT NULL);
CREATE TABLE django_session (
    session_key varchar(40) NOT NULL PRIMARY KEY, session_data text NOT NULL, expire_date datetime NOT NULL);
CREATE TABLE south_migrationhistory (
    id integer NOT NULL PRIMARY KEY, app_name varchar(255) NOT NULL, migration varchar(255) NOT NULL,
    applied datetime NOT NULL);
CREATE TABLE tmp_import_2009 (f1 text, f2 text, f3 text, f4 text, ok text);
CREATE TABLE dispatch_vehicle_gps (
    id integer NOT NULL PRIMARY KEY, vehicle_no varchar(10) NOT NULL, lat real NOT NULL, lon real NOT NULL,
    speed_kmh smallint, seen_at integer NOT NULL);

CREATE TABLE dispatch_project (
    id integer NOT NULL PRIMARY KEY, name varchar(100) NOT NULL, slug varchar(50) NOT NULL UNIQUE,
    customer_no varchar(12) NOT NULL, contact_email varchar(75), is_archived bool NOT NULL,
    created_on varchar(19) NOT NULL);
CREATE TABLE dispatch_bracket (
    id integer NOT NULL PRIMARY KEY, project_id integer NOT NULL REFERENCES dispatch_project (id),
    short_code varchar(12) NOT NULL, name varchar(100) NOT NULL, type varchar(12) NOT NULL,
    sort_order integer NOT NULL, is_active char(1) NOT NULL, gl_account varchar(10), notes text,
    created_on varchar(19) NOT NULL, modified_on varchar(19) NOT NULL);
CREATE INDEX dispatch_bracket_37952554 ON dispatch_bracket (project_id);
CREATE TABLE dispatch_case (
    id integer NOT NULL PRIMARY KEY, case_no varchar(16) NOT NULL UNIQUE, title varchar(160) NOT NULL,
    status integer NOT NULL, priority smallint, bracket_id integer REFERENCES dispatch_bracket (id),
    project_id integer NOT NULL REFERENCES dispatch_project (id), opened integer NOT NULL, closed integer,
    dispatcher_id integer, vehicle_no varchar(10), related_cases varchar(120) NOT NULL, deleted_at datetime);
CREATE INDEX dispatch_case_f1f5d967 ON dispatch_case (bracket_id);
CREATE TABLE dispatch_file (
    id integer NOT NULL PRIMARY KEY, filename varchar(200) NOT NULL, path varchar(255) NOT NULL,
    mime varchar(100), size integer NOT NULL, sha1 char(40) NOT NULL, uploaded_on varchar(19) NOT NULL);
CREATE VIEW dispatch_open_cases AS
    SELECT c.id, c.case_no, c.title, p.name AS project, b.name AS bracket
    FROM dispatch_case c JOIN dispatch_project p ON p.id = c.project_id
    LEFT JOIN dispatch_bracket b ON b.id = c.bracket_id
    WHERE c.status < 4 AND c.deleted_at IS NULL;
"""

CASEFILE_PLAIN = """
CREATE TABLE dispatch_casefile (
    id integer NOT NULL PRIMARY KEY, case_id integer NOT NULL REFERENCES dispatch_case (id),
    file_id integer NOT NULL REFERENCES dispatch_file (id), added_on varchar(19) NOT NULL,
    UNIQUE (case_id, file_id));
"""
CASEFILE_WIDE = """
CREATE TABLE dispatch_casefile (
    id integer NOT NULL PRIMARY KEY, case_id integer NOT NULL REFERENCES dispatch_case (id),
    file_id integer NOT NULL REFERENCES dispatch_file (id), added_on varchar(19) NOT NULL,
    added_by varchar(30), sort_order integer NOT NULL, caption varchar(120),
    UNIQUE (case_id, file_id));
"""
NEW_SCHEMA = """
CREATE TABLE schema_migrations (version VARCHAR(20) NOT NULL PRIMARY KEY, applied_at TIMESTAMP NOT NULL);
CREATE TABLE feature_flags (name VARCHAR(60) NOT NULL PRIMARY KEY, enabled BOOLEAN NOT NULL);
CREATE TABLE users (
    id CHAR(36) NOT NULL PRIMARY KEY, email VARCHAR(120) NOT NULL UNIQUE, display_name VARCHAR(80) NOT NULL,
    created_at TIMESTAMP NOT NULL, updated_at TIMESTAMP NOT NULL);
CREATE TABLE notifications (
    id CHAR(36) NOT NULL PRIMARY KEY, user_id CHAR(36) NOT NULL REFERENCES users (id),
    body TEXT NOT NULL, read_at TIMESTAMP, created_at TIMESTAMP NOT NULL);

CREATE TABLE projects (
    id CHAR(36) NOT NULL PRIMARY KEY, name VARCHAR(120) NOT NULL, slug VARCHAR(60) NOT NULL UNIQUE,
    owner_id CHAR(36) REFERENCES users (id),
    legacy_id INTEGER UNIQUE, created_at TIMESTAMP NOT NULL, updated_at TIMESTAMP NOT NULL, metadata JSON NOT NULL);
CREATE TABLE brackets (
    id CHAR(36) NOT NULL PRIMARY KEY, name VARCHAR(120) NOT NULL, type VARCHAR(20) NOT NULL,
    project_id CHAR(36) NOT NULL REFERENCES projects (id),
    is_active BOOLEAN NOT NULL CHECK (is_active IN (0, 1)), notes TEXT,
    legacy_id INTEGER UNIQUE, created_at TIMESTAMP NOT NULL, updated_at TIMESTAMP NOT NULL, metadata JSON NOT NULL);
CREATE TABLE cases (
    id CHAR(36) NOT NULL PRIMARY KEY, case_number VARCHAR(20) NOT NULL UNIQUE, title VARCHAR(200) NOT NULL,
    status INTEGER NOT NULL, priority INTEGER,
    bracket_id CHAR(36) REFERENCES brackets (id), project_id CHAR(36) NOT NULL REFERENCES projects (id),
    opened_at TIMESTAMP NOT NULL, closed_at TIMESTAMP,
    legacy_id INTEGER UNIQUE, created_at TIMESTAMP NOT NULL, updated_at TIMESTAMP NOT NULL, metadata JSON NOT NULL);
CREATE TABLE files (
    id CHAR(36) NOT NULL PRIMARY KEY, filename VARCHAR(255) NOT NULL, mime_type VARCHAR(100),
    size_bytes BIGINT NOT NULL, sha1 CHAR(40) NOT NULL, uploaded_at TIMESTAMP NOT NULL,
    legacy_id INTEGER UNIQUE, created_at TIMESTAMP NOT NULL, updated_at TIMESTAMP NOT NULL, metadata JSON NOT NULL);
CREATE TABLE case_file_relationships (
    id CHAR(36) NOT NULL PRIMARY KEY, case_id CHAR(36) NOT NULL, file_id CHAR(36) NOT NULL,
    legacy_id INTEGER UNIQUE, created_at TIMESTAMP NOT NULL, updated_at TIMESTAMP NOT NULL, metadata JSON NOT NULL,
    UNIQUE (case_id, file_id),
    CONSTRAINT fk_case_file_case_id FOREIGN KEY (case_id) REFERENCES cases (id),
    CONSTRAINT fk_case_file_file_id FOREIGN KEY (file_id) REFERENCES files (id));
"""

CUSTOMERS = (
    "Harbour Lifts", "Nordwind Energie", "Kraków Water Works", "Clinique Sainte-Odile", "Öresund Ferries",
    "O'Brien & Sons Heating", "Stadtwerke Müggelau", "Plzeň Cold Storage", "Hotel Três Rios", "Łódź Tramways",
    "Blue Door Housing", "Zürisee Schulen", "Aarhus Bådehavn", "Café \"Zur Post\"", "Meridian Data Halls",
    "Gdańsk Cranes", "St. Bride's Hospital", "Île Verte Resorts", "Alpenbahn Betriebe", "Reykjavík Greenhouses",
    "Northgate Retail Park", "A Coruña Port Services", "Vinterbro Kommune", "Fen Drainage Board",
)  # fmt: skip
PLACES = ("Altona", "Nowa Huta", "Malmö", "Saint-Étienne", "Cork", "Łódź", "Bruck a. d. Mur", "South Quay", "Žižkov")
TRADES = ("Electrician", "Plumber", "Lift engineer", "Cooling (F-gas)", "Locksmith", "Elektriker für Aufzüge")
FAULTS = ("Lift stuck", "No heating", "Pump alarm", "Door will not close", "Wasserrohrbruch", "Générateur en panne")
NOTES = (
    None, None, None, None, "", "", "see tariff 2011", "Don't offer after 18:00", "nur mit Genehmigung ",
    "ask Żaneta first; she knows", "two lines:\nback gate, then bell", "  ", "prix négocié: ne pas changer",
)  # fmt: skip
VEHICLES = ("V-07", "V-12", "V-31")
MIME = {"jpg": "image/jpeg", "pdf": "application/pdf", "doc": "application/msword", "dat": None}
STAFF = ("anna", "bjoern", "ciara", "dmitri", "elif", "franek", "grace", "hakan", "ines", "jonas", "katya", "liam")


def build_brackets(folder: Path) -> tuple[Path, Path]:
    """Write example 1 into `folder` as `legacy.sqlite` and `new.sqlite` and return both paths.

    Raises FileExistsError, and writes nothing, where either file is already there.
    """
    legacy = _legacy(_cases(deleted=frozenset()), _links(_case_ids()))
    new = _own_tables() | {"projects": _new_projects()}
    return _write_pair(folder, (LEGACY_SCHEMA + CASEFILE_PLAIN, legacy), (NEW_SCHEMA, new))


def build_junction(folder: Path) -> tuple[Path, Path]:
    """Write examples 2 and 3 into `folder` as `build_brackets` writes example 1."""
    ids = _case_ids()
    deleted = sorted(_rng("deleted cases").sample(ids, DELETED_CASES))
    links = _links([id_ for id_ in ids if id_ not in deleted])
    orphaned = _orphan(links, deleted[:DELETED_CASES_WITH_FILES])
    legacy = _legacy(_cases(deleted=frozenset(deleted)), _widen(orphaned))
    new = _own_tables() | {"projects": _new_projects(), "brackets": _new_brackets()}
    return _write_pair(folder, (LEGACY_SCHEMA + CASEFILE_WIDE, legacy), (NEW_SCHEMA, new))


def _write_pair(folder: Path, legacy: tuple[str, Tables], new: tuple[str, Tables]) -> tuple[Path, Path]:
    paths = folder / "legacy.sqlite", folder / "new.sqlite"
    for path in paths:
        if path.exists():
            raise FileExistsError(
                f"{path} is already there, and the demo's data never overwrite a file.\n"
                "Choose an empty folder, or remove the file first."
            )
    folder.mkdir(parents=True, exist_ok=True)
    # Built aside and renamed when both are whole: a full disk leaves no half of a pair.
    with tempfile.TemporaryDirectory(dir=folder, prefix=".building-") as aside:
        for path, (schema, tables) in zip(paths, (legacy, new), strict=True):
            _write(Path(aside) / path.name, schema, tables)
        for path in paths:
            (Path(aside) / path.name).rename(path)
    return paths


def _write(path: Path, schema: str, tables: Tables) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(schema)
        for table, rows in tables.items():
            marks = ", ".join("?" * len(rows[0]))
            database.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)


def _legacy(cases: list[Row], links: list[Row]) -> dict[str, list[Row]]:
    return _left_behind() | {
        "dispatch_project": _projects(),
        "dispatch_bracket": _brackets(),
        "dispatch_case": cases,
        "dispatch_file": _files(),
        "dispatch_casefile": links,
    }


def _projects() -> list[Row]:
    rng = _rng("projects")
    rows: list[Row] = []
    for n, (id_, name) in enumerate(zip(_ids(rng, first=3, count=PROJECTS, holes=0.3), CUSTOMERS, strict=True)):
        email = rng.choice((None, "", f"office{id_}@customer.example", f"dispatch{id_}@customer.example"))
        rows.append((id_, name, f"project-{id_}", f"K{10_400 + 7 * id_}", email, n % 9 == 8, _text_moment(n * 2_900)))
    return rows


def _brackets() -> list[Row]:
    rng, projects, rows = _rng("brackets"), [row[0] for row in _projects()], list[Row]()
    for n, id_ in enumerate(_ids(rng, first=1, count=BRACKETS, holes=0.04)):
        kind = rng.choice(("ZONE", "ZONE", "WEIGHT", "TIME", "SKILL"))
        name = _bracket_name(rng, kind) + rng.choice(("", "", "", "", "", "", "", "", " ", "  "))
        project = projects[n * PROJECTS // BRACKETS] if rng.random() < 0.8 else rng.choice(projects)
        account, created = rng.choice((None, "", "8400", "8405", "4400 ")), n * 130
        rows.append((
            id_, project, f"{kind[0]}{id_:04}", name, kind, rng.randrange(0, 500, 10), rng.choice("YYYYN"), account,
            rng.choice(NOTES), _text_moment(created), _text_moment(created + rng.choice((0, 0, 0, 41, 90_000))),
        ))  # fmt: skip
    return rows


def _bracket_name(rng: Random, kind: str) -> str:
    step = rng.randrange(1, 20)
    if kind == "ZONE":
        return f"Zone {step}, {rng.choice(PLACES)}"
    if kind == "WEIGHT":
        return f"{step * 5}-{step * 5 + 5} kg"
    if kind == "TIME":
        return f"{step:02}:00-{step + 3:02}:00 {rng.choice(('Mon-Fri', 'Sat', 'Sonn- und Feiertag'))}"
    return f"{rng.choice(TRADES)}, level {1 + step % 4}"


def _case_ids() -> list[int]:
    return _ids(_rng("case ids"), first=FIRST_CASE_ID, count=CASES, holes=0.03)


def _cases(deleted: frozenset[int]) -> list[Row]:
    rng, ids, rows = _rng("cases"), _case_ids(), list[Row]()
    brackets = [(row[0], row[1]) for row in _brackets()]
    for n, id_ in enumerate(ids):
        bracket, project = rng.choice(brackets)
        opened = START_EPOCH + n * 21_000 + rng.randrange(20_000)
        title = f"{rng.choice(FAULTS)}, {rng.choice(PLACES)}{rng.choice(('', '', ' '))}"
        status = rng.choice((1, 2, 3, 4, 4, 4, 4, 5))
        related = ",".join(str(other) for other in rng.sample(ids, rng.choice((0, 0, 0, 0, 0, 1, 2))))
        rows.append((
            id_, f"D{12 + n // 1_500}-{id_:05}", title, status, rng.choice((None, 1, 2, 2, 3)),
            None if rng.random() < 0.02 else bracket, project, opened,
            opened + rng.randrange(1_800, 600_000) if status >= 4 else None, rng.randrange(1, len(STAFF) + 1),
            rng.choice((None, "", *VEHICLES)), related, _text_moment(1_600_000 + n) if id_ in deleted else None,
        ))  # fmt: skip
    return rows


def _files() -> list[Row]:
    rng = _rng("files")
    rows: list[Row] = []
    for n, id_ in enumerate(_ids(rng, first=11, count=FILES, holes=0.05)):
        ending = rng.choice(("jpg", "jpg", "jpg", "pdf", "doc", "dat"))
        stem = rng.choice((f"IMG_{id_ % 10_000:04}", "Prüfbericht", "report (2)", "rapport d'intervention", "zdjęcie"))
        digest = sha1(f"{id_} {stem}".encode(), usedforsecurity=False).hexdigest()
        path = f"/srv/dispatch/media/{digest[:2]}/{digest}.{ending}"
        size = rng.randrange(900, 9_000_000) if rng.random() < 0.98 else 0
        rows.append((id_, f"{stem}.{ending}", path, MIME[ending], size, digest, _text_moment(n * 158)))
    return rows


def _links(cases: Sequence[Value]) -> list[Row]:
    """CASE_FILES pairs of one of `cases` and a file, no pair twice; ids 1, 2, 3 ... without a hole."""
    rng, files = _rng("links"), [row[0] for row in _files()]
    pairs: dict[tuple[Value, Value], None] = {}  # a set that keeps its order
    while len(pairs) < CASE_FILES:
        done = len(pairs) / CASE_FILES  # a case gets the files of its own days, and now and then an older one
        case = cases[abs(int(done * len(cases)) - rng.randrange(90))]
        file = files[int(done * FILES) if rng.random() < 0.6 else rng.randrange(50 + int(done * (FILES - 50)))]
        pairs[case, file] = None
    return [(n + 1, case, file, _text_moment(n * 96)) for n, (case, file) in enumerate(pairs)]


def _orphan(links: list[Row], deleted: list[int]) -> list[Row]:
    """Turn ORPHANS rows of batch ORPHAN_BATCH to cases that will not be in the target."""
    start = (ORPHAN_BATCH - 1) * BATCH_SIZE
    hit = _rng("orphans").sample(range(start, start + BATCH_SIZE), ORPHANS)
    cases = [UNKNOWN_CASE_IDS[n % len(UNKNOWN_CASE_IDS)] for n in range(NEVER_EXISTED)]
    cases += [deleted[n % len(deleted)] for n in range(SOFT_DELETED)]
    case_at = dict(zip(hit, cases, strict=True))
    return [(row[0], case_at.get(n, row[1]), *row[2:]) for n, row in enumerate(links)]


def _widen(links: list[Row]) -> list[Row]:
    rng = _rng("link extras")
    captions = (None, None, "", "before", "after ", "Schaden außen", "unterschrieben")
    return [(*row, rng.choice((None, *STAFF)), rng.randrange(9), rng.choice(captions)) for row in links]


def _left_behind() -> dict[str, list[Row]]:
    """What has nothing to do with the new application: Django's own tables, GPS, an old import."""
    rng, models = _rng("left behind"), tuple(enumerate(("project", "bracket", "case", "file", "casefile"), start=1))
    users: list[Row] = [
        (n, who, who.title(), "", f"{who}@dispatch.example", f"sha1$demo${_hex(rng)}", n == 1, n != 7, _text_moment(n))
        for n, who in enumerate(STAFF, start=1)
    ]
    positions: list[Row] = [
        (n, rng.choice(VEHICLES), round(53.5 + rng.random(), 5), round(10 + rng.random(), 5),
         rng.choice((None, 0, 38, 52)), START_EPOCH + 300 * n)
        for n in range(1, 2_501)
    ]  # fmt: skip
    return {
        "auth_user": users,
        "django_content_type": [(n, model, "dispatch", model) for n, model in models],
        "django_migrations": [(n, "dispatch", f"{n:04}_{name}", _text_moment(1_300_000 + n)) for n, name in models],
        "django_session": [(_hex(rng), _hex(rng) * 3, _text_moment(1_200_000 + 60 * n)) for n in range(60)],
        "south_migrationhistory": [(n, "dispatch", f"{n:04}_{name}", _text_moment(20_000 * n)) for n, name in models],
        "tmp_import_2009": [
            (f"{n:05}", rng.choice(FAULTS), rng.choice((None, "")), "3.9.2009", "j") for n in range(180)
        ],
        "dispatch_vehicle_gps": positions,
    }


def _own_tables() -> dict[str, list[Row]]:
    rng = _rng("new application")
    return {
        "schema_migrations": [(f"202402{n:02}090000", NEW_SINCE) for n in range(1, 10)],
        "feature_flags": [("file_preview", True), ("map_view", False), ("weekly_digest", True)],
        "users": [(_uuid(rng), f"{w}@new.example", w.title(), NEW_SINCE, NEW_SINCE) for w in STAFF[:6]],
    }


def _new_projects() -> list[Row]:
    rng, owners = _rng("new projects"), [row[0] for row in _own_tables()["users"]]
    return [
        (_uuid(rng), name, slug, rng.choice((None, *owners)), id_, NEW_SINCE, NEW_SINCE, '{"opened_by": "hand"}')
        for id_, name, slug, *_ in _projects()
    ]


def _new_brackets() -> list[Row]:
    rng, project_of = _rng("new brackets"), {row[4]: row[0] for row in _new_projects()}
    rows: list[Row] = []
    for id_, project, code, name, kind, order, active, account, notes, created, modified in _brackets():
        rest = json.dumps({"short_code": code, "sort_order": order, "gl_account": account})
        rows.append((_uuid(rng), name, kind, project_of[project], active == "Y", notes, id_, created, modified, rest))
    return rows


def _rng(subject: str) -> Random:
    """One generator per subject, so that a change to one table leaves the others as they are."""
    return Random(f"ferryman demo: {subject}")


def _ids(rng: Random, first: int, count: int, holes: float) -> list[int]:
    """`count` rising integers from `first`; after a share `holes` of them some numbers are missing."""
    ids = [first]
    while len(ids) < count:
        ids.append(ids[-1] + (rng.randrange(2, 5) if rng.random() < holes else 1))
    return ids


def _text_moment(minutes: int) -> str:
    return (START + timedelta(minutes=minutes)).isoformat(sep=" ")


def _hex(rng: Random) -> str:
    return f"{rng.getrandbits(160):040x}"


def _uuid(rng: Random) -> str:
    return str(UUID(int=rng.getrandbits(128), version=4))

"""Small hand-made databases and plans for the agents' tests: a dispatch office, a record shop, a clinic, a library."""

# ruff: noqa: E501  (a table reads best with one entry a line)

from __future__ import annotations

from collections.abc import Mapping as Names
from datetime import UTC, date, datetime

from ferryman.agents.context import Context, Place
from ferryman.domain.changes import LeaveOut, MapTable, MigrateParents, Option, Question, SetPolicy
from ferryman.domain.coordination import Request, RequestType
from ferryman.domain.findings import (
    Diagnosis,
    Evidence,
    Findings,
    LeftOut,
    Match,
    MissingCause,
    MissingGroup,
    TableFinding,
    TableStatus,
    TableType,
)
from ferryman.domain.mapping import (
    Action,
    ColumnMapping,
    Mapping,
    Policy,
    Problem,
    Strategy,
    TableMapping,
)
from ferryman.domain.plan import Counts, Estimate, MigrationStrategy, Phase, Plan, Risk, RiskLevel, Step
from ferryman.domain.recovery import Decision, Failure, FailureType, RecoveryOption, Severity
from ferryman.domain.run import RunStatus, Status
from ferryman.domain.schema import Column, Database, Family, ForeignKey, Table
from ferryman.domain.transforms import EpochToTimestamp, ForeignKeyTo, NewId, Rename, Transform, ValueMap, ValuePair

TODAY = date(2026, 11, 22)

FAMILIES = {
    "int": (Family.INTEGER, "INTEGER"),
    "text": (Family.TEXT, "VARCHAR(120)"),
    "bool": (Family.BOOLEAN, "BOOLEAN"),
    "date": (Family.DATE, "DATE"),
    "moment": (Family.TIMESTAMP, "TIMESTAMP"),
    "money": (Family.DECIMAL, "NUMERIC(10, 2)"),
    "uuid": (Family.UUID, "CHAR(36)"),
    "json": (Family.JSON, "JSON"),
}


def table(line: str) -> Table:
    """One line of scenery: "orders: id uuid key, customer_id uuid > customers, note text?" (a ? takes NULL)."""
    name, _, rest = line.partition(":")
    columns, keys, references = list[Column](), list[str](), list[ForeignKey]()
    for part in rest.split(","):
        words = part.split()
        family, native = FAMILIES[words[1].rstrip("?")]
        columns.append(Column(name=words[0], native=native, family=family, nullable=words[1].endswith("?")))
        if "key" in words[2:]:
            keys.append(words[0])
        if ">" in words:
            parent = words[words.index(">") + 1]
            references.append(ForeignKey(columns=(words[0],), parent=parent, parent_columns=("id",)))
    return Table(name=name.strip(), columns=tuple(columns), primary_key=tuple(keys), foreign_keys=tuple(references))


def database(lines: str) -> Database:
    return Database(dialect="sqlite", tables=tuple(table(line) for line in lines.strip().splitlines()))


DISPATCH_OLD = database("""
dispatch_project: id int key, name text, slug text, customer_no text, contact_email text?, is_archived bool, created_on text
dispatch_bracket: id int key, project_id int > dispatch_project, short_code text, name text, type text, sort_order int, is_active text, gl_account text?, notes text?, created_on text, modified_on text
dispatch_case: id int key, case_no text, title text, status int, priority int?, bracket_id int? > dispatch_bracket, project_id int > dispatch_project, opened int, closed int?, dispatcher_id int?, vehicle_no text?, related_cases text, deleted_at moment?
dispatch_file: id int key, filename text, path text, mime text?, size int, sha1 text, uploaded_on text
dispatch_casefile: id int key, case_id int > dispatch_case, file_id int > dispatch_file, added_on text
auth_user: id int key, username text, email text
tmp_import_2009: f1 text?, f2 text?
""")
DISPATCH_NEW = database("""
projects: id uuid key, name text, slug text, owner_id uuid? > users, legacy_id int?, created_at moment, updated_at moment, metadata json
brackets: id uuid key, name text, type text, project_id uuid > projects, is_active bool, notes text?, legacy_id int?, created_at moment, updated_at moment, metadata json
cases: id uuid key, case_number text, title text, status int, priority int?, bracket_id uuid? > brackets, project_id uuid > projects, opened_at moment, closed_at moment?, legacy_id int?, created_at moment, updated_at moment, metadata json
files: id uuid key, filename text, mime_type text?, size_bytes int, sha1 text, uploaded_at moment, legacy_id int?, created_at moment, updated_at moment, metadata json
case_file_relationships: id uuid key, case_id uuid > cases, file_id uuid > files, legacy_id int?, created_at moment, updated_at moment, metadata json
users: id uuid key, email text, display_name text
notifications: id uuid key, user_id uuid > users, body text
""")
SHOP_OLD = database("""
Album: AlbumId int key, Title text, ArtistId int > Artist
Artist: ArtistId int key, Name text?
Customer: CustomerId int key, FirstName text, LastName text, Company text?, Address text?, City text?, State text?, Country text?, PostalCode text?, Phone text?, Fax text?, Email text, SupportRepId int? > Employee
Employee: EmployeeId int key, LastName text, FirstName text, Title text?, ReportsTo int? > Employee, BirthDate moment?, HireDate moment?, City text?, State text?, Country text?, Phone text?, Fax text?, Email text?
Genre: GenreId int key, Name text?
Invoice: InvoiceId int key, CustomerId int > Customer, InvoiceDate moment, BillingAddress text?, BillingCity text?, BillingCountry text?, Total money
InvoiceLine: InvoiceLineId int key, InvoiceId int > Invoice, TrackId int > Track, UnitPrice money, Quantity int
MediaType: MediaTypeId int key, Name text?
Playlist: PlaylistId int key, Name text?
PlaylistTrack: PlaylistId int key > Playlist, TrackId int key > Track
Track: TrackId int key, Name text, AlbumId int? > Album, MediaTypeId int > MediaType, GenreId int? > Genre, Composer text?, Milliseconds int, Bytes int?, UnitPrice money
""")
SHOP_NEW = database("""
artists: id uuid key, name text, legacy_id int?
genres: id uuid key, name text, legacy_id int?
media_formats: id uuid key, name text, legacy_id int?
albums: id uuid key, title text, artist_id uuid > artists, legacy_id int?
tracks: id uuid key, title text, album_id uuid? > albums, genre_id uuid? > genres, media_format_id uuid > media_formats, composer text?, duration_ms int, size_bytes int?, unit_price money
playlists: id uuid key, name text, legacy_id int?
playlist_items: id uuid key, playlist_id uuid > playlists, track_id uuid > tracks
staff: id uuid key, first_name text, last_name text, job_title text?, manager_id uuid? > staff, born_on date?, hired_on date?, city text?, region text?, country text?, phone text?, email text?, metadata json
customers: id uuid key, first_name text, last_name text, company_name text?, support_rep_id uuid? > staff, street text?, city text?, region text?, country text?, postal_code text?, phone text?, email text, metadata json
orders: id uuid key, customer_id uuid > customers, placed_at moment, billing_street text?, billing_city text?, billing_country text?, total_amount money
order_items: id uuid key, order_id uuid > orders, track_id uuid > tracks, unit_price money, quantity int
""")
CLINIC_OLD = database("""
tbl_Patient: PatientNo int key, Surname text, Forename text, DateOfBirth date?, Sex text?, Insurance text?, Deleted int
tbl_Doctor: DoctorNo int key, Name text, Speciality text?
tbl_Visit: VisitNo int key, PatientNo int > tbl_Patient, DoctorNo int > tbl_Doctor, VisitDate date, Status int, Fee money?
tbl_VisitNote: NoteNo int key, VisitNo int > tbl_Visit, Body text, Kind int
tbl_AuditLogin: Id int key, WhoDidIt text, HappenedAt moment
tbl_AuditChange: Id int key, WhoDidIt text, TableName text
tbl_Ward: WardNo int, Label text
""")
CLINIC_NEW = database("""
patients: id uuid key, last_name text, first_name text, birth_date date?, gender text?, insurer text?
physicians: id uuid key, full_name text, specialty text?
appointments: id uuid key, patient_id uuid > patients, physician_id uuid > physicians, held_on date, state text, fee money?
appointment_notes: id uuid key, appointment_id uuid > appointments, body text, kind text
audit_logins: id uuid key, actor text, at moment
audit_changes: id uuid key, actor text, table_name text
wards: id uuid key, label text
""")


def mapped(
    old: Database, new: Database, source: str, target: str, columns: Names[str, str], **steps: Transform
) -> TableMapping:
    """A table mapping from {target column: legacy column}; a step of a target column is given by keyword."""
    lines = []
    for ours, theirs in columns.items():
        reference = new.table(target).reference(ours)
        step = ForeignKeyTo(parent=reference.parent) if reference else NewId() if ours == "id" else Rename()
        lines.append(ColumnMapping(target=ours, source=(theirs,), steps=(steps.get(ours, step),)))
    key = old.table(source).primary_key or ("rowid",)
    return TableMapping(source=source, target=target, key=key, columns=tuple(lines))


def plan_of(
    old: Database, new: Database, tables: tuple[TableMapping, ...], counts: Names[str, int], **more: object
) -> Plan:
    """A plan with one phase per table, in the order given."""
    copied = [m for m in tables if m.action is Action.COPY]
    phases = tuple(
        Phase(
            number=n,
            name=f"{m.target}_migration",
            tables=(m.target,),
            rationale="no dependencies" if not new.table(m.target).foreign_keys else "parent entities",
            prerequisites=tuple(
                dict.fromkeys(k.parent for k in new.table(m.target).foreign_keys if k.parent != m.target)
            ),
            steps=(Step(source=m.source, target=m.target, table_type=TableType.TRANSACTIONAL),),
        )
        for n, m in enumerate(copied, start=1)
    )
    left = {
        m.target: tuple(
            c.name for c in old.table(m.source).columns if not any(c.name in line.source for line in m.columns)
        )
        for m in copied
    }
    plan = Plan(
        request=Request(type=RequestType.COMPLETE, priority="everything"),
        strategy=MigrationStrategy.ORDERED,
        mapping=Mapping(tables=tables),
        phases=phases,
        counts=tuple(Counts(table=t, source=n, in_scope=n, target=0) for t, n in counts.items()),
        risks=tuple(Risk(table=m.target, level=RiskLevel.LOW, reasons=()) for m in copied),
        estimate=Estimate(low=130, high=170),
        leftovers={t: c for t, c in left.items() if c},
    )
    return plan.but(**more)


def findings_of(plan: Plan, new: Database, left_out: tuple[LeftOut, ...] = ()) -> Findings:
    counts = plan.counts_by_table
    return Findings(
        tables=tuple(
            TableFinding(
                target_table=m.target,
                source_table=m.source,
                status=TableStatus.EMPTY if m.action is Action.COPY else TableStatus.POPULATED,
                record_count=counts[m.target].source if m.target in counts else 0,
                target_count=0,
                first_type=TableType.TRANSACTIONAL,
                table_type=TableType.TRANSACTIONAL,
                parents=tuple(dict.fromkeys(k.parent for k in new.table(m.target).foreign_keys)),
                score=0.9,
                alternatives=(
                    Match(
                        source=m.source,
                        target=m.target,
                        score=0.9,
                        evidence=(Evidence(kind="name", weight=0.4, text="the names share a word"),),
                    ),
                ),
            )
            for m in plan.mapping.tables
        ),
        left_out=left_out,
    )


def same_named(old: Database, new: Database, source: str, target: str, **renamed: str) -> dict[str, str]:
    """{target column: legacy column} of equal names (id: the legacy key), and the renamed ones."""

    def folded(name: str) -> str:
        return name.replace("_", "").casefold()

    theirs = {folded(c.name): c.name for c in old.table(source).columns}
    pairs = {c.name: theirs[folded(c.name)] for c in new.table(target).columns if folded(c.name) in theirs}
    return {"id": (old.table(source).primary_key or (old.table(source).columns[0].name,))[0]} | pairs | renamed


def _dispatch_tables() -> tuple[TableMapping, ...]:
    def one(source: str, target: str, **renamed: str) -> TableMapping:
        steps = {"opened_at": EpochToTimestamp(), "closed_at": EpochToTimestamp()} if target == "cases" else {}
        columns = same_named(DISPATCH_OLD, DISPATCH_NEW, source, target, **renamed)
        return mapped(DISPATCH_OLD, DISPATCH_NEW, source, target, columns, **steps)

    return (
        one("dispatch_project", "projects", created_at="created_on").but(action=Action.REFER),
        one("dispatch_bracket", "brackets", created_at="created_on", updated_at="modified_on"),
        one("dispatch_case", "cases", case_number="case_no", opened_at="opened", closed_at="closed"),
        one("dispatch_file", "files", mime_type="mime", size_bytes="size", uploaded_at="uploaded_on"),
        one("dispatch_casefile", "case_file_relationships", created_at="added_on"),
    )


DISPATCH_COUNTS = {"brackets": 1569, "cases": 4200, "files": 9300, "case_file_relationships": 15420}
DISPATCH_PLAN = plan_of(DISPATCH_OLD, DISPATCH_NEW, _dispatch_tables(), DISPATCH_COUNTS)
DISPATCH_FINDINGS = findings_of(
    DISPATCH_PLAN,
    DISPATCH_NEW,
    (LeftOut(side="source", table="tmp_import_2009", rows=12, reason="nothing in the new system looks like it"),),
)

SHOP_COUNTS = {
    "artists": 275, "genres": 25, "media_formats": 5, "albums": 347, "tracks": 3503, "playlists": 18,
    "playlist_items": 8715, "staff": 8, "customers": 59, "orders": 412, "order_items": 2240,
}  # fmt: skip


def _shop_tables() -> tuple[TableMapping, ...]:
    def one(source: str, target: str, **renamed: str) -> TableMapping:
        columns = same_named(SHOP_OLD, SHOP_NEW, source, target, **renamed)
        return mapped(SHOP_OLD, SHOP_NEW, source, target, columns)

    return (
        one("Artist", "artists"),
        one("Genre", "genres"),
        one("MediaType", "media_formats"),
        one("Album", "albums"),
        one(
            "Track",
            "tracks",
            title="Name",
            duration_ms="Milliseconds",
            size_bytes="Bytes",
            media_format_id="MediaTypeId",
        ),
        one("Playlist", "playlists"),
        one("PlaylistTrack", "playlist_items"),
        one(
            "Employee",
            "staff",
            job_title="Title",
            manager_id="ReportsTo",
            born_on="BirthDate",
            hired_on="HireDate",
            region="State",
        ),
        one("Customer", "customers", company_name="Company", street="Address", region="State"),
        one("Invoice", "orders", placed_at="InvoiceDate", billing_street="BillingAddress", total_amount="Total"),
        one("InvoiceLine", "order_items", order_id="InvoiceId"),
    )


SHOP_PLAN = plan_of(SHOP_OLD, SHOP_NEW, _shop_tables(), SHOP_COUNTS)
SHOP_FINDINGS = findings_of(SHOP_PLAN, SHOP_NEW)


def _clinic_tables() -> tuple[TableMapping, ...]:
    def one(source: str, target: str, **renamed: str) -> TableMapping:
        columns = same_named(CLINIC_OLD, CLINIC_NEW, source, target, **renamed)
        return mapped(CLINIC_OLD, CLINIC_NEW, source, target, columns)

    return (
        one(
            "tbl_Patient",
            "patients",
            last_name="Surname",
            first_name="Forename",
            birth_date="DateOfBirth",
            gender="Sex",
            insurer="Insurance",
        ),
        one("tbl_Doctor", "physicians", full_name="Name", specialty="Speciality"),
        one(
            "tbl_Visit",
            "appointments",
            patient_id="PatientNo",
            physician_id="DoctorNo",
            held_on="VisitDate",
            state="Status",
        ),
        one("tbl_VisitNote", "appointment_notes", appointment_id="VisitNo"),
        one("tbl_AuditLogin", "audit_logins", actor="WhoDidIt", at="HappenedAt"),
        one("tbl_AuditChange", "audit_changes", actor="WhoDidIt"),
        one("tbl_Ward", "wards"),
    )


CLINIC_COUNTS = {
    "patients": 880, "physicians": 14, "appointments": 5120, "appointment_notes": 7003,
    "audit_logins": 91_000, "audit_changes": 40_100, "wards": 6,
}  # fmt: skip
CLINIC_PLAN = plan_of(CLINIC_OLD, CLINIC_NEW, _clinic_tables(), CLINIC_COUNTS)
CLINIC_FINDINGS = findings_of(CLINIC_PLAN, CLINIC_NEW)

ORPHANS = Question(
    id="orphans:case_file_relationships.case_id:never_existed",
    table="case_file_relationships",
    text="23 connections point at cases that are not there. What shall happen to them?",
    options=(
        Option(
            key="skip",
            text="Skip these 23 and keep them for review",
            changes=(
                SetPolicy(
                    table="case_file_relationships",
                    policy=Policy(
                        problem=Problem.MISSING_PARENT,
                        columns=("case_id",),
                        cause=MissingCause.NEVER_EXISTED,
                        strategy=Strategy.QUARANTINE,
                        rows=23,
                    ),
                ),
            ),
        ),
        Option(
            key="parents",
            text="Bring the missing cases along",
            changes=(
                MigrateParents(
                    table="case_file_relationships", columns=("case_id",), cause=MissingCause.FILTERED_OUT, rows=23
                ),
            ),
        ),
    ),
    recommended="parents",
    reason="nothing is lost that way",
)
FEEDS = Question(
    id="table:orders",
    table="orders",
    text="Which old table feeds orders?",
    options=(
        Option(key="Invoice", text="Invoice feeds orders", changes=(MapTable(source="Invoice", target="orders"),)),
        Option(key="none", text="Leave orders empty", changes=(LeaveOut(table="orders"),)),
    ),
    recommended="Invoice",
    reason="most of the columns fit",
)

FITS = Question(
    id="column:files.size_bytes",
    table="files",
    text="dispatch_file.size -> files.size_bytes? The new column must be filled.",
    options=(
        Option(key="size", text="Fill it from size"),
        Option(key="leave_out", text="Leave files out", changes=(LeaveOut(table="files"),)),
    ),
    recommended="size",
    reason="both hold whole numbers, but that is not enough to be sure",
)

PLAIN = Question(
    id="columns:staff",
    table="staff",
    text="In Employee -> staff these look alike: Title -> job_title. Is that right?",
    options=(
        Option(key="take", text="Yes, all of it"),
        Option(key="leave", text="No, leave these columns empty", changes=(LeaveOut(table="staff"),)),
    ),
    recommended="take",
)

MISSING = MissingGroup(
    table="case_file_relationships",
    columns=("case_id",),
    parent="cases",
    constraint="fk_case_file_case_id",
    cause=MissingCause.FILTERED_OUT,
    rows=23,
    parents=17,
)
DECISION = Decision(
    failure=Failure(
        type=FailureType.FOREIGN_KEY,
        table="case_file_relationships",
        constraint="fk_case_file_case_id",
        columns=("case_id",),
        batch="15",
        affected_records=23,
        error_detail="Referenced case IDs not found in target cases table",
        problem=Problem.MISSING_PARENT,
    ),
    diagnosis=Diagnosis(
        issue="23 case_file_relationships rows refer to cases that are not in the new system",
        root_cause="the plan's filter leaves those cases out",
        groups=(MISSING,),
        affected_parents=17,
        solutions=("migrate_missing_parents_first", "create_placeholders", "skip_orphaned_records"),
    ),
    severity=Severity.LOW,
    situation="Some connections between cases and files are missing their cases.",
    impact="23 of 15,420 connections cannot be made, because 17 cases are not in the new system.",
    options=(
        RecoveryOption(
            strategy=Strategy.MIGRATE_PARENTS,
            choice="Find and migrate the missing cases first",
            time="a few seconds",
            safety="Safest option: every reference stays whole",
            rows=17,
        ),
        RecoveryOption(
            strategy=Strategy.QUARANTINE,
            choice="Skip these 23 connections for manual review later",
            time="continues at once",
            safety="Nothing is lost: the rows are kept aside",
            tradeoff="Those connections are not in the new system until somebody mends them",
            rows=23,
        ),
        RecoveryOption(
            strategy=Strategy.PLACEHOLDERS,
            choice="Make placeholder cases for them",
            time="a few seconds",
            safety="References are whole, with stand-ins",
            tradeoff="17 cases without content appear in the new system",
            rows=17,
        ),
        RecoveryOption(
            strategy=Strategy.ROLLBACK_TABLE,
            choice="Undo this table",
            time="a few seconds",
            safety="The table is as it was before",
        ),
        RecoveryOption(
            strategy=Strategy.PAUSE, choice="Pause here", time="as long as you like", safety="Nothing moves"
        ),
    ),
    recommended=Strategy.MIGRATE_PARENTS,
    recommendation="Option 1, because nothing is left behind that way",
)

CLOSED = ValueMap(pairs=(ValuePair(old=1, new="open"), ValuePair(old=2, new="closed")))


def run_of(name: str, when: datetime, status: RunStatus = RunStatus.SUCCESS) -> Status:
    return Status(
        run=name,
        status=status,
        phase="done",
        overall_progress=100,
        current_table=None,
        technical_status="done",
        estimated_completion="",
        estimated_seconds=None,
        last_successful_checkpoint=None,
        started_at=when,
    )


YESTERDAY = run_of("20261121-101500-aa01", datetime(2026, 11, 21, 10, 15, tzinfo=UTC))
EARLIER = run_of("20261118-090000-bb02", datetime(2026, 11, 18, 9, 0, tzinfo=UTC))

DISPATCH_START = Context(Place.START, DISPATCH_OLD, DISPATCH_NEW, today=TODAY)
DISPATCH = Context(
    Place.REVIEW, DISPATCH_OLD, DISPATCH_NEW, findings=DISPATCH_FINDINGS, plan=DISPATCH_PLAN, today=TODAY
)
SHOP_START = Context(Place.START, SHOP_OLD, SHOP_NEW, today=TODAY)
SHOP = Context(Place.REVIEW, SHOP_OLD, SHOP_NEW, findings=SHOP_FINDINGS, plan=SHOP_PLAN, today=TODAY)
CLINIC_START = Context(Place.START, CLINIC_OLD, CLINIC_NEW, today=TODAY)
CLINIC = Context(Place.REVIEW, CLINIC_OLD, CLINIC_NEW, findings=CLINIC_FINDINGS, plan=CLINIC_PLAN, today=TODAY)

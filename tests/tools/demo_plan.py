"""The demo's tables as a plan that is written by hand, so that these tests need no agent."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from ferryman.demo_data import build_brackets, build_junction
from ferryman.domain.approval import Approval
from ferryman.domain.coordination import Request, RequestType
from ferryman.domain.filters import Comparison, Operator
from ferryman.domain.findings import TableType
from ferryman.domain.mapping import (
    Action,
    ColumnMapping,
    Derived,
    KeyPair,
    Mapping,
    Matched,
    TableMapping,
    namespace_of,
)
from ferryman.domain.plan import MigrationStrategy, Phase, Plan, Step
from ferryman.domain.schema import Database
from ferryman.domain.transforms import (
    AddCreatedAt,
    AddMetadataJson,
    AddUpdatedAt,
    BooleanWords,
    EpochToTimestamp,
    ForeignKeyTo,
    NewId,
    PreserveLegacyId,
    Rename,
    Trim,
)
from ferryman.domain.validation import CheckKind
from ferryman.tools.databases.connect import Source, Target, open_source, open_target
from ferryman.tools.discover.introspect import introspect
from ferryman.tools.move.copy import copy_table
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.records import Beginning, TableStart
from ferryman.tools.move.scope import fix_scope
from ferryman.tools.move.work import TableWork
from ferryman.tools.prepare.transform import CompiledTable, compile_table

RUN_STARTED = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
NOT_DELETED = Comparison(column="deleted_at", op=Operator.IS_NULL)


@dataclass(frozen=True)
class Pair:
    """Two files, opened, and a mapping between them."""

    source: Source
    target: Target
    mapping: Mapping
    legacy: Path
    new: Path

    @cached_property
    def source_db(self) -> Database:
        with self.source.connect() as connection:
            return introspect(connection, self.source.dialect)

    @cached_property
    def target_db(self) -> Database:
        with self.target.connect(reading=True) as connection:
            return introspect(connection, self.target.dialect)

    def compiled(self) -> dict[str, CompiledTable]:
        return {
            table.target: compile_table(
                self.mapping, table.target, self.source_db, self.target_db, run_started=RUN_STARTED
            )
            for table in self.mapping.copied
        }

    def plan(self) -> Plan:
        tables = tuple(table.target for table in self.mapping.copied)
        steps = tuple(
            Step(source=table.source, target=table.target, table_type=TableType.TRANSACTIONAL)
            for table in self.mapping.copied
        )
        return Plan(
            request=Request(type=RequestType.COMPLETE),
            strategy=MigrationStrategy.ORDERED,
            mapping=self.mapping,
            phases=(Phase(number=1, name="all", tables=tables, rationale="all", steps=steps),),
            validation=tuple(CheckKind),
        )


def pair(legacy: Path, new: Path, mapping: Mapping) -> Pair:
    return Pair(open_source(str(legacy)), open_target(str(new)), mapping, legacy, new)


def column(target: str, source: str | tuple[str, ...] = (), *steps: object) -> ColumnMapping:
    sources = (source,) if isinstance(source, str) else source
    return ColumnMapping(target=target, source=sources, steps=steps or (Rename(),))


def marks(created: str | None, updated: str | None, *leftovers: str) -> tuple[ColumnMapping, ...]:
    return (
        column("legacy_id", "id", PreserveLegacyId()),
        column("created_at", created or (), AddCreatedAt()),
        column("updated_at", updated or (), AddUpdatedAt()),
        column("metadata", leftovers, AddMetadataJson()),
    )


PROJECTS = TableMapping(
    source="dispatch_project",
    target="projects",
    action=Action.REFER,
    key=("id",),
    identity=Matched(on=(KeyPair(source="id", target="legacy_id"),)),
)
BRACKETS = TableMapping(
    source="dispatch_bracket",
    target="brackets",
    key=("id",),
    identity=Derived(),
    columns=(
        column("id", "id", NewId()),
        column("name", "name", Trim()),
        column("type", "type"),
        column("project_id", "project_id", ForeignKeyTo(parent="projects")),
        column("is_active", "is_active", BooleanWords()),
        column("notes", "notes"),
        *marks("created_on", "modified_on", "short_code", "sort_order", "gl_account"),
    ),
)
BRACKETS_THERE = TableMapping(
    source="dispatch_bracket",
    target="brackets",
    action=Action.REFER,
    key=("id",),
    identity=Matched(on=(KeyPair(source="id", target="legacy_id"),)),
)
CASES = TableMapping(
    source="dispatch_case",
    target="cases",
    key=("id",),
    identity=Derived(),
    columns=(
        column("id", "id", NewId()),
        column("case_number", "case_no"),
        column("title", "title"),
        column("status", "status"),
        column("priority", "priority"),
        column("bracket_id", "bracket_id", ForeignKeyTo(parent="brackets")),
        column("project_id", "project_id", ForeignKeyTo(parent="projects")),
        column("opened_at", "opened", EpochToTimestamp()),
        column("closed_at", "closed", EpochToTimestamp()),
        *marks(None, None, "dispatcher_id", "vehicle_no", "related_cases"),
    ),
)
FILES = TableMapping(
    source="dispatch_file",
    target="files",
    key=("id",),
    identity=Derived(),
    columns=(
        column("id", "id", NewId()),
        column("filename", "filename"),
        column("mime_type", "mime"),
        column("size_bytes", "size"),
        column("sha1", "sha1"),
        column("uploaded_at", "uploaded_on"),
        *marks("uploaded_on", None, "path"),
    ),
)
CASE_FILES = TableMapping(
    source="dispatch_casefile",
    target="case_file_relationships",
    key=("id",),
    identity=Derived(),
    columns=(
        column("id", "id", NewId()),
        column("case_id", "case_id", ForeignKeyTo(parent="cases")),
        column("file_id", "file_id", ForeignKeyTo(parent="files")),
        *marks("added_on", None, "added_by", "sort_order", "caption"),
    ),
)


def brackets(folder: Path) -> Pair:
    """The specification's first example."""
    tables = (PROJECTS, BRACKETS)
    return pair(*build_brackets(folder), Mapping(namespace=namespace_of("legacy"), tables=tables))


def junction(folder: Path, *, filtered: bool = True) -> Pair:
    """The second; `filtered` leaves softly deleted cases out."""
    cases = CASES.but(filter=NOT_DELETED) if filtered else CASES
    tables = (PROJECTS, BRACKETS_THERE, cases, FILES, CASE_FILES)
    return pair(*build_junction(folder), Mapping(namespace=namespace_of("legacy"), tables=tables))


def moved(pair: Pair, size: int = 1_000, run: str = "r1", only: tuple[str, ...] = ()) -> Ledger:
    """Carry the plan out (`only`: some of its tables), as the graph would, and give the ledger of it."""
    ledger, work = Ledger(pair.target), pair.compiled()
    starts = [
        TableStart(table=n, source=w.source.name, scope=fix_scope(pair.source, pair.target, w), batch_size=size)
        for n, w in work.items()
    ]
    approval = Approval(token="t", by="somebody", at=RUN_STARTED)
    ledger.begin(
        Beginning(
            run=run,
            plan=pair.plan(),
            approval=approval,
            source=pair.source.identity,
            target=pair.target.identity,
            source_schema=pair.source_db.fingerprint,
            target_schema=pair.target_db.fingerprint,
            run_started=RUN_STARTED,
            tables=tuple(starts),
        )
    )
    for compiled in (work[table] for table in only or work):
        result = copy_table(TableWork(pair.source, pair.target, compiled, ledger, run))
        assert result.failure is None, result.failure
        assert result.complete
    ledger.release(run)
    return ledger

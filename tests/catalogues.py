"""Small catalogues, profiles and matches written by hand, a line for each table."""

from __future__ import annotations

import re
from collections.abc import Mapping as Names

from ferryman.agents.data_mapping import propose
from ferryman.agents.facts import Facts
from ferryman.agents.planning import Measured, make_plan, types_of
from ferryman.agents.schema_analysis import analyze
from ferryman.domain.changes import Question
from ferryman.domain.coordination import Request, RequestType
from ferryman.domain.findings import Match, Matches, TableMatches
from ferryman.domain.mapping import IdPolicy, Mapping
from ferryman.domain.plan import Counts, Plan
from ferryman.domain.profile import ColumnProfile, Profile, TableProfile
from ferryman.domain.references import references_of
from ferryman.domain.schema import Column, Database, Family, ForeignKey, Table, TableKind, Trigger
from ferryman.tools.prepare.batching import plan_batches
from ferryman.tools.prepare.order import arrange

FAMILIES = {
    "int": Family.INTEGER,
    "text": Family.TEXT,
    "bool": Family.BOOLEAN,
    "date": Family.DATE,
    "moment": Family.TIMESTAMP,
    "money": Family.DECIMAL,
    "real": Family.FLOAT,
    "uuid": Family.UUID,
    "json": Family.JSON,
    "blob": Family.BINARY,
}
_COLUMN = re.compile(r"(?P<name>\S+) (?P<family>\w+)(?:\((?P<length>\d+)\))?(?P<null>\?)?(?P<rest>.*)")


def table(line: str) -> Table:
    """ "orders: id uuid key, customer_id uuid? > customers, no text(20) unique | unique a b | check x > 0 | rowid".

    A ? takes NULL. Columns have the flags generated, default and auto, tables view, framework and trigger.
    """
    name, _, rest = line.partition(":")
    body, *extras = (part.strip() for part in rest.split("|"))
    made = [_column(part.strip()) for part in body.split(",") if part.strip()]
    flags = {extra.split()[0]: extra.partition(" ")[2] for extra in extras}
    kinds = {"view": TableKind.VIEW, "framework": TableKind.FRAMEWORK}
    return Table(
        name=name.strip(),
        columns=tuple(column for column, _ in made),
        primary_key=tuple(column.name for column, words in made if "key" in words),
        uniques=(
            *((column.name,) for column, words in made if "unique" in words),
            *(tuple(extra.split()[1:]) for extra in extras if extra.startswith("unique")),
        ),
        foreign_keys=(
            *(_reference((column.name,), words[words.index(">") + 1]) for column, words in made if ">" in words),
            *(_composite(extra) for extra in extras if extra.startswith("refers")),
        ),
        checks=tuple(extra.partition(" ")[2] for extra in extras if extra.startswith("check")),
        triggers=(Trigger(name="on_insert", events=("insert",)),) if "trigger" in flags else (),
        kind=next((kind for flag, kind in kinds.items() if flag in flags), TableKind.DATA),
        rowid="rowid" in flags,
    )


def _column(text: str) -> tuple[Column, list[str]]:
    found = _COLUMN.fullmatch(text)
    assert found, text
    words = found["rest"].split()
    column = Column(
        name=found["name"],
        native=found["family"],
        family=FAMILIES[found["family"]],
        nullable=bool(found["null"]),
        length=int(found["length"]) if found["length"] else None,
        generated="generated" in words,
        default="1" if "default" in words else None,
        autoincrement="auto" in words,
    )
    return column, words


def _reference(columns: tuple[str, ...], parent: str) -> ForeignKey:
    name, _, column = parent.partition(".")
    return ForeignKey(columns=columns, parent=name, parent_columns=(column or "id",))


def _composite(text: str) -> ForeignKey:
    """ "refers a b > parent x y"."""
    left, _, right = text.partition(">")
    parent, *columns = right.split()
    return ForeignKey(columns=tuple(left.split()[1:]), parent=parent, parent_columns=tuple(columns))


def database(lines: str) -> Database:
    """One table a line; a line that begins with blanks goes on with the one before."""
    whole = re.sub(r"\n +", " ", lines.strip())
    return Database(dialect="sqlite", tables=tuple(table(line) for line in whole.splitlines()))


def matches(lines: str) -> Matches:
    """ "old -> new: a=b, c~d": sure pairs with -> and =, guesses with ~> and ~."""
    tables, columns = [], []
    for line in re.sub(r"\n +", " ", lines.strip()).splitlines():
        pair, _, rest = line.partition(":")
        found = re.fullmatch(r"\s*(\S+) (->|~>) (\S+)\s*", pair)
        assert found, line
        source, arrow, target = found.groups()
        tables.append(_match(source, target, sure=arrow == "->"))
        made = tuple(_column_match(part.strip()) for part in rest.split(",") if part.strip())
        columns.append(TableMatches(source=source, target=target, columns=made))
    return Matches(tables=tuple(tables), columns=tuple(columns))


def _match(source: str, target: str, *, sure: bool) -> Match:
    return Match(source=source, target=target, score=0.9 if sure else 0.6, sure=sure)


def _column_match(text: str) -> Match:
    source, sign, target = re.split(r"([=~])", text)
    return _match(source, target, sure=sign == "=")


def profile(rows: Names[str, int], columns: Names[str, ColumnProfile] | None = None) -> Profile:
    """Row counts by table; profiles of columns by "table.column"."""
    found: dict[str, list[ColumnProfile]] = {name: [] for name in rows}
    for name, column in (columns or {}).items():
        found[name.partition(".")[0]].append(column.but(name=name.partition(".")[2]))
    return Profile(
        tables=tuple(
            TableProfile(table=name, rows=rows[name], columns=tuple(columns)) for name, columns in found.items()
        )
    )


def column_profile(**facts: object) -> ColumnProfile:
    return ColumnProfile.model_validate({"name": "", **facts})


def facts(
    source: Database,
    target: Database,
    found: Matches,
    source_profile: Profile,
    target_profile: Profile | None = None,
    identities: Names[str, IdPolicy | str] | None = None,
) -> Facts:
    filled = target_profile or Profile()
    findings = analyze(source, target, source_profile, filled, found)
    return Facts(source, target, source_profile, filled, found, findings, identities or {})


def planned(request: Request, known: Facts) -> Plan:
    """A plan as the graph makes it, without databases."""
    return replanned(request, *propose(request, known), known)


def replanned(request: Request, mapping: Mapping, questions: tuple[Question, ...], known: Facts) -> Plan:
    copied = [table.target for table in mapping.copied]
    order = arrange(copied, types_of(known), references_of(mapping, known.target), request.tables)
    counts = tuple(
        Counts(table=t.target, source=rows, in_scope=rows, target=known.target_profile.rows(t.target))
        for t in mapping.copied
        for rows in [known.source_profile.rows(t.source)]
    )
    batches = tuple(plan_batches(count.table, count.in_scope) for count in counts)
    return make_plan(request, mapping, questions, known, Measured(order.phases, counts, batches, order.stuck))


FILL = Request(type=RequestType.FILL_MISSING)


def named(*tables: str) -> Request:
    return Request(type=RequestType.NAMED, tables=tables)


#: The specification's application, small: projects are there already, under ids of their own.
DISPATCH_OLD = database("""
dispatch_project: id int key, name text, slug text unique, created_on text(19)
dispatch_bracket: id int key, project_id int > dispatch_project, name text, type text, gl_account text?,
    is_active text(1), created_on text(19)
dispatch_case: id int key, title text, bracket_id int? > dispatch_bracket, opened int,
    related_cases text?, deleted_at moment?
dispatch_file: id int key, filename text, size int
dispatch_casefile: id int key, case_id int > dispatch_case, file_id int > dispatch_file,
    added_on text(19) | unique case_id file_id
tmp_import_2009: f1 text?, f2 text? | rowid
dispatch_open_cases: | view
django_session: session_key text(40) key | framework
""")
DISPATCH_NEW = database("""
projects: id uuid key, name text, slug text(60) unique,
    legacy_id int? unique, created_at moment, updated_at moment, metadata json
brackets: id uuid key, name text, type text, project_id uuid > projects, is_active bool,
    legacy_id int? unique, created_at moment, updated_at moment, metadata json
cases: id uuid key, title text, bracket_id uuid? > brackets, opened_at moment,
    legacy_id int? unique, created_at moment, updated_at moment, metadata json
files: id uuid key, filename text, size_bytes int,
    legacy_id int? unique, created_at moment, updated_at moment, metadata json
case_file_relationships: id uuid key, case_id uuid > cases, file_id uuid > files,
    legacy_id int? unique, created_at moment, updated_at moment, metadata json | unique case_id file_id
notifications: id uuid key, body text
""")
DISPATCH_MATCHES = matches("""
dispatch_project -> projects: id=id, name=name, slug=slug, created_on=created_at
dispatch_bracket -> brackets: id=id, project_id=project_id, name=name, type=type, is_active~is_active,
    created_on=created_at
dispatch_case -> cases: id=id, title=title, bracket_id=bracket_id, opened=opened_at
dispatch_file -> files: id=id, filename=filename, size~size_bytes
dispatch_casefile -> case_file_relationships: id=id, case_id=case_id, file_id=file_id
""")
DISPATCH_ROWS = {
    "dispatch_project": 24,
    "dispatch_bracket": 1_569,
    "dispatch_case": 6_200,
    "dispatch_file": 9_300,
    "dispatch_casefile": 15_420,
    "tmp_import_2009": 180,
}
ISO = column_profile(storage={"text": 9}, shapes={"9999-99-99 99:99:99": 9}, shortest=19, longest=19)
DISPATCH_COLUMNS = {
    "dispatch_bracket.created_on": ISO,
    "dispatch_project.created_on": ISO,
    "dispatch_casefile.added_on": ISO,
    "dispatch_bracket.is_active": column_profile(storage={"text": 9}, shapes={"A": 9}, distinct=2, longest=1),
    "dispatch_case.opened": column_profile(storage={"integer": 9}, lowest=1_337_000_000, highest=1_425_000_000),
    "dispatch_case.related_cases": column_profile(storage={"text": 9}, shapes={"9999,9999": 4, "": 5}),
}


def dispatch() -> Facts:
    """The specification's example 1: brackets, cases, files and their connections are empty."""
    there = profile({"projects": 24}, {"projects.legacy_id": column_profile(distinct=24)})
    return facts(DISPATCH_OLD, DISPATCH_NEW, DISPATCH_MATCHES, profile(DISPATCH_ROWS, DISPATCH_COLUMNS), there)

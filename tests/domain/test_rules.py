"""The rule behind each closed value, as a table."""

import pytest

from ferryman.agents.bookkeeping import Book, book_of, is_secret
from ferryman.agents.diagnosis import severity_of
from ferryman.agents.planning import strategy_of
from ferryman.agents.risk import AtStake, most_careful, risk_of, rollback_of
from ferryman.agents.schema_analysis import status_of
from ferryman.agents.stake import Stake
from ferryman.agents.table_type import Surroundings, complexity, first_type, table_type
from ferryman.domain.findings import Challenge, ChallengeKind, Complexity, TableFinding, TableStatus, TableType
from ferryman.domain.mapping import ColumnMapping, Conflict, TableMapping
from ferryman.domain.plan import Counts, MigrationStrategy, Phase, ProblemFound, RiskLevel, RollbackKind
from ferryman.domain.recovery import Severity
from ferryman.domain.schema import Column, Family
from ferryman.domain.stand_in import can_stand_in
from ferryman.domain.transforms import PythonFunction
from tests.catalogues import FILL, named, table

CATALOG, TRANSACTIONAL, JUNCTION = TableType.CATALOG, TableType.TRANSACTIONAL, TableType.JUNCTION


@pytest.mark.parametrize(
    ("target", "source", "status"),
    [
        (0, None, TableStatus.EMPTY),
        (0, 1_569, TableStatus.EMPTY),
        (0, 0, TableStatus.EMPTY),
        (1, 2, TableStatus.PARTIAL),
        (2, 2, TableStatus.POPULATED),
        (3, 2, TableStatus.POPULATED),
        (3, None, TableStatus.POPULATED),
    ],
)
def test_table_status(target: int, source: int | None, status: TableStatus) -> None:
    assert status_of(target, source) is status


LINK = "links: a_id int > a, b_id int > b"


@pytest.mark.parametrize(
    ("line", "rows", "children", "first", "kind"),
    [
        ("brackets: id int key, name text, p_id int > projects, created_at moment", 1_569, 1, CATALOG, CATALOG),
        ("genres: id int key, name text", 25, 1, CATALOG, CATALOG),
        ("genres: id int key, name text", 25, 0, CATALOG, TRANSACTIONAL),
        ("files: id int key, name text", 9_300, 1, TRANSACTIONAL, TRANSACTIONAL),
        ("zips: id int key, name text", 9_300, 100_000, TRANSACTIONAL, CATALOG),
        ("orders: id int key, name text, placed_at moment", 400, 1, TRANSACTIONAL, TRANSACTIONAL),
        ("products: id int key, name text, price money", 400, 1, TRANSACTIONAL, TRANSACTIONAL),
        ("people: id int key, name text, email text", 40, 1, TRANSACTIONAL, TRANSACTIONAL),
        (f"wide: id int key, {', '.join(f'{c} text' for c in 'abcdefgh')}", 40, 1, CATALOG, CATALOG),
        (f"wide: id int key, {', '.join(f'{c} text' for c in 'abcdefghi')}", 40, 1, TRANSACTIONAL, TRANSACTIONAL),
        ("cities: id int key, name text, x_id int > x, y_id int? > y", 40, 1, CATALOG, TRANSACTIONAL),
        ("parts: id int key, name text, part_id int? > parts", 40, 1, CATALOG, CATALOG),
        (f"{LINK}, id int key", 90_000, 0, TRANSACTIONAL, JUNCTION),
        (f"{LINK}, id int key, n int, m int, o int, p int", 90, 0, CATALOG, JUNCTION),
        (f"{LINK}, id int key, n int, m int, o int, p int, q int", 90, 0, CATALOG, TRANSACTIONAL),
        (f"{LINK}, id int key, n int, m int, o int, p int, q int | unique a_id b_id", 90, 0, CATALOG, JUNCTION),
        (f"{LINK}, id int key, body text", 90, 0, CATALOG, TRANSACTIONAL),
        (f"{LINK}, id int key, caption text(80)", 90, 0, CATALOG, JUNCTION),
        (f"{LINK}, id int key", 90, 1, CATALOG, TRANSACTIONAL),
        ("links: a_id int key > a, b_id int key > b, since date, till date", 90, 0, TRANSACTIONAL, JUNCTION),
        ("links: id int key, a_id int > a, b_id int? > b", 90, 0, CATALOG, TRANSACTIONAL),
        ("friends: one_id int key > a, other_id int key > a", 90, 0, CATALOG, JUNCTION),
        ("tree: id int key, one_id int > tree, other_id int > tree", 90, 0, CATALOG, TRANSACTIONAL),
    ],
)  # fmt: skip
def test_table_type(line: str, rows: int, children: int, first: TableType, kind: TableType) -> None:
    made = table(line)
    around = Surroundings(rows, made.foreign_keys, ["child"] if children else [], children)
    assert (first_type(made, around), table_type(made, around)[0]) == (first, kind)


@pytest.mark.parametrize(
    ("kind", "references", "challenge", "sure", "expected"),
    [
        (CATALOG, 1, None, True, Complexity.LOW),
        (CATALOG, 1, ChallengeKind.NO_COLUMN, True, Complexity.LOW),
        (CATALOG, 1, ChallengeKind.SOFT_DELETED, True, Complexity.LOW),
        (TRANSACTIONAL, 0, None, True, Complexity.LOW),
        (TRANSACTIONAL, 1, None, True, Complexity.MEDIUM),
        (CATALOG, 0, ChallengeKind.PACKED_IDS, True, Complexity.MEDIUM),
        (CATALOG, 0, ChallengeKind.MIXED_TYPES, True, Complexity.MEDIUM),
        (JUNCTION, 2, None, True, Complexity.HIGH),
        (CATALOG, 0, None, False, Complexity.HIGH),
        *(
            (CATALOG, 0, kind, True, Complexity.HIGH)
            for kind in (
                ChallengeKind.CYCLE,
                ChallengeKind.SELF_REFERENCE,
                ChallengeKind.COMPOSITE_KEY,
                ChallengeKind.NO_KEY,
                ChallengeKind.POLYMORPHIC,
                ChallengeKind.UNFILLED,
            )
        ),
    ],
)
def test_complexity(
    kind: TableType, references: int, challenge: ChallengeKind | None, sure: bool, expected: Complexity
) -> None:
    keys = table("x: id int key, a int? > a, b int? > b").foreign_keys[:references]
    challenges = (Challenge(kind=challenge, table="x"),) if challenge else ()
    assert complexity(kind, keys, challenges, sure=sure) is expected


@pytest.mark.parametrize(
    ("phases", "asked", "expected"),
    [
        (["c"], (), MigrationStrategy.CATALOG),
        (["c", "c2"], (), MigrationStrategy.CATALOG),
        (["t"], (), MigrationStrategy.ENTITY),
        (["c t"], (), MigrationStrategy.ENTITY),
        (["c", "t"], ("t",), MigrationStrategy.ORDERED),
        (["c", "j"], (), MigrationStrategy.ORDERED),
        (["c", "j"], ("j",), MigrationStrategy.JUNCTION),
        (["j"], ("j",), MigrationStrategy.JUNCTION),
        (["j", "t"], ("j",), MigrationStrategy.ORDERED),
    ],
)
def test_migration_strategy(phases: list[str], asked: tuple[str, ...], expected: MigrationStrategy) -> None:
    kinds = {"c": CATALOG, "c2": CATALOG, "t": TRANSACTIONAL, "j": JUNCTION}
    made = tuple(
        Phase(number=n, name="", tables=tuple(names.split()), rationale="") for n, names in enumerate(phases, 1)
    )
    assert strategy_of(named(*asked) if asked else FILL, made, kinds) is expected


def counts(target: int = 0, in_scope: int = 10) -> Counts:
    return Counts(table="t", source=in_scope, in_scope=in_scope, target=target)


def finding(kind: TableType = CATALOG, *challenges: ChallengeKind) -> TableFinding:
    return TableFinding(
        target_table="t",
        source_table="s",
        status=TableStatus.EMPTY,
        record_count=10,
        target_count=0,
        first_type=kind,
        table_type=kind,
        parents=("a", "b"),
        challenges=tuple(Challenge(kind=challenge, table="t") for challenge in challenges),
    )


PLAIN = TableMapping(source="s", target="t", key=("id",))
OWN_CODE = PLAIN.but(columns=(ColumnMapping(target="x", source=("x",), steps=(PythonFunction(function="m:f"),)),))
WOULD_FAIL = ProblemFound(id="p", table="t", columns=("x",), problem="too_long", rows=3, text="three are too long")


@pytest.mark.parametrize(
    ("stake", "level"),
    [
        (AtStake(PLAIN, counts(), finding()), RiskLevel.LOW),
        (AtStake(PLAIN, counts()), RiskLevel.LOW),
        (AtStake(PLAIN, counts(), finding(JUNCTION)), RiskLevel.MEDIUM),
        (AtStake(PLAIN, counts(), finding(CATALOG, ChallengeKind.SELF_REFERENCE)), RiskLevel.MEDIUM),
        (AtStake(PLAIN, counts(), finding(CATALOG, ChallengeKind.CYCLE)), RiskLevel.MEDIUM),
        (AtStake(PLAIN, counts(), finding(CATALOG, ChallengeKind.TRIGGER)), RiskLevel.MEDIUM),
        (AtStake(PLAIN, counts(target=1)), RiskLevel.MEDIUM),
        (AtStake(PLAIN, counts(in_scope=1_000_001)), RiskLevel.MEDIUM),
        (AtStake(OWN_CODE, counts()), RiskLevel.MEDIUM),
        (AtStake(PLAIN, counts(), problems=(WOULD_FAIL.but(decided="skip_orphaned_records"),)), RiskLevel.MEDIUM),
        (AtStake(PLAIN, counts(), problems=(WOULD_FAIL,)), RiskLevel.HIGH),
        (AtStake(PLAIN.but(conflict=Conflict.REPLACE), counts(target=1)), RiskLevel.HIGH),
        (AtStake(PLAIN.but(conflict=Conflict.REPLACE), counts()), RiskLevel.LOW),
    ],
)
def test_risk_level(stake: AtStake, level: RiskLevel) -> None:
    risk = risk_of(stake)
    assert risk.level is level
    assert risk.reasons


@pytest.mark.parametrize(
    ("target", "conflict", "kind"),
    [
        (0, Conflict.STOP, RollbackKind.TRUNCATE),
        (0, Conflict.REPLACE, RollbackKind.TRUNCATE),
        (5, Conflict.STOP, RollbackKind.DELETE_CREATED),
        (5, Conflict.KEEP, RollbackKind.DELETE_CREATED),
        (5, Conflict.MERGE, RollbackKind.RESTORE_UPDATED),
        (5, Conflict.REPLACE, RollbackKind.RESTORE_UPDATED),
    ],
)
def test_rollback_kind(target: int, conflict: Conflict, kind: RollbackKind) -> None:
    assert rollback_of(PLAIN.but(conflict=conflict), counts(target)) is kind


def test_a_plan_s_rollback_is_the_most_careful_of_its_tables() -> None:
    assert most_careful([RollbackKind.TRUNCATE, RollbackKind.DELETE_CREATED]) is RollbackKind.DELETE_CREATED
    assert most_careful([]) is RollbackKind.TRUNCATE


@pytest.mark.parametrize(
    ("rows", "stake", "severity"),
    [
        (23, Stake(rows=15_420), Severity.LOW),
        (155, Stake(rows=15_420), Severity.MEDIUM),
        (23, Stake(rows=15_420, dependants=("notes",)), Severity.MEDIUM),
        (1_543, Stake(rows=15_420), Severity.HIGH),
        (1, Stake(rows=15_420, overwritten=True), Severity.HIGH),
        (0, Stake(), Severity.LOW),
    ],
)
def test_severity(rows: int, stake: Stake, severity: Severity) -> None:
    assert severity_of(rows, stake) is severity


@pytest.mark.parametrize(
    ("line", "possible"),
    [
        ("cases: id uuid key, title text, opened_at moment, metadata json", True),
        ("cases: id uuid key, no text unique", False),
        ("cases: id uuid key, no text? unique", True),
        ("cases: id uuid key, project_id uuid > projects", False),
        ("cases: id uuid key, project_id uuid? > projects", True),
        ("cases: id uuid key, status text | check status IN ('open')", False),
        ("cases: id uuid key, photo blob", False),
    ],
)
def test_a_placeholder_can_be_made(line: str, possible: bool) -> None:
    assert can_stand_in(table(line)) is possible


@pytest.mark.parametrize(
    ("name", "family", "book"),
    [
        ("created_at", Family.TIMESTAMP, Book.CREATED),
        ("created", Family.TIMESTAMP, Book.CREATED),
        ("date_created", Family.TEXT, Book.CREATED),
        ("created_on", Family.TEXT, Book.CREATED),
        ("added_on", Family.TEXT, Book.CREATED),
        ("CreatedDate", Family.TIMESTAMP, Book.CREATED),
        ("creation_time", Family.INTEGER, Book.CREATED),
        ("order_created", Family.TIMESTAMP, Book.CREATED),
        ("InvoiceDate", Family.TIMESTAMP, None),
        ("uploaded_on", Family.TEXT, None),
        ("created_by", Family.INTEGER, None),
        ("is_created", Family.BOOLEAN, None),
        ("date", Family.DATE, None),
        ("updated_at", Family.TIMESTAMP, Book.UPDATED),
        ("modified_on", Family.TEXT, Book.UPDATED),
        ("last_update", Family.TIMESTAMP, Book.UPDATED),
        ("LastModified", Family.TIMESTAMP, Book.UPDATED),
        ("last_login", Family.TIMESTAMP, None),
        ("updated_by", Family.TEXT, None),
        ("deleted_at", Family.TIMESTAMP, Book.DELETED),
        ("is_deleted", Family.BOOLEAN, Book.DELETED),
        ("legacy_id", Family.INTEGER, Book.LEGACY_ID),
        ("old_order_id", Family.INTEGER, Book.LEGACY_ID),
        ("old_price", Family.DECIMAL, None),
        ("metadata", Family.JSON, Book.METADATA),
        ("extra", Family.TEXT, Book.METADATA),
        ("metadata", Family.INTEGER, None),
    ],
)
def test_bookkeeping_columns(name: str, family: Family, book: Book | None) -> None:
    assert book_of(Column(name=name, native="", family=family), "orders") is book


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("password", True),
        ("user_pwd", True),
        ("reset_token", True),
        ("api_key", True),
        ("key", False),
        ("passport", False),
    ],
)
def test_secrets_are_told_by_their_names(name: str, secret: bool) -> None:
    assert is_secret(name) is secret

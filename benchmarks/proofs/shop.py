"""What is moved in the proofs, and what must have arrived: computed from the row's number, never asked of Ferryman.

Customers and purchases get derived ids, so that a batch is one range in the ledger. Remarks get ids of the target's,
so that each row has an entry of its own, and they reply to each other, so that a second pass fills references.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, zip_longest
from pathlib import Path

from sqlalchemy import (
    CHAR,
    Column,
    Connection,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    inspect,
    select,
    text,
)

from benchmarks.proofs.engines import Engine, connected, fill_in_any_order
from ferryman.domain import plan_file
from ferryman.domain.coordination import Request, RequestType
from ferryman.domain.findings import TableType
from ferryman.domain.mapping import (
    ColumnMapping,
    Derived,
    Generated,
    Mapping,
    Policy,
    Problem,
    Strategy,
    TableMapping,
    namespace_of,
)
from ferryman.domain.plan import BatchPlan, Estimate, MigrationStrategy, Phase, Plan, Step
from ferryman.domain.transforms import ForeignKeyTo, NewId, PreserveLegacyId, Rename, Transform
from ferryman.domain.validation import CheckKind

_AT_ONCE = 20_000
_LOST = 20  #: of so many customers one may be gone for a while
_PARTS = {"purchases": 10, "customers": 2, "remarks": 1}  #: of 13 rows
TABLES = ("customers", "purchases", "remarks")
THEIRS = "theirs"  #: how every value of a row begins that is not ours

OLD, NEW = MetaData(), MetaData()
_customer = Table("customer", OLD, Column("id", Integer, primary_key=True), Column("name", String(40)))
_purchase = Table(
    "purchase",
    OLD,
    Column("id", Integer, primary_key=True),
    Column("customer_id", ForeignKey("customer.id")),
    Column("number", String(20)),
    Column("cents", Integer),
    Column("note", Text),
)
_remark = Table(
    "remark",
    OLD,
    Column("id", Integer, primary_key=True),
    Column("purchase_id", ForeignKey("purchase.id")),
    Column("reply_to", ForeignKey("remark.id")),
    Column("body", Text),
)
_customers = Table(
    "customers",
    NEW,
    Column("id", CHAR(36), primary_key=True),
    Column("name", String(40)),
    Column("legacy_id", Integer),
)
_purchases = Table(
    "purchases",
    NEW,
    Column("id", CHAR(36), primary_key=True),
    Column("customer_id", ForeignKey("customers.id"), index=True),
    Column("number", String(20)),
    Column("cents", Integer),
    Column("note", Text),
    Column("legacy_id", Integer),
)
_remarks = Table(
    "remarks",
    NEW,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("purchase_id", ForeignKey("purchases.id")),
    Column("reply_to", ForeignKey("remarks.id")),
    Column("body", Text),
    Column("legacy_id", Integer),
    sqlite_autoincrement=True,
)
_visits = Table(
    "visits",
    NEW,
    Column("id", Integer, primary_key=True),
    Column("customer_id", ForeignKey("customers.id")),
    Column("place", String(40)),
)
_MARKED = (_visits.c.place, _remarks.c.body, _purchases.c.number, _customers.c.name)  #: children first


@dataclass(frozen=True)
class Size:
    """How many rows of each table there are, in about `rows` of all."""

    rows: int

    def of(self, table: str) -> int:
        return max(1, self.rows * _PARTS[table] // sum(_PARTS.values()))

    @property
    def total(self) -> int:
        return sum(self.of(table) for table in TABLES)


def _customer_row(i: int, size: Size) -> tuple[object, ...]:
    return i, f"Customer {i}"


def _purchase_row(i: int, size: Size) -> tuple[object, ...]:
    note = None if i % 5 == 0 else f"{i:x} " * (i % 17)
    return i, 1 + i * 7919 % size.of("customers"), f"PO-{i * 3:09d}", i * 37 % 1_000_003, note


def _remark_row(i: int, size: Size) -> tuple[object, ...]:
    reply_to = 1 + i * 31 % size.of("remarks") if i % 3 else None
    return i, 1 + i * 17 % size.of("purchases"), reply_to, f"It is said that {i} is a number."


_ROWS = {"customers": _customer_row, "purchases": _purchase_row, "remarks": _remark_row}
_OLD = {"customers": _customer, "purchases": _purchase, "remarks": _remark}

#: What arrived, in the form of the old rows: a new id is followed back to the legacy id that it stands for.
_ARRIVED = {
    "customers": "SELECT legacy_id, name FROM customers WHERE legacy_id IS NOT NULL ORDER BY 1",
    "purchases": "SELECT p.legacy_id, c.legacy_id, p.number, p.cents, p.note FROM purchases p"
    " LEFT JOIN customers c ON c.id = p.customer_id WHERE p.legacy_id IS NOT NULL ORDER BY 1",
    "remarks": "SELECT r.legacy_id, p.legacy_id, t.legacy_id, r.body FROM remarks r"
    " LEFT JOIN purchases p ON p.id = r.purchase_id LEFT JOIN remarks t ON t.id = r.reply_to"
    " WHERE r.legacy_id IS NOT NULL ORDER BY 1",
}


def expected(table: str, size: Size) -> Iterator[tuple[object, ...]]:
    """The old rows behind a new table, in order."""
    return (_ROWS[table](i, size) for i in range(1, size.of(table) + 1))


def build_old(engine: Engine, folder: Path, size: Size) -> str:
    """The old database, full; its URL."""
    url = engine.database(folder, "old")
    with connected(url) as connection:
        OLD.create_all(connection)
        fill_in_any_order(connection)
        for table, old in _OLD.items():
            names, rows = [column.name for column in old.columns], expected(table, size)
            while chunk := [dict(zip(names, row, strict=True)) for row in islice(rows, _AT_ONCE)]:
                connection.execute(insert(old), chunk)
    return url


def lose(connection: Connection) -> None:
    """Take some customers out of the old database; what refers to them stays."""
    fill_in_any_order(connection)
    connection.execute(delete(_customer).where(_customer.c.id % _LOST == 1))


def find_again(connection: Connection, size: Size) -> None:
    """Put them back."""
    names = [column.name for column in _customer.columns]
    rows = (dict(zip(names, row, strict=True)) for row in expected("customers", size))
    connection.execute(insert(_customer), [row for row in rows if row["id"] % _LOST == 1])  # type: ignore[operator]


def build_new(engine: Engine, folder: Path, name: str = "new") -> str:
    """A new database with tables and a few rows of others in each; its URL."""
    url = engine.database(folder, name)
    with connected(url) as connection:
        NEW.create_all(connection)
        add_canaries(connection, "before")
    return url


def add_canaries(connection: Connection, word: str) -> None:
    """Rows of others, one in each table, that hang on each other and not on ours."""
    mark = f"{THEIRS}-{word}"
    connection.execute(insert(_customers).values(id=mark, name=mark))
    connection.execute(insert(_purchases).values(id=mark, customer_id=mark, number=mark, cents=1))
    connection.execute(insert(_remarks).values(purchase_id=mark, body=mark))
    connection.execute(insert(_visits).values(customer_id=mark, place=mark))


def canaries(connection: Connection, word: str) -> int:
    """How many of the rows of `add_canaries` are there: 4, where none was touched."""
    counted = (select(func.count()).where(column == f"{THEIRS}-{word}") for column in _MARKED)
    return sum(int(connection.execute(one).scalar_one()) for one in counted)


def take_canaries(connection: Connection, word: str) -> int:
    """Take them out again; gives how many there were."""
    mark = f"{THEIRS}-{word}"
    return sum(connection.execute(delete(column.table).where(column == mark)).rowcount for column in _MARKED)


def hang(connection: Connection) -> int:
    """Let a row of others hang on a row of ours; gives how many were made: none while there is no such row."""
    ours = select(_customers.c.id).where(_customers.c.legacy_id.is_not(None)).limit(1)
    one = connection.execute(ours).scalar()
    if one is None:
        return 0
    connection.execute(insert(_visits).values(customer_id=one, place=f"{THEIRS}-hanging"))
    return 1


def unhang(connection: Connection) -> None:
    """Take that row away again."""
    connection.execute(_visits.delete().where(_visits.c.place == f"{THEIRS}-hanging"))


def hashes(connection: Connection) -> dict[str, str]:
    """A hash of every row of every table but the ledger's, whatever their order."""
    found = {}
    for name in inspect(connection).get_table_names():
        if not name.startswith("ferryman_"):
            rows = connection.execute(text(f"SELECT * FROM {name}"))
            found[name] = hashlib.sha256("".join(sorted(repr(tuple(row)) for row in rows)).encode()).hexdigest()
    return found


def made(connection: Connection, table: str) -> int:
    """Rows in a new table that came from the old one."""
    new = NEW.tables[table]
    counted = select(func.count()).select_from(new).where(new.c.legacy_id.is_not(None))
    return int(connection.execute(counted).scalar_one())


@dataclass(frozen=True)
class Arrived:
    """What is there of what must be."""

    rows: int = 0
    lost: int = 0
    doubled: int = 0
    different: int = 0
    digest: str = ""  #: equal on both sides when all is there as it should be

    @property
    def whole(self) -> bool:
        return not (self.lost or self.doubled or self.different)


def arrived(connection: Connection, size: Size) -> Arrived:
    """Compare every value of every row with what its number says."""
    lost = doubled = different = rows = 0
    digest = hashlib.sha256()
    for table in TABLES:
        there = [tuple(row) for row in connection.execute(text(_ARRIVED[table]))]
        ids = {row[0] for row in there}
        rows += len(there)
        doubled += len(there) - len(ids)
        lost += sum(i not in ids for i in range(1, size.of(table) + 1))
        if len(there) == len(ids):
            pairs = zip_longest(there, expected(table, size))
            different += sum(one is not None and two is not None and one != two for one, two in pairs)
        digest.update("".join(map(repr, there)).encode())
    return Arrived(rows, lost, doubled, different, digest.hexdigest())


# The plan


def _column(target: str, source: str, *steps: Transform) -> ColumnMapping:
    return ColumnMapping(target=target, source=(source,), steps=steps or (Rename(),))


def plan(size: Size, batch: int) -> Plan:
    """The plan for the three tables, in batches of `batch` rows."""
    customers = TableMapping(
        source="customer",
        target="customers",
        key=("id",),
        identity=Derived(),
        columns=(_column("id", "id", NewId()), _column("name", "name"), _column("legacy_id", "id", PreserveLegacyId())),
    )
    purchases = TableMapping(
        source="purchase",
        target="purchases",
        key=("id",),
        identity=Derived(),
        columns=(
            _column("id", "id", NewId()),
            _column("customer_id", "customer_id", ForeignKeyTo(parent="customers")),
            *(_column(name, name) for name in ("number", "cents", "note")),
            _column("legacy_id", "id", PreserveLegacyId()),
        ),
    )
    remarks = TableMapping(
        source="remark",
        target="remarks",
        key=("id",),
        identity=Generated(),
        columns=(
            _column("id", "id", NewId()),
            _column("purchase_id", "purchase_id", ForeignKeyTo(parent="purchases")),
            _column("reply_to", "reply_to", ForeignKeyTo(parent="remarks")),
            _column("body", "body"),
            _column("legacy_id", "id", PreserveLegacyId()),
        ),
    )
    tables = (customers, purchases, remarks)
    return Plan(
        request=Request(type=RequestType.COMPLETE),
        strategy=MigrationStrategy.ORDERED,
        mapping=Mapping(namespace=namespace_of("proofs"), tables=tables),
        phases=tuple(_phase(number, table) for number, table in enumerate(tables, 1)),
        batches=tuple(_batches(table.target, size, batch) for table in tables),
        validation=tuple(CheckKind),
    )


def _phase(number: int, table: TableMapping) -> Phase:
    step = Step(source=table.source, target=table.target, table_type=TableType.TRANSACTIONAL)
    return Phase(
        number=number,
        name=table.target,
        tables=(table.target,),
        rationale="in order",
        prerequisites=TABLES[number - 2 : number - 1],
        depends_on=tuple(range(1, number)),
        steps=(step,),
        second_pass=("remarks.reply_to",) if table.target == "remarks" else (),
    )


def _batches(table: str, size: Size, batch: int) -> BatchPlan:
    rows = size.of(table)
    return BatchPlan(
        table=table, rows=rows, size=batch, batches=-(-rows // batch), reason="", estimate=Estimate(low=0, high=0)
    )


def setting_aside(usual: Plan) -> Plan:
    """The same plan, where rows whose parents are not there are set aside."""
    aside = Policy(problem=Problem.MISSING_PARENT, columns=(), strategy=Strategy.QUARANTINE)
    tables = tuple(table.but(policies=(aside,)) for table in usual.mapping.tables)
    return usual.but(mapping=usual.mapping.but(tables=tables))


def write_plan(folder: Path, size: Size, batch: int, *, lost: bool = False) -> Path:
    """The plan as a file, as an engineer would hand it over; `lost`: for when customers are gone."""
    path, usual = folder / "plan.yaml", plan(size, batch)
    path.write_text(plan_file.dump(setting_aside(usual) if lost else usual), encoding="utf-8")
    return path

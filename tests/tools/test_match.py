"""The matcher finds what a person would find, and is sure only where a person would be."""

import os
import random
import re
import sqlite3
from pathlib import Path

import pytest

from ferryman.domain.findings import Matches
from ferryman.domain.profile import ColumnProfile, Profile, TableProfile
from ferryman.domain.schema import Column, Database, Family, ForeignKey, Table, TableKind
from ferryman.tools.discover.decide import decide
from ferryman.tools.discover.match import match
from ferryman.tools.discover.matches_json import matches_json
from ferryman.tools.discover.references import References

SHARED = Path(os.environ.get("FERRYMAN_SHARED") or Path(__file__).resolve().parents[3] / "shared")
FAMILIES = {
    "int": Family.INTEGER,
    "text": Family.TEXT,
    "varchar": Family.TEXT,
    "nvarchar": Family.TEXT,
    "char": Family.TEXT,
    "date": Family.DATE,
    "datetime": Family.TIMESTAMP,
    "timestamp": Family.TIMESTAMP,
    "bool": Family.BOOLEAN,
    "numeric": Family.DECIMAL,
    "json": Family.JSON,
    "uuid": Family.UUID,
    "integer": Family.INTEGER,
    "bigint": Family.INTEGER,
}


def column(name: str, kind: str) -> Column:
    sizes = [int(size) for size in re.findall(r"\d+", kind)]
    family = FAMILIES[re.match(r"\w+", kind).group().lower()]  # type: ignore[union-attr]
    return Column(name=name, native=kind, family=family, length=sizes[0] if sizes and family is Family.TEXT else None)


def table(name: str, columns: str, key: str = "", **references: str) -> Table:
    """A table from "id int, name text"; references as column=parent."""
    parsed = tuple(column(*part.strip().rsplit(" ", 1)) for part in columns.split(","))
    keys = tuple(ForeignKey(columns=(c,), parent=p, parent_columns=("id",)) for c, p in references.items())
    return Table(name=name, columns=parsed, primary_key=(key,) if key else (), foreign_keys=keys)


def database(*tables: Table) -> Database:
    return Database(dialect="sqlite", tables=tables)


def first(matches: Matches, source: str) -> str | None:
    return next((m.target for m in matches.tables if m.source == source), None)


def decided(source: Database, target: Database) -> dict[str, str]:
    """source.column -> target.column of what the matcher would map by itself; the key's home is left out."""
    chosen = decide(match(source, target), source, target)
    found = [(p, m) for p in chosen.columns for m in p.columns if m.target != "legacy_id"]
    return {f"{p.source}.{m.source}": f"{p.target}.{m.target}" for p, m in found}


LEGACY = database(
    table(
        "shop_cust",
        "cust_id int, fname varchar(40), lname varchar(40), dob date, tel varchar(20), zip varchar(9)",
        "cust_id",
    ),
    table(
        "shop_ord",
        "ord_id int, cust_id int, ord_dt datetime, tot_amt numeric(10), stat int",
        "ord_id",
        cust_id="shop_cust",
    ),
    table(
        "shop_orditem",
        "item_id int, ord_id int, prod_id int, qty int, price numeric(10)",
        "item_id",
        ord_id="shop_ord",
        prod_id="shop_prod",
    ),
    table("shop_prod", "prod_id int, prod_name varchar(80), descr text, active int", "prod_id"),
    table("shop_tag", "tag_id int, label varchar(30)", "tag_id"),
    table("shop_prodtag", "prod_id int, tag_id int", prod_id="shop_prod", tag_id="shop_tag"),
)
BOOKS = ", legacy_id int, created_at timestamp, updated_at timestamp, metadata json"
NEW = database(
    table(
        "customers",
        "id uuid, first_name varchar(50), surname varchar(50), birth_date date, phone varchar(30), "
        "postal_code varchar(12)" + BOOKS,
        "id",
    ),
    table(
        "orders",
        "id uuid, customer_id uuid, placed_at timestamp, total_amount numeric(12), status varchar(20)" + BOOKS,
        "id",
        customer_id="customers",
    ),
    table(
        "order_items",
        "id uuid, order_id uuid, product_id uuid, quantity int, unit_price numeric(12)" + BOOKS,
        "id",
        order_id="orders",
        product_id="products",
    ),
    table("products", "id uuid, name varchar(100), description text, is_active bool" + BOOKS, "id"),
    table("tags", "id uuid, name varchar(40)" + BOOKS, "id"),
    table("product_tags", "product_id uuid, tag_id uuid, created_at timestamp", product_id="products", tag_id="tags"),
)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("shop_cust", "customers"),
        ("shop_ord", "orders"),
        ("shop_orditem", "order_items"),
        ("shop_prod", "products"),
        ("shop_tag", "tags"),
        ("shop_prodtag", "product_tags"),
    ],
)
def test_tables_are_found_behind_prefix_plural_and_abbreviation(source: str, target: str) -> None:
    assert first(match(LEGACY, NEW), source) == target


def test_a_word_that_says_only_that_it_is_a_table_hides_no_table_and_no_reference() -> None:
    old = database(
        table("desk_agent_table", "id int, username varchar(40)", "id"),
        table("desk_call_table", "id int, agent_id int, reporter_id int, source_call_id int, target_call_id int", "id"),
        table("desk_note_table", "id int, call_id int", "id"),
    )
    new = database(
        table("agents", "id int, username varchar(40)", "id"),
        table("calls", "id int, author_id int, agent_id int, call_from_id int, call_to_id int", "id"),
        table("notes", "id int, call_id int", "id"),
    )
    found = match(old, new)
    assert {source: first(found, source) for source in ("desk_agent_table", "desk_call_table", "desk_note_table")} == {
        "desk_agent_table": "agents",
        "desk_call_table": "calls",
        "desk_note_table": "notes",
    }
    ranked = sorted(found.by_pair["desk_call_table", "calls"].columns, key=lambda m: m.score)
    columns = {m.source: m.target for m in ranked}
    assert columns["reporter_id"] == "author_id"
    assert (columns["source_call_id"], columns["target_call_id"]) == ("call_from_id", "call_to_id")
    agent = References(old).candidates(old.table("desk_call_table"), old.table("desk_call_table").column("agent_id"))
    assert [(parent.name, key) for parent, key in agent] == [("desk_agent_table", "id")]


def test_columns_are_found_behind_abbreviations_and_synonyms() -> None:
    expected = {
        "shop_cust.cust_id": "customers.id",
        "shop_cust.fname": "customers.first_name",
        "shop_cust.lname": "customers.surname",
        "shop_cust.dob": "customers.birth_date",
        "shop_cust.tel": "customers.phone",
        "shop_cust.zip": "customers.postal_code",
        "shop_ord.cust_id": "orders.customer_id",
        "shop_ord.ord_dt": "orders.placed_at",
        "shop_ord.stat": "orders.status",
        "shop_ord.tot_amt": "orders.total_amount",
        "shop_orditem.qty": "order_items.quantity",
        "shop_orditem.price": "order_items.unit_price",
        "shop_orditem.ord_id": "order_items.order_id",
        "shop_prod.prod_name": "products.name",
        "shop_prod.descr": "products.description",
        "shop_prod.active": "products.is_active",
        "shop_tag.label": "tags.name",
        "shop_prodtag.prod_id": "product_tags.product_id",
    }
    found = decided(LEGACY, NEW)
    assert {name: found.get(name) for name in expected} == expected


def test_the_evidence_names_the_prefix_in_plain_english() -> None:
    source = database(*(table(f"dispatch_{n}", "id int, name text") for n in ("bracket", "case", "project")))
    target = database(*(table(n, "id int, name text") for n in ("brackets", "cases", "projects")))
    found = next(m for m in match(source, target).tables if (m.source, m.target) == ("dispatch_bracket", "brackets"))
    texts = [e.text for e in found.evidence]
    assert "dispatch_bracket is brackets without the prefix dispatch_" in texts


def test_references_to_matching_parents_match_whatever_they_are_called() -> None:
    source = database(
        table("staff", "id int, name text", "id"),
        table("job", "id int, title text, handled int, checked int", "id", handled="staff", checked="site"),
        table("site", "id int, city text", "id"),
    )
    target = database(
        table("employees", "id int, name text", "id"),
        table("tasks", "id int, title text, a_ref int, b_ref int", "id", a_ref="places", b_ref="employees"),
        table("places", "id int, town text", "id"),
    )
    found = decided(source, target)
    assert (found["job.handled"], found["job.checked"]) == ("tasks.b_ref", "tasks.a_ref")
    pair = match(source, target).by_pair["job", "tasks"]
    texts = [e.text for m in pair.columns if (m.source, m.target) == ("handled", "b_ref") for e in m.evidence]
    assert "one refers to staff, the other to employees" in texts


def test_junction_tables_match_by_their_parents() -> None:
    source = database(
        table("actor", "id int, name text", "id"),
        table("film", "id int, title text", "id"),
        table("x1", "a int, f int", a="actor", f="film"),
        table("x2", "f int, g int", f="film", g="genre"),
        table("genre", "id int, name text", "id"),
    )
    target = database(
        table("actors", "id int, name text", "id"),
        table("films", "id int, title text", "id"),
        table("castings", "actor_id int, film_id int", actor_id="actors", film_id="films"),
        table("labels", "film_id int, genre_id int", film_id="films", genre_id="genres"),
        table("genres", "id int, name text", "id"),
    )
    matches = match(source, target)
    assert (first(matches, "x1"), first(matches, "x2")) == ("castings", "labels")


def test_a_legacy_key_has_two_homes_the_key_and_the_column_made_for_it() -> None:
    chosen = decide(match(LEGACY, NEW), LEGACY, NEW).by_pair["shop_cust", "customers"]
    assert {m.target for m in chosen.columns if m.source == "cust_id"} == {"id", "legacy_id"}


@pytest.mark.parametrize("home", ["legacy_id", "old_id", "external_id", "import_id"])
def test_only_a_key_goes_to_the_home_of_legacy_keys(home: str) -> None:
    source = database(table("items", "item_no int, amount int, note text", "item_no"))
    target = database(table("items", f"id uuid, {home} int, remark text", "id"))
    chosen = decide(match(source, target), source, target).by_pair["items", "items"]
    assert [m.source for m in chosen.columns if m.target == home] == ["item_no"]


def test_bookkeeping_columns_attract_nothing_that_is_not_bookkeeping() -> None:
    source = database(table("Person", "PersonId int, Name text, LastVisit datetime, Shoe json, Fax text", "PersonId"))
    target = database(table("people", "id uuid, name text" + BOOKS, "id"))
    chosen = decide(match(source, target), source, target).by_pair["Person", "people"]
    assert {m.target for m in chosen.columns} == {"id", "name", "legacy_id"}


def test_bookkeeping_of_the_old_application_goes_to_that_of_the_new() -> None:
    source = database(table("page", "id int, title text, date_added datetime, last_modified datetime", "id"))
    target = database(table("pages", "id uuid, title text" + BOOKS, "id"))
    found = decided(source, target)
    assert (found["page.date_added"], found["page.last_modified"]) == ("pages.created_at", "pages.updated_at")


def test_databases_with_nothing_in_common_have_nothing_decided() -> None:
    source = database(table("volcano", "lava int, crater text"), table("glacier", "ice numeric(4), moraine text"))
    target = database(table("sonnet", "verse json, rhyme bool"), table("chess_opening", "gambit date, defence bool"))
    chosen = decide(match(source, target), source, target)
    assert (chosen.tables, chosen.columns) == ((), ())


def test_an_empty_database_matches_nothing() -> None:
    assert match(database(), NEW) == Matches() == match(LEGACY, database())


def test_two_equal_candidates_are_never_sure() -> None:
    source = database(table("note", "id int, body text", "id"))
    target = database(table("notes", "id int, body text", "id"), table("Notes", "id int, body text", "id"))
    assert not any(m.sure for m in match(source, target).tables)


def test_nothing_wrong_is_sure_in_a_shop() -> None:
    right = {
        ("shop_cust", "customers"),
        ("shop_ord", "orders"),
        ("shop_orditem", "order_items"),
        ("shop_prod", "products"),
        ("shop_tag", "tags"),
        ("shop_prodtag", "product_tags"),
    }
    sure = {(m.source, m.target) for m in match(LEGACY, NEW).tables if m.sure}
    assert sure and sure <= right


def test_a_column_that_bears_its_tables_name_is_the_name() -> None:
    source = database(table("tag", "tag_id int, tag text", "tag_id"))
    target = database(table("labels", "id uuid, name text", "id"))
    assert decided(source, target)["tag.tag"] == "labels.name"


@pytest.mark.parametrize("name", ["cust_id", "id_cust", "CustNo", "cust"])
def test_references_are_read_off_names_where_none_is_declared(name: str) -> None:
    source = database(table("cust", "id int, nm text"), table("bill", f"id int, {name} int, amt numeric(9)"))
    target = database(
        table("clients", "id int, name text", "id"),
        table("invoices", "id int, payer int, total numeric(9)", "id", payer="clients"),
    )
    assert decided(source, target)[f"bill.{name}"] == "invoices.payer"


def test_a_role_of_a_person_refers_to_the_users() -> None:
    source = database(table("users", "id int, login text"), table("topic", "id int, poster_id int, title text"))
    target = database(
        table("members", "id int, username text", "id"),
        table("threads", "id int, starter int, subject text", "id", starter="members"),
    )
    assert decided(source, target)["topic.poster_id"] == "threads.starter"


def test_a_target_column_with_a_perfect_partner_does_not_draw_others() -> None:
    source = database(table("bill", "id int, tax_amount numeric(9), hidden_tax_amount numeric(9)", "id"))
    target = database(table("bill", "id int, tax_amount numeric(9), compensating_tax_amount numeric(9)", "id"))
    ranked = [m for m in match(source, target).by_pair["bill", "bill"].columns if m.source == "hidden_tax_amount"]
    assert ranked[0].target == "compensating_tax_amount"


def test_the_order_of_tables_changes_nothing() -> None:
    expected = match(LEGACY, NEW)
    for seed in range(3):
        ours, theirs = list(LEGACY.tables), list(NEW.tables)
        random.Random(seed).shuffle(ours)
        random.Random(seed + 9).shuffle(theirs)
        assert match(database(*ours), database(*theirs)) == expected


def test_hostile_names_are_only_names() -> None:
    names = [
        '"',
        "; DROP TABLE x;--",
        "select",
        " ",
        "名前",
        "\x1f",
        "a" * 300,
        "%s{}\\",
        "\N{ZERO WIDTH SPACE}",
        "1",
        "__",
    ]
    tables = [Table(name=n, columns=tuple(column(c, "text") for c in names)) for n in names]
    matches = match(database(*tables), database(*tables))
    assert all(first(matches, n) == n for n in names)


def test_views_and_tables_without_columns_are_left_out() -> None:
    view = table("customer_view", "id int, name text").model_copy(update={"kind": TableKind.VIEW})
    bare = Table(name="customers", columns=())
    assert match(database(view, bare), NEW) == Matches()


def test_tables_of_a_framework_are_ranked_but_not_decided() -> None:
    sessions = table("sessions", "id text, payload text").model_copy(update={"kind": TableKind.FRAMEWORK})
    matches = match(database(sessions), database(sessions))
    assert first(matches, "sessions") == "sessions"
    assert decide(matches, database(sessions), database(sessions)).tables == ()


def test_profiles_tell_apart_what_names_do_not() -> None:
    source = database(table("reading", "id int, a text, b text", "id"))
    target = database(table("readings", "id int, first_col text, other_col text", "id"))

    def profile(name: str, **shapes: str) -> Profile:
        columns = tuple(ColumnProfile(name=n, distinct=9, shapes={s: 9}, longest=len(s)) for n, s in shapes.items())
        return Profile(tables=(TableProfile(table=name, rows=9, columns=columns),))

    ours = profile("reading", a="AA-999", b="999.99.9.9")
    theirs = profile("readings", first_col="999.99.9.9", other_col="AA-999")
    pair = match(source, target, ours, theirs).by_pair["reading", "readings"]
    scores = {(m.source, m.target): m.score for m in pair.columns}
    assert scores["a", "other_col"] > scores.get(("a", "first_col"), 0)
    assert scores["b", "first_col"] > scores.get(("b", "other_col"), 0)


def test_json_ranks_over_all_tables_best_first() -> None:
    matches = match(LEGACY, NEW)
    said = matches_json(matches, decide(matches, LEGACY, NEW))
    assert said["tables"]["shop_cust"][0][0] == "customers"
    ranked = said["columns"]["shop_cust.fname"]
    assert ranked[0][0] == "customers.first_name" and len(ranked) <= 10
    assert [score for _, score in ranked] == sorted((score for _, score in ranked), reverse=True)
    assert ["shop_cust.fname", "customers.first_name"] in said["decided"]
    assert all(pair in said["decided"] for pair in said["sure"])


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
RENAMED = {
    "Track.Name": "title",
    "Track.Milliseconds": "duration_ms",
    "Track.Bytes": "size_bytes",
    "Track.MediaTypeId": "media_format_id",
    "Employee.Title": "job_title",
    "Employee.ReportsTo": "manager_id",
    "Employee.BirthDate": "born_on",
    "Employee.HireDate": "hired_on",
    "Employee.Address": "street",
    "Employee.State": "region",
    "Customer.Address": "street",
    "Customer.State": "region",
    "Customer.Company": "company_name",
    "Invoice.InvoiceDate": "placed_at",
    "Invoice.Total": "total_amount",
    "Invoice.BillingAddress": "billing_street",
    "Invoice.BillingState": "billing_region",
    "InvoiceLine.InvoiceId": "order_id",
    "Employee.Fax": "",
    "Customer.Fax": "",
}


def chinook_catalogue(connection: sqlite3.Connection) -> Database:
    tables = []
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    for (name,) in names.fetchall():
        rows = connection.execute(f'PRAGMA table_info("{name}")').fetchall()
        links = connection.execute(f'PRAGMA foreign_key_list("{name}")').fetchall()
        tables.append(
            Table(
                name=name,
                columns=tuple(column(row[1], row[2]) for row in rows),
                primary_key=tuple(row[1] for row in sorted(rows, key=lambda row: row[5]) if row[5]),
                foreign_keys=tuple(ForeignKey(columns=(k[3],), parent=k[2], parent_columns=(k[4],)) for k in links),
            )
        )
    return database(*tables)


def chinook_truth(source: Database) -> dict[str, str]:
    """table.Column -> target column; "" for a column that has none."""
    truth = {}
    for old in source.tables:
        for name in old.by_name:
            key = f"{old.name}.{name}"
            plain = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
            truth[key] = RENAMED.get(key, "id" if old.primary_key == (name,) else plain)
    return truth


def test_chinook_is_matched_by_rules_alone() -> None:
    folder = SHARED / "data" / "chinook"
    if not folder.exists():
        pytest.skip(f"chinook is not here: {folder} (FERRYMAN_SHARED names the shared folder)")
    new = sqlite3.connect(":memory:")
    new.executescript((folder / "target.sql").read_text())
    old = sqlite3.connect(f"file:{folder / 'legacy.sqlite'}?mode=ro", uri=True)
    source, target = chinook_catalogue(old), chinook_catalogue(new)
    old.close()
    new.close()
    matches = match(source, target)
    chosen = decide(matches, source, target)
    assert sum(first(matches, s) == t for s, t in CHINOOK.items()) >= 10
    assert {(m.source, m.target) for m in chosen.tables if m.sure} <= set(CHINOOK.items())
    truth = chinook_truth(source)
    found = {f"{p.source}.{m.source}": m for p in chosen.columns for m in p.columns if m.target != "legacy_id"}
    right = sum((found[name].target if name in found else "") == place for name, place in truth.items())
    assert right / len(truth) >= 0.9
    assert not [m for name, m in found.items() if m.sure and m.target != truth[name]]

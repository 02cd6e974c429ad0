"""A fourth set, about a web shop with long prefixed names, written after everything and scored once.

Its first score stands in `test_understand.py`.
"""

# ruff: noqa: E501  (a table reads best with one entry a line)

from __future__ import annotations

from dataclasses import replace

from ferryman.agents.context import Context, Place
from ferryman.domain.changes import IgnoreColumn, LeaveOut, MapTable, MapValues, SetBatchSize, SetFilter, SetRequest
from ferryman.domain.conversation import Topic, Utterance
from ferryman.domain.coordination import RequestType
from ferryman.domain.mapping import Strategy, TableMapping
from ferryman.domain.transforms import ValuePair
from tests.agents.sayings import (
    NO,
    PAUSE,
    RESUME,
    UNCLEAR,
    YES,
    ask,
    begin,
    both,
    change,
    choose,
    everything,
    named,
    request,
    save,
    show,
    undo,
    where,
)
from tests.agents.scenery import DECISION, TODAY, YESTERDAY, database, findings_of, mapped, plan_of, same_named

STORE_OLD = database("""
ws_customer_entity: entity_id int key, email text, group_id int, created_at moment, is_active int, taxvat text?, dob date?
ws_customer_address: entity_id int key, parent_id int > ws_customer_entity, street text, city text?, country_id text
ws_sales_flat_order: entity_id int key, customer_id int > ws_customer_entity, state text, grand_total money, created_at moment, updated_at moment, remote_ip text?
ws_sales_flat_order_item: item_id int key, order_id int > ws_sales_flat_order, product_id int > ws_catalog_product, qty_ordered money, price money
ws_catalog_product: entity_id int key, sku text, name text, weight money?, created_at moment
ws_newsletter_subscriber: subscriber_id int key, email text, status int, change_at moment?
ws_log_visitor: visitor_id int key, last_visit_at moment
ws_log_url: url_id int key, visited moment
""")
STORE_NEW = database("""
customers: id int key, email text, group_code int, registered_at moment, active bool
addresses: id int key, customer_id int > customers, street text, city text?, country text
orders: id int key, customer_id int > customers, state text, total money, created_at moment, updated_at moment, metadata json
order_items: id int key, order_id int > orders, product_id int > products, quantity money, price money
products: id int key, sku text, name text, weight money?, created_at moment
subscribers: id int key, email text, status text
visitors: id int key, last_seen_at moment
page_views: id int key, seen_at moment
""")


def _one(source: str, target: str, **renamed: str) -> TableMapping:
    return mapped(STORE_OLD, STORE_NEW, source, target, same_named(STORE_OLD, STORE_NEW, source, target, **renamed))


STORE_PLAN = plan_of(
    STORE_OLD,
    STORE_NEW,
    (
        _one("ws_customer_entity", "customers", group_code="group_id", registered_at="created_at", active="is_active"),
        _one("ws_customer_address", "addresses", customer_id="parent_id", country="country_id"),
        _one("ws_catalog_product", "products"),
        _one("ws_sales_flat_order", "orders", total="grand_total"),
        _one("ws_sales_flat_order_item", "order_items", quantity="qty_ordered"),
        _one("ws_newsletter_subscriber", "subscribers"),
        _one("ws_log_visitor", "visitors", last_seen_at="last_visit_at"),
        _one("ws_log_url", "page_views", seen_at="visited"),
    ),
    {
        "customers": 5100,
        "addresses": 7044,
        "products": 812,
        "orders": 20_550,
        "order_items": 61_002,
        "subscribers": 3000,
        "visitors": 91_000,
        "page_views": 400_000,
    },
)
START = Context(Place.START, STORE_OLD, STORE_NEW, today=TODAY)
REVIEW = Context(
    Place.REVIEW, STORE_OLD, STORE_NEW, findings=findings_of(STORE_PLAN, STORE_NEW), plan=STORE_PLAN, today=TODAY
)
DECIDING = replace(REVIEW, place=Place.DECIDE, decision=DECISION)
RUNNING = replace(REVIEW, place=Place.RUNNING)
PAUSED = replace(REVIEW, place=Place.PAUSED)
DONE = replace(REVIEW, place=Place.DONE, runs=(YESTERDAY,))

LATECOMERS: tuple[tuple[str, Context, Utterance], ...] = (
    ("There isn't a single product in the new shop!", START, begin(RequestType.NAMED, "products", priority="fill_missing_data")),
    ("move my customers and addresses to the new shop", START, named("customers", "addresses")),
    ("I'd like to get the order items across", START, named("order_items")),
    ("take over everything", START, everything()),
    ("please complete the tables that are only half full", START, begin(RequestType.FILL_MISSING)),
    ("who made you?", START, UNCLEAR),
    ("aye, do it", REVIEW, YES),
    ("Looks fine, please start now.", REVIEW, YES),
    ("I am ok with this, go", REVIEW, YES),
    ("we'd like to start", REVIEW, YES),
    ("no, not today", REVIEW, NO),
    ("please stop, I don't want this", REVIEW, NO),
    ("go, but without the visitors", REVIEW, change(LeaveOut(table="visitors"))),
    ("would you say yes?", REVIEW, UNCLEAR),
    ("Yes. What will be written?", REVIEW, ask(Topic.WRITES)),
    ("execute order 66", REVIEW, UNCLEAR),
    ("nobody needs the page views", REVIEW, change(LeaveOut(table="page_views"))),
    ("kick the visitors and the page views out", REVIEW, change(LeaveOut(table="visitors"), LeaveOut(table="page_views"))),
    ("leave the log tables behind", REVIEW, change(LeaveOut(table="visitors"), LeaveOut(table="page_views"))),
    ("just products please, nothing else", REVIEW, change(SetRequest(request=request(RequestType.NAMED, "products")))),
    ("only active customers", REVIEW, change(SetFilter(table="customers", filter=where("is_active", "=", 1)))),
    ("leave out inactive customers", REVIEW, change(SetFilter(table="customers", filter=where("is_active", "=", 1)))),
    ("only orders updated in the last 3 years", REVIEW, change(SetFilter(table="orders", filter=both(where("updated_at", ">=", "2023-11-22"), where("updated_at", "<", "2026-11-23"))))),
    ("only orders created since 1 January 2020", REVIEW, change(SetFilter(table="orders", filter=where("created_at", ">=", "2020-01-01")))),
    ("only orders worth at least 100", REVIEW, change(SetFilter(table="orders", filter=where("grand_total", ">=", 100)))),
    ("only addresses in Berlin", REVIEW, UNCLEAR),
    ("only orders where state is complete or closed", REVIEW, change(SetFilter(table="orders", filter=where("state", "in", "complete", "closed")))),
    ("skip orders whose state is canceled", REVIEW, change(SetFilter(table="orders", filter=where("state", "!=", "canceled")))),
    ("customers without a tax vat can stay behind", REVIEW, change(SetFilter(table="customers", filter=where("taxvat", "is not null")))),
    ("subscriber status 1 means subscribed", REVIEW, change(MapValues(table="subscribers", target="status", pairs=(ValuePair(old=1, new="subscribed"),)))),
    ("ws_log_url feeds page_views", REVIEW, change(MapTable(source="ws_log_url", target="page_views"))),
    ("the remote ip is private, ignore it", REVIEW, UNCLEAR),
    ("ignore the remote ip", REVIEW, change(IgnoreColumn(table="orders", source="remote_ip"))),
    ("even bigger batches for page views", REVIEW, change(SetBatchSize(table="page_views", factor=2.0))),
    ("what happens to the tax number?", REVIEW, UNCLEAR),
    ("does taxvat get lost?", REVIEW, ask(Topic.COLUMN, columns=("ws_customer_entity.taxvat",))),
    ("why orders before order items?", REVIEW, ask(Topic.ORDER, "orders", "order_items")),
    ("is it going to take hours?", REVIEW, ask(Topic.TIME)),
    ("suppose it crashes, what then?", REVIEW, ask(Topic.SAFETY)),
    ("give me an overview", REVIEW, ask(Topic.PLAN)),
    ("display four products", REVIEW, show("products", 4)),
    ("my accountant wants to see the plan first", REVIEW, save()),
    ("Take number 2.", DECIDING, choose(Strategy.QUARANTINE)),
    ("skip 'em", DECIDING, choose(Strategy.QUARANTINE)),
    ("repair it by adding the missing cases", DECIDING, choose(Strategy.MIGRATE_PARENTS)),
    ("not sure, what's best?", DECIDING, ask(Topic.OPTIONS)),
    ("interrupt it please", RUNNING, PAUSE),
    ("any progress?", RUNNING, ask(Topic.STATUS)),
    ("pick up where we stopped", PAUSED, RESUME),
    ("bring back the old state", DONE, undo(run=YESTERDAY.run)),
)  # fmt: skip

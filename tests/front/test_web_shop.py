"""A web shop as shops are: texts beside their rows by language, links of products, places in lists. By recommendations.

What is compared are natural values, joined on both sides.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.front.calling import here
from tests.front.ported import ported
from tests.front.shapes import PORT, Shape, made, values
from tests.front.talking import hold

OLD = """
CREATE TABLE ws_language (language_id INTEGER PRIMARY KEY, name TEXT NOT NULL, code TEXT NOT NULL);
INSERT INTO ws_language VALUES (1, 'English', 'en-gb'), (2, 'Deutsch', 'de-de');
CREATE TABLE ws_status (status_id INTEGER NOT NULL, language_id INTEGER NOT NULL, name TEXT NOT NULL,
    PRIMARY KEY (status_id, language_id));
INSERT INTO ws_status VALUES (1, 1, 'Pending'), (2, 1, 'Shipped'), (5, 1, 'Complete');
CREATE TABLE ws_category (category_id INTEGER PRIMARY KEY, sort_order INTEGER NOT NULL, image TEXT);
INSERT INTO ws_category VALUES {categories};
CREATE TABLE ws_category_description (category_id INTEGER NOT NULL, language_id INTEGER NOT NULL, name TEXT NOT NULL,
    description TEXT NOT NULL, meta_title TEXT NOT NULL, PRIMARY KEY (category_id, language_id));
INSERT INTO ws_category_description SELECT category_id, 1, 'Category ' || category_id, '', '' FROM ws_category;
CREATE TABLE ws_product (product_id INTEGER PRIMARY KEY, model TEXT NOT NULL, quantity INTEGER NOT NULL,
    stock_status_id INTEGER NOT NULL, price NUMERIC(15, 4) NOT NULL);
INSERT INTO ws_product VALUES {products};
CREATE TABLE ws_product_image (product_image_id INTEGER PRIMARY KEY, product_id INTEGER NOT NULL, image TEXT,
    sort_order INTEGER NOT NULL);
INSERT INTO ws_product_image SELECT product_id, product_id, 'p' || product_id || '.jpg', product_id % 9
    FROM ws_product;
CREATE TABLE ws_product_related (product_id INTEGER NOT NULL, related_id INTEGER NOT NULL,
    PRIMARY KEY (product_id, related_id));
INSERT INTO ws_product_related SELECT product_id, product_id + 1 FROM ws_product WHERE product_id < 140;
CREATE TABLE ws_order (order_id INTEGER PRIMARY KEY, email TEXT NOT NULL, status_id INTEGER NOT NULL,
    date_added TIMESTAMP NOT NULL);
INSERT INTO ws_order VALUES {orders};
CREATE TABLE ws_review (review_id INTEGER PRIMARY KEY, product_id INTEGER NOT NULL, author TEXT NOT NULL,
    rating INTEGER NOT NULL);
INSERT INTO ws_review SELECT order_id, order_id % 140 + 1, 'Author ' || order_id, order_id % 5 + 1 FROM ws_order;
"""
NEW = """
CREATE TABLE languages (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, code TEXT NOT NULL UNIQUE);
INSERT INTO languages (name, code) VALUES ('Deutsch', 'de'), ('English', 'en');
CREATE TABLE order_statuses (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL);
INSERT INTO order_statuses (name) VALUES ('Draft'), ('Complete');
CREATE TABLE categories (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, position INTEGER NOT NULL DEFAULT 0,
    image TEXT);
CREATE TABLE category_descriptions (category_id INTEGER NOT NULL REFERENCES categories (id),
    language_id INTEGER NOT NULL REFERENCES languages (id), title TEXT NOT NULL, body TEXT,
    PRIMARY KEY (category_id, language_id));
CREATE TABLE products (id CHAR(36) NOT NULL PRIMARY KEY, model TEXT NOT NULL, stock_quantity INTEGER NOT NULL DEFAULT 0,
    price NUMERIC(12, 2) NOT NULL);
CREATE TABLE product_images (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    product_id CHAR(36) NOT NULL REFERENCES products (id), url TEXT NOT NULL, position INTEGER NOT NULL DEFAULT 0);
CREATE TABLE related_products (product_id CHAR(36) NOT NULL REFERENCES products (id),
    related_product_id CHAR(36) NOT NULL REFERENCES products (id), PRIMARY KEY (product_id, related_product_id));
CREATE TABLE orders (id CHAR(36) NOT NULL PRIMARY KEY, email TEXT NOT NULL,
    status_id INTEGER NOT NULL REFERENCES order_statuses (id), placed_at TIMESTAMP NOT NULL);
CREATE TABLE product_reviews (id CHAR(36) NOT NULL PRIMARY KEY, product_id CHAR(36) NOT NULL REFERENCES products (id),
    author_name TEXT NOT NULL, stars INTEGER NOT NULL);
"""
PRODUCTS, ORDERS = 140, 600


def old_shop() -> str:
    rows = {
        "categories": values([(n, n % 9, f"c{n}.png") for n in range(20, 60)]),
        "products": values([(n, f"Model {n}", n * 37 % 501, 5 + n % 3, n * 1.5) for n in range(1, PRODUCTS + 1)]),
        "orders": values(
            [(n, f"c{n}@x.org", (1, 2, 5)[n % 3], f"2014-0{n % 9 + 1}-11 10:20:30") for n in range(1, ORDERS + 1)]
        ),
    }
    return OLD.format(**rows)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shape:
    monkeypatch.chdir(tmp_path)
    return made(tmp_path, old_shop(), NEW)


def test_recommendations_alone_bring_every_value_to_its_place(shop: Shape) -> None:
    held = hold(shop.files, "move everything", "take all recommendations", "yes")
    assert "I recommend nothing here" not in held.text, held.text
    shop.assert_same(
        "SELECT email, name, substr(date_added, 1, 19) FROM ws_order JOIN ws_status USING (status_id) ORDER BY 1",
        """SELECT email, name, substr(placed_at, 1, 19) FROM orders JOIN order_statuses s ON s.id = status_id
        ORDER BY 1""",
    )
    assert shop.new("SELECT name FROM order_statuses ORDER BY 1") == [
        ("Complete",), ("Draft",), ("Pending",), ("Shipped",)
    ]  # fmt: skip
    shop.assert_same(
        """SELECT d.name, sort_order, image, l.name FROM ws_category JOIN ws_category_description d USING (category_id)
        JOIN ws_language l USING (language_id) ORDER BY 1""",
        """SELECT title, position, image, l.name FROM categories c JOIN category_descriptions d ON d.category_id = c.id
        JOIN languages l ON l.id = language_id ORDER BY 1""",
    )
    assert shop.new("SELECT code FROM languages ORDER BY 1") == [("de",), ("en",)]
    shop.assert_same(
        """SELECT model, quantity, image, sort_order FROM ws_product JOIN ws_product_image USING (product_id)
        ORDER BY 1""",
        """SELECT model, stock_quantity, url, position FROM products p JOIN product_images ON product_id = p.id
        ORDER BY 1""",
    )
    shop.assert_same(
        """SELECT a.model, b.model FROM ws_product_related r JOIN ws_product a USING (product_id)
        JOIN ws_product b ON b.product_id = related_id ORDER BY 1, 2""",
        """SELECT a.model, b.model FROM related_products r JOIN products a ON a.id = product_id
        JOIN products b ON b.id = related_product_id ORDER BY 1, 2""",
    )
    shop.assert_same(
        "SELECT author, rating, model FROM ws_review JOIN ws_product USING (product_id) ORDER BY 1",
        "SELECT author_name, stars, model FROM product_reviews JOIN products p ON p.id = product_id ORDER BY 1",
    )


GERMAN = "INSERT INTO ws_status VALUES (1, 2, 'Offen'), (2, 2, 'Versandt'), (5, 2, 'Fertig');"
SAID = "only statuses where language_id is 2"


@pytest.mark.parametrize("servers", [False, True], ids=["files", "servers"])
@pytest.mark.parametrize(("said", "language"), [((), 1), ((SAID,), 2)], ids=["recommended", "said"])
def test_of_statuses_in_two_languages_one_is_chosen_and_every_order_has_its_status(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    said: tuple[str, ...],
    language: int,
    servers: bool,
) -> None:
    monkeypatch.chdir(tmp_path)
    kinds = {"old.db": "mariadb", "new.db": "postgresql"}
    token = PORT.set((lambda path: ported(request, kinds[path.name], path)) if servers else None)
    shop = made(tmp_path, old_shop() + GERMAN, NEW)
    PORT.reset(token)
    held = hold((shop.names[1], shop.names[3]), "fill orders", *said, *(["take all recommendations"] * 2), "yes")
    assert said or "Which of them go into order_statuses?" in held.text
    shop.assert_same(
        f"SELECT email, name FROM ws_order JOIN ws_status USING (status_id) WHERE language_id = {language} ORDER BY 1",
        "SELECT email, name FROM orders JOIN order_statuses s ON s.id = status_id ORDER BY 1",
    )
    assert here("validate", *shop.names).code == 0
    assert here("rollback", "--yes", *shop.names[2:]).code == 0
    assert shop.new("SELECT name FROM order_statuses ORDER BY 1") == [("Complete",), ("Draft",)]


def test_a_part_of_the_key_is_refused_where_it_names_several_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shop = made(tmp_path, old_shop() + GERMAN, NEW)
    wanted = "use status_id as the key of order_statuses"
    told = " ".join(hold(shop.files, "fill orders", wanted).after(wanted).split())
    assert "status_id alone does not tell the rows of ws_status apart: it has 3 different values in 6 rows." in told
    assert 'Say which of them go: "only order_statuses where language_id is ...".' in told


@pytest.mark.parametrize("unique", ["(code)", "(lower(code))"])
def test_to_make_one_row_of_several_is_offered_where_they_hold_the_same_and_not_in_lower_case_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unique: str
) -> None:
    monkeypatch.chdir(tmp_path)
    people = values(
        [(n, f"Name {n}", ("k1" if "lower" in unique else "K1") if n == 2 else f"K{n}") for n in range(1, 9)]
    )
    shop = made(
        tmp_path,
        "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL, code TEXT);"
        f" INSERT INTO people VALUES {people}",
        "CREATE TABLE persons (id CHAR(36) PRIMARY KEY, name TEXT NOT NULL, code TEXT);"
        f" CREATE UNIQUE INDEX one_code ON persons {unique}",
    )
    told = " ".join(hold(shop.files, "move people into persons", "what do you need to know?").text.split())
    assert "1 row of persons repeats a value of code, which must be unique." in told
    assert ("Make one row of those with the same code" in told) is (unique == "(code)")

"""Names are read as words the way a person would read them."""

import pytest

from ferryman.tools.discover.names import Lexicon, shared_prefix, singular, split_name, vocabulary, without


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("InvoiceLineId", ("invoice", "line", "id")),
        ("invoice_line_id", ("invoice", "line", "id")),
        ("invoice-line id", ("invoice", "line", "id")),
        ("HTTPStatus", ("http", "status")),
        ("address2", ("address", "2")),
        ("Größe", ("grosse",)),
        ("straße", ("strasse",)),
        ('";--', ()),
    ],
)
def test_every_case_style_splits_into_the_same_words(name: str, parts: tuple[str, ...]) -> None:
    assert split_name(name) == parts


@pytest.mark.parametrize(
    ("plural", "one"),
    [
        ("orders", "order"),
        ("categories", "category"),
        ("boxes", "box"),
        ("people", "person"),
        ("statuses", "status"),
        ("addresses", "address"),
        ("status", "status"),
        ("news", "news"),
        ("is", "is"),
        ("movies", "movie"),
        ("taxes", "tax"),
    ],
)
def test_plurals_become_singular(plural: str, one: str) -> None:
    assert singular(plural) == one


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("qty", "quantity"),
        ("cust_no", "CustomerNumber"),
        ("addr1", "address_1"),
        ("dob", "date_of_birth"),
        ("tel", "phone"),
        ("zip", "PostalCode"),
        ("lname", "last_name"),
        ("emp_dept", "employee_department"),
        ("desc", "description"),
    ],
)
def test_an_abbreviation_reads_as_what_it_stands_for(short: str, long: str) -> None:
    lexicon = Lexicon()
    assert lexicon.words(short) == lexicon.words(long)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("userid", ("user", "id")),
        ("casefile", ("case", "file")),
        ("customername", ("customer", "name")),
        ("paid", ("paid",)),
        ("valid", ("valid",)),
        ("grid", ("grid",)),
        ("template", ("template",)),
        ("candidate", ("candidate",)),
    ],
)
def test_words_run_together_are_cut_and_whole_words_are_not(name: str, words: tuple[str, ...]) -> None:
    assert Lexicon().words(name) == words


def test_words_of_the_databases_themselves_help_to_cut() -> None:
    assert Lexicon().words("bracketweld") == ("bracketweld",)
    assert Lexicon.of(["bracket_weld"]).words("bracketweld") == ("bracket", "weld")
    assert Lexicon().words("duedate") == ("duedate",)
    lexicon = Lexicon.of(["due_date"])
    assert lexicon.words("duedate") == lexicon.words("due_date")


def test_a_prefix_that_most_tables_share_is_the_applications() -> None:
    assert shared_prefix(["wp_posts", "wp_users", "wp_options", "extra"]) == "wp_"
    assert shared_prefix(name for name in ("tblOrder", "tblItem", "tblCustomer")) == "tbl"


def test_a_word_that_few_tables_begin_with_is_no_prefix() -> None:
    assert shared_prefix(["order_items", "order_notes", "customers", "products", "users"]) == ""
    assert shared_prefix([]) == ""


def test_a_columns_own_words_leave_out_those_of_its_table() -> None:
    assert without(("artist", "name"), ("artist",)) == ("name",)
    assert without(("billing", "city"), ("invoice",)) == ("billing", "city")
    assert without(("patient",), ("patient",)) == ("patient",)


def test_every_abbreviation_and_group_of_the_vocabulary_is_well_formed() -> None:
    book = vocabulary()
    assert all(short and words for short, words in book.spelt_out.items())
    assert all(
        len(group) >= 1 and all(word == word.strip() and word for word in group) for group in (*book.same, *book.near)
    )
    assert all(" " not in head for head in book.phrases.values())

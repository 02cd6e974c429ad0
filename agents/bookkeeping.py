"""Columns that keep books rather than hold content, told by their names: when, where from, what else, secret."""

from __future__ import annotations

import re
from enum import StrEnum

from ferryman.domain.schema import Column, Family

MOMENTS = frozenset({Family.TIMESTAMP, Family.DATE})
_MOMENT_LIKE = MOMENTS | {Family.INTEGER, Family.TEXT, Family.OTHER, Family.DECIMAL, Family.FLOAT}


class Book(StrEnum):
    """What a column keeps books about."""

    CREATED = "created"  #: when the row was made
    UPDATED = "updated"  #: when it was last changed
    DELETED = "deleted"  #: that (or when) it was deleted, though it is still there
    LEGACY_ID = "legacy_id"  #: the key that it had in the application before
    METADATA = "metadata"  #: a JSON object for whatever has no column


_WHEN = frozenset("at on date time datetime dt ts timestamp tstamp utc gmt when d ymd epoch unix".split())
_IS = frozenset(("is", "has", "was"))
WHENS = (Book.CREATED, Book.UPDATED)  #: the books that say when a row was made or changed
CREATED_WORDS = frozenset(
    "created made create creation added inserted insert crdate cdate ctime createdat createdon".split()
) | {
    *("createdate", "createtime", "datecreated", "dateadded", "addtime", "addedon", "addedat", "timecreated"),
    "timeadded",
}
_BEGUN = frozenset(
    "submitted submission posted entered entry recorded filed registered registration reg regdate".split()
) | {
    *("registerdate", "joined", "join", "joindate", "signup", "opened", "issued", "placed"),
}
UPDATED_WORDS = frozenset(
    "updated update modified modify modification changed change edited edit write written lastmod mtime".split()
) | {
    *("lastmodified", "lastupdate", "lastupdated", "datemodified", "dateupdated", "updatedat", "updatedon", "mdate"),
    *("timemodified", "timeupdated"),
}
_DELETED = frozenset("deleted removed trashed isdeleted deletedat del soft".split())
_FLAG = frozenset("is was flag yn ind indicator mark".split())
_LEGACY = frozenset("legacy old former previous original imported".split())
_KEYS = frozenset("id key pk no number ref identifier".split())
_METADATA = frozenset(
    "metadata meta meta_data extra extras extra_data legacy_data legacy_metadata attributes extra_attributes "
    "additional_data additional_attributes custom_data".split()
)
_SECRETS = frozenset("password passwd passwort pwd pass secret token salt apikey otp pin cvv".split())


def words(name: str) -> tuple[str, ...]:
    """The words of a column's name in lower case: "InvoiceDate" and "invoice_date" give the same two."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return tuple(word for word in re.split(r"[^0-9a-z]+", spaced.lower()) if word)


def book_of(column: Column, table: str = "") -> Book | None:
    """What kind of books a column keeps, by its name and family; None for content.

    The table's own name may stand before the rest: "user_created" in "users". "created_by" and "InvoiceDate" are
    content: a person, and when something happened out in the world.
    """
    own = set(words(table)) | {word.rstrip("s") for word in words(table)}
    name = words(column.name)
    said = {word for word in name if word not in _WHEN}
    told = said - own or said
    for book, known in ((Book.CREATED, CREATED_WORDS), (Book.UPDATED, UPDATED_WORDS)):
        if column.family in _MOMENT_LIKE and told - {"last"} and told - {"last"} <= known:
            return book
    if told - _FLAG and told - _FLAG <= _DELETED:
        return Book.DELETED
    if told & _LEGACY and told - _LEGACY <= _KEYS | own and set(name) & _KEYS:
        return Book.LEGACY_ID
    if column.family in (Family.JSON, Family.TEXT) and "_".join(name) in _METADATA:
        return Book.METADATA
    return None


def may_tell_creation(column: Column, table: str) -> bool:
    """Whether a name says when something came to be, in words that say no more: "post_time" of posts, "user_regdate" of
    users, "date_submitted", but not "birth_date"."""
    name = set(words(column.name))
    told = name - _WHEN - {word for own in words(table) for word in (own, own.rstrip("s"))}
    return column.family in _MOMENT_LIKE and told <= _BEGUN and bool(told or name & _WHEN)


def content_words(name: str, table: str = "") -> tuple[str, ...]:
    """What a name says besides "when", "is" and its own table: "closed_at" gives ("closed",), "is_active" ("active",),
    "CustomerName" of customers ("name",). A name that says nothing else stays whole."""
    own = {word.rstrip("s") for word in words(table)[-1:]}
    spoken = words(name)
    return tuple(word for word in spoken if word not in _WHEN | _IS and word.rstrip("s") not in own) or spoken


def is_secret(name: str) -> bool:
    """Whether a column's name says that it holds a secret: such a column is not written where it had no place."""
    return bool(set(words(name)) & _SECRETS) or "_".join(words(name)) in ("api_key", "private_key", "session_key")


def books(columns: tuple[Column, ...], table: str = "") -> dict[Book, Column]:
    """The bookkeeping columns of a table, the first of each kind."""
    found: dict[Book, Column] = {}
    for column in columns:
        book = book_of(column, table)
        if book:
            found.setdefault(book, column)
    return found

"""The words of this program that somebody who never saw a database may ask about, each in a sentence or two."""

from __future__ import annotations

import re

_WORDS = {
    "table": (
        "A table holds things of one kind, such as customers: one row for each, one column for each thing known of it."
    ),
    "row|record": "A row, or record, is one thing in a table: one customer, one order.",
    "column|field": ("A column, or field, is one thing that a table knows of each of its rows, such as the name."),
    "key|primary key|id": (
        "A key is what tells the rows of a table apart, mostly a number. Other tables refer to a row by it."
    ),
    "foreign key|reference": (
        "A reference, or foreign key, is a column that names a row of another table by its key: an order "
        "names its customer."
    ),
    "parent|parent row": (
        "A parent is a row that other rows refer to: the customer of an order. It has to be there before they "
        "can be moved."
    ),
    "orphan|orphaned row|orphaned record": "An orphan is a row that refers to one that is not there.",
    "junction|junction table": (
        "A junction is a table that links two others and holds little else: which student takes which course. "
        "It is moved after both."
    ),
    "catalog|catalogue": ("A catalog is a small table of choices that other tables refer to, such as countries."),
    "transactional|transactional data|everyday data": (
        "Transactional data are the rows of everyday work, such as orders: they grow all the time."
    ),
    "phase": "A phase is a step of the plan. Its tables are moved together, after those that they refer to.",
    "batch": "A batch is a few hundred or thousand rows that are moved at once: all of them arrive, or none.",
    "filter": "A filter says which rows of a table are moved; the others stay where they are.",
    "quarantine": (
        "Quarantine is where rows are kept that could not be moved as they are, each with the reason. Nothing "
        "of them is lost, and they can be tried again."
    ),
    "placeholder": (
        "A placeholder is a row made to stand in for one that is missing, so that what refers to it can be moved."
    ),
    "value map": "A value map says which new value an old one becomes: 3 becomes archived.",
    "rollback|undo": (
        "To roll back, or undo, takes out of the new database what a run put there. What was there before stays."
    ),
    "ledger": (
        "The ledger is this program's record in the new database of what it moved, row by row. It makes sure "
        "that nothing is moved twice, and that all can be undone."
    ),
    "plan": (
        "A plan says which rows of which old tables go into which new ones, in which order. Nothing is "
        "written before you have said yes to it."
    ),
    "run": "A run is one migration by a plan that you approved. It can be paused, resumed and undone.",
    "trigger": "A trigger is something that a database does by itself whenever a row is written.",
    "schema": "The schema is which tables and columns a database has.",
    "null": "Null means that nothing is filled in.",
    "migration": ("To migrate is to copy data out of the old database into the new one. The old one is only read."),
    "preflight": ("Before anything is written, all rows are checked for what would fail. That is called preflight."),
    "checksum": (
        "A checksum is one number made of many values. Where it is the same on both sides, the values are too."
    ),
}
_MEANING = {name: text for names, text in _WORDS.items() for name in names.split("|")}
_TERM = "|".join(sorted((re.escape(name) for name in _MEANING), key=len, reverse=True))

#: A question about one of the words, in a pattern over `Sentence.text`.
ASKED = (
    rf"^(?:and |so |but )?(?:what (?:is|are) (?:an? )?(?:{_TERM})s?|what does (?:an? )?(?:{_TERM})s? mean"
    rf"|what is the meaning of (?:an? |the (?:word |term )?)?(?:{_TERM})s?"
    rf"|explain (?:an? |the (?:word |term ))(?:{_TERM})s?)(?: mean)?(?: please)?(?: \?)*$"
)


def explained(text: str) -> str:
    """What the last of these words in a text means; "" where it holds none."""
    found = re.findall(rf"\b({_TERM})s?\b", text.casefold())
    return _MEANING[found[-1]] if found else ""

"""An answer that says for which question it is: "present:departments=add", "departments: add", "add departments"."""

from __future__ import annotations

from collections.abc import Sequence

from ferryman.domain.changes import Question
from ferryman.domain.conversation import AnswerQuestion

_QUOTES = " \t.!\"'"


def addressed(words: str, questions: Sequence[Question], settled: Sequence[Question] = ()) -> AnswerQuestion | None:
    """The answer, where it names a question by its id or by its table, and one of that question's keys.

    Of several questions about a table that have the key, it is for the first; None where no question has it. One of
    those that are settled is answered anew by its id or by "TABLE: KEY" only.
    """
    said = words.strip().strip(_QUOTES).casefold()
    for named, among in ((_by_id, questions), (_by_table, questions), (_by_id, settled), (_signed, settled)):
        for question in among:
            for option in question.options:
                if said in named(question, option.key.casefold()):
                    return AnswerQuestion(question=question.id, option=option.key)
    return None


def _by_id(question: Question, key: str) -> tuple[str, ...]:
    return _spelt(question.id.casefold(), key)


def _by_table(question: Question, key: str) -> tuple[str, ...]:
    table = question.table.casefold()
    return (*_spelt(table, key), f"{table} {key}", f"{key} {table}")


def _signed(question: Question, key: str) -> tuple[str, ...]:
    return _spelt(question.table.casefold(), key)


def _spelt(about: str, key: str) -> tuple[str, ...]:
    return tuple(f"{about}{sign}{key}" for sign in ("=", " = ", ": ", ":"))


def address(question: Question) -> str:
    """How to answer a question among others, for example: "departments: add"."""
    key = question.recommended or next((option.key for option in question.options), "KEY")
    return f"{question.table}: {key}"

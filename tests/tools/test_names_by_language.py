from __future__ import annotations

import pytest

from ferryman.tools.discover.languages import languages


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (['{"en_US": "Chair", "de_DE": "Stuhl"}', '{"en_US": "Table", "de_DE": ""}'], {"en_US": 2, "de_DE": 1}),
        (['{"fr":"Chaise"}', "{}", "[]", "false", ""], {"fr": 1}),
        (['{"en": "' + "a long text " * 30], {"en": 1}),
        (['{"en": "Chair"}', "Table"], {}),
        (['{"en": "Chair"}', '{"en": 7}'], {}),
        (['{"en": "Chair", "colour": "red"}'], {}),
        (['{"to": "you", "cc": "me"}'], {}),
        (['["en"]'], {}),
        (["Chair", 7], {}),
        ([], {}),
    ],
)
def test_texts_by_language_are_known_where_a_column_holds_nothing_else(
    values: list[object], found: dict[str, int]
) -> None:
    assert languages(values) == found

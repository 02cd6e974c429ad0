"""The words that a CHECK lists, as each database prints it."""

from __future__ import annotations

import pytest

from ferryman.domain.allowed_values import allowed_words
from ferryman.domain.schema import Column, Family, Table

STATUS = Column(name="status", native="varchar(20)", family=Family.TEXT)


@pytest.mark.parametrize(
    "check",
    [
        "status IN ('draft', 'it''s out')",
        "`status` in ('draft','it''s out')",
        "status = ANY (ARRAY['draft'::text, 'it''s out'::text])",
        "((status = ANY (ARRAY['draft'::text, 'it''s out'::text])))",
        "(status)::text = ANY ((ARRAY['draft'::character varying, 'it''s out'::character varying])::text[])",
        "(((status)::text = ANY ((ARRAY['draft'::character varying, 'it''s out'::character varying])::text[])))",
        "(status)::text = ANY (ARRAY[('draft'::character varying)::text, ('it''s out'::character varying)::text])",
    ],
)
def test_a_list_is_read(check: str) -> None:
    assert allowed_words(Table(name="posts", columns=(STATUS,), checks=(check,)), STATUS) == ("draft", "it's out")


@pytest.mark.parametrize(
    "check",
    [
        "(title)::text <> ''::text",
        "(status)::text = ANY ((ARRAY['draft'::character varying])::text[]) OR (kind)::text = 'x'::text",
        "(kind)::text = ANY ((ARRAY['draft'::character varying])::text[])",
        "(status)::text <> ALL ((ARRAY['draft'::character varying, 'b'::character varying])::text[])",
        "lower(status) = ANY (ARRAY['draft'::text, 'b'::text])",
    ],
)
def test_another_rule_is_none(check: str) -> None:
    assert allowed_words(Table(name="posts", columns=(STATUS,), checks=(check,)), STATUS) == ()

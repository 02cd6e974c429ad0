from __future__ import annotations

import pytest

from ferryman.agents.like_words import pair_off


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("req conf in out canc", "requested confirmed checked_in checked_out cancelled", "0 1 2 3 4"),
        ("A I", "inactive active", "1 0"),
        ("M F U", "female male unknown", "1 0 2"),
        ("lo hi med", "low medium high", "0 2 1"),
        ("OPEN Closed", "open closed", "0 1"),
        ("ausst\u00e4ndig bez", "bezahlt AUSST\u00c4NDIG", "1 0"),
        ("cncl shpd", "shipped cancelled", "1 0"),
        ("orders lines", "line order", "1 0"),
        ("new paid", "paid pending", "- 0"),
        ("ca", "cancelled called", "-"),
        ("c cl", "closed", "- -"),
        ("1 2", "open closed", "- -"),
        ("? !", "open closed", "- -"),
    ],
)
def test_a_word_stands_for_the_only_one_that_is_like_it(old: str, new: str, found: str) -> None:
    expected = {a: new.split()[int(n)] for a, n in zip(old.split(), found.split(), strict=True) if n != "-"}
    assert pair_off(old.split(), new.split()) == expected

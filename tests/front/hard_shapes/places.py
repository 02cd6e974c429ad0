"""Where a shape is tried: in files, and on the servers."""

from __future__ import annotations

import pytest

from tests.front.calling import Called
from tests.front.shapes import KEYS

IDENTITIES = list(KEYS)

#: Where an identity is tried beside SQLite: both servers on both sides.
ONTO = {"kept": "mariadb to postgresql", "derived": "postgresql to mariadb", "generated": "sqlite to postgresql"}


def said(done: Called) -> str:
    return " ".join(done.err.split())


def everywhere(*identities: str) -> pytest.MarkDecorator:
    """Each identity on SQLite, and on the servers that `ONTO` names."""
    pairs = [(one, "") for one in identities] + [(one, ONTO[one]) for one in identities]
    return pytest.mark.parametrize(("identity", "onto"), pairs, indirect=["onto"])


def on(*kinds: str) -> pytest.MarkDecorator:
    """On SQLite, and on servers."""
    return pytest.mark.parametrize("onto", ["", *kinds], indirect=True)

"""Where databases are made."""

import pytest


@pytest.fixture
def onto() -> str:
    """In a file, where no parameter of this name says otherwise."""
    return "sqlite"

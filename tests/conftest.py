"""Servers that tests of several folders share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from postgres import Postgres, server


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server; every test makes a database of its own with `database()`."""
    with server() as running:
        if running is None:
            pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
        yield running

"""What tests of several folders share: servers, and property tests without a clock."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings
from postgres import Postgres, server

settings.register_profile("no clock", deadline=None)  # a busy machine is no fault of the code
settings.load_profile("no clock")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server; every test makes a database of its own with `database()`."""
    with server() as running:
        if running is None:
            pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
        yield running

"""A store of its own for every test; one thread, as the workers of a screen have, so that sums have one order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pyscf import lib
from threadpoolctl import threadpool_limits

import pipeline.ground_state  # noqa: F401 (loads the libraries whose threads are limited here)
from pipeline.store import Store

threadpool_limits(limits=1)
lib.num_threads(1)


DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)]


@pytest.fixture(params=DATABASES)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], Store]:
    """Makes a new store of any name, in each database that there may be."""
    if request.param == "sqlite":
        return lambda name: Store(f"sqlite:///{tmp_path / name}.sqlite")
    postgres = request.getfixturevalue("postgres")
    return lambda _name: Store(f"postgresql+psycopg:{postgres.database()}")


@pytest.fixture
def any_store(empty: Callable[[str], Store]) -> Store:
    """A store in each database that there may be."""
    return empty("store")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(f"sqlite:///{tmp_path / 'store.sqlite'}")

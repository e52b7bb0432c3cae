"""A store of its own for every test; one thread, as the workers of a screen have, so that sums have one order."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyscf import lib
from threadpoolctl import threadpool_limits

import pipeline.ground_state  # noqa: F401 (loads the libraries whose threads are limited here)
from pipeline.store import Store

threadpool_limits(limits=1)
lib.num_threads(1)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(f"sqlite:///{tmp_path / 'store.sqlite'}")

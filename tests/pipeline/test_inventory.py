"""Inventory: what a store holds, and deleting a part of it."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from processes import WRITER, go, line, python

from pipeline.inventory import Holding, Selection, compact, inventory, prune, size_bytes
from pipeline.store import Store

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def aged(any_store: Store) -> Store:
    """A geometry and a ground state of each of ten days."""
    store = any_store
    for day in range(10):
        for stage, wall_s in (("geometry", 1.5), ("ground_state", 60.0)):
            row = {"key": f"{stage}-{day}", "stage": stage, "payload": {"day": day}, "wall_s": wall_s}
            assert store.add([row | {"created": NOON + day * DAY}]) == 1
    return store


def test_an_inventory_counts_by_stage_what_took_most_work_first(aged: Store) -> None:
    assert inventory(aged) == (
        Holding("ground_state", 10, 10 * len('{"day": 0}'), 600.0, NOON, NOON + 9 * DAY),
        Holding("geometry", 10, 10 * len('{"day": 0}'), 15.0, NOON, NOON + 9 * DAY),
    )
    assert inventory(Store("sqlite://")) == ()


def test_what_is_selected_goes_and_nothing_else(aged: Store) -> None:
    old = Selection(before=(NOON + 4 * DAY).astimezone(), stages=("geometry",))
    (holding,) = inventory(aged, old)
    assert (holding.stage, holding.results, holding.newest) == ("geometry", 4, NOON + 3 * DAY)
    assert prune(aged, old) == 4
    assert inventory(aged, old) == ()
    assert {f"geometry-{day}" for day in range(4, 10)} == aged.present(f"geometry-{day}" for day in range(10))
    assert aged.count("ground_state") == 10
    assert prune(aged, Selection(before=NOON + 2 * DAY)) == 2
    assert prune(aged, Selection(stages=("ground_state", "geometry"))) == 14
    assert inventory(aged) == ()


def test_a_compacted_store_is_smaller_on_its_disk_and_keeps_the_rest(store: Store, tmp_path: Path) -> None:
    large = {"stage": "geometry", "payload": os.urandom(10_000).hex(), "wall_s": 1.0, "created": NOON}
    store.add([large | {"key": f"large-{i}"} for i in range(200)])
    store.put("small", "ground_state", [1.5], 1.0)
    before = size_bytes(store)
    prune(store, Selection(stages=("geometry",)))
    assert size_bytes(store) == before > 200 * 20_000
    compact(store)
    on_disk = sum(file.stat().st_size for file in tmp_path.iterdir() if file.suffix != ".sqlite-shm")
    assert size_bytes(store) == on_disk < 100_000
    assert store.get("small") == [1.5]


def test_others_may_write_while_a_store_is_pruned_and_compacted(any_store: Store) -> None:
    store = any_store
    store.add([{"key": "old", "stage": "geometry", "payload": 1, "wall_s": 1.0, "created": NOON}])
    writer = python(WRITER, store.url, "w", "150")
    assert line(writer) == "open"
    go(writer)
    assert line(writer) == "0"
    assert prune(store, Selection(before=NOON + DAY)) == 1
    compact(store)
    writer.communicate()
    assert writer.returncode == 0
    assert (store.count("geometry"), store.count("ground_state")) == (150, 150)

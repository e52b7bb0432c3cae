"""The store's commands, as operators run them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from command_line import eigenlead

from pipeline.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Two geometries, one of them three days old, and a judgement of a year ago."""
    opened = Store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    now = datetime.now(UTC)
    for key, stage, days, wall_s in (
        ("new", "geometry", 0, 90.0),
        ("old", "geometry", 3, 90.0),
        ("told", "judgement", 365, 5400.0),
    ):
        created = now - timedelta(days=days)
        opened.add([{"key": key, "stage": stage, "payload": [1.5], "wall_s": wall_s, "created": created}])
    return opened


def test_info_and_pruning(store: Store) -> None:
    run = eigenlead("store", "info", "--store", store.url)
    assert run.returncode == 0, run.stderr
    assert "3 results" in run.stdout
    assert "1 h 33 min of work" in run.stdout
    assert [word in run.stdout for word in ("geometry", "judgement")] == [True, True]

    run = eigenlead("store", "prune", "--older-than", "2", "--store", store.url)
    assert run.returncode == 0, run.stderr
    assert "With --yes, 2 results would go, which took 1 h 31 min" in run.stdout
    assert store.present(["new", "old", "told"]) == {"new", "old", "told"}

    run = eigenlead("store", "prune", "--older-than", "2", "--stage", "geometry", "--yes", "--store", store.url)
    assert run.returncode == 0, run.stderr
    assert "Deleted: 1 results." in run.stdout
    assert store.present(["new", "old", "told"]) == {"new", "told"}


def test_backup_and_restore(store: Store, tmp_path: Path) -> None:
    run = eigenlead("store", "backup", tmp_path / "day.backup", "--store", store.url)
    assert run.returncode == 0, run.stderr
    other = f"sqlite:///{tmp_path / 'other.sqlite'}"
    for added, had in ((3, 0), (0, 3)):
        run = eigenlead("store", "restore", tmp_path / "day.backup", "--store", other)
        assert run.returncode == 0, run.stderr
        assert f"Added: {added} results" in run.stdout
        assert f"had the other {had} already" in run.stdout
    assert Store(other).get("told") == [1.5]


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (["prune"], "Give --older-than DAYS, or --stage NAME"),
        (["prune", "--stage", "geometri"], "It has geometry, judgement"),
        (["backup", "store.sqlite"], "Name a new file"),
        (["restore", "store.sqlite"], "Give a file that `eigenlead store backup` wrote"),
    ],
)
def test_a_wrong_request_changes_nothing_and_says_what_to_write(
    store: Store, arguments: list[str], advice: str, tmp_path: Path
) -> None:
    command, *others = (str(tmp_path / one) if one.endswith(".sqlite") else one for one in arguments)
    run = eigenlead("store", command, *others, "--store", store.url)
    assert run.returncode == 2, run.stdout + run.stderr
    assert advice in run.stderr
    assert store.present(["new", "old", "told"]) == {"new", "old", "told"}

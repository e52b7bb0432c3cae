"""Backup: whole or not there, of one moment, and restored without overwriting."""

from __future__ import annotations

import shutil
import signal
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from postgres import Postgres
from processes import WRITER, go, largest_file, line, python

from pipeline.backup import backup, restore
from pipeline.errors import InputError, TransientError
from pipeline.inventory import inventory
from pipeline.store import Store

BACKUPS = """
import sys
from pathlib import Path
from pipeline.backup import backup
from pipeline.store import Store
store, folder = Store(sys.argv[1]), Path(sys.argv[2])
for i in range(1_000_000):
    print(backup(store, folder / f"{i}.backup"), flush=True)
"""


def new(folder: Path, name: str = "other") -> Store:
    return Store(f"sqlite:///{folder / name}.sqlite")


def fill(store: Store, results: int) -> None:
    """In one transaction: a `put` waits for the disk each time."""
    for i in range(0, results, 1000):
        store.add([_row(n) for n in range(i, min(results, i + 1000))])


def _row(n: int) -> dict[str, object]:
    return {
        "key": f"key-{n}",
        "stage": "geometry" if n % 3 else "ground_state",
        "payload": {"energy": -1.5 * n, "flags": ["π", None], "large": "x" * 200},
        "wall_s": 0.1 * n,
        "created": datetime(2026, 3, 1, 12, n % 60, tzinfo=UTC),
    }


def written(store: Store, path: Path) -> Path:
    """A backup of a store with 1200 results, which are several chunks."""
    fill(store, 1200)
    assert backup(store, path) == 1200
    return path


@pytest.fixture
def file(store: Store, tmp_path: Path) -> Path:
    return written(store, tmp_path / "day.backup")


# --- round trip


def test_a_store_comes_back_as_it_was(empty: Callable[[str], Store], tmp_path: Path) -> None:
    store, other = empty("store"), empty("other")
    file = written(store, tmp_path / "day.backup")
    assert restore(other, file) == (1200, 1200)
    assert inventory(other) == inventory(store)
    for i in range(1200):
        assert other.get(f"key-{i}") == store.get(f"key-{i}")
    assert {path.name for path in tmp_path.iterdir() if "backup" in path.name} == {"day.backup"}


@pytest.mark.slow
def test_a_backup_moves_a_store_into_postgresql_and_back(store: Store, postgres: Postgres, tmp_path: Path) -> None:
    there, back = Store(f"postgresql+psycopg:{postgres.database()}"), new(tmp_path, "back")
    restore(there, written(store, tmp_path / "there.backup"))
    assert backup(there, tmp_path / "back.backup") == 1200
    restore(back, tmp_path / "back.backup")
    assert inventory(store) == inventory(there) == inventory(back)
    assert all(back.get(f"key-{i}") == store.get(f"key-{i}") for i in range(1200))


NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**70), 2**70)
JSON = st.recursive(st.none() | st.booleans() | NUMBERS | st.text(), lambda inner: st.lists(inner, max_size=3))


@given(payload=st.dictionaries(st.text(), JSON, max_size=4), wall_s=st.floats(0, 1e9), created=st.datetimes())
@settings(max_examples=25, deadline=None)
def test_every_payload_number_and_moment_survives(
    tmp_path_factory: pytest.TempPathFactory, payload: dict[str, object], wall_s: float, created: datetime
) -> None:
    folder = tmp_path_factory.mktemp("round")
    store, other = Store("sqlite://"), Store("sqlite://")
    row = {"key": "key", "stage": "geometry", "payload": payload, "wall_s": wall_s}
    store.add([row | {"created": created.replace(tzinfo=UTC)}])
    backup(store, folder / "a")
    restore(other, folder / "a")
    assert repr(other.get("key")) == repr(payload)
    assert inventory(other) == inventory(store)


def test_restoring_again_adds_nothing_and_nothing_is_overwritten(file: Path, empty: Callable[[str], Store]) -> None:
    other = empty("other")
    other.put("key-7", "judgement", "newer", 3.0)
    other.put("own", "geometry", 1, 3.0)
    assert restore(other, file) == (1199, 1200)
    assert restore(other, file) == (0, 1200)
    assert other.get("key-7") == "newer"
    assert other.count("geometry") + other.count("ground_state") == 1200


def test_an_empty_store_has_a_backup_too(tmp_path: Path) -> None:
    assert backup(new(tmp_path, "empty"), tmp_path / "a") == 0
    assert restore(new(tmp_path), tmp_path / "a") == (0, 0)


def test_a_backup_is_read_where_nothing_can_be_written(file: Path, tmp_path: Path) -> None:
    """One file in SQLite's plain journal mode: a write-ahead log would need a place beside it."""
    assert file.read_bytes()[18:20] == b"\x01\x01"
    assert restore(new(tmp_path), file) == (1200, 1200)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("day.backup-")]


# --- others at work


def test_a_backup_is_of_one_moment_while_others_write(any_store: Store, tmp_path: Path) -> None:
    store = any_store
    fill(store, 3000)
    writer = python(WRITER, store.url, "w", "1000000")
    assert line(writer) == "open"
    go(writer)
    assert line(writer) == "0"
    counts = [backup(store, tmp_path / f"{i}.backup") for i in range(4)]
    assert writer.poll() is None
    writer.kill()
    writer.communicate()
    assert counts == sorted(set(counts))  # each saw more of what the writer did meanwhile
    for i, count in enumerate(counts):
        other = new(tmp_path, f"restored-{i}")
        assert restore(other, tmp_path / f"{i}.backup") == (count, count)
        own, shared = -(-(count - 3000) // 2), (count - 3000) // 2  # the writer puts these by turns
        assert len(other.present(f"w-{step}" for step in range(own))) == own
        assert len(other.present(f"shared-{step}" for step in range(shared))) == shared


def test_two_may_restore_at_once(file: Path, empty: Callable[[str], Store]) -> None:
    other = empty("other")
    program = "import sys; from pathlib import Path; from pipeline.backup import restore; "
    program += "from pipeline.store import Store; print(*restore(Store(sys.argv[1]), Path(sys.argv[2])))"
    crew = [python(program, other.url, str(file)) for _ in range(2)]
    results = [one.communicate()[0].split() for one in crew]
    assert [one.returncode for one in crew] == [0, 0]
    assert sum(int(added) for added, _ in results) == 1200


# --- faults


def test_a_backup_that_is_killed_leaves_no_half_file(store: Store, tmp_path: Path) -> None:
    fill(store, 1200)
    folder = tmp_path / "backups"
    folder.mkdir()
    process = python(BACKUPS, store.url, str(folder))
    for _ in range(3):
        assert line(process) == "1200"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    whole = sorted(folder.glob("*.backup"))
    assert len(whole) >= 3
    for number, path in enumerate(whole):
        assert restore(new(tmp_path, f"restored-{number}"), path) == (1200, 1200)


def test_a_full_disk_leaves_nothing_behind(store: Store, tmp_path: Path) -> None:
    fill(store, 1200)
    target = tmp_path / "elsewhere" / "a.backup"
    target.parent.mkdir()
    with largest_file(100_000), pytest.raises(TransientError, match=r"a\.backup cannot be written") as caught:
        backup(store, target)
    assert "Make room" in caught.value.remedy
    assert list(target.parent.iterdir()) == []
    assert backup(store, target) == 1200


def test_a_full_disk_under_the_store_is_told_apart_from_a_bad_backup(file: Path, tmp_path: Path) -> None:
    other = new(tmp_path)
    with largest_file(100_000), pytest.raises(TransientError, match=r"other\.sqlite cannot be written"):
        restore(other, file)
    assert restore(other, file)[0] > 0
    assert restore(other, file) == (0, 1200)


def test_what_is_there_is_never_replaced(store: Store, file: Path, tmp_path: Path) -> None:
    before = file.read_bytes()
    for there in (file, tmp_path / "store.sqlite"):
        with pytest.raises(InputError, match="exists already"):
            backup(store, there)
    assert file.read_bytes() == before
    with pytest.raises(InputError, match="There is no folder"):
        backup(store, tmp_path / "nowhere" / "a.backup")


# --- files that are no backup, or damaged


def refused(path: Path, tmp_path: Path) -> str:
    other = new(tmp_path, "refusing")
    with pytest.raises(InputError, match="is no whole backup of a store") as caught:
        restore(other, path)
    assert "eigenlead store backup" in caught.value.remedy
    assert inventory(other) == ()
    return caught.value.reason


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + bytes(5000)])
def test_another_file_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.backup"
    path.write_bytes(content)
    refused(path, tmp_path)


def test_a_missing_file_a_folder_and_a_live_store_are_refused(store: Store, tmp_path: Path) -> None:
    store.put("key", "geometry", 1, 0.0)
    refused(tmp_path / "missing", tmp_path)
    refused(tmp_path, tmp_path)
    refused(tmp_path / "store.sqlite", tmp_path)
    assert not (tmp_path / "missing").exists()


@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
def test_a_damaged_or_shortened_backup_is_refused(file: Path, share: float, tmp_path: Path) -> None:
    whole = file.read_bytes()
    at = whole.index(b"xxxx", int(share * len(whole)))  # not in the room that a page has left
    file.write_bytes(whole[:at] + bytes(4) + whole[at + 4 :])
    refused(file, tmp_path)
    file.write_bytes(whole[:at])
    refused(file, tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE results SET payload = replace(payload, '-1.5', '-1.6') WHERE key = 'key-1'",
        "UPDATE results SET payload = '{' WHERE key = 'key-900'",
        "UPDATE results SET created = 'yesterday' WHERE key = 'key-900'",
        "UPDATE results SET key = 'key-1x' WHERE key = 'key-1'",
        "UPDATE results SET wall_s = 0 WHERE key = 'key-1'",
        "DELETE FROM results WHERE key = 'key-1'",
        "DELETE FROM seal",
        "DROP TABLE seal",
        "DROP TABLE results",
    ],
)
def test_one_changed_result_breaks_the_seal(file: Path, change: str, tmp_path: Path) -> None:
    shutil.copy(file, tmp_path / "changed")
    with sqlite3.connect(tmp_path / "changed") as connection:
        assert connection.execute(change).rowcount != 0
    connection.close()
    refused(tmp_path / "changed", tmp_path)
    assert restore(new(tmp_path), file)[0] == 1200

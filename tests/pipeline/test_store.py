"""Store and content_hash: stable in every process, nothing committed is ever lost."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from postgres import Postgres, free_port, server
from processes import WRITER, go, largest_file, line, python

from molecules.species import THIOLATE
from pipeline.errors import TransientError
from pipeline.level import PROFILES
from pipeline.store import Store, content_hash

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
PARTS = "THIOLATE, PROFILES['quick'], {'b': 0.1, 'a': [1e-300, 3, None, 'π']}, {'species': 7}"
HASH = f"""
from molecules.species import THIOLATE
from pipeline.level import PROFILES
from pipeline.store import content_hash
print(content_hash({PARTS}))
"""
OPENER = """
import sys
from multiprocessing import get_context
from pipeline.store import Store
def work(url, barrier):
    barrier.wait()
    Store(url).put("key", "stage", {}, 0.0)
fork = get_context("fork")
for url in sys.argv[1:]:
    barrier = fork.Barrier(3)
    crew = [fork.Process(target=work, args=(url, barrier)) for _ in range(3)]
    for one in crew: one.start()
    for one in crew: one.join()
    if any(one.exitcode for one in crew): sys.exit("lost a race")
"""


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """A server that a test may end as it likes."""
    with server() as running:
        if running is None:
            pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
        yield running


# content_hash


@pytest.mark.parametrize("seed", ["0", "4242"])
def test_hash_is_the_same_in_another_interpreter(seed: str) -> None:
    here = content_hash(THIOLATE, PROFILES["quick"], {"a": [1e-300, 3, None, "π"], "b": 0.1}, {"species": 7})
    process = python(HASH, PYTHONHASHSEED=seed)
    assert process.communicate()[0].strip() == here
    assert len(here) == 32


@pytest.mark.parametrize("part", [{1, 2}, object(), b"x", 1j, len, THIOLATE.__class__, {"a": {1}}, {(1, 2): 3}])
def test_hash_refuses_what_has_no_stable_form(part: object) -> None:
    with pytest.raises(TypeError):
        content_hash("key", part)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_hash_refuses_what_is_no_number(number: float) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        content_hash(number)


def test_a_dataclass_hashes_as_its_fields() -> None:
    assert content_hash(THIOLATE) == content_hash(asdict(THIOLATE)) != content_hash(list(asdict(THIOLATE).values()))


@given(content=st.dictionaries(st.text(), JSON, max_size=5), data=st.data())
@settings(max_examples=60, deadline=None)
def test_hash_ignores_the_order_of_a_dict(content: dict[str, Any], data: st.DataObject) -> None:
    shuffled = dict(data.draw(st.permutations(list(content.items()))))
    assert content_hash(shuffled) == content_hash(content)


@given(first=st.lists(JSON, max_size=3), second=st.lists(JSON, max_size=3))
@settings(max_examples=100, deadline=None)
def test_hash_tells_contents_apart(first: list[Any], second: list[Any]) -> None:
    """Types too: 1, 1.0 and True are three contents. repr writes each JSON value in one way."""
    same = repr(_in_key_order(first)) == repr(_in_key_order(second))
    assert (content_hash(*first) == content_hash(*second)) == same
    assert content_hash(first) != content_hash([*first, None])


def _in_key_order(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _in_key_order(value[key]) for key in sorted(value)}
    return [_in_key_order(item) for item in value] if isinstance(value, list) else value


# Store


@given(payload=st.dictionaries(st.text(), JSON, max_size=5))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_payload_comes_back_exactly(any_store: Store, payload: dict[str, Any]) -> None:
    any_store.replace("key", "stage", payload)
    assert repr(any_store.get("key")) == repr(payload)  # 1, 1.0 and -0.0 stay what they are


def test_the_first_result_under_a_key_stays(any_store: Store) -> None:
    store = any_store
    assert store.get("key") is None
    store.put("key", "geometry", {"energy": -1.5}, 2.0)
    store.put("key", "ground_state", {"energy": 0.0}, 9.0)
    assert store.get("key") == {"energy": -1.5}
    assert store.newest("geometry", 9) == [({"energy": -1.5}, 2.0)]
    assert (store.count("geometry"), store.count("ground_state")) == (1, 0)


def test_unfinished_work_is_replaced_and_forgotten(any_store: Store) -> None:
    for step in (1, 2):
        any_store.replace("key", "checkpoint", {"step": step})
    assert any_store.get("key") == {"step": 2}
    any_store.remove("key")
    any_store.remove("key")
    assert any_store.get("key") is None


def test_results_are_found_by_key_and_by_stage_newest_first(any_store: Store) -> None:
    store = any_store
    for i in range(700):  # more keys than one SQL statement asks for
        store.put(f"k{i}", "geometry" if i % 7 else "ground_state", i, float(i))
    assert store.present(f"k{i}" for i in range(690, 1400)) == {f"k{i}" for i in range(690, 700)}
    assert store.present(f"k{i}" for i in range(1400)) == {f"k{i}" for i in range(700)}
    assert store.present([]) == set()
    assert store.newest("ground_state", 3) == [(693, 693.0), (686, 686.0), (679, 679.0)]
    assert (store.count("ground_state"), store.count("geometry"), store.count("other")) == (100, 600, 0)
    assert Store(store.url).count("geometry") == 600


def test_processes_that_write_at_once_lose_nothing(any_store: Store) -> None:
    store = any_store
    writers = [python(WRITER, store.url, name, "60") for name in "abc"]
    assert [line(writer) for writer in writers] == ["open"] * 3
    for writer in writers:
        go(writer)
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    for name in "abc":
        for i in range(60):
            assert store.get(f"{name}-{i}") == {"writer": name, "i": i}
    assert (store.count("geometry"), store.count("ground_state")) == (180, 60)
    assert {payload["writer"] for payload, _ in store.newest("ground_state", 60)} <= set("abc")


def test_processes_may_open_a_new_store_at_once(tmp_path: Path) -> None:
    """Twenty times, since one race may be won by luck."""
    opener = python(OPENER, *(f"sqlite:///{tmp_path / str(i)}.sqlite" for i in range(20)))
    opener.communicate()
    assert opener.returncode == 0


@pytest.mark.slow
def test_processes_may_open_a_new_postgresql_store_at_once(postgres: Postgres) -> None:
    opener = python(OPENER, *(f"postgresql+psycopg:{postgres.database()}" for _ in range(20)))
    opener.communicate()
    assert opener.returncode == 0


def test_sigkill_loses_nothing_that_was_put(any_store: Store) -> None:
    store = any_store
    writer = python(WRITER, store.url, "w", "1000000")
    assert line(writer) == "open"
    go(writer)
    while (done := int(line(writer))) < 20:
        pass
    writer.send_signal(signal.SIGKILL)
    done = max([done, *map(int, writer.communicate()[0].split())])
    assert writer.returncode == -signal.SIGKILL
    again = Store(store.url)
    assert [again.get(f"w-{i}") for i in range(done + 1)] == [{"writer": "w", "i": i} for i in range(done + 1)]
    again.put("after", "geometry", 1, 0.0)
    assert store.get("after") == 1


@pytest.mark.slow
@pytest.mark.parametrize("end", [Postgres.stop, Postgres.kill])
def test_writers_outlive_a_restart_of_postgresql(own_postgres: Postgres, end: Callable[[Postgres], None]) -> None:
    """Each of them waits for it, does again what was broken off, and goes on; what was put before is there."""
    store = Store(f"postgresql+psycopg:{own_postgres.database()}")
    writers = {name: python(WRITER, store.url, name, "400") for name in "ab"}
    assert [line(writer) for writer in writers.values()] == ["open"] * 2
    for writer in writers.values():
        go(writer)
    for step in ("20", "120", "220"):
        for writer in writers.values():
            while line(writer) != step:
                assert writer.poll() is None
        end(own_postgres)
        own_postgres.start()
    for writer in writers.values():
        writer.communicate()
        assert writer.returncode == 0
    assert (store.count("geometry"), store.count("ground_state")) == (800, 400)
    for name in writers:
        assert store.present(f"{name}-{i}" for i in range(400)) == {f"{name}-{i}" for i in range(400)}


@pytest.mark.slow
def test_a_postgresql_store_that_is_not_there_is_transient_and_its_password_untold(postgres: Postgres) -> None:
    with pytest.raises(TransientError, match="cannot be opened") as caught:
        Store(f"postgresql+psycopg://chemist:secret@127.0.0.1:{free_port()}/store")
    assert caught.value.may_pass
    with pytest.raises(TransientError, match="cannot be opened") as missing:
        Store(f"postgresql+psycopg://chemist:secret@127.0.0.1:{postgres.port}/missing")
    assert "does not exist" in missing.value.reason
    assert "secret" not in str(caught.value) + str(missing.value)


def test_a_full_disk_is_transient_and_costs_no_result(store: Store, tmp_path: Path) -> None:
    store.put("before", "geometry", 1, 0.0)
    with (
        largest_file(max(file.stat().st_size for file in tmp_path.iterdir())),
        pytest.raises(TransientError, match="cannot be written") as caught,
    ):
        store.put("key", "geometry", "x" * 10**6, 0.0)
    assert caught.value.may_pass
    assert "disk has room" in caught.value.remedy
    assert store.present(["before", "key"]) == {"before"}
    store.put("key", "geometry", "x" * 10**6, 0.0)  # trying again is what the error advises
    assert store.get("key") == "x" * 10**6


def test_a_read_only_store_can_be_read(store: Store) -> None:
    store.put("key", "geometry", 1, 0.0)
    locked = Store(store.url.replace("sqlite:///", "sqlite:///file:") + "?mode=ro&uri=true")
    assert locked.get("key") == 1
    with pytest.raises(TransientError, match="readonly"):
        locked.put("other", "geometry", 2, 0.0)


def test_a_store_that_cannot_be_opened_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(TransientError) as caught:
        Store(f"sqlite:///{tmp_path / 'missing' / 'store.sqlite'}")
    assert caught.value.remedy

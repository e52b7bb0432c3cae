"""Estimate: unique species, what is stored for free, workers, memory, and this machine's own speed."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from levels_small import TINY

from molecules.species import THIOLATE, cation, neutral
from pipeline.active_space import ActiveSpaceChoice
from pipeline.cost import Estimate, estimate, reference_seconds
from pipeline.descriptors import DESCRIPTORS
from pipeline.ground_state import Calculation, ground_state, ground_state_key
from pipeline.level import PROFILES
from pipeline.store import Store

QUICK = PROFILES["quick"]
SPACE = ActiveSpaceChoice(4, 4)
ALKANES = [Calculation(neutral("C" * n, f"C{n}", "gas"), SPACE) for n in range(1, 13)]
WATER = Calculation(neutral("O", "water", "water"), SPACE)


def test_a_species_is_counted_once_whoever_asks(store: Store) -> None:
    """Two acceptors, adducts and ways there share one thiolate; a name is no species; molecule and cation are two."""
    addition = DESCRIPTORS["thiol_addition"]
    wanted = [*addition.calculations("C=CC#N", "a", QUICK), *addition.calculations("C=CC=O", "b", QUICK)]
    assert estimate(wanted, QUICK, 1, 1, store).n_species == 7
    again = addition.calculations("C=CC#N", "another name", QUICK)
    assert estimate([*wanted, *again], QUICK, 1, 1, store) == estimate(wanted, QUICK, 1, 1, store)
    assert [one.species for one in wanted].count(THIOLATE) == 2
    ions = [ALKANES[0], Calculation(cation(ALKANES[0].species), replace(SPACE, n_electrons=3))]
    assert estimate(ions, QUICK, 1, 1, store).n_species == 2


def test_what_is_stored_is_free(store: Store) -> None:
    both = estimate([WATER, ALKANES[1]], TINY, 1, 1, store)
    ground_state(WATER, TINY, 1, store)
    left = estimate([WATER, ALKANES[1]], TINY, 1, 1, store)
    assert (both.n_stored, left.n_species, left.n_stored) == (0, 2, 1)
    assert left.core_seconds == estimate([ALKANES[1]], TINY, 1, 1, store).core_seconds < both.core_seconds
    done = estimate([WATER], TINY, 1, 1, store)
    assert (done.n_stored, done.core_seconds, done.wall_seconds) == (1, 0.0, 0.0)
    assert estimate([WATER], TINY, 2, 1, store).n_stored == 0  # another seed, another result


def test_what_only_xtb_computes_costs_next_to_nothing(store: Store) -> None:
    whole = Calculation(ALKANES[11].species, None)
    cost = estimate([whole, ALKANES[0]], QUICK, 1, 1, store)
    assert cost.core_seconds < estimate([ALKANES[0], ALKANES[11]], QUICK, 1, 1, store).core_seconds / 2
    assert cost.largest.startswith("C1,")


def test_nothing_costs_nothing(store: Store) -> None:
    nothing = estimate([], QUICK, 1, 4, store)
    assert (nothing.n_species, nothing.core_seconds, nothing.wall_seconds, nothing.largest) == (0, 0.0, 0.0, "none")


@given(sizes=st.lists(st.sampled_from(range(12)), min_size=1, unique=True), workers=st.integers(1, 16))
@settings(deadline=None)
def test_more_workers_are_never_slower(sizes: list[int], workers: int) -> None:
    store = Store("sqlite://")
    one, some, more = (estimate([ALKANES[i] for i in sizes], QUICK, 1, n, store) for n in (1, workers, workers + 1))
    longest = max(reference_seconds(ALKANES[i], QUICK) for i in sizes)
    assert one.wall_seconds == pytest.approx(one.core_seconds) == pytest.approx(more.core_seconds)
    assert max(longest, one.core_seconds / (workers + 1)) <= more.wall_seconds + 1e-9
    assert more.wall_seconds <= some.wall_seconds + 1e-9
    assert some.wall_seconds <= one.wall_seconds + 1e-9


def test_the_largest_species_does_not_wait_for_the_small_ones(store: Store) -> None:
    small_first = [ALKANES[0], ALKANES[1], ALKANES[11]]
    assert estimate(small_first, QUICK, 1, 2, store).wall_seconds == reference_seconds(ALKANES[11], QUICK)


@pytest.mark.parametrize("density_fit", [True, False])
def test_memory_and_time_grow_with_the_molecule(density_fit: bool, store: Store) -> None:
    def cost(*chosen: Calculation) -> Estimate:
        return estimate(chosen, replace(QUICK, density_fit=density_fit), 1, 1, store)

    single = [cost(alkane) for alkane in ALKANES]
    for smaller, larger in pairwise(single):
        assert smaller.gigabytes_per_worker < larger.gigabytes_per_worker
        assert smaller.core_seconds < larger.core_seconds
    assert cost(*ALKANES).gigabytes_per_worker == single[-1].gigabytes_per_worker
    assert cost(*ALKANES).largest.startswith("C12, ")


def test_a_higher_level_and_an_open_shell_cost_more(store: Store) -> None:
    costs = [estimate(ALKANES, level, 1, 1, store).core_seconds for level in PROFILES.values()]
    assert costs == sorted(costs)
    assert costs[0] < costs[-1]
    assert reference_seconds(replace(WATER, species=cation(WATER.species)), QUICK) > reference_seconds(WATER, QUICK)


def test_the_machines_speed_is_learned_from_its_own_results(store: Store) -> None:
    """The median of at least five results of this basis; one that waited for a suspended laptop changes nothing."""
    ground_state(WATER, TINY, 1, store)
    payload = store.get(ground_state_key(WATER, TINY, 1)) or {}
    fresh = Store("sqlite://")

    def add(key: str, factor: float) -> None:
        seconds = factor * reference_seconds(WATER, TINY)
        spent = {"geometry": seconds / 4, "vqe": 3 * seconds / 4}
        fresh.put(key, "ground_state", {**payload, "wall_s": spent}, seconds)

    before = estimate(ALKANES, TINY, 1, 1, fresh)
    for i in range(4):
        add(f"k{i}", 3.0)
    assert estimate(ALKANES, TINY, 1, 1, fresh) == before
    assert before.machine_factor == 1.0
    add("k4", 1000.0)
    after = estimate(ALKANES, TINY, 1, 1, fresh)
    assert after.machine_factor == pytest.approx(3.0)
    assert after.core_seconds == pytest.approx(3 * before.core_seconds)
    assert estimate(ALKANES, QUICK, 1, 1, fresh).machine_factor == 1.0

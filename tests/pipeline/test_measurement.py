"""Grouped measurement: nothing is lost, nothing is biased, and errors are as large as they are said to be."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from molecules_small import active_space
from qiskit.quantum_info import Operator, SparsePauliOp, Statevector

from pipeline.circuits.measurement import Group, allocate, estimate, groups, rotation_groups, shots_needed, spreads
from pipeline.circuits.prepare import Prepared, prepared

GROUPINGS = ["qubit-wise", "commuting", "basis-rotation"]


@cache
def _state(name: str) -> Prepared:
    return prepared(active_space(name)[0], "uccsd", "jordan-wigner")


@cache
def _groups(name: str, grouping: str) -> tuple[Group, ...]:
    if grouping == "basis-rotation":
        return rotation_groups(active_space(name)[0])
    return groups(_state(name).observable, grouping)  # type: ignore[arg-type]


@pytest.mark.parametrize("grouping", GROUPINGS)
def test_the_groups_are_the_whole_hamiltonian(grouping: str) -> None:
    """As operators, on all states; the rotated ones to what the factorisation leaves out."""
    whole = _state("H2").observable.to_matrix()
    total = np.zeros_like(whole)
    for group in _groups("H2", grouping):
        change = Operator(group.basis_change).data
        assert not group.diagonal.paulis.x.any()
        total += change.conj().T @ group.diagonal.to_matrix() @ change
    assert np.abs(total - whole).max() < 1e-7


@pytest.mark.parametrize("grouping", GROUPINGS)
def test_estimates_are_unbiased(grouping: str) -> None:
    """The mean over the exact probabilities of all bitstrings is the energy."""
    state = Statevector(_state("H2O (4e,4o)").circuit)
    parts = _groups("H2O (4e,4o)", grouping)
    chances = [state.evolve(group.basis_change).probabilities_dict() for group in parts]
    mean, _ = estimate(parts, chances)  # type: ignore[arg-type]
    assert mean == pytest.approx(_state("H2O (4e,4o)").ansatz_hartree, abs=1e-7)


@pytest.mark.parametrize("grouping", GROUPINGS)
def test_standard_errors_are_those_of_the_state_and_of_the_scatter(grouping: str) -> None:
    """Of 200 estimates: their scatter, the mean of the errors that they state, and what is known before running."""
    state = Statevector(_state("H2").circuit)
    parts = _groups("H2", grouping)
    one_shot = spreads(parts, state)
    shots = allocate(one_shot, 2000)
    known = np.sqrt(sum(sigma**2 / n for sigma, n in zip(one_shot, shots, strict=True)))
    random = np.random.default_rng(0)
    chances = [state.evolve(group.basis_change).probabilities() for group in parts]
    estimates = []
    for _ in range(200):
        drawn = [random.multinomial(n, chance / chance.sum()) for n, chance in zip(shots, chances, strict=True)]
        counts = [{f"{k:04b}": int(n) for k, n in enumerate(found) if n} for found in drawn]
        estimates.append(estimate(parts, counts))
    values, errors = np.array(estimates).T
    assert np.std(values) == pytest.approx(known, rel=0.15)
    assert np.sqrt(np.mean(errors**2)) == pytest.approx(known, rel=0.1)
    inside = np.abs(values - _state("H2").ansatz_hartree) < 1.96 * errors
    assert 0.90 <= inside.mean() <= 0.99


def test_strings_of_a_group_commute_as_asked() -> None:
    """And every string is in one group, with its coefficient."""
    observable = _state("H2O (4e,4o)").observable
    for kind in ("qubit-wise", "commuting"):
        parts = groups(observable, kind)  # type: ignore[arg-type]
        assert sum(len(group.diagonal) for group in parts) == len(observable)
        assert sum((group.diagonal.coeffs.real**2).sum() for group in parts) == pytest.approx(
            (observable.coeffs.real**2).sum()
        )
        if kind == "qubit-wise":
            assert all(group.basis_change.num_nonlocal_gates() == 0 for group in parts)


def test_a_spread_is_the_square_root_of_the_variance_of_the_operator() -> None:
    state = Statevector(_state("H2O (4e,4o)").circuit)
    parts = _groups("H2O (4e,4o)", "commuting")
    for group, sigma in zip(parts, spreads(parts, state), strict=True):
        rotated = state.evolve(group.basis_change)
        mean = rotated.expectation_value(group.diagonal).real
        square = rotated.expectation_value((group.diagonal @ group.diagonal).simplify()).real
        assert sigma == pytest.approx(np.sqrt(max(square - mean**2, 0)), abs=1e-7)


def test_more_commuting_terms_share_fewer_circuits_and_shots() -> None:
    state = Statevector(_state("H2O (4e,4o)").circuit)
    apart, together = (_groups("H2O (4e,4o)", grouping) for grouping in ("qubit-wise", "commuting"))
    assert len(together) < len(apart) < len(_state("H2O (4e,4o)").observable)
    assert shots_needed(spreads(together, state)) < shots_needed(spreads(apart, state))


def test_shots_are_all_given_out_and_best_in_proportion() -> None:
    one_shot = np.array([0.3, 0.1, 0.0, 0.05])
    shots = allocate(one_shot, 10_000)
    assert sum(shots) == 10_000
    assert min(shots) == 2
    assert shots[0] / shots[1] == pytest.approx(3, rel=0.01)
    error = np.sqrt(sum(sigma**2 / n for sigma, n in zip(one_shot, shots, strict=True)))
    assert shots_needed(one_shot, error) == pytest.approx(10_000, rel=0.01)
    assert allocate(np.zeros(2), 10) == (5, 5)
    assert allocate(one_shot, 1) == (2, 2, 2, 2)


def test_a_constant_needs_no_luck() -> None:
    parts = groups(SparsePauliOp(["II"], [0.25]), "commuting")
    assert estimate(parts, [{"00": 5, "11": 5}]) == (0.25, 0.0)

"""Measurement: groups of the Hamiltonian that one circuit measures, and how many shots each needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, inf
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.quantum_info import PauliList, SparsePauliOp, Statevector

from pipeline.circuits.diagonalise import diagonalising
from pipeline.hamiltonian import Hamiltonian

Kind = Literal["qubit-wise", "commuting"]
"""Which terms share a group: those that commute on every qubit, or all that commute."""
Vector = NDArray[np.float64]
CHEMICAL_ACCURACY_HARTREE = 1.6e-3
"""1 kcal/mol."""
_LEAST_SHOTS = 2
"""Of a group, so that its scatter can be seen."""
_ZERO = 1e-10
_DF_TOLERANCE = 1e-8
"""Hartree, of an integral."""


@dataclass(frozen=True, eq=False, slots=True)
class Group:
    """A part of the Hamiltonian that is diagonal in one basis."""

    basis_change: QuantumCircuit
    """Acts on the state; all qubits are then measured."""
    diagonal: SparsePauliOp
    """Of I and Z: what the bitstrings are worth, hartree."""

    def values(self, bits: NDArray[np.integer]) -> Vector:
        """Energy of each bitstring in hartree; bit q of an integer is qubit q."""
        total = np.zeros(len(bits))
        weights = 1 << np.arange(self.diagonal.num_qubits, dtype=np.int64)
        for z, coefficient in zip(self.diagonal.paulis.z, self.diagonal.coeffs.real, strict=True):
            total += coefficient * (1 - 2 * (np.bitwise_count(bits & int(z @ weights)) & 1).astype(float))
        return total


def groups(observable: SparsePauliOp, kind: Kind) -> tuple[Group, ...]:
    """The Pauli strings in groups; the constant is in the first.

    Sorted insertion: from the largest coefficient on, each string joins the first group that it fits.

    Source: Crawford, van Straaten, Wang, Parks, Campbell, Brierley, Quantum 5, 385 (2021).
    """
    observable = observable.simplify()
    order = np.argsort(-np.abs(observable.coeffs), kind="stable")
    identity = ~(observable.paulis.z | observable.paulis.x).any(axis=1)
    order = np.concatenate([order[identity[order]], order[~identity[order]]])
    paulis, coefficients = observable.paulis[order], observable.coeffs[order]
    fits = _compatible(paulis, kind)
    open_to: NDArray[np.bool_] = np.zeros((0, len(paulis)), dtype=bool)  # whether a group takes a string
    members: list[list[int]] = []
    for k in range(len(paulis)):
        taking = np.flatnonzero(open_to[:, k])
        if len(taking):
            members[taking[0]].append(k)
            open_to[taking[0]] &= fits[k]
        else:
            members.append([k])
            open_to = np.vstack([open_to, fits[k]])
    return tuple(_diagonalised(paulis[chosen], coefficients[chosen]) for chosen in members)


def rotation_groups(hamiltonian: Hamiltonian) -> tuple[Group, ...]:
    """The Hamiltonian as sums of n_p n_q in rotated orbitals, on the qubits of Jordan–Wigner.

    The two-electron integrals are factorised twice; the first group is the one-electron part and the constant. Every
    basis change is a network of Givens rotations between neighbouring qubits.

    Source: Huggins, McClean, Rubin, Jiang, Wiebe, Whaley, Babbush, npj Quantum Inf. 7, 23 (2021).
    """
    from ffsim.linalg import double_factorized  # takes a second

    n, g = hamiltonian.n_orbitals, hamiltonian.two_body
    energies, rotation = np.linalg.eigh(hamiltonian.one_body - 0.5 * np.einsum("prrq->pq", g))
    found = [_rotated(rotation, hamiltonian.constant, energies, np.zeros((n, n)))]
    coulombs, rotations = double_factorized(g, tol=_DF_TOLERANCE)
    found += [_rotated(u, 0.0, np.zeros(n), j) for j, u in zip(coulombs, rotations, strict=True)]
    return tuple(found)


def spreads(parts: Sequence[Group], state: Statevector) -> Vector:
    """Standard deviation of one shot of each group, hartree."""
    bits = np.arange(state.dim)
    found = []
    for group in parts:
        chance = state.evolve(group.basis_change).probabilities()
        values = group.values(bits)
        mean = chance @ values
        found.append(np.sqrt(chance @ (values - mean) ** 2))
    return np.array(found)


def shots_needed(one_shot: Vector, standard_error_hartree: float = CHEMICAL_ACCURACY_HARTREE) -> int:
    """Shots in all, shared out by `allocate`, until the energy's standard error is so small: (Σσ)² / ε².

    Args:
        one_shot: standard deviations as `spreads` gives them.
        standard_error_hartree: one standard deviation of the energy.
    """
    return ceil((float(one_shot.sum()) / standard_error_hartree) ** 2)


def allocate(one_shot: Vector, shots: int) -> tuple[int, ...]:
    """Shots for each group in proportion to its standard deviation, which makes the energy's variance least.

    They sum to `shots`, but each group gets two at least.

    Source: Rubin, Babbush, McClean, New J. Phys. 20, 053020 (2018).
    """
    total = one_shot.sum()
    weights = one_shot / total if total > _ZERO else np.full(len(one_shot), 1 / len(one_shot))
    free = max(0, shots - _LEAST_SHOTS * len(one_shot))
    ideal = weights * shots
    above = np.maximum(ideal - _LEAST_SHOTS, 0.0)
    share = above * (free / above.sum()) if above.sum() else np.full(len(one_shot), free / len(one_shot))
    whole = np.floor(share).astype(int)
    whole[np.argsort(whole - share, kind="stable")[: free - whole.sum()]] += 1
    return tuple(int(k) + _LEAST_SHOTS for k in whole)


def estimate(parts: Sequence[Group], counts: Sequence[Mapping[str, int]]) -> tuple[float, float]:
    """Energy and its standard error in hartree, from each group's bitstrings (qubit 0 is the last letter)."""
    value = variance = 0.0
    for group, found in zip(parts, counts, strict=True):
        energies = group.values(np.array([int(bits, 2) for bits in found], dtype=np.int64))
        often = np.array(list(found.values()), dtype=float)
        shots = often.sum()
        mean = often @ energies / shots
        value += mean
        variance += often @ (energies - mean) ** 2 / (shots - 1) / shots if shots > 1 else inf
    return float(value), float(np.sqrt(variance))


def _compatible(paulis: PauliList, kind: Kind) -> NDArray[np.bool_]:
    """Which strings may share a group, (n, n)."""
    x, z = paulis.x.astype(np.float32), paulis.z.astype(np.float32)
    if kind == "commuting":
        return np.asarray(((x @ z.T + z @ x.T) % 2) == 0)
    y = x * z
    only_x, only_z = x - y, z - y
    clashes = only_x @ (only_z + y).T + only_z @ (only_x + y).T + y @ (only_x + only_z).T
    return np.asarray(clashes == 0)


def _diagonalised(paulis: PauliList, coefficients: NDArray[np.complex128]) -> Group:
    circuit, diagonal = diagonalising(paulis)
    return Group(circuit, SparsePauliOp(diagonal, coefficients).simplify())


def _rotated(rotation: NDArray[np.float64], constant: float, one_body: Vector, coulomb: NDArray[np.float64]) -> Group:
    """A group of constant + Σ one_body_p n_p + ½ Σ coulomb_pq n_p n_q in the orbitals of `rotation`."""
    import ffsim.qiskit

    n = len(rotation)
    circuit = QuantumCircuit(2 * n)
    circuit.append(ffsim.qiskit.OrbitalRotationJW(n, rotation.conj().T), range(2 * n))
    one, two = np.tile(one_body, 2), np.tile(coulomb, (2, 2))
    terms: list[tuple[str, list[int], float]] = [("", [], constant + one.sum() / 2 + two.sum() / 8 + np.trace(two) / 8)]
    terms += [("Z", [p], -one[p] / 2 - two[p].sum() / 4) for p in range(2 * n)]
    terms += [("ZZ", [p, q], two[p, q] / 4) for p in range(2 * n) for q in range(p)]
    return Group(circuit.decompose(), SparsePauliOp.from_sparse_list(terms, 2 * n).simplify())

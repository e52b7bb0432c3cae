"""FaultTolerant: what an error-corrected quantum computer would need for the ground state of an active space."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.hamiltonian import Hamiltonian

ERROR_HARTREE = 1e-3
"""Of phase estimation, one standard deviation."""
THRESHOLD = 1.25e-3
"""Truncation of the second factorisation, as for FeMoco in Lee et al."""
_COEFFICIENT_BITS = 10
_ROTATION_BITS = 16
_PREPARATION_BITS = 7
"""Of the rotation in the second state preparation."""
_FIRST_STEPS = 20_000


@dataclass(frozen=True, slots=True)
class FaultTolerant:
    """Phase estimation by qubitisation of the double-factorised Hamiltonian, once, to `ERROR_HARTREE`.

    von Burg et al., Phys. Rev. Research 3, 033055 (2021), as costed by Lee et al., PRX Quantum 2, 030305 (2021),
    appendix C. Left out: how a state with enough overlap is prepared, and the repetitions that its overlap asks for.
    """

    logical_qubits: int
    """Of the active space and all ancillas."""
    toffolis: int
    norm_hartree: float
    """The one-norm λ: the number of steps is π λ / (2 `ERROR_HARTREE`)."""
    rank: int
    """Terms of the first factorisation."""
    n_eigenvectors: int
    """Terms of the second."""


@dataclass(frozen=True, slots=True)
class Physical:
    """A surface code with an error of 1e-3 a gate and a cycle of 1 µs."""

    qubits: int
    seconds: float


def fault_tolerant(hamiltonian: Hamiltonian) -> FaultTolerant:
    """The estimate for a Hamiltonian; its integrals are factorised here, which takes O(n^6) steps for n orbitals."""
    factors = _double_factors(hamiltonian.two_body)
    # one-body part of the Majorana form
    exchange = np.einsum("prrq->pq", hamiltonian.two_body)
    coulomb = np.einsum("pqrr->pq", hamiltonian.two_body)
    one_body = np.linalg.eigvalsh(hamiltonian.one_body - exchange / 2 + coulomb)
    norm = float(np.abs(one_body).sum() + sum(np.abs(one).sum() ** 2 for one in factors) / 4)
    rank, n_eigenvectors = len(factors), sum(len(one) for one in factors)
    size = hamiltonian.n_qubits, norm, rank, n_eigenvectors
    step, _, _ = cost(*size, _FIRST_STEPS)
    _, toffolis, qubits = cost(*size, step)
    return FaultTolerant(qubits, toffolis, norm, rank, n_eigenvectors)


def physical(estimate: FaultTolerant) -> Physical | None:
    """The cheapest layout of qubits × time in a surface code; None where none of those known suffices.

    Gidney and Fowler's factories, Quantum 3, 135 (2019), four side by side, as OpenFermion costs them.
    """
    from openfermion.resource_estimates.surface_code_compilation.physical_costing import cost_estimator

    layout, _ = cost_estimator(estimate.logical_qubits, estimate.toffolis)
    return None if layout is None else Physical(int(layout.physical_qubit_count), layout.duration.total_seconds())


def cost(n: int, norm: float, rank: int, n_eigenvectors: int, steps: int) -> tuple[int, int, int]:
    """Toffolis of one step, of all steps, and logical qubits: Lee et al., appendix C, eqs. C29 to C40.

    Where a table (QROM) has fewer entries than bits in each, it is read one entry at a time, which their formula for
    large molecules leaves out.

    Args:
        n: spin orbitals.
        norm: λ in hartree.
        rank: terms of the first factorisation.
        n_eigenvectors: terms of the second.
        steps: Toffolis of one step, roughly; the precision of one rotation is chosen with it.
    """
    first, all_entries = rank + 1, n_eigenvectors + n // 2
    bits_first, bits_orbital, bits_entry = _bits(first), _bits(n // 2), _bits(all_entries)
    even = (first & -first).bit_length() - 1  # the power of two in it
    half_turns = 2 * (3 * bits_first + 2 * _rotation_bits(first, bits_first, steps) - 3 * even - 9)
    output = bits_orbital + bits_entry + _PREPARATION_BITS + 1
    second = bits_orbital + _COEFFICIENT_BITS + 2
    angles = n * _ROTATION_BITS // 2
    prepare_first = (
        half_turns + _read(first, bits_first + _COEFFICIENT_BITS) + _erase(first) + 2 * (_COEFFICIENT_BITS + bits_first)
    )
    offsets = _read(first, output) + _erase(first)
    prepare_second = (
        4 * (7 * bits_orbital + 2 * _PREPARATION_BITS - 6)
        + 4 * (bits_entry - 1)
        + sum(_read(size, second) + _erase(size) for size in (all_entries, n_eigenvectors))
        + 4 * (bits_orbital + _COEFFICIENT_BITS)
    )
    rotate = (
        4 * (bits_entry - 1)
        + sum(_read(size, angles) + _erase(size) for size in (all_entries, n_eigenvectors))
        + 2 * n
        + 4 * n * (_ROTATION_BITS - 2)
        + 3
    )
    reflect = (bits_orbital + _COEFFICIENT_BITS + 2) + (bits_first + bits_orbital + _COEFFICIENT_BITS + 1) + 2
    step = prepare_first + offsets + prepare_second + rotate + reflect
    n_steps = math.ceil(math.pi * norm / (2 * ERROR_HARTREE))
    qubits = (
        2 * math.ceil(math.log2(n_steps + 1))
        - 1
        + n
        + (bits_first + 2)
        + (bits_first + 2 * _COEFFICIENT_BITS + 1)
        + output
        + (bits_orbital + 2)
        + second
        + (_COEFFICIENT_BITS + 1)
        + (angles << _log_width(all_entries, angles))
        + _ROTATION_BITS
        + 2
    )
    return step, step * n_steps, qubits


def _double_factors(two_body: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Eigenvalues of each L in (pq|rs) = Σ L_pq L_rs; without those that times their sum are below `THRESHOLD`."""
    n = len(two_body)
    weights, vectors = np.linalg.eigh(two_body.reshape(n * n, n * n))
    factors = []
    for weight, vector in zip(weights[::-1], vectors.T[::-1], strict=True):
        if weight <= 0.0:
            break
        matrix = math.sqrt(weight) * vector.reshape(n, n)
        values = np.linalg.eigvalsh((matrix + matrix.T) / 2)
        kept = values[np.abs(values) * np.abs(values).sum() > THRESHOLD]
        if not len(kept):
            break
        factors.append(kept)
    return factors


def _bits(count: int) -> int:
    return math.ceil(math.log2(count)) if count > 1 else 0


def _log_width(entries: int, bits: int) -> int:
    """log2 of the number of entries that a table reads at once, at the least cost."""
    widths = range(_bits(entries) + 1)
    return min(widths, key=lambda width: _read_cost(entries, bits, width))


def _read_cost(entries: int, bits: int, width: int) -> int:
    return math.ceil(entries / (1 << width) + bits * ((1 << width) - 1))


def _read(entries: int, bits: int) -> int:
    return _read_cost(entries, bits, _log_width(entries, bits))


def _erase(entries: int) -> int:
    return min(math.ceil(entries / (1 << width) + (1 << width)) for width in range(_bits(entries) + 1))


def _rotation_bits(first: int, bits_first: int, steps: int) -> int:
    """Bits of the rotation in preparing an equal superposition: more cost Toffolis, fewer make it fail.

    A share of the amplitude of all bits is on the `first` numbers; turned to one half, one round amplifies it to one.
    """
    share = math.sqrt(first / 2**bits_first)
    best, least = 1, math.inf
    for bits in range(1, 21):
        turn = 2 * math.pi / 2**bits
        angle = round(math.acos(min(1.0, 1 / (2 * share))) / turn) * turn
        success = math.sin(3 * math.asin(math.cos(angle) * share)) ** 2
        total = steps * (1 / success - 1) + 4 * bits if success > 0 else math.inf
        if total < least:
            best, least = bits, total
    return best

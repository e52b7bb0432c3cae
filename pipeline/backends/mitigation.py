"""Mitigation: what takes the noise of a device out of a measured energy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray
from qiskit import ClassicalRegister, QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

from pipeline.backends.backend import Compiled, Counts
from pipeline.errors import InputError

Step = Literal["readout", "symmetry", "zne"]
"""In the order in which they act."""
Symmetries = Sequence[tuple[SparsePauliOp, float]]
"""Diagonal operators, such as the number of alpha electrons, and the values that the state has."""
MOST_PROJECTED_QUBITS = 10
_LEAST_CONTRAST = 0.1
_ZERO = 1e-10


def steps(names: Sequence[str]) -> tuple[Step, ...]:
    """Mitigation steps by their names, in the order in which they act.

    Raises:
        InputError: no step has this name.
    """
    for name in names:
        if name not in get_args(Step):
            raise InputError(f"There is no mitigation {name!r}.", f"Use some of {', '.join(get_args(Step))}.")
    return tuple(cast("Step", name) for name in get_args(Step) if name in names)


@dataclass(frozen=True, eq=False, slots=True)
class Calibration:
    """How each qubit is misread, measured on |0…0⟩ and |1…1⟩. Errors of different qubits count as independent."""

    wrong: NDArray[np.float64]
    """(n_qubits, 2) how often 0 is read as 1, and 1 as 0."""
    shots: int
    """Of each of the two circuits."""

    @classmethod
    def of(cls, zeros: Counts, ones: Counts) -> Calibration:
        """From the bitstrings read on |0…0⟩ and on |1…1⟩."""
        wrong = [_share_of_ones(zeros), 1 - _share_of_ones(ones)]
        return cls(np.array(wrong).T, sum(zeros.values()))

    @property
    def variances(self) -> NDArray[np.float64]:
        """(n_qubits, 2) of `wrong`; by Laplace's rule, so that errors never seen keep some."""
        p = (self.wrong * self.shots + 1) / (self.shots + 2)
        return p * (1 - p) / self.shots

    def readings(self) -> NDArray[np.float64]:
        """(n_qubits, 2) what reading 0 or 1 says about Z: (1, −1) under the inverse confusion matrix.

        Raises:
            InputError: a qubit's readings hardly depend on its state.
        """
        return readings(self.wrong)


def readings(wrong: NDArray[np.float64]) -> NDArray[np.float64]:
    """As `Calibration.readings`."""
    false_one, false_zero = wrong.T
    contrast = 1 - false_one - false_zero
    if contrast.min() < _LEAST_CONTRAST:
        raise InputError("A qubit's readout is close to random.", "Choose another device.")
    difference = false_zero - false_one
    return np.stack([(1 - difference) / contrast, (-1 - difference) / contrast], axis=1)


def calibration_circuits(compiled: Compiled) -> tuple[QuantumCircuit, QuantumCircuit]:
    """|0…0⟩ and |1…1⟩ on the qubits where the state is read."""
    zeros = QuantumCircuit(*compiled.circuit.qregs, ClassicalRegister(len(compiled.places), "b"))
    ones = zeros.copy()
    ones.x(compiled.places)
    for circuit in (zeros, ones):
        circuit.measure(compiled.places, range(len(compiled.places)))
    return zeros, ones


def folded(circuit: QuantumCircuit, scale: int) -> QuantumCircuit:
    """The circuit with each two-qubit gate G as G (G† G)^k, scale = 2k + 1: the same unitary, their noise scaled up.

    Local unitary folding (Giurgica-Tiron et al., arXiv:2005.10921), done here on native gates: Mitiq's goes through
    Cirq and would change the gates on single qubits.
    """
    result = circuit.copy_empty_like()
    for instruction in circuit.data:
        result.append(instruction)
        if len(instruction.qubits) == 2 and instruction.name != "barrier":
            for _ in range((scale - 1) // 2):
                result.append(instruction.operation.inverse(), instruction.qubits)
                result.append(instruction)
    return result


def extrapolation(scales: Sequence[int]) -> NDArray[np.float64]:
    """Weights of the values at these noise scales that add up to the value at zero noise (Richardson, by Mitiq)."""
    try:
        from mitiq.zne.inference import RichardsonFactory
    except ImportError:
        raise InputError("Zero-noise extrapolation needs Mitiq.", "pip install 'eigenlead[mitigation]'") from None
    unit = np.eye(len(scales))
    return np.array([float(RichardsonFactory.extrapolate(list(scales), list(row))) for row in unit])


def projected(observable: SparsePauliOp, symmetries: Symmetries) -> tuple[SparsePauliOp, SparsePauliOp]:
    """H M and M, where M projects onto the states with the symmetries' values: ⟨H M⟩ / ⟨M⟩ is the verified energy.

    Where M can be read together with a term this is post-selection; it serves the other terms as well. Source:
    Bonet-Monroig, Sagastizabal, Singh, O'Brien, Phys. Rev. A 98, 062339 (2018).

    Raises:
        InputError: too many qubits, or no symmetry of this Hamiltonian.
    """
    n = observable.num_qubits
    if not symmetries:
        raise InputError("No symmetry of this state is known.", "Leave the mitigation symmetry out.")
    if n > MOST_PROJECTED_QUBITS:
        raise InputError(
            f"Projecting onto symmetries on {n} qubits needs too many terms.",
            f"Leave the mitigation symmetry out, or choose a space of at most {MOST_PROJECTED_QUBITS} qubits.",
        )
    inside = np.ones(2**n)
    for operator, value in symmetries:
        inside *= np.isclose(_diagonal(operator), value)
    coefficients = _walsh_hadamard(inside) / 2**n
    kept = np.flatnonzero(np.abs(coefficients) > _ZERO)
    labels = ["".join("Z" if mask >> q & 1 else "I" for q in reversed(range(n))) for mask in kept.tolist()]
    projector = SparsePauliOp(labels, coefficients[kept])
    product = (observable @ projector).simplify(atol=_ZERO)
    if np.abs(product.coeffs.imag).max(initial=0) > 1e-8:
        raise InputError("The Hamiltonian does not keep this symmetry.", "Leave the mitigation symmetry out.")
    return product, projector


def _share_of_ones(counts: Counts) -> NDArray[np.float64]:
    bits = np.array([[int(bit) for bit in reversed(string)] for string in counts])
    often = np.array(list(counts.values()), dtype=float)
    shares: NDArray[np.float64] = often @ bits / often.sum()
    return shares


def _diagonal(operator: SparsePauliOp) -> NDArray[np.float64]:
    """Eigenvalues of a sum of products of Z over the bitstrings."""
    strings = np.arange(2**operator.num_qubits)
    values = np.zeros(len(strings))
    for pauli, coefficient in zip(operator.paulis, operator.coeffs, strict=True):
        mask = sum(1 << int(q) for q in np.flatnonzero(pauli.z))
        values += coefficient.real * (1 - 2.0 * (np.bitwise_count(strings & mask) & 1))
    return values


def _walsh_hadamard(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Σ_b (−1)^(mask·b) values(b) for each mask."""
    result = values.copy()
    step = 1
    while step < len(result):
        pairs = result.reshape(-1, 2, step)
        result = np.stack([pairs[:, 0] + pairs[:, 1], pairs[:, 0] - pairs[:, 1]], axis=1).ravel()
        step *= 2
    return result

"""Settings: which bases to measure a Hamiltonian in, and what the bitstrings say about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from qiskit import ClassicalRegister, QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

from pipeline.backends.backend import Compiled, Counts

Vector = NDArray[np.float64]
IDEAL = np.array([1.0, -1.0])
"""What reading 0 or 1 says about Z where readout is right."""
_ZERO = 1e-12


@dataclass(frozen=True, eq=False, slots=True)
class Setting:
    """One circuit's worth of commuting terms: they commute qubit by qubit."""

    basis: str
    """Pauli letters, qubit 0 last; I where any basis does."""
    supports: NDArray[np.bool_]
    """(n_terms, n_qubits) the qubits whose readings multiply to a term."""
    coefficients: Vector
    """(n_terms, n_observables)."""

    @property
    def spread(self) -> float:
        """Standard deviation of one shot in the maximally mixed state: shots are shared out knowing no state."""
        return float(np.sqrt(np.sum(self.coefficients**2)))


def settings(observables: Sequence[SparsePauliOp]) -> tuple[Vector, tuple[Setting, ...]]:
    """The constants of observables, and settings that measure all their other terms.

    Terms join, from the largest on, the first setting that they commute with qubit by qubit.
    """
    coefficients: dict[str, Vector] = {}
    for k, observable in enumerate(observables):
        for label, coefficient in observable.to_list():
            coefficients.setdefault(label, np.zeros(len(observables)))[k] += coefficient.real
    n_qubits = observables[0].num_qubits
    constants = coefficients.pop("I" * n_qubits, np.zeros(len(observables)))
    labels = [label for label, c in coefficients.items() if np.abs(c).max() > _ZERO]
    labels.sort(key=lambda label: (-np.abs(coefficients[label]).max(), label))
    bases = np.zeros((len(labels), n_qubits), dtype=np.uint8)  # letters; 0 where it is free
    members: list[list[str]] = []
    for label in labels:
        letters = np.frombuffer(label.replace("I", "\0").encode(), dtype=np.uint8)
        known = bases[: len(members)]
        fits = ((known == letters) | (known == 0) | (letters == 0)).all(axis=1)
        at = int(fits.argmax()) if fits.any() else len(members)
        if at == len(members):
            members.append([])
        members[at].append(label)
        bases[at] |= letters
    return constants, tuple(
        Setting(
            basis=bytes(basis).decode().replace("\0", "I"),
            supports=np.array([[letter != "I" for letter in reversed(label)] for label in group]),
            coefficients=np.array([coefficients[label] for label in group]),
        )
        for basis, group in zip(bases, members, strict=False)
    )


def measured_circuit(compiled: Compiled, basis: str) -> QuantumCircuit:
    """The compiled circuit, then a change of basis and a measurement of each qubit of the state."""
    circuit = QuantumCircuit(*compiled.circuit.qregs, ClassicalRegister(len(basis), "b"))
    circuit.compose(compiled.circuit, compiled.circuit.qubits, inplace=True)
    for q, letter in enumerate(reversed(basis)):
        if letter == "Y":
            circuit.sdg(compiled.places[q])
        if letter in "XY":
            circuit.h(compiled.places[q])
    circuit.measure(compiled.places, range(len(basis)))
    return circuit


def share_out(spreads: Sequence[float], shots: int) -> tuple[int, ...]:
    """Shots for each, in proportion to standard deviations, which makes the variance of the sum least; at least two."""
    weights = np.array(spreads) / sum(spreads)
    return tuple(int(n) for n in np.maximum(2, np.floor(weights * shots)))


def moments(parts: Sequence[Setting], counts: Sequence[Counts], readings: Vector) -> tuple[Vector, NDArray[np.float64]]:
    """Means of the observables without their constants, and the covariance of these means.

    Args:
        parts: settings.
        counts: of each.
        readings: (n_qubits, 2) what reading 0 or 1 says about Z of each qubit.
    """
    n_observables = parts[0].coefficients.shape[1]
    means, covariance = np.zeros(n_observables), np.zeros((n_observables, n_observables))
    for part, found in zip(parts, counts, strict=True):
        bits = np.array([[int(bit) for bit in reversed(string)] for string in found])
        often = np.array(list(found.values()), dtype=float)
        read = readings[np.arange(bits.shape[1]), bits]  # (n_strings, n_qubits)
        terms = np.where(part.supports, read[:, None, :], 1.0).prod(axis=2)
        values = terms @ part.coefficients  # (n_strings, n_observables)
        total = often.sum()
        mean = often @ values / total
        off = values - mean
        means += mean
        covariance += (off.T * often) @ off / (total - 1) / total
    return means, covariance

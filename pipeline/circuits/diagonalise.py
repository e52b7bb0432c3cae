"""Diagonalising Pauli strings that commute, by CNOT, S, CZ and Hadamard gates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.quantum_info import Clifford, PauliList


def diagonalising(paulis: PauliList) -> tuple[QuantumCircuit, PauliList]:
    """A circuit after which all strings are products of Z, and these products with their signs.

    Elimination leaves one X in each independent row of the strings' X parts; the CNOTs clear the others, and S and CZ
    the Z that stand with it. Strings that commute qubit by qubit need single-qubit gates only.

    Source: van den Berg, Temme, Quantum 4, 322 (2020), in short.

    Args:
        paulis: strings that commute with one another.
    """
    circuit = QuantumCircuit(paulis.num_qubits)
    if not _qubit_wise(paulis, circuit):
        _general(paulis, circuit)
    if not circuit.size():
        return circuit, paulis
    diagonal = paulis.evolve(Clifford(circuit), frame="s")
    return circuit, diagonal


def _qubit_wise(paulis: PauliList, circuit: QuantumCircuit) -> bool:
    """Adds the gates on each qubit, if the strings agree there."""
    x, z = paulis.x, paulis.z
    letters = [np.unique(2 * x[:, q] + z[:, q]) for q in range(paulis.num_qubits)]
    if any(len(found[found > 0]) > 1 for found in letters):
        return False
    for q, found in enumerate(letters):
        letter = int(found.max())
        if letter == 3:
            circuit.sdg(q)
        if letter >= 2:
            circuit.h(q)
    return True


def _general(paulis: PauliList, circuit: QuantumCircuit) -> None:
    rows = np.hstack([paulis.x, paulis.z]).astype(np.uint8)
    n = paulis.num_qubits
    pivots = _eliminated(rows, n)
    x, z = rows[: len(pivots), :n], rows[: len(pivots), n:]
    for k, pivot in enumerate(pivots):
        for q in np.flatnonzero(x[k]):
            if q != pivot:
                circuit.cx(pivot, q)
                x[:, q] ^= x[:, pivot]
                z[:, pivot] ^= z[:, q]
    for k, pivot in enumerate(pivots):
        for q in np.flatnonzero(z[k]):
            if q == pivot:
                circuit.s(q)
            elif q not in pivots[:k]:
                circuit.cz(pivot, q)
    for pivot in pivots:
        circuit.h(pivot)


def _eliminated(rows: NDArray[np.uint8], n_columns: int) -> list[int]:
    """Brings the first columns to reduced echelon form in place; the column of each row's leading 1."""
    pivots: list[int] = []
    for column in range(n_columns):
        rank = len(pivots)
        below = np.flatnonzero(rows[rank:, column])
        if not below.size:
            continue
        rows[[rank, rank + below[0]]] = rows[[rank + below[0], rank]]
        others = rows[:, column].astype(bool)
        others[rank] = False
        rows[others] ^= rows[rank]
        pivots.append(column)
    return pivots

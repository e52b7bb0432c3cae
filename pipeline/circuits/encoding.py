"""Encoding: how the occupations of spin orbitals become the bits of qubits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from qiskit.quantum_info import PauliList, SparsePauliOp

from pipeline.circuits.qiskit import electronic_operator
from pipeline.errors import InputError
from pipeline.hamiltonian import Hamiltonian
from pipeline.vqe.excitations import Excitation

Mapping = Literal[
    "jordan-wigner",
    "parity",
    "bravyi-kitaev",
    "jordan-wigner-tapered",
    "parity-tapered",
    "bravyi-kitaev-tapered",
]
"""``-tapered`` leaves out one qubit for each parity that the Hamiltonian and the ansatz keep."""
Bits = NDArray[np.uint8]
_TAPERED = "-tapered"


@dataclass(frozen=True, eq=False, slots=True)
class Encoding:
    """Bits of qubits as sums modulo two of occupations; spin orbitals are all alpha, then all beta.

    Jordan–Wigner, parity and Bravyi–Kitaev differ by such sums only, that is by CNOTs: a Pauli string X^x Z^z of
    Jordan–Wigner becomes X^(Ax) Z^(A⁻ᵀz). Tapering makes conserved parities bits of their own, and leaves these out.

    Source: Seeley, Richard, Love, J. Chem. Phys. 137, 224109 (2012); tapering: Bravyi, Gambetta, Mezzacapo, Temme,
    arXiv:1701.08213.
    """

    matrix: Bits
    """(n, n) A: bits = A · occupations modulo two."""
    kept: tuple[int, ...]
    """Rows of A that are qubits, in their order."""
    reference: Bits
    """(n,) occupations of the reference determinant; they fix the bits that are left out."""

    @property
    def n_qubits(self) -> int:
        """Qubits that are left."""
        return len(self.kept)

    @property
    def removed(self) -> tuple[int, ...]:
        """Rows of A that are constants."""
        return tuple(q for q in range(len(self.matrix)) if q not in self.kept)

    def bits(self, occupations: Bits) -> Bits:
        """Of a determinant, (n_qubits,); of the difference of two as well."""
        return (self.matrix @ occupations % 2)[list(self.kept)]

    def parity(self, orbitals: Iterable[int]) -> tuple[Bits, int]:
        """The number of electrons in spin orbitals modulo two: which bits to add, (n_qubits,), and a constant."""
        chosen = np.zeros(len(self.matrix), dtype=np.uint8)
        chosen[list(orbitals)] = 1
        row = chosen @ _inverse(self.matrix) % 2
        constant = row[list(self.removed)] @ self._constants % 2
        return row[list(self.kept)], int(constant)

    def operator(self, jordan_wigner: SparsePauliOp) -> SparsePauliOp:
        """An operator between states that have the tapered parities, on these qubits.

        Args:
            jordan_wigner: the operator in the Jordan–Wigner mapping. Terms that change a tapered parity, which are what
                is left of a symmetry that holds but for rounding, are left out.
        """
        flips = jordan_wigner.paulis.x.astype(np.uint8) @ self.matrix.T % 2
        jordan_wigner = jordan_wigner[~flips[:, list(self.removed)].any(axis=1)]
        paulis = jordan_wigner.paulis
        x = paulis.x.astype(np.uint8) @ self.matrix.T % 2
        z = paulis.z.astype(np.uint8) @ _inverse(self.matrix) % 2
        n_y = (paulis.x & paulis.z).sum(axis=1).astype(int) - (x & z).sum(axis=1).astype(int)
        signs = (-1.0) ** (z[:, list(self.removed)] @ self._constants)
        coefficients = jordan_wigner.coeffs * (-1j) ** n_y * signs  # XZ has another phase than Y
        kept = list(self.kept)
        return SparsePauliOp(PauliList.from_symplectic(z[:, kept], x[:, kept]), coefficients).simplify()

    @property
    def _constants(self) -> Bits:
        return (self.matrix @ self.reference % 2)[list(self.removed)]


def encoding(hamiltonian: Hamiltonian, mapping: str, excitations: Iterable[Excitation] = ()) -> Encoding:
    """The encoding of a mapping.

    Args:
        hamiltonian: gives orbitals, electrons and the orbitals' symmetries.
        mapping: one of `Mapping`.
        excitations: of the ansatz; a symmetry that one of them breaks is not tapered.

    Raises:
        InputError: no mapping has this name.
    """
    if mapping not in get_args(Mapping):
        raise InputError(f"There is no mapping {mapping!r}.", f"Use one of {', '.join(get_args(Mapping))}.")
    n = hamiltonian.n_orbitals
    reference = np.zeros(2 * n, dtype=np.uint8)
    reference[: hamiltonian.n_alpha] = reference[n : n + hamiltonian.n_beta] = 1
    matrix = _matrix(2 * n, mapping.removesuffix(_TAPERED))
    if not mapping.endswith(_TAPERED):
        return Encoding(matrix, tuple(range(2 * n)), reference)
    parities = reduced(conserved_parities(hamiltonian, excitations) @ _inverse(matrix) % 2)
    pivots = [2 * n - 1 - int(np.argmax(row[::-1])) for row in parities]
    tapered = matrix.copy()
    tapered[pivots] = parities @ matrix % 2
    return Encoding(tapered, tuple(q for q in range(2 * n) if q not in pivots), reference)


def hamiltonian_operator(hamiltonian: Hamiltonian, code: Encoding) -> SparsePauliOp:
    """The Hamiltonian on the encoding's qubits, its constant included; hartree."""
    return code.operator(electronic_operator(hamiltonian))


def conserved_parities(hamiltonian: Hamiltonian, excitations: Iterable[Excitation] = ()) -> Bits:
    """Sets of spin orbitals whose number of electrons stays even or odd, (n_sets, 2 n_orbitals).

    They are all alpha, all beta, and the orbitals of each symmetry that H and all excitations have.
    """
    n = hamiltonian.n_orbitals
    sets = [np.repeat([1, 0], n), np.repeat([0, 1], n)]
    labels = np.array(hamiltonian.orbital_symmetries())
    sets += [np.tile(labels >> k & 1, 2) for k in range(int(labels.max(initial=0)).bit_length())]
    changes = np.array([flips(x, n) for x in excitations], dtype=np.uint8).reshape(-1, 2 * n)
    return np.array([s for s in sets if not (changes @ s % 2).any()], dtype=np.uint8)


def flips(excitation: Excitation, n_orbitals: int) -> Bits:
    """The spin orbitals that an excitation fills or empties, (2 n_orbitals,)."""
    changed = np.zeros(2 * n_orbitals, dtype=np.uint8)
    changed[[*excitation.alpha_from, *excitation.alpha_to]] = 1
    changed[[n_orbitals + p for p in (*excitation.beta_from, *excitation.beta_to)]] = 1
    return changed


def reduced(rows: Bits) -> Bits:
    """Row echelon form modulo two, cleared above and below; each pivot is the last 1 of its row. Zero rows go."""
    rows, rank = rows.copy() % 2, 0
    for column in reversed(range(rows.shape[1])):
        if not (below := np.flatnonzero(rows[rank:, column])).size:
            continue
        rows[[rank, rank + below[0]]] = rows[[rank + below[0], rank]]
        others = rows[:, column].astype(bool)
        others[rank] = False
        rows[others] ^= rows[rank]
        rank += 1
    return rows[:rank]


def _matrix(n: int, name: str) -> Bits:
    if name == "jordan-wigner":
        return np.eye(n, dtype=np.uint8)
    import openfermion  # takes a second

    code = openfermion.parity_code(n) if name == "parity" else openfermion.bravyi_kitaev_code(n)
    return np.asarray(code.encoder.toarray(), dtype=np.uint8) % 2


def _inverse(matrix: Bits) -> Bits:
    """Modulo two."""
    n = len(matrix)
    joint = reduced(np.hstack([np.eye(n, dtype=np.uint8), matrix]))  # its pivots are the last columns, from the end
    return joint[::-1, :n]

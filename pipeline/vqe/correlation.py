"""OrbitalCorrelation: how strongly each active orbital is entangled with the rest, and each two with one another."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from pyscf.fci import cistring
from scipy.special import entr

from pipeline.vqe.density import Matrix, State


@dataclass(frozen=True, slots=True)
class OrbitalCorrelation:
    """Entropies in nats; they depend on the orbitals, here those that the Hamiltonian is written in."""

    entropies: tuple[float, ...]
    """s_p of each orbital: 0 for one that is always full or empty, at most ln 4."""
    mutual_information: tuple[tuple[float, ...], ...]
    """I_pq = (s_p + s_q − s_pq) / 2 with zeros on the diagonal; 0 for independent orbitals."""


def orbital_correlation(state: State, n_orbitals: int, n_alpha: int, n_beta: int) -> OrbitalCorrelation:
    """Entropies of the reduced density matrices of one orbital and of two.

    Source: Rissler, Noack, White, Chem. Phys. 323, 519 (2006).

    Args:
        state: real or complex CI coefficients, alpha strings × beta strings in PySCF's order.
        n_orbitals: active orbitals.
        n_alpha: alpha electrons.
        n_beta: beta electrons.
    """
    electrons = (n_alpha, n_beta)
    single = np.array([_entropy(state, n_orbitals, electrons, (p,)) for p in range(n_orbitals)])
    mutual = np.zeros((n_orbitals, n_orbitals))
    for p, q in combinations(range(n_orbitals), 2):
        both = _entropy(state, n_orbitals, electrons, (p, q))
        mutual[p, q] = mutual[q, p] = max(0.0, (single[p] + single[q] - both) / 2)
    return OrbitalCorrelation(tuple(float(s) for s in single), tuple(tuple(float(x) for x in row) for row in mutual))


def _entropy(state: State, n_orbitals: int, electrons: tuple[int, int], orbitals: tuple[int, ...]) -> float:
    """−Σ w ln w over the eigenvalues of the density matrix of one orbital or two.

    The environment fixes how many electrons of either spin the orbitals hold, so the density matrix falls into blocks.
    """
    alpha, beta = (_by_occupation(n_orbitals, n, orbitals) for n in electrons)
    total = 0.0
    for rows, row_signs in alpha:
        for columns, column_signs in beta:
            block = state[rows[:, :, None, None], columns] * row_signs[:, :, None, None] * column_signs
            flat = block.transpose(0, 2, 1, 3).reshape(len(rows) * len(columns), -1)
            weights = np.linalg.eigvalsh(flat @ flat.conj().T)
            total += float(entr(np.clip(weights, 0.0, None)).sum())
    return total


def _by_occupation(
    n_orbitals: int, n_electrons: int, orbitals: tuple[int, ...]
) -> list[tuple[NDArray[np.int64], Matrix]]:
    """Strings by how many electrons they have in the orbitals.

    Returns:
        For each number that occurs: addresses of shape (occupations, environments), and the sign of bringing the
        electrons in the orbitals to the front, of the same shape.
    """
    strings = np.asarray(cistring.make_strings(range(n_orbitals), n_electrons))
    mask = sum(1 << p for p in orbitals)
    inside, outside = strings & mask, strings & ~mask
    passed = np.zeros(len(strings), dtype=np.int64)
    for p in orbitals:  # electrons of the environment below each electron inside
        passed += np.where(strings >> p & 1, np.bitwise_count(outside & ((1 << p) - 1)), 0)
    groups = []
    for count in range(len(orbitals) + 1):
        occupations = [x for x in np.unique(inside) if int(x).bit_count() == count]
        if occupations:
            addresses = [np.flatnonzero(inside == x) for x in occupations]  # environments ascend in all of them
            rows = np.array(addresses, dtype=np.int64)
            groups.append((rows, 1.0 - 2.0 * (passed[rows] & 1).astype(np.float64)))
    return groups

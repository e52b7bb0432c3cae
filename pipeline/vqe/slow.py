"""Slow twin of the sector simulator: determinants in a dictionary, operators one at a time, dense exponentials."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm

from pipeline.vqe.excitations import Excitation

Determinant = tuple[int, ...]
"""Occupied spin orbitals, ascending: 0 … n−1 are alpha, n … 2n−1 beta."""


def determinants(n_orbitals: int, n_alpha: int, n_beta: int) -> list[Determinant]:
    """All determinants of the sector, in the order of a flattened (alpha, beta) matrix of PySCF's."""

    def strings(n_electrons: int) -> list[tuple[int, ...]]:
        return sorted(combinations(range(n_orbitals), n_electrons), key=lambda s: sum(1 << i for i in s))

    return [(*alpha, *(n_orbitals + i for i in beta)) for alpha in strings(n_alpha) for beta in strings(n_beta)]


def _annihilate(orbital: int, determinant: Determinant) -> tuple[int, Determinant] | None:
    if orbital not in determinant:
        return None
    k = determinant.index(orbital)
    return (-1) ** k, (*determinant[:k], *determinant[k + 1 :])


def _create(orbital: int, determinant: Determinant) -> tuple[int, Determinant] | None:
    if orbital in determinant:
        return None
    k = sum(other < orbital for other in determinant)
    return (-1) ** k, (*determinant[:k], orbital, *determinant[k:])


def generator(excitation: Excitation, n_orbitals: int, n_alpha: int, n_beta: int) -> NDArray[np.float64]:
    """T − T† as a dense matrix over the sector."""
    basis = determinants(n_orbitals, n_alpha, n_beta)
    address = {determinant: k for k, determinant in enumerate(basis)}
    leave = (*excitation.alpha_from, *(n_orbitals + i for i in excitation.beta_from))
    enter = (*excitation.alpha_to, *(n_orbitals + a for a in excitation.beta_to))
    matrix = np.zeros((len(basis), len(basis)))
    for column, determinant in enumerate(basis):
        sign, current = 1, determinant
        for i, a in reversed(list(zip(leave, enter, strict=True))):
            for operator, orbital in ((_annihilate, i), (_create, a)):
                step = operator(orbital, current)
                if step is None:
                    break
                sign, current = sign * step[0], step[1]
            else:
                continue
            break
        else:
            sign = sign if excitation.fermionic else 1
            matrix[address[current], column] += sign
            matrix[column, address[current]] -= sign
    return matrix


def state(
    excitations: Sequence[Excitation],
    parameters: NDArray[np.float64],
    n_orbitals: int,
    n_alpha: int,
    n_beta: int,
) -> NDArray[np.float64]:
    """The ansatz state as a flat vector over `determinants`."""
    psi = np.zeros(len(determinants(n_orbitals, n_alpha, n_beta)))
    psi[0] = 1.0
    for excitation in excitations:
        matrix = generator(excitation, n_orbitals, n_alpha, n_beta)
        psi = expm(parameters[excitation.parameter] * matrix) @ psi
    return psi

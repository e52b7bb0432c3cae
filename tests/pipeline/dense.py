"""Operators of a sector as dense matrices, for tests: slow and obvious."""

from __future__ import annotations

from functools import cache
from typing import Literal

import numpy as np

from pipeline.vqe.slow import Determinant, determinants


def single(p: int, q: int, determinant: Determinant) -> tuple[int, Determinant] | None:
    """a†_p a_q on a determinant: sign and determinant, or None; spin orbitals, alpha first."""
    if q not in determinant or (p in determinant and p != q):
        return None
    k = determinant.index(q)
    left = (*determinant[:k], *determinant[k + 1 :])
    place = sum(other < p for other in left)
    return (-1) ** (k + place), (*left[:place], p, *left[place:])


@cache
def singles(n_orbitals: int, n_alpha: int, n_beta: int, spin: Literal["alpha", "beta"]) -> np.ndarray:
    """a†_p a_q of one spin, (n, n, dimension, dimension)."""
    basis = determinants(n_orbitals, n_alpha, n_beta)
    address = {determinant: k for k, determinant in enumerate(basis)}
    first = 0 if spin == "alpha" else n_orbitals
    operators = np.zeros((n_orbitals, n_orbitals, len(basis), len(basis)))
    for p, q in np.ndindex(n_orbitals, n_orbitals):
        for column, determinant in enumerate(basis):
            if (step := single(first + p, first + q, determinant)) is not None:
                operators[p, q, address[step[1]], column] = step[0]
    return operators

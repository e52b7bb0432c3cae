"""Density matrices and spin of a state with real or complex CI coefficients, by the names that PySCF has for them.

PySCF's own functions take real coefficients. In a complex state ψ = a + ib a real operator O has the expectation value
⟨a|O|a⟩ + ⟨b|O|b⟩ + i(⟨a|O|b⟩ − ⟨b|O|a⟩) with real brackets, so the real part is a sum over a and b. What follows from
density matrices and real orbitals, such as the energy, ⟨S²⟩ or a density in space, needs no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyscf.fci import direct_spin1, spin_op

Matrix = NDArray[np.float64]
State = NDArray[np.float64] | NDArray[np.complex128]
"""CI coefficients, alpha strings × beta strings in PySCF's order."""
Electrons = int | tuple[int, int]
"""A number that is shared out between the spins, or (alpha, beta)."""


def make_rdm1(ci: State, norb: int, nelec: Electrons, link_index: Any = None) -> Matrix:
    """Re ⟨q†p⟩ summed over the spins, (norb, norb)."""
    return _sum([direct_spin1.make_rdm1(part, norb, nelec, link_index) for part in _parts(ci)])


def make_rdm1s(ci: State, norb: int, nelec: Electrons, link_index: Any = None) -> tuple[Matrix, Matrix]:
    """Re ⟨q†p⟩ of the alpha and of the beta electrons."""
    alpha, beta = zip(*(direct_spin1.make_rdm1s(part, norb, nelec, link_index) for part in _parts(ci)), strict=True)
    return _sum(alpha), _sum(beta)


def make_rdm12(
    ci: State, norb: int, nelec: Electrons, link_index: Any = None, reorder: bool = True
) -> tuple[Matrix, Matrix]:
    """`make_rdm1`, and Re ⟨p†r†sq⟩ summed over the spins, (norb, norb, norb, norb); without `reorder` Re ⟨p†q r†s⟩."""
    parts = [direct_spin1.make_rdm12(part, norb, nelec, link_index, reorder) for part in _parts(ci)]
    one, two = zip(*parts, strict=True)
    return _sum(one), _sum(two)


def make_rdm12s(
    ci: State, norb: int, nelec: Electrons, link_index: Any = None, reorder: bool = True
) -> tuple[tuple[Matrix, Matrix], tuple[Matrix, Matrix, Matrix]]:
    """`make_rdm12` by spin: (alpha, beta), (alpha alpha, alpha beta, beta beta)."""
    parts = [direct_spin1.make_rdm12s(part, norb, nelec, link_index, reorder) for part in _parts(ci)]
    (alpha, beta), (same_alpha, opposite, same_beta) = (zip(*order, strict=True) for order in zip(*parts, strict=True))
    return (_sum(alpha), _sum(beta)), (_sum(same_alpha), _sum(opposite), _sum(same_beta))


def spin_square(ci: State, norb: int, nelec: Electrons) -> tuple[float, float]:
    """⟨S²⟩ = s(s + 1) and 2s + 1."""
    s_squared = sum(float(spin_op.spin_square0(part, norb, nelec)[0]) for part in _parts(ci))
    return s_squared, float(2 * np.sqrt(s_squared + 0.25))


def _parts(ci: State) -> list[Matrix]:
    return [np.ascontiguousarray(ci.real), np.ascontiguousarray(ci.imag)] if np.iscomplexobj(ci) else [ci.real]


def _sum(parts: Sequence[Matrix]) -> Matrix:
    return parts[0] if len(parts) == 1 else parts[0] + parts[1]

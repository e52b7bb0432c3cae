"""Excitation: one factor exp(θ(T − T†)) of a unitary coupled-cluster ansatz."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, product


@dataclass(frozen=True, slots=True)
class Excitation:
    """T = Π a†(alpha_to) a(alpha_from) · Π a†(beta_to) a(beta_from), with the parameter that scales T − T†."""

    alpha_from: tuple[int, ...]
    """Occupied spatial orbitals that alpha electrons leave, ascending."""
    alpha_to: tuple[int, ...]
    """Virtual spatial orbitals that they enter, ascending; the k-th electron goes from alpha_from[k] to alpha_to[k]."""
    beta_from: tuple[int, ...]
    beta_to: tuple[int, ...]
    parameter: int
    """Index of θ in the parameter vector; spin-paired excitations share one."""


def uccsd(n_orbitals: int, n_alpha: int, n_beta: int) -> tuple[Excitation, ...]:
    """Factors of UCCSD in the order they act on the reference determinant: doubles first, then singles.

    For equal numbers of alpha and beta electrons, excitations that differ only by swapping the spins share a
    parameter (spin-paired amplitudes, exact for the MP2 and CCSD amplitudes of a singlet), which nearly halves
    their number. Sz is exact by construction; the product form leaves a small spin contamination, which the
    caller reports as ⟨S²⟩.

    Source: disentangled UCCSD, Evangelista, Chan, Scuseria, J. Chem. Phys. 151, 244112 (2019).
    """
    alpha_singles = list(product(range(n_alpha), range(n_alpha, n_orbitals)))
    beta_singles = list(product(range(n_beta), range(n_beta, n_orbitals)))
    parameters: dict[tuple[object, ...], int] = {}
    paired = n_alpha == n_beta

    def parameter(*key: object) -> int:
        return parameters.setdefault(key, len(parameters))

    def opposite_spin() -> Iterator[Excitation]:
        for (i, a), (j, b) in product(alpha_singles, beta_singles):
            key = tuple(sorted([(i, a), (j, b)])) if paired else ((i, a), (j, b))
            yield Excitation((i,), (a,), (j,), (b,), parameter("ab", *key))

    def same_spin(singles: list[tuple[int, int]], spin: str) -> Iterator[Excitation]:
        occupied = sorted({i for i, _ in singles})
        virtual = sorted({a for _, a in singles})
        for ij, ab in product(combinations(occupied, 2), combinations(virtual, 2)):
            index = parameter("same" if paired else spin, ij, ab)
            yield Excitation(ij, ab, (), (), index) if spin == "alpha" else Excitation((), (), ij, ab, index)

    def single(singles: list[tuple[int, int]], spin: str) -> Iterator[Excitation]:
        for i, a in singles:
            index = parameter("single" if paired else spin, i, a)
            yield Excitation((i,), (a,), (), (), index) if spin == "alpha" else Excitation((), (), (i,), (a,), index)

    return (
        *same_spin(alpha_singles, "alpha"),
        *same_spin(beta_singles, "beta"),
        *opposite_spin(),
        *single(alpha_singles, "alpha"),
        *single(beta_singles, "beta"),
    )

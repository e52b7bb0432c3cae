"""Excitation: one factor exp(θ(T − T†)) of a unitary coupled-cluster ansatz."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache, reduce
from itertools import combinations, product
from operator import xor


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
    fermionic: bool = True
    """False: a qubit excitation, the same without the signs of fermionic exchange."""


@lru_cache(maxsize=8)
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


def uccgsd(n_orbitals: int, *, paired: bool, fermionic: bool = True) -> tuple[Excitation, ...]:
    """Generalised singles and doubles, between any orbitals: doubles first. Also the pool of ADAPT.

    Source: Nooijen, Phys. Rev. Lett. 84, 2108 (2000); Lee, Huggins, Head-Gordon, Whaley, J. Chem. Theory Comput. 15,
    311 (2019).

    Args:
        n_orbitals: spatial orbitals.
        paired: excitations that differ only by swapping the spins share a parameter.
        fermionic: as in `Excitation`.
    """
    moves = list(combinations(range(n_orbitals), 2))
    parameters: dict[tuple[object, ...], int] = {}

    def parameter(*key: object) -> int:
        return parameters.setdefault(key, len(parameters))

    def same_spin(alpha: bool) -> Iterator[Excitation]:
        for ij, ab in combinations(moves, 2):
            if not set(ij) & set(ab):
                index = parameter("same" if paired else alpha, ij, ab)
                yield (
                    Excitation(ij, ab, (), (), index, fermionic)
                    if alpha
                    else Excitation((), (), ij, ab, index, fermionic)
                )

    def opposite_spin() -> Iterator[Excitation]:
        directed = [*moves, *((a, i) for i, a in moves)]
        seen = set()
        for alpha, beta in product(moves, directed):
            index = parameter("ab", alpha, beta)
            for (i, a), (j, b) in [(alpha, beta), (beta, alpha)] if paired else [(alpha, beta)]:
                same = frozenset([(i, a, j, b), (a, i, b, j)])  # T† stands for the same rotation as T
                if same not in seen:
                    seen.add(same)
                    yield Excitation((i,), (a,), (j,), (b,), index, fermionic)

    def single(alpha: bool) -> Iterator[Excitation]:
        for i, a in moves:
            index = parameter("single" if paired else ("single", alpha), i, a)
            yield (
                Excitation((i,), (a,), (), (), index, fermionic)
                if alpha
                else Excitation((), (), (i,), (a,), index, fermionic)
            )

    return (*same_spin(True), *same_spin(False), *opposite_spin(), *single(True), *single(False))


def upccgsd(n_orbitals: int, layers: int) -> tuple[Excitation, ...]:
    """k-UpCCGSD: layers of paired doubles and spin-paired singles between any orbitals.

    Source: Lee, Huggins, Head-Gordon, Whaley, J. Chem. Theory Comput. 15, 311 (2019).
    """
    moves = list(combinations(range(n_orbitals), 2))
    factors: list[Excitation] = []
    for layer in range(layers):
        doubles = 2 * layer * len(moves)
        singles = doubles + len(moves)
        factors += [Excitation((i,), (a,), (i,), (a,), doubles + k) for k, (i, a) in enumerate(moves)]
        factors += [Excitation((i,), (a,), (), (), singles + k) for k, (i, a) in enumerate(moves)]
        factors += [Excitation((), (), (i,), (a,), singles + k) for k, (i, a) in enumerate(moves)]
    return tuple(factors)


def gate_fabric(n_orbitals: int, layers: int) -> tuple[Excitation, ...]:
    """Hardware-efficient ansatz: layers of gates between neighbouring orbitals that keep particle number and spin.

    Each layer has the even, then the odd neighbours; each gate exchanges a pair of electrons, then rotates the two
    orbitals into one another. Every gate acts on four neighbouring qubits, so a circuit needs no long range. It is
    complete with enough layers, but has no good start and flat directions: expect slow, incomplete convergence.

    Source: Anselmetti, Wierichs, Gogolin, Parrish, New J. Phys. 23, 113010 (2021).
    """
    factors: list[Excitation] = []
    for _layer in range(layers):
        for first in (0, 1):
            for p in range(first, n_orbitals - 1, 2):
                index = 2 * len(factors) // 3
                factors.append(Excitation((p,), (p + 1,), (p,), (p + 1,), index))
                factors.append(Excitation((p,), (p + 1,), (), (), index + 1))
                factors.append(Excitation((), (), (p,), (p + 1,), index + 1))
    return tuple(factors)


@lru_cache(maxsize=8)
def symmetry_allowed(excitations: tuple[Excitation, ...], symmetries: tuple[int, ...]) -> tuple[Excitation, ...]:
    """Those excitations that keep the symmetry, parameters numbered anew; the others' amplitudes are zero.

    Args:
        excitations: the factors of an ansatz.
        symmetries: by orbital, as `Hamiltonian.orbital_symmetries` has them.
    """
    allowed = [
        x
        for x in excitations
        if not reduce(xor, (symmetries[p] for p in (*x.alpha_from, *x.alpha_to, *x.beta_from, *x.beta_to)), 0)
    ]
    numbers: dict[int, int] = {}
    return tuple(replace(x, parameter=numbers.setdefault(x.parameter, len(numbers))) for x in allowed)

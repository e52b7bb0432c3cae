"""H·ψ: the Hamiltonian on a state of the sector, by PySCF's full CI kernels."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pyscf import lib
from pyscf.fci import cistring, direct_spin1, direct_spin1_symm

from pipeline.hamiltonian import Hamiltonian
from pipeline.vqe.determinants import Determinants, Vector
from pipeline.vqe.sector import Sector


def hamiltonian_of(hamiltonian: Hamiltonian, sector: Sector) -> Callable[[Vector], Vector]:
    """H without its constant, as a function of a state, with as many threads as the sector has work for."""
    contract = _plain(hamiltonian) if sector.determinants.n_irreps == 1 else _by_symmetry(hamiltonian, sector)

    def apply(psi: Vector) -> Vector:
        with lib.with_omp_threads(sector.n_threads):
            return contract(psi)

    return apply


def _plain(hamiltonian: Hamiltonian) -> Callable[[Vector], Vector]:
    n, electrons = hamiltonian.n_orbitals, (hamiltonian.n_alpha, hamiltonian.n_beta)
    absorbed = direct_spin1.absorb_h1e(hamiltonian.one_body, hamiltonian.two_body, n, electrons, 0.5)
    links = tuple(cistring.gen_linkstr_index_trilidx(range(n), k) for k in electrons)
    return lambda psi: np.asarray(direct_spin1.contract_2e(absorbed, psi, n, electrons, links))


def _by_symmetry(hamiltonian: Hamiltonian, sector: Sector) -> Callable[[Vector], Vector]:
    """As `direct_spin1_symm.contract_2e`, which sorts integrals and strings anew at every call: here that is done once.

    For small sectors it takes longer than the contraction.
    """
    n, electrons = hamiltonian.n_orbitals, (hamiltonian.n_alpha, hamiltonian.n_beta)
    determinants = sector.determinants
    pair_irreps, links = _links(determinants)
    absorbed = direct_spin1.absorb_h1e(hamiltonian.one_body, hamiltonian.two_body, n, electrons, 0.5)
    pairs = [np.flatnonzero(pair_irreps == k) for k in range(determinants.n_irreps)]
    blocks = [absorbed[np.ix_(p, p)] for p in pairs]
    integrals = np.concatenate([block.ravel() for block in blocks])
    sizes: list[NDArray[np.int32]] = [
        np.array(counts, dtype=np.int32)
        for counts in (
            [len(block) for block in blocks],
            np.diff(determinants.offsets),
            determinants.alpha.count,
            determinants.beta.count,
        )
    ]

    def pointer(array: NDArray[np.float64] | NDArray[np.int32]) -> ctypes.c_void_p:
        return array.ctypes.data_as(ctypes.c_void_p)

    fixed = [*map(pointer, sizes), *map(pointer, links)]
    numbers = [n, links[0].shape[1], links[1].shape[1], determinants.n_irreps, determinants.irrep]
    counts = [ctypes.c_int(number) for number in numbers]

    def contract(psi: Vector) -> Vector:
        image = np.zeros_like(psi)
        direct_spin1_symm.libfci.FCIcontract_2e_symm1(pointer(integrals), pointer(psi), pointer(image), *fixed, *counts)
        return image

    return contract


@lru_cache(maxsize=2)
def _links(determinants: Determinants) -> tuple[NDArray[np.int32], list[NDArray[np.int32]]]:
    """The symmetry of each pair of orbitals; of each spin PySCF's table of what a pair does to a string."""
    n, irreps = len(determinants.orbital_irreps), np.array(determinants.orbital_irreps)
    nothing = np.zeros((n * (n + 1) // 2,) * 2)
    _, rank, pair_irreps = direct_spin1_symm.reorder_eri(nothing, n, irreps)
    links = [
        direct_spin1_symm.gen_str_irrep(
            strings.bits, irreps, cistring.gen_linkstr_index_trilidx(range(n), strings.n_electrons), rank, pair_irreps
        )[1]
        for strings in (determinants.alpha, determinants.beta)
    ]
    return pair_irreps, links

"""Samples: determinants as bitstrings, drawn from an LUCJ state or evenly.

Samples are (n_samples, 2 n_orbitals) of bool: beta orbitals from the last to the first, then alpha orbitals from the
last to the first, as counts of a Qiskit circuit in the Jordan–Wigner mapping read. So samples of a device may take the
place of these.
"""

from __future__ import annotations

import ffsim
import numpy as np
from numpy.typing import NDArray

from pipeline.coupled_cluster import ccsd
from pipeline.errors import ConvergenceError, InputError
from pipeline.hamiltonian import Hamiltonian
from pipeline.sqd.subspace import Strings, refuse_too_large
from pipeline.vqe.lucj import interaction_pairs

Samples = NDArray[np.bool_]

_COMPRESSION_STEPS = 200
"""More take seconds and gave no better samples for N2/6-31G."""
_STATE_VECTORS = 6
"""Complex vectors of the sector's dimension alive at once while ffsim rotates orbitals and samples."""


def lucj_samples(hamiltonian: Hamiltonian, n_samples: int, seed: int, n_layers: int = 2) -> Samples:
    """Noiseless samples of a local unitary cluster Jastrow (LUCJ) state with amplitudes from CCSD.

    The ansatz is that of Motta et al., Chem. Sci. 14, 11213 (2023), with the interactions that a heavy-hex device has
    without swaps: neighbouring orbitals of one spin, and both spins of every fourth orbital. Its layers are the double
    factorisation of the CCSD amplitudes compressed to as many terms, as ffsim does it. Nothing is optimised for the
    energy. The state is a vector of the whole sector: a device would not need it.

    Args:
        hamiltonian: the active space; orbitals should be canonical or semi-canonical, as CCSD starts from them.
        n_samples: how many to draw.
        seed: of the draw.
        n_layers: layers of the ansatz; in open shells so many from the amplitudes of opposite spins and again from
            those of the same spin.

    Raises:
        InputError: a spin has no electrons, or alpha no empty orbital.
        ResourceError: the sector's state vector does not fit into the memory that is free.
        ConvergenceError: CCSD did not converge.
    """
    n, electrons = hamiltonian.n_orbitals, (hamiltonian.n_alpha, hamiltonian.n_beta)
    refuse_too_large(
        16 * _STATE_VECTORS * hamiltonian.sector_dimension,
        f"The LUCJ state in {hamiltonian.sector_dimension:,} determinants",
        "Choose a smaller active space, or take samples from a device.",
    )
    state = ffsim.apply_unitary(
        ffsim.hartree_fock_state(n, electrons), _lucj(hamiltonian, n_layers), norb=n, nelec=electrons
    )
    drawn = ffsim.sample_state_vector(
        state,
        norb=n,
        nelec=electrons,
        shots=n_samples,
        bitstring_type=ffsim.BitstringType.BIT_ARRAY,
        seed=seed,
    )
    return np.asarray(drawn, dtype=bool)


def uniform_samples(hamiltonian: Hamiltonian, n_samples: int, seed: int) -> Samples:
    """Samples of all determinants of the sector with the same probability."""
    generator = np.random.default_rng(seed)
    n = hamiltonian.n_orbitals
    halves = [
        generator.random((n_samples, n)).argsort(axis=1) < n_electrons
        for n_electrons in (hamiltonian.n_beta, hamiltonian.n_alpha)
    ]
    return np.hstack(halves)


def strings_of(samples: Samples) -> tuple[Strings, Strings]:
    """Alpha and beta string of each sample."""
    n = samples.shape[1] // 2
    bits = 1 << np.arange(n - 1, -1, -1, dtype=np.int64)
    return samples[:, n:] @ bits, samples[:, :n] @ bits


def _lucj(hamiltonian: Hamiltonian, n_layers: int) -> ffsim.UCJOpSpinBalanced | ffsim.UCJOpSpinUnbalanced:
    n = hamiltonian.n_orbitals
    if hamiltonian.n_alpha == n or not hamiltonian.n_beta:
        raise InputError(
            "LUCJ needs empty orbitals, and electrons of both spins.",
            "Choose another active space, or uniform samples.",
        )
    same_spin, opposite_spin = interaction_pairs(n)
    solver = ccsd(hamiltonian)
    if not solver.converged:
        raise ConvergenceError(
            "CCSD, which LUCJ takes its amplitudes from, did not converge.",
            "Choose another active space or geometry, or uniform samples.",
        )
    compressed = {"optimize": True, "options": {"maxiter": _COMPRESSION_STEPS}}
    if hamiltonian.n_alpha == hamiltonian.n_beta:
        return ffsim.UCJOpSpinBalanced.from_t_amplitudes(
            solver.t2,
            t1=solver.t1,
            n_reps=n_layers,
            interaction_pairs=(same_spin, opposite_spin),
            **compressed,
        )
    return ffsim.UCJOpSpinUnbalanced.from_t_amplitudes(
        solver.t2,
        t1=solver.t1,
        n_reps=(n_layers, n_layers),
        interaction_pairs=(same_spin, opposite_spin, same_spin),
        **compressed,
    )

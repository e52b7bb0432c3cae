"""Solving: the VQE by the name of its ansatz."""

from __future__ import annotations

import os
from typing import Literal, get_args

import numpy as np

from pipeline.errors import InputError
from pipeline.hamiltonian import Hamiltonian
from pipeline.vqe.adapt import adapt
from pipeline.vqe.checkpoint import Checkpoint
from pipeline.vqe.determinants import Vector
from pipeline.vqe.excitations import Excitation, gate_fabric, symmetry_allowed, uccgsd, uccsd, upccgsd
from pipeline.vqe.minimise import VqeResult, minimise, refuse_too_large
from pipeline.vqe.start import Start, start_parameters

Ansatz = Literal[
    "uccsd", "uccgsd", "1-upccgsd", "2-upccgsd", "3-upccgsd", "hardware-efficient", "adapt", "adapt-qubit", "lucj"
]
"""``adapt`` grows its ansatz from generalised singles and doubles, ``adapt-qubit`` from these as qubit excitations;
``hardware-efficient`` is a gate fabric with as many layers as orbitals; ``lucj`` has two layers and a complex state."""
_PERTURBATION = 0.1
"""Radians, standard deviation, for ansätze that break the orbitals' symmetry on the way to the minimum."""


def load_kernels() -> None:
    """Compile the engine's kernels, or load them compiled, by the smallest of all VQEs: seconds once a process."""
    interaction = np.zeros((2, 2, 2, 2))
    interaction[0, 0, 0, 0] = interaction[1, 1, 1, 1] = 1.0
    solve(Hamiltonian(0.0, np.array([[0.0, -1.0], [-1.0, 0.0]]), interaction, 1, 1))


def solve(
    hamiltonian: Hamiltonian,
    ansatz: Ansatz = "uccsd",
    start: Vector | Start | None = None,
    checkpoint: Checkpoint | None = None,
) -> VqeResult:
    """The minimum of an ansatz.

    Excitations that the symmetry of the orbitals forbids are left out of UCCSD, UCCGSD and ADAPT. k-UpCCGSD and the
    hardware-efficient ansatz keep them, since they lower the energy there (H2O/STO-3G, 1-UpCCGSD: 6.7 in place of
    20.3 millihartree above CASCI); a small random perturbation of the start, always the same, lets them in.

    Args:
        hamiltonian: the active space.
        ansatz: its name.
        start: parameters to start from, such as those of a neighbouring geometry, or whose amplitudes to start from;
            None: those of CCSD in sectors where an evaluation takes longer than that, else those of MP2. ADAPT starts
            from nothing.
        checkpoint: what to go on from if it holds the progress of this minimisation, and where to save it.

    Raises:
        InputError: no ansatz has this name.
        ResourceError: the sector's vectors would not fit into the memory that is free now.
    """
    refuse_too_large(hamiltonian)
    if ansatz == "lucj":
        os.environ.setdefault(
            "RAYON_NUM_THREADS", "1"
        )  # ffsim's threads cost more than they bring in spaces like these
        from pipeline.vqe.lucj import lucj  # takes a second

        return lucj(hamiltonian, start=start)
    excitations = excitations_of(hamiltonian, ansatz)
    if ansatz.startswith("adapt"):
        return adapt(hamiltonian, excitations, checkpoint=checkpoint)
    if not isinstance(start, np.ndarray) and (ansatz.endswith("upccgsd") or ansatz == "hardware-efficient"):
        start = start_parameters(hamiltonian, excitations, start)
        start += np.random.default_rng(0).normal(scale=_PERTURBATION, size=start.shape)
    return minimise(hamiltonian, excitations, start, checkpoint=checkpoint)


def excitations_of(hamiltonian: Hamiltonian, ansatz: Ansatz) -> tuple[Excitation, ...]:
    """The factors of a named ansatz in the order they act; for ADAPT its pool; LUCJ has none.

    Raises:
        InputError: no ansatz has this name.
    """
    n, n_alpha, n_beta = hamiltonian.n_orbitals, hamiltonian.n_alpha, hamiltonian.n_beta
    if ansatz == "uccsd":
        factors = uccsd(n, n_alpha, n_beta)
    elif ansatz in ("uccgsd", "adapt", "adapt-qubit"):
        factors = uccgsd(n, paired=n_alpha == n_beta, fermionic=ansatz != "adapt-qubit")
    elif ansatz == "lucj":
        return ()
    elif ansatz == "hardware-efficient":
        return gate_fabric(n, layers=n)
    elif ansatz.endswith("upccgsd") and ansatz in get_args(Ansatz):
        return upccgsd(n, layers=int(ansatz[0]))
    else:
        raise InputError(f"There is no ansatz {ansatz!r}.", f"Use one of {', '.join(get_args(Ansatz))}.")
    return symmetry_allowed(factors, hamiltonian.orbital_symmetries())

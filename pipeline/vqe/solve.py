"""Solving: the VQE by the name of its ansatz."""

from __future__ import annotations

from typing import Literal, get_args

from pipeline.errors import InputError
from pipeline.hamiltonian import Hamiltonian
from pipeline.vqe.adapt import adapt
from pipeline.vqe.determinants import Vector
from pipeline.vqe.excitations import Excitation, symmetry_allowed, uccgsd, uccsd, upccgsd
from pipeline.vqe.minimise import VqeResult, minimise, refuse_too_large

Ansatz = Literal["uccsd", "uccgsd", "1-upccgsd", "2-upccgsd", "3-upccgsd", "adapt", "adapt-qubit"]
"""``adapt`` grows its ansatz from generalised singles and doubles, ``adapt-qubit`` from these as qubit excitations."""


def solve(hamiltonian: Hamiltonian, ansatz: Ansatz = "uccsd", start: Vector | None = None) -> VqeResult:
    """The minimum of an ansatz; excitations that the symmetry of the orbitals forbids are left out of it.

    Args:
        hamiltonian: the active space.
        ansatz: its name.
        start: parameters to start from, such as those of a neighbouring geometry; MP2 amplitudes if None. ADAPT starts
            from nothing.

    Raises:
        InputError: no ansatz has this name.
        ResourceError: the sector's vectors would not fit into the memory that is free now.
    """
    refuse_too_large(hamiltonian)
    excitations = excitations_of(hamiltonian, ansatz)
    return adapt(hamiltonian, excitations) if ansatz.startswith("adapt") else minimise(hamiltonian, excitations, start)


def excitations_of(hamiltonian: Hamiltonian, ansatz: Ansatz) -> tuple[Excitation, ...]:
    """The factors of a named ansatz in the order they act; for ADAPT its pool.

    Raises:
        InputError: no ansatz has this name.
    """
    n, n_alpha, n_beta = hamiltonian.n_orbitals, hamiltonian.n_alpha, hamiltonian.n_beta
    if ansatz == "uccsd":
        factors = uccsd(n, n_alpha, n_beta)
    elif ansatz in ("uccgsd", "adapt", "adapt-qubit"):
        factors = uccgsd(n, paired=n_alpha == n_beta, fermionic=ansatz != "adapt-qubit")
    elif ansatz in get_args(Ansatz):
        factors = upccgsd(n, layers=int(ansatz[0]))
    else:
        raise InputError(f"There is no ansatz {ansatz!r}.", f"Use one of {', '.join(get_args(Ansatz))}.")
    return symmetry_allowed(factors, hamiltonian.orbital_symmetries())

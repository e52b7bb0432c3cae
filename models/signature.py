"""Signature: what a VQE state says beyond its energy, as eight numbers."""

from __future__ import annotations

from pipeline.ground_state import GroundState

SIGNATURE = (
    "unpaired_electrons",
    "largest_entropy",
    "entropy",
    "largest_mutual_information",
    "mutual_information",
    "active_correlation_hartree",
    "dynamic_correlation_hartree",
    "against_dft_hartree",
)
"""Names of its numbers, in their order."""


def signature(state: GroundState) -> tuple[float, ...]:
    """The numbers of one ground state.

    - Effectively unpaired electrons, Σ n (2 − n) over natural occupations n: Takatsuka, Fueno, Yamaguchi, Theor. Chim.
      Acta 48, 175 (1978).
    - The largest one-orbital entropy and their sum; the largest mutual information of two orbitals and the sum over
      pairs; nats, as in `pipeline.vqe.correlation`.
    - Energies that rungs differ by, hartree: mean field − VQE, VQE − VQE with MC-PDFT, DFT − VQE with MC-PDFT.

    Raises:
        ValueError: the state lacks one of these rungs, as where only GFN2-xTB was computed.
    """
    energy = state.energy_hartree
    if energy.mean_field is None or energy.vqe is None or energy.vqe_pdft is None or energy.dft is None:
        raise ValueError(f"{state.calculation.species.label} has no VQE state.")
    pairs = [value for i, row in enumerate(state.mutual_information) for value in row[:i]]
    return (
        sum(n * (2 - n) for n in state.natural_occupations),
        max(state.orbital_entropies),
        sum(state.orbital_entropies),
        max(pairs, default=0.0),
        sum(pairs),
        energy.mean_field - energy.vqe,
        energy.vqe - energy.vqe_pdft,
        energy.dft - energy.vqe_pdft,
    )

"""Comparison: SQD beside what it has to beat, at the same size of the subspace."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyscf.fci import direct_spin1

from pipeline.hamiltonian import Hamiltonian
from pipeline.sqd.samples import Samples, lucj_samples, strings_of, uniform_samples
from pipeline.sqd.selected_ci import selected_ci
from pipeline.sqd.solve import sqd
from pipeline.sqd.subspace import SubspaceState, lowest_state, reference_strings

MOST_EXACT_DETERMINANTS = 2_000_000
"""Above, exact CASCI takes minutes."""
_TOLERANCE_HARTREE = 1e-10


@dataclass(frozen=True, eq=False, slots=True)
class Comparison:
    """SQD with samples of an LUCJ state, and its null models."""

    n_samples: int
    lucj: SubspaceState
    uniform: SubspaceState
    """As many strings as `lucj` has, drawn evenly from all."""
    selected_ci: SubspaceState
    """At most as many strings, chosen by perturbation theory."""
    exact_hartree: float | None
    """CASCI in the whole sector; None where that is too large."""

    @property
    def best_hartree(self) -> float:
        """The exact energy, or the lowest that is known."""
        subspaces = (self.lucj, self.uniform, self.selected_ci)
        return min(s.energy_hartree for s in subspaces) if self.exact_hartree is None else self.exact_hartree


def compare(hamiltonian: Hamiltonian, n_samples: int, seed: int, n_layers: int = 2) -> Comparison:
    """SQD of an LUCJ state's samples, and its null models.

    Args:
        hamiltonian: the active space.
        n_samples: samples of the LUCJ state.
        seed: of the samples.
        n_layers: layers of the LUCJ ansatz.

    Raises:
        ComputationError: as in `lucj_samples` and `sqd`.
    """
    lucj = sqd(hamiltonian, lucj_samples(hamiltonian, n_samples, seed, n_layers), seed)
    size = lucj.amplitudes.shape
    return Comparison(
        n_samples=n_samples,
        lucj=lucj,
        uniform=first_strings(hamiltonian, uniform_samples(hamiltonian, n_samples, seed), *size),
        selected_ci=selected_ci(hamiltonian, *size),
        exact_hartree=exact(hamiltonian),
    )


def first_strings(
    hamiltonian: Hamiltonian, samples: Samples, n_alpha_strings: int, n_beta_strings: int
) -> SubspaceState:
    """The lowest state in the first so many different strings of samples, the reference determinant's before them.

    It is what `sqd` makes of the samples that have these strings, where their numbers of electrons are right.
    """
    alpha, beta = strings_of(samples)
    if hamiltonian.n_alpha == hamiltonian.n_beta:
        alpha = beta = np.column_stack([alpha, beta]).ravel()
    reference = reference_strings(hamiltonian)
    return lowest_state(
        hamiltonian, _first(reference[0], alpha, n_alpha_strings), _first(reference[1], beta, n_beta_strings)
    )


def exact(hamiltonian: Hamiltonian) -> float | None:
    """Energy of the whole sector in hartree by PySCF's full CI; None above `MOST_EXACT_DETERMINANTS`."""
    if hamiltonian.sector_dimension > MOST_EXACT_DETERMINANTS:
        return None
    electrons = (hamiltonian.n_alpha, hamiltonian.n_beta)
    solver = direct_spin1.FCISolver()
    solver.conv_tol = _TOLERANCE_HARTREE
    solver.max_cycle = 200
    energy, _ = solver.kernel(hamiltonian.one_body, hamiltonian.two_body, hamiltonian.n_orbitals, electrons)
    return float(energy) + hamiltonian.constant


def _first(reference: int, strings: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """The first different ones."""
    together = np.concatenate([np.array([reference]), strings])
    _, positions = np.unique(together, return_index=True)
    first: NDArray[np.int64] = together[np.sort(positions)[:count]]
    return first

"""One molecule from samples: what `eigenlead sqd` computes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flows.single import EnergyRequest, prepared
from pipeline.active_space import active_space, hamiltonian
from pipeline.errors import InputError
from pipeline.mean_field import mean_field
from pipeline.sqd.compare import Comparison, compare
from pipeline.sqd.subspace import SubspaceState


@dataclass(frozen=True, slots=True)
class SingleSqd:
    """SQD of one molecule beside its null models, for people and for programs."""

    title: str
    summary: str
    comparison: Comparison
    flags: tuple[str, ...]
    """Sentences on what limits trust in the energies."""

    def rows(self) -> list[tuple[str, float, int, float]]:
        """Name, energy in hartree, determinants, and their share of the sector, for each method."""
        comparison = self.comparison
        rows = [(name, s.energy_hartree, s.dimension, s.coverage) for name, s in _named(comparison).items()]
        if comparison.exact_hartree is not None:
            rows.append(("exact", comparison.exact_hartree, comparison.lucj.sector_dimension, 1.0))
        return rows

    def as_json(self) -> dict[str, Any]:
        """The fields that scripts read."""
        comparison = self.comparison
        return {
            "n_samples": comparison.n_samples,
            "sector_dimension": comparison.lucj.sector_dimension,
            "exact_hartree": comparison.exact_hartree,
            "lucj": _as_json(comparison.lucj),
            "uniform": _as_json(comparison.uniform),
            "selected_ci": _as_json(comparison.selected_ci),
            "flags": list(self.flags),
        }


def single_sqd(request: EnergyRequest, n_samples: int, n_layers: int) -> SingleSqd:
    """Compare SQD with its null models in one active space; nothing is stored.

    Raises:
        ComputationError: its class says whether to change the request or make it smaller.
    """
    asked = prepared(request)
    if asked.choice.optimised:
        raise InputError("SQD does not optimise orbitals.", "Use --orbitals frontier, fno, avas: or pi:.")
    reference = mean_field(asked.geometry, asked.species.charge, asked.species.multiplicity, asked.level)
    integrals = hamiltonian(reference, active_space(reference, asked.geometry, asked.choice))
    comparison = compare(integrals, n_samples, request.seed, n_layers)
    flags = [*asked.flags, *([] if reference.converged else ["The SCF did not converge."])]
    flags += [f"The {name} did not converge." for name, state in _named(comparison).items() if not state.converged]
    return SingleSqd(
        title=asked.title,
        summary=f"{n_samples} samples of an LUCJ state on {integrals.n_qubits} qubits, layers: {n_layers}. "
        "Uniform SQD has as many strings, selected CI at most as many.",
        comparison=comparison,
        flags=tuple(flags),
    )


def _named(comparison: Comparison) -> dict[str, SubspaceState]:
    return {"LUCJ-SQD": comparison.lucj, "uniform-SQD": comparison.uniform, "selected CI": comparison.selected_ci}


def _as_json(state: SubspaceState) -> dict[str, Any]:
    return {
        "energy_hartree": state.energy_hartree,
        "dimension": state.dimension,
        "coverage": state.coverage,
        "s_squared": state.s_squared,
        "converged": state.converged,
        "trace": list(state.trace),
    }

"""The commands for one molecule: ``energy``, ``sqd`` and ``descriptor``."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer
from rich.table import Table

from flows.commands.options import (
    ActiveSpaceOption,
    AnsatzOption,
    BasisOption,
    ChargeOption,
    DensityFitOption,
    FunctionalOption,
    JsonOption,
    MultiplicityOption,
    NeutralOption,
    OrbitalsOption,
    ProfileOption,
    SeedOption,
    StoreOption,
    Structure,
    console,
    errors,
)
from flows.request import ProfileName


def energy(
    structure: Structure,
    charge: ChargeOption = None,
    multiplicity: MultiplicityOption = None,
    basis: BasisOption = "def2-svp",
    active_space: ActiveSpaceOption = "",
    orbitals: OrbitalsOption = "frontier",
    ansatz: AnsatzOption = "uccsd",
    functional: FunctionalOption = "hf",
    density_fit: DensityFitOption = False,
    solvent: Annotated[str, typer.Option(help="water, octanol, or empty for the gas phase.")] = "",
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Compute one ground state by VQE, with its null models."""
    from flows.single import EnergyRequest, single_energy

    state = single_energy(
        EnergyRequest(
            structure=structure,
            charge=charge,
            multiplicity=multiplicity,
            basis=basis,
            active_space=active_space,
            orbitals=orbitals,
            ansatz=ansatz,
            functional=functional,
            density_fit=density_fit,
            solvent=solvent,
            seed=seed,
        )
    )
    if as_json:
        _print_json(state.as_json())
        return
    table = Table("rung", "energy, hartree", title=state.title, title_justify="left")
    for rung, value in state.ground_state.energy_hartree.as_dict().items():
        table.add_row(rung, "not computed" if value is None else f"{value:.8f}")
    console.print(table)
    console.print(state.summary)
    for flag in state.ground_state.flags:
        errors.print(f"Note: {flag}")


def sqd(
    structure: Structure,
    charge: ChargeOption = None,
    multiplicity: MultiplicityOption = None,
    basis: BasisOption = "def2-svp",
    active_space: ActiveSpaceOption = "",
    orbitals: OrbitalsOption = "frontier",
    samples: Annotated[int, typer.Option(min=1, help="Bitstrings drawn from the LUCJ state.")] = 10_000,
    layers: Annotated[int, typer.Option(min=1, help="Of the LUCJ ansatz.")] = 2,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Compute one ground state from samples (SQD), with its null models."""
    from flows.sampling import single_sqd
    from flows.single import EnergyRequest

    result = single_sqd(
        EnergyRequest(
            structure=structure,
            charge=charge,
            multiplicity=multiplicity,
            basis=basis,
            active_space=active_space,
            orbitals=orbitals,
            ansatz="uccsd",
            functional="hf",
            density_fit=False,
            solvent="",
            seed=seed,
        ),
        samples,
        layers,
    )
    if as_json:
        _print_json(result.as_json())
        return
    above = "exact" if result.comparison.exact_hartree is not None else "the lowest"
    columns = ("method", "energy, hartree", f"above {above}, mHa", "determinants", "of the sector")
    table = Table(*columns, title=result.title, title_justify="left")
    for name, value, determinants, share in result.rows():
        error = 1000 * (value - result.comparison.best_hartree)
        table.add_row(name, f"{value:.8f}", f"{error:.3f}", f"{determinants:,}", f"{share:.2%}")
    console.print(table)
    console.print(result.summary)
    for flag in result.flags:
        errors.print(f"Note: {flag}")


def descriptor(
    name: Annotated[str, typer.Argument(help="Of one in docs/descriptors.md, such as ionisation.")],
    structure: Annotated[
        str, typer.Argument(metavar="INPUT", help="A SMILES; or an .sdf or .xyz file, for its shape.")
    ],
    profile: ProfileOption = ProfileName.quick,
    neutral: NeutralOption = False,
    seed: SeedOption = 0,
    store: StoreOption = "",
    as_json: JsonOption = False,
) -> None:
    """Compute one descriptor: its equation, its species, its value on every rung."""
    from flows.single import descriptor_json, single_descriptor

    values = single_descriptor(name, structure, profile, seed, store, neutral)
    if as_json:
        _print_json([descriptor_json(value) for value in values])
        return
    for value in values:
        table = Table("rung", value.unit, title=f"{value.title}: {value.equation}", title_justify="left")
        for rung, number in value.rungs.as_dict().items():
            table.add_row(rung, "not computed" if number is None else f"{number:.3f}")
        console.print(table)
        species = ", ".join(calculation.species.label for calculation in value.calculations)
        console.print(f"Species: {species}")
        parts = ", ".join(f"{part} {width:.3f}" for part, width in value.uncertainty_from.items())
        width = f"{value.uncertainty:.3f} {value.unit}".rstrip()
        console.print(f"Uncertainty: ±{width}, from {parts}")
    for flag in dict.fromkeys(flag for value in values for flag in value.flags):
        errors.print(f"Note: {flag}")


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, indent=1, allow_nan=False) + "\n")

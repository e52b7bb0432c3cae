"""The command ``circuit``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

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
    OrbitalsOption,
    SeedOption,
    Structure,
    console,
    errors,
)


def circuit(
    structure: Structure,
    to: Annotated[str, typer.Option(help="qiskit (a QPY file), cirq (its JSON) or qasm3 (OpenQASM 3).")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where to write the circuit.")],
    mapping: Annotated[
        str,
        typer.Option(help="jordan-wigner, parity or bravyi-kitaev, each also with -tapered, which needs fewer qubits."),
    ] = "jordan-wigner",
    draw: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw the circuit in an .svg or .txt file.")] = None,
    charge: ChargeOption = None,
    multiplicity: MultiplicityOption = None,
    basis: BasisOption = "def2-svp",
    active_space: ActiveSpaceOption = "",
    orbitals: OrbitalsOption = "frontier",
    ansatz: AnsatzOption = "uccsd",
    functional: FunctionalOption = "hf",
    density_fit: DensityFitOption = False,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Write the converged ansatz as a circuit, and say what running it would take."""
    from flows.circuits import single_circuit
    from flows.single import EnergyRequest

    request = EnergyRequest(
        structure=structure,
        charge=charge,
        multiplicity=multiplicity,
        basis=basis,
        active_space=active_space,
        orbitals=orbitals,
        ansatz=ansatz,
        functional=functional,
        density_fit=density_fit,
        solvent="",
        seed=seed,
    )
    made = single_circuit(request, mapping, to, out, draw)
    if as_json:
        sys.stdout.write(json.dumps(made.as_json(), indent=1, allow_nan=False) + "\n")
        return
    columns = ("terms grouped", "circuits", "two-qubit gates added", "shots for 1.6 mHa")
    table = Table(*columns, title=made.title, title_justify="left")
    for cost in made.costs:
        table.add_row(cost.grouping, f"{cost.n_groups:,}", f"{cost.two_qubit_gates}", f"{cost.shots:,}")
    console.print(table)
    console.print(made.summary)
    for path in filter(None, (out, draw)):
        console.print(f"Wrote {path}")
    for flag in made.flags:
        errors.print(f"Note: {flag}")

"""The command ``run-circuit``."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer
from rich.table import Table

from flows.commands.options import (
    ActiveSpaceOption,
    BasisOption,
    ChargeOption,
    JsonOption,
    MultiplicityOption,
    OrbitalsOption,
    SeedOption,
    StoreOption,
    console,
    errors,
)
from pipeline.errors import InputError


def run_circuit(
    structure: Annotated[str, typer.Argument(metavar="INPUT", help="A SMILES, or an .xyz file used as it is.")] = "",
    backend: Annotated[str, typer.Option(help="Where it runs; --list shows the names.")] = "aer",
    charge: ChargeOption = None,
    multiplicity: MultiplicityOption = None,
    basis: BasisOption = "def2-svp",
    active_space: ActiveSpaceOption = "",
    orbitals: OrbitalsOption = "frontier",
    ansatz: Annotated[str, typer.Option(help="As in energy.")] = "uccsd",
    mapping: Annotated[
        str, typer.Option(help="jordan-wigner, parity or bravyi-kitaev; with -tapered behind it on fewer qubits.")
    ] = "jordan-wigner",
    shots: Annotated[int, typer.Option(min=1, help="Of all circuits together.")] = 100_000,
    mitigate: Annotated[str, typer.Option(metavar="STEP,…", help="readout, symmetry, zne, sqd.")] = "",
    resilience: Annotated[
        int | None, typer.Option(min=0, max=2, help="Level of ibm-estimator's own mitigation; by default 1.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Submit what costs money.")] = False,
    look: Annotated[bool, typer.Option("--dry-run", help="Show circuits, shots and price; run nothing.")] = False,
    max_price: Annotated[float | None, typer.Option(min=0, help="Submit nothing dearer, in the vendor's unit.")] = None,
    credentials: Annotated[str, typer.Option(help="Prefect Secret block with the vendor's key.")] = "",
    store: StoreOption = "",
    show_list: Annotated[
        bool, typer.Option("--list", help="Show the backends, and what those need that cannot run.")
    ] = False,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Measure the energy of an ansatz's circuit on a simulator, a noisy device model or a QPU."""
    from flows import running
    from flows.single import EnergyRequest

    if show_list:
        _show_list(as_json)
        return
    if not structure:
        raise InputError("There is no molecule to run.", "Give a SMILES or an .xyz file, or --list.")
    request = EnergyRequest(
        structure=structure,
        charge=charge,
        multiplicity=multiplicity,
        basis=basis,
        active_space=active_space,
        orbitals=orbitals,
        ansatz=ansatz,
        functional="hf",
        density_fit=False,
        solvent="",
        seed=seed,
    )
    options = running.RunOptions(
        backend=backend,
        mapping=mapping,
        shots=shots,
        mitigation=tuple(name.strip() for name in mitigate.split(",") if name.strip()),
        resilience=resilience,
        agreed=yes,
        most=max_price,
        credentials=credentials,
        store_url=store,
    )
    if look:
        plan = running.dry_run(request, options)
        if as_json:
            sys.stdout.write(json.dumps(plan.as_json(), indent=1, allow_nan=False) + "\n")
        else:
            console.print(f"{plan.title}, on {plan.backend}: {plan.summary}")
        return
    run = running.run_circuit(request, options)
    if as_json:
        sys.stdout.write(json.dumps(run.as_json(), indent=1, allow_nan=False) + "\n")
        return
    columns = ("energy", "hartree", "± standard error, mHa", "above the ansatz, mHa")
    table = Table(*columns, title=f"{run.title}, on {run.backend}", title_justify="left")
    for name, value, error in run.rows():
        above = 1000 * (value - run.state.ansatz_hartree)
        table.add_row(name, f"{value:.6f}", "" if error is None else f"{1000 * error:.2f}", f"{above:.2f}")
    console.print(table)
    console.print(run.summary)
    for flag in run.flags:
        errors.print(f"Note: {flag}")


def _show_list(as_json: bool) -> None:
    from flows import running

    rows = running.listing()
    if as_json:
        fields = [
            {"name": name, "what": what, "can_run": not missing, "missing": missing} for name, what, missing in rows
        ]
        sys.stdout.write(json.dumps(fields, indent=1) + "\n")
        return
    table = Table("backend", "what it is", "can run here")
    for name, what, missing in rows:
        table.add_row(name, what, missing or "yes")
    console.print(table)

"""What several commands share: their options, consoles and exit codes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from flows.console import plain_console
from flows.request import ObjectiveName, ProfileName

FAILED, WRONG_REQUEST, PARTIAL = 1, 2, 3
CORES = os.cpu_count() or 1

console = plain_console()
errors = plain_console(stderr=True)

LibraryPath = Annotated[Path, typer.Argument(help="A .smi, .txt, .csv, .tsv or .sdf file, also .gz.")]
ProfileOption = Annotated[ProfileName, typer.Option(help="How accurate, and how long it takes.")]
NeutralOption = Annotated[
    bool,
    typer.Option("--neutral", help="Compute reactivity for the neutral molecule, not for its form at pH 7.4."),
]
ObjectiveOption = Annotated[
    str,
    typer.Option(metavar="NAME|FILE.yaml", help=f"What to rank by: {', '.join(ObjectiveName)}, or a file of yours."),
]
SeedOption = Annotated[int, typer.Option(min=0, help="Seed of every random choice.")]
WorkersOption = Annotated[int, typer.Option(min=1, help="Processes side by side; one core each.")]
StoreOption = Annotated[str, typer.Option(help="SQLAlchemy URL of the result store; empty: the user's own.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
Structure = Annotated[str, typer.Argument(metavar="INPUT", help="A SMILES, or an .xyz file used as it is.")]
ChargeOption = Annotated[int | None, typer.Option(help="Total charge; as the input says, else 0.")]
MultiplicityOption = Annotated[int | None, typer.Option(min=1, help="Spin multiplicity; the lowest by default.")]
BasisOption = Annotated[str, typer.Option(help="Gaussian basis set.")]
ActiveSpaceOption = Annotated[str, typer.Option(metavar="E,O", help="Active electrons and orbitals.")]
OrbitalsOption = Annotated[
    str,
    typer.Option(
        help="frontier; fno (MP2 natural virtuals); avas:1,2 (valence p of atoms) or pi:1,2 (their π); "
        "valence (all valence orbitals, optimised for the state)."
    ),
]
AnsatzOption = Annotated[
    str, typer.Option(help="uccsd, uccgsd, 1- to 3-upccgsd, adapt, adapt-qubit, lucj or hardware-efficient.")
]
FunctionalOption = Annotated[str, typer.Option(help="hf, or the functional of a Kohn–Sham reference.")]
DensityFitOption = Annotated[
    bool, typer.Option("--density-fit", help="Fit densities: faster, and in def2 1e-5 Ha off.")
]

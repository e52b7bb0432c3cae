"""Energies of circuits on every backend that runs offline, and how much of a device's error mitigation takes back."""

from __future__ import annotations

import os
from collections.abc import Sequence
from statistics import median

import typer
from cases import Case
from machine import described, publish

from flows.markdown import table
from flows.single import EnergyRequest, prepared
from pipeline.active_space import active_space, hamiltonian
from pipeline.backends.backend import Energy, Sampler
from pipeline.backends.catalogue import EXACT, kind_of
from pipeline.backends.energy import ExactBackend, SampledBackend
from pipeline.backends.mitigation import Step
from pipeline.circuits.prepare import Prepared
from pipeline.circuits.prepare import prepared as prepared_circuit
from pipeline.errors import InputError
from pipeline.hamiltonian import Hamiltonian
from pipeline.mean_field import mean_field

JORDAN_WIGNER, TAPERED = "jordan-wigner", "parity-tapered"
H2 = Case("H2", "H 0 0 0; H 0 0 0.735", "sto-3g", 2, 2)
LIH = Case("LiH", "Li 0 0 0; H 0 0 1.6", "sto-3g", 2, 4)
SEEDS = range(10)
SHOTS, RECOVERY_SHOTS = 100_000, 400_000
SLOW = {"quantinuum-fake:H1-1LE": 20_000, "quantinuum-fake:H2-1LE": 20_000}
"""Shots of samplers that follow a trajectory for each."""
IDEAL = ("aer-shots", "cirq")
NOISY = (
    "ibm-fake:FakeManilaV2",
    "ibm-fake:FakeTorino",
    "google-fake:rainbow",
    "google-fake:weber",
    "google-fake:willow_pink",
    "ionq-fake",
    "quantinuum-fake:H1-1LE",
    "quantinuum-fake:H2-1LE",
    "rigetti-fake",
    "azure-fake",
    "braket-fake",
)
RECOVERED = ("ibm-fake:FakeManilaV2", "ibm-fake:FakeTorino")
STEPS: tuple[Step, ...] = ("readout", "symmetry", "zne")
COLUMNS = ("backend", "shots", "two-qubit gates", "bases", *("measured", "readout", "+ symmetry", "+ extrapolation"))
PACKAGES = (
    *("qiskit", "qiskit-aer", "qiskit-ibm-runtime", "cirq-core", "cirq-google", "cirq-ionq", "pytket-quantinuum"),
    *("quantum-pecos", "pyquil", "qdk", "mitiq", "numpy"),
)


def main() -> None:
    """Write benchmarks/results/backends.md."""
    hydrogen = prepared_circuit(H2.hamiltonian()[0], "uccsd", JORDAN_WIGNER)
    hydride = prepared_circuit(LIH.hamiltonian()[0], "uccsd", TAPERED)
    warhead = prepared_circuit(acrylonitrile(), "uccsd", JORDAN_WIGNER)
    publish(
        "backends",
        "# Circuits on backends that run offline",
        "Energies in millihartree above the engine's energy of the same UCCSD state, ± one standard error. Columns to "
        "the right add a step of mitigation, from the same shots. Seed 0.",
        "## H2/STO-3G, 0.735 Å, Jordan–Wigner",
        rows_of(hydrogen, (*IDEAL, *NOISY)),
        "## LiH/STO-3G, 1.6 Å, (2e,4o), tapered to 4 qubits",
        rows_of(hydride, (*IDEAL, *NOISY)),
        f"## Acrylonitrile/def2-SVP, π (4e,4o), Jordan–Wigner, {warhead.circuit.num_qubits} qubits",
        rows_of(warhead, IDEAL, ("readout",)),
        "## Share of the noise-induced error that mitigation takes back",
        f"LiH as above, {RECOVERY_SHOTS:,} shots in all, readout + symmetry + extrapolation. The share is "
        "1 − |mitigated − ansatz| / |measured − ansatz|, both from the same run.",
        *(recovery(name, hydride) for name in RECOVERED),
        described(PACKAGES, "python benchmarks/backends.py"),
    )


def acrylonitrile() -> Hamiltonian:
    """The π electrons of a small warhead."""
    request = EnergyRequest(
        structure="C=CC#N",
        charge=None,
        multiplicity=None,
        basis="def2-svp",
        active_space="4,4",
        orbitals="pi:1,2,3,4",
        ansatz="uccsd",
        functional="hf",
        density_fit=False,
        solvent="",
        seed=0,
    )
    asked = prepared(request)
    reference = mean_field(asked.geometry, asked.species.charge, asked.species.multiplicity, asked.level)
    return hamiltonian(reference, active_space(reference, asked.geometry, asked.choice))


def rows_of(state: Prepared, names: Sequence[str], steps: tuple[Step, ...] = STEPS) -> str:
    """A table of backends; those that miss something here say so."""
    exact = ExactBackend().run(state.circuit, state.observable)
    first = [EXACT, "0", str(exact.metadata["two_qubit_gates"]), "0", shown(Energy(exact.value_hartree, 0.0), state)]
    rows = [[*first, *[""] * len(STEPS)]]
    for name in names:
        try:
            sampler = sampler_of(name)
            found = SampledBackend(sampler, steps, state.symmetries).run(
                state.circuit, state.observable, SLOW.get(name, SHOTS), 0
            )
        except InputError as error:
            rows.append([name, *[""] * 3, str(error), *[""] * len(STEPS)])
            continue
        energies = [shown(one, state) for one in found.metadata["mitigation"].values()]
        numbers = f"{found.shots:,}", str(found.metadata["two_qubit_gates"]), str(found.metadata["settings"])
        rows.append([name, *numbers, *energies, *[""] * (len(STEPS) + 1 - len(energies))])
    return table(COLUMNS, rows)


def shown(energy: Energy, state: Prepared) -> str:
    """In millihartree above the ansatz."""
    return f"{1000 * (energy.value_hartree - state.ansatz_hartree):.2f} ± {1000 * energy.standard_error_hartree:.2f}"


def recovery(name: str, state: Prepared) -> str:
    """Every seed and the median."""
    sampler = sampler_of(name)
    plan = SampledBackend(sampler, STEPS, state.symmetries).plan(state.circuit, state.observable, RECOVERY_SHOTS)
    rows, shares = [], []
    for seed in SEEDS:
        energies = plan.measured(sampler.sample(plan.circuits, plan.shots, seed)).metadata["mitigation"]
        plain, mitigated = energies["none"], list(energies.values())[-1]
        share = 1 - abs(mitigated.value_hartree - state.ansatz_hartree) / abs(
            plain.value_hartree - state.ansatz_hartree
        )
        shares.append(share)
        rows.append([str(seed), shown(plain, state), shown(mitigated, state), f"{share:.1%}"])
    rows.append(["median", "", "", f"{median(shares):.1%}"])
    return f"### {name}\n\n" + table(("seed", "measured", "mitigated", "taken back"), rows)


def sampler_of(name: str) -> Sampler:
    """Of a simulator.

    Raises:
        InputError: something is missing here.
    """
    kind, device = kind_of(name)
    if kind.make is None:
        raise InputError(f"{name} is no simulator.", "Choose one that runs here.")
    return kind.make(device)


if __name__ == "__main__":
    os.environ.setdefault("QDK_PYTHON_TELEMETRY", "none")
    typer.run(main)

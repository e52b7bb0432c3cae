"""The UCCSD-VQE against its peers, each in its own environment, and against PySCF's exact solver."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from cases import AGAINST_PEERS, GROWING, Case
from machine import RESULTS, described, publish
from peers import page
from peers.environments import EVALUATION, EXACT, EXACT_SYMMETRY, FOLDER, OURS, PEERS, THREADS, Peer
from peers.growth import LEAST_DIMENSION, Law, plot
from peers.records import SAME_HARTREE, Record, saved_records
from peers.worker import REPEAT_SECONDS

from pipeline.hamiltonian import Hamiltonian
from pipeline.vqe.minimise import GRADIENT_TOLERANCE
from pipeline.vqe.solve import excitations_of

PACKAGES = ("pyscf", "numpy", "scipy", "numba")
PLOT = RESULTS / "vqe_peers_growth.svg"
ALL_CASES = tuple(dict.fromkeys((*AGAINST_PEERS, *GROWING)))


def integrals(case: Case) -> tuple[Path, page.Size]:
    """The file that every worker reads, made once for all of them, and the size of the case."""
    file = FOLDER / "integrals" / f"{_slug(case)}.npz"
    if not file.exists():
        hamiltonian, determinant = case.hamiltonian()
        file.parent.mkdir(parents=True, exist_ok=True)
        np.savez(
            file,
            one_body=hamiltonian.one_body,
            two_body=hamiltonian.two_body,
            constant=hamiltonian.constant,
            n_alpha=hamiltonian.n_alpha,
            n_beta=hamiltonian.n_beta,
            hartree_fock=determinant,
        )
    with np.load(file) as data:
        electrons = int(data["n_alpha"]), int(data["n_beta"])
        hamiltonian = Hamiltonian(float(data["constant"]), data["one_body"], data["two_body"], *electrons)
    parameters = 1 + max(x.parameter for x in excitations_of(hamiltonian, "uccsd"))
    return file, page.Size(hamiltonian.n_qubits, hamiltonian.sector_dimension, parameters)


def measure(stamp: str, case: Case, peer: Peer, file: Path, cap: int) -> Record:
    """One worker on one case, from start to end."""
    events = FOLDER / "events" / f"{_slug(case)}-{_slug(peer.name)}.jsonl"
    events.parent.mkdir(parents=True, exist_ok=True)
    events.unlink(missing_ok=True)
    code, complaint = peer.run(file, events, cap)
    record = Record.of(stamp, str(case), peer.name, events, code, complaint)
    record.save()
    return record


def measured_on(case: Case) -> tuple[Peer, ...]:
    full = (OURS, EXACT, EXACT_SYMMETRY, *PEERS) if case in AGAINST_PEERS else ()
    return (*full, EVALUATION) if case in GROWING else full


def main(
    cap: Annotated[int, typer.Option(min=1, help="Seconds that a peer has for its set-up, and for a run.")] = 600,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the last benchmark.")] = False,
    only: Annotated[str, typer.Option(help="Cases whose name contains this.")] = "",
    peer: Annotated[str, typer.Option(help="Peers whose name contains this.")] = "",
    note: Annotated[str, typer.Option(help="A sentence on the circumstances of the run, for the page.")] = "",
) -> None:
    """Measure what is not yet measured, save each record as soon as it is there, and write the page."""
    saved = saved_records()
    stamp = saved[-1].stamp if resume and saved else f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    records = {(r.case, r.peer): r for r in saved if r.stamp == stamp}
    if not resume:
        for file in (FOLDER / "integrals").glob("*.npz"):
            file.unlink()
    cases = [case for case in ALL_CASES if only in str(case) or any(str(case) == known for known, _ in records)]
    prepared = {case: integrals(case) for case in cases}
    order = sorted(cases, key=lambda c: (prepared[c][1].n_qubits, prepared[c][1].parameters))
    gave_up = set()
    for case, measured in [(c, p) for c in order for p in measured_on(c)]:
        key = str(case), measured.name
        if key not in records and only in key[0] and peer in key[1] and measured.name not in gave_up:
            print(f"{datetime.now(UTC):%H:%M:%S} {', '.join(key)}", flush=True)
            records[key] = measure(stamp, case, measured, prepared[case][0], cap)
        if key in records and records[key].gave_up:
            gave_up.add(measured.name)
    write(records, {case: prepared[case][1] for case in order}, cap, note)


def write(records: page.Records, sizes: page.Sizes, cap: int, note: str) -> None:
    points = page.growth_points(records, sizes)
    law = Law.fitted(points)
    if points:
        plot(points, law, PLOT)
    versions = sorted({record.version for record in records.values() if record.version})
    policy = os.environ.get("OMP_WAIT_POLICY", "not set")
    publish(
        "vqe_peers",
        "# The UCCSD-VQE against its peers and the exact solver",
        "Every program gets the same integrals, the same two threads and a process of its own. OpenBLAS has one "
        "thread, since PySCF calls it from inside its own two: with two it is slower. Seconds are wall time from the "
        f"start of the minimisation until the energy is within {SAME_HARTREE:.0e} Ha of the lowest that the "
        "run reaches, the median of five runs after a warm-up (for runs of more than a minute this is one evaluation), "
        f"of fewer where five do not fit into {REPEAT_SECONDS} s. A peer's set-up or run is ended after {cap} s. "
        "All start from MP2 amplitudes, ours of more than a million determinants (H14) from those of CCSD.",
        "## Against the exact solver",
        page.against_exact(records, sizes),
        f"Ours is `pipeline.vqe.solve`, set-up included, to a gradient norm of {GRADIENT_TOLERANCE:.0e} Ha; "
        "evaluations are those to 1e-6 Ha and all. Exact is the solver that PySCF's CASCI picks by itself "
        "(`direct_spin1`) at CASCI's tolerance of 1e-8 Ha, the whole call. Targets: a ratio to it of at most 1 up to "
        "20 qubits, 2 beyond, 3 for stretched bonds. Exact, symmetry is PySCF's `direct_spin0_symm`, told that the "
        "state is a singlet and which symmetry the orbitals have. Both first diagonalise 400 determinants densely, "
        "which rules their time where the sector is small: [vqe_reference.md](vqe_reference.md) has it without.",
        "## Against the peers",
        page.against_peers(records, sizes, cap),
        f"— : not run, since a smaller case did not finish within {cap} s. Evaluations are those to 1e-6 Ha.",
        "\n".join(f"- {peer.name}: {peer.method}." for peer in PEERS),
        "## Memory",
        page.memory(records, sizes),
        "Peak resident memory of the whole process (GB are 2³⁰ bytes), beside the vectors that the engine states and "
        "refuses where they do not fit.",
        "## Growth",
        page.growth(points),
        f"![Seconds against qubits]({PLOT.name})",
        f"From {LEAST_DIMENSION} determinants on, seconds = {law}, within a factor of {law.worst:.2f}."
        if law
        else "Too few points for a law.",
        "## Agreement",
        page.agreement(records),
        "At equilibrium. Both are products of the same exponentials in another order, so the minima differ a little.",
        described(PACKAGES, "python benchmarks/vqe_peers.py", THREADS),
        f"- Peers: {'; '.join(versions)}\n- OMP_WAIT_POLICY: {policy}",
        note,
    )


def _slug(name: object) -> str:
    return re.sub(r"\W+", "-", str(name)).strip("-")


if __name__ == "__main__":
    typer.run(main)

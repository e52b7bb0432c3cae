"""Peers, the environments that they run in, and one run of a peer's worker."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

WORKERS = Path(__file__).parent
FOLDER = WORKERS.parent / ".peers"
"""Environments, integrals, events and results; not in the repository."""
THREADS = 2
_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
_ONE_BLAS_THREAD = {"OPENBLAS_NUM_THREADS": "1"}
"""PySCF calls OpenBLAS from inside its OpenMP threads: with two each, both cores are oversubscribed."""


@dataclass(frozen=True, slots=True)
class Peer:
    """What is measured: a worker in an environment."""

    name: str
    command: tuple[str, ...]
    """Script without its ending, then arguments."""
    packages: Mapping[str, str] = field(default_factory=dict)
    """Pinned; none: this project's own environment."""
    method: str = ""
    """What it does, in a sentence."""
    capped: bool = True
    """Ended when a set-up or a run takes longer than the cap."""

    def python(self) -> Path:
        """The interpreter of its environment, which is made if it is missing or has other packages."""
        if not self.packages:
            return Path(sys.executable)
        folder = FOLDER / self.command[0]
        python, pinned = folder / "bin" / "python", folder / "packages.txt"
        wanted = "\n".join(f"{package}=={version}" for package, version in self.packages.items())
        if not pinned.exists() or pinned.read_text(encoding="utf-8") != wanted:
            subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
            subprocess.run([python, "-m", "pip", "install", "--quiet", *wanted.split("\n")], check=True)
            pinned.write_text(wanted, encoding="utf-8")
        return python

    def run(self, integrals: Path, events: Path, cap: int) -> tuple[int, str]:
        """Exit code (negative: ended by this signal) and the last line of its complaints."""
        script = WORKERS / f"{self.command[0]}.py"
        done = subprocess.run(
            [
                self.python(),
                "-W",
                "ignore",
                script,
                integrals,
                events,
                f"{cap if self.capped else 0}",
                *self.command[1:],
            ],
            env=os.environ | dict.fromkeys(_VARIABLES, f"{THREADS}") | _ONE_BLAS_THREAD,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        return done.returncode, (done.stderr.strip().splitlines() or [""])[-1]


OURS = Peer("Eigenlead", ("eigenlead_uccsd",), capped=False)
EVALUATION = Peer("evaluation", ("eigenlead_evaluation",), capped=False)
EXACT = Peer("PySCF", ("pyscf_exact",), capped=False)
EXACT_SYMMETRY = Peer("PySCF, symmetry", ("pyscf_exact", "symmetry"), capped=False)
PEERS = (
    Peer(
        "TenCirChem",
        ("tencirchem_uccsd",),
        {"tencirchem": "2024.11", "jax": "0.4.35", "jaxlib": "0.4.35", "ml_dtypes": "0.4.1"},
        "`UCCSD.from_integral` with its own excitations, order and optimiser; the fastest of its engines that fits "
        "into 24 GB: `civector` on NumPy up to 16 qubits and on JAX at 20, beyond that `civector-large`",
    ),
    Peer(
        "PennyLane",
        ("pennylane_adjoint",),
        {"pennylane": "0.45.1", "pennylane-lightning": "0.45.0"},
        "`lightning.qubit` with adjoint gradients, all singles and doubles as Givens rotations: UCCSD without the "
        "signs of fermionic exchange, since `qml.UCCSD` takes twenty times as long; SciPy's L-BFGS-B",
    ),
    Peer(
        "Qiskit",
        ("qiskit_statevector",),
        {"qiskit": "2.6.2", "qiskit-nature": "0.8.0", "qiskit-algorithms": "0.4.0"},
        "`VQE` of Qiskit Nature's `UCCSD`, qubits tapered by symmetry, `StatevectorEstimator`, "
        "`ReverseEstimatorGradient`, `L_BFGS_B`",
    ),
    Peer(
        "ffsim",
        ("ffsim_uccsd",),
        {"ffsim": "0.0.85"},
        "`UCCSDOpRestrictedReal` (one exponential of all excitations, no product) by its linear method, which its "
        "guide finds faster than L-BFGS-B; evaluations are states, mostly for finite differences",
    ),
)

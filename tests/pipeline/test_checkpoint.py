"""Where a VQE begins: MP2, coupled cluster, and the progress of one that was cut off."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from molecules_small import active_space
from pyscf import gto, scf

from pipeline.store import Store
from pipeline.vqe.checkpoint import Progress
from pipeline.vqe.solve import Ansatz, excitations_of, solve
from pipeline.vqe.start import start_parameters


class Kept:
    """In memory; raises after some saves, as a power cut would."""

    def __init__(self, saves: int | None = None) -> None:
        self.progress: Progress | None = None
        self.left = saves

    def load(self) -> Progress | None:
        return self.progress

    def save(self, progress: Progress) -> None:
        self.progress = progress
        if self.left is not None:
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt


@pytest.mark.parametrize("name", ["LiH", "H2O", "N2", "H6", "OH", "O2"])
def test_ccsd_amplitudes_are_a_better_start(name: str) -> None:
    """Its first energy lies below that of MP2, and the minimum is the same."""
    hamiltonian, _, _ = active_space(name)
    from_mp2, from_ccsd = solve(hamiltonian, start="mp2"), solve(hamiltonian, start="ccsd")
    assert from_ccsd.trace[0] < from_mp2.trace[0]
    assert from_ccsd.n_evaluations <= from_mp2.n_evaluations
    assert from_ccsd.energy_hartree == pytest.approx(from_mp2.energy_hartree, abs=1e-8)


def test_mp2_amplitudes_are_those_of_pyscf() -> None:
    """Of a molecule in its whole basis, where PySCF's MP2 has the same orbitals."""
    hamiltonian, _, _ = active_space("LiH")
    mean_field = scf.RHF(gto.M(atom="Li 0 0 0; H 0 0 1.6", basis="sto-3g", verbose=0)).run(conv_tol=1e-11)
    amplitudes = mean_field.MP2().run().t2
    excitations = excitations_of(hamiltonian, "uccsd")
    parameters = start_parameters(hamiltonian, excitations, "mp2")
    doubles = [x for x in excitations if len(x.alpha_from) == len(x.beta_from) == 1]
    assert doubles
    for x in doubles:
        expected = amplitudes[x.alpha_from[0], x.beta_from[0], x.alpha_to[0] - 2, x.beta_to[0] - 2]
        assert parameters[x.parameter] == pytest.approx(expected, abs=1e-6)


def test_a_neighbouring_geometry_is_a_better_start_than_mp2() -> None:
    """Where orbitals keep their order and signs; PySCF makes the largest coefficient of each positive, which is no rule
    where symmetry makes two of them equal: hence uneven."""
    near, _, _ = active_space("uneven H6")
    known = solve(near).parameters
    here, _, _ = active_space("uneven H6, longer")
    fresh, reused = solve(here), solve(here, start=known)
    assert reused.n_evaluations < fresh.n_evaluations
    assert reused.energy_hartree == pytest.approx(fresh.energy_hartree, abs=1e-8)


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Save after every evaluation or round."""
    monkeypatch.setattr("pipeline.vqe.minimise.SECONDS", 0.0)
    monkeypatch.setattr("pipeline.vqe.adapt.SECONDS", 0.0)


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize(("name", "ansatz", "saves"), [("N2 (1.8 Å)", "uccsd", 16), ("LiH", "adapt", 12)])
def test_a_minimisation_that_was_cut_off_goes_on(name: str, ansatz: Ansatz, saves: int) -> None:
    hamiltonian, _, _ = active_space(name)
    whole = solve(hamiltonian, ansatz)
    kept = Kept(saves)
    with pytest.raises(KeyboardInterrupt):
        solve(hamiltonian, ansatz, checkpoint=kept)
    kept.left = None
    resumed = solve(hamiltonian, ansatz, checkpoint=kept)
    assert resumed.n_evaluations < whole.n_evaluations
    assert resumed.trace[0] < whole.trace[0]
    assert resumed.converged
    assert resumed.energy_hartree == pytest.approx(whole.energy_hartree, abs=1e-8)


@pytest.mark.parametrize("ansatz", ["uccsd", "adapt"])
def test_progress_of_another_hamiltonian_is_not_taken_up(ansatz: Ansatz) -> None:
    hamiltonian, _, _ = active_space("LiH")
    kept = Kept()
    n_parameters = len(solve(hamiltonian).parameters)
    operators = tuple(range(n_parameters)) if ansatz == "adapt" else ()
    kept.progress = Progress(tuple(0.3 for _ in range(n_parameters)), -5.0, operators)
    fresh, misled = solve(hamiltonian, ansatz), solve(hamiltonian, ansatz, checkpoint=kept)
    assert misled.energy_hartree == pytest.approx(fresh.energy_hartree, abs=1e-8)
    assert misled.converged


KILLED = """
import os, sys
from pathlib import Path
import pipeline.ground_state as g, pipeline.vqe.minimise as m
from molecules.species import Species, neutral
from pipeline.active_space import ActiveSpaceChoice
from pipeline.store import Store
from levels_small import TINY
m.SECONDS = 0.0
saves, save = 0, g._StoredCheckpoint.save
def counted(self, progress):
    global saves
    save(self, progress)
    saves += 1
    if saves == int(sys.argv[2]):
        os.kill(os.getpid(), 9)
g._StoredCheckpoint.save = counted
calculation = g.Calculation(neutral("N#N", "nitrogen", "gas"), ActiveSpaceChoice(6, 6))
state = g.ground_state(calculation, TINY, 0, Store(sys.argv[1]))
print(state.n_evaluations, state.energy_hartree.vqe, Store(sys.argv[1]).count("vqe_progress"))
"""


def test_a_killed_process_loses_no_progress(tmp_path: Path) -> None:
    """kill -9 after the third save: the next process goes on from the store, and leaves no progress behind."""

    def run(url: str, kill_after: int) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", KILLED, url, str(kill_after)]
        paths = os.pathsep.join([str(Path(__file__).parents[1]), str(Path(__file__).parents[2])])
        environment = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)

    cut, whole = f"sqlite:///{tmp_path / 'cut.sqlite'}", f"sqlite:///{tmp_path / 'whole.sqlite'}"
    assert run(cut, 3).returncode == -signal.SIGKILL
    assert Store(cut).count("vqe_progress") == 1
    resumed, fresh = run(cut, 0), run(whole, 0)
    assert resumed.returncode == fresh.returncode == 0, resumed.stderr + fresh.stderr
    (few, energy, left), (many, expected, _) = (run.stdout.split() for run in (resumed, fresh))
    assert int(few) < int(many)
    assert float(energy) == pytest.approx(float(expected), abs=1e-8)
    assert int(left) == 0

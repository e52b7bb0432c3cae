"""The other commands, as users run them."""

import json
import subprocess
import sys

import pytest
from command_line import eigenlead, environment
from pyscf import gto, scf

WARHEADS = "molecules/examples/warheads.smi"
WATER = "3\ncharge=0\nO 0 0 0.1173\nH 0 0.7572 -0.4692\nH 0 -0.7572 -0.4692\n"


@pytest.fixture(scope="module")
def env(tmp_path_factory):
    folder = tmp_path_factory.mktemp("command")
    return environment(folder / "prefect", EIGENLEAD_STORE=f"sqlite:///{folder / 'store.sqlite'}")


@pytest.fixture
def water(tmp_path):
    path = tmp_path / "water.xyz"
    path.write_text(WATER)
    return path


def test_energy_is_plain_by_default_and_in_the_published_form(env, water):
    run = eigenlead("energy", water, "--basis", "sto-3g", "--json", env=env)
    assert run.returncode == 0, run.stderr
    state = json.loads(run.stdout)
    mf = scf.RHF(gto.M(atom=str(water), basis="sto-3g", verbose=0)).run(conv_tol=1e-11)
    energy = state["energy_hartree"]
    assert energy["mean_field"] == pytest.approx(mf.e_tot, abs=1e-8)
    assert energy["casci"] - 1e-9 < energy["vqe"] < energy["mean_field"]
    assert {"xtb", "mean_field", "casci", "casci_pdft", "vqe", "vqe_pdft"} <= energy.keys()
    assert state["gradient_norm"] < 1e-5
    assert state["n_qubits"] == 14
    assert sum(state["natural_occupations"]) == pytest.approx(10)
    assert {"n_parameters", "n_evaluations", "converged", "flags"} <= state.keys()
    assert {"geometry", "mean_field", "active_space", "casci", "vqe", "pdft"} <= state["wall_s"].keys()


def test_energy_for_people(env):
    run = eigenlead("energy", "[CH3]", "--active-space", "3,3", "--basis", "sto-3g", env=env)
    assert run.returncode == 0, run.stderr
    assert "multiplicity 2" in run.stdout
    assert "6 qubits" in run.stdout


def test_natural_orbitals_lower_the_energy(env, water):
    options = ("--basis", "6-31g", "--active-space", "6,6", "--json")
    energies = {}
    for orbitals in ("frontier", "fno"):
        run = eigenlead("energy", water, *options, "--orbitals", orbitals, env=env)
        assert run.returncode == 0, run.stderr
        energies[orbitals] = json.loads(run.stdout)["energy_hartree"]
    assert energies["fno"]["mean_field"] == pytest.approx(energies["frontier"]["mean_field"], abs=1e-9)
    for rung in ("casci", "vqe"):
        assert energies["fno"][rung] < energies["frontier"][rung] - 0.01


@pytest.mark.slow
def test_sqd_stands_beside_its_null_models(env, water):
    options = ("--basis", "6-31g", "--active-space", "8,8", "--samples", "2000", "--seed", "1")
    run = eigenlead("sqd", water, *options, "--json", env=env)
    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout)
    assert result["sector_dimension"] == 4900
    assert result["exact_hartree"] < result["selected_ci"]["energy_hartree"] < result["lucj"]["energy_hartree"]
    assert result["lucj"]["energy_hartree"] < result["uniform"]["energy_hartree"]
    assert result["lucj"]["dimension"] == result["uniform"]["dimension"] >= result["selected_ci"]["dimension"]
    people = eigenlead("sqd", water, *options, env=env)
    assert people.returncode == 0, people.stderr
    for word in ("LUCJ-SQD", "uniform-SQD", "selected CI", "exact", "16 qubits"):
        assert word in people.stdout


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (["energy", "C=CC(=O"], "open"),
        (["energy", "O", "--active-space", "four"], "such as 4,4"),
        (["energy", "O", "--active-space", "40,40"], "Choose other numbers"),
        (["energy", "O", "--basis", "nonsense"], "basis"),
        (["energy", "O", "--orbitals", "nonsense"], "Use frontier, fno"),
        (["energy", "O", "--orbitals", "fno", "--functional", "pbe"], "Use the functional hf"),
        (["sqd", "O", "--basis", "sto-3g", "--active-space", "10,5"], "LUCJ needs empty orbitals"),
        (["energy", "O", "--solvent", "beer"], "Use water"),
        (["energy", "missing.xyz"], "missing.xyz"),
        (["circuit", "[H][H]", "--to", "quil", "--out", "out", "--basis", "sto-3g"], "qiskit, cirq, qasm3"),
        (["circuit", "[H][H]", "--to", "cirq", "--out", "out", "--mapping", "parrot"], "parity-tapered"),
        (["energy", "[O]"], "--multiplicity"),
        (["energy", "[CH2]"], "2 unpaired electrons"),
        (["energy", "[Fe+2]"], "open shell of Fe"),
        (["energy", "[Pu+3]", "--multiplicity", "6"], "up to radon"),
        (["energy", "*C=CC=O"], "such as a methyl"),
        (["energy", "C=CC(N)=O.O"], "holds 2 molecules"),
        (["energy", "C~C"], "any order"),
        (["energy", "C", "--charge", "11"], "more electrons than there are"),
        (["energy", "C", "--multiplicity", "2"], "odd multiplicity"),
        (["energy", "CI", "--basis", "6-31g"], "all elements"),
        (["energy", "C", "--basis", "gth-dzvp"], "no functions for the core of C"),
        (["energy", "C1C#C1"], ".xyz"),
        (["sqd", "[Na+].[Cl-]"], "holds 2 molecules"),
        (["circuit", "*C", "--to", "cirq", "--out", "out"], "attachment point"),
        (["run-circuit", "[O][O]"], "unpaired electrons"),
        (["descriptor", "ionisation", "[O]"], "no carbon"),
        (["descriptor", "ionisation", "[CH3]"], "unpaired"),
        (["descriptor", "thiol_addition", "*C=CC=O"], "such as a methyl"),
        (["descriptor", "solvation", "[Na+].[Cl-]"], "no carbon"),
        (["descriptor", "solvation", "C[Hg]C"], "mercury"),
        (["descriptor", "bond_dissociation", ""], "empty"),
        (["descriptor", "charm", "C=CC#N"], "thiol_addition"),
        (["descriptor", "thiol_addition", "c1ccccc1"], "no C=C or C≡C bond"),
        (["screen", "nowhere.smi", "--out", "out"], "nowhere.smi"),
        (["screen", WARHEADS, "--out", "out", "--objective", "beauty"], "the path of a .yaml file"),
        (["estimate", WARHEADS, "--objective", "nowhere.yaml"], "Name a YAML file"),
        (["report", "nowhere"], "nowhere"),
    ],
)
def test_a_wrong_request_ends_with_advice_and_exit_code_2(env, tmp_path, arguments, advice):
    arguments = [str(tmp_path / "out") if one == "out" else one for one in arguments]
    run = eigenlead(*arguments, env=env)
    assert run.returncode == 2, run.stdout + run.stderr
    assert advice in run.stderr
    assert "Traceback" not in run.stderr


def test_estimate_says_what_and_why_without_computing(env):
    run = eigenlead("estimate", WARHEADS, env=env)
    assert run.returncode == 0, run.stderr
    assert "37 species, 0 of them in the store" in run.stdout
    assert "N-phenylacrylamide + CH3S-, 246 basis functions" in run.stdout


@pytest.mark.slow
def test_doctor_finds_this_installation_sound(env):
    run = eigenlead("doctor", env=env)
    assert run.returncode == 0, run.stdout
    assert "FAIL" not in run.stdout
    assert "VQE of H2" in run.stdout


def test_help_comes_without_the_chemistry():
    heavy = ["torch", "transformers", "pyscf", "prefect", "qiskit", "openfermion", "ffsim", "jax"]
    script = f"import sys, flows.cli; print([name for name in {heavy} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_a_circuit_is_written_and_its_cost_is_shown(env, tmp_path):
    structure = tmp_path / "LiH.xyz"
    structure.write_text("2\n\nLi 0 0 0\nH 0 0 1.6\n")
    options = ("--basis", "sto-3g", "--active-space", "2,4", "--mapping", "parity-tapered")
    written = ("--to", "qasm3", "--out", tmp_path / "LiH.qasm", "--draw", tmp_path / "LiH.svg")
    run = eigenlead("circuit", structure, *options, *written, "--json", env=env)
    assert run.returncode == 0, run.stderr
    made = json.loads(run.stdout)
    assert made["n_qubits"] == 4
    assert made["energy_hartree"] == pytest.approx(made["exact_hartree"], abs=1e-6)
    assert made["measurement"]["commuting"]["groups"] < made["measurement"]["qubit-wise"]["groups"]
    assert (tmp_path / "LiH.qasm").read_text().startswith("OPENQASM 3")
    assert (tmp_path / "LiH.svg").exists()
    people = eigenlead("circuit", structure, *options, *written, env=env)
    assert people.returncode == 0, people.stderr
    assert "4 qubits (parity-tapered)" in people.stdout

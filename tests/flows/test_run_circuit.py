"""`eigenlead run-circuit` as users run it."""

import json
import subprocess
import sys

import pytest
from command_line import environment

HYDROGEN = "2\n\nH 0 0 0\nH 0 0 0.735\n"


@pytest.fixture(scope="module")
def env(tmp_path_factory):
    folder = tmp_path_factory.mktemp("circuits")
    (folder / "h2.xyz").write_text(HYDROGEN)
    ours = environment(folder / "prefect", EIGENLEAD_STORE=f"sqlite:///{folder / 'store.sqlite'}")
    return {name: value for name, value in ours.items() if name != "IONQ_API_KEY"} | {"FOLDER": str(folder)}


def run_circuit(env, *options):
    command = [sys.executable, "-c", "from flows.cli import main; main()", "run-circuit", *options]
    return subprocess.run(command, capture_output=True, text=True, env=env, check=False)


def hydrogen(env, *options):
    return run_circuit(env, f"{env['FOLDER']}/h2.xyz", "--basis", "sto-3g", *options)


def test_the_list_says_what_can_run_and_what_others_miss(env):
    listed = {one["name"]: one for one in json.loads(run_circuit(env, "--list", "--json").stdout)}
    assert listed["aer"]["can_run"]
    assert not listed["ionq:DEVICE"]["can_run"]
    assert "IONQ_API_KEY" in listed["ionq:DEVICE"]["missing"]


def test_state_vector_in_the_published_form(env):
    run = hydrogen(env, "--mapping", "parity-tapered", "--json")
    assert run.returncode == 0, run.stderr
    fields = json.loads(run.stdout)
    assert {"shots", "depth", "two_qubit_gates", "mitigation"} <= fields.keys()
    assert fields["standard_error_hartree"] == 0
    assert fields["energy_hartree"] == pytest.approx(fields["exact_hartree"], abs=1e-6)


def test_energies_with_and_without_mitigation(env):
    pytest.importorskip("qiskit_ibm_runtime")
    run = hydrogen(env, "--backend", "ibm-fake:FakeManilaV2", "--mitigate", "sqd,readout,symmetry", "--json")
    assert run.returncode == 0, run.stderr
    fields = json.loads(run.stdout)
    errors = {name: abs(one["energy_hartree"] - fields["exact_hartree"]) for name, one in fields["mitigation"].items()}
    assert list(errors) == ["none", "readout", "readout+symmetry", "sqd"]
    assert errors["readout+symmetry"] < errors["readout"] < errors["none"]
    assert errors["sqd"] < 1e-8  # all four determinants of H2 are among the samples


def test_a_dry_run_runs_nothing(env):
    run = hydrogen(env, "--backend", "cirq", "--dry-run", "--json")
    assert json.loads(run.stdout)["costs"] is False


@pytest.mark.slow
def test_ibms_own_estimator_is_asked_once_and_after_a_yes(env):
    pytest.importorskip("qiskit_ibm_runtime")
    from ibm_server import DEVICE, Ibm

    ibm = Ibm()
    ours = {name: value for name, value in env.items() if name.lower() not in ("no_proxy", "http_proxy")}
    asked = ("--backend", f"ibm-estimator:{DEVICE}", "--resilience", "2", "--shots", "20000", "--json")
    try:
        looked = json.loads(hydrogen(ours | ibm.environment, *asked, "--dry-run").stdout)
        assert looked["costs"]
        refused = hydrogen(ours | ibm.environment, *asked)
        assert refused.returncode == 2
        assert "--yes" in refused.stderr
        assert not ibm.jobs
        run = hydrogen(ours | ibm.environment, *asked, "--yes")
        assert run.returncode == 0, run.stderr
        fields = json.loads(run.stdout)
        assert list(fields["mitigation"]) == ["resilience 2"]
        assert abs(fields["energy_hartree"] - fields["exact_hartree"]) < 4 * fields["standard_error_hartree"]
        assert json.loads(hydrogen(ours | ibm.environment, *asked).stdout) == fields  # known by now
        assert len(ibm.jobs) == 1
    finally:
        ibm.close()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--backend", "ionq:qpu.forte-1", "--yes"), "set IONQ_API_KEY"),
        (("--backend", "aer", "--mitigate", "zne"), "no noise"),
        (("--backend", "aer", "--resilience", "1"), "no levels of resilience"),
        (("--backend", "nonesuch"), "There is no backend"),
        (("--backend", "aer-shots", "--mitigate", "sqd", "--mapping", "parity"), "jordan-wigner"),
    ],
)
def test_what_cannot_run_says_what_to_do(env, options, message):
    run = hydrogen(env, *options)
    assert run.returncode == 2
    assert message in run.stderr

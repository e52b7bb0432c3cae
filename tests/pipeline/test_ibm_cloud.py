"""IBM's cloud by its own package, against a server on this machine that plays the documented interface."""

import json

import pytest

from pipeline.backends.catalogue import KINDS, kind_of
from pipeline.backends.energy import SampledBackend
from pipeline.backends.jobs import Consent, QueuedSampler
from pipeline.backends.settings import measured_circuit
from pipeline.errors import ComputationError, InputError, TransientError

from test_backends import CIRCUIT, EXACT, H2  # isort: skip

pytest.importorskip("qiskit_ibm_runtime")
pytest.importorskip("qiskit_aer")

from ibm_server import CRN, DEVICE, KEY, Ibm

from pipeline.backends import ibm_cloud, ibm_estimator


@pytest.fixture
def ibm(monkeypatch, tmp_path):
    server = Ibm()
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("no_proxy", "NO_PROXY", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    yield server
    server.close()


def sampler(store, agreed=True, device=DEVICE):
    return QueuedSampler(ibm_cloud.IbmService(device), store, Consent(agreed), sleep=lambda _: None)


def estimator(store, level=1, agreed=True):
    queue = ibm_cloud.IbmQueue(DEVICE, ibm_estimator.KIND)
    return ibm_estimator.IbmEstimator(queue, store, Consent(agreed), level, sleep=lambda _: None)


def circuits(queued, *bases):
    made = queued.compile(CIRCUIT)
    return [measured_circuit(made, basis) for basis in bases]


def test_energy_through_the_cloud(ibm, store):
    measured = SampledBackend(sampler(store)).run(CIRCUIT, H2, 20_000, 0)
    assert abs(measured.value_hartree - EXACT) < 4 * measured.standard_error_hartree
    assert [job["program_id"] for job in ibm.jobs.values()] == ["sampler"] * 2
    assert [one["mode"] for one in ibm.sessions.values()] == ["batch"]  # both in one
    again = SampledBackend(sampler(store, agreed=False)).run(CIRCUIT, H2, 20_000, 0)  # a new client, as after a restart
    assert again.value_hartree == measured.value_hartree
    assert len(ibm.jobs) == 2
    assert KEY not in json.dumps(store.newest("quantum_job", 10))


@pytest.mark.parametrize("level", [0, 1, 2])
def test_energy_by_ibms_own_estimator(ibm, store, level):
    measured = estimator(store, level).run(CIRCUIT, H2, 20_000, 0)
    assert 0 < measured.standard_error_hartree < 0.01
    assert abs(measured.value_hartree - EXACT) < 4 * measured.standard_error_hartree
    (job,) = ibm.jobs.values()
    assert job["program_id"] == "estimator"
    assert job["params"]["resilience_level"] == level
    assert job["params"]["options"]["default_shots"] == 10_000  # of each of two bases
    assert list(measured.metadata["mitigation"]) == [f"resilience {level}" if level else "none"]
    (session,) = ibm.sessions.values()
    assert session["mode"] == "batch"
    assert not session["accepting_jobs"]  # it was closed behind the job
    assert estimator(store, level, agreed=False).run(CIRCUIT, H2, 20_000, 0) == measured
    assert len(ibm.jobs) == 1


def test_nothing_is_submitted_without_a_yes(ibm, store):
    with pytest.raises(InputError, match=r"999 shots on ibm:ibm_manila .* does not tell.* --yes"):
        SampledBackend(sampler(store, agreed=False)).run(CIRCUIT, H2, 1000, 0)
    with pytest.raises(InputError, match=r"1 job with 500 shots .* --yes"):
        estimator(store, agreed=False).run(CIRCUIT, H2, 1000, 0)
    assert not ibm.jobs
    assert not ibm.sessions


def test_throttling_and_lost_answers_are_no_second_jobs(ibm, store):
    queued = sampler(store)
    made = circuits(queued, "ZZ")
    ibm.troubles = [429, "fine", "lost", 429]  # a refusal, the status of the device, a job whose answer is lost, a look
    (counts,) = queued.sample(made, [500], 0)
    assert sum(counts.values()) == 500
    assert len(ibm.jobs) == 1
    ibm.troubles = ["fine", "lost"]
    estimator(store).run(CIRCUIT, H2, 1000, 0)
    assert len(ibm.jobs) == 2


class Killed(BaseException):
    pass


@pytest.mark.parametrize("after", ["submission", "id"])
def test_a_run_that_was_killed_goes_on_without_submitting_twice(ibm, store, after, monkeypatch):
    replace = store.replace

    def killed_while_writing(key, stage, payload):
        if after == "submission" and "id" in payload:
            raise Killed
        replace(key, stage, payload)
        if "id" in payload:
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(store, "replace", killed_while_writing)
        with pytest.raises(Killed):
            estimator(store).run(CIRCUIT, H2, 1000, 0)
    estimator(store).run(CIRCUIT, H2, 1000, 0)
    assert len(ibm.jobs) == 1


def test_a_failed_job_says_why_and_may_be_submitted_again(ibm, store):
    ibm.fails = True
    with pytest.raises(ComputationError, match="a qubit was lost"):
        estimator(store).run(CIRCUIT, H2, 1000, 0)
    ibm.fails = False
    estimator(store).run(CIRCUIT, H2, 1000, 0)
    assert len(ibm.jobs) == 2


@pytest.mark.usefixtures("ibm")
def test_a_wrong_key_is_refused_and_shown_nowhere(store, monkeypatch):
    monkeypatch.setenv("QISKIT_IBM_TOKEN", "wrong-key")
    with pytest.raises(InputError, match="QISKIT_IBM_TOKEN") as raised:
        sampler(store).compile(CIRCUIT)
    assert "wrong-key" not in str(raised.value)


@pytest.mark.usefixtures("ibm")
def test_a_device_that_is_not_there_names_those_that_are(store):
    with pytest.raises(InputError, match="Use one of ibm_manila"):
        sampler(store, device="ibm_atlantis").compile(CIRCUIT)


def test_a_list_of_devices_that_is_refused_is_asked_for_again(ibm, store):
    ibm.troubles = [429] * 3
    with pytest.raises(TransientError, match="lists no devices"):
        sampler(store).compile(CIRCUIT)


def test_a_service_that_stays_away_may_come_back(ibm, store):
    queued = sampler(store)
    queued.compile(CIRCUIT)
    ibm.close()
    with pytest.raises(TransientError, match="cannot be reached"):
        queued.service.state("job-0")


@pytest.mark.usefixtures("ibm")
def test_a_saved_account_serves_in_place_of_the_variables(store, tmp_path, monkeypatch):
    from qiskit_ibm_runtime import QiskitRuntimeService
    from qiskit_ibm_runtime.accounts import management

    kind = next(kind for kind in KINDS if kind.key == "ibm")
    for name in ("QISKIT_IBM_TOKEN", "QISKIT_IBM_URL", "QISKIT_IBM_INSTANCE"):
        monkeypatch.delenv(name)
    file = tmp_path / ".qiskit" / "qiskit-ibm.json"
    monkeypatch.setattr(management, "_DEFAULT_ACCOUNT_CONFIG_JSON_FILE", str(file))  # read from HOME at import
    assert kind.missing() == ibm_cloud.REMEDY
    with pytest.raises(InputError, match="QISKIT_IBM_TOKEN"):
        sampler(store).compile(CIRCUIT)
    QiskitRuntimeService.save_account(token=KEY, url="http://ibm.test", instance=CRN)
    assert kind_of(f"ibm:{DEVICE}") == (kind, DEVICE)
    sampler(store).compile(CIRCUIT)

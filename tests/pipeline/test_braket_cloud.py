"""Tasks of Amazon Braket, by its SDK in its own environment, against a server on this machine that plays its interface.

The server answers for the documented interface 2019-09-01 and for S3, and samples the OpenQASM with Qiskit.
"""

import json
import os
import re

import numpy as np
import pytest
from qiskit import qasm3
from qiskit.quantum_info import Statevector

from pipeline.backends.braket import PYTHON
from pipeline.backends.catalogue import kind_of
from pipeline.backends.energy import SampledBackend
from pipeline.backends.settings import measured_circuit
from pipeline.errors import ComputationError, InputError, TransientError

from clouds import MOMENTS, Cloud, killed_run, queued  # isort: skip
from test_backends import CIRCUIT, EXACT, H2  # isort: skip
from test_vendors import LOPSIDED  # isort: skip

pytest.importorskip("qiskit_qasm3_import")
pytestmark = [
    pytest.mark.skipif(PYTHON not in os.environ, reason=f"{PYTHON} is not set"),
    pytest.mark.slow,  # Braket's SDK takes seconds to load, in each process
]

KEY_ID, SECRET = "AKIDTEST", "secret-key-of-a-test"
DEVICE = "arn:aws:braket:us-west-1::device/qpu/rigetti/Cepheus-1-108Q"
SHORT = "Cepheus-1-108Q"
BUCKET = "amazon-braket-of-a-test"


class Braket(Cloud):
    """Tasks wait for two looks, then hold what a simulation of their OpenQASM gives."""

    def __init__(self):
        self.tasks, self.tokens, self.objects = {}, {}, {}
        self.fails = False
        super().__init__()

    def trouble(self, status):
        names = {429: "ThrottlingException", 503: "InternalServiceException", 400: "ValidationException"}
        return status, {"x-amzn-ErrorType": names[status]}, {"message": "trouble"}

    def content(self, method, host, path, query, headers, body):  # noqa: ARG002
        if f"Credential={KEY_ID}/" not in headers["Authorization"]:
            return 403, {"x-amzn-ErrorType": "UnrecognizedClientException"}, {"message": "no such key"}
        if path.startswith(f"/{BUCKET}/"):
            return 200, {}, self.objects[path]
        if path == f"/device/{DEVICE}":
            return 200, {}, DESCRIPTION
        if path.startswith("/device/"):
            return 404, {"x-amzn-ErrorType": "ResourceNotFoundException"}, {"message": "no such device"}
        if path == "/quantum-tasks":
            (condition,) = json.loads(body)["filters"]
            assert condition == {"name": "deviceArn", "operator": "EQUAL", "values": [DEVICE]}
            return 200, {}, {"quantumTasks": [self.seen(task) for task in self.tasks.values()]}
        if path == "/quantum-task":
            asked = json.loads(body)
            return 201, {}, {"quantumTaskArn": self.tokens.setdefault(asked["clientToken"], self.created(asked))}
        task = self.tasks[path.removeprefix("/quantum-task/")]
        task["looks"] += 1
        return 200, {}, self.seen(task)

    def created(self, asked):
        if asked["clientToken"] in self.tokens:
            return None
        name = f"arn:aws:braket:us-west-1:000000000000:quantum-task/{len(self.tasks)}"
        self.tasks[name] = {**asked, "quantumTaskArn": name, "looks": 0}
        place = f"{asked['outputS3KeyPrefix']}/{len(self.tasks) - 1}"
        self.tasks[name]["outputS3Directory"] = place
        self.objects[f"/{BUCKET}/{place}/results.json"] = json.dumps(results(self.tasks[name])).encode()
        return name

    def seen(self, task):
        status = "RUNNING" if task["looks"] < 3 else "FAILED" if self.fails else "COMPLETED"
        names = ("quantumTaskArn", "deviceArn", "shots", "outputS3Bucket", "outputS3Directory", "tags")
        return {
            **{name: task[name] for name in names},
            "status": status,
            "failureReason": "chip warmed up" if status == "FAILED" else "",
            "createdAt": "2026-11-26T06:00:00Z",
            "deviceParameters": "{}",
            "actionMetadata": {"actionType": "braket.ir.openqasm.program"},
        }


def header(name, version="1"):
    return {"braketSchemaHeader": {"name": name, "version": version}}


CAPABILITIES = {
    **header("braket.device_schema.rigetti.rigetti_device_capabilities", "2"),
    "service": {
        **header("braket.device_schema.device_service_properties"),
        "executionWindows": [{"executionDay": "Everyday", "windowStartHour": "00:00", "windowEndHour": "23:59:59"}],
        "shotsRange": [10, 50000],
        "deviceCost": {"price": 0.0009, "unit": "shot"},
    },
    "action": {
        "braket.ir.openqasm.program": {
            "actionType": "braket.ir.openqasm.program",
            "version": ["1"],
            "supportedOperations": ["rz", "ry", "cz"],
            "supportedResultTypes": [],
        }
    },
    "paradigm": {
        **header("braket.device_schema.gate_model_qpu_paradigm_properties"),
        "qubitCount": 108,
        "nativeGateSet": ["rx", "rz", "iswap"],
        "connectivity": {"fullyConnected": False, "connectivityGraph": {"0": ["1"], "1": ["0"]}},
    },
    "deviceParameters": {},
}
DESCRIPTION = {
    "deviceArn": DEVICE,
    "deviceName": SHORT,
    "providerName": "Rigetti",
    "deviceType": "QPU",
    "deviceStatus": "ONLINE",
    "deviceCapabilities": json.dumps(CAPABILITIES),
}


def results(task):
    """As Braket writes them to the bucket: a column for each measured qubit."""
    action = json.loads(task["action"])
    assert "include" not in action["source"]  # Braket's gates are built in
    circuit = qasm3.loads(action["source"].replace("OPENQASM 3.0;", 'OPENQASM 3.0; include "stdgates.inc";'))
    measured = sorted({circuit.find_bit(step.qubits[0]).index for step in circuit.data if step.name == "measure"})
    weights = Statevector(circuit.remove_final_measurements(inplace=False)).probabilities()
    drawn = np.random.default_rng(0).choice(len(weights), task["shots"], p=weights / weights.sum()).tolist()
    return {
        **header("braket.task_result.gate_model_task_result"),
        "measurements": [[index >> qubit & 1 for qubit in measured] for index in drawn],
        "measuredQubits": measured,
        "taskMetadata": {
            **header("braket.task_result.task_metadata"),
            "id": task["quantumTaskArn"],
            "shots": task["shots"],
            "deviceId": task["deviceArn"],
        },
        "additionalMetadata": {"action": action},
    }


@pytest.fixture
def braket(tmp_path, monkeypatch):
    server = Braket()
    for name in [name for name in os.environ if re.match("AWS_|AMZN_|BRAKET_", name)]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.address)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AMZN_BRAKET_OUT_S3_BUCKET", BUCKET)
    yield server
    server.close()


def service(device=DEVICE):
    kind, chosen = kind_of(f"braket:{device}")
    return kind.service(chosen)


def circuits(state=CIRCUIT, bases=("ZZ", "XX")):
    made = service().compile(state)
    return [measured_circuit(made, basis) for basis in bases]


@pytest.mark.parametrize("device", [DEVICE, SHORT])
def test_energy_through_the_cloud(braket, store, device):
    measured = SampledBackend(queued(service(device), store)).run(CIRCUIT, H2, 20_000, 0)
    assert abs(measured.value_hartree - EXACT) < 4 * measured.standard_error_hartree
    assert [task["deviceArn"] for task in braket.tasks.values()] == [DEVICE] * 2


@pytest.mark.usefixtures("braket")
def test_bits_come_in_the_right_order(store):
    (found,) = queued(service(), store).sample(circuits(LOPSIDED, ["ZZZ"]), [4000], 0)
    exact = Statevector(LOPSIDED).probabilities_dict()
    assert sum(abs(exact.get(string, 0) - found.get(string, 0) / 4000) for string in {*exact, *found}) / 2 < 0.04


def test_the_same_run_again_submits_nothing(braket, store):
    first = queued(service(), store).sample(circuits(), [500, 700], 0)
    n_requests = len(braket.requests)
    assert queued(service(), store, agreed=False).sample(circuits(), [500, 700], 0) == first
    assert len(braket.requests) == n_requests


def test_nothing_is_submitted_without_a_yes_or_above_the_limit(braket, store):
    of = service()
    with pytest.raises(InputError, match=r"2 jobs with 1200 shots .* 1\.68 USD.* --yes"):  # 2 · 0.30 + 1200 · 0.0009
        queued(of, store, agreed=False).sample(circuits(), [500, 700], 0)
    with pytest.raises(InputError, match=r"above the limit of 0\.5"):
        queued(of, store, most=0.5).sample(circuits(), [500, 700], 0)
    assert not braket.tasks
    assert store.count("quantum_job") == 0


def test_throttling_and_lost_answers_are_no_second_task(braket, store):
    of = service()
    braket.troubles = [429, "fine", 503, "lost", "fine", 429]
    queued(of, store).sample(circuits()[:1], [500], 0)
    assert len(braket.tasks) == 1


@pytest.mark.parametrize("after", MOMENTS)
def test_a_run_that_was_killed_goes_on_without_submitting_twice(braket, store, after, monkeypatch):
    killed_run(service(), store, circuits()[:1], after, monkeypatch)
    assert len(braket.tasks) == (0 if after == "intention" else 1)
    (found,) = queued(service(), store).sample(circuits()[:1], [500], 0)
    assert sum(found.values()) == 500
    assert len(braket.tasks) == 1


def test_a_failed_task_says_why_and_may_be_submitted_again(braket, store):
    of = service()
    braket.fails = True
    with pytest.raises(ComputationError, match="chip warmed up"):
        queued(of, store).sample(circuits()[:1], [500], 0)
    braket.fails = False
    queued(of, store).sample(circuits()[:1], [500], 0)
    assert len(braket.tasks) == 2


def test_what_braket_refuses_is_shown_in_its_words(braket):
    with pytest.raises(InputError, match=r"none: .*garnet"):
        service("none").price(CIRCUIT, 10)
    with pytest.raises(InputError, match="not found"):
        service(DEVICE + "x").price(CIRCUIT, 10)
    of = service()
    of.price(CIRCUIT, 10)
    braket.troubles = ["fine", 400]
    with pytest.raises(InputError, match="ValidationException: trouble"):
        of.submit(circuits()[0], 10, "label")


@pytest.mark.usefixtures("braket")
def test_missing_and_wrong_credentials_say_what_to_do_and_are_shown_nowhere(store, monkeypatch):
    of = service()
    queued(of, store).sample(circuits()[:1], [500], 0)
    assert SECRET not in json.dumps(store.newest("quantum_job", 10)) + repr(of)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDWRONG")
    with pytest.raises(InputError, match="aws configure") as raised:
        service().price(CIRCUIT, 10)
    assert SECRET not in str(raised.value)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(InputError, match="aws configure"):
        service().price(CIRCUIT, 10)


def test_a_service_that_stays_away_is_given_up(braket):
    braket.close()
    with pytest.raises(TransientError, match="cannot be reached"):
        service().price(CIRCUIT, 10)


def test_an_environment_without_braket_says_how_to_make_one(monkeypatch, tmp_path):
    monkeypatch.setenv(PYTHON, str(tmp_path / "none"))
    with pytest.raises(InputError, match="pip install amazon-braket-sdk"):
        service().state("task")
    monkeypatch.delenv(PYTHON)
    with pytest.raises(InputError, match="pip install amazon-braket-sdk"):
        service()

"""Quantinuum's cloud: its client qnexus against a server on this machine that plays Nexus's interface."""

import json
import threading
import uuid
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

import numpy as np
import pytest
from qiskit import QuantumCircuit

from pipeline.backends.catalogue import kind_of
from pipeline.backends.energy import SampledBackend
from pipeline.backends.jobs import Consent, QueuedSampler
from pipeline.backends.quantinuum_cloud import TOKEN, QuantinuumService, logged_in
from pipeline.backends.settings import measured_circuit
from pipeline.errors import ComputationError, InputError, TransientError

from clouds import MOMENTS, killed_run  # isort: skip
from test_backends import CIRCUIT, EXACT, H2  # isort: skip

pytest.importorskip("qnexus")
pytest.importorskip("pytket.extensions.quantinuum")

REFRESH, ACCESS = "refresh-token-of-a-test", "access-token-of-a-test"
NOW = {"created": "2026-01-01T00:00:00+00:00", "modified": "2026-01-01T00:00:00+00:00"}


class Nexus:
    """The server: tokens in cookies, circuits in a project, jobs that wait for two looks, then hold simulated shots."""

    def __init__(self):
        self.kept = {"projects": {}, "circuits": {}, "jobs": {}}
        self.requests = []
        self.troubles = []  # what becomes of the next requests: a status, "lost" (done, but no answer), or "fine"
        self.lost_jobs = 0  # how many answers to new jobs get lost
        self.fails = False
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                owner.answer(self)

            def do_POST(self):
                owner.answer(self)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def jobs(self):
        return self.kept["jobs"]

    def posts(self):
        return [path for method, path in self.requests if method == "POST" and path.startswith("/api")]

    def answer(self, handler):
        url = urlparse(handler.path)
        self.requests.append((handler.command, url.path))
        body = json.loads(handler.rfile.read(int(handler.headers.get("Content-Length", 0))) or "null")
        cookies = SimpleCookie(handler.headers["Cookie"])
        if url.path == "/auth/tokens/refresh":
            if cookies["myqos_oat"].value != REFRESH:
                return self.send(handler, 401, {"message": "Unauthorized"})
            return self.send(handler, 200, {}, f"myqos_id={ACCESS}; Path=/")
        if "myqos_id" not in cookies or cookies["myqos_id"].value != ACCESS:
            return self.send(handler, 401, {"message": "Unauthorized"})
        trouble = self.troubles.pop(0) if self.troubles else "fine"
        if isinstance(trouble, int):
            return self.send(handler, trouble, {"message": "trouble"})
        status, content = self.content(handler.command, url.path, parse_qs(url.query), body)
        if status == 202 and self.lost_jobs:
            self.lost_jobs -= 1
            trouble = "lost"
        if trouble == "lost":
            return handler.connection.close()
        return self.send(handler, status, content)

    def content(self, method, path, query, body):
        _, _, kind, _, *rest = path.split("/")  # /api/KIND/VERSION/…
        if kind == "results":
            return 200, self.result(rest[0])
        kept = self.kept[kind]
        if method == "POST":
            made = body["data"] | {"id": str(uuid.uuid4())}
            made["attributes"] |= {"timestamps": NOW, "contents_modified": NOW["created"], "archived": False}
            if kind == "jobs":
                made |= {"looks": 0, "relationships": made["relationships"] | {"programs": {"data": []}}}
                made["attributes"]["status"] = {"status": "SUBMITTED", "message": ""}
                for item in made["attributes"]["definition"]["items"]:
                    assert item["program_id"] in self.kept["circuits"]
            kept[made["id"]] = made
            return (202 if kind == "jobs" else 201), {"data": made}
        included = list(self.kept["projects"].values())
        if rest and rest[0] in kept:
            if kind == "jobs":
                self.look_at(kept[rest[0]])
            return 200, {"data": kept[rest[0]], "included": included}
        if rest and rest[0] != "meta":
            return 404, {"message": "Not found"}
        names = query.get("filter[name_exact]")
        found = [one for one in kept.values() if not names or one["attributes"]["name"] in names][::-1]
        if states := query.get("filter[status][status]"):
            found = [one for one in found if one["attributes"]["status"]["status"] in states]
        if rest:
            return 200, {"count": len(found)}
        size, page = int(query.get("page[size]", ["50"])[0]), int(query["page[number]"][0])
        return 200, {"data": found[page * size : (page + 1) * size], "included": included}

    def look_at(self, job):
        job["looks"] += 1
        done = {"status": "ERROR", "message": "", "error_detail": "ion lost"} if self.fails else {"status": "COMPLETED"}
        status = {"message": ""} | (done if job["looks"] > 2 else {"status": "QUEUED"})
        if job["attributes"]["status"]["status"] in ("COMPLETED", "ERROR"):
            return
        job["attributes"]["status"] = status
        (item,) = job["attributes"]["definition"]["items"]
        item |= {"status": status, "item_id": 1, "result_id": job["id"], "result_type": "PYTKET"}
        job["relationships"]["programs"]["data"] = [{"id": item["program_id"], "type": "circuit"}]

    def result(self, job_id):
        job = self.kept["jobs"][job_id]
        (item,) = job["attributes"]["definition"]["items"]
        machine = {
            "name": "QuantinuumBackend",
            "device_name": job["attributes"]["definition"]["backend_config"]["device_name"],
            "version": "1",
            "device": {"nodes": [], "edges": [], "n_nodes": 56, "fully_connected": True},
            "gate_set": ["PhasedX", "Rz", "ZZPhase"],
            "supports_fast_feedforward": True,
            "supports_reset": True,
            "supports_midcircuit_measurement": True,
        }
        return {
            "data": {
                "attributes": shots_of(self.kept["circuits"][item["program_id"]]["attributes"], item["n_shots"]),
                "relationships": {"program": {"data": {"id": item["program_id"], "type": "circuit"}}},
            },
            "included": [{"type": "backend_snapshot", "id": str(uuid.uuid4()), "attributes": machine}],
        }

    @staticmethod
    def send(handler, status, content, cookie=""):
        data = json.dumps(content).encode()
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(data)))
        if cookie:
            handler.send_header("Set-Cookie", cookie)
        handler.end_headers()
        handler.wfile.write(data)


def shots_of(uploaded, n_shots):
    """Of the circuit that the client sent, drawn from its state vector, in pytket's own form."""
    from pytket import Circuit, OpType
    from pytket.backends.backendresult import BackendResult
    from pytket.utils.outcomearray import OutcomeArray

    names = {"name", "phase", "qubits", "bits", "commands", "implicit_permutation"}
    circuit = Circuit.from_dict({key: value for key, value in uploaded.items() if key in names})
    native = {OpType.PhasedX, OpType.Rz, OpType.ZZPhase}
    assert {command.op.type for command in circuit.get_commands()} <= native | {OpType.Measure}
    where = [circuit.qubits.index(qubit) for qubit, _ in sorted(circuit.qubit_to_bit_map.items(), key=lambda it: it[1])]
    plain = Circuit(circuit.n_qubits)
    for command in circuit.get_commands():
        if command.op.type is not OpType.Measure:
            plain.add_gate(command.op, [circuit.qubits.index(qubit) for qubit in command.qubits])
    weights = np.abs(plain.get_statevector()) ** 2
    states = np.random.default_rng(0).choice(len(weights), n_shots, p=weights / weights.sum())
    read = states[:, None] >> (circuit.n_qubits - 1 - np.array(where)) & 1
    found = BackendResult(shots=OutcomeArray.from_readouts(read.tolist()), c_bits=circuit.bits)
    return found.to_dict()


@pytest.fixture
def nexus(tmp_path, monkeypatch):
    from qnexus.client import get_nexus_client
    from qnexus.client.utils import write_token
    from qnexus.config import CONFIG

    server = Nexus()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(CONFIG, "protocol", "http")
    monkeypatch.setattr(CONFIG, "domain", "127.0.0.1")
    monkeypatch.setattr(CONFIG, "port", server.server.server_port)
    monkeypatch.setattr(CONFIG, "store_tokens", True)
    write_token("refresh_token", REFRESH)  # as `qnx login` does
    get_nexus_client(reload=True)
    yield server
    server.server.shutdown()


def sampler(store, device="H2-1", agreed=True, most=None, token=""):
    pauses = []
    return QueuedSampler(QuantinuumService(device, token), store, Consent(agreed, most), sleep=pauses.append)


def circuits():
    made = QuantinuumService("H2-1").compile(CIRCUIT)
    return [measured_circuit(made, "ZZ"), measured_circuit(made, "XX")]


def test_energy_through_the_cloud(nexus, store):
    measured = SampledBackend(sampler(store)).run(CIRCUIT, H2, 12_000, 0)
    assert abs(measured.value_hartree - EXACT) < 4 * measured.standard_error_hartree
    assert len(nexus.jobs) == 2
    definitions = [job["attributes"]["definition"] for job in nexus.jobs.values()]
    assert {one["backend_config"]["device_name"] for one in definitions} == {"H2-1"}
    assert all(one["backend_config"]["no_opt"] for one in definitions)
    assert len(nexus.kept["projects"]) == 1


@pytest.mark.usefixtures("nexus")
def test_bits_come_in_qiskits_order(store):
    circuit = QuantumCircuit(3, 3)
    circuit.rx(np.pi, 2)
    circuit.measure([2, 0, 1], [0, 1, 2])
    (found,) = sampler(store).sample([circuit], [100], 0)
    assert found == {"001": 100}


def test_the_same_run_again_submits_nothing(nexus, store):
    first = sampler(store).sample(circuits(), [500, 700], 0)
    n_requests = len(nexus.requests)
    assert sampler(store, agreed=False).sample(circuits(), [500, 700], 0) == first
    assert len(nexus.requests) == n_requests


def test_nothing_is_submitted_without_a_yes(nexus, store):
    with pytest.raises(InputError, match=r"2 jobs with 1200 shots .* HQC.* --yes"):
        sampler(store, agreed=False).sample(circuits(), [500, 700], 0)
    assert not nexus.requests
    assert store.count("quantum_job") == 0


def test_price_by_the_formula(nexus):
    circuit = QuantumCircuit(2, 2)
    circuit.rx(0.3, 0)
    circuit.rzz(0.2, 0, 1)
    circuit.measure([0, 1], [0, 1])
    price = QuantinuumService("H2-1").price(circuit, 1000)
    assert (price.amount, price.unit) == (5 + 1000 * (2 + 10 * 1 + 5 * (2 + 2)) / 5000, "HQC")  # PhasedX, Rz; ZZPhase
    assert not nexus.requests


def test_nothing_above_the_price_limit_is_submitted(nexus, store):
    with pytest.raises(InputError, match=r"above the limit of 10\."):
        sampler(store, most=10).sample(circuits(), [500, 700], 0)
    assert not nexus.posts()


def test_more_shots_than_a_job_takes_are_refused_before_anything_is_submitted(nexus, store):
    with pytest.raises(InputError, match="10000 shots"):
        sampler(store).sample(circuits(), [500, 10_001], 0)
    assert not nexus.posts()


@pytest.mark.parametrize("device", ["H2-1SC", "H2-1LE"])
def test_checkers_and_noiseless_emulators_are_free(nexus, store, device):
    sampler(store, device, agreed=False).sample(circuits()[:1], [500], 0)
    assert len(nexus.jobs) == 1


def test_throttling_and_a_busy_server_are_waited_for(nexus, store):
    nexus.troubles = [429, 503, "fine", 429, "fine", "fine", 500]
    sampler(store).sample(circuits(), [500, 700], 0)
    assert len(nexus.jobs) == 2


def test_an_answer_that_was_lost_is_no_second_job(nexus, store):
    nexus.lost_jobs = 1
    sampler(store).sample(circuits()[:1], [500], 0)
    assert len(nexus.jobs) == 1


@pytest.mark.parametrize("after", MOMENTS)
def test_a_run_that_was_killed_goes_on_without_submitting_twice(nexus, store, after, monkeypatch):
    killed_run(sampler(store).service, store, circuits()[:1], after, monkeypatch)
    assert len(nexus.jobs) == (0 if after == "intention" else 1)
    (found,) = sampler(store).sample(circuits()[:1], [500], 0)
    assert sum(found.values()) == 500
    assert len(nexus.jobs) == 1


def test_a_failed_job_says_why_and_may_be_submitted_again(nexus, store):
    nexus.fails = True
    with pytest.raises(ComputationError, match="ion lost"):
        sampler(store).sample(circuits()[:1], [500], 0)
    nexus.fails = False
    nexus.troubles = [503]  # so that it is looked up, and the failed one is not taken for the new one
    sampler(store).sample(circuits()[:1], [500], 0)
    assert len(nexus.jobs) == 2


def test_a_refused_request_shows_the_vendor_s_words(nexus, store):
    nexus.troubles = [400]
    with pytest.raises(InputError, match="trouble"):
        sampler(store).sample(circuits()[:1], [500], 0)


def test_a_service_that_stays_away_is_given_up(nexus, store):
    nexus.server.shutdown()
    nexus.server.server_close()
    with pytest.raises(TransientError, match="cannot be reached"):
        sampler(store).sample(circuits()[:1], [500], 0)


@pytest.mark.usefixtures("nexus")
def test_a_token_serves_without_a_login_and_is_written_nowhere(store, tmp_path):
    (tmp_path / ".qnx/auth/token.json").unlink()
    (counts,) = sampler(store, token=REFRESH).sample(circuits()[:1], [500], 0)
    assert sum(counts.values()) == 500
    assert not [path for path in (tmp_path / ".qnx").rglob("*") if path.is_file()]
    assert REFRESH not in repr(QuantinuumService("H2-1", REFRESH))
    assert REFRESH not in json.dumps(store.newest("quantum_job", 10))


@pytest.mark.usefixtures("nexus")
@pytest.mark.parametrize("token", ["wrong-token", ""])
def test_a_login_that_is_wrong_or_missing_is_refused_and_shown_nowhere(store, tmp_path, token):
    from qnexus.client import get_nexus_client

    (tmp_path / ".qnx/auth/token.json").unlink()
    get_nexus_client(reload=True)
    with pytest.raises(InputError, match="Run: qnx login") as raised:
        sampler(store, token=token).sample(circuits(), [500, 700], 0)
    assert not token or token not in str(raised.value)


def test_what_is_missing_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv(TOKEN, raising=False)
    assert not logged_in()
    with pytest.raises(InputError, match=f"qnx login, or set {TOKEN}"):
        kind_of("quantinuum:H2-1")
    monkeypatch.setenv(TOKEN, REFRESH)
    kind, device = kind_of("quantinuum:H2-1")
    assert kind.service(device).token == REFRESH
    with pytest.raises(InputError, match="H2-1 or H2-2"):
        kind.service("H7-1").compile(CIRCUIT)

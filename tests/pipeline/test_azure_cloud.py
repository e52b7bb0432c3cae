"""Jobs of an Azure Quantum workspace, by Azure's own clients, unchanged, through a proxy that plays Azure's hosts.

It answers for the documented data plane (2026-01-15-preview) and for blob storage, under a certificate of its own.
"""

import datetime
import json
import logging
import ssl
from collections import Counter
from urllib.parse import parse_qs

import pytest

pytest.importorskip("azure.quantum")
pytest.importorskip("qdk")

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from qdk.simulation import run_qir
from qiskit.quantum_info import Statevector

from pipeline.backends.azure_cloud import KEY, AzureService
from pipeline.backends.catalogue import kind_of
from pipeline.backends.energy import SampledBackend
from pipeline.backends.settings import measured_circuit
from pipeline.errors import ComputationError, InputError, TransientError

from clouds import MOMENTS, Cloud, killed_run, queued  # isort: skip
from test_backends import CIRCUIT, EXACT, H2  # isort: skip
from test_vendors import LOPSIDED  # isort: skip

QUANTUM, STORAGE = "eastus.quantum.azure.com", "teststore.blob.core.windows.net"
API_KEY, SIGNATURE = "secret-key-of-a-test", "secret-signature-of-a-test"
SUBSCRIPTION = "00000000-1111-2222-3333-444444444444"
WORKSPACE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/test/providers/Microsoft.Quantum/workspaces/leads"
CONNECTION = (
    f"SubscriptionId={SUBSCRIPTION};ResourceGroupName=test;WorkspaceName=leads;"
    f"ApiKey={API_KEY};QuantumEndpoint=https://{QUANTUM}/;"
)
TARGETS = {
    "quantinuum": ["quantinuum.qpu.h2-1", "quantinuum.sim.h2-1e"],
    "ionq": ["ionq.simulator", "ionq.qpu.forte-1"],
    "rigetti": ["rigetti.sim.qvm", "rigetti.qpu.ankaa-3"],
}
MACHINE, FREE_MACHINE = "quantinuum.qpu.h2-1", "rigetti.sim.qvm"


class Azure(Cloud):
    """Jobs wait for two looks, then hold what the Development Kit's simulator gives for their QIR."""

    def __init__(self, folder):
        self.jobs, self.blobs = {}, {}
        self.fails = False
        self.certificate = folder / "certificate.pem"
        self.tls = certified(self.certificate)
        super().__init__()

    def connect(self, handler):
        """A tunnel whose other end is this server."""
        handler.send_response(200)
        handler.end_headers()
        handler.connection = self.tls.wrap_socket(handler.connection, server_side=True)
        handler.rfile, handler.wfile = handler.connection.makefile("rb"), handler.connection.makefile("wb", 0)
        handler.close_connection = False

    def content(self, method, host, path, query, headers, body):
        query = parse_qs(query)
        if host == STORAGE:
            if query.get("sig") != [SIGNATURE]:
                return 403, {}, b""
            return self.blob(method, path, body)
        if headers["x-ms-quantum-api-key"] != API_KEY:
            return 401, {}, {"error": {"code": "Unauthorized", "message": "no such key"}}
        return 200, {}, self.quantum(method, path.removeprefix(WORKSPACE), query, json.loads(body or b"null"))

    def blob(self, method, path, body):
        stamp = {"ETag": '"0x1"', "Last-Modified": "Thu, 26 Nov 2026 06:00:00 GMT", "x-ms-blob-type": "BlockBlob"}
        if method == "PUT":
            if path in self.blobs:
                return 409, {"x-ms-error-code": "BlobAlreadyExists"}, b""
            self.blobs[path] = body
            return 201, stamp, b""
        data = self.blobs[path]
        return 206, {**stamp, "Content-Range": f"bytes 0-{len(data) - 1}/{len(data)}"}, data

    def quantum(self, method, path, query, body):
        if path == "/providerStatus":
            state = {"currentAvailability": "Available", "averageQueueTime": 1}
            of = {name: [{"id": target, **state} for target in targets] for name, targets in TARGETS.items()}
            return {"value": [{"id": name, **state, "targets": targets} for name, targets in of.items()]}
        if path == "/storage/sasUri":
            place = "/".join(filter(None, (body["containerName"], body.get("blobName"))))
            return {"sasUri": f"https://{STORAGE}/{place}?sv=2025-01-05&se=2100-01-01T00%3A00%3A00Z&sig={SIGNATURE}"}
        if path == "/jobs":
            (condition,) = query["filter"]
            start = condition.removeprefix("startswith(Name, '").removesuffix("')")
            return {"value": [self.seen(job) for job in self.jobs.values() if job["name"].startswith(start)]}
        job_id = path.removeprefix("/jobs/")
        if method == "PUT":
            output = f"https://{STORAGE}/job-{job_id}/rawOutputData"
            new = {**body, "id": job_id, "itemType": "Job", "outputDataUri": output, "looks": 0}
            return self.seen(self.jobs.setdefault(job_id, new))
        job = self.jobs[job_id]
        job["looks"] += 1
        if job["looks"] == 3 and not self.fails:
            self.blobs[f"/job-{job_id}/rawOutputData"] = results(self.blobs[f"/job-{job_id}/inputData"], job)
        return self.seen(job)

    def seen(self, job):
        if job["looks"] < 3:
            return {**job, "status": "Executing"}
        if self.fails:
            return {**job, "status": "Failed", "errorData": {"code": "InternalError", "message": "ion lost"}}
        return {**job, "status": "Succeeded"}


def results(program, job):
    """In the format microsoft.quantum-results.v2."""
    assert (job["inputDataFormat"], job["outputDataFormat"]) == ("qir.v1", "microsoft.quantum-results.v2")
    read = [tuple(int(str(bit) == "One") for bit in shot) for shot in run_qir(program.decode(), job_shots(job), seed=1)]
    histogram = [
        {"Outcome": list(bits), "Display": str(list(bits)), "Count": count} for bits, count in Counter(read).items()
    ]
    content = {"Histogram": histogram, "Shots": [list(bits) for bits in read]}
    return json.dumps({"DataFormat": "microsoft.quantum-results.v2", "Results": [content]}).encode()


def job_shots(job):
    return job["inputParams"]["shots"]


def certified(path):
    """Both hosts' names under a new key, trusted by those who are shown the file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Azure as a test plays it")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in (QUANTUM, STORAGE)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    form = serialization.Encoding.PEM
    private = key.private_bytes(form, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(certificate.public_bytes(form))
    path.with_suffix(".key").write_bytes(private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, path.with_suffix(".key"))
    return context


@pytest.fixture
def azure(tmp_path, monkeypatch):
    server = Azure(tmp_path)
    for name in ("NO_PROXY", "no_proxy", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", server.address)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(server.certificate))
    monkeypatch.setenv(KEY, CONNECTION)
    yield server
    server.close()


def service(device=MACHINE):
    kind, target = kind_of(f"azure:{device}")
    return kind.service(target)


def circuits():
    made = AzureService(MACHINE).compile(CIRCUIT)
    return [measured_circuit(made, "ZZ"), measured_circuit(made, "XX")]


@pytest.mark.parametrize("device", ["quantinuum.qpu.h2-1", "ionq.qpu.forte-1", "rigetti.qpu.ankaa-3"])
def test_energy_through_the_workspace(azure, store, device):
    measured = SampledBackend(queued(service(device), store)).run(CIRCUIT, H2, 20_000, 0)
    assert abs(measured.value_hartree - EXACT) < 4 * measured.standard_error_hartree
    assert [job["target"] for job in azure.jobs.values()] == [device] * 2
    assert sum(map(job_shots, azure.jobs.values())) == measured.shots


@pytest.mark.usefixtures("azure")
def test_bits_come_in_the_right_order(store):
    (found,) = queued(service(), store).sample([measured_circuit(service().compile(LOPSIDED), "ZZZ")], [4000], 0)
    exact = Statevector(LOPSIDED).probabilities_dict()
    assert sum(abs(exact.get(string, 0) - found.get(string, 0) / 4000) for string in {*exact, *found}) / 2 < 0.04


def test_providers_are_asked_to_leave_gates_and_shots_as_they_are(azure, store):
    for device in ("quantinuum.qpu.h2-1", "ionq.qpu.forte-1"):
        queued(service(device), store).sample(circuits()[:1], [500], 0)
    one, other = (job["inputParams"] for job in azure.jobs.values())
    assert one["tket-opt-level"] == 0
    assert other["error-mitigation"] == {"debias": False}


def test_the_same_run_again_submits_nothing(azure, store):
    first = queued(service(), store).sample(circuits(), [500, 700], 0)
    n_requests = len(azure.requests)
    assert queued(service(), store, agreed=False).sample(circuits(), [500, 700], 0) == first
    assert len(azure.requests) == n_requests


def test_nothing_is_submitted_without_a_yes(azure, store):
    with pytest.raises(InputError, match=r"2 jobs with 1200 shots .* does not tell.* --yes"):
        queued(service(), store, agreed=False).sample(circuits(), [500, 700], 0)
    with pytest.raises(InputError, match="--max-price"):
        queued(service(), store, most=5.0).sample(circuits(), [500, 700], 0)
    assert not azure.requests
    assert store.count("quantum_job") == 0


def test_free_simulators_need_no_yes(azure, store):
    queued(service(FREE_MACHINE), store, agreed=False).sample(circuits()[:1], [500], 0)
    assert len(azure.jobs) == 1


def test_throttling_and_a_busy_server_are_waited_for(azure, store):
    azure.troubles = [429, "fine", 503, "fine", "fine", 500]
    queued(service(), store).sample(circuits()[:1], [500], 0)
    assert len(azure.jobs) == 1


@pytest.mark.parametrize(
    "of", [pytest.param("upload", marks=pytest.mark.slow), "job"]
)  # the client waits for fifteen seconds before it uploads again
def test_an_answer_that_was_lost_is_no_second_job(azure, store, of):
    azure.troubles = ["fine", "fine", *(["lost"] if of == "upload" else ["fine", "lost"])]
    queued(service(), store).sample(circuits()[:1], [500], 0)
    assert len(azure.jobs) == 1


@pytest.mark.parametrize("after", MOMENTS)
def test_a_run_that_was_killed_goes_on_without_submitting_twice(azure, store, after, monkeypatch):
    killed_run(service(), store, circuits()[:1], after, monkeypatch)
    assert len(azure.jobs) == (0 if after == "intention" else 1)
    (found,) = queued(service(), store).sample(circuits()[:1], [500], 0)
    assert sum(found.values()) == 500
    assert len(azure.jobs) == 1


def test_a_failed_job_says_why_and_may_be_submitted_again(azure, store):
    azure.fails = True
    with pytest.raises(ComputationError, match="ion lost"):
        queued(service(), store).sample(circuits()[:1], [500], 0)
    azure.fails = False
    queued(service(), store).sample(circuits()[:1], [500], 0)
    assert len(azure.jobs) == 2


def test_a_target_that_the_workspace_lacks(azure, store):
    with pytest.raises(InputError, match=r"no target 'ionq.qpu.none'.*rigetti.sim.qvm"):
        queued(service("ionq.qpu.none"), store).sample(circuits()[:1], [500], 0)
    assert not azure.jobs


def test_a_refused_request_shows_azure_s_words(azure, store):
    azure.troubles = [400]
    with pytest.raises(InputError, match="trouble"):
        queued(service(), store).sample(circuits()[:1], [500], 0)


@pytest.mark.usefixtures("azure")
def test_a_wrong_key_is_refused_and_shown_nowhere(store, monkeypatch):
    monkeypatch.setenv(KEY, CONNECTION.replace(API_KEY, "wrong-key"))
    with pytest.raises(InputError, match=KEY) as raised:
        queued(service(), store).sample(circuits()[:1], [500], 0)
    assert "wrong-key" not in str(raised.value)


@pytest.mark.usefixtures("azure")
def test_without_a_connection_string_the_error_says_where_to_get_one(monkeypatch):
    monkeypatch.setenv(KEY, "no connection string")
    with pytest.raises(InputError, match=r"portal\.azure\.com"):
        service().state("job")
    monkeypatch.delenv(KEY)
    with pytest.raises(InputError, match=KEY):
        service()


@pytest.mark.slow  # the client tries four times
def test_a_service_that_stays_away_is_given_up(azure):
    azure.close()
    with pytest.raises(TransientError, match="cannot be reached"):
        service().state("job")


@pytest.mark.usefixtures("azure")
def test_keys_are_neither_in_the_store_nor_in_logs(store, caplog):
    caplog.set_level(logging.INFO)
    of = service()
    queued(of, store).sample(circuits()[:1], [500], 0)
    for text in (json.dumps(store.newest("quantum_job", 10)), caplog.text, repr(of)):
        assert API_KEY not in text
        assert SIGNATURE not in text

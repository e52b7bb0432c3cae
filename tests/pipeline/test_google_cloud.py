"""Google's Quantum Engine: its client in cirq-google against a gRPC server on this machine that plays the engine."""

import json
import tempfile
from concurrent.futures import ThreadPoolExecutor

import pytest
from qiskit import QuantumCircuit

from pipeline.backends.catalogue import kind_of
from pipeline.backends.energy import SampledBackend
from pipeline.backends.google_cloud import KEY, PROJECT, GoogleService, configured
from pipeline.backends.jobs import Consent, QueuedSampler
from pipeline.backends.settings import measured_circuit
from pipeline.errors import ComputationError, InputError, TransientError

from clouds import MOMENTS, killed_run  # isort: skip
from test_backends import CIRCUIT, EXACT, H2  # isort: skip

cirq_google = pytest.importorskip("cirq_google")
cirq = pytest.importorskip("cirq")
grpc = pytest.importorskip("grpc")
rsa = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.rsa")

from cirq_google.api import v2  # noqa: E402
from cirq_google.cloud.quantum_v1alpha1.services.quantum_engine_service import transports  # noqa: E402
from cirq_google.cloud.quantum_v1alpha1.types import engine as messages  # noqa: E402
from cirq_google.cloud.quantum_v1alpha1.types import quantum as records  # noqa: E402
from cirq_google.engine.util import pack_any, unpack_any  # noqa: E402
from cryptography.hazmat.primitives import serialization  # noqa: E402
from google.auth import jwt  # noqa: E402
from google.auth.transport.grpc import AuthMetadataPlugin  # noqa: E402
from google.auth.transport.requests import Request  # noqa: E402

HOME = "projects/a-project"
PROCESSOR = f"{HOME}/processors/pink"
MODEL = "willow_pink"
METHODS = {
    "CreateQuantumProgram": ("create_program", messages.CreateQuantumProgramRequest, records.QuantumProgram),
    "CreateQuantumJob": ("create_job", messages.CreateQuantumJobRequest, records.QuantumJob),
    "GetQuantumJob": ("get_job", messages.GetQuantumJobRequest, records.QuantumJob),
    "GetQuantumResult": ("get_result", messages.GetQuantumResultRequest, records.QuantumResult),
    "GetQuantumProcessor": ("get_processor", messages.GetQuantumProcessorRequest, records.QuantumProcessor),
    "GetQuantumCalibration": ("get_calibration", messages.GetQuantumCalibrationRequest, records.QuantumCalibration),
}
BUSY, THROTTLED = grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED


def service_account():
    """The content of a new key file, and its public half."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    content = {
        "type": "service_account",
        "private_key_id": "a-key",
        "private_key": pem,
        "client_email": "someone@a-project.iam.gserviceaccount.com",
        "token_uri": "https://nowhere.invalid/token",
    }
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return json.dumps(content), public.decode()


ACCOUNT, PUBLIC = service_account()


class Engine:
    """The server: it checks signatures, keeps programs and jobs by their names, and simulates what it is sent."""

    def __init__(self):
        self.programs, self.jobs, self.looks = {}, {}, {}
        self.requests = []
        self.troubles = []  # what becomes of the next requests about jobs: a status, "lost" (done, but no answer)
        self.fails = False
        self.device = cirq_google.engine.create_device_from_processor_id(MODEL)
        handlers = {
            name: grpc.unary_unary_rpc_method_handler(self.method(own), asked.deserialize, answer.serialize)
            for name, (own, asked, answer) in METHODS.items()
        }
        self.server = grpc.server(ThreadPoolExecutor(2))
        service = "google.cloud.quantum.v1alpha1.QuantumEngineService"
        self.server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))
        self.address = f"unix:{tempfile.mkdtemp()}/engine"
        self.server.add_secure_port(self.address, grpc.local_server_credentials(grpc.LocalConnectionType.UDS))
        self.server.start()

    def creations(self):
        return [name for name in self.requests if name.startswith("create")]

    def method(self, name):
        def answer(request, context):
            self.requests.append(name)
            header = dict(context.invocation_metadata())["authorization"].removeprefix("Bearer ")
            try:
                jwt.decode(header, certs=PUBLIC)
            except ValueError:
                context.abort(grpc.StatusCode.UNAUTHENTICATED, "Request had invalid authentication credentials")
            trouble = self.troubles.pop(0) if self.troubles and "job" in name else None
            if isinstance(trouble, grpc.StatusCode):
                context.abort(trouble, "trouble")
            made = getattr(self, name)(request, context)
            if trouble == "lost":
                context.abort(BUSY, "lost")
            return made

        return answer

    def transport(self, **arguments):
        """Of the client: as its own, but that calls stay on this machine."""

        def channel(host, credentials, **_):
            plugin = AuthMetadataPlugin(credentials, Request(), default_host="quantum.googleapis.com")
            local = grpc.local_channel_credentials(grpc.LocalConnectionType.UDS)
            signed = grpc.composite_channel_credentials(local, grpc.metadata_call_credentials(plugin))
            return grpc.aio.secure_channel(host, signed)

        own = transports.QuantumEngineServiceGrpcAsyncIOTransport
        return own(**(arguments | {"host": self.address, "channel": channel}))

    def create_program(self, request, context):
        program = request.quantum_program
        if program.name in self.programs:
            context.abort(grpc.StatusCode.ALREADY_EXISTS, "There is such a program")
        self.programs[program.name] = program
        return program

    def create_job(self, request, context):
        job = request.quantum_job
        assert request.parent in self.programs
        assert job.scheduling_config.processor_selector.processor == PROCESSOR
        selected = job.scheduling_config.processor_selector.device_config_selector
        assert (selected.run_name, selected.config_alias) == ("a-run", "a-configuration")
        if job.name in self.jobs:
            context.abort(grpc.StatusCode.ALREADY_EXISTS, "There is such a job")
        job.execution_status.state = "READY"
        self.jobs[job.name] = job
        return job

    def get_job(self, request, context):
        if request.name not in self.jobs:
            context.abort(grpc.StatusCode.NOT_FOUND, "There is no such job")
        job = self.jobs[request.name]
        self.looks[job.name] = self.looks.get(job.name, 0) + 1
        if job.execution_status.state.name == "READY" and self.looks[job.name] > 2:
            job.execution_status.state = "FAILURE" if self.fails else "SUCCESS"
            if self.fails:
                job.execution_status.failure.error_message = "fridge warm"
        return job

    def get_result(self, request, context):
        del context
        job = self.jobs[request.parent]
        program = self.programs[request.parent.rpartition("/jobs/")[0]]
        circuit = cirq_google.CIRCUIT_SERIALIZER.deserialize(unpack_any(program.code, v2.program_pb2.Program()))
        self.device.validate_circuit(circuit)
        context_proto = unpack_any(job.run_context, v2.run_context_pb2.RunContext())
        (sweep,) = context_proto.parameter_sweeps
        result = cirq.Simulator(seed=0).run(circuit, repetitions=sweep.repetitions)
        content = v2.results_to_proto([[result]], v2.find_measurements(circuit))
        return records.QuantumResult(parent=request.parent, result=pack_any(content))

    def get_processor(self, request, context):
        if request.name != PROCESSOR:
            context.abort(grpc.StatusCode.NOT_FOUND, "There is no such processor")
        return records.QuantumProcessor(
            name=PROCESSOR,
            device_spec=pack_any(cirq_google.engine.virtual_engine_factory.create_device_spec_from_processor_id(MODEL)),
            default_device_config_key=records.DeviceConfigKey(run="a-run", config_alias="a-configuration"),
        )

    def get_calibration(self, request, context):
        del context
        calibration = cirq_google.engine.load_median_device_calibration(MODEL)
        return records.QuantumCalibration(name=request.name, data=pack_any(calibration.to_proto()))


@pytest.fixture(scope="module")
def server():
    made = Engine()
    yield made
    made.server.stop(None)


@pytest.fixture
def engine(server):
    for kept in (server.programs, server.jobs, server.looks, server.requests, server.troubles):
        kept.clear()
    server.fails = False
    return server


@pytest.fixture(scope="module")
def service(server):
    """One for all: the processor is asked for once."""
    return GoogleService("pink", "a-project", ACCOUNT, {"transport": server.transport})


@pytest.fixture(scope="module")
def circuits(service):
    made = service.compile(CIRCUIT)
    return [measured_circuit(made, "ZZ"), measured_circuit(made, "XX")]


@pytest.fixture
def sampler(service, store):
    def made(agreed=True, most=None, service=service):
        return QueuedSampler(service, store, Consent(agreed, most), sleep=lambda _: None)

    return made


def test_energy_through_the_engine(engine, sampler):
    measured = SampledBackend(sampler()).run(CIRCUIT, H2, 20_000, 0)
    assert abs(measured.value_hartree - EXACT) < 4 * measured.standard_error_hartree
    assert len(engine.programs) == len(engine.jobs) == 2


@pytest.mark.usefixtures("engine")
def test_bits_come_in_qiskits_order(sampler, circuits):
    places = [step.qubits[0] for step in circuits[0].data if step.name == "measure"]
    circuit = QuantumCircuit(circuits[0].num_qubits, 2)
    qubit = circuits[0].find_bit(places[0]).index
    circuit.rx(3.141592653589793, qubit)
    circuit.measure([qubit, circuits[0].find_bit(places[1]).index], [0, 1])
    assert sampler().sample([circuit], [100], 0) == ({"01": 100},)


def test_the_same_run_again_submits_nothing(engine, sampler, circuits):
    first = sampler().sample(circuits, [500, 700], 0)
    n_requests = len(engine.requests)
    assert sampler(agreed=False).sample(circuits, [500, 700], 0) == first
    assert len(engine.requests) == n_requests


def test_nothing_is_submitted_without_a_yes(engine, sampler, circuits, store):
    with pytest.raises(InputError, match=r"2 jobs with 1200 shots .* --yes"):
        sampler(agreed=False).sample(circuits, [500, 700], 0)
    assert not engine.creations()
    assert store.count("quantum_job") == 0


def test_a_price_limit_stops_what_has_no_price(engine, sampler, circuits):
    with pytest.raises(InputError, match="Leave --max-price out"):
        sampler(most=5.0).sample(circuits, [500, 700], 0)
    assert not engine.creations()


def test_throttling_and_a_busy_server_are_waited_for(engine, sampler, circuits):
    engine.troubles = [THROTTLED, BUSY, None, BUSY, THROTTLED, None, None, BUSY]
    sampler().sample(circuits, [500, 700], 0)
    assert len(engine.jobs) == 2


def test_an_answer_that_was_lost_is_no_second_job(engine, sampler, circuits):
    engine.troubles = [None, "lost"]
    sampler().sample(circuits[:1], [500], 0)
    assert len(engine.jobs) == 1


@pytest.mark.parametrize("after", MOMENTS)
def test_a_run_that_was_killed_goes_on_without_submitting_twice(engine, sampler, circuits, store, after, monkeypatch):
    killed_run(sampler().service, store, circuits[:1], after, monkeypatch)
    assert len(engine.jobs) == (0 if after == "intention" else 1)
    (found,) = sampler().sample(circuits[:1], [500], 0)
    assert sum(found.values()) == 500
    assert len(engine.jobs) == 1


def test_a_failed_job_says_why_and_may_be_submitted_again(engine, sampler, circuits):
    engine.fails = True
    with pytest.raises(ComputationError, match="fridge warm"):
        sampler().sample(circuits[:1], [500], 0)
    engine.fails = False
    sampler().sample(circuits[:1], [500], 0)
    assert [name.rpartition("/")[2] for name in engine.jobs] == ["job-0", "job-1"]
    assert len(engine.programs) == 1


def test_a_refused_request_shows_the_vendor_s_words(engine, sampler, circuits):
    engine.troubles = [grpc.StatusCode.PERMISSION_DENIED]
    with pytest.raises(InputError, match="403, trouble"):
        sampler().sample(circuits[:1], [500], 0)


def test_a_service_that_stays_away_is_given_up(engine, sampler):
    engine.troubles = [BUSY] * 100
    with pytest.raises(TransientError, match="cannot be reached"):
        sampler().service.find("eigenlead-a-label")
    engine.troubles.clear()


def test_a_processor_that_is_not_there(engine):
    other = GoogleService("blue", "a-project", ACCOUNT, {"transport": engine.transport})
    with pytest.raises(InputError, match="no Google processor 'blue'"):
        other.compile(CIRCUIT)


def test_a_wrong_key_is_refused_and_shown_nowhere(engine, sampler, circuits, store):
    wrong, _ = service_account()
    made = GoogleService("pink", "a-project", wrong, {"transport": engine.transport})
    with pytest.raises(InputError, match="gcloud auth") as raised:
        made.compile(CIRCUIT)
    assert "PRIVATE KEY" not in str(raised.value)
    assert "PRIVATE KEY" not in repr(made)
    with pytest.raises(InputError, match="none of a service account"):
        GoogleService("pink", "a-project", "{}").compile(CIRCUIT)
    sampler().sample(circuits[:1], [500], 0)
    assert "PRIVATE KEY" not in json.dumps(store.newest("quantum_job", 10))


def test_what_is_missing_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.delenv(KEY, raising=False)
    monkeypatch.delenv(PROJECT, raising=False)
    assert not configured()
    with pytest.raises(InputError, match=f"gcloud auth application-default login, or set {KEY}"):
        kind_of("google:pink")
    (tmp_path / "application_default_credentials.json").write_text("{}")
    kind, device = kind_of("google:pink")
    with pytest.raises(InputError, match=f"Set {PROJECT}"):
        kind.service(device)
    monkeypatch.setenv(PROJECT, "a-project")
    monkeypatch.setenv(KEY, ACCOUNT)
    made = kind.service(device)
    assert (made.name, made.project, made.key) == ("google:pink", "a-project", ACCOUNT)
    monkeypatch.setenv(KEY, str(tmp_path / "no-such-file.json"))
    with pytest.raises(InputError, match="finds no credentials"):
        kind.service(device).compile(CIRCUIT)

"""Jobs on a vendor's cloud: against a server on this machine that plays IonQ's documented interface, version 0.4."""

import json
from dataclasses import replace

import pytest
from ionq_server import KEY, Ionq

from pipeline.backends.energy import SampledBackend
from pipeline.backends.ionq import compiled
from pipeline.backends.ionq_cloud import IonqService
from pipeline.backends.jobs import Consent, QueuedSampler
from pipeline.backends.settings import measured_circuit
from pipeline.errors import ComputationError, InputError, TransientError

from clouds import MOMENTS, killed_run  # isort: skip
from test_backends import CIRCUIT, EXACT, H2  # isort: skip


@pytest.fixture
def ionq():
    server = Ionq()
    yield server
    server.server.shutdown()


def sampler(ionq, store, device="qpu.forte-1", agreed=True, most=None, key=KEY):
    pauses = []
    service = IonqService(device, key, ionq.address)
    return QueuedSampler(service, store, Consent(agreed, most), sleep=pauses.append)


def circuits():
    made = compiled(CIRCUIT)
    return [measured_circuit(made, "ZZ"), measured_circuit(made, "XX")]


def test_energy_through_the_cloud(ionq, store):
    measured = SampledBackend(sampler(ionq, store)).run(CIRCUIT, H2, 20_000, 0)
    assert abs(measured.value_hartree - EXACT) < 4 * measured.standard_error_hartree
    assert len(ionq.jobs) == 2
    assert {job["body"]["backend"] for job in ionq.jobs.values()} == {"qpu.forte-1"}


def test_the_same_run_again_submits_nothing(ionq, store):
    first = sampler(ionq, store).sample(circuits(), [500, 700], 0)
    n_requests = len(ionq.requests)
    assert sampler(ionq, store, agreed=False).sample(circuits(), [500, 700], 0) == first
    assert len(ionq.requests) == n_requests


def test_a_run_keeps_to_its_circuit_when_the_device_is_calibrated_anew(ionq, store, monkeypatch):
    def queued(run):
        return replace(sampler(ionq, store), run_key=run)

    first = SampledBackend(queued("run")).run(CIRCUIT, H2, 20_000, 0)
    other = CIRCUIT.copy()
    other.rx(1e-3, 0)
    with monkeypatch.context() as patched:
        patched.setattr(IonqService, "compile", lambda _service, _circuit: compiled(other))
        assert queued("run").compile(CIRCUIT).circuit == compiled(CIRCUIT).circuit
        assert SampledBackend(queued("run")).run(CIRCUIT, H2, 20_000, 0) == first
        assert len(ionq.jobs) == 2
        SampledBackend(queued("another run")).run(CIRCUIT, H2, 20_000, 0)
    assert len(ionq.jobs) == 4
    assert queued("run").compile(other).circuit == compiled(other).circuit  # as after its state was pruned


def test_another_seed_is_another_job(ionq, store):
    for seed in (0, 1):
        sampler(ionq, store).sample(circuits(), [500, 700], seed)
    assert len(ionq.jobs) == 4


def test_nothing_is_submitted_without_a_yes(ionq, store):
    with pytest.raises(InputError, match=r"2 jobs with 1200 shots .* USD.* --yes"):
        sampler(ionq, store, agreed=False).sample(circuits(), [500, 700], 0)
    assert not ionq.posts()
    assert store.count("quantum_job") == 0


def test_nothing_above_the_price_limit_is_submitted(ionq, store):
    with pytest.raises(InputError, match=r"above the limit of 0\.5"):
        sampler(ionq, store, most=0.5).sample(circuits(), [500, 700], 0)
    assert not ionq.posts()


def test_the_simulator_is_free(ionq, store):
    sampler(ionq, store, device="simulator:forte-1", agreed=False).sample(circuits(), [500, 700], 0)
    assert [job["body"]["noise"] for job in ionq.jobs.values()] == [{"model": "forte-1"}] * 2


def test_throttling_and_a_busy_server_are_waited_for(ionq, store):
    ionq.troubles = [429, 503, "fine", 429, 500]
    queued = sampler(ionq, store, device="simulator")
    queued.sample(circuits(), [500, 700], 0)
    assert len(ionq.jobs) == 2


def test_an_answer_that_was_lost_is_no_second_job(ionq, store):
    ionq.troubles = ["lost"]
    sampler(ionq, store, device="simulator").sample(circuits()[:1], [500], 0)
    assert len(ionq.jobs) == 1


@pytest.mark.parametrize("after", MOMENTS)
def test_a_run_that_was_killed_goes_on_without_submitting_twice(ionq, store, after, monkeypatch):
    killed_run(sampler(ionq, store).service, store, circuits()[:1], after, monkeypatch)
    assert len(ionq.jobs) == (0 if after == "intention" else 1)
    (found,) = sampler(ionq, store).sample(circuits()[:1], [500], 0)
    assert sum(found.values()) == 500
    assert len(ionq.jobs) == 1


def test_a_failed_job_says_why_and_may_be_submitted_again(ionq, store):
    ionq.fails = True
    with pytest.raises(ComputationError, match="ion lost"):
        sampler(ionq, store).sample(circuits()[:1], [500], 0)
    ionq.fails = False
    sampler(ionq, store).sample(circuits()[:1], [500], 0)
    assert len(ionq.jobs) == 2


def test_a_wrong_key_is_refused_and_shown_nowhere(ionq, store):
    wrong = "wrong-key"
    with pytest.raises(InputError, match="IONQ_API_KEY") as raised:
        sampler(ionq, store, key=wrong).sample(circuits(), [500, 700], 0)
    assert wrong not in str(raised.value)
    assert KEY not in repr(IonqService("simulator", KEY))


def test_a_refused_request_shows_the_vendor_s_words(ionq, store):
    ionq.troubles = [400]
    with pytest.raises(InputError, match="trouble"):
        sampler(ionq, store, device="simulator").sample(circuits()[:1], [500], 0)


def test_a_service_that_stays_away_is_given_up(ionq, store):
    ionq.server.shutdown()
    ionq.server.server_close()
    with pytest.raises(TransientError, match="cannot be reached"):
        sampler(ionq, store, device="simulator").sample(circuits()[:1], [500], 0)


def test_the_store_holds_no_key(ionq, store):
    sampler(ionq, store).sample(circuits(), [500, 700], 0)
    assert KEY not in json.dumps(store.newest("quantum_job", 10))

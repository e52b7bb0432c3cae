"""Vendors' simulators: each runs the same circuit as Qiskit, in its own gates."""

import os

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator, Statevector

from pipeline.backends import azure, braket, google, ionq, quantinuum, rigetti
from pipeline.backends.aer import AerSampler
from pipeline.backends.energy import SampledBackend
from pipeline.backends.operations import compiled_for, operations
from pipeline.backends.settings import measured_circuit
from pipeline.errors import InputError

from test_backends import CIRCUIT, ELECTRONS, EXACT, H2  # isort: skip

SHOTS = 4000


def lopsided_circuit():
    """Three qubits, no symmetry: a wrong order of bits, sign or angle shows."""
    rng = np.random.default_rng(5)
    circuit = QuantumCircuit(3)
    for _ in range(2):
        for qubit in range(3):
            circuit.u(*rng.normal(size=3), qubit)
        circuit.cx(0, 1)
        circuit.rzz(0.7, 1, 2)
        circuit.cz(0, 2)
    return circuit


LOPSIDED = lopsided_circuit()
MAKERS = {
    "aer": ("qiskit_aer", AerSampler),
    "cirq": ("cirq", google.CirqSampler),
    "ionq": ("cirq_ionq", ionq.FakeIonqSampler),
    "quantinuum": ("pytket_pecos", lambda: quantinuum.FakeQuantinuumSampler("H2-1LE")),
    "rigetti": ("pyquil", rigetti.FakeRigettiSampler),
    "azure": ("qdk", azure.FakeAzureSampler),
    "braket": ("", braket.FakeBraketSampler),
}


def sampler_of(name):
    module, make = MAKERS[name]
    if module:
        pytest.importorskip(module)
    elif braket.PYTHON not in os.environ:
        pytest.skip(f"{braket.PYTHON} is not set")
    return make()


@pytest.fixture
def no_noise(monkeypatch):
    monkeypatch.setattr(ionq, "DEPOLARISING", (0.0, 0.0))
    monkeypatch.setattr(quantinuum, "NOISE", dict.fromkeys(quantinuum.NOISE, 0.0))
    monkeypatch.setattr(rigetti, "DEPOLARISING", 0.0)
    monkeypatch.setattr(azure, "DEPOLARISING", 0.0)
    monkeypatch.setattr(braket, "NOISE", (0.0, 0.0, 0.0))


@pytest.mark.usefixtures("no_noise")
@pytest.mark.parametrize("basis", ["ZZZ", "XYI"])
@pytest.mark.parametrize("name", MAKERS)
def test_without_noise_bitstrings_are_those_of_the_state_vector(name, basis):
    sampler = sampler_of(name)
    (found,) = sampler.sample([measured_circuit(sampler.compile(LOPSIDED), basis)], [SHOTS], 1)
    rotated = LOPSIDED.copy()
    for qubit, letter in enumerate(reversed(basis)):
        if letter == "Y":
            rotated.sdg(qubit)
        if letter in "XY":
            rotated.h(qubit)
    exact = Statevector(rotated).probabilities_dict()
    assert sum(found.values()) == SHOTS
    distance = sum(abs(exact.get(string, 0) - found.get(string, 0) / SHOTS) for string in {*exact, *found}) / 2
    assert distance < 0.04  # about six standard deviations of eight bitstrings


@pytest.mark.parametrize("name", ["ionq", "quantinuum", "rigetti", "azure", "braket"])
def test_noise_raises_the_energy_and_mitigation_lowers_it(name):
    sampler = sampler_of(name)
    state = CIRCUIT.copy()
    for _ in range(15):  # more gates, the same state
        state.cx(1, 0)
        state.barrier()
        state.cx(1, 0)
        state.barrier()
    measured = SampledBackend(sampler, ("readout", "symmetry"), ((ELECTRONS, 0.0),)).run(state, H2, 8000, 0)
    plain, *_, mitigated = measured.metadata["mitigation"].values()
    assert plain.value_hartree > EXACT + 2 * plain.standard_error_hartree
    assert mitigated.value_hartree < plain.value_hartree


@pytest.mark.parametrize("processor", ["rainbow", "weber", "willow_pink"])
def test_google_processors(processor):
    pytest.importorskip("cirq_google")
    measured = SampledBackend(google.FakeGoogleSampler(processor), ("readout",)).run(CIRCUIT, H2, 8000, 0)
    plain, mitigated = measured.metadata["mitigation"].values()
    assert plain.value_hartree > EXACT + 2 * plain.standard_error_hartree
    assert abs(mitigated.value_hartree - EXACT) < abs(plain.value_hartree - EXACT)


def test_unknown_machines():
    pytest.importorskip("cirq_google")
    with pytest.raises(InputError, match="willow_pink"):
        google.FakeGoogleSampler("nonesuch").compile(CIRCUIT)
    with pytest.raises(InputError, match="H1-1LE"):
        quantinuum.FakeQuantinuumSampler("nonesuch").compile(CIRCUIT)


def test_ionq_pulses_make_the_same_unitary_up_to_phases_before_reading():
    cirq = pytest.importorskip("cirq")
    cirq_ionq = pytest.importorskip("cirq_ionq")
    compiled = ionq.compiled(LOPSIDED)
    gates, bits = ionq.native_gates(measured_circuit(compiled, "ZZZ"))
    made = [
        (cirq_ionq.GPI2Gate(phi=gate.turns) if gate.name == "gpi2" else cirq_ionq.ZZGate(theta=gate.turns)).on(
            *(cirq.LineQubit(q) for q in gate.qubits)
        )
        for gate in gates
    ]
    state = cirq.Circuit(made).final_state_vector(qubit_order=[cirq.LineQubit(q) for q in reversed(bits)])
    assert np.abs(state) ** 2 == pytest.approx(Statevector(LOPSIDED).probabilities(), abs=1e-6)
    assert all(abs(gate.turns) <= 0.5 for gate in gates)


def test_folded_gates_stay_where_they_are():
    doubled = CIRCUIT.copy()
    compiled = compiled_for(CIRCUIT, ["cz"])
    doubled = compiled.circuit.copy()
    doubled.cz(0, 1)
    doubled.cz(0, 1)
    links = [one for one in operations(doubled) if hasattr(one, "angle")]
    assert len(links) == compiled.two_qubit_gates + 2
    assert Operator(doubled).equiv(Operator(compiled.circuit))


def test_braket_without_its_environment_says_how_to_make_one(monkeypatch):
    monkeypatch.delenv(braket.PYTHON, raising=False)
    with pytest.raises(InputError, match="pip install amazon-braket-sdk"):
        braket.FakeBraketSampler().sample([measured_circuit(compiled_for(CIRCUIT, ["cz"]), "ZZ")], [10], 0)

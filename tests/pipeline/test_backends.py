"""Backends that run here: their energies, error bars and mitigation."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator, SparsePauliOp, Statevector

from pipeline.backends import aer
from pipeline.backends.aer import AerSampler, FakeIbmSampler
from pipeline.backends.backend import Compiled
from pipeline.backends.catalogue import KINDS, kind_of
from pipeline.backends.energy import ExactBackend, Plan, SampledBackend
from pipeline.backends.mitigation import Calibration, folded, projected, steps
from pipeline.backends.settings import IDEAL, moments, settings
from pipeline.errors import InputError, ResourceError

H2 = SparsePauliOp.from_list(  # H2/STO-3G at 0.735 Å on two qubits, O'Malley et al., Phys. Rev. X 6, 031007 (2016)
    [("II", -1.05237325), ("IZ", 0.39793742), ("ZI", -0.39793742), ("ZZ", -0.01128010), ("XX", 0.18093120)]
)
ELECTRONS = SparsePauliOp.from_list([("IZ", 1.0), ("ZI", 1.0)])
"""Zero for the states |01⟩ and |10⟩."""


def ground_state_circuit():
    angle = 2 * np.arctan2(*np.abs(np.linalg.eigh(H2.to_matrix())[1][[2, 1], 0]))
    circuit = QuantumCircuit(2)
    circuit.x(0)
    circuit.ry(-angle, 1)
    circuit.cx(1, 0)
    return circuit


CIRCUIT = ground_state_circuit()
EXACT = np.linalg.eigvalsh(H2.to_matrix())[0]


def test_state_vector_gives_the_lowest_eigenvalue():
    measured = ExactBackend().run(CIRCUIT, H2)
    assert measured.value_hartree == pytest.approx(EXACT, abs=1e-10)
    assert measured.standard_error_hartree == 0
    assert measured.shots == 0


def test_settings_hold_every_term_once_and_commute_qubit_by_qubit():
    rng = np.random.default_rng(0)
    labels = ["".join(rng.choice(list("IXYZ"), 4)) for _ in range(60)]
    operator = SparsePauliOp(labels, rng.normal(size=60)).simplify()
    constants, parts = settings([operator])
    rebuilt = constants[0] * SparsePauliOp("IIII")
    for part in parts:
        for support, coefficient in zip(part.supports, part.coefficients[:, 0], strict=True):
            letters = [b if s else "I" for b, s in zip(part.basis, support[::-1], strict=True)]
            rebuilt += SparsePauliOp("".join(letters), coefficient)
    assert np.allclose(rebuilt.to_matrix(), operator.to_matrix())


def test_circuits_that_are_too_many_at_once_are_run_one_after_the_other(monkeypatch):
    backend = SampledBackend(AerSampler())
    at_once = backend.run(CIRCUIT, H2, 20_000, 0)
    monkeypatch.setattr(aer, "_MOST_OPERATIONS", 1)
    parts = backend.run(CIRCUIT, H2, 20_000, 0)
    assert parts.counts[0] == at_once.counts[0]
    assert [sum(found.values()) for _, found in parts.counts] == [sum(found.values()) for _, found in at_once.counts]
    assert abs(parts.value_hartree - EXACT) < 4 * parts.standard_error_hartree


def test_an_energy_that_the_symmetry_fixes_has_no_error():
    pytest.importorskip("qiskit_ibm_runtime")
    fixed = SparsePauliOp.from_list([("II", -169.7), ("IZ", 0.3), ("ZI", 0.3)])  # −169.7 for every state kept
    symmetries = ((ELECTRONS, 0.0),)
    backend = SampledBackend(FakeIbmSampler("FakeManilaV2"), steps(["readout", "symmetry"]), symmetries)
    for seed in range(10):
        measured = backend.run(CIRCUIT, fixed, 4000, seed)
        assert measured.value_hartree == pytest.approx(-169.7, abs=1e-9)
        assert measured.standard_error_hartree == pytest.approx(0.0, abs=1e-6)


def test_noise_that_would_take_hours_is_refused():
    pytest.importorskip("qiskit_ibm_runtime")
    circuit = QuantumCircuit(12)
    for k in range(60_000):
        circuit.cz(k % 12, (k + 1) % 12)
    circuit.measure_all()
    with pytest.raises(ResourceError, match=r"60,0\d\d operations on 12 qubits.* aer-shots"):
        FakeIbmSampler("FakeTorino").sample([circuit], [1000], 0)


def test_ninety_five_percent_intervals_hold_the_exact_value():
    sampler = AerSampler()
    plan = Plan.of(sampler.compile(CIRCUIT), H2, 4000, (), ())
    hits = 0
    for seed in range(100):
        measured = plan.measured(sampler.sample(plan.circuits, plan.shots, seed))
        hits += abs(measured.value_hartree - EXACT) <= 1.96 * measured.standard_error_hartree
    assert 90 <= hits <= 99


def test_same_seed_same_energy():
    runs = [SampledBackend(AerSampler()).run(CIRCUIT, H2, 1000, seed) for seed in (3, 3, 4)]
    assert runs[0] == runs[1]
    assert runs[0].counts != runs[2].counts


def test_shots_are_those_asked_for():
    measured = SampledBackend(AerSampler(), ("readout",)).run(CIRCUIT, H2, 5000, 0)
    assert 5000 - 4 <= measured.shots <= 5000


def test_readings_undo_misreading():
    wrong = np.array([[0.03, 0.08], [0.01, 0.05]])
    readings = Calibration(wrong, 1000).readings()
    for (false_one, false_zero), reading in zip(wrong, readings, strict=True):
        assert (1 - false_one) * reading[0] + false_one * reading[1] == pytest.approx(1)
        assert false_zero * reading[0] + (1 - false_zero) * reading[1] == pytest.approx(-1)


def test_calibration_counts_misread_bits():
    calibration = Calibration.of({"00": 90, "01": 10}, {"11": 80, "01": 20})
    assert calibration.wrong == pytest.approx(np.array([[0.1, 0.0], [0.0, 0.2]]))


def test_folding_keeps_the_unitary_and_scales_two_qubit_gates():
    tripled = folded(CIRCUIT, 3)
    assert Operator(tripled).equiv(Operator(CIRCUIT))
    assert tripled.count_ops()["cx"] == 3 * CIRCUIT.count_ops()["cx"]


def test_projection_takes_states_with_other_numbers_out():
    product, projector = projected(H2, ((ELECTRONS, 0.0),))
    inside = np.diag([0, 1, 1, 0])
    assert np.allclose(projector.to_matrix(), inside)
    assert np.allclose(product.to_matrix(), H2.to_matrix() @ inside)


def test_projection_refuses_what_is_no_symmetry():
    with pytest.raises(InputError, match="does not keep"):
        projected(H2, ((SparsePauliOp("IZ"), 1.0),))


def test_moments_of_both_observables_come_from_the_same_strings():
    constants, parts = settings([SparsePauliOp("Z"), SparsePauliOp(["I", "Z"], [2.0, 1.0])])
    means, covariance = moments(parts, [{"0": 75, "1": 25}], np.tile(IDEAL, (1, 1)))
    assert means + constants == pytest.approx([0.5, 2.5])
    assert covariance == pytest.approx(np.full((2, 2), 0.75 / 99))


@pytest.mark.parametrize("device", ["FakeManilaV2", "FakeTorino"])
def test_circuits_fit_the_device(device):
    pytest.importorskip("qiskit_ibm_runtime")
    from pipeline.backends.aer import fake_device

    compiled = FakeIbmSampler(device).compile(CIRCUIT)
    target = fake_device(device).target
    for instruction in compiled.circuit.data:
        places = tuple(compiled.circuit.find_bit(q).index for q in instruction.qubits)
        assert target.instruction_supported(instruction.name, places)


def test_every_step_of_mitigation_helps_on_a_noisy_device():
    pytest.importorskip("qiskit_ibm_runtime")
    pytest.importorskip("mitiq")
    backend = SampledBackend(FakeIbmSampler("FakeManilaV2"), steps(["zne", "symmetry", "readout"]), ((ELECTRONS, 0.0),))
    measured = backend.run(CIRCUIT, H2, 200_000, 0)
    errors = [abs(one.value_hartree - EXACT) for one in measured.metadata["mitigation"].values()]
    assert list(measured.metadata["mitigation"]) == ["none", "readout", "readout+symmetry", "readout+symmetry+zne"]
    assert errors[0] > 0.01
    assert errors[1] < errors[0]
    assert errors[-1] < 0.3 * errors[0]


def test_too_few_shots_say_how_many():
    with pytest.raises(InputError, match="--shots 200"):
        Plan.of(Compiled(CIRCUIT, (0, 1)), H2, 3, (), ())


def test_too_many_qubits_for_the_device():
    pytest.importorskip("qiskit_ibm_runtime")
    with pytest.raises(InputError, match="5 qubits"):
        FakeIbmSampler("FakeManilaV2").compile(QuantumCircuit(6))


def test_unknown_kind():
    with pytest.raises(InputError, match="There is no backend 'nonesuch'"):
        kind_of("nonesuch")


def test_unknown_device():
    pytest.importorskip("qiskit_ibm_runtime")
    with pytest.raises(InputError, match="FakeTorino"):
        FakeIbmSampler("FakeNonesuch").compile(CIRCUIT)


def test_unknown_mitigation():
    with pytest.raises(InputError, match="readout, symmetry, zne"):
        steps(["magic"])


def test_missing_package_names_its_command(monkeypatch):
    monkeypatch.setattr("pipeline.backends.catalogue.find_spec", lambda _: None)
    assert {kind.missing() for kind in KINDS if kind.extra} >= {"pip install 'eigenlead[aer]'"}
    with pytest.raises(InputError, match=r"eigenlead\[aer\]"):
        kind_of("aer-shots")


def test_circuit_prepares_the_ground_state():
    assert Statevector(CIRCUIT).expectation_value(ELECTRONS) == pytest.approx(0, abs=1e-12)

"""The compiled circuits make the engine's state, in every encoding."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from molecules_small import active_space
from qiskit.quantum_info import Statevector
from qiskit_nature.second_q.mappers import BravyiKitaevMapper, ParityMapper

from pipeline.circuits.compile import compiled
from pipeline.circuits.encoding import Mapping, encoding, hamiltonian_operator
from pipeline.circuits.prepare import prepared
from pipeline.circuits.qiskit import ansatz_circuit, electronic_operator
from pipeline.errors import InputError
from pipeline.vqe.excitations import uccgsd
from pipeline.vqe.solve import Ansatz, solve

MAPPINGS = get_args(Mapping)


@pytest.mark.parametrize("mapping", MAPPINGS)
@pytest.mark.parametrize("name", ["H2", "H2O (4e,4o)"])
def test_a_circuit_has_the_engines_energy(name: str, mapping: str) -> None:
    _same_energy(name, "uccsd", mapping)


@pytest.mark.parametrize("mapping", ["jordan-wigner", "bravyi-kitaev-tapered"])
@pytest.mark.parametrize("ansatz", ["adapt", "adapt-qubit", "2-upccgsd", "hardware-efficient"])
def test_other_ansaetze_have_the_engines_energy(ansatz: Ansatz, mapping: str) -> None:
    _same_energy("H2O (4e,4o)", ansatz, mapping)


@pytest.mark.parametrize("name", ["H2", "H2O (4e,4o)"])
def test_lucj_has_the_engines_energy(name: str) -> None:
    _same_energy(name, "lucj", "jordan-wigner")


@pytest.mark.slow
@pytest.mark.parametrize("mapping", MAPPINGS)
@pytest.mark.parametrize("name", ["OH", "LiH"])
def test_larger_circuits_have_the_engines_energy(name: str, mapping: str) -> None:
    _same_energy(name, "uccsd", mapping)


@pytest.mark.parametrize("fermionic", [True, False])
@pytest.mark.parametrize("seed", range(6))
def test_any_excitations_in_any_order_make_the_slow_twins_state(seed: int, fermionic: bool) -> None:
    """Random excitations, of which many meet no bitstring or meet all, against Pauli evolutions of each."""
    hamiltonian, _, _ = active_space("H2O (4e,4o)")
    random = np.random.default_rng(seed)
    pool = uccgsd(4, paired=False, fermionic=fermionic)
    chosen = tuple(replace(pool[k], parameter=j) for j, k in enumerate(random.integers(len(pool), size=12)))
    parameters = random.normal(size=12)
    slow = Statevector(ansatz_circuit(chosen, parameters, hamiltonian))
    fast = Statevector(compiled(chosen, parameters, encoding(hamiltonian, "jordan-wigner")))
    assert abs(slow.inner(fast)) == pytest.approx(1, abs=1e-10)


@pytest.mark.parametrize(("mapping", "mapper"), [("parity", ParityMapper()), ("bravyi-kitaev", BravyiKitaevMapper())])
def test_encodings_are_those_of_qiskit(mapping: str, mapper: object) -> None:
    hamiltonian, _, _ = active_space("H2O (4e,4o)")
    ours = hamiltonian_operator(hamiltonian, encoding(hamiltonian, mapping))
    theirs = electronic_operator(hamiltonian, mapper)  # type: ignore[arg-type]
    assert np.abs((ours - theirs).simplify().coeffs).max() < 1e-9


@pytest.mark.parametrize("mapping", [name for name in MAPPINGS if name.endswith("tapered")])
@pytest.mark.parametrize(("name", "n_qubits"), [("H2", 1), ("H2O (4e,4o)", 4), ("LiH (2e,4o)", 4)])
def test_tapering_leaves_out_every_conserved_parity(name: str, n_qubits: int, mapping: str) -> None:
    """α and β parity and the mirror planes. H2 as in Bravyi et al., arXiv:1701.08213, Table II."""
    hamiltonian, _, exact = active_space(name)
    code = encoding(hamiltonian, mapping)
    assert code.n_qubits == n_qubits
    spectrum = np.linalg.eigvalsh(hamiltonian_operator(hamiltonian, code).to_matrix())
    whole = np.linalg.eigvalsh(electronic_operator(hamiltonian).to_matrix())
    assert np.abs(spectrum[:, None] - whole).min(axis=1).max() < 1e-9  # part of the whole spectrum
    assert np.abs(spectrum - exact).min() < 1e-8


def test_a_symmetry_that_the_ansatz_breaks_is_not_tapered() -> None:
    hamiltonian, _, _ = active_space("H2")
    assert encoding(hamiltonian, "parity-tapered", solve(hamiltonian, "uccsd").excitations).n_qubits == 1
    assert encoding(hamiltonian, "parity-tapered", solve(hamiltonian, "1-upccgsd").excitations).n_qubits == 2


@pytest.mark.parametrize("mapping", MAPPINGS)
def test_the_state_has_the_numbers_of_electrons(mapping: str) -> None:
    hamiltonian, _, _ = active_space("H2O (4e,4o)")
    state = prepared(hamiltonian, "uccsd", mapping)
    vector = Statevector(state.circuit)
    for operator, value in state.symmetries:
        assert not operator.paulis.x.any()
        assert vector.expectation_value(operator).real == pytest.approx(value, abs=1e-9)
        assert vector.expectation_value(operator @ operator).real == pytest.approx(value**2, abs=1e-9)


def test_wrong_mappings_are_refused_with_the_right_ones() -> None:
    hamiltonian, _, _ = active_space("H2")
    with pytest.raises(InputError, match="parity-tapered"):
        prepared(hamiltonian, "uccsd", "parrot")
    with pytest.raises(InputError, match="--mapping jordan-wigner"):
        prepared(hamiltonian, "lucj", "parity")


def _same_energy(name: str, ansatz: Ansatz, mapping: str) -> None:
    hamiltonian, _, exact = active_space(name)
    state = prepared(hamiltonian, ansatz, mapping)
    assert all(len(gate.qubits) <= 2 for gate in state.circuit.data)
    energy = Statevector(state.circuit).expectation_value(state.observable).real
    assert energy == pytest.approx(state.ansatz_hartree, abs=1e-8)
    assert state.exact_hartree == pytest.approx(exact, abs=1e-8)

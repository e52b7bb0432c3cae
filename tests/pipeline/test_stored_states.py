"""Prepared states in the store."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from molecules_small import active_space
from qiskit import QuantumCircuit

from pipeline.circuits.prepare import prepared
from pipeline.circuits.stored import packed, stored_state, unpacked


def test_a_stored_state_is_the_same_to_the_last_bit(any_store):
    made = prepared(active_space("LiH (2e,4o)")[0], "uccsd", "parity-tapered")
    first = stored_state("key", any_store, lambda: made)
    again = stored_state("key", any_store, lambda: pytest.fail("it is in the store"))
    for state in (first, again):
        assert state.circuit == made.circuit
        assert [step.params for step in state.circuit.data] == [step.params for step in made.circuit.data]
        assert state.observable.equiv(made.observable)
        assert state.observable.to_list() == made.observable.to_list()
        assert state.symmetries == made.symmetries
        for name in ("exact_hartree", "ansatz_hartree", "n_alpha", "n_beta", "mapping"):
            assert getattr(state, name) == getattr(made, name)


def test_the_first_of_two_processes_decides(store):
    one, other = (prepared(active_space(name)[0], "uccsd", "jordan-wigner") for name in ("H2", "H4"))

    def late():
        stored_state("key", store, lambda: one)
        return other

    assert stored_state("key", store, late).ansatz_hartree == one.ansatz_hartree


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=5))
def test_angles_survive_to_the_last_bit(angles):
    circuit = QuantumCircuit(2)
    for angle in angles:
        circuit.rz(angle, 0)
        circuit.cz(0, 1)
    assert [step.params for step in unpacked(packed(circuit)).data] == [step.params for step in circuit.data]

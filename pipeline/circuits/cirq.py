"""The circuit in Cirq."""

from __future__ import annotations

import cmath

import cirq
from qiskit import QuantumCircuit

from pipeline.errors import InputError


def cirq_circuit(circuit: QuantumCircuit) -> cirq.Circuit:
    """The same gates in Cirq, the global phase included; qubit q is ``cirq.LineQubit(q)``.

    Cirq writes bitstrings with qubit 0 first, Qiskit with qubit 0 last.

    Raises:
        InputError: a gate that the circuits of `pipeline.circuits` do not have.
    """
    qubits = cirq.LineQubit.range(circuit.num_qubits)
    fixed = {"x": cirq.X, "z": cirq.Z, "h": cirq.H, "cx": cirq.CNOT, "cz": cirq.CZ}
    turning = {"rx": cirq.rx, "ry": cirq.ry, "rz": cirq.rz}
    operations = []
    for instruction in circuit.data:
        name = instruction.operation.name
        on = [qubits[circuit.find_bit(qubit).index] for qubit in instruction.qubits]
        if name in fixed:
            operations.append(fixed[name](*on))
        elif name in turning:
            operations.append(turning[name](float(instruction.operation.params[0]))(*on))
        else:
            raise InputError(f"The gate {name} has no form in Cirq here.", f"Compile to {', '.join(fixed | turning)}.")
    if circuit.global_phase:
        operations.append(cirq.global_phase_operation(cmath.exp(1j * circuit.global_phase)))
    return cirq.Circuit(operations, strategy=cirq.InsertStrategy.EARLIEST)

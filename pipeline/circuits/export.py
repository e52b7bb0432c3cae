"""Files of a circuit: for Qiskit, for Cirq, OpenQASM 3, and drawings."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

from qiskit import QuantumCircuit, qasm3, qpy

from pipeline.errors import InputError

Format = Literal["qiskit", "cirq", "qasm3"]
"""A QPY file, Cirq's JSON, and OpenQASM 3 text."""
_TEXT_WIDTH = 160


def export(circuit: QuantumCircuit, to: str, path: Path) -> None:
    """Write the circuit for another program.

    Args:
        circuit: as `pipeline.circuits.prepare` makes it.
        to: one of `Format`; read back by ``qiskit.qpy.load``, ``cirq.read_json`` and ``qiskit.qasm3.load``.
        path: the file; it is overwritten.

    Raises:
        InputError: there is no such format.
    """
    if to == "qiskit":
        with path.open("wb") as file:
            qpy.dump(circuit, file)
    elif to == "cirq":
        import cirq  # takes a second

        from pipeline.circuits.cirq import cirq_circuit

        cirq.to_json(cirq_circuit(circuit), path)
    elif to == "qasm3":
        path.write_text(qasm3.dumps(circuit), encoding="utf-8")
    else:
        raise InputError(f"There is no circuit format {to!r}.", f"Use one of {', '.join(get_args(Format))}.")


def draw(circuit: QuantumCircuit, path: Path) -> None:
    """Draw the circuit, by Cirq as .svg or by Qiskit as .txt.

    Raises:
        InputError: the file's name ends otherwise.
    """
    if path.suffix == ".txt":
        text = str(circuit.draw("text", fold=_TEXT_WIDTH))
    elif path.suffix == ".svg":
        from cirq.contrib.svg import circuit_to_svg

        from pipeline.circuits.cirq import cirq_circuit

        drawn = circuit.copy()
        drawn.global_phase = 0
        text = circuit_to_svg(cirq_circuit(drawn))
    else:
        raise InputError(f"{path} is no drawing.", "Give the file a name that ends in .svg or .txt.")
    path.write_text(text, encoding="utf-8")

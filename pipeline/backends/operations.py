"""Operations: a compiled circuit as vendors' own gates are made of it.

Each run of gates on one qubit becomes one turn; gates on two qubits stay as they are, so that noise which was scaled up
stays scaled up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit, transpile
from qiskit.synthesis import OneQubitEulerDecomposer
from qiskit.transpiler import CouplingMap

from pipeline.backends.backend import Compiled
from pipeline.errors import InputError

_EULER = OneQubitEulerDecomposer("ZYZ")
_STILL = 1e-9


@dataclass(frozen=True, eq=False, slots=True)
class Turn:
    """Rz(phi) Ry(theta) Rz(lam) on one qubit, radians, but for a phase."""

    qubit: int
    theta: float
    phi: float
    lam: float


@dataclass(frozen=True, slots=True)
class Link:
    """A gate on two qubits."""

    name: str
    """``cz`` or ``rzz``, exp(−i angle/2 Z Z)."""
    qubits: tuple[int, int]
    angle: float
    """Radians; of ``rzz`` only."""


@dataclass(frozen=True, slots=True)
class Read:
    """A measurement of Z."""

    qubit: int
    bit: int


def compiled_for(
    circuit: QuantumCircuit, gates: Sequence[str], neighbours: CouplingMap | None = None, tries: int = 8
) -> Compiled:
    """A circuit in turns and these gates on two qubits, routed where there are neighbours: the best of some tries.

    Raises:
        InputError: the device has too few qubits.
    """
    if neighbours and circuit.num_qubits > neighbours.size():
        raise InputError(
            f"The device has {neighbours.size()} qubits, the circuit {circuit.num_qubits}.",
            "Choose a larger device, a smaller active space or a mapping that tapers.",
        )
    native = min(
        (
            transpile(
                circuit,
                basis_gates=["rz", "sx", *gates],
                coupling_map=neighbours,
                optimization_level=3,
                seed_transpiler=seed,
            )
            for seed in range(tries)
        ),
        key=lambda one: (one.num_nonlocal_gates(), one.depth()),
    )
    places = native.layout.final_index_layout() if native.layout else range(circuit.num_qubits)
    return Compiled(native, tuple(places))


def operations(circuit: QuantumCircuit) -> Iterator[Turn | Link | Read]:
    """What a measured circuit does, in order; its unused qubits do not appear.

    Raises:
        ValueError: a gate on two qubits is neither cz nor rzz.
    """
    pending: dict[int, NDArray[np.complex128]] = {}

    def turn(qubit: int) -> Iterator[Turn]:
        if (matrix := pending.pop(qubit, None)) is not None:
            theta, phi, lam = _EULER.angles(matrix)
            if abs(theta) > _STILL or abs(np.angle(np.exp(1j * (phi + lam)))) > _STILL:
                yield Turn(qubit, float(theta), float(phi), float(lam))

    for instruction in circuit.data:
        qubits = tuple(circuit.find_bit(q).index for q in instruction.qubits)
        if instruction.name == "barrier":
            continue
        if instruction.name == "measure":
            yield from turn(qubits[0])
            yield Read(qubits[0], circuit.find_bit(instruction.clbits[0]).index)
        elif len(qubits) == 1:
            pending[qubits[0]] = instruction.operation.to_matrix() @ pending.get(qubits[0], np.eye(2))
        elif instruction.name in ("cz", "rzz"):
            for qubit in qubits:
                yield from turn(qubit)
            angle = float(instruction.params[0]) if instruction.name == "rzz" else 0.0
            yield Link(instruction.name, (qubits[0], qubits[1]), angle)
        else:
            raise ValueError(f"{instruction.name} is no gate of this device: compile the circuit first.")


def used_qubits(steps: Sequence[Turn | Link | Read]) -> tuple[int, ...]:
    """The qubits that operations act on, in order."""
    touched: set[int] = set()
    for step in steps:
        touched.update(step.qubits if isinstance(step, Link) else (step.qubit,))
    return tuple(sorted(touched))


def bits_of(steps: Sequence[Turn | Link | Read]) -> list[int]:
    """The qubit that each classical bit is read from."""
    reads = sorted((step for step in steps if isinstance(step, Read)), key=lambda read: read.bit)
    return [read.qubit for read in reads]


def openqasm(circuit: QuantumCircuit, library: bool = True) -> str:
    """OpenQASM 3 of a measured circuit in rz, ry and cz, its used qubits numbered from 0.

    Args:
        circuit: compiled for ``cz``.
        library: include the standard gates, where they are not built in.
    """
    steps = list(operations(circuit))
    number = {qubit: k for k, qubit in enumerate(used_qubits(steps))}
    lines = ["OPENQASM 3.0;", *(['include "stdgates.inc";'] if library else [])]
    lines += [f"bit[{circuit.num_clbits}] b;", f"qubit[{len(number)}] q;"]
    for step in steps:
        if isinstance(step, Turn):
            lines += [f"{name}({angle!r}) q[{number[step.qubit]}];" for name, angle in euler_angles(step)]
        elif isinstance(step, Link):
            lines.append(f"cz q[{number[step.qubits[0]]}], q[{number[step.qubits[1]]}];")
        else:
            lines.append(f"b[{step.bit}] = measure q[{number[step.qubit]}];")
    return "\n".join(lines) + "\n"


def euler_angles(turn: Turn) -> tuple[tuple[str, float], ...]:
    """A turn as rotations, the first one first."""
    return ("rz", turn.lam), ("ry", turn.theta), ("rz", turn.phi)

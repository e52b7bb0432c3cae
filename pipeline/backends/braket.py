"""Amazon Braket: its local simulator with noise, in an environment of its own.

Its SDK wants another cloudpickle than Prefect, so the two cannot be installed together.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from qiskit import QuantumCircuit

from pipeline.backends.backend import Compiled, Counts
from pipeline.backends.operations import Link, Turn, bits_of, compiled_for, euler_angles, operations, used_qubits
from pipeline.errors import ComputationError, InputError

PYTHON = "EIGENLEAD_BRAKET_PYTHON"
"""Variable with the path of a Python that has amazon-braket-sdk."""
REMEDY = (
    "Make an environment of its own, python3 -m venv braket && braket/bin/pip install amazon-braket-sdk, and set "
    f"{PYTHON} to braket/bin/python."
)
NOISE = (0.001, 0.005, 0.01)
"""Depolarising after gates on one and two qubits, and flips before reading; round figures of this project."""
_WORKER = Path(__file__).with_name("braket_worker.py")


@dataclass(frozen=True, slots=True)
class FakeBraketSampler:
    """OpenQASM 3 with noise as Braket's pragmas, on its density matrix."""

    name: str = "braket-fake"

    def compile(self, circuit: QuantumCircuit) -> Compiled:
        """As `Sampler.compile`; any two qubits are neighbours."""
        return compiled_for(circuit, ["cz"])

    def sample(self, circuits: Sequence[QuantumCircuit], shots: Sequence[int], seed: int) -> tuple[Counts, ...]:
        """As `Sampler.sample`. Braket gives probabilities; the shots are drawn from them here, by the seed.

        Raises:
            InputError: no environment of its own is named.
            ComputationError: it failed there.
        """
        answers = asked({"circuits": [noisy_openqasm(circuit) for circuit in circuits]})
        generator = np.random.default_rng(seed)
        counts = []
        for circuit, probabilities, n in zip(circuits, answers, shots, strict=True):
            weights = np.clip(probabilities, 0, None)
            drawn = generator.multinomial(n, weights / weights.sum())
            width = circuit.num_clbits  # Braket's first qubit is the first letter
            counts.append({format(k, f"0{width}b")[::-1]: int(drawn[k]) for k in np.flatnonzero(drawn).tolist()})
        return tuple(counts)


def noisy_openqasm(circuit: QuantumCircuit) -> str:
    """OpenQASM 3 with Braket's pragmas: noise after gates and before reading, then the bits' probabilities."""
    steps = list(operations(circuit))
    number = {qubit: f"q[{k}]" for k, qubit in enumerate(used_qubits(steps))}
    one, two, reading = NOISE
    lines = ["OPENQASM 3.0;", f"qubit[{len(number)}] q;"]
    for step in steps:
        if isinstance(step, Turn):
            lines += [f"{name}({angle!r}) {number[step.qubit]};" for name, angle in euler_angles(step)]
            lines.append(f"#pragma braket noise depolarizing({one}) {number[step.qubit]}")
        elif isinstance(step, Link):
            pair = ", ".join(number[qubit] for qubit in step.qubits)
            lines += [f"cz {pair};", f"#pragma braket noise two_qubit_depolarizing({two}) {pair}"]
    read = [number[qubit] for qubit in bits_of(steps)]
    lines += [f"#pragma braket noise bit_flip({reading}) {qubit}" for qubit in read]
    return "\n".join([*lines, f"#pragma braket result probability {', '.join(read)}"]) + "\n"


def asked(question: dict[str, list[str]]) -> list[list[float]]:
    """What the worker answers in Braket's own environment.

    Raises:
        InputError: none is named, or what is named is no Python.
        ComputationError: the worker failed.
    """
    python = os.environ.get(PYTHON, "")
    if not python:
        raise InputError("Amazon Braket runs in an environment of its own.", REMEDY)
    try:
        done = subprocess.run([python, "-I", str(_WORKER)], input=json.dumps(question), capture_output=True, text=True)
    except OSError as error:
        raise InputError(f"{python} cannot be run: {error.strerror}.", REMEDY) from None
    if done.returncode:
        reason = done.stderr.strip().splitlines()[-1:] or ["no message"]
        raise ComputationError(f"Amazon Braket failed: {reason[0]}.", REMEDY)
    answers: list[list[float]] = json.loads(done.stdout.splitlines()[-1])
    return answers

"""Runs in Braket's own environment: OpenQASM 3 programs in, probabilities of their bits out, both as JSON."""

import json
import sys

import numpy as np


def main() -> None:
    """Answer one question from standard input."""
    from braket.devices import LocalSimulator
    from braket.ir.openqasm import Program

    simulator = LocalSimulator("braket_dm")
    answers = []
    for source in json.load(sys.stdin)["circuits"]:
        result = simulator.run(Program(source=source), shots=0).result()
        answers.append(np.asarray(result.values[0]).tolist())
    sys.stdout.write(json.dumps(answers) + "\n")


main()

"""PennyLane: lightning.qubit's adjoint gradient of Givens rotations for all singles and doubles.

`qml.UCCSD`, with the signs of fermionic exchange, takes twenty times as long for LiH.
"""

from __future__ import annotations

from importlib.metadata import version

import numpy as np
import pennylane as qml
from pennylane import numpy as traced_numpy
from scipy.optimize import minimize
from worker import Peer, Problem, Trace, measure


def prepare(problem: Problem, trace: Trace) -> Peer:
    n_qubits, n_electrons = 2 * problem.n_orbitals, problem.n_alpha + problem.n_beta
    physicists = problem.two_body.transpose(0, 2, 3, 1)  # as PennyLane orders them
    fermions = qml.qchem.fermionic_observable(np.array([problem.constant]), problem.one_body, physicists)
    hamiltonian = qml.qchem.qubit_observable(fermions)
    singles, doubles = qml.qchem.excitations(n_electrons, n_qubits)
    occupied = qml.qchem.hf_state(n_electrons, n_qubits)
    n_parameters = len(doubles) + len(singles)

    @qml.qnode(qml.device("lightning.qubit", wires=n_qubits), diff_method="adjoint")
    def energy(parameters: np.ndarray) -> object:
        qml.BasisState(occupied, wires=range(n_qubits))
        for k, wires in enumerate(doubles):
            qml.DoubleExcitation(parameters[k], wires=wires)
        for k, wires in enumerate(singles):
            qml.SingleExcitation(parameters[len(doubles) + k], wires=wires)
        return qml.expval(hamiltonian)

    slope = qml.grad(energy)

    def evaluate(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        gradient = slope(traced_numpy.array(parameters, requires_grad=True))
        trace.add(slope.forward)
        return float(slope.forward), np.asarray(gradient)

    # The MP2 amplitudes, half of the angles: the gradient has the couplings with the signs of this circuit.
    e = problem.orbital_energies
    gaps = np.array([e[a // 2] + e[b // 2] - e[i // 2] - e[j // 2] for i, j, a, b in doubles])
    coupling = slope(traced_numpy.zeros(n_parameters, requires_grad=True))[: len(doubles)]
    start = np.concatenate([-2.0 * coupling / gaps, np.zeros(len(singles))])

    def minimise() -> bool:
        options = {"ftol": 1e-13, "gtol": 1e-6, "maxfun": 10_000}
        return bool(minimize(evaluate, start, jac=True, method="L-BFGS-B", options=options).success)

    return Peer(n_parameters, minimise, lambda: float(energy(np.zeros(n_parameters))))


if __name__ == "__main__":
    measure(f"PennyLane {version('pennylane')} (lightning {version('pennylane-lightning')})", prepare)

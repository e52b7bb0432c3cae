"""QuantumLayer: a variational quantum circuit as a layer of a neural network, simulated exactly in torch."""

from __future__ import annotations

import math

import torch
from qiskit import QuantumCircuit
from torch import Tensor, nn


class QuantumLayer(nn.Module):
    """Features → expectation values of a parameterised circuit; gradients by backpropagation through the state.

    Every layer of the circuit loads the features again: Ry(wₗ x + bₗ), Rz(αₗ), Ry(βₗ) on each qubit, then controlled-Z
    around the ring of qubits. Measured are Z of each qubit and ZZ of each two neighbours on the ring.
    Source: data re-uploading, Pérez-Salinas, Cervera-Lierta, Gil-Fuster, Latorre, Quantum 4, 226 (2020).
    """

    def __init__(self, n_qubits: int, n_layers: int, generator: torch.Generator | None = None) -> None:
        """Draw the parameters: features enter as they are, rotations are uniform.

        Args:
            n_qubits: also the number of features.
            n_layers: of the circuit.
            generator: of the draw.

        Raises:
            ValueError: there are fewer than two qubits, or no layer.
        """
        super().__init__()
        if n_qubits < 2 or n_layers < 1:
            raise ValueError(f"A quantum layer needs two qubits and one layer or more, not {n_qubits} and {n_layers}.")
        self.n_qubits, self.n_layers = n_qubits, n_layers
        shape = (n_layers, n_qubits)
        self.weights = nn.Parameter(torch.ones(shape))
        self.biases = nn.Parameter(torch.zeros(shape))
        self.angles = nn.Parameter(2 * math.pi * torch.rand((*shape, 2), generator=generator))
        """α and β, radians."""
        signs = _signs(n_qubits)
        neighbours = signs * signs.roll(-1, dims=0)
        self._observables: Tensor
        self.register_buffer("_observables", torch.cat((signs, neighbours)).T.contiguous())  # (2ⁿ, n_outputs)
        both = (signs < 0) & (signs.roll(-1, dims=0) < 0)
        if n_qubits == 2:
            both = both[:1]  # the ring of two has one pair
        self._entangler: Tensor
        self.register_buffer("_entangler", torch.where(both.sum(dim=0) % 2 == 1, -1.0, 1.0))  # (2ⁿ,)

    @property
    def n_outputs(self) -> int:
        """Expectation values that it returns."""
        return 2 * self.n_qubits

    def forward(self, features: Tensor) -> Tensor:
        """Expectation values, −1 to 1, shape (batch, n_outputs), of features of shape (batch, n_qubits)."""
        state = features.new_zeros((len(features), 2**self.n_qubits), dtype=_complex(features.dtype))
        state[:, 0] = 1.0
        for layer in range(self.n_layers):
            loaded = _ry(features * self.weights[layer] + self.biases[layer])  # (batch, n, 2, 2)
            turned = _ry(self.angles[layer, :, 1]) @ _rz(self.angles[layer, :, 0])  # (n, 2, 2)
            gates = turned @ loaded
            for qubit in range(self.n_qubits):
                parts = state.reshape(len(state), 2**qubit, 2, -1)
                state = torch.einsum("bij,bajc->baic", gates[:, qubit], parts).reshape(len(state), -1)
            state = state * self._entangler
        return (state.real**2 + state.imag**2) @ self._observables

    @torch.no_grad()
    def circuit(self, features: Tensor) -> QuantumCircuit:
        """The same circuit in Qiskit for one row of features, shape (n_qubits,); qubit 0 is Qiskit's last."""
        circuit = QuantumCircuit(self.n_qubits)
        wires = [self.n_qubits - 1 - qubit for qubit in range(self.n_qubits)]  # Qiskit counts from the right
        pairs = [(i, (i + 1) % self.n_qubits) for i in range(self.n_qubits if self.n_qubits > 2 else 1)]
        for layer in range(self.n_layers):
            loaded = features * self.weights[layer] + self.biases[layer]
            for qubit, wire in enumerate(wires):
                circuit.ry(float(loaded[qubit]), wire)
                circuit.rz(float(self.angles[layer, qubit, 0]), wire)
                circuit.ry(float(self.angles[layer, qubit, 1]), wire)
            for first, second in pairs:
                circuit.cz(wires[first], wires[second])
        return circuit


def _signs(n_qubits: int) -> Tensor:
    """(n, 2ⁿ): the eigenvalue of Z of each qubit in each basis state; qubit 0 is the slowest."""
    states = torch.arange(2**n_qubits)
    bits = (states[None, :] >> torch.arange(n_qubits - 1, -1, -1)[:, None]) & 1
    return 1.0 - 2.0 * bits.to(torch.get_default_dtype())


def _complex(dtype: torch.dtype) -> torch.dtype:
    return torch.complex128 if dtype == torch.float64 else torch.complex64


def _ry(angles: Tensor) -> Tensor:
    """Rotation matrices (…, 2, 2) of angles of any shape."""
    cosine, sine = torch.cos(angles / 2), torch.sin(angles / 2)
    rows = (torch.stack((cosine, -sine), dim=-1), torch.stack((sine, cosine), dim=-1))
    return torch.stack(rows, dim=-2).to(_complex(angles.dtype))


def _rz(angles: Tensor) -> Tensor:
    phase = torch.polar(torch.ones_like(angles), angles / 2)
    return torch.diag_embed(torch.stack((phase.conj(), phase), dim=-1))

"""The quantum layer: equal to Qiskit's statevector, with exact gradients."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.quantum_info import SparsePauliOp, Statevector

from models.quantum_layer import QuantumLayer


def layer(n_qubits: int, n_layers: int, seed: int = 0) -> QuantumLayer:
    made = QuantumLayer(n_qubits, n_layers, torch.Generator().manual_seed(seed)).double()
    with torch.no_grad():
        for parameter in (made.weights, made.biases):
            parameter.copy_(torch.randn(parameter.shape, generator=torch.Generator().manual_seed(seed + 1)))
    return made


@settings(max_examples=15, deadline=None)
@given(st.integers(2, 6), st.integers(1, 4), st.integers(0, 999))
def test_outputs_are_those_of_the_qiskit_circuit(n_qubits: int, n_layers: int, seed: int) -> None:
    one = layer(n_qubits, n_layers, seed)
    features = torch.randn(n_qubits, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    state = Statevector(one.circuit(features))
    ring = [{q} for q in range(n_qubits)] + [{q, (q + 1) % n_qubits} for q in range(n_qubits)]
    labels = ["".join("Z" if q in qubits else "I" for q in range(n_qubits)) for qubits in ring]
    expected = [state.expectation_value(SparsePauliOp(label)).real for label in labels]
    np.testing.assert_allclose(one(features[None]).detach().numpy()[0], expected, atol=1e-10)


def test_single_precision_is_within_a_millionth() -> None:
    one = layer(8, 3)
    features = torch.randn((64, 8), dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    exact = one(features)
    assert torch.allclose(one.float()(features.float()).double(), exact, atol=2e-6)


def test_gradients_are_exact() -> None:
    one = layer(3, 2)
    features = torch.randn((2, 3), dtype=torch.float64, requires_grad=True)
    names = [name for name, _ in one.named_parameters()]

    def outputs(x: torch.Tensor, *parameters: torch.Tensor) -> torch.Tensor:
        return torch.func.functional_call(one, dict(zip(names, parameters, strict=True)), (x,))

    assert torch.autograd.gradcheck(outputs, (features, *one.parameters()))


def test_gradients_are_those_of_the_parameter_shift() -> None:
    """d⟨O⟩/dθ = (⟨O⟩(θ + π/2) − ⟨O⟩(θ − π/2)) / 2, as a device would measure it."""
    one = layer(4, 2)
    features = torch.randn((1, 4), dtype=torch.float64)
    one(features)[0, 1].backward()
    assert one.angles.grad is not None
    for index in ((0, 0, 0), (0, 2, 1), (1, 3, 1)):
        shifted = []
        for sign in (1, -1):
            moved = layer(4, 2)
            with torch.no_grad():
                moved.angles[index] += sign * math.pi / 2
            shifted.append(moved(features)[0, 1].item())
        assert float(one.angles.grad[index]) == pytest.approx((shifted[0] - shifted[1]) / 2, abs=1e-12)


def test_rows_do_not_see_each_other_and_outputs_are_expectations() -> None:
    one = layer(5, 3)
    features = torch.randn((7, 5), dtype=torch.float64)
    together = one(features)
    assert together.shape == (7, one.n_outputs)
    assert together.abs().max() <= 1 + 1e-12
    assert torch.allclose(together[3:4], one(features[3:4]))


def test_it_learns_what_a_linear_layer_cannot() -> None:
    """The parity of two signs."""
    generator = torch.Generator().manual_seed(1)
    features = torch.rand((200, 2), generator=generator) * 2 - 1
    target = torch.sign(features[:, 0] * features[:, 1])
    one, head = QuantumLayer(2, 3, generator), torch.nn.Linear(4, 1)
    optimiser = torch.optim.Adam([*one.parameters(), *head.parameters()], lr=0.05)
    for _ in range(150):
        optimiser.zero_grad()
        torch.nn.functional.mse_loss(head(one(features))[:, 0], target).backward()
        optimiser.step()
    agreement = float((torch.sign(head(one(features))[:, 0]) == target).float().mean())
    assert agreement > 0.9


@pytest.mark.parametrize(("n_qubits", "n_layers"), [(1, 1), (3, 0)])
def test_sizes_that_make_no_circuit(n_qubits: int, n_layers: int) -> None:
    with pytest.raises(ValueError, match="needs two qubits"):
        QuantumLayer(n_qubits, n_layers)

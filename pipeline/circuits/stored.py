"""Stored: prepared states and their circuits, bit for bit.

A mean field on several threads, or a device that was calibrated anew, gives another circuit for the same question. What
is to run on one machine after the other, or to go on after a restart, is therefore made once and taken from the store.
"""

from __future__ import annotations

import io
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any

from qiskit import QuantumCircuit, qpy
from qiskit.quantum_info import SparsePauliOp

from pipeline.circuits.prepare import Prepared
from pipeline.store import Store, content_hash

VERSION = 1
"""Raise it when prepared states change: stored ones of other versions are then not used."""
_STAGE = "prepared_state"
_NUMBERS = ("exact_hartree", "ansatz_hartree", "n_alpha", "n_beta", "mapping")


def stored_state(key: str, store: Store, make: Callable[[], Prepared]) -> Prepared:
    """The state that the store keeps for a key, or made and stored there.

    Args:
        key: hash of what determines it.
        store: where it is kept.
        make: prepares it.
    """
    payload = store.kept(content_hash(_STAGE, VERSION, key), _STAGE, lambda: _payload(make()))
    return Prepared(
        circuit=unpacked(payload["circuit"]),
        observable=_operator(payload["observable"]),
        symmetries=tuple((_operator(terms), value) for terms, value in payload["symmetries"]),
        **{name: payload[name] for name in _NUMBERS},
    )


def packed(circuit: QuantumCircuit) -> str:
    """A circuit as text: compressed QPY."""
    buffer = io.BytesIO()
    qpy.dump(circuit, buffer)
    return b64encode(zlib.compress(buffer.getvalue())).decode("ascii")


def unpacked(text: str) -> QuantumCircuit:
    """The circuit that `packed` wrote."""
    (circuit,) = qpy.load(io.BytesIO(zlib.decompress(b64decode(text))))
    return circuit


def _payload(state: Prepared) -> dict[str, Any]:
    return {
        "circuit": packed(state.circuit),
        "observable": _terms(state.observable),
        "symmetries": [(_terms(operator), value) for operator, value in state.symmetries],
        **{name: getattr(state, name) for name in _NUMBERS},
    }


def _terms(operator: SparsePauliOp) -> list[tuple[str, float]]:
    return [(label, float(weight.real)) for label, weight in operator.to_list()]


def _operator(terms: list[tuple[str, float]]) -> SparsePauliOp:
    return SparsePauliOp.from_list(terms)

"""Compiling excitations to few gates on two qubits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit

from pipeline.circuits.encoding import Bits, Encoding, flips
from pipeline.vqe.excitations import Excitation

Gate = tuple[str, tuple[int, ...], float]
"""Name (x, z, ry, cx or cz), qubits, and the angle of ry."""
_LOOK_BACK = 300
"""Gates among which a new one looks for its inverse."""


def compiled(excitations: Sequence[Excitation], parameters: NDArray[np.float64], code: Encoding) -> QuantumCircuit:
    """The circuit that makes the ansatz state of |0…0⟩ with x, z, ry, cx and cz.

    exp(θ(T − T†)) rotates pairs of bitstrings that differ by a fixed pattern d. CNOTs from one qubit t of d to its
    others turn that into a rotation of t alone, under conditions on the other qubits (at most three for a double
    excitation); its sign depends on a parity, which CZ gates bring in. A rotation under m conditions is 2^m rotations
    with 2^m CZ between them. Qubit t and the order of the conditions are those that leave the fewest gates after
    cancelling with the gates before.

    The bitstrings that the state can have by then lie in an affine space over GF(2): one bitstring and all sums of the
    patterns so far. Conditions that all of them meet, parities that are constant on it, and gates from a known bit
    are left out. So the circuit is equal to the ansatz on |0…0⟩, not on every state.

    Source: Yordanov, Arvidsson-Shukur, Barnes, Phys. Rev. A 102, 062612 (2020), for the circuits of one excitation.

    Args:
        excitations: factors in the order they act.
        parameters: radians, shape (n_parameters,).
        code: the encoding; it must keep the parities that the excitations keep.
    """
    done = _Program.on(code.n_qubits, _mask(code.bits(code.reference)))
    n = len(code.reference) // 2
    for excitation in excitations:
        theta = float(parameters[excitation.parameter])
        rotation = _Rotation.of(excitation, n, code)
        options = [done.followed_by(rotation, theta, *choice) for choice in rotation.choices()]
        done = min(options, key=lambda program: program.n_two_qubit)
    circuit = QuantumCircuit(code.n_qubits)
    for name, qubits, angle in done.gates:
        getattr(circuit, name)(*((angle,) if name == "ry" else ()), *qubits)
    return circuit


class _Parity(NamedTuple):
    """The sum modulo two of some bits and a constant. Sets of bits are integers, qubit q is bit q."""

    bits: int
    constant: int

    def __xor__(self, other: _Parity) -> _Parity:
        return _Parity(self.bits ^ other.bits, self.constant ^ other.constant)

    def without(self, qubit: int) -> _Parity:
        return _Parity(self.bits & ~(1 << qubit), self.constant)

    def after_cx(self, control: int, target: int) -> _Parity:
        return _Parity(self.bits ^ (self.bits >> target & 1) << control, self.constant)


@dataclass(frozen=True, slots=True)
class _Rotation:
    """An excitation on qubits."""

    pattern: int
    """The bits that change."""
    conditions: tuple[_Parity, ...]
    """They must be zero."""
    leaves: _Parity
    """One in the bitstring that T leaves, and zero in that which it makes."""
    sign: _Parity
    """Of the amplitude that T makes."""

    @classmethod
    def of(cls, excitation: Excitation, n_orbitals: int, code: Encoding) -> _Rotation:
        leave = (*excitation.alpha_from, *(n_orbitals + i for i in excitation.beta_from))
        enter = (*excitation.alpha_to, *(n_orbitals + a for a in excitation.beta_to))

        def parity(orbitals: Iterable[int], constant: int = 0) -> _Parity:
            bits, more = code.parity(orbitals)
            return _Parity(_mask(bits), (constant + more) % 2)

        first, *rest = leave
        between: set[int] = set()  # spectators whose electrons the operators pass
        passed, occupied = 0, set(leave)
        if excitation.fermionic:
            for i, a in reversed(list(zip(leave, enter, strict=True))):
                for orbital in (i, a):
                    passed += sum(p < orbital for p in occupied - {orbital})
                    between ^= set(range(orbital)) - {*leave, *enter}
                    occupied ^= {orbital}
        return cls(
            pattern=_mask(code.bits(flips(excitation, n_orbitals))),
            conditions=(*(parity({first, i}) for i in rest), *(parity({first, a}, 1) for a in enter)),
            leaves=parity({first}),
            sign=parity(between, passed),
        )

    def choices(self) -> Iterator[tuple[int, tuple[_Parity, ...], bool]]:
        """Qubit to rotate, the conditions in some order, and whether a CZ comes first or last."""
        for target in _places(self.pattern):
            for conditions in permutations(self.conditions):
                for cz_first in (False, True):
                    yield target, conditions, cz_first


@dataclass(slots=True)
class _Program:
    """Gates so far, and the bitstrings that the state can have after them."""

    n_qubits: int
    gates: list[Gate]
    n_two_qubit: int
    start: int
    """One of the bitstrings."""
    spread: list[int]
    """The others are sums of `start` and some of these, which are independent."""

    @classmethod
    def on(cls, n_qubits: int, bits: int) -> _Program:
        return cls(n_qubits, [("x", (q,), 0.0) for q in _places(bits)], 0, bits, [])

    def followed_by(
        self, rotation: _Rotation, theta: float, target: int, conditions: Sequence[_Parity], cz_first: bool
    ) -> _Program:
        """A copy with one more excitation."""
        program = _Program(self.n_qubits, list(self.gates), self.n_two_qubit, self.start, list(self.spread))
        moves: list[tuple[int, int]] = []  # CNOTs to take back at the end
        for q in _places(rotation.pattern & ~(1 << target)):
            program.cx(target, q)
            moves.append((target, q))
        # a parity that the rotation does not change is now the same sum without the target; of one that it changes,
        # the target is the part that changes
        left = [condition.without(target) for condition in conditions]
        sign = (rotation.sign ^ rotation.leaves).without(target) ^ _Parity(0, 1)
        controls: list[tuple[int, int]] = []  # qubit, value
        while left:
            condition = program.simplified(left.pop(0), target, controls)
            if not condition.bits:
                if condition.constant:
                    return self  # no bitstring meets it
                continue
            *others, home = _places(condition.bits)
            for q in others:
                program.cx(q, home)
                moves.append((q, home))
                left = [parity.after_cx(q, home) for parity in left]
                sign = sign.after_cx(q, home)
            controls.append((home, condition.constant))
        sign = program.simplified(sign, target, controls)
        program.rotate(target, theta * (-1) ** sign.constant, _places(sign.bits), controls, cz_first)
        for control, to in reversed(moves):
            program.cx(control, to)
        return program

    def rotate(
        self, target: int, theta: float, signs: Sequence[int], controls: Sequence[tuple[int, int]], cz_first: bool
    ) -> None:
        """ry(2θ) of a qubit where all controls have their values; −θ where the parity of `signs` is odd.

        That is one rotation for each subset of the controls, whose Z stand beside Y. Between two rotations in the
        order of a Gray code one CZ brings in or takes away one Z.
        """
        subsets = [k ^ k >> 1 for k in range(2 ** len(controls))]
        changes = [(a ^ b).bit_length() - 1 for a, b in zip(subsets, [*subsets[1:], 0], strict=True)]
        values = sum(value << k for k, (_, value) in enumerate(controls))
        angles = [2 * theta * (-1) ** (subset & values).bit_count() / len(subsets) for subset in subsets]
        if cz_first:  # the same backwards
            angles, changes = angles[::-1], changes[::-1]
        for q in signs:
            self.cz(q, target)
        for angle, change in zip(angles, changes, strict=True):
            if controls and cz_first:
                self.cz(controls[change][0], target)
            self.ry(target, angle)
            if controls and not cz_first:
                self.cz(controls[change][0], target)
        for q in signs:
            self.cz(q, target)

    def simplified(self, parity: _Parity, target: int, controls: Sequence[tuple[int, int]]) -> _Parity:
        """The same parity from fewer bits, where the controls have their values, whatever the target's bit."""
        constant = [
            _Parity(bits, (bits & self.start).bit_count() & 1)
            for bits in _null_space([*self.spread, 1 << target], self.n_qubits)
        ]
        return _shortest(parity, constant, controls)

    def known(self, qubit: int) -> int | None:
        """Its bit if all bitstrings have the same there."""
        return None if any(row >> qubit & 1 for row in self.spread) else self.start >> qubit & 1

    def cx(self, control: int, target: int) -> None:
        known = self.known(control)
        if known is None:
            self.add("cx", control, target)
        elif known:
            self.add("x", target)
        self.start ^= (self.start >> control & 1) << target
        self.spread = [row ^ (row >> control & 1) << target for row in self.spread]

    def cz(self, one: int, other: int) -> None:
        for a, b in ((one, other), (other, one)):
            known = self.known(a)
            if known is not None:
                if known:
                    self.add("z", b)
                return
        self.add("cz", min(one, other), max(one, other))

    def ry(self, qubit: int, angle: float) -> None:
        self.gates.append(("ry", (qubit,), angle))
        if 1 << qubit not in self.spread:
            self.spread = _echelon([*self.spread, 1 << qubit])

    def add(self, name: str, *qubits: int) -> None:
        """Add a gate, or take its inverse away where only gates that commute with it lie between."""
        gate: Gate = (name, qubits, 0.0)
        for k in range(len(self.gates) - 1, max(-1, len(self.gates) - 1 - _LOOK_BACK), -1):
            other = self.gates[k]
            if other == gate:
                del self.gates[k]
                self.n_two_qubit -= len(qubits) == 2
                return
            if not _commute(gate, other):
                break
        self.gates.append(gate)
        self.n_two_qubit += len(qubits) == 2


def _commute(a: Gate, b: Gate) -> bool:
    """Whether each does to the qubits that they share things of one kind: Z-like, or X-like."""
    return all(_axis(a, q) == _axis(b, q) != "y" for q in a[1] if q in b[1])


def _axis(gate: Gate, qubit: int) -> str:
    name, qubits, _ = gate
    if name == "ry":
        return "y"
    return "x" if name == "x" or (name == "cx" and qubit == qubits[1]) else "z"


def _shortest(parity: _Parity, constant: Iterable[_Parity], controls: Iterable[tuple[int, int]]) -> _Parity:
    """The parity less some that are constant (bits and value), free of the controls; of no bits if it is constant."""
    given = [_Parity(1 << q, value) for q, value in controls]
    rows = _echelon([p.bits << 1 | p.constant for p in (*constant, *given)])
    row = parity.bits << 1 | parity.constant
    for equation in rows:  # to the end, so that nothing is left of a parity that is constant
        if row >> equation.bit_length() - 1 & 1:
            row ^= equation

    def weight(row: int) -> int:
        return (row >> 1).bit_count()

    while rows and weight(shorter := min((row ^ equation for equation in rows), key=weight)) < weight(row):
        row = shorter
    found = _Parity(row >> 1, row & 1)
    for control in given:
        if found.bits & control.bits:
            found ^= control
    return found


def _echelon(rows: Iterable[int]) -> list[int]:
    """Independent rows with the same sums; the highest bit of each is in no other."""
    done: list[int] = []
    for row in rows:
        for other in done:
            if row >> other.bit_length() - 1 & 1:
                row ^= other
        if row:
            highest = row.bit_length() - 1
            done = [other ^ row if other >> highest & 1 else other for other in done]
            done.append(row)
    return done


def _null_space(rows: Iterable[int], n: int) -> list[int]:
    """Independent sets of n bits whose sum is zero in every row."""
    rows = _echelon(rows)
    pivots = [row.bit_length() - 1 for row in rows]
    return [
        1 << q | sum(1 << pivot for row, pivot in zip(rows, pivots, strict=True) if row >> q & 1)
        for q in range(n)
        if q not in pivots
    ]


def _mask(bits: Bits) -> int:
    return sum(1 << int(q) for q in np.flatnonzero(bits))


def _places(bits: int) -> list[int]:
    return [q for q in range(bits.bit_length()) if bits >> q & 1]

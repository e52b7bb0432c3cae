"""Compiling excitations to few gates on two qubits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit

from pipeline.circuits.encoding import Bits, Encoding, flips, reduced
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
    done = _Program.on(code.bits(code.reference))
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


@dataclass(frozen=True, eq=False, slots=True)
class _Rotation:
    """An excitation on qubits. Parities are rows of bits to add, each with a constant."""

    pattern: Bits
    """(n_qubits,) the bits that change."""
    conditions: tuple[tuple[Bits, int], ...]
    """Parities that must be zero."""
    upper: tuple[Bits, int]
    """The parity that is one in the bitstring that T leaves, and zero in that which it makes."""
    sign: tuple[Bits, int]
    """The parity that gives the sign of the amplitude."""

    @classmethod
    def of(cls, excitation: Excitation, n_orbitals: int, code: Encoding) -> _Rotation:
        leave = (*excitation.alpha_from, *(n_orbitals + i for i in excitation.beta_from))
        enter = (*excitation.alpha_to, *(n_orbitals + a for a in excitation.beta_to))
        first, *rest = leave
        conditions = [_constant_added(code.parity({first, p}), 0) for p in rest]
        conditions += [_constant_added(code.parity({first, p}), 1) for p in enter]
        parity: set[int] = set()
        minus = 0
        occupied = set(leave)
        if excitation.fermionic:
            for i, a in reversed(list(zip(leave, enter, strict=True))):
                for orbital in (i, a):
                    minus += sum(p < orbital for p in occupied - {orbital})
                    parity ^= set(range(orbital)) - {*leave, *enter}
                    occupied ^= {orbital}
        return cls(
            pattern=code.bits(flips(excitation, n_orbitals)),
            conditions=tuple(conditions),
            upper=code.parity({first}),
            sign=_constant_added(code.parity(parity), minus),
        )

    def choices(self) -> Iterator[tuple[int, tuple[int, ...], bool]]:
        """Qubit to rotate, order of the conditions, and whether a CZ comes first or last."""
        orders = list(permutations(range(len(self.conditions))))
        for target in np.flatnonzero(self.pattern).tolist():
            for order in orders:
                for first in (False, True):
                    yield target, order, first


@dataclass(eq=False, slots=True)
class _Program:
    """Gates so far, and the bitstrings that the state can have after them."""

    gates: list[Gate]
    start: Bits
    """One of the bitstrings, (n_qubits,)."""
    spread: Bits
    """(dimension, n_qubits) the others are sums of `start` and some of these, in echelon form."""

    @classmethod
    def on(cls, bits: Bits) -> _Program:
        gates: list[Gate] = [("x", (int(q),), 0.0) for q in np.flatnonzero(bits)]
        return cls(gates, bits.copy(), np.zeros((0, len(bits)), dtype=np.uint8))

    @property
    def n_two_qubit(self) -> int:
        return sum(len(qubits) == 2 for _, qubits, _ in self.gates)

    def followed_by(
        self, rotation: _Rotation, theta: float, target: int, order: Sequence[int], cz_first: bool
    ) -> _Program:
        """A copy with one more excitation."""
        program = _Program(list(self.gates), self.start.copy(), self.spread.copy())
        fan = [(target, int(q)) for q in np.flatnonzero(rotation.pattern) if q != target]
        moves = list(fan)
        for control, to in fan:
            program.cx(control, to)
        # parities that the rotation does not change are the same sums, without the rotated qubit
        controls: list[tuple[int, int]] = []  # qubit, value
        conditions = [_without(rotation.conditions[k], target) for k in order]
        sign = _without(rotation.sign, target)
        upper = _without(rotation.upper, target)
        sign = (sign[0] ^ upper[0], sign[1] ^ upper[1] ^ 1)
        for k in range(len(conditions)):
            row, value = program.simplified(conditions[k], target, controls)
            support = np.flatnonzero(row).tolist()
            if not support:
                if value:
                    return self  # no bitstring meets the condition
                continue
            *others, home = support
            for q in others:
                program.cx(q, home)
                moves.append((q, home))
                for j in range(k + 1, len(conditions)):
                    conditions[j] = _moved(conditions[j], q, home)
                sign = _moved(sign, q, home)
            controls.append((home, value))
        row, value = program.simplified(sign, target, controls)
        program.rotate(target, theta * (-1) ** value, np.flatnonzero(row).tolist(), controls, cz_first)
        for control, to in reversed(moves):
            program.cx(control, to)
        return program

    def rotate(
        self, target: int, theta: float, signs: Sequence[int], controls: Sequence[tuple[int, int]], cz_first: bool
    ) -> None:
        """ry(2θ) of a qubit where all controls have their values; −θ where the parity of `signs` is odd."""
        # Gray code: between rotations one more or one less Z joins Y
        subsets = [k ^ k >> 1 for k in range(2 ** len(controls))]
        changes = [(a ^ b).bit_length() - 1 for a, b in zip(subsets, [*subsets[1:], 0], strict=True) if a != b]
        angles = []
        for subset in subsets:
            minus = sum(value for k, (_, value) in enumerate(controls) if subset >> k & 1)
            angles.append(2 * theta * (-1) ** minus / len(subsets))
        if cz_first:  # the same, backwards
            angles, changes = angles[::-1], changes[::-1]
        for q in signs:
            self.cz(q, target)
        for k, angle in enumerate(angles):
            if changes and cz_first:
                self.cz(controls[changes[k]][0], target)
            self.emit("ry", (target,), angle)
            if changes and not cz_first:
                self.cz(controls[changes[k]][0], target)
        for q in signs:
            self.cz(q, target)

    def simplified(
        self, parity: tuple[Bits, int], target: int, controls: Sequence[tuple[int, int]]
    ) -> tuple[Bits, int]:
        """The same parity from fewer bits, where the controls have their values.

        Only what stays true when the target flips is used.
        """
        known = reduced(_null_space(reduced(np.vstack([self.spread, _unit(target, len(self.start))]))))
        values = known @ self.start % 2
        known = np.vstack([known, *(_unit(q, len(self.start)) for q, _ in controls)])
        values = np.append(values, [value for _, value in controls]).astype(np.uint8)
        equations = reduced(np.column_stack([values, known]))
        row = np.append(np.uint8(parity[1]), parity[0])
        for equation in equations:  # to the end, so that nothing is left of a parity that is known
            if row[_pivot(equation)]:
                row = row ^ equation
        while (shorter := min((row ^ e for e in equations), key=lambda r: r[1:].sum(), default=row))[1:].sum() < (
            row[1:].sum()
        ):
            row = shorter
        for q, value in controls:
            if row[1 + q]:
                row = row ^ np.append(np.uint8(value), _unit(q, len(self.start)))
        return row[1:], int(row[0])

    def constant(self, qubit: int) -> int | None:
        """Its bit if all bitstrings have the same there."""
        return None if self.spread[:, qubit].any() else int(self.start[qubit])

    def cx(self, control: int, target: int) -> None:
        known = self.constant(control)
        if known is None:
            self.emit("cx", (control, target))
        elif known:
            self.emit("x", (target,))
        self.start[target] ^= self.start[control]
        self.spread[:, target] ^= self.spread[:, control]

    def cz(self, one: int, other: int) -> None:
        for a, b in ((one, other), (other, one)):
            known = self.constant(a)
            if known is not None:
                if known:
                    self.emit("z", (b,))
                return
        self.emit("cz", (min(one, other), max(one, other)))

    def emit(self, name: str, qubits: tuple[int, ...], angle: float = 0.0) -> None:
        """Add a gate, or take its inverse away where only gates that commute with it lie between."""
        if name == "ry":
            self.gates.append((name, qubits, angle))
            step = _unit(qubits[0], len(self.start))
            self.spread = reduced(np.vstack([self.spread, step]))
            return
        for k in range(len(self.gates) - 1, max(-1, len(self.gates) - 1 - _LOOK_BACK), -1):
            other = self.gates[k]
            if other[0] == name and other[1] == qubits:
                del self.gates[k]
                return
            if not _commute((name, qubits, 0.0), other):
                break
        self.gates.append((name, qubits, 0.0))


def _commute(a: Gate, b: Gate) -> bool:
    """Whether two gates commute, by what each does to its qubits: only Z-like, only X-like, or other things."""
    return all(_axis(a, q) == _axis(b, q) != "y" for q in a[1] if q in b[1])


def _axis(gate: Gate, qubit: int) -> str:
    name, qubits, _ = gate
    if name == "ry":
        return "y"
    if name == "x" or (name == "cx" and qubit == qubits[1]):
        return "x"
    return "z"


def _constant_added(parity: tuple[Bits, int], constant: int) -> tuple[Bits, int]:
    return parity[0], (parity[1] + constant) % 2


def _without(parity: tuple[Bits, int], qubit: int) -> tuple[Bits, int]:
    row = parity[0].copy()
    row[qubit] = 0
    return row, parity[1]


def _moved(parity: tuple[Bits, int], control: int, target: int) -> tuple[Bits, int]:
    """The same parity after a CNOT."""
    row = parity[0].copy()
    row[control] ^= row[target]
    return row, parity[1]


def _unit(qubit: int, n: int) -> Bits:
    row = np.zeros(n, dtype=np.uint8)
    row[qubit] = 1
    return row


def _pivot(row: Bits) -> int:
    return len(row) - 1 - int(np.argmax(row[::-1]))


def _null_space(rows: Bits) -> Bits:
    """All parities that are zero on the rows: a basis, (n − rank, n). The rows are in echelon form."""
    n = rows.shape[1]
    pivots = [_pivot(row) for row in rows]
    free = [q for q in range(n) if q not in pivots]
    basis = np.zeros((len(free), n), dtype=np.uint8)
    basis[range(len(free)), free] = 1
    basis[:, pivots] = rows[:, free].T
    return basis

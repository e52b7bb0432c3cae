"""Prepared: the circuit that makes a VQE's state, with what its measurement needs."""

from __future__ import annotations

from dataclasses import dataclass

from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp
from qiskit_nature.second_q.hamiltonians import ElectronicEnergy
from qiskit_nature.second_q.mappers import BravyiKitaevMapper, JordanWignerMapper, ParityMapper
from qiskit_nature.second_q.mappers.fermionic_mapper import FermionicMapper
from qiskit_nature.second_q.operators import FermionicOp
from qiskit_nature.second_q.problems import ElectronicStructureProblem

from pipeline.circuits.qiskit import ansatz_circuit, electronic_operator
from pipeline.errors import InputError
from pipeline.hamiltonian import Hamiltonian
from pipeline.sqd.compare import exact
from pipeline.vqe.solve import Ansatz, excitations_of, solve


@dataclass(frozen=True, eq=False, slots=True)
class Prepared:
    """A state to measure."""

    circuit: QuantumCircuit
    """From |0…0⟩ to the state; gates on one and two qubits, no measurement."""
    observable: SparsePauliOp
    """The Hamiltonian, constant included; hartree."""
    exact_hartree: float
    """The lowest eigenvalue in the sector."""
    ansatz_hartree: float
    """The engine's energy of the state."""
    n_alpha: int
    n_beta: int
    mapping: str
    symmetries: tuple[tuple[SparsePauliOp, float], ...]
    """Diagonal operators and the values that the state has: the numbers of alpha and of beta electrons."""


def prepared(hamiltonian: Hamiltonian, ansatz: Ansatz, mapping: str) -> Prepared:
    """The converged ansatz of an active space on qubits."""
    mapper = _mapper(hamiltonian, mapping)
    result = solve(hamiltonian, ansatz)
    circuit = ansatz_circuit(excitations_of(hamiltonian, ansatz), result.parameters, hamiltonian, mapper)
    n = hamiltonian.n_orbitals
    numbers = []
    for first, electrons in ((0, hamiltonian.n_alpha), (n, hamiltonian.n_beta)):
        number = FermionicOp({f"+_{p} -_{p}": 1.0 for p in range(first, first + n)}, num_spin_orbitals=2 * n)
        numbers.append((mapper.map(number).simplify(), float(electrons)))
    return Prepared(
        circuit,
        electronic_operator(hamiltonian, mapper),
        exact(hamiltonian) or result.energy_hartree,
        result.energy_hartree,
        hamiltonian.n_alpha,
        hamiltonian.n_beta,
        mapping,
        tuple(numbers),
    )


def _mapper(hamiltonian: Hamiltonian, mapping: str) -> FermionicMapper:
    mappers = {"jordan-wigner": JordanWignerMapper, "bravyi-kitaev": BravyiKitaevMapper}
    if mapping in mappers:
        return mappers[mapping]()
    if mapping == "parity-tapered":
        energy = ElectronicEnergy.from_raw_integrals(hamiltonian.one_body, hamiltonian.two_body)
        problem = ElectronicStructureProblem(energy)
        problem.num_particles = (hamiltonian.n_alpha, hamiltonian.n_beta)
        problem.num_spatial_orbitals = hamiltonian.n_orbitals
        return problem.get_tapered_mapper(ParityMapper(num_particles=problem.num_particles))
    raise InputError(f"There is no mapping {mapping!r}.", "Use jordan-wigner, bravyi-kitaev or parity-tapered.")

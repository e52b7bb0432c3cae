"""Eigenlead: one energy and gradient, the ansatz compiled beforehand."""

from __future__ import annotations

from importlib.metadata import version

from worker import Peer, Problem, Trace, measure

from pipeline.hamiltonian import Hamiltonian
from pipeline.vqe.contraction import hamiltonian_of
from pipeline.vqe.minimise import determinants_of
from pipeline.vqe.sector import Sector
from pipeline.vqe.solve import excitations_of
from pipeline.vqe.start import start_parameters


def prepare(problem: Problem, trace: Trace) -> Peer:
    integrals = problem.constant, problem.one_body, problem.two_body
    hamiltonian = Hamiltonian(*integrals, problem.n_alpha, problem.n_beta)
    excitations = excitations_of(hamiltonian, "uccsd")
    sector = Sector.compile(excitations, determinants_of(hamiltonian, excitations))
    apply = hamiltonian_of(hamiltonian, sector)
    parameters = start_parameters(hamiltonian, excitations, "mp2")

    def evaluate() -> bool:
        energy, _ = sector.energy_and_gradient(parameters, apply)
        trace.add(energy + problem.constant)
        return True

    return Peer(sector.n_parameters, evaluate)


if __name__ == "__main__":
    measure(f"Eigenlead {version('eigenlead')}", prepare)

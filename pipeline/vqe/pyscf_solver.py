"""VqeSolver: the VQE wherever PySCF takes an FCI solver."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyscf import ao2mo
from pyscf.fci import addons

from pipeline.hamiltonian import Hamiltonian
from pipeline.vqe import density
from pipeline.vqe.density import State
from pipeline.vqe.minimise import VqeResult
from pipeline.vqe.solve import Ansatz, excitations_of, solve


class VqeSolver:
    """VQE as the ``fcisolver`` of PySCF's CASCI and CASSCF, and of all that builds on them.

    ``mc.fcisolver = VqeSolver()`` gives VQE in the field of a solvent (ddCOSMO, PCM) or of point charges (QM/MM), its
    nuclear gradients, MC-PDFT (pyscf-forge), and with CASSCF the orbital-optimised VQE. Orbitals are restricted, the
    active ones ordered occupied first, and the state is the ground state.

    Active orbitals: UCCSD, unlike full CI, changes when they are rotated among themselves. CASCI takes them as they
    come; where the mean field has degenerate ones, the energy depends on how it happened to rotate them (by 0.03
    millihartree in N2 (6e,6o)/STO-3G at 1.4 Å). CASSCF optimises them with ``mc.internal_rotation = True``; without
    it they stay where the path to the solution leaves them (millihartrees higher in H2O (4e,4o)/STO-3G). Where the
    ansatz is exact, as UCCSD is for two electrons, leave it off: rotations without effect converge slowly.

    Nuclear gradients: the energy is stationary in the ansatz parameters, so PySCF's formulas need no response of the
    state. CASSCF's is exact with ``internal_rotation``, and without it where the ansatz is exact. CASCI's leaves out
    how active occupied orbitals, and active virtual ones, respond by rotating among themselves: within 3e-6
    hartree/bohr of finite differences in the tests, but there is no derivative where they are degenerate. ADAPT, which
    stops growing at a threshold, has no smooth energy.

    CASSCF in a solvent: PySCF 2.14 polarises the solvent by the orbitals that CASSCF starts from, whatever the solver;
    repeat ``mc.kernel(mc.mo_coeff)`` until the energy stands.

    CASSCF does not ask whether its solver converged: see `converged`. There is no ``contract_2e``, with which PySCF
    would take steps of its own off the ansatz, so second-order CASSCF, averages over states and gradients of MC-PDFT
    raise AttributeError.
    """

    def __init__(self, ansatz: Ansatz = "uccsd") -> None:
        self.ansatz = ansatz
        self.result: VqeResult | None = None
        """Of the last call."""
        self._space: tuple[int, int, int] | None = None
        """Orbitals, alpha and beta electrons of the last call."""

    @property
    def converged(self) -> bool:
        """Whether the last call converged."""
        return self.result is not None and self.result.converged

    @property
    def nroots(self) -> int:
        """Number of states: always one, and PySCF's way to ask for more fails."""
        return 1

    def kernel(
        self,
        h1e: NDArray[np.float64],
        eri: NDArray[np.float64],
        norb: int,
        nelec: int | tuple[int, int],
        ci0: State | None = None,
        ecore: float = 0.0,
        **_controls: Any,
    ) -> tuple[float, State]:
        """Energy in hartree and CI coefficients (alpha strings × beta strings) of the ground state.

        Args:
            h1e: (norb, norb) one-electron integrals.
            eri: two-electron integrals (pq|rs), with all elements or packed by four- or eightfold symmetry.
            norb: active orbitals.
            nelec: active electrons; a number is shared out between the spins, or (alpha, beta).
            ci0: with any state, the search starts from the parameters of the last call if that had the same
                space and excitations; without, from MP2.
            ecore: constant to add.
            _controls: PySCF's ``tol``, ``max_cycle``, ``max_memory`` and ``verbose``. The VQE has its own tolerance,
                in CASSCF's inner iterations too, so that every state is a minimum of the ansatz.

        Raises:
            ResourceError: the space is too large for the memory that is free.
        """
        n_alpha, n_beta = (nelec - nelec // 2, nelec // 2) if isinstance(nelec, int | np.integer) else nelec
        two_body = ao2mo.restore(1, np.asarray(eri), norb)
        hamiltonian = Hamiltonian(float(ecore), np.asarray(h1e), two_body, n_alpha, n_beta)
        last, space = self.result, (norb, n_alpha, n_beta)
        start = None
        if ci0 is not None and last is not None and space == self._space:
            same = last.excitations == excitations_of(hamiltonian, self.ansatz)
            start = last.parameters if same else None
        self.result, self._space = solve(hamiltonian, self.ansatz, start), space
        return np.float64(self.result.energy_hartree), self.result.state  # PySCF's ddCOSMO needs NumPy's float

    make_rdm1 = staticmethod(density.make_rdm1)
    make_rdm1s = staticmethod(density.make_rdm1s)
    make_rdm12 = staticmethod(density.make_rdm12)
    make_rdm12s = staticmethod(density.make_rdm12s)
    spin_square = staticmethod(density.spin_square)
    large_ci = staticmethod(addons.large_ci)
    transform_ci_for_orbital_rotation = staticmethod(addons.transform_ci_for_orbital_rotation)

"""Natural orbitals: the empty orbitals that MP2 puts the most electrons into."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pyscf import mp
from pyscf.dft.rks import KohnShamDFT

from pipeline.errors import InputError
from pipeline.mean_field import MeanField, semicanonical


def natural_virtuals(mean_field: MeanField, n_core: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Empty orbitals that diagonalise the MP2 density matrix, and their occupations (0 to 2), largest first.

    With the occupied orbitals left as they are, these are the frozen natural orbitals, of which a few hold most of the
    correlation that the canonical ones spread over all: Taube, Bartlett, Collect. Czech. Chem. Commun. 70, 837 (2005);
    J. Chem. Phys. 128, 164101 (2008). Only electrons above the core are correlated. In open shells MP2 is unrestricted,
    on the restricted orbitals made semi-canonical for each spin and without the singles, and the density is summed over
    the spins. Density fitted where the mean field is, with the basis's MP2 auxiliary set.

    Args:
        mean_field: Hartree–Fock orbitals.
        n_core: doubly occupied orbitals that are not correlated.

    Returns:
        (n_basis, n_empty) coefficients and (n_empty,) occupations; with fewer than two correlated electrons the
        canonical orbitals and zeros.

    Raises:
        InputError: the mean field is no Hartree–Fock.
    """
    n_alpha, n_beta = mean_field.n_alpha, mean_field.n_beta
    empty = mean_field.orbitals[:, n_alpha:]
    if isinstance(mean_field.scf, KohnShamDFT):
        raise InputError(
            "MP2 natural orbitals need Hartree–Fock orbitals.", "Use the functional hf, or frontier orbitals."
        )
    if n_alpha + n_beta - 2 * n_core < 2 or not empty.shape[1]:
        return empty, np.zeros(empty.shape[1])
    unrestricted = mean_field.scf.remove_soscf().to_uhf()
    focks = unrestricted.get_fock(dm=unrestricted.make_rdm1())
    parts = (np.split(mean_field.orbitals, [n_core, n_spin], axis=1) for n_spin in (n_alpha, n_beta))
    orbitals = [np.hstack([semicanonical(part, fock) for part in of]) for of, fock in zip(parts, focks, strict=True)]
    unrestricted.mo_coeff = np.array(orbitals)
    unrestricted.mo_energy = np.einsum("spi,spq,sqi->si", orbitals, focks, orbitals)
    solver = mp.UMP2(unrestricted, frozen=n_core).run()
    overlap = unrestricted.get_ovlp()
    density = overlap @ sum(solver.make_rdm1(ao_repr=True)) @ overlap
    occupations, rotation = np.linalg.eigh(empty.T @ density @ empty)
    return empty @ rotation[:, ::-1], occupations[::-1]

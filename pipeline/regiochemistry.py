"""Regiochemistry: which of several sites a thiolate adds to, by GFN2-xTB in water.

The site is that of the more stable adduct, which is not always the one that forms first: thiolates add reversibly.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from ase.units import Hartree

from molecules.conformers import EmbeddingError, Geometry, conformers
from molecules.michael import MichaelSite, find_michael_sites, thiolate_adduct
from pipeline.geometry import loosely_relaxed, rearrangements
from pipeline.rungs import HARTREE_IN_KCAL_MOL

CONFORMERS, SEED = 2, 1
CLOSE_KCAL_MOL = 2.0
"""Sites within this of the best may win at a higher level, or by their rates."""


@dataclass(frozen=True, slots=True)
class SiteChoice:
    """Where a thiolate adds."""

    site: MichaelSite
    flags: tuple[str, ...]
    """Sentences on other sites."""


@lru_cache(maxsize=4096)
def addition_site(smiles: str) -> SiteChoice | None:
    """The site whose adduct lies lowest; None where there is none. One site is taken without any calculation.

    Raises:
        SmilesError: When the SMILES cannot be read.
    """
    sites = find_michael_sites(smiles)
    if len(sites) < 2:
        return SiteChoice(sites[0], ()) if sites else None
    energies = [_adduct_energy(site) for site in sites]
    known = [(energy, i) for i, energy in enumerate(energies) if energy is not None]
    if not known:
        return SiteChoice(
            sites[0],
            (f"Of {len(sites)} sites the most open was taken: GFN2-xTB finds a stable adduct of none of them.",),
        )
    lowest, best = min(known)
    site = sites[best]
    flags = []
    close = [sites[i] for energy, i in known if i != best and HARTREE_IN_KCAL_MOL * (energy - lowest) < CLOSE_KCAL_MOL]
    if close:
        atoms = ", ".join(str(one.attacked + 1) for one in close)
        flags.append(
            f"A thiolate may also add to atom {atoms}: by GFN2-xTB within {CLOSE_KCAL_MOL:g} kcal/mol of atom "
            f"{site.attacked + 1}, which is computed."
        )
    return SiteChoice(site, tuple(flags))


def _adduct_energy(site: MichaelSite) -> float | None:
    """In hartree, loosely relaxed; None where no structure is found, converges and keeps its bonds."""
    adduct = thiolate_adduct(site, "adduct").species
    energies = []
    try:
        for start in conformers(adduct.smiles, CONFORMERS, SEED):
            atoms = loosely_relaxed(start, adduct.charge, 1, "water")
            if not rearrangements(adduct.smiles, Geometry.of(start.symbols, atoms.get_positions())):
                energies.append(float(atoms.get_potential_energy() / Hartree))
    except (EmbeddingError, RuntimeError):
        pass  # what converged before counts
    return min(energies, default=None)

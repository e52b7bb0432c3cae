"""Regiochemistry: which of several sites a thiolate adds to, by GFN2-xTB in water.

Sites with chains of one length compete by the energies of their adducts. Chains of different lengths, as in 1,4- and
1,6-addition to a dienal, do not: the longer one gives the more delocalised anion, of which there is little yet when
sulfur comes near. They compete by the energies with sulfur on its way, at the distance where transition states of
thiolate additions are computed to be; where these differ little, the more open carbon and the shorter chain win.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ase import Atoms
from ase.units import kcal, mol

from molecules.conformers import EmbeddingError, Geometry, conformers
from molecules.michael import MichaelSite, find_michael_sites, thiolate_adduct
from pipeline.geometry import loosely_relaxed, rearrangements
from pipeline.reaction_path import FALLBACK_ANGSTROM, pulled_apart

CONFORMERS, CONFORMERS_ON_THE_WAY, SEED = 2, 6, 1
CLOSE_KCAL_MOL, CLOSE_ON_THE_WAY_KCAL_MOL = 2.0, 5.0
"""Sites within this of the best may win at a higher level, or by their rates. On the way energies of dienals and
sorbates scatter by 4 kcal/mol between homologues; 1,6-sites of quinone methides and o-benzoquinone win by 7 to 12."""


@dataclass(frozen=True, slots=True)
class SiteChoice:
    """Where a thiolate adds."""

    site: MichaelSite
    flags: tuple[str, ...]
    """Sentences on other sites."""


@lru_cache(maxsize=4096)
def addition_site(smiles: str) -> SiteChoice | None:
    """The site that wins, as the module says; None where there is none. One site is taken without any calculation.

    Raises:
        SmilesError: When the SMILES cannot be read.
    """
    sites = find_michael_sites(smiles)
    if len(sites) < 2:
        return SiteChoice(sites[0], ()) if sites else None
    n_conformers = CONFORMERS if len({len(site.chain) for site in sites}) == 1 else CONFORMERS_ON_THE_WAY
    shapes = {site: found for site in sites if (found := _shapes(site, n_conformers))}
    if not shapes:
        unknown = f"Of {len(sites)} sites the most open was taken: GFN2-xTB finds a stable adduct of none of them."
        return SiteChoice(sites[0], (unknown,))
    energies = {site: min(_energy(atoms) for atoms in found) for site, found in shapes.items()}
    best, *others = _leading(shapes, energies)
    close = [
        site
        for site in energies
        if site != best and len(site.chain) == len(best.chain) and energies[site] - energies[best] < CLOSE_KCAL_MOL
    ]
    flags = []
    if close:
        flags.append(
            f"A thiolate may also add to atom {_atoms(close)}: by GFN2-xTB within {CLOSE_KCAL_MOL:g} kcal/mol of atom "
            f"{best.attacked + 1}, which is computed."
        )
    if others:
        flags.append(
            f"A thiolate may also add to atom {_atoms(others)}, over a conjugated chain of another length than from "
            f"atom {best.attacked + 1}, which is computed: with sulfur on its way, GFN2-xTB finds them within "
            f"{CLOSE_ON_THE_WAY_KCAL_MOL:g} kcal/mol."
        )
    return SiteChoice(best, tuple(flags))


def _leading(shapes: Mapping[MichaelSite, Sequence[Atoms]], energies: Mapping[MichaelSite, float]) -> list[MichaelSite]:
    """Of each length of chain the site with the lowest adduct: those that lie close on the way, the most open first.

    Args:
        shapes: conformers of the adducts, the most open site first.
        energies: of the adducts in kcal/mol.
    """
    lengths = sorted({len(site.chain) for site in shapes})
    lowest = [min((site for site in shapes if len(site.chain) == n), key=energies.__getitem__) for n in lengths]
    if len(lowest) == 1:
        return lowest
    on_the_way = {site: _on_the_way(site, shapes[site]) for site in shapes if site in lowest}
    limit = min(on_the_way.values()) + CLOSE_ON_THE_WAY_KCAL_MOL
    return [site for site, energy in on_the_way.items() if energy <= limit < math.inf] or lowest[:1]


def _atoms(sites: Sequence[MichaelSite]) -> str:
    """The attacked atoms, counted from 1."""
    return ", ".join(str(site.attacked + 1) for site in sites)


def _energy(atoms: Atoms) -> float:
    """In kcal/mol."""
    return float(atoms.get_potential_energy() / (kcal / mol))


def _shapes(site: MichaelSite, n_conformers: int) -> Sequence[Atoms]:
    """Conformers of the adduct, loosely relaxed: those that converge and keep their bonds."""
    species = thiolate_adduct(site, "adduct").species
    shapes = []
    try:
        for start in conformers(species.smiles, n_conformers, SEED):
            atoms = loosely_relaxed(start, species.charge, 1, "water")
            if not rearrangements(species.smiles, Geometry.of(start.symbols, atoms.get_positions())):
                shapes.append(atoms)
    except (EmbeddingError, RuntimeError):
        pass  # what converged before counts
    return shapes


def _on_the_way(site: MichaelSite, shapes: Sequence[Atoms]) -> float:
    """The lowest energy in kcal/mol with sulfur at the distance of a transition state; infinite without convergence."""
    adduct = thiolate_adduct(site, "adduct")
    energies = []
    for atoms in shapes:
        try:
            energies.append(_energy(pulled_apart(atoms, adduct.attacked, adduct.sulfur, FALLBACK_ANGSTROM)))
        except RuntimeError:
            continue
    return min(energies, default=math.inf)

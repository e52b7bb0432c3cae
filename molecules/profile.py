"""Profile: computed properties and structural alerts of a molecule, the context of every ranking."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from rdkit import Chem
from rdkit.Chem import QED, FilterCatalog, rdMolDescriptors
from rdkit.Contrib.SA_Score import sascorer

from molecules.smiles import parse

PROPERTY_TITLES: Mapping[str, tuple[str, str]] = {
    "mw": ("Molecular weight", "g/mol"),
    "clogp": ("cLogP", ""),
    "tpsa": ("Polar surface area", "Å²"),
    "hbd": ("Hydrogen-bond donors", ""),
    "hba": ("Hydrogen-bond acceptors", ""),
    "rotatable_bonds": ("Rotatable bonds", ""),
    "qed": ("Drug-likeness (QED)", ""),
    "sa_score": ("Synthetic accessibility (1 easy, 10 hard)", ""),
}
"""Title and unit of each number in a `Profile`, by field name; dimensionless ones have an empty unit."""

_drug_likeness: Callable[[Chem.Mol], float] = QED.qed


@dataclass(frozen=True, slots=True)
class Profile:
    """Properties of one molecule, from its structural formula alone."""

    mw: float
    """Average molecular weight in g/mol."""
    clogp: float
    """Octanol-water partition coefficient, log10; Wildman and Crippen, J. Chem. Inf. Comput. Sci. 1999, 39, 868."""
    tpsa: float
    """Topological polar surface area in Å², N and O only; Ertl, Rohde and Selzer, J. Med. Chem. 2000, 43, 3714."""
    hbd: int
    """Hydrogen-bond donors: N and O that carry hydrogen; RDKit's Lipinski definition."""
    hba: int
    """Hydrogen-bond acceptors; RDKit's Lipinski definition, which skips amide N and the like."""
    rotatable_bonds: int
    """Rotatable bonds without amide C–N; RDKit's strict definition."""
    qed: float
    """Quantitative estimate of drug-likeness, 0 to 1; Bickerton et al., Nature Chem. 2012, 4, 90."""
    sa_score: float
    """Synthetic accessibility, 1 (easy) to 10 (hard); Ertl and Schuffenhauer, J. Cheminform. 2009, 1, 8."""
    alerts: tuple[str, ...]
    """Structural alerts, sorted: PAINS (Baell and Holloway, J. Med. Chem. 2010, 53, 2719) and Brenk (Brenk et al.,
    ChemMedChem 2008, 3, 435), such as ``Brenk: michael_acceptor_1``. Covalent warheads trip these by their nature."""


def profile(smiles: str) -> Profile:
    """Compute the properties and structural alerts of a molecule.

    Raises:
        SmilesError: When the SMILES cannot be read.
    """
    mol = parse(smiles)
    alerts = (
        f"{family}: {match.GetDescription()}" for family, catalog in _catalogs() for match in catalog.GetMatches(mol)
    )
    return Profile(
        mw=rdMolDescriptors._CalcMolWt(mol),
        clogp=rdMolDescriptors.CalcCrippenDescriptors(mol)[0],
        tpsa=rdMolDescriptors.CalcTPSA(mol),
        hbd=rdMolDescriptors.CalcNumHBD(mol),
        hba=rdMolDescriptors.CalcNumHBA(mol),
        rotatable_bonds=rdMolDescriptors.CalcNumRotatableBonds(mol),
        qed=_drug_likeness(mol),
        sa_score=sascorer.calculateScore(mol),
        alerts=tuple(sorted(set(alerts))),
    )


@cache
def _catalogs() -> tuple[tuple[str, FilterCatalog.FilterCatalog], ...]:
    """Alert families with their catalogs; building them takes a moment."""
    families = FilterCatalog.FilterCatalogParams.FilterCatalogs
    return tuple(
        (name, FilterCatalog.FilterCatalog(FilterCatalog.FilterCatalogParams(family)))
        for name, family in (("PAINS", families.PAINS), ("Brenk", families.BRENK))
    )

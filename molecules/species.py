"""Species: one thing that has a ground state, and the ions derived from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from rdkit import Chem

from molecules.conformers import Geometry
from molecules.smiles import canonical, parse

Environment = Literal["gas", "water", "octanol"]


@dataclass(frozen=True, slots=True)
class Species:
    """One molecule or ion in one charge, spin state and environment."""

    label: str
    """Short name for people, such as ``acrylonitrile + CH3S-``; no part of the identity."""
    smiles: str
    """Canonical isomeric SMILES. Atom indices elsewhere count its atoms in written order; hydrogens follow."""
    charge: int
    """Total charge in elementary charges."""
    multiplicity: int
    """Spin multiplicity 2S + 1."""
    environment: Environment
    vertical: bool = False
    """True: energy at the geometry of the closed-shell molecule that `smiles` writes, whatever `charge` says."""
    pose: Geometry | None = None
    """A shape to stay near, such as that in a pocket; None: free to relax into its lowest minimum."""
    driven: tuple[int, int] | None = None
    """Two bonded atoms that are pulled apart: the geometry is the highest point on the way, as in
    `pipeline.reaction_path`. None: a minimum."""
    rigid: bool = False
    """True: exactly in its pose; `smiles` may then be empty."""

    @property
    def symbols(self) -> tuple[str, ...]:
        """Element symbols of all atoms, hydrogens last."""
        if self.pose:
            return self.pose.symbols
        return tuple(atom.GetSymbol() for atom in Chem.AddHs(parse(self.smiles)).GetAtoms())


THIOLATE = Species(label="CH3S-", smiles="C[S-]", charge=-1, multiplicity=1, environment="water")
"""Methanethiolate in water: the smallest model of glutathione and of a cysteine as nucleophiles."""


def neutral(smiles: str, label: str, environment: Environment) -> Species:
    """Build the closed-shell molecule that a SMILES writes, with its formal charge.

    Args:
        smiles: Any SMILES of a molecule without unpaired electrons.
        label: Its name for people.
        environment: Where it is.

    Returns:
        The species, multiplicity 1, with canonical SMILES.

    Raises:
        SmilesError: When the SMILES cannot be read.
        ValueError: When the SMILES writes unpaired electrons.
    """
    mol = parse(smiles)
    unpaired = sum(atom.GetNumRadicalElectrons() for atom in mol.GetAtoms())
    if unpaired:
        raise ValueError(
            f"{smiles} writes {unpaired} unpaired electrons, so it is no closed-shell molecule. "
            "Add the missing hydrogens, or build a Species with its own multiplicity."
        )
    return Species(label, canonical(smiles), Chem.GetFormalCharge(mol), 1, environment)


def cation(species: Species, vertical: bool = True) -> Species:
    """Take one electron from a closed-shell species: a doublet.

    Args:
        species: The closed-shell species.
        vertical: At the species' own geometry; False: relaxed into that of the ion.

    Raises:
        ValueError: When the species is an ion made here already, or not closed-shell.
    """
    return _ion(species, +1, "cation", vertical)


def anion(species: Species, vertical: bool = True) -> Species:
    """Add one electron to a closed-shell species: a doublet.

    Args:
        species: The closed-shell species.
        vertical: At the species' own geometry; False: relaxed into that of the ion.

    Raises:
        ValueError: When the species is an ion made here already, or not closed-shell.
    """
    return _ion(species, -1, "anion", vertical)


def _ion(species: Species, charge: int, kind: str, vertical: bool) -> Species:
    if species.vertical or species.multiplicity != 1:
        raise ValueError(f"{species.label} is not closed-shell. Derive ions from the closed-shell molecule.")
    return replace(
        species,
        label=f"{species.label} {kind}{'' if vertical else ', relaxed'}",
        charge=species.charge + charge,
        multiplicity=2,
        vertical=vertical,
    )

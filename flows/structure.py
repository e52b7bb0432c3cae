"""Structure: what INPUT of a command for one molecule means, as a candidate or as the species that is written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pyscf import gto
from rdkit import Chem

from molecules.conformers import Geometry
from molecules.given_pose import molecule_in_xyz
from molecules.read import read_library
from molecules.smiles import StructureError, parse
from molecules.species import Environment, Species
from molecules.standardize import standardize
from molecules.xyz import read_xyz
from pipeline.errors import InputError
from pipeline.geometry import relax
from pipeline.level import LevelOfTheory

_OPEN_SHELLS = (*range(21, 30), *range(39, 48), *range(57, 80), *range(89, 113))
"""Atomic numbers of d and f elements, whose spin a structure does not tell; zinc's group has full shells."""


@dataclass(frozen=True, slots=True)
class Molecule:
    """A candidate as a library would have it."""

    smiles: str
    """Canonical isomeric SMILES of the standardised parent."""
    pose: Geometry | None
    """Its shape, where the input has one."""
    notes: tuple[str, ...]
    """What standardisation changed or could not decide, in sentences."""


@dataclass(frozen=True, slots=True)
class WrittenSpecies:
    """A species exactly as it was written, and where its atoms are."""

    species: Species
    geometry: Geometry
    atoms: tuple[int, ...]
    """Place in the geometry of each atom that was written, in written order."""
    flags: tuple[str, ...]
    """Sentences on what limits trust in the geometry."""


def is_xyz(structure: str) -> bool:
    """Whether an input is the path of an .xyz file."""
    return structure.lower().endswith(".xyz")


def candidate(structure: str) -> Molecule:
    """The molecule of an input, standardised and checked as the rows of a library are.

    Args:
        structure: a SMILES; or the path of an .sdf file with one record, or of an .xyz file, which give a shape too.

    Raises:
        InputError, StructureError, XyzError, LibraryError: there is no candidate in it.
    """
    path = Path(structure)
    if is_xyz(structure):
        standard, pose = molecule_in_xyz(path)
        return Molecule(standard.smiles, pose, standard.notes)
    if path.suffix.lower() != ".sdf":
        standard = standardize(parse(structure))
        return Molecule(standard.smiles, None, standard.notes)
    library = read_library(path)
    if library.rejections:
        raise InputError(library.rejections[0].reason, library.rejections[0].remedy)
    if len(library.candidates) > 1:
        raise InputError(f"{path} holds {len(library.candidates)} molecules.", "Give one, or screen them all.")
    (only,) = library.candidates
    return Molecule(only.smiles, only.pose, only.notes)


def written_species(
    structure: str,
    charge: int | None,
    multiplicity: int | None,
    environment: Environment,
    level: LevelOfTheory,
    seed: int,
) -> WrittenSpecies:
    """The species that an input writes: no salt stripped, no proton moved.

    Args:
        structure: a SMILES, whose geometry is relaxed; or the path of an .xyz file, whose geometry is used as it is.
        charge: in place of the one that the input tells.
        multiplicity: in place of the one that the input tells; else the lowest.
        environment: where it is.
        level: how it is relaxed.
        seed: of the conformers.

    Raises:
        InputError, StructureError, XyzError: it is no single species, or leaves its spin open.
    """
    if is_xyz(structure):
        file = read_xyz(Path(structure))
        charge = _first(charge, file.charge, 0)
        multiplicity = _first(multiplicity, file.multiplicity, _lowest(file.geometry.symbols, charge))
        species = Species(Path(structure).name, "", charge, multiplicity, environment)
        return WrittenSpecies(species, file.geometry, tuple(range(len(file.geometry.symbols))), ())
    mol = parse(structure)
    _check(mol, multiplicity)
    smiles: str = Chem.MolToSmiles(mol)
    order = list(mol.GetPropsAsDict(True, True)["_smilesAtomOutputOrder"])
    charge = _first(charge, Chem.GetFormalCharge(mol))
    symbols = Species(smiles, smiles, charge, 1, environment).symbols
    species = Species(smiles, smiles, charge, _first(multiplicity, _lowest(symbols, charge)), environment)
    relaxed = relax(species, level, seed)
    hydrogens = range(len(order), len(symbols))
    return WrittenSpecies(
        species, relaxed.geometry, (*(order.index(i) for i in range(len(order))), *hydrogens), relaxed.flags
    )


def _check(mol: Chem.Mol, multiplicity: int | None) -> None:
    """Refuse what is no single species with a known spin."""
    if any(atom.GetAtomicNum() == 0 for atom in mol.GetAtoms()):
        raise StructureError(
            "It has an attachment point or unknown atom (*).", "Replace it with a real group, such as a methyl."
        )
    if (n_molecules := len(Chem.GetMolFrags(mol))) > 1:
        raise InputError(
            f"It holds {n_molecules} molecules, and an energy is of one species.",
            "Give the one that is meant, or the geometry of them all as an .xyz file.",
        )
    unpaired = sum(atom.GetNumRadicalElectrons() for atom in mol.GetAtoms())
    open_shell = [atom.GetSymbol() for atom in mol.GetAtoms() if atom.GetAtomicNum() in _OPEN_SHELLS]
    if multiplicity is None and (unpaired > 1 or open_shell):
        found = f"{unpaired} unpaired electrons" if unpaired > 1 else f"an open shell of {open_shell[0]}"
        raise InputError(
            f"It has {found}, whose spins a SMILES does not tell.",
            "Add --multiplicity, such as 1 for a singlet or 3 for a triplet; or the hydrogens that are missing.",
        )


def _lowest(symbols: tuple[str, ...], charge: int) -> int:
    electrons: int = sum(gto.charge(symbol) for symbol in symbols) - charge
    return 1 + electrons % 2


def _first(*values: int | None) -> int:
    return next(value for value in values if value is not None)

"""Given pose: the shape that a file gives a molecule, put onto the atoms of its standardised form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rdkit import Chem, rdBase
from rdkit.Chem import rdDetermineBonds

from molecules.conformers import Geometry, geometry_of, same_stereo, with_hydrogens
from molecules.smiles import StructureError, first_message, parse
from molecules.standardize import Standardized, standardize
from molecules.xyz import read_xyz, to_xyz

_MOST_MATCHES = 1000


class PoseError(StructureError):
    """A shape that does not belong to the molecule."""


def pose_in_record(record: str, smiles: str) -> Geometry | None:
    """The shape of an SDF record for the molecule that was standardised from it.

    Heavy atoms are where the record has them. Hydrogens are too, on atoms that have as many in both; others are put
    where bond lengths and angles want them, so that poses without hydrogens will do.

    Args:
        record: The record as text.
        smiles: The molecule, in a form that may differ from the record's in protons, tautomer and left-out salts.

    Returns:
        Its atoms in the order of `smiles`, hydrogens last; None where the record has no 3D coordinates.

    Raises:
        PoseError: When the atoms of the two do not match.
    """
    with rdBase.BlockLogs():
        mol = Chem.MolFromMolBlock(record, removeHs=False)
    if mol is None or mol.GetNumConformers() == 0 or not mol.GetConformer().Is3D():
        return None
    return _placed(mol, smiles)


def molecule_in_xyz(path: Path) -> tuple[Standardized, Geometry]:
    """The molecule that an XYZ file holds, bonds found from its distances, standardised, and its shape.

    Args:
        path: The file, all hydrogens included; its charge is read from the comment line, else 0.

    Returns:
        The molecule as a library would have it, and its atoms in the order of its SMILES, as in `pose_in_record`.

    Raises:
        XyzError: When the file is no geometry.
        PoseError: When it is no closed shell, or no bonds give that charge.
        StructureError: When there is no candidate in it.
    """
    file = read_xyz(path)
    if file.multiplicity not in (None, 1):
        raise PoseError(
            f"{path} says multiplicity {file.multiplicity}, and descriptors are of closed-shell molecules.",
            "Give the closed-shell molecule; `eigenlead energy` takes other species.",
        )
    with rdBase.BlockLogs(), rdBase.CaptureErrorLog() as log:
        mol = Chem.MolFromXYZBlock(to_xyz(file.geometry))
        try:
            rdDetermineBonds.DetermineBonds(mol, charge=file.charge or 0)
        except (ValueError, RuntimeError) as error:
            reason = first_message(log.messages or str(error))
            raise PoseError(
                f"RDKit finds no bonds for {path} ({reason}).",
                "Write charge and multiplicity on its second line, or give an SDF record.",
            ) from error
        Chem.AssignStereochemistryFrom3D(mol)
        standard = standardize(parse(Chem.MolToSmiles(Chem.RemoveHs(mol))))
    return standard, _placed(mol, standard.smiles)


def _placed(record: Chem.Mol, smiles: str) -> Geometry:
    target = parse(smiles)
    for match in _matches(record, target):
        placed = _with_coordinates(record, target, match)
        if same_stereo(target, placed):
            break
    else:
        raise PoseError(
            f"The 3D coordinates of the record do not fit {smiles} and are not used.",
            "Give the pose in the form that is computed, with its stereochemistry.",
        )
    return geometry_of(placed)


def _matches(record: Chem.Mol, target: Chem.Mol) -> Iterator[tuple[int, ...]]:
    """Yield for each atom of the target its atom in the record, the most alike in bonds, hydrogens and charges first.

    Only elements and neighbours have to agree, since standardisation moves protons and double bonds.
    """
    skeleton, heavy = _skeleton(record)
    query, _ = _skeleton(target)
    found = skeleton.GetSubstructMatches(query, uniquify=False, maxMatches=_MOST_MATCHES)
    matches = [tuple(heavy[i] for i in match) for match in found]
    yield from sorted(matches, key=lambda match: _differences(record, target, match))


def _skeleton(mol: Chem.Mol) -> tuple[Chem.Mol, list[int]]:
    """Atoms other than hydrogen with plain bonds between them, and their indices in the molecule."""
    heavy = [atom.GetIdx() for atom in mol.GetAtoms() if atom.GetAtomicNum() != 1]
    place = {atom: i for i, atom in enumerate(heavy)}
    skeleton = Chem.RWMol()
    for atom in heavy:
        skeleton.AddAtom(Chem.Atom(mol.GetAtomWithIdx(atom).GetAtomicNum()))
    for bond in mol.GetBonds():
        ends = (bond.GetBeginAtomIdx(), bond.GetEndAtomIdx())
        if all(end in place for end in ends):
            skeleton.AddBond(place[ends[0]], place[ends[1]], Chem.BondType.SINGLE)
    return skeleton.GetMol(), heavy


def _differences(record: Chem.Mol, target: Chem.Mol, match: Sequence[int]) -> int:
    count = 0
    for atom, theirs in zip(target.GetAtoms(), (record.GetAtomWithIdx(i) for i in match), strict=True):
        count += atom.GetTotalNumHs() != theirs.GetTotalNumHs(includeNeighbors=True)
        count += atom.GetFormalCharge() != theirs.GetFormalCharge()
    for bond in target.GetBonds():
        other = record.GetBondBetweenAtoms(match[bond.GetBeginAtomIdx()], match[bond.GetEndAtomIdx()])
        count += bond.GetBondType() != other.GetBondType()
    return count


def _with_coordinates(record: Chem.Mol, target: Chem.Mol, match: Sequence[int]) -> Chem.Mol:
    """The target with hydrogens and one conformer."""
    source = record.GetConformer()
    mol = with_hydrogens(target, {atom: list(source.GetAtomPosition(theirs)) for atom, theirs in enumerate(match)})
    conformer = mol.GetConformer()
    for atom, theirs in enumerate(match):
        ours, given = (_hydrogens(one, i) for one, i in ((mol, atom), (record, theirs)))
        if len(ours) == len(given):
            for hydrogen, position in zip(ours, given, strict=True):
                conformer.SetAtomPosition(hydrogen, source.GetAtomPosition(position))
    conformer.Set3D(True)
    return mol


def _hydrogens(mol: Chem.Mol, atom: int) -> list[int]:
    return [n.GetIdx() for n in mol.GetAtomWithIdx(atom).GetNeighbors() if n.GetAtomicNum() == 1]

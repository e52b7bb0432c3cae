"""Open stereochemistry: stereocentres and double bonds that a structure could specify and does not."""

from __future__ import annotations

from collections.abc import Mapping

from rdkit import Chem
from rdkit.Chem import rdDistGeom, rdForceFieldHelpers

_SEED = 7  # of the shapes that are built
_LARGEST_BUILT = 20
"""Atoms of a polycycle, with its neighbours, that is built; of a larger one every bridgehead counts."""
_SHAPES = 8
"""That are built of a polycycle, of which the best one counts."""
_ATTEMPTS = 1500
"""To build a shape, divided by the atoms: a strained polycycle of few atoms takes several."""
_LARGEST_CIS_ONLY = {3: 7, 4: 5}
"""By the size of the smaller of two fused rings: the larger one up to which they are fused cis and never trans."""
_INVERSE = {
    Chem.ChiralType.CHI_TETRAHEDRAL_CW: Chem.ChiralType.CHI_TETRAHEDRAL_CCW,
    Chem.ChiralType.CHI_TETRAHEDRAL_CCW: Chem.ChiralType.CHI_TETRAHEDRAL_CW,
}


def open_stereo(mol: Chem.Mol) -> tuple[int, int]:
    """Count stereocentres and double bonds of which stereoisomers exist that the structure does not tell apart.

    Not counted: bonds of a linear atom (azides, isocyanates, ketenimines, diazo compounds), centres of other than four
    places (SF5), nitrogen outside a bridgehead, which inverts, imines without a substituent at nitrogen, amidines and
    guanidines whose double bond moves with a proton, atoms with three like neighbours, and bridgeheads of which only
    one shape can be built.

    Args:
        mol: a sanitised molecule, without explicit hydrogens; it is not changed.

    Returns:
        Numbers of stereocentres and of double bonds.
    """
    found = list(Chem.FindPotentialStereo(mol))
    bonds = [
        one.centeredOn
        for one in found
        if one.type == Chem.StereoType.Bond_Double and not _is_free(mol.GetBondWithIdx(one.centeredOn))
    ]
    ranks = list(Chem.CanonicalRankAtoms(mol, breakTies=False))
    centres = [
        one.centeredOn
        for one in found
        if one.type == Chem.StereoType.Atom_Tetrahedral and _is_centre(mol.GetAtomWithIdx(one.centeredOn), ranks)
    ]
    ends = {
        i
        for bond in bonds
        for i in (mol.GetBondWithIdx(bond).GetBeginAtomIdx(), mol.GetBondWithIdx(bond).GetEndAtomIdx())
    }
    centres = [i for i in centres if not _is_dependent(mol, i, ranks) or _has_partner(mol, i, {*centres, *ends})]
    unspecified = {(one.type, one.centeredOn) for one in found if one.specified == Chem.StereoSpecified.Unspecified}
    open_bonds = [i for i in bonds if (Chem.StereoType.Bond_Double, i) in unspecified]
    open_centres = [i for i in centres if (Chem.StereoType.Atom_Tetrahedral, i) in unspecified]
    specified = {i for i in centres if i not in open_centres}
    open_centres = [
        i for i in open_centres if mol.GetAtomWithIdx(i).GetAtomicNum() != 7 or not _has_partner(mol, i, specified)
    ]  # a nitrogen in rings has the shape that their other centres leave it
    bridgeheads = [i for i in open_centres if _is_bridgehead(mol, i)]
    if bridgeheads and _has_one_shape(mol, bridgeheads):
        open_centres = [i for i in open_centres if i not in bridgeheads]
    return len(open_centres), len(open_bonds)


def _is_free(bond: Chem.Bond) -> bool:
    return _is_linear(bond) or _inverts(bond) or _is_hypervalent(bond)


def _is_hypervalent(bond: Chem.Bond) -> bool:
    """Whether it bonds sulfur, phosphorus or their kin to anything but carbon: such bonds turn freely."""
    ends = {bond.GetBeginAtom().GetAtomicNum(), bond.GetEndAtom().GetAtomicNum()}
    return bool(ends & {15, 16, 33, 34, 53}) and 6 not in ends


def _is_linear(bond: Chem.Bond) -> bool:
    """Whether an atom of the double bond has another double bond or a triple one, and no third neighbour."""
    return any(
        atom.GetAtomicNum() in (6, 7)  # sulfines are bent
        and atom.GetTotalDegree() == 2
        and sum(other.GetBondTypeAsDouble() for other in atom.GetBonds()) >= 4  # as in =C=, =N+=, -N+#
        for atom in (bond.GetBeginAtom(), bond.GetEndAtom())
    )


def _inverts(bond: Chem.Bond) -> bool:
    """Whether it is the C=N bond of an imine N–H, or of an amidine or guanidine with an N–H beside it."""
    carbon, nitrogen = sorted((bond.GetBeginAtom(), bond.GetEndAtom()), key=lambda atom: atom.GetAtomicNum())
    if (carbon.GetAtomicNum(), nitrogen.GetAtomicNum()) != (6, 7):
        return False
    beside = (other for other in carbon.GetNeighbors() if other.GetIdx() != nitrogen.GetIdx())
    return nitrogen.GetTotalNumHs() > 0 or any(
        other.GetAtomicNum() == 7 and other.GetTotalNumHs() > 0 for other in beside
    )


def _is_centre(atom: Chem.Atom, ranks: list[int]) -> bool:
    like = [ranks[neighbour.GetIdx()] for neighbour in atom.GetNeighbors()]
    inverts = atom.GetAtomicNum() == 7 and atom.GetFormalCharge() == 0 and _ring_bonds(atom) != 3
    return not inverts and not _exchanges(atom) and max(like.count(rank) for rank in like) < 3


def _exchanges(atom: Chem.Atom) -> bool:
    """Whether it bears =O, =N or =S beside an OH, NH or SH, or its anion: a moving proton makes the two alike."""
    bonds = [(bond.GetBondTypeAsDouble(), bond.GetOtherAtom(atom)) for bond in atom.GetBonds()]
    double = {other.GetAtomicNum() for order, other in bonds if order == 2}
    single = {n.GetAtomicNum() for order, n in bonds if order == 1 and (n.GetTotalNumHs() or n.GetFormalCharge() < 0)}
    return atom.GetAtomicNum() in (15, 16, 34, 53) and bool(double & single)


def _is_dependent(mol: Chem.Mol, atom: int, ranks: list[int]) -> bool:
    """Whether two neighbours are alike, so that it is a centre by another one in its ring, as cis to it or trans."""
    like = [ranks[neighbour.GetIdx()] for neighbour in mol.GetAtomWithIdx(atom).GetNeighbors()]
    return len(set(like)) < len(like)


def _has_partner(mol: Chem.Mol, atom: int, others: set[int]) -> bool:
    rings = (set(ring) for ring in mol.GetRingInfo().AtomRings() if atom in ring)
    return any(ring & others - {atom} for ring in rings)


def _ring_bonds(atom: Chem.Atom) -> int:
    return sum(bond.IsInRing() for bond in atom.GetBonds())


def _is_bridgehead(mol: Chem.Mol, atom: int) -> bool:
    """Whether rings meet at the atom that allow it one shape: they share two bonds, or are fused and too small."""
    if _ring_bonds(mol.GetAtomWithIdx(atom)) < 3:
        return False
    rings = [set(ring) for ring in mol.GetRingInfo().BondRings()]
    own = {bond.GetIdx() for bond in mol.GetAtomWithIdx(atom).GetBonds()}
    meeting = [ring for ring in rings if ring & own]
    return any(
        len(a & b) >= 2 or (a & b and max(len(a), len(b)) <= _LARGEST_CIS_ONLY.get(min(len(a), len(b)), 0))
        for i, a in enumerate(meeting)
        for b in meeting[:i]
    )


def _has_one_shape(mol: Chem.Mol, bridgeheads: list[int]) -> bool:
    """Whether the bridgeheads of a polycycle are settled: their mirror image is the same compound, or cannot be built.

    They turn over together only, since a bond cannot reach a small ring's inside. The rings are built with their
    neighbours; the other shape has all bridgeheads inverted.
    """
    rings, places = _ring_system(mol, bridgeheads)
    built = _built(rings) if rings.GetNumAtoms() <= _LARGEST_BUILT else None
    if built is None:
        return False
    tags = {i: built.GetAtomWithIdx(places[i]).GetChiralTag() for i in bridgeheads}
    inverse = {i: _INVERSE.get(tag, tag) for i, tag in tags.items()}
    if _smiles_with(mol, tags) == _smiles_with(mol, inverse):
        return True
    for i, tag in inverse.items():
        rings.GetAtomWithIdx(places[i]).SetChiralTag(tag)
    return _built(rings) is None


def _built(mol: Chem.Mol) -> Chem.Mol | None:
    """The molecule with the stereochemistry of its best shape by UFF; None where there is none.

    Distance geometry alone also builds shapes that are too strained to exist.
    """
    built = Chem.AddHs(mol)
    attempts = _ATTEMPTS // built.GetNumAtoms()
    found = list(rdDistGeom.EmbedMultipleConfs(built, _SHAPES, maxAttempts=attempts, randomSeed=_SEED))
    if not found:
        return None
    energies = [energy for _, energy in rdForceFieldHelpers.UFFOptimizeMoleculeConfs(built)]
    Chem.AssignStereochemistryFrom3D(built, found[energies.index(min(energies))])
    return built


def _ring_system(mol: Chem.Mol, bridgeheads: list[int]) -> tuple[Chem.Mol, dict[int, int]]:
    """The rings of the bridgeheads, fused ones too, with their neighbours as saturated carbon; places of atoms."""
    rings = [set(ring) for ring in mol.GetRingInfo().AtomRings()]
    system = set(bridgeheads)
    while more := {i for ring in rings if ring & system for i in ring} - system:
        system |= more
    around = {n.GetIdx() for i in system for n in mol.GetAtomWithIdx(i).GetNeighbors()} - system
    cut = Chem.RWMol(mol)
    for i in around:
        cut.ReplaceAtom(i, Chem.Atom(6))
    for bond in cut.GetBonds():
        if {bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()} - system:
            bond.SetBondType(Chem.BondType.SINGLE)
            bond.SetIsAromatic(False)
            bond.SetStereo(Chem.BondStereo.STEREONONE)
    kept = sorted(system | around)
    cut.BeginBatchEdit()
    for i in set(range(mol.GetNumAtoms())) - set(kept):
        cut.RemoveAtom(i)
    cut.CommitBatchEdit()
    Chem.SanitizeMol(cut)
    return cut.GetMol(), {atom: place for place, atom in enumerate(kept)}


def _smiles_with(mol: Chem.Mol, tags: Mapping[int, Chem.ChiralType]) -> str:
    """Canonical SMILES with these tags, and some tag on every other centre that is open."""
    tagged = Chem.Mol(mol)
    for element in Chem.FindPotentialStereo(mol):
        if element.type == Chem.StereoType.Atom_Tetrahedral and element.specified == Chem.StereoSpecified.Unspecified:
            tagged.GetAtomWithIdx(element.centeredOn).SetChiralTag(Chem.ChiralType.CHI_TETRAHEDRAL_CW)
    for i, tag in tags.items():
        tagged.GetAtomWithIdx(i).SetChiralTag(tag)
    Chem.AssignStereochemistry(tagged, cleanIt=True, force=True)
    written: str = Chem.MolToSmiles(tagged)
    return written

"""Protonation: the form of a molecule that prevails in water at a pH, by the rules of Dimorphite-DL.

Ropp, Kaminsky, Yablonski, Durrant, J. Cheminform. 11, 14 (2019): each group that gives or takes a proton has the mean
pKa of its kind and a standard deviation. How often that is right for drug-like molecules is in docs/structures.md.
"""

from __future__ import annotations

from collections import Counter
from functools import cache

from dimorphite_dl import protonate_smiles
from rdkit import Chem, rdBase

from molecules.charges import with_protons
from molecules.smiles import canonical, parse

PHYSIOLOGICAL_PH = 7.4
"""Of blood plasma, and of the assays with glutathione that the thiol addition is validated on."""
_PRECISION = 0.5
"""Standard deviations of a group's pKa within which a pH tells nothing: such a group keeps its proton, so that phenols
(mean 7.1, standard deviation 3.3) are neutral and amines (8.2, 2.5) are cations."""
_NEUTRAL = tuple(
    Chem.MolFromSmarts(smarts)
    for smarts in (
        "[NX2-;$([NX2-]C=O);$([NX2-][NX3,OX2])]",  # hydrazides and alkoxyamides: acetohydrazide 13
        "[NX4+;!H0;$([NX4+][CX3]=[CX3])]",  # enamines, vinylogous amides, nitroenamines: no bases at nitrogen
        "[NX3+;!H0;$([NX3+]=C[#7]C#N)]",  # cyanoguanidines: −0.4
    )
)
"""Charged atoms of groups that are neutral in water, where the rules see an acid, an amine or a guanidine like others;
with measured pKa."""
_PROTONATED = Chem.MolFromSmarts("[$([NX4+;!H0]),$([NX3+;!H0]=C)]")
"""Amines, and amidines or guanidines."""
_NEAR = 3
"""Bonds between two basic nitrogens up to which a molecule takes one proton and no second one at neutral pH:
ethylenediamine has pKa 9.9 and 6.9, piperazine 9.7 and 5.3, 1,3-diaminopropane 10.6 and 8.9 (Perrin, Dissociation
Constants of Organic Bases in Aqueous Solution, 1965)."""


@cache  # a screen asks for its estimate, for its plan and for its report
def protonated(smiles: str, ph: float = PHYSIOLOGICAL_PH) -> str:
    """The form of a molecule that prevails in water.

    Args:
        smiles: the molecule, with as little charge as protons can make it, as `molecules.standardize` writes it.
        ph: of the water.

    Returns:
        Canonical isomeric SMILES, with the same atoms but protons; `smiles` itself where nothing is protonated or
        deprotonated, and where the rules do not apply.

    Raises:
        SmilesError: When the SMILES cannot be read.
    """
    before = canonical(smiles)
    with rdBase.BlockLogs():
        forms = protonate_smiles(before, ph_min=ph, ph_max=ph, precision=_PRECISION)
        most = max((parse(form) for form in forms), key=lambda mol: (Chem.GetFormalCharge(mol), Chem.MolToSmiles(mol)))
        after = canonical(Chem.MolToSmiles(_with_fewer_neighbours(_without_overreach(most))))
    is_same = _skeleton(after) == _skeleton(before) and _charges(before) <= _charges(after)
    return after if is_same else before


def _without_overreach(mol: Chem.Mol) -> Chem.Mol:
    """Take back what the rules for wider classes do to groups with another acidity."""
    charged = {i for pattern in _NEUTRAL for (i,) in mol.GetSubstructMatches(pattern)}
    return with_protons(mol, {i: -mol.GetAtomWithIdx(i).GetFormalCharge() for i in charged})


def _with_fewer_neighbours(mol: Chem.Mol) -> Chem.Mol:
    """Take the second proton from two protonated amines that are near each other, where the base is weaker."""
    distances = Chem.GetDistanceMatrix(mol)
    ranks = list(Chem.CanonicalRankAtoms(mol))
    amines = [i for (i,) in mol.GetSubstructMatches(_PROTONATED)]
    amidines = {i for i in amines if mol.GetAtomWithIdx(i).GetTotalDegree() == 3}  # a bond more, as in biguanides
    weakest_first = sorted(amines, key=lambda i: (-_withdrawn(mol, i), -mol.GetAtomWithIdx(i).GetDegree(), ranks[i]))
    charged = set(amines)
    for i in weakest_first:
        near = {other: _NEAR + (i in amidines and other in amidines) for other in charged - {i}}
        if any(distances[i][other] <= most for other, most in near.items()):
            charged.remove(i)
    return with_protons(mol, dict.fromkeys(set(amines) - charged, -1))


def _withdrawn(mol: Chem.Mol, nitrogen: int) -> int:
    """How many unsaturated carbons and heteroatoms, other than basic nitrogen, stand next to an amine's carbons."""
    second = {
        far.GetIdx()
        for near in mol.GetAtomWithIdx(nitrogen).GetNeighbors()
        for far in near.GetNeighbors()
        if far.GetIdx() != nitrogen
    }
    atoms = [mol.GetAtomWithIdx(i) for i in second]
    return sum(
        (atom.GetAtomicNum() not in (1, 6) and atom.GetFormalCharge() <= 0)
        or (atom.GetAtomicNum() == 6 and atom.GetHybridization() != Chem.HybridizationType.SP3)
        for atom in atoms
    )


def _charges(smiles: str) -> Counter[tuple[str, int]]:
    """Charged atoms: those of dipoles and inner salts are there at any pH."""
    charged = (atom for atom in parse(smiles).GetAtoms() if atom.GetFormalCharge())
    return Counter((atom.GetSymbol(), atom.GetFormalCharge()) for atom in charged)


def _skeleton(smiles: str) -> str:
    """The atoms and how they are bonded, without bond orders, charges and hydrogens."""
    mol = Chem.RWMol(parse(smiles))
    for bond in mol.GetBonds():
        bond.SetBondType(Chem.BondType.SINGLE)
        bond.SetIsAromatic(False)
    for atom in mol.GetAtoms():
        atom.SetFormalCharge(0)
        atom.SetIsAromatic(False)
        atom.SetNoImplicit(True)
        atom.SetNumExplicitHs(0)
    written: str = Chem.MolToSmiles(mol, isomericSmiles=False)
    return written

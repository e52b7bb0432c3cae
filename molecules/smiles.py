"""SMILES: reading one, with an error that quotes the place and says what to write instead."""

from __future__ import annotations

import re

from rdkit import Chem, rdBase

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
_POSITION = re.compile(r"around position (\d+)")
_RELATIVE = {Chem.BondStereo.STEREOE: Chem.BondStereo.STEREOTRANS, Chem.BondStereo.STEREOZ: Chem.BondStereo.STEREOCIS}
_ATOM_NUMBERS = re.compile(r" for atom # \d+ \w+| Unkekulized atoms:.*|(?<= atom) \d+")  # counted from 0: misleading
_TIMESTAMP = re.compile(r"^\[\d\d:\d\d:\d\d\]\s*", re.MULTILINE)


class StructureError(ValueError):
    """A structure that the pipeline cannot take."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason} {remedy}")
        self.reason = reason
        """What is wrong, with the place."""
        self.remedy = remedy
        """What to write instead."""

    def __reduce__(self) -> tuple[type[StructureError], tuple[str, str]]:
        return type(self), (self.reason, self.remedy)


class SmilesError(StructureError):
    """A SMILES that is not a molecule."""


def parse(smiles: str) -> Chem.Mol:
    """Read a SMILES strictly: the whole text is the molecule, sanitised by RDKit.

    Args:
        smiles: The SMILES; blanks around it are ignored.

    Returns:
        The molecule, its atoms in written order.

    Raises:
        SmilesError: When the text is empty, very long, holds blanks or non-ASCII characters, or RDKit cannot read it.
    """
    text = smiles.strip()
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
    lines = _TIMESTAMP.sub("", log).strip().splitlines()
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

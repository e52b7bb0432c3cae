"""Mixed rows: what chemists' files hold, good and bad, as many as one likes and always the same."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rdkit import Chem

from molecules.candidate import Library
from molecules.measured import measured_set

SEED = 20261126
SETS = ("freesolv", "esol", "bace", "lipophilicity")
SHARES = {
    "measured": 62,  # molecules of `SETS`, each once: solvents to drugs
    "duplicate": 12,  # of an earlier row, its atoms in another order
    "salt": 8,
    "peptide": 4,  # two to five residues, a tautomer at each amide
    "tautomers": 3,
    "huge": 4,  # peptides of more than 200 heavy atoms
    "invalid": 7,
}
"""Kinds of rows, in percent."""
_COUNTER_IONS = ("Cl", "[Cl-].[Na+]", "OC(=O)C(F)(F)F", "O.O", "CS(=O)(=O)O", "OC(=O)/C=C\\C(=O)O")
_RESIDUES = "ACDEFGHIKLMNPQRSTVWY"
_MANY_TAUTOMERS = (
    "O=c1[nH]c(N)nc2[nH]c({0})nc12",  # guanines
    "Nc1nc2ncc(CNc3ccc({0})cc3)nc2c(=O)[nH]1",  # pteridines
    "Cc1[nH]nc(O)c1N=Nc1ccc({0})cc1",  # pyrazolone dyes
    "N=C(NC(=N)N{0})NC(=N)N",  # triguanides
    "O=C1NC(=O)C(=NNC(=N)N{0})C(=O)N1",  # alloxan hydrazones
    "Oc1cc(O)c2c(c1)oc(-c1ccc({0})c(O)c1)c(O)c2=O",  # flavonols
    "O=C1NC(=O)NC(=O)C1C1C(=O)NC(=O)N({0})C1=O",  # barbiturates
    "Nc1nc(N{0})nc(Nc2nc(N)nc(N)n2)n1",  # melamines
)
_SUBSTITUENTS = ("C", "CC", "C(C)C", "CCO", "CCN", "CC(=O)O", "CC(N)=O", "C1CC1", "c1ccccc1", "c1ccncc1", "Cc1ccccc1")


@dataclass(frozen=True, slots=True)
class MixedRow:
    """One line of a .smi file."""

    kind: str
    """One of `SHARES`."""
    structure: str

    @property
    def is_good(self) -> bool:
        """Whether a candidate is to come of it."""
        return self.kind not in ("huge", "invalid")


def mixed_rows(count: int) -> list[MixedRow]:
    """Rows in the shares of `SHARES`; fewer rows are the beginning of more.

    Raises:
        IndexError: more measured molecules are wanted than there are, some 7,000.
    """
    generator = random.Random(SEED)
    molecules = sorted({row.smiles for name in SETS for row in measured_set(name).rows})
    generator.shuffle(molecules)
    rows: list[MixedRow] = []
    for _ in range(count):
        (kind,) = generator.choices(list(SHARES), list(SHARES.values()))
        rows.append(MixedRow(kind, _WRITERS[kind](generator, molecules, rows)))
    return rows


def accounted(library: Library) -> list[int]:
    """Every row that a library accounts for, those merged into others and rejected ones included."""
    rows = [rejection.row for rejection in library.rejections]
    for candidate in library.candidates:
        merged = [note for note in candidate.notes if note.endswith("were merged into this one.")]
        rows += [int(row) for row in re.findall(r"\d+", merged[0])] if merged else [candidate.row]
    return sorted(rows)


def _measured(_generator: random.Random, molecules: list[str], _rows: Sequence[MixedRow]) -> str:
    return molecules.pop()


def _duplicate(generator: random.Random, molecules: list[str], rows: Sequence[MixedRow]) -> str:
    known = [row.structure for row in rows if row.kind == "measured"] or molecules[:1]
    mol = Chem.MolFromSmiles(generator.choice(known))
    return Chem.MolToRandomSmilesVect(mol, 1, randomSeed=generator.randrange(2**30))[0]


def _salt(generator: random.Random, molecules: list[str], _rows: Sequence[MixedRow]) -> str:
    return f"{generator.choice(molecules)}.{generator.choice(_COUNTER_IONS)}"


def _peptide(generator: random.Random, _molecules: list[str], _rows: Sequence[MixedRow]) -> str:
    return _sequence(generator, generator.randint(2, 5))


def _tautomers(generator: random.Random, _molecules: list[str], _rows: Sequence[MixedRow]) -> str:
    return generator.choice(_MANY_TAUTOMERS).format(generator.choice(_SUBSTITUENTS))


def _huge(generator: random.Random, _molecules: list[str], _rows: Sequence[MixedRow]) -> str:
    return _sequence(generator, generator.randint(35, 80))


def _invalid(generator: random.Random, molecules: list[str], _rows: Sequence[MixedRow]) -> str:
    smiles = generator.choice([one for one in generator.sample(molecules, 20) if len(one) > 3] or ["CCO"])
    cut = generator.randrange(1, len(smiles))
    return generator.choice(
        (
            smiles[:cut] + "(" + smiles[cut:],  # a branch that never closes
            smiles + "C%99",  # a ring that never closes
            "C(C)(C)(C)(C)" + smiles,  # a carbon with too many bonds
            smiles + ".[Fe+2]",
            "*" + smiles,
            smiles[:cut] + "?" + smiles[cut:],
            "compound-" + str(cut),
        )
    )


def _sequence(generator: random.Random, length: int) -> str:
    return Chem.MolToSmiles(Chem.MolFromSequence("".join(generator.choices(_RESIDUES, k=length))))


_WRITERS: dict[str, Callable[[random.Random, list[str], Sequence[MixedRow]], str]] = {
    "measured": _measured,
    "duplicate": _duplicate,
    "salt": _salt,
    "peptide": _peptide,
    "tautomers": _tautomers,
    "huge": _huge,
    "invalid": _invalid,
}

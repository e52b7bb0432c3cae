"""SDF: the records of a structure-data file as rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from rdkit import Chem, rdBase

from molecules.candidate import Rejection
from molecules.row import (
    ENCODING_NOTE,
    NAME_TITLES,
    Row,
    empty_row,
    is_foreign,
    make_row,
    normalised,
    readable,
    shortened,
)
from molecules.smiles import first_message


def sdf_rows(text: str) -> Iterator[Row | Rejection]:
    """Read every record, those without content included; its row is its number from 1."""
    records = re.split(r"^\$\$\$\$[^\n]*\n?", text, flags=re.MULTILINE)
    while records and not records[-1].strip():
        records.pop()
    for number, record in enumerate(records, start=1):
        yield _sdf_row(number, record)


def _sdf_row(number: int, record: str) -> Row | Rejection:
    """Read one record; the title line names it, or else the first property that is a name."""
    if not record.strip():
        return empty_row(number)
    supplier = Chem.SDMolSupplier()
    with rdBase.BlockLogs(), rdBase.CaptureErrorLog() as log:
        supplier.SetData(readable(record) + "\n$$$$\n")
        mol = next(iter(supplier), None)
    title = shortened(record.split("\n", 1)[0].strip())
    remedy = "Export this record again from the program that drew it, as V2000 or V3000 molfile."
    if mol is None:
        return Rejection(number, title, f"RDKit cannot read the record: {first_message(log.messages)}.", remedy)
    if mol.GetNumAtoms() == 0:
        return Rejection(number, title, "The record has no atoms.", remedy)
    columns = {name: mol.GetProp(name) for name in mol.GetPropNames()}
    named = {normalised(name): name for name in reversed(list(columns))}
    name = mol.GetProp("_Name").strip() if mol.HasProp("_Name") else ""
    if not name:
        name = next((columns.pop(named[title]) for title in NAME_TITLES if title in named), "")
    row = make_row(number, Chem.MolToSmiles(mol), name, columns)
    if isinstance(row, Rejection):
        return row
    notes = (ENCODING_NOTE,) if is_foreign(record) else row.notes
    return replace(row, notes=notes, record=readable(record) if mol.GetConformer().Is3D() else "")

"""SDF: the records of a structure-data file as rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from rdkit import Chem, rdBase

from molecules.annotation import resolved
from molecules.candidate import Rejection
from molecules.errors import StructureError
from molecules.row import (
    ENCODING_NOTE,
    Row,
    empty_row,
    is_foreign,
    make_row,
    readable,
    shortened,
)
from molecules.smiles import first_message
from molecules.titles import name_columns


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
    with rdBase.BlockLogs(), rdBase.CaptureErrorLog() as log:
        mol = _molecule(record)
    title = shortened(record.split("\n", 1)[0].strip())
    remedy = "Export this record again from the program that drew it, as V2000 or V3000 molfile."
    if mol is None:
        return Rejection(number, title, f"RDKit cannot read the record: {first_message(log.messages)}.", remedy)
    if mol.GetNumAtoms() == 0:
        return Rejection(number, title, "The record has no atoms.", remedy)
    try:
        with rdBase.BlockLogs():
            whole = resolved(mol, lambda: _molecule(record, sanitize=False))
    except StructureError as error:
        return Rejection(number, title, error.reason, error.remedy)
    columns = {name: mol.GetProp(name) for name in mol.GetPropNames()}
    name = mol.GetProp("_Name").strip() if mol.HasProp("_Name") else ""
    if not name:
        titles = list(columns)
        named = (titles[i] for i in name_columns(titles) if columns[titles[i]].strip())
        name = next((columns.pop(title) for title in named), "")
    row = make_row(number, _written(whole), name, columns)
    if isinstance(row, Rejection):
        return row
    notes = (ENCODING_NOTE,) if is_foreign(record) else row.notes
    return replace(row, notes=notes, record=readable(record) if mol.GetConformer().Is3D() else "")


def _molecule(record: str, *, sanitize: bool = True) -> Chem.Mol | None:
    supplier = Chem.SDMolSupplier()
    supplier.SetData(readable(record) + "\n$$$$\n", sanitize=sanitize, removeHs=sanitize)
    return next(iter(supplier), None)


def _written(mol: Chem.Mol) -> str:
    """Write SMILES, with the extension of CXSMILES where stereo groups or the axes of atropisomers need it."""
    fields = Chem.CXSmilesFields.CX_ENHANCEDSTEREO | Chem.CXSmilesFields.CX_BOND_ATROPISOMER
    written: str = Chem.MolToCXSmiles(
        mol, Chem.SmilesWriteParams(), int(fields), Chem.RestoreBondDirOption.RestoreBondDirOptionClear
    )
    return written

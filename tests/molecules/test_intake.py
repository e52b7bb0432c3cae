"""Some hundred mixed rows through reading and standardisation, in one process and in two."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from benchmarks.mixed_rows import MixedRow, accounted, mixed_rows
from molecules.candidate import Library
from molecules.read import read_library
from molecules.smiles import canonical, parse
from molecules.standardize import MAX_HEAVY_ATOMS, standardize

ROWS = 320
MANY_TAUTOMERS = "Nc1nc(NCCN)nc(Nc2nc(N)nc(N)n2)n1"


@pytest.fixture(scope="module")
def rows() -> list[MixedRow]:
    return mixed_rows(ROWS)


@pytest.fixture(scope="module")
def file(rows: list[MixedRow], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("intake") / "mixed.smi"
    path.write_text("".join(f"{row.structure} {row.kind}\n" for row in rows))
    return path


@pytest.fixture(scope="module")
def library(file: Path) -> Library:
    return read_library(file)


def test_every_row_is_a_candidate_or_merged_into_one_or_rejected(rows: list[MixedRow], library: Library) -> None:
    assert accounted(library) == list(range(1, ROWS + 1))
    rejected = {one.row: one for one in library.rejections}
    assert {number for number, row in enumerate(rows, 1) if not row.is_good} <= rejected.keys()
    for number, one in rejected.items():
        too_large = f"at most {MAX_HEAVY_ATOMS} can be computed" in one.reason or "at most 2,000 are read" in one.reason
        is_open = rows[number - 1].kind == "salt" and "mixture of 2 molecules" in one.reason  # of two known partners
        assert too_large or is_open or rows[number - 1].kind == "invalid"
        assert one.remedy
    kinds = {row.kind for row in rows}
    assert {"huge", "invalid", "tautomers", "salt", "duplicate"} <= kinds


def test_an_order_of_atoms_is_no_second_molecule(rows: list[MixedRow], library: Library) -> None:
    candidates = {one.row for one in library.candidates}
    assert not candidates & {number for number, row in enumerate(rows, 1) if row.kind == "duplicate"}


def test_two_processes_read_the_same(file: Path, library: Library) -> None:
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        assert read_library(file, pool) == library


def test_a_molecule_of_many_tautomers_is_computed_as_it_was_drawn() -> None:
    drawn = standardize(parse(MANY_TAUTOMERS))
    assert drawn.smiles == canonical(MANY_TAUTOMERS) == standardize(parse(drawn.smiles)).smiles

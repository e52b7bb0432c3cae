"""Racemates, enantiomers of unknown configuration and atropisomers are no duplicates of what is drawn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from rdkit import Chem
from rdkit.Chem import rdDepictor

from molecules.candidate import Candidate
from molecules.read import read_library
from molecules.stereoisomers import MOST_GROUPS

R, S = "C[C@@H](O)C(=O)C=C", "C[C@H](O)C(=O)C=C"
BIARYL = "Cc1cccc(I)c1-c1c(C)cccc1Br"
Rows = Callable[..., list[Candidate]]


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    def write_and_read(*structures: str) -> list[Candidate]:
        path = tmp_path / "a.smi"
        path.write_text("".join(f"{one} row{i}\n" for i, one in enumerate(structures, start=1)))
        library = read_library(path)
        assert not library.rejections
        return list(library.candidates)

    return write_and_read


def merged(candidates: list[Candidate]) -> list[int]:
    return [one.row for one in candidates]


def says(candidate: Candidate, text: str) -> bool:
    return any(text in note for note in candidate.notes)


@pytest.mark.parametrize(
    ("structures", "kept"),
    [
        ((f"{S} |&1:1|", S), [1, 2]),
        ((f"{S} |&1:1|", f"{R} |&2:1|"), [1]),
        ((f"{S} |&1:1|", f"{R}.Cl |&1:1|"), [1]),  # a racemate and its salt
        ((f"{S} |&1:1|", f"{S} |o1:1|", S, R), [1, 2, 3, 4]),
        ((f"{S} |a:1|", S), [1]),
        (("C[C@H](O)[C@H](O)C |&1:1,3|", "C[C@H](O)[C@H](O)C"), [1]),  # meso: its mirror image is itself
        (("C[C@H](O)[C@H](F)C |&1:1,3|", "C[C@H](O)[C@H](F)C |&1:1,&2:3|"), [1, 2]),  # of two and of four
        (("C[C@H](O)[C@H](F)C |&1:1|", "C[C@H](O)[C@H](F)C |&1:3|"), [1, 2]),  # epimers at one centre or the other
        (("[CH3:1][C@H:2]([OH:3])C=C |&1:1|", "C[C@H](O)C=C |&1:1|", "C[C@H](O)C=C"), [1, 3]),  # with atom maps
        (("CC(O)C(F)C |&1:1|", "CC(O)C(F)C"), [1]),  # no centre is drawn
    ],
)
def test_rows_of_one_compound_are_merged_and_no_others(
    rows: Rows, structures: tuple[str, ...], kept: list[int]
) -> None:
    assert merged(rows(*structures)) == kept


def test_the_note_says_for_what_the_computed_one_stands(rows: Rows) -> None:
    racemate, unknown, pure = rows(f"{S} |&1:1|", f"{S} |o1:1|", S)
    assert says(racemate, "mixture of 2 stereoisomers")
    assert says(unknown, "open which of 2 compounds")
    assert not pure.notes
    assert len({one.smiles for one in (racemate, unknown, pure)}) == 1
    assert racemate.inchikey == pure.inchikey


def test_two_peaks_of_unknown_configuration_may_be_both_enantiomers(rows: Rows) -> None:
    assert merged(rows(f"{S} |o1:1|", f"{S} |o1:1|")) == [1, 2]


def test_atropisomers_are_told_apart_however_they_are_drawn(rows: Rows) -> None:
    """Wedges on either ring, up or down; an axis with a symmetric ring is none; one without wedges is open."""
    found = rows(
        *(f"{BIARYL} |{wedge}|" for wedge in ("wU:7.7", "wD:7.7", "wU:8.9")), BIARYL, f"{BIARYL} |wU:7.7,&1:7|"
    )
    assert merged(found) == [1, 2, 4, 5]
    one, other, open_, racemate = found
    assert (one.stereoisomers[-1], other.stereoisomers[-1]) == ("M", "P")
    assert one.smiles == other.smiles == open_.smiles
    assert says(one, "may belong to either atropisomer")
    assert not says(open_, "atropisomer")
    assert says(racemate, "mixture of 2")
    symmetric = BIARYL.replace("I", "C", 1)
    assert merged(rows(f"{symmetric} |wU:7.7|", f"{symmetric} |wD:7.7|", symmetric)) == [1]


def test_a_molfile_carries_groups_and_axes(tmp_path: Path) -> None:
    path = tmp_path / "a.sdf"
    drawn = [f"{S} |&1:1|", S, f"{BIARYL} |wU:7.7|", f"{BIARYL} |wD:7.7|"]
    blocks = []
    for one in drawn:
        mol = Chem.MolFromSmiles(one)
        rdDepictor.Compute2DCoords(mol)
        blocks.append(Chem.MolToV3KMolBlock(mol))
    path.write_text("$$$$\n".join(blocks))
    candidates = read_library(path).candidates
    assert merged(list(candidates)) == [1, 2, 3, 4]
    assert candidates[0].stereoisomers.count("&") == 1
    assert {one.stereoisomers[-1] for one in candidates[2:]} == {"M", "P"}
    assert candidates[0].input.endswith("|")


def test_too_many_groups_are_refused(tmp_path: Path) -> None:
    centres = MOST_GROUPS + 1
    groups = ",".join(f"&{i}:{3 * i - 2}" for i in range(1, centres + 1))
    (tmp_path / "a.smi").write_text(f"{'C[C@H](O)' * centres}CF |{groups}| many\n")
    rejection = read_library(tmp_path / "a.smi").rejections[0]
    assert f"at most {MOST_GROUPS}" in rejection.reason

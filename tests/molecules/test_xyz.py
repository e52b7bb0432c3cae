from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from molecules.conformers import Geometry
from molecules.xyz import XyzError, read_xyz, to_xyz

coordinate = st.floats(-50, 50).map(lambda x: round(x, 8))
Atom = tuple[str, tuple[float, float, float]]
atom = st.tuples(st.sampled_from(["H", "C", "N", "O", "Cl", "Se"]), st.tuples(coordinate, coordinate, coordinate))


@given(st.lists(atom, min_size=1, max_size=6), st.integers(-3, 3), st.integers(1, 4))
@settings(max_examples=50, deadline=None)
def test_xyz_files_round_trip(
    tmp_path_factory: pytest.TempPathFactory,
    atoms: list[Atom],
    charge: int,
    spin: int,
) -> None:
    geometry = Geometry(tuple(symbol for symbol, _ in atoms), tuple(position for _, position in atoms))
    path = tmp_path_factory.getbasetemp() / "round_trip.xyz"
    path.write_text(to_xyz(geometry, f"{charge} {spin}"))
    xyz = read_xyz(path)
    assert (xyz.geometry, xyz.charge, xyz.multiplicity) == (geometry, charge, spin)


@pytest.mark.parametrize(
    ("comment", "state"),
    [
        ("charge=-1 multiplicity=3", (-1, 3)),
        ("EA 8, charge = +1 multiplicity = 2 (angstrom)", (1, 2)),
        ("x=1", (None,) * 2),
    ],
)
def test_xyz_comments_may_name_charge_and_multiplicity(
    comment: str, state: tuple[int | None, int | None], tmp_path: Path
) -> None:
    path = tmp_path / "named.xyz"
    path.write_text(f"1\n{comment}\nO 0 0 0\n")
    xyz = read_xyz(path)
    assert (xyz.charge, xyz.multiplicity) == state


def test_xyz_accepts_atomic_numbers_further_columns_and_free_comments(tmp_path: Path) -> None:
    path = tmp_path / "water.xyz"
    path.write_bytes(b"3\r\nwater, \xe5ngstr\xf6m\r\n8 0 0 0 -0.8\r\nh 0 0.76 0.59\r\nH 0 -0.76 5.9e-1\r\n\r\n")
    xyz = read_xyz(path)
    assert xyz.geometry.symbols == ("O", "H", "H")
    assert (xyz.charge, xyz.multiplicity) == (None, None)
    assert xyz.geometry.coordinates()[2, 2] == 0.59


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: '' is no number of atoms"),
        ("one\n\nH 0 0 0\n", "line 1: 'one' is no number"),
        ("2\n\nH 0 0 0\n", "announces 2 atoms, 1 lines"),
        ("1\n\nH 0 0 0\n1\n\nH 0 0 1\n", "one geometry per file"),
        ("1\n\nH 0 0\n", "line 3: 'H 0 0' is no atom"),
        ("1\n\nXx 0 0 0\n", "line 3: 'Xx' is no element"),
        ("1\n\nH 0 0 nan\n", "not finite"),
        ("1\n0 0\nH 0 0 0\n", "multiplicity 0"),
    ],
)
def test_wrong_xyz_files_are_refused_with_the_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "wrong.xyz"
    path.write_text(text)
    with pytest.raises(XyzError) as caught:
        read_xyz(path)
    assert message in str(caught.value)


def test_missing_xyz_file_and_comment_with_line_break(tmp_path: Path) -> None:
    with pytest.raises(XyzError, match="cannot be read"):
        read_xyz(tmp_path / "none.xyz")
    with pytest.raises(ValueError, match="line break"):
        to_xyz(Geometry(("H",), ((0.0, 0.0, 0.0),)), "two\nlines")

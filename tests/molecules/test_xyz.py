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


NONE = (None, None)


@pytest.mark.parametrize(
    ("comment", "state"),
    [
        ("charge=-1", (-1, None)),
        ("charge = -1, mult = 1", (-1, 1)),
        ("charge=-1 multiplicity=3", (-1, 3)),
        ("charge: -1 multiplicity: 1", (-1, 1)),
        ("CHARGE -1 MULTIPLICITY 1", (-1, 1)),
        ("charge=-1=", (-1, None)),  # as xyz2mol writes it
        ("charge=\u22121", (-1, None)),  # a typographic minus
        ("EA 8, charge = +1 multiplicity = 2 (angstrom)", (1, 2)),
        ("q=-1 m=2", (-1, 2)),
        ("q=-1 s=0", (-1, 1)),
        ("chrg=1- uhf=2", (-1, 3)),
        ("net charge 2+", (2, None)),
        ("charge:-1;mult:1", (-1, 1)),
        ('{"charge": -1, "multiplicity": 2}', (-1, 2)),
        ("multiplicity=3", (None, 3)),
        ("-1 1", (-1, 1)),
        ("0,1", (0, 1)),
        ("+1\t2", (1, 2)),
        ("0 1 water at MP2", (0, 1)),
        ("0 1 charge=0", (0, 1)),
        ('Lattice="9 0 0 0 9 0 0 0 9" Properties=species:S:1:pos:R:3:charge:R:1 energy=-7.4 pbc="F F F"', NONE),
        ("Properties=species:S:1:pos:R:3 total_charge=-1 spin_multiplicity=2 energy=-3", (-1, 2)),
        ("mulliken_charge=0.3", NONE),
        ("Mulliken charge = 0.3, charge=1", (1, None)),
        ("nuclear charge 8", NONE),
        ("charges=0.1,0.2", NONE),
        ("-76.4", NONE),
        ("0 -76.4", NONE),
        ("-76.4 0 1", NONE),
        ("step 1 2", NONE),
        ("1 2 3", NONE),
        ("12 500", NONE),
        ("i = 1, time = 0.500, E = -17.16", NONE),
        ("t=0.5 s=3 m=18", NONE),
        ("energy: -5.07 gnorm: 0.0003 xtb: 6.6.1", NONE),
        ("acetate anion", NONE),
        ("x=1", NONE),
        ("", NONE),
    ],
)
def test_charge_and_multiplicity_of_the_comment(
    comment: str, state: tuple[int | None, int | None], tmp_path: Path
) -> None:
    path = tmp_path / "named.xyz"
    path.write_text(f"1\n{comment}\nO 0 0 0\n", encoding="utf-8")
    xyz = read_xyz(path)
    assert (xyz.charge, xyz.multiplicity) == state


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("-1 1 charge=0", "says charge 0 and -1"),
        ("charge=1 total_charge=2", "says charge 1 and 2"),
        ("mult=1 uhf=1", "says multiplicity 1 and 2"),
        ("charge=0.5", "no whole number"),
        ("charge=", "no whole number"),
        ("charge=-1 spin=1", "may mean S, 2S or 2S + 1"),
        ("q=-1 s=1", "may mean S, 2S or 2S + 1"),
        ("charge=0 mult=0", "multiplicity 0"),
        ("0 0", "multiplicity 0"),
        ("units=bohr", "ångström"),
        ("Properties=pos:R:3", "species:S:1:pos:R:3"),
    ],
)
def test_a_comment_that_is_unclear_is_refused(comment: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "unclear.xyz"
    path.write_text(f"1\n{comment}\nO 0 0 0\n", encoding="utf-8")
    with pytest.raises(XyzError) as caught:
        read_xyz(path)
    assert "line 2" in str(caught.value)
    assert message in str(caught.value)


@given(st.integers(-9, 9), st.integers(1, 9), st.sampled_from(["charge={} multiplicity={}", "q={}, mult: {}", "{} {}"]))
@settings(max_examples=30, deadline=None)
def test_what_is_written_in_any_form_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, charge: int, multiplicity: int, form: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "form.xyz"
    path.write_text(f"1\n{form.format(charge, multiplicity)}\nO 0 0 0\n")
    xyz = read_xyz(path)
    assert (xyz.charge, xyz.multiplicity) == (charge, multiplicity)


@pytest.mark.parametrize(
    ("comment", "rows"),
    [
        ("", ["O 0 0 0.1", "H 0 0.76 -0.47", "H 0 -0.76 -0.47"]),
        ("", ["8\t0\t0\t0.1", "1 0 0.76 -0.47", "h 0 -0.76 -0.47"]),
        ("", ["O1 0 0 1.0D-1", "", "H2 0 7.6d-1 -0.47", "H12 0 -0.76 -0.47 0.4 0.5", ""]),
        ("Properties=id:I:1:species:S:1:pos:R:3", ["1 O 0 0 0.1", "2 H 0 0.76 -0.47", "3 H 0 -0.76 -0.47"]),
        (
            "energy=-76 Properties=Z:I:1:forces:R:3:pos:R:3",
            ["8 1 1 1 0 0 0.1", "1 2 2 2 0 0.76 -0.47", "1 3 3 3 0 -0.76 -0.47"],
        ),
        ('properties="species:S:1:pos:R:3:move_mask:L:1"', ["O 0 0 0.1 T", "H 0 0.76 -0.47 F", "H 0 -0.76 -0.47 F"]),
    ],
)
def test_forms_of_the_atoms(comment: str, rows: list[str], tmp_path: Path) -> None:
    path = tmp_path / "water.xyz"
    path.write_text("\n".join(["", "3", comment, *rows]))
    water = Geometry(("O", "H", "H"), ((0.0, 0.0, 0.1), (0.0, 0.76, -0.47), (0.0, -0.76, -0.47)))
    assert read_xyz(path).geometry == water


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

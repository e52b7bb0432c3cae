"""What a drawing says beside atoms and bonds: expanded, refused, or without a meaning for the molecule."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem
from rdkit.Chem import rdDepictor

from molecules.candidate import Library
from molecules.errors import StructureError
from molecules.read import read_library
from molecules.smiles import canonical, parse

Read = Callable[..., Library]
CHAIN = ((1, 2, 1), (2, 3, 1), (3, 4, 1))


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def write_and_read(*blocks: str) -> Library:
        path = tmp_path / "a.sdf"
        path.write_text("".join(f"{block}\n$$$$\n" for block in blocks))
        return read_library(path)

    return write_and_read


def v2000(atoms: Sequence[str], bonds: Sequence[tuple[int, int, int]] = CHAIN, properties: str = "") -> str:
    lines = ["drawn", "  test", "", f"{len(atoms):3}{len(bonds):3}  0  0  0  0  0  0  0  0999 V2000"]
    lines += [f"{i:10.4f}{i % 2:10.4f}    0.0000 {one:3}" + " 0" + 11 * "  0" for i, one in enumerate(atoms)]
    lines += [f"{begin:3}{end:3}{order:3}  0" for begin, end, order in bonds]
    return "\n".join([*lines, *properties.splitlines(), "M  END"])


def v3000(atoms: Sequence[str], bonds: Sequence[str], more: Sequence[str] = (), groups: int = 0) -> str:
    lines = ["BEGIN CTAB", f"COUNTS {len(atoms)} {len(bonds)} {groups} 0 0", "BEGIN ATOM"]
    symbols = [one.partition(" ") for one in atoms]
    lines += [f"{i} {symbol} {i} {i % 2} 0 0 {rest}" for i, (symbol, _, rest) in enumerate(symbols, start=1)]
    lines += ["END ATOM", "BEGIN BOND", *(f"{i} {bond}" for i, bond in enumerate(bonds, start=1)), "END BOND", *more]
    head = "drawn\n  test\n\n  0  0  0     0  0            999 V3000\n"
    return head + "".join(f"M  V30 {line}\n" for line in [*lines, "END CTAB"]) + "M  END"


def group(kind: str, atoms: str, label: str = "") -> str:
    return f"M  STY  1   1 {kind}\nM  SAL   1{atoms}" + (f"\nM  SMT   1 {label}" if label else "")


def wedged(label: str, bond: int) -> str:
    """1-(labelled group)-ethylamine with a wedge (1) or hash (6) to nitrogen."""
    block = v2000(["C", "C", "C", "N"], [(1, 2, 1), (1, 3, 1), (1, 4, 1)], f"A    2\n{label}")
    places = ["0.0000    0.0000", "1.0000    0.5000", "-1.0000    0.5000", "0.0000   -1.0000"]
    lines = block.splitlines()
    for i, place in enumerate(places, start=4):
        x, y = place.split()
        lines[i] = f"{x:>10}{y:>10}{lines[i][20:]}"
    lines[10] = f"  1  4  1  {bond}"
    return "\n".join(lines)


def smiles(library: Library) -> list[str]:
    assert not library.rejections
    return [one.smiles for one in library.candidates]


def alias(label: str, atom: int = 4) -> str:
    return v2000("CCCC", CHAIN, f"A  {atom:3}\n{label}")


@pytest.mark.parametrize(
    ("label", "group_smiles"),
    [
        ("Ph", "c1ccccc1"), ("Me", "C"), ("Bn", "Cc1ccccc1"), ("Boc", "C(=O)OC(C)(C)C"), ("CF3", "C(F)(F)F"),
        ("NO2", "[N+](=O)[O-]"), ("CO2Et", "C(=O)OCC"), ("tBu", "C(C)(C)C"), ("OMe", "OC"), ("CHO", "C=O"),
        ("Ts", "S(=O)(=O)c1ccc(C)cc1"), ("COOH", "C(=O)O"),
    ],
)  # fmt: skip
def test_an_alias_is_the_group_that_it_names(read: Read, label: str, group_smiles: str) -> None:
    assert smiles(read(alias(label))) == [canonical(f"CCC{group_smiles}")]


@pytest.mark.parametrize("label", ["NC", "ON", "R1", "Linker", "OTBDPS", "PEG4", "C7"])
def test_an_alias_that_is_not_known_or_reads_in_two_ways_is_refused(read: Read, label: str) -> None:
    rejection = read(alias(label)).rejections[0]
    assert f"labelled “{label}”" in rejection.reason
    assert "Draw its atoms" in rejection.remedy


def test_an_alias_needs_one_single_bond_and_no_charge_of_its_own(read: Read) -> None:
    assert (
        "without the charge +1" in read(alias("Ph").replace("A    4", "M  CHG  1   4   1\nA    4")).rejections[0].reason
    )
    assert "has other bonds" in read(alias("Ph", 2)).rejections[0].reason


@pytest.mark.parametrize(
    ("atom", "label"), [("C", "CH3"), ("C", "H3C"), ("O", "OH"), ("O", "HO"), ("N", "NH2"), ("Cl", "Cl")]
)
def test_an_alias_that_is_the_atom_itself_changes_nothing(read: Read, atom: str, label: str) -> None:
    assert smiles(read(v2000(["C", "C", "C", atom], CHAIN, f"A    4\n{label}"))) == [canonical(f"CCC{atom}")]


def test_a_group_keeps_the_stereo_beside_it_that_its_atom_would_not_have(read: Read) -> None:
    """The atom that carries the alias is a second methyl group for RDKit."""
    assert smiles(read(wedged("Ph", 1), wedged("Ph", 6))) == ["C[C@H](N)c1ccccc1", "C[C@@H](N)c1ccccc1"]
    for drawn in ("C/C=C/C", "C/C=C\\C"):
        mol = parse(drawn)
        rdDepictor.Compute2DCoords(mol)
        block = Chem.MolToMolBlock(mol).replace("M  END", "A    4\nPh\nM  END").rstrip()
        assert smiles(read(block)) == [canonical(f"{drawn[:-1]}c1ccccc1")]


def test_a_contracted_group_is_expanded_and_one_that_lacks_atoms_refused(read: Read) -> None:
    contracted = v2000("CCC", CHAIN[:2], group("SUP", "  1   3", "Ph"))
    newer = v3000(
        ["C", "C", "C"], ["1 1 2", "1 2 3"],
        ["BEGIN SGROUP", "1 SUP 1 ATOMS=(1 3) XBONDS=(1 2) LABEL=Ph", "END SGROUP"], groups=1,
    )  # fmt: skip
    whole = v2000("CCC", CHAIN[:2], group("SUP", "  2   2   3", "Et"))
    named = v2000("CCO", CHAIN[:2], group("SUP", "  2   2   3", "tail"))
    assert [one.smiles for one in read(contracted, newer, whole, named).candidates] == ["CCc1ccccc1", "CCC", "CCO"]
    lacking = read(v2000("CCO", CHAIN[:2], group("SUP", "  2   2   3", "Ph")))
    assert "(Ph) does not hold the atoms" in lacking.rejections[0].reason


def test_a_multiple_group_is_read_where_it_is_written_out(read: Read) -> None:
    multiple = group("MUL", "  2   2   3") + "\nM  SPA   1  1   2\nM  SMT   1 {}"
    assert smiles(read(v2000("CCCO", CHAIN, multiple.format(2)))) == ["CCCO"]
    assert "does not hold" in read(v2000("CCCO", CHAIN, multiple.format(5))).rejections[0].reason


@pytest.mark.parametrize("kind", ["SRU", "MON", "MER", "COP", "CRO", "GRA", "MOD", "ANY"])
def test_polymers_are_refused(read: Read, kind: str) -> None:
    assert "polymer" in read(v2000("CCCO", CHAIN, group(kind, "  1   2", "n"))).rejections[0].reason


@pytest.mark.parametrize("kind", ["MIX", "COM", "FOR"])
def test_formulations_are_refused(read: Read, kind: str) -> None:
    assert "mixture" in read(v2000("CCCO", CHAIN, group(kind, "  1   2"))).rejections[0].reason


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        (v2000("CCAO"), "It is a query: atom 3"),
        (v2000("CCQO"), "It is a query: atom 3"),
        (v2000("CCLO", CHAIN, "M  ALS   3  2 F C   N   "), "It is a query: atom 3"),
        (v3000(["C", "C", "[C,N]", "O"], ["1 1 2", "1 2 3", "1 3 4"]), "It is a query: atom 3"),
        (v3000(["C", "C", "NOT[C,N]", "O"], ["1 1 2", "1 2 3", "1 3 4"]), "It is a query: atom 3"),
        (v3000(["C", "C HCOUNT=1", "O"], ["1 1 2", "1 2 3"]), "It is a query: atom 2"),
        (v2000("CCCO", CHAIN, "M  SUB  1   2   2"), "It is a query: atom 2"),
        (v2000("CCCO", CHAIN, "M  UNS  1   2   1"), "It is a query: atom 2"),
        (v2000("CCCO", [(1, 2, 8), (2, 3, 1), (3, 4, 1)]), "the bond between atoms 1 and 2"),
        (v2000("CCCO", [(1, 2, 5), (2, 3, 1), (3, 4, 1)]), "the bond between atoms 1 and 2"),
        (v3000(["C", "C", "O"], ["1 1 2 TOPO=1", "1 2 3"]), "the bond between atoms 1 and 2"),
        (v3000(["C", "C", "C", "O"], ["1 1 2", "1 2 3", "10 3 4"]), "no covalent bond"),
        (v2000("CCCO", CHAIN, "M  LIN  1   2   2   1   3"), "link node"),
        (v3000(["C", "C", "C", "O"], ["1 1 2", "1 2 3", "1 3 4"], ["LINKNODE 1 3 2 2 1 2 3"]), "link node"),
        (v2000("CCCO", CHAIN, "M  APO  1   1   1"), "attachment point at atom 1"),
        (v3000(["C ATTCHPT=1", "C", "O"], ["1 1 2", "1 2 3"]), "attachment point at atom 1"),
        (v3000(["C", "C", "*", "O"], ["1 1 2", "1 3 4 ENDPTS=(2 1 2) ATTACH=ANY"]), "attached to several atoms"),
        (v2000(["C", "C", "C", "R#"], CHAIN, "M  RGP  1   4   1"), "attachment point"),
        (v2000(["C", "C", "C", "Pol"]), "attachment point"),
        (v2000(["C", "C", "C", "Ph"]), "Element 'Ph' not found"),
    ],
)  # fmt: skip
def test_what_is_more_or_less_than_one_molecule_is_refused(read: Read, block: str, reason: str) -> None:
    library = read(block)
    assert reason in library.rejections[0].reason
    assert library.rejections[0].remedy
    assert not library.candidates


def test_annotations_that_describe_what_is_there_change_nothing(read: Read) -> None:
    data = group("DAT", "  1   2") + "\nM  SDT   1 pKa\nM  SED   1 4.2"
    blocks = [v2000("CCCO", CHAIN, more) for more in (data, "V    1 partial", group("GEN", "  1   2"))]
    assert smiles(read(*blocks)) == ["CCCO"]


@pytest.mark.parametrize(
    ("cxsmiles", "read_as"),
    [
        ("CCO |(0,0,;1,1,;2,0,)|", "CCO"),
        ("CCO |$;;OH$|", "CCO"),
        ("CCO |$_AV:1;2;3$|", "CCO"),
        ("CCO |lp:2:2|", "CCO"),
        ("C[C@H](N)C |$;;;Ph$|", "C[C@H](N)c1ccccc1"),
        ("C/C=C/C |$;;;Ph$|", "C/C=C/c1ccccc1"),
        ("*CO |$Ph;;$|", "OCc1ccccc1"),
        ("CC(F)=C(F)C |t:2|", "C/C(F)=C(\\C)F"),
        ("[Na+].CC([O-])=O.OCC |f:0.1|", "CC(=O)[O-].CCO.[Na+]"),
        ("CCO  |atomProp:1.p.v|", "CCO"),
    ],
)
def test_the_extension_of_cxsmiles_is_read(cxsmiles: str, read_as: str) -> None:
    assert canonical(Chem.MolToSmiles(parse(cxsmiles))) == canonical(read_as)


@pytest.mark.parametrize(
    ("cxsmiles", "reason"),
    [
        ("CCO |Sg:n:1:n:ht|", "polymer"),
        ("CCO |LN:1:1.3|", "link node"),
        ("CCO |rb:1:2|", "query"),
        ("CCO |u:0|", "query"),
        ("*CC.CC |m:0:3.4|", "several atoms"),
        ("CCC |$;;Linker$|", "Linker"),
        ("CCO |nonsense|", "cannot read the extension"),
        ("CCO |(0,0", "no place in a SMILES"),
    ],
)
def test_an_extension_that_is_no_molecule_is_refused(cxsmiles: str, reason: str) -> None:
    with pytest.raises(StructureError, match=reason) as caught:
        parse(cxsmiles)
    assert caught.value.remedy


@given(st.text("&o1234567,:|$;PhRM_LNSgDmwUrbu.()^ ", max_size=24))
@settings(max_examples=200, deadline=None)
def test_any_extension_is_read_or_refused(extension: str) -> None:
    with contextlib.suppress(StructureError):
        parse(f"C[C@H](O)c1ccccc1 |{extension}|")


def test_atom_map_numbers_of_a_molfile_are_dropped(read: Read) -> None:
    mol = parse("C=CC(=O)NC")
    plain = Chem.MolToMolBlock(mol)
    for atom in mol.GetAtoms():
        atom.SetAtomMapNum(atom.GetIdx() + 1)
    assert smiles(read(Chem.MolToMolBlock(mol).rstrip(), plain.rstrip())) == ["C=CC(=O)NC"]

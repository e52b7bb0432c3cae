"""INPUT of the commands for one molecule: as a candidate, and as the species that is written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from levels_small import TINY
from rdkit import Chem

from flows.single import EnergyRequest, prepared, single_descriptor, single_energy
from flows.structure import candidate, written_species
from molecules.conformers import Geometry, conformers
from molecules.smiles import StructureError, canonical
from molecules.xyz import to_xyz
from pipeline.errors import InputError

ACETATE = conformers("CC(=O)[O-]", 1, seed=1)[0]


def request(structure: str, active_space: str = "2,2", orbitals: str = "frontier") -> EnergyRequest:
    return EnergyRequest(structure, None, None, "sto-3g", active_space, orbitals, "uccsd", "hf", False, "", 0)


@pytest.mark.parametrize(
    "structure", ["C=CC(N)=O.O", "C=CC(N)=O.Cl", "O.C=CC(N)=O.O", "C=CC(N)=O.CCO", "C=CC(=O)N.[Na+].[Cl-]"]
)
def test_a_descriptor_is_of_the_parent_and_says_what_was_left_out(structure: str) -> None:
    molecule = candidate(structure)
    assert molecule.smiles == canonical("C=CC(N)=O")
    assert molecule.notes


def test_the_value_of_a_hydrate_is_that_of_its_molecule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.single.profile", lambda _: TINY)
    store = f"sqlite:///{tmp_path / 'store.sqlite'}"
    alone = single_descriptor("thiol_addition", "C=CC=O", "quick", 1, store)
    hydrate = single_descriptor("thiol_addition", "C=CC=O.O", "quick", 1, store)
    assert [one.value for one in hydrate] == [one.value for one in alone]
    assert all("water" in one.flags[0] for one in hydrate)


def test_an_xyz_file_with_water_beside_the_molecule(tmp_path: Path) -> None:
    whole = conformers("C=CC(N)=O.O", 1, seed=1)[0]
    positions = whole.coordinates()
    positions[[5, 11, 12]] += 20.0  # the water
    file = tmp_path / "hydrate.xyz"
    file.write_text(to_xyz(Geometry.of(whole.symbols, positions)))
    molecule = candidate(str(file))
    assert molecule.smiles == canonical("C=CC(N)=O")
    assert molecule.pose is not None
    assert len(molecule.pose.symbols) == 10


def test_descriptors_of_a_file_that_says_it_is_a_triplet_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "triplet.xyz"
    file.write_text(to_xyz(conformers("CC=O", 1, seed=1)[0], "0 3"))
    with pytest.raises(StructureError, match="multiplicity 3"):
        candidate(str(file))


@pytest.mark.parametrize(
    ("smiles", "charge", "multiplicity"),
    [
        ("CC(=O)[O-]", -1, 1),
        ("C[NH3+]", 1, 1),
        ("[NH3+]CC(=O)[O-]", 0, 1),
        ("[CH3]", 0, 2),
        ("C[O]", 0, 2),
        ("[O-][O]", -1, 2),
        ("[2H]C", 0, 1),
        ("[CH3:7][OH:2]", 0, 1),
        ("[Zn+2]", 2, 1),
    ],
)
def test_an_energy_is_of_the_species_as_it_is_written(smiles: str, charge: int, multiplicity: int) -> None:
    species = written_species(smiles, None, None, "gas", TINY, 0).species
    assert (species.charge, species.multiplicity) == (charge, multiplicity)


@pytest.mark.parametrize("structure", ["[O]", "[CH2]", "[C]", "[N]", "[O][O]", "C[C]C", "[Fe+2]", "[Cu+2]", "O=[Ti]=O"])
def test_a_spin_that_is_left_open_is_asked_for(structure: str) -> None:
    with pytest.raises(InputError, match="does not tell") as asked:
        written_species(structure, None, None, "gas", TINY, 0)
    assert "--multiplicity" in asked.value.remedy


def test_a_spin_that_is_given_is_taken() -> None:
    singlet, triplet = (
        single_energy(EnergyRequest("[CH2]", None, m, "sto-3g", "2,2", "frontier", "uccsd", "hf", False, "", 0))
        for m in (1, 3)
    )
    assert triplet.ground_state.energy_hartree.mean_field is not None
    assert singlet.ground_state.energy_hartree.mean_field is not None
    # the ground state of methylene is a triplet, here as in the experiment (Herzberg 1961)
    assert triplet.ground_state.energy_hartree.mean_field < singlet.ground_state.energy_hartree.mean_field


@pytest.mark.parametrize(
    ("comment", "options", "state"),
    [
        ("charge=-1", (None, None), (-1, 1)),
        ("charge = -1, mult = 1", (None, None), (-1, 1)),
        ("-1 3", (None, None), (-1, 3)),
        ("energy=-228.1", (None, None), (0, 2)),
        ("charge=-1", (1, None), (1, 1)),
        ("-1 1", (None, 3), (-1, 3)),
        ("-1 1", (0, 2), (0, 2)),
    ],
)
def test_options_win_over_the_comment_of_a_file(
    comment: str, options: tuple[int | None, int | None], state: tuple[int, int], tmp_path: Path
) -> None:
    file = tmp_path / "acetate.xyz"
    file.write_text(to_xyz(ACETATE, comment))
    written = written_species(str(file), *options, "gas", TINY, 0)
    assert (written.species.charge, written.species.multiplicity) == state
    assert np.allclose(written.geometry.coordinates(), ACETATE.coordinates(), atol=1e-7)


def test_a_state_that_the_electrons_of_a_file_cannot_have(tmp_path: Path) -> None:
    file = tmp_path / "acetate.xyz"
    file.write_text(to_xyz(ACETATE, "charge=-1 mult=2"))
    with pytest.raises(InputError, match="32 electrons cannot have multiplicity 2"):
        single_energy(request(str(file)))


@pytest.mark.parametrize(
    ("structure", "numbers"), [("C=CC=O", "1,2"), ("O=CC=C", "3,4"), ("C(=O)C=C", "3,4"), ("[CH](C=C)=O", "2,3")]
)
def test_atom_numbers_are_those_of_the_smiles_as_it_is_written(structure: str, numbers: str) -> None:
    """Whichever way acrolein is written, these are the atoms of its C=C bond."""
    asked = prepared(request(structure, orbitals=f"pi:{numbers}"))
    mol = Chem.MolFromSmiles(asked.species.smiles)
    chosen = [mol.GetAtomWithIdx(reference.atom) for reference in asked.choice.references]
    assert all(not atom.IsInRing() and atom.GetSymbol() == "C" for atom in chosen)
    assert mol.GetBondBetweenAtoms(*(atom.GetIdx() for atom in chosen)).GetBondType() == Chem.BondType.DOUBLE


def test_what_a_relaxation_does_to_the_bonds_is_said() -> None:
    """In the gas phase the proton of glycine's zwitterion moves."""
    state = single_energy(request("[NH3+]CC(=O)[O-]"))
    assert any("On relaxation" in flag for flag in state.ground_state.flags)


def test_an_iodide_in_a_small_basis_has_the_electrons_outside_its_core() -> None:
    asked = prepared(EnergyRequest("[I-]", None, None, "lanl2dz", "", "frontier", "uccsd", "hf", False, "", 0))
    assert (asked.choice.n_electrons, asked.choice.n_orbitals) == (8, 8)

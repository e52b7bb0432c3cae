"""Relaxed geometries: minima of GFN2-xTB, the lowest of several, the same every time."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from ase import Atoms
from ase.data import atomic_numbers
from ase.optimize import BFGS
from ase.units import Bohr, Hartree
from levels_small import TINY, geometry, moved
from rdkit.Chem import rdMolTransforms
from scipy.spatial.transform import Rotation
from tblite.ase import TBLite
from tblite.interface import Calculator

from molecules.conformers import Geometry, conformers, to_mol
from molecules.species import Environment, Species, anion, cation, neutral
from pipeline.errors import InputError
from pipeline.geometry import FORCE_TOLERANCE, POSE_FREEDOM_ANGSTROM, relax, xtb_energy
from pipeline.thermochemistry import thermochemistry

ETHANOL = conformers("CCO", 1, seed=1)[0]


def tblite(at: Geometry, charge: int = 0, unpaired: int = 0, solvent: str = "gas") -> tuple[float, float]:
    """Energy in hartree and the largest force in eV/Å, by tblite's own interface."""
    numbers = np.array([atomic_numbers[symbol] for symbol in at.symbols])
    calculator = Calculator("GFN2-xTB", numbers, at.coordinates() / Bohr, charge, unpaired)
    calculator.set("verbosity", 0)
    if solvent != "gas":
        calculator.add("alpb-solvation", solvent)
    result = calculator.singlepoint()
    forces = np.asarray(result["gradient"]) * Hartree / Bohr
    return float(result["energy"]), float(np.linalg.norm(forces, axis=1).max())


@pytest.mark.parametrize("environment", get_args(Environment))
@pytest.mark.parametrize(("charge", "unpaired"), [(0, 0), (1, 1), (-1, 1)])
def test_energy_is_that_of_tblite(charge: int, unpaired: int, environment: Environment) -> None:
    expected, _ = tblite(ETHANOL, charge, unpaired, environment)
    assert xtb_energy(ETHANOL, charge, unpaired + 1, environment) == pytest.approx(expected, abs=1e-8)


def test_energy_does_not_depend_on_where_the_molecule_is() -> None:
    """ALPB's grid for the accessible surface turns with the frame, not with the molecule: some 1e-5 hartree."""
    turned = moved(ETHANOL, Rotation.random(random_state=3).as_matrix())
    assert xtb_energy(turned, 0, 1, "gas") == pytest.approx(xtb_energy(ETHANOL, 0, 1, "gas"), abs=1e-8)
    assert xtb_energy(turned, 0, 1, "water") == pytest.approx(xtb_energy(ETHANOL, 0, 1, "water"), abs=5e-5)


def test_water_stabilises_an_ion_more_than_a_molecule() -> None:
    """Born: some 70 kcal/mol for an anion of this size, a few for a polar molecule."""
    gain = {}
    for smiles in ("C[S-]", "CS"):
        species = neutral(smiles, smiles, "water")
        at = relax(species, TINY, seed=1).geometry
        gain[smiles] = xtb_energy(at, species.charge, 1, "gas") - xtb_energy(at, species.charge, 1, "water")
    assert gain["C[S-]"] > 0.08 > 0.02 > gain["CS"]


@pytest.mark.parametrize(("smiles", "charge", "multiplicity"), [("C=CC#N", 0, 1), ("[O-]C=C", -1, 1), ("[CH3]", 0, 2)])
@pytest.mark.parametrize("environment", get_args(Environment))
def test_the_minimum_is_one(smiles: str, charge: int, multiplicity: int, environment: Environment) -> None:
    relaxed = relax(Species(smiles, smiles, charge, multiplicity, environment), TINY, seed=1)
    energy, force = tblite(relaxed.geometry, charge, multiplicity - 1, environment)
    assert relaxed.energy_hartree == pytest.approx(energy, abs=1e-7)
    assert force < 1.01 * FORCE_TOLERANCE
    assert relaxed.flags == ()


@pytest.mark.parametrize("smiles", ["[CH]=C", "C[C]=O", "C[O]", "[CH2]O"])
def test_a_radical_leaves_the_saddle_point_that_its_force_field_puts_it_on(smiles: str) -> None:
    relaxed = relax(Species(smiles, smiles, 0, 2, "gas"), TINY, seed=1)
    assert min(thermochemistry(relaxed.geometry, 0, 2, "gas").frequencies_cm) > 50


def test_the_same_seed_gives_the_same_bits() -> None:
    level = replace(TINY, n_conformers=3)
    first = relax(neutral("OCCS", "2-mercaptoethanol", "water"), level, seed=11)
    assert relax(neutral("SCCO", "the same", "water"), level, seed=11) == first


def test_the_lowest_conformer_is_kept() -> None:
    """2-Fluoroethylamine: the force field's best is not GFN2-xTB's."""
    energies = []
    for start in conformers("NCCF", 6, seed=1):
        atoms = Atoms(list(start.symbols), start.coordinates(), calculator=TBLite(method="GFN2-xTB", verbosity=0))
        BFGS(atoms, logfile=None).run(fmax=FORCE_TOLERANCE / 4)
        energies.append(atoms.get_potential_energy() / Hartree)
    relaxed = relax(neutral("NCCF", "2-fluoroethylamine", "gas"), replace(TINY, n_conformers=6), seed=1)
    assert relaxed.n_conformers == len(energies) > 1
    assert relaxed.energy_hartree == pytest.approx(min(energies), abs=1e-4)
    assert min(energies) < energies[0] - 1e-3


@pytest.mark.parametrize(("smiles", "environment"), [("[He]", "gas"), ("[Na+]", "water"), ("[Cl-]", "water")])
def test_an_atom_needs_no_steps(smiles: str, environment: Environment) -> None:
    species = neutral(smiles, smiles, environment)
    relaxed = relax(species, TINY, seed=1)
    assert relaxed.geometry.symbols == species.symbols
    energy, _ = tblite(relaxed.geometry, species.charge, 0, environment)
    assert relaxed.energy_hartree == pytest.approx(energy, abs=1e-8)
    assert relaxed.flags == ()


def test_a_vertical_ion_has_its_molecules_geometry() -> None:
    molecule = neutral("C=O", "formaldehyde", "gas")
    at_rest = relax(molecule, TINY, seed=1)
    assert relax(cation(molecule), TINY, seed=1) == relax(anion(molecule), TINY, seed=1) == at_rest
    adiabatic = replace(cation(molecule), vertical=False)
    assert relax(adiabatic, TINY, seed=1).geometry != at_rest.geometry


@pytest.mark.parametrize(
    ("smiles", "flag"),
    [
        ("[CH2-]CBr", "the bond between C2 and Br3 broke"),  # ethylene and bromide
        ("[CH2+]C[O-]", "C1 and O3 came into bonding distance"),  # oxirane
        pytest.param(
            "[NH3+]CC(=O)[O-]",
            "N1",  # glycine in gas is no zwitterion
        ),
    ],
)
def test_what_rearranges_is_flagged(smiles: str, flag: str) -> None:
    flags = relax(neutral(smiles, smiles, "gas"), TINY, seed=1).flags
    assert any(flag in sentence for sentence in flags)


@pytest.mark.parametrize("smiles", ["C1CC1", "C12C3C4C1C5C2C3C45", "FS(F)(F)(F)(F)F", "BrBr", "O=C=O", "OO", "CSSC"])
def test_strained_long_and_crowded_bonds_are_no_rearrangement(smiles: str) -> None:
    assert relax(neutral(smiles, smiles, "gas"), TINY, seed=1).flags == ()


def test_what_cannot_exist_in_space_is_the_users_to_change() -> None:
    with pytest.raises(InputError, match="stereochemistry"):
        relax(neutral("C1C#C1", "cyclopropyne", "gas"), TINY, seed=1)


def test_an_impossible_multiplicity_is_the_users_to_change() -> None:
    with pytest.raises(InputError):
        xtb_energy(geometry(("O", 0, 0, 0), ("H", 0, 0, 0.97)), 0, 3, "gas")


# Poses


BUTANE = neutral("CCCC", "butane", "gas")


def butane(degrees: float) -> Geometry:
    """Butane with its carbons turned away from the relaxed zigzag."""
    mol = to_mol("CCCC", relax(BUTANE, TINY, seed=1).geometry)
    rdMolTransforms.SetDihedralDeg(mol.GetConformer(), 0, 1, 2, 3, degrees)
    return Geometry(BUTANE.symbols, tuple(map(tuple, mol.GetConformer().GetPositions().tolist())))


def test_a_pose_at_a_minimum_stays_there() -> None:
    free = relax(BUTANE, TINY, seed=1)
    posed = relax(replace(BUTANE, pose=free.geometry), TINY, seed=1)
    assert posed.energy_hartree == pytest.approx(free.energy_hartree, abs=1e-6)
    assert (posed.n_conformers, posed.flags) == (1, ())


@pytest.mark.parametrize("degrees", [0.0, 30.0, 120.0])
def test_a_pose_keeps_its_shape_and_loses_what_bonds_and_hydrogens_can(degrees: float) -> None:
    pose = butane(degrees)
    relaxed = relax(replace(BUTANE, pose=pose), TINY, seed=1)
    moves = np.linalg.norm(relaxed.geometry.coordinates() - pose.coordinates(), axis=1)[:4]
    assert moves.max() < POSE_FREEDOM_ANGSTROM + 0.05
    assert relaxed.energy_hartree == pytest.approx(xtb_energy(relaxed.geometry, 0, 1, "gas"), abs=1e-7)
    assert xtb_energy(pose, 0, 1, "gas") > relaxed.energy_hartree
    assert relaxed.energy_hartree > relax(BUTANE, TINY, seed=1).energy_hartree + 2e-4


def test_a_pose_of_other_atoms_is_the_users_to_change() -> None:
    with pytest.raises(InputError, match="does not have the atoms"):
        relax(replace(BUTANE, pose=ETHANOL), TINY, seed=1)


@pytest.mark.parametrize("smiles", ["C1CC#CC1", "c1ccc#cc1", "O=C1N2CCC1CC2", "C1CCC#CCC1"])
def test_what_only_distance_geometry_embeds_keeps_its_bonds(smiles: str) -> None:
    assert relax(neutral(smiles, smiles, "gas"), TINY, seed=1).flags == ()


def test_an_element_beyond_gfn2_is_refused() -> None:
    with pytest.raises(InputError, match="no parameters for Pu"):
        xtb_energy(Geometry(("Pu",), ((0.0, 0.0, 0.0),)), 3, 6, "gas")

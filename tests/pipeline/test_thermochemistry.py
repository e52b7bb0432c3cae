"""Thermochemistry: frequencies against ASE's own, corrections against measured and textbook values."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ase.thermochemistry import IdealGasThermo
from ase.units import Hartree, kB
from ase.vibrations import Vibrations
from levels_small import TINY, geometry, moved
from scipy.spatial.transform import Rotation

from molecules.conformers import Geometry
from molecules.species import Environment, Species
from pipeline.errors import InputError
from pipeline.geometry import relax, xtb_atoms
from pipeline.thermochemistry import SCF_ACCURACY, STEP_ANGSTROM, Thermochemistry, thermochemistry

KCAL_MOL = 627.509474
RT = kB * 298.15 / Hartree
ATOM = geometry(("H", 0.0, 0.0, 0.0))


def at_rest(smiles: str, multiplicity: int = 1, environment: Environment = "gas") -> Geometry:
    return relax(Species(smiles, smiles, 0, multiplicity, environment), TINY, seed=1).geometry


def of(smiles: str, multiplicity: int = 1, environment: Environment = "gas") -> Thermochemistry:
    return thermochemistry(at_rest(smiles, multiplicity, environment), 0, multiplicity, environment)


@pytest.mark.parametrize(
    ("smiles", "measured"),
    [("O", 13.26), ("N#N", 3.36), ("[H][H]", 6.23), ("C", 27.7), ("O=C=O", 7.25), ("[C-]#[O+]", 3.09)],
)
def test_zero_point_energies_are_near_the_measured(smiles: str, measured: float) -> None:
    """kcal/mol: diatomics Irikura, J. Phys. Chem. Ref. Data 36, 389 (2007); others NIST CCCBDB. The worst is H2."""
    assert KCAL_MOL * of(smiles).zero_point_hartree == pytest.approx(measured, abs=1.0)


@pytest.mark.parametrize(("smiles", "multiplicity"), [("CCO", 1), ("C#N", 1), ("[CH3]", 2)])
def test_frequencies_and_enthalpy_are_those_of_ase(smiles: str, multiplicity: int, tmp_path: Path) -> None:
    """ASE's `Vibrations` writes files and keeps translations and rotations; what it has beyond them is the same."""
    at = at_rest(smiles, multiplicity)
    ours = thermochemistry(at, 0, multiplicity, "gas")
    atoms = xtb_atoms(at, 0, multiplicity, "gas")
    atoms.calc.set(accuracy=SCF_ACCURACY)
    theirs = Vibrations(atoms, name=str(tmp_path / "modes"), delta=STEP_ANGSTROM)
    theirs.run()
    energies = theirs.get_energies()[-len(ours.frequencies_cm) :].real
    assert ours.frequencies_cm == pytest.approx(energies / 1.239841984e-4, abs=3.0)
    ideal = IdealGasThermo(energies, "linear" if smiles == "C#N" else "nonlinear", natoms=len(atoms))
    assert ours.enthalpy_hartree == pytest.approx(ideal.get_enthalpy(298.15, verbose=False) / Hartree, abs=2e-5)


@pytest.mark.parametrize(("environment", "tolerance"), [("gas", 1e-6), ("water", 5e-5)])
def test_corrections_do_not_depend_on_where_the_molecule_is(environment: Environment, tolerance: float) -> None:
    at = at_rest("C=O", environment=environment)
    turned = moved(at, Rotation.random(random_state=3).as_matrix())
    here, there = (thermochemistry(one, 0, 1, environment) for one in (at, turned))
    assert there.enthalpy_hartree == pytest.approx(here.enthalpy_hartree, abs=tolerance)
    assert there.gibbs_hartree == pytest.approx(here.gibbs_hartree, abs=2 * tolerance)


@pytest.mark.parametrize(("smiles", "modes"), [("N#N", 1), ("O=C=O", 4), ("C#C", 7), ("O", 3), ("[H][H]", 1)])
def test_linear_molecules_have_one_rotation_less(smiles: str, modes: int) -> None:
    """RT/2 for each translation and rotation, RT for the volume, and what the vibrations have taken up."""
    result = of(smiles)
    assert len(result.frequencies_cm) == modes
    reduced = np.array(result.frequencies_cm) * 1.438776877 / 298.15
    heat = float((reduced / np.expm1(reduced)).sum())
    rigid = (4.0 if smiles == "O" else 3.5) * RT
    assert result.enthalpy_hartree - result.zero_point_hartree == pytest.approx(rigid + heat * RT, abs=1e-8)


def test_an_atom_has_five_halves_of_rt() -> None:
    result = thermochemistry(ATOM, 0, 2, "gas")
    assert result.enthalpy_hartree == pytest.approx(2.5 * RT, rel=1e-9)
    assert (result.zero_point_hartree, result.frequencies_cm, result.flags) == (0.0, (), ())


@pytest.mark.parametrize(
    ("smiles", "multiplicity", "measured", "symmetry"),
    [("[H]", 2, 114.72, 1), ("[He]", 1, 126.15, 1), ("N#N", 1, 191.61, 2), ("O", 1, 188.83, 2), ("C", 1, 186.37, 12)],
)
def test_entropies_are_the_measured_ones(smiles: str, multiplicity: int, measured: float, symmetry: int) -> None:
    """J/mol/K at 1 bar: CODATA key values, Cox, Wagman, Medvedev (1989), and NIST for methane."""
    result = of(smiles, multiplicity)
    entropy = (result.enthalpy_hartree - result.gibbs_hartree) / 298.15 * 2625499.6
    assert entropy - 8.314463 * np.log(symmetry) == pytest.approx(measured, abs=0.5)


def test_a_saddle_point_is_flagged_and_its_mode_left_out() -> None:
    """Flat ammonia inverts."""
    spokes = [("H", float(np.cos(angle)), float(np.sin(angle)), 0.0) for angle in 2 * np.pi * np.arange(3) / 3]
    flat = thermochemistry(geometry(("N", 0.0, 0.0, 0.0), *spokes), 0, 1, "gas")
    assert "imaginary frequency" in flat.flags[0]
    assert flat.frequencies_cm[0] < -300
    assert flat.zero_point_hartree < of("N").zero_point_hartree


def test_a_methyl_group_on_its_barrier_counts_as_a_vibration() -> None:
    """Acetamide relaxes with a mirror plane, on which the methyl group is some 90i cm⁻¹ from its minimum."""
    result = of("CC(N)=O")
    assert -150 < result.frequencies_cm[0] < 0
    assert result.flags == ()
    real = np.abs(result.frequencies_cm)
    assert result.zero_point_hartree == pytest.approx(real.sum() / 2 / 219474.6314, rel=1e-6)


def test_an_impossible_multiplicity_is_the_users_to_change() -> None:
    with pytest.raises(InputError):
        thermochemistry(ATOM, 0, 1, "gas")

"""Strain: zero at a minimum, positive away from it, and not defined without a shape."""

from __future__ import annotations

from pathlib import Path

import pytest
from levels_small import TINY, ground_state_of
from rdkit import Chem
from rdkit.Chem import rdMolTransforms

from flows.single import single_descriptor
from molecules.conformers import Geometry, to_mol
from molecules.species import neutral
from pipeline.descriptors import DESCRIPTORS, DescriptorValue, NotApplicableError
from pipeline.errors import InputError
from pipeline.geometry import relax
from pipeline.ground_state import geometry_key, ground_state, ground_state_key
from pipeline.rungs import Rungs
from pipeline.store import Store

STRAIN = DESCRIPTORS["strain"]
FREE = neutral("CCCC", "butane", "water")


def butane(degrees: float) -> Geometry:
    """Butane with its carbons turned about the middle bond."""
    mol = to_mol("CCCC", relax(FREE, TINY, seed=1).geometry)
    rdMolTransforms.SetDihedralDeg(mol.GetConformer(), 0, 1, 2, 3, degrees)
    return Geometry(FREE.symbols, tuple(map(tuple, mol.GetConformer().GetPositions().tolist())))


def strain(pose: Geometry, store: Store) -> DescriptorValue:
    calculations = STRAIN.needs("CCCC", "butane", TINY, pose)
    (value,) = STRAIN.values([ground_state(one, TINY, 1, store) for one in calculations])
    return value


def test_there_is_no_strain_at_the_minimum(store: Store) -> None:
    value = strain(relax(FREE, TINY, seed=1).geometry, store)
    for number in value.rungs.as_dict().values():
        assert number == pytest.approx(0.0, abs=0.05)
    assert (value.flags, value.unit) == ((), "kcal/mol")


def test_a_twisted_pose_is_strained(store: Store) -> None:
    """Gauche butane lies 0.6 to 0.9 kcal/mol above the zigzag, the eclipsed form some 5."""
    eclipsed, gauche = strain(butane(0.0), store), strain(butane(65.0), store)
    for rung, number in eclipsed.rungs.as_dict().items():
        assert (number or 0.0) > (gauche.rungs[rung] or 0.0) > 0.1
    assert 2.0 < eclipsed.value < 8.0
    assert gauche.value == pytest.approx(0.8, abs=0.7)
    assert eclipsed.flags == gauche.flags == ()


def test_the_pose_is_part_of_what_a_species_is() -> None:
    posed, free = STRAIN.needs("CCCC", "butane", TINY, butane(0.0))
    other = STRAIN.needs("CCCC", "butane", TINY, butane(10.0))[0]
    assert posed.choice == free.choice
    assert free.species == FREE
    assert len({geometry_key(one.species, TINY, 1) for one in (posed, free, other)}) == 3
    assert len({ground_state_key(one, TINY, 1) for one in (posed, free, other)}) == 3


def test_a_molecule_without_a_shape_has_no_strain() -> None:
    with pytest.raises(NotApplicableError, match="butane comes without a shape") as caught:
        STRAIN.needs("CCCC", "butane", TINY)
    assert "SDF" in caught.value.remedy


def test_other_descriptors_do_not_mind_a_shape() -> None:
    ionisation = DESCRIPTORS["ionisation"]
    expected = ionisation.calculations("CCCC", "butane", TINY)
    assert ionisation.needs("CCCC", "butane", TINY, butane(0.0)) == expected


def test_a_pose_below_all_conformers_says_so() -> None:
    (value,) = STRAIN.values([ground_state_of(Rungs(xtb=e, vqe_pdft=e)) for e in (-1.001, -1.0)])
    assert "below every relaxed conformer" in value.flags[0]


def test_the_command_reads_poses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.single.profile", lambda _: TINY)
    file, store = tmp_path / "pose.sdf", f"sqlite:///{tmp_path / 'store.sqlite'}"
    mol = to_mol("CCCC", butane(0.0))
    with Chem.SDWriter(str(file)) as writer:
        writer.write(mol)
    (value,) = single_descriptor("strain", str(file), "quick", 1, store)
    assert value.value > 2.0
    with Chem.SDWriter(str(file)) as writer:
        writer.write(mol)
        writer.write(Chem.MolFromSmiles("CCO"))
    with pytest.raises(InputError, match="holds 2 molecules"):
        single_descriptor("strain", str(file), "quick", 1, store)
    with pytest.raises(NotApplicableError, match="without a shape"):
        single_descriptor("strain", "CCCC", "quick", 1, store)

"""GroundState: every rung against PySCF called directly, the order of the rungs, flags, keys and the store."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import cache
from typing import Any

import pytest
from levels_small import TINY, geometry
from pyscf import dft, gto, mcpdft, mcscf, scf

from molecules.conformers import Geometry
from molecules.species import THIOLATE, Species, anion, cation, neutral
from pipeline.active_space import ActiveSpaceChoice, Reference
from pipeline.descriptors import DESCRIPTORS
from pipeline.errors import ComputationError, InputError, ResourceError
from pipeline.geometry import relax, xtb_energy
from pipeline.ground_state import (
    Calculation,
    GroundState,
    compute,
    geometry_key,
    ground_state,
    ground_state_key,
    stored_ground_state,
)
from pipeline.level import PROFILES, LevelOfTheory
from pipeline.mean_field import mean_field
from pipeline.rungs import RUNGS
from pipeline.store import Store

WATER = neutral("O", "water", "water")
ETHYLENE = neutral("C=C", "ethylene", "gas")
LEVELS: dict[str, LevelOfTheory] = {
    "plain": TINY,
    "density fitted": replace(PROFILES["quick"], n_conformers=1),
    "self-consistent": replace(TINY, dft_functional="r2scan", dft_density="self-consistent"),
    "Kohn–Sham": replace(TINY, functional="pbe0"),
}
CASES = {
    "ethylene": (ETHYLENE, (4, 4)),
    "water": (WATER, (4, 4)),
    "amidogen": (Species("amidogen", "[NH2]", 0, 2, "water"), (5, 4)),
    "ethylene cation": (cation(ETHYLENE), (3, 4)),
    "oxygen": (Species("oxygen", "O=O", 0, 3, "gas"), (8, 6)),
    "hydride": (Species("hydride", "[H-]", -1, 1, "water"), (2, 1)),
}


@cache
def computed(name: str, level: str) -> GroundState:
    species, (electrons, orbitals) = CASES[name]
    at = relax(species, LEVELS[level], seed=1).geometry
    return compute(Calculation(species, ActiveSpaceChoice(electrons, orbitals)), at, LEVELS[level])


@cache
def pyscf(name: str, level: str) -> dict[str, float]:
    """The rungs that PySCF has, and its determinant's energy, at the same geometry in gas."""
    species, (electrons, orbitals) = CASES[name]
    chosen, at = LEVELS[level], computed(name, level).geometry
    atoms = list(zip(at.symbols, at.coordinates_angstrom, strict=True))
    spin = species.multiplicity - 1
    mol = gto.M(atom=atoms, basis=chosen.basis, charge=species.charge, spin=spin, verbose=0)
    hf, ks = (scf.ROHF, dft.ROKS) if spin else (scf.RHF, dft.RKS)

    def ready(solver: Any) -> Any:
        if chosen.density_fit:
            solver = solver.density_fit()
        solver.conv_tol = 1e-11
        return solver

    def kohn_sham(functional: str) -> Any:
        solver = ks(mol, xc=functional)
        solver.grids.level = chosen.grid_level
        return ready(solver)

    field = ready(hf(mol)) if chosen.functional == "hf" else kohn_sham(chosen.functional)
    field.kernel()
    null = kohn_sham(chosen.dft_functional)
    dft_energy = null.kernel() if chosen.dft_density != "hf" else null.energy_tot(dm=field.make_rdm1())
    exact = mcscf.CASCI(field, orbitals, electrons).run()
    pdft = mcpdft.CASCI(field, "tPBE", orbitals, electrons, grids_level=chosen.grid_level).run()
    return {
        "mean_field": field.e_tot,
        "dft": dft_energy,
        "casci": exact.e_tot,
        "casci_pdft": pdft.e_tot,
        "determinant": ready(hf(mol)).energy_tot(dm=field.make_rdm1()),
    }


everywhere = pytest.mark.parametrize(
    ("name", "level"),
    [(name, level) for level in LEVELS for name in CASES if level == "plain" or name in ("amidogen", "ethylene")],
)


@everywhere
@pytest.mark.parametrize("rung", ["mean_field", "dft", "casci", "casci_pdft"])
def test_rung_is_that_of_pyscf(name: str, level: str, rung: str) -> None:
    result = computed(name, level)
    value = result.energy_hartree.as_dict()[rung]
    assert value == pytest.approx(pyscf(name, level)[rung] + result.solvation_hartree, abs=2e-7)


@everywhere
def test_rungs_stand_in_the_order_of_the_variational_principle(name: str, level: str) -> None:
    result = computed(name, level)
    energy = result.energy_hartree
    assert all(isinstance(energy[rung], float) for rung in RUNGS)
    assert energy.casci is not None
    assert energy.vqe is not None
    assert energy.casci - 1e-9 <= energy.vqe
    assert energy.vqe <= pyscf(name, level)["determinant"] + result.solvation_hartree + 1e-8
    assert (result.converged, result.flags) == (True, ())
    assert result.trace[-1] + result.solvation_hartree == pytest.approx(energy.vqe, abs=1e-6)
    occupations = result.natural_occupations
    assert sum(occupations) == pytest.approx(result.n_electrons, abs=1e-9)
    assert list(occupations) == sorted(occupations, reverse=True)
    assert occupations[0] < 2 + 1e-9
    assert occupations[-1] > -1e-9


@pytest.mark.parametrize("name", ["water", "amidogen", "hydride"])
def test_solvation_shifts_every_rung_by_the_xtb_difference(name: str) -> None:
    wet = computed(name, "plain")
    species, at = wet.calculation.species, wet.geometry
    dry = compute(replace(wet.calculation, species=replace(species, environment="gas")), at, TINY)
    xtb = [xtb_energy(at, species.charge, species.multiplicity, where) for where in ("water", "gas")]
    assert dry.solvation_hartree == 0.0
    assert wet.solvation_hartree == pytest.approx(xtb[0] - xtb[1], abs=1e-9)
    assert wet.solvation_hartree < 0
    assert [wet.energy_hartree.xtb, dry.energy_hartree.xtb] == pytest.approx(xtb, abs=1e-9)
    for rung in RUNGS:
        shift = (wet.energy_hartree[rung] or 0.0) - (dry.energy_hartree[rung] or 0.0)
        assert shift == pytest.approx(wet.solvation_hartree, abs=1e-8)


@pytest.mark.parametrize("distance", [0.74, 2.0])
def test_uccsd_and_what_rests_on_it_are_exact_for_two_electrons(distance: float) -> None:
    """But for what the product form costs, some 1e-8 hartree."""
    at = geometry(("H", 0, 0, 0), ("H", 0, 0, distance))
    level = replace(TINY, basis="6-31g")
    energy = compute(Calculation(neutral("[H][H]", "H2", "gas"), ActiveSpaceChoice(2, 4)), at, level).energy_hartree
    assert energy.vqe == pytest.approx(energy.casci, abs=5e-8)
    assert energy.vqe_pdft == pytest.approx(energy.casci_pdft, abs=1e-6)


def test_a_level_without_dft_has_no_dft_rung() -> None:
    level = replace(TINY, dft_functional="")
    result = compute(Calculation(WATER, ActiveSpaceChoice(4, 4)), computed("water", "plain").geometry, level)
    assert result.energy_hartree == replace(computed("water", "plain").energy_hartree, dft=None)


def test_iodine_has_its_core_potential() -> None:
    """def2-SVP of iodine stands for 25 electrons beside a core potential for 28."""
    at = geometry(("I", 0, 0, 0), ("H", 0, 0, 1.61))
    mol = gto.M(atom="I 0 0 0; H 0 0 1.61", basis="def2-svp", ecp={"I": "def2-svp"}, verbose=0)
    result = mean_field(at, 0, 1, replace(TINY, basis="def2-svp"))
    assert (result.n_alpha, result.n_beta) == mol.nelec
    assert result.energy_hartree == pytest.approx(scf.RHF(mol).kernel(), abs=1e-6)


# Flags


def flags(species: Species, at: Geometry, choice: ActiveSpaceChoice) -> tuple[str, ...]:
    return compute(Calculation(species, choice), at, TINY).flags


@pytest.mark.parametrize(("distance", "flagged"), [(1.1, False), (1.6, False), (2.6, True)])
def test_a_poor_vqe_is_flagged(distance: float, flagged: bool) -> None:
    """UCCSD fails for the stretched triple bond of nitrogen: correlation and spin both go astray."""
    at = geometry(("N", 0, 0, 0), ("N", 0, 0, distance))
    result = compute(Calculation(neutral("N#N", "nitrogen", "gas"), ActiveSpaceChoice(6, 6)), at, TINY)
    energy = result.energy_hartree
    recovered = (energy.mean_field - energy.vqe) / (energy.mean_field - energy.casci)  # type: ignore[operator]
    assert (recovered < 0.95) == flagged
    assert any(f"{100 * recovered:.0f}% of the active space's correlation" in flag for flag in result.flags) == flagged
    assert any("VQE state has ⟨S²⟩" in flag for flag in result.flags) == (result.s_squared > 0.01) == flagged


def test_a_lower_triplet_under_a_singlet_is_flagged() -> None:
    at = geometry(("O", 0, 0, 0), ("O", 0, 0, 1.2))
    asked = flags(neutral("O=O", "oxygen", "gas"), at, ActiveSpaceChoice(8, 6))
    assert "The exact state has ⟨S²⟩ = 2.00 in place of 0.00." in asked


def test_orbitals_away_from_the_named_atoms_are_flagged() -> None:
    at = computed("ethylene", "plain").geometry
    both = tuple(Reference(atom, "normal") for atom in (0, 1))
    assert flags(ETHYLENE, at, ActiveSpaceChoice(2, 2, both)) == ()
    assert "only 0% on the atoms" in flags(ETHYLENE, at, ActiveSpaceChoice(4, 4, both))[0]


@pytest.mark.parametrize(
    ("limits", "flag"),
    [
        (["vqe.minimise.MAX_EVALUATIONS"], "The VQE did"),
        (["mean_field.MAX_CYCLES", "mean_field.MAX_SECOND_ORDER_CYCLES"], "The SCF did"),
    ],
)
def test_what_did_not_converge_is_flagged(limits: list[str], flag: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in limits:
        monkeypatch.setattr(f"pipeline.{limit}", 1)
    at = computed("ethylene", "plain").geometry
    result = compute(Calculation(ETHYLENE, ActiveSpaceChoice(4, 4)), at, TINY)
    assert f"{flag} not converge." in result.flags
    assert not result.converged


def test_a_dft_null_model_converges_or_is_flagged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three cycles are enough for Hartree–Fock, whose second-order solver takes over, and too few for DFT."""
    calculation = Calculation(neutral("NC=O", "formamide", "gas"), ActiveSpaceChoice(2, 2))
    at, level = relax(calculation.species, TINY, seed=1).geometry, replace(TINY, dft_density="self-consistent")
    expected = compute(calculation, at, level).energy_hartree.dft
    monkeypatch.setattr("pipeline.mean_field.MAX_CYCLES", 3)
    result = compute(calculation, at, level)
    assert "The SCF did not converge." not in result.flags
    assert any("DFT" in flag for flag in result.flags) or result.energy_hartree.dft == pytest.approx(expected, abs=1e-6)


# Failures


@pytest.mark.parametrize(
    ("species", "choice", "level", "error", "stage"),
    [
        (WATER, ActiveSpaceChoice(4, 40), TINY, InputError, "active_space"),
        (WATER, ActiveSpaceChoice(4, 4), replace(TINY, basis="def3-svp"), InputError, "mean_field"),
        (WATER, ActiveSpaceChoice(4, 4), replace(TINY, functional="b4lyp"), InputError, "mean_field"),
        (neutral("c1ccccc1", "benzene", "gas"), ActiveSpaceChoice(20, 20), TINY, ResourceError, "active_space"),
        pytest.param(
            neutral("C1C#C1", "cyclopropyne", "gas"),
            ActiveSpaceChoice(4, 4),
            TINY,
            InputError,
            "geometry",
        ),
        pytest.param(
            replace(WATER, multiplicity=2),
            ActiveSpaceChoice(5, 4),
            TINY,
            InputError,
            "geometry",
        ),
    ],
    ids=["space", "basis", "functional", "memory", "embedding", "multiplicity"],
)
def test_a_failure_says_what_to_do_and_where_it_happened(
    species: Species,
    choice: ActiveSpaceChoice,
    level: LevelOfTheory,
    error: type[ComputationError],
    stage: str,
    store: Store,
) -> None:
    with pytest.raises(error) as caught:
        ground_state(Calculation(species, choice), level, 1, store)
    assert (caught.value.stage, bool(caught.value.remedy)) == (stage, True)
    assert store.count("ground_state") == 0


# Keys and the store


def test_a_stored_ground_state_is_exact_and_costs_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    calculation = DESCRIPTORS["thiol_addition"].calculations("C=CC#N", "acrylonitrile", TINY)[1]
    assert stored_ground_state(calculation, TINY, 7, store) is None
    first = ground_state(calculation, TINY, 7, store)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr("pipeline.ground_state.compute", refuse)
    monkeypatch.setattr("pipeline.ground_state.relax", refuse)
    assert ground_state(calculation, TINY, 7, Store(store.url)) == first
    assert stored_ground_state(calculation, TINY, 7, store) == first
    assert (store.count("geometry"), store.count("ground_state")) == (1, 1)
    for changed in (replace(TINY, basis="6-31g"), replace(TINY, n_conformers=2)):
        with pytest.raises(AssertionError, match="computed again"):
            ground_state(calculation, changed, 7, store)


def test_the_same_seed_gives_the_same_energies(store: Store) -> None:
    calculation = Calculation(WATER, ActiveSpaceChoice(4, 4))
    other = Store("sqlite://")
    first, second = (ground_state(calculation, TINY, 3, one) for one in (store, other))
    assert first.geometry == second.geometry
    assert list(first.energy_hartree.as_dict().values()) == pytest.approx(
        list(second.energy_hartree.as_dict().values()), abs=1e-9
    )


def test_a_stored_ground_state_bears_the_label_asked_for(store: Store) -> None:
    ground_state(Calculation(WATER, ActiveSpaceChoice(4, 4)), TINY, 1, store)
    renamed = Calculation(replace(WATER, label="oxidane"), ActiveSpaceChoice(4, 4))
    assert ground_state(renamed, TINY, 1, store).calculation == renamed


def test_vertical_ions_share_their_molecules_geometry(store: Store) -> None:
    space = ActiveSpaceChoice(4, 4)
    whole = ground_state(Calculation(ETHYLENE, space), TINY, 1, store)
    plus = ground_state(Calculation(cation(ETHYLENE), replace(space, n_electrons=3)), TINY, 1, store)
    minus = ground_state(Calculation(anion(ETHYLENE), replace(space, n_electrons=5)), TINY, 1, store)
    assert whole.geometry == plus.geometry == minus.geometry
    assert (store.count("geometry"), store.count("ground_state")) == (1, 3)
    assert plus.s_squared == pytest.approx(0.75, abs=1e-2)


def test_keys_tell_apart_whatever_changes_an_energy() -> None:
    choice = ActiveSpaceChoice(6, 3, (Reference(1, "all"),))
    base = Calculation(THIOLATE, choice)
    others: dict[str, Any] = {
        "basis": "6-31g",
        "density_fit": True,
        "functional": "pbe",
        "dft_functional": "pbe",
        "dft_density": "self-consistent",
        "ontop_functional": "ftPBE",
        "grid_level": 5,
        "solvent_model": "smd",
        "frontier": (2, 2),
        "ansatz": "kupccgsd",
        "n_conformers": 9,
    }
    assert others.keys() == {field.name for field in fields(LevelOfTheory)}
    levels = [replace(TINY, **{name: value}) for name, value in others.items()]
    species = [
        replace(THIOLATE, **change)
        for change in (
            {"smiles": "CC[S-]"},
            {"charge": 0, "multiplicity": 2},
            {"multiplicity": 3},
            {"environment": "gas"},
            {"charge": 0, "multiplicity": 2, "vertical": True},
        )
    ]
    choices = [
        ActiveSpaceChoice(4, 3, choice.references),
        ActiveSpaceChoice(6, 4, choice.references),
        ActiveSpaceChoice(6, 3),
        ActiveSpaceChoice(6, 3, (Reference(1, "toward", 0),)),
        ActiveSpaceChoice(6, 3, (Reference(0, "all"),)),
    ]
    keys = [
        ground_state_key(base, TINY, 1),
        ground_state_key(base, TINY, 2),
        *(ground_state_key(base, level, 1) for level in levels),
        *(ground_state_key(Calculation(one, choice), TINY, 1) for one in species),
        *(ground_state_key(Calculation(THIOLATE, one), TINY, 1) for one in choices),
    ]
    assert len(set(keys)) == len(keys)
    assert ground_state_key(Calculation(replace(THIOLATE, label="thiolate"), choice), TINY, 1) == keys[0]
    geometries = {name: geometry_key(THIOLATE, level, 1) for name, level in zip(others, levels, strict=True)}
    here = geometry_key(THIOLATE, TINY, 1)
    assert [name for name, key in geometries.items() if key != here] == ["n_conformers"]

"""Descriptors: the algebra of equations, and reaction and ionisation energies of small molecules."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from levels_small import TINY, ground_state_of

from molecules.radicals import CARBON_HYDROGEN, HETEROATOM_HYDROGEN, find_bonds
from molecules.smiles import canonical, parse
from molecules.standardize import ELEMENTS
from pipeline.descriptors import DESCRIPTORS, DescriptorValue, NotApplicableError
from pipeline.descriptors.bond_dissociation import dissociation
from pipeline.descriptors.equation import energy_difference, method_spread
from pipeline.descriptors.thiol_addition import model_systems
from pipeline.errors import InputError
from pipeline.ground_state import GroundState, ground_state, ground_state_key
from pipeline.level import PROFILES, LevelOfTheory
from pipeline.mean_field import n_basis
from pipeline.rungs import RUNGS, Rungs
from pipeline.store import Store

KCAL_MOL, EV = 627.509474, 27.211386
ENERGIES = st.lists(st.floats(-100, 100), min_size=len(RUNGS), max_size=len(RUNGS)).map(
    lambda values: Rungs(**dict(zip(RUNGS, values, strict=True)))
)
COEFFICIENTS = st.sampled_from([-2.0, -1.0, 1.0, 2.0])
EQUATIONS = st.lists(st.tuples(COEFFICIENTS, ENERGIES), min_size=1, max_size=4)


def difference(*terms: tuple[float, GroundState], removed_electrons: int = 0) -> DescriptorValue:
    return energy_difference("name", "title", "kcal/mol", KCAL_MOL, "equation", terms, removed_electrons)


def energies(*terms: tuple[float, Rungs]) -> list[float]:
    """Σ coefficient · E on every rung, in kcal/mol."""
    return every_rung(difference(*((c, ground_state_of(energy)) for c, energy in terms)))


def every_rung(value: DescriptorValue) -> list[float]:
    return [number for number in value.rungs.as_dict().values() if number is not None]


# The algebra


@given(equation=EQUATIONS)
def test_an_equation_is_a_sum_on_every_rung(equation: list[tuple[float, Rungs]]) -> None:
    by_hand = [KCAL_MOL * sum(c * (energy[rung] or 0.0) for c, energy in equation) for rung in RUNGS]
    value = difference(*((c, ground_state_of(energy)) for c, energy in equation))
    assert every_rung(value) == pytest.approx(by_hand, abs=1e-6)
    assert value.value == value.rungs.vqe_pdft


@given(equation=EQUATIONS, factor=st.floats(-3, 3))
def test_equations_are_linear(equation: list[tuple[float, Rungs]], factor: float) -> None:
    scaled = energies(*((factor * c, energy) for c, energy in equation))
    assert scaled == pytest.approx([factor * number for number in energies(*equation)], abs=1e-6)


@given(left=ENERGIES, right=ENERGIES, shift=st.floats(-1e4, 1e4))
def test_a_shift_that_both_sides_share_cancels(left: Rungs, right: Rungs, shift: float) -> None:
    shifted = energies((1.0, left.shifted(shift)), (-1.0, right.shifted(shift)))
    assert shifted == pytest.approx(energies((1.0, left), (-1.0, right)), abs=1e-6)


@given(a=ENERGIES, b=ENERGIES, c=ENERGIES)
def test_reactions_add_up(a: Rungs, b: Rungs, c: Rungs) -> None:
    """Hess: A → B → C costs what A → C costs."""
    step_one, step_two = energies((1.0, b), (-1.0, a)), energies((1.0, c), (-1.0, b))
    whole = energies((1.0, c), (-1.0, a))
    assert [x + y for x, y in zip(step_one, step_two, strict=True)] == pytest.approx(whole, abs=1e-6)


@given(left=ENERGIES, right=ENERGIES, rung=st.sampled_from([rung for rung in RUNGS if rung != "vqe_pdft"]))
def test_a_rung_that_one_species_lacks_is_missing(left: Rungs, right: Rungs, rung: str) -> None:
    value = difference((1.0, ground_state_of(left)), (-1.0, ground_state_of(replace(right, **{rung: None}))))
    assert [name for name, number in value.rungs.as_dict().items() if number is None] == [rung]


@pytest.mark.parametrize("missing", [None, math.nan, math.inf])
def test_a_value_that_cannot_rank_is_refused(missing: float | None) -> None:
    with pytest.raises(ValueError, match="vqe_pdft has no finite value"):
        difference((1.0, ground_state_of(Rungs(mean_field=1.0, vqe_pdft=missing))))


def test_enthalpies_shift_every_rung_alike() -> None:
    left, right = (replace(ground_state_of(Rungs(xtb=-1.0, vqe_pdft=-2.0)), enthalpy_hartree=h) for h in (0.03, 0.01))
    value = difference((2.0, left), (-1.0, right))
    assert every_rung(value) == pytest.approx([KCAL_MOL * (-1.0 + 0.05), KCAL_MOL * (-2.0 + 0.05)])


def test_uncertainty_is_the_spread_of_methods() -> None:
    assert method_spread(Rungs(vqe_pdft=3.0)) == 0.0
    assert method_spread(Rungs(vqe_pdft=3.0, casci_pdft=3.5, dft=-1.0)) == pytest.approx(0.5 + 2.0)


@pytest.mark.parametrize(
    ("products", "reactants", "removed", "flagged"),
    [
        ([(10, 7)], [(4, 4), (6, 3)], 0, None),
        ([(3, 4)], [(4, 4)], 1, None),
        ([(4, 4)], [(5, 4)], 1, None),
        ([(3, 4)], [(4, 4)], 0, "electrons sum to -1 and orbitals to +0"),
        ([(4, 4)], [(4, 4)], 1, "electrons sum to +0"),
        ([(10, 8)], [(4, 4), (6, 3)], 0, "electrons sum to +0 and orbitals to +1"),
        ([(12, 8)], [(4, 4), (6, 3)], 0, "electrons sum to +2 and orbitals to +1"),
    ],
)
def test_spaces_that_do_not_balance_are_flagged(
    products: list[tuple[int, int]], reactants: list[tuple[int, int]], removed: int, flagged: str | None
) -> None:
    energy = Rungs(vqe_pdft=-1.0)
    terms = [(1.0, ground_state_of(energy, *space)) for space in products]
    terms += [(-1.0, ground_state_of(energy, *space)) for space in reactants]
    flags = difference(*terms, removed_electrons=removed).flags
    assert (flags == ()) == (flagged is None)
    assert flagged is None or flagged in flags[0]


def test_flags_of_the_species_are_carried_on_under_their_names() -> None:
    energy = Rungs(vqe_pdft=-1.0)
    product = ground_state_of(energy, 4, 4, "adduct", "The VQE did not converge.")
    assert difference((1.0, product), (-1.0, ground_state_of(energy))).flags == ("adduct: The VQE did not converge.",)


# Ionisation


@given(molecule=st.floats(-100, 0), ie=st.floats(0.1, 1), ea=st.floats(-0.5, 0.05), gain=st.floats(0, 0.1))
def test_ionisation_gives_six_values_and_names_an_unbound_anion(
    molecule: float, ie: float, ea: float, gain: float
) -> None:
    """ω = μ²/2η (Parr, Szentpály, Liu 1999) with the chemical potential μ = −(IE + EA)/2 and η = IE − EA."""
    states = [
        ground_state_of(Rungs(vqe_pdft=molecule), 4),
        ground_state_of(Rungs(vqe_pdft=molecule + ie), 3),
        ground_state_of(Rungs(vqe_pdft=molecule - ea), 5),
        ground_state_of(Rungs(vqe_pdft=molecule + ie - gain), 3),
        ground_state_of(Rungs(vqe_pdft=molecule - ea - gain), 5),
    ]
    values = {value.name.removeprefix("ionisation."): value for value in DESCRIPTORS["ionisation"].values(states)}
    potential, hardness = -EV * (ie + ea) / 2, EV * (ie - ea)
    assert values["ie_vertical"].value == pytest.approx(EV * ie, abs=1e-6)
    assert values["ea_vertical"].value == pytest.approx(EV * ea, abs=1e-6)
    assert values["ie_adiabatic"].value == pytest.approx(EV * (ie - gain), abs=1e-6)
    assert values["ea_adiabatic"].value == pytest.approx(EV * (ea + gain), abs=1e-6)
    assert values["hardness"].value == pytest.approx(hardness, abs=1e-6)
    assert values["electrophilicity"].value == pytest.approx(potential**2 / (2 * hardness), rel=1e-5, abs=1e-6)
    unbound = values["ea_vertical"].value < 0
    assert values["ie_vertical"].flags == values["ie_adiabatic"].flags == ()
    for name in ("ea_vertical", "hardness", "electrophilicity"):
        assert any("not bound" in flag for flag in values[name].flags) == unbound
    assert any("not bound" in flag for flag in values["ea_adiabatic"].flags) == (values["ea_adiabatic"].value < 0)


@pytest.mark.parametrize(
    ("smiles", "vertical", "adiabatic"),
    [("O", 12.62, 12.62), ("C=C", 10.68, 10.51), ("C=O", 10.88, 10.88), ("N", 10.82, 10.07)],
)
def test_ionisation_energies_are_those_of_photoelectron_spectra(
    smiles: str, vertical: float, adiabatic: float, store: Store
) -> None:
    """eV: NIST Chemistry WebBook. Hartree–Fock is off by more than an electronvolt. Ammonia turns flat."""
    quick = replace(PROFILES["quick"], n_conformers=1)
    ionisation = DESCRIPTORS["ionisation"]
    states = [ground_state(one, quick, 1, store) for one in ionisation.needs(smiles, smiles, quick)]
    values = {value.name.removeprefix("ionisation."): value for value in ionisation.values(states)}
    energy, affinity, hardness = (values[name] for name in ("ie_vertical", "ea_vertical", "hardness"))
    assert energy.value == pytest.approx(vertical, abs=0.5)
    assert energy.flags == ()
    assert affinity.value < 0
    assert len(affinity.flags) == 1  # small molecules bind no electron, and say so
    assert every_rung(hardness) == pytest.approx(
        [ie - ea for ie, ea in zip(every_rung(energy), every_rung(affinity), strict=True)]
    )
    relaxed = values["ie_adiabatic"]
    assert relaxed.value == pytest.approx(adiabatic, abs=0.5)
    assert (relaxed.rungs.xtb or 0.0) <= (energy.rungs.xtb or 0.0) + 1e-6
    above = relaxed.value > energy.value  # the minimum is GFN2-xTB's, not that of the rung that ranks
    assert relaxed.value < energy.value + 0.1
    assert any("above the vertical one" in flag for flag in relaxed.flags) == above
    assert len(relaxed.flags) == above
    if smiles == "N":
        assert energy.value - relaxed.value > 0.4


def test_an_anion_that_is_bound_gains_by_relaxing(store: Store) -> None:
    """Nitromethane's nitro group bends on taking an electron."""
    quick = replace(PROFILES["quick"], n_conformers=1)
    ionisation = DESCRIPTORS["ionisation"]
    states = [ground_state(one, quick, 1, store) for one in ionisation.needs("C[N+](=O)[O-]", "nitromethane", quick)]
    values = {value.name.removeprefix("ionisation."): value for value in ionisation.values(states)}
    vertical, adiabatic = values["ea_vertical"], values["ea_adiabatic"]
    for rung in ("xtb", "mean_field", "dft", "casci_pdft", "vqe_pdft"):
        assert (adiabatic.rungs[rung] or 0.0) > (vertical.rungs[rung] or 0.0) + 0.3  # type: ignore[index]
    assert not any("above the vertical" in flag for flag in adiabatic.flags)


# Thiol addition


@pytest.mark.parametrize("smiles", ["c1ccccc1", "C=CCC(N)=O", "CC(=O)NC", "C"])
def test_thiols_do_not_add_to_everything(smiles: str) -> None:
    with pytest.raises(NotApplicableError, match="test molecule has no C=C") as caught:
        DESCRIPTORS["thiol_addition"].calculations(smiles, "test molecule", TINY)
    assert isinstance(caught.value, InputError)
    assert caught.value.remedy


@cache
def reaction(smiles: str) -> tuple[DescriptorValue, DescriptorValue]:
    """Energy and barrier."""
    quick, store = replace(PROFILES["quick"], n_conformers=1), Store("sqlite://")
    addition = DESCRIPTORS["thiol_addition"]
    states = [ground_state(one, quick, 1, store) for one in addition.calculations(smiles, smiles, quick)]
    energy, barrier = addition.values(states)
    return energy, barrier


@pytest.mark.parametrize("smiles", ["C=CC=O", "C=CC#N"])
def test_thiolate_adds_to_a_michael_acceptor(smiles: str) -> None:
    """Exergonic on every rung with dynamic correlation; the VQE is near the exact state; and nothing is amiss."""
    value, barrier = reaction(smiles)
    rungs = value.rungs.as_dict()
    assert value.flags == ()
    assert value.unit == "kcal/mol"
    assert all(-60 < (rungs[rung] or 0.0) < 0 for rung in ("xtb", "dft", "casci_pdft", "vqe_pdft"))
    assert value.rungs.vqe == pytest.approx(value.rungs.casci, abs=1.0)
    assert value.rungs.vqe_pdft == pytest.approx(value.rungs.casci_pdft, abs=1.0)
    assert value.value == pytest.approx(value.rungs.dft, abs=10.0)
    assert (barrier.name, barrier.unit) == ("thiol_addition.barrier", "kcal/mol")
    assert all((barrier.rungs[rung] or 0.0) > (value.rungs[rung] or 0.0) for rung in ("xtb", "dft", "vqe_pdft"))
    assert not any("balance" in flag for flag in barrier.flags)


def test_an_aldehyde_takes_thiolate_more_readily_than_a_nitrile() -> None:
    """Acrolein meets thiols far faster than acrylonitrile; here every rung agrees."""
    assert all(a < b for a, b in zip(every_rung(reaction("C=CC=O")[0]), every_rung(reaction("C=CC#N")[0]), strict=True))


def test_a_large_molecule_has_a_model_inside_a_grown_one() -> None:
    ibrutinib = canonical("C=CC(=O)N1CCC[C@H](C1)n1nc(-c2ccc(Oc3ccccc3)cc2)c2c(N)ncnc12")
    models = model_systems(ibrutinib)
    assert models is not None
    inner, larger = models
    warhead = set(parse(ibrutinib).GetSubstructMatch(parse("C=CC(=O)N")))
    assert warhead < set(inner.atoms) < set(larger.atoms)
    assert model_systems("C=CC(=O)NC") is None


AFATINIB = "CN(C)C/C=C/C(=O)Nc1cc2c(Nc3ccc(F)c(Cl)c3)ncnc2cc1O[C@H]1CCOC1"


def test_growing_a_model_is_the_middle_layer_of_three() -> None:
    """At quick both layers are one, so that the equation is that of the grown model alone."""
    needed = DESCRIPTORS["thiol_addition"].needs(canonical(AFATINIB), "afatinib", PROFILES["standard"])
    small, middle = (needed[0], needed[1]), needed[3:7]
    assert [one.is_middle_layer for one in needed] == [False] * 3 + [True] * 4 + [False] * 2
    for level in PROFILES.values():
        assert {one.level_of(level).basis for one in middle} == {"def2-svp"}
        keys = [ground_state_key(one, level, 1) for one in (*small, *middle[2:])]
        assert len(set(keys)) == (2 if level == PROFILES["quick"] else 4)
    assert (middle[0].species.charge, middle[1].species.charge) == (0, 1)  # its amine is an ammonium at pH 7.4
    assert len(middle[0].species.symbols) > len(small[0].species.symbols)


def test_reactivity_is_that_of_the_form_in_water_and_the_rest_of_the_neutral_one() -> None:
    quick = PROFILES["quick"]

    def charges(name: str, smiles: str, neutral: bool) -> set[int]:
        needed = DESCRIPTORS[name].needs(smiles, smiles, quick, neutral=neutral)
        return {one.species.charge for one in needed}

    assert charges("thiol_addition", "C=CC(=O)O", neutral=False) == {-2, -1}  # acrylate, its adduct, the thiolate
    assert charges("thiol_addition", "C=CC(=O)O", neutral=True) == {-1, 0}
    assert charges("thiol_addition", "C=CC(=O)NC", neutral=False) == {-1, 0}
    assert charges("solvation", "C=CC(=O)O", neutral=False) == {0}
    assert charges("ionisation", "C=CC(=O)O", neutral=False) == {-1, 0, 1}


def test_an_equation_on_models_adds_growth_and_the_rest() -> None:
    needed = DESCRIPTORS["thiol_addition"].needs(canonical(AFATINIB), "afatinib", PROFILES["standard"])
    vqe, xtb = (-5.0, -3.0, -1.0, -9.5, -7.0, -5.5, -3.1), (-0.5, -0.3, -0.1, -0.9, -0.6, -0.5, -0.3, -2.0, -1.6)
    states = [
        replace(ground_state_of(Rungs(vqe_pdft=v, xtb=x), 2, 2), calculation=one, converged=True)
        for v, x, one in zip((*vqe, None, None), xtb, needed, strict=True)
    ]
    balanced = [
        replace(state, n_electrons=one.choice.n_electrons, n_orbitals=one.choice.n_orbitals) if one.choice else state
        for state, one in zip(states, needed, strict=True)
    ]
    (value,) = DESCRIPTORS["thiol_addition"].values(balanced)
    growth, rest = (-9.5 + 7.0) - (-5.5 + 3.1), (-2.0 + 1.6) - (-0.9 + 0.6)
    assert value.value == pytest.approx(KCAL_MOL * (-5.0 + 3.0 + 1.0 + growth + rest))
    assert value.rungs.xtb == pytest.approx(KCAL_MOL * (-2.0 + 1.6 + 0.1))  # the whole molecule's
    changed = growth + rest - ((-2.0 + 1.6) - (-0.5 + 0.3))
    assert value.uncertainty_from["model"] == pytest.approx(abs(KCAL_MOL * changed))
    assert not any("balance" in flag for flag in value.flags)
    assert any("def2-SVP" in flag for flag in value.flags)


# The shelf


def bond_states(pattern: str, smiles: str) -> list[GroundState]:
    """The hydrogen atom, and molecule and radical of each bond."""
    molecule, radical, hydrogen = dissociation(find_bonds(smiles, pattern)[0], "M")
    return [
        replace(ground_state_of(Rungs(vqe_pdft=-1.0), *space), calculation=calculation)
        for calculation, space in ((hydrogen, (1, 1)), (molecule, (2, 2)), (radical, (1, 1)))
    ]


def test_descriptors_give_the_values_that_they_announce() -> None:
    given_by = {
        "thiol_addition": [
            ground_state_of(Rungs(vqe_pdft=-1.0), *space) for space in ((10, 7), (4, 4), (6, 3), (10, 7))
        ],
        "ionisation": [
            ground_state_of(Rungs(vqe_pdft=e), n) for e, n in ((-2.0, 4), (-1.0, 3), (-1.9, 5), (-1.1, 3), (-1.95, 5))
        ],
        "bond_dissociation": bond_states(CARBON_HYDROGEN, "C"),
        "heteroatom_dissociation": bond_states(HETEROATOM_HYDROGEN, "CO"),
        "solvation": [ground_state_of(Rungs(vqe_pdft=e)) for e in (-1.0, -1.1, -1.2)],
        "strain": [ground_state_of(Rungs(vqe_pdft=e)) for e in (-1.0, -1.1)],
    }
    names = {name: [value.name for value in DESCRIPTORS[name].values(states)] for name, states in given_by.items()}
    assert names.keys() == DESCRIPTORS.keys()
    assert all(value.split(".")[0] == name for name, values in names.items() for value in values)
    for name, descriptor in DESCRIPTORS.items():
        assert set(descriptor.names) <= set(names[name])


@pytest.mark.parametrize("level", PROFILES.values(), ids=list(PROFILES))
def test_every_profile_has_a_basis_for_every_element_that_is_let_in(level: LevelOfTheory) -> None:
    assert n_basis(ELEMENTS, level.basis) > len(ELEMENTS)

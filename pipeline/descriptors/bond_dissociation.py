"""Bond dissociation: H[R•] + H[H•] − H[RH] at 298 K in gas; where a molecule gives up a hydrogen most easily."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from molecules.radicals import CARBON_HYDROGEN, HETEROATOM_HYDROGEN, BreakableBond, find_bonds, homolysis
from molecules.species import neutral
from pipeline.active_space import ActiveSpaceChoice, Reference
from pipeline.descriptors.equation import Descriptor, DescriptorValue, NotApplicableError, energy_difference
from pipeline.ground_state import Calculation, GroundState
from pipeline.level import LevelOfTheory
from pipeline.rungs import HARTREE_IN_KCAL_MOL
from pipeline.soft_spots import weakest_bonds

_FAMILIES = ("bond_dissociation.", "heteroatom_dissociation.")
MOST_BONDS = 4
"""Distinct bonds of a molecule that are computed on every rung; of more, the weakest by GFN2-xTB."""
_ONE_ELECTRON = ActiveSpaceChoice(1, 1)
"""The singly occupied orbital of a radical, which is always active: a hydrogen's 1s, a radical's own."""


def dissociation(bond: BreakableBond, name: str) -> tuple[Calculation, Calculation, Calculation]:
    """The molecule and its two radicals with active spaces that balance; for any single bond outside rings.

    Molecule: the bond's σ and σ*, projected onto the two atomic orbitals that make it. Radicals: the orbital of the
    unpaired electron. So the bond may break in the space that describes it.
    """
    ends = ((bond.atom, bond.partner, bond.symbols[0]), (bond.partner, bond.atom, bond.symbols[1]))
    references = tuple(
        Reference(here, "s") if symbol == "H" else Reference(here, "toward", there) for here, there, symbol in ends
    )
    molecule = neutral(bond.smiles, name, "gas")
    first, second = homolysis(bond, name)
    return (
        Calculation(molecule, ActiveSpaceChoice(2, 2, references), thermal=True),
        Calculation(first, _ONE_ELECTRON, thermal=True),
        Calculation(second, _ONE_ELECTRON, thermal=True),
    )


def dissociation_enthalpy(
    family: str, bond: BreakableBond, molecule: GroundState, first: GroundState, second: GroundState
) -> DescriptorValue:
    """The enthalpy of `dissociation` from its ground states, as the value ``family.c7`` for carbon atom 7."""
    here, there = bond.symbols
    number = bond.atom + 1
    others = "".join(f", {atom + 1}" for atom in bond.equivalent[1:])
    return energy_difference(
        f"{family}.{here.lower()}{number}",
        f"{here}–{there} bond dissociation enthalpy at atom {number}{others}",
        "kcal/mol",
        HARTREE_IN_KCAL_MOL,
        f"H[{_radical(here)}] + H[{_radical(there)}] − H[{here}–{there}] at 298 K, in gas",
        [(1.0, first), (1.0, second), (-1.0, molecule)],
    )


def by_atom(smiles: str, values: Iterable[DescriptorValue], pattern: str = CARBON_HYDROGEN) -> Mapping[int, float]:
    """Enthalpies in kcal/mol by atom index, equivalent atoms included: what `molecules.depict.soft_spots` draws.

    Values of other descriptors are left out.
    """
    found = {value.name.partition(".")[2]: value.value for value in values if value.name.startswith(_FAMILIES)}
    keys = {f"{bond.symbols[0].lower()}{bond.atom + 1}": bond.equivalent for bond in find_bonds(smiles, pattern)}
    return {atom: found[key] for key, atoms in keys.items() if key in found for atom in atoms}


def _radical(symbol: str) -> str:
    return "H•" if symbol == "H" else f"{symbol}•"


def _calculations(kind: str, pattern: str, smiles: str, name: str, _level: LevelOfTheory) -> tuple[Calculation, ...]:
    """The hydrogen atom, then molecule and radical of each bond."""
    bonds = weakest_bonds(smiles, pattern, MOST_BONDS)
    if not bonds:
        raise NotApplicableError(
            f"{name} has no {kind} bond.", "Rank it by another objective, or remove it from this library."
        )
    triples = [dissociation(bond, name) for bond in bonds]
    hydrogen = triples[0][2]
    return (hydrogen, *(one for molecule, radical, _ in triples for one in (molecule, radical)))


def _values(family: str, kind: str, pattern: str, states: Sequence[GroundState]) -> tuple[DescriptorValue, ...]:
    hydrogen, *pairs = states
    bonds = {(bond.atom, bond.partner): bond for bond in find_bonds(pairs[0].calculation.species.smiles, pattern)}
    values = []
    for molecule, radical in zip(pairs[::2], pairs[1::2], strict=True):
        choice = molecule.calculation.choice
        if choice is None:
            raise ValueError("A molecule whose bond breaks needs an active space.")
        first, second = choice.references
        values.append(dissociation_enthalpy(family, bonds[first.atom, second.atom], molecule, radical, hydrogen))
    lowest = min(values, key=lambda value: value.value)
    selection = (
        (f"Of {len(bonds)} distinct {kind} bonds only the {len(values)} weakest by GFN2-xTB were computed.",)
        if len(bonds) > len(values)
        else ()
    )
    weakest = replace(
        lowest,
        name=f"{family}.weakest",
        title=f"weakest {kind} bond's dissociation enthalpy",
        flags=(*lowest.flags, *selection),
    )
    return (weakest, *values)


def _descriptor(family: str, title: str, kind: str, pattern: str) -> Descriptor:
    return Descriptor(
        family,
        title,
        (f"{family}.weakest",),
        partial(_calculations, kind, pattern),
        partial(_values, family, kind, pattern),
    )


BOND_DISSOCIATION = _descriptor("bond_dissociation", "C–H bond dissociation enthalpies", "C–H", CARBON_HYDROGEN)
"""Enthalpies of the homolysis of C–H bonds at 298 K, kcal/mol; the lowest is where oxidative metabolism begins."""

HETEROATOM_DISSOCIATION = _descriptor(
    "heteroatom_dissociation", "O–H, N–H and S–H bond dissociation enthalpies", "heteroatom–H", HETEROATOM_HYDROGEN
)
"""The same of O–H, N–H and S–H bonds: how readily a phenol, amine or thiol gives a hydrogen to a radical."""

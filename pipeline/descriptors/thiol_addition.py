"""Thiol addition: E[adduct] − E[acceptor] − E[CH3S−] in water, and the barrier; how readily a warhead meets a thiolate.

The adduct is what the addition itself gives, before any proton arrives: the enolate or another carbanion, and an ylide
or enamine where the acceptor is a cation. The protonated thioether, the final product, does not enter.

Large molecules are computed on a model system (`molecules.model_system`) by a three-layer ONIOM (Svensson, Humbel,
Froese, Matsubara, Sieber, Morokuma, J. Phys. Chem. 100, 19357 (1996)): a grown model corrects it at a lower level
(`pipeline.level.middle_layer`), and GFN2-xTB for the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from molecules.conformers import Geometry
from molecules.michael import MichaelSite, ThiolateAdduct, thiolate_adduct, why_no_site
from molecules.model_system import MAX_HEAVY_ATOMS, ModelSystem, grown, model_system, site_in
from molecules.poses import acceptor_places, acceptor_pose, adduct_places, adduct_pose, completed
from molecules.smiles import parse
from molecules.species import THIOLATE, neutral
from pipeline.active_space import ActiveSpaceChoice, Reference
from pipeline.descriptors.equation import (
    Descriptor,
    DescriptorValue,
    NotApplicableError,
    energy_difference,
    ranking_value,
)
from pipeline.ground_state import Calculation, GroundState
from pipeline.level import LevelOfTheory
from pipeline.regiochemistry import addition_site
from pipeline.rungs import HARTREE_IN_KCAL_MOL

_THIOLATE_SPACE = ActiveSpaceChoice(6, 3, (Reference(1, "all"),))
"""Sulfur's three 3p orbitals, full. CH3S- is written C[S-]: sulfur is atom 1."""
_EQUATION = "E[unprotonated adduct] − E[acceptor] − E[CH3S−], in water"
_MODEL_EQUATION = (
    f"{_EQUATION}, of a model, + its change on a grown model in the middle layer + E_xtb[whole] − E_xtb[grown model]"
)
_SMALL = 4
"""Ground states of a molecule that is computed whole."""


def _calculations(smiles: str, name: str, _level: LevelOfTheory) -> tuple[Calculation, ...]:
    """Adduct, acceptor, thiolate and the way's highest point, with active spaces that balance.

    Acceptor: the π system from the attacked carbon to the end of the electron-withdrawing group, one electron and one
    orbital an atom (two at each carbon of an attacked triple bond). Adduct: the same atomic orbitals, that of the
    attacked carbon turned toward sulfur, and sulfur's three 3p. The sulfur's lone pairs, the new C–S bond and the
    enolate are so treated alike on both sides.

    Large molecules: adduct and acceptor of the model, the thiolate; both of the grown model and of the model in the
    middle layer; both of the whole.
    """
    choice = addition_site(smiles)
    if choice is None:
        raise NotApplicableError(
            f"{name} {why_no_site(smiles)}",
            "Rank it by another objective, or remove it from this library. Other reactions with thiols, such as "
            "substitution of a halide, are not computed.",
        )
    site = choice.site
    if parse(smiles).GetNumHeavyAtoms() > MAX_HEAVY_ATOMS:
        return _of_models(site, name)
    adduct = thiolate_adduct(site, name)
    at_adduct, at_acceptor = _spaces(site, adduct)
    top = replace(adduct.species, label=f"{name} … CH3S-", driven=(adduct.attacked, adduct.sulfur))
    return (
        Calculation(adduct.species, at_adduct),
        Calculation(neutral(site.smiles, name, "water"), at_acceptor),
        Calculation(THIOLATE, _THIOLATE_SPACE),
        Calculation(top, at_adduct),
    )


def _of_models(site: MichaelSite, name: str) -> tuple[Calculation, ...]:
    adduct, pose = thiolate_adduct(site, name), acceptor_pose(site.smiles)
    with_thiolate = adduct_pose(site, adduct, pose)
    small, large = (_layer(one, site, adduct, name, pose, with_thiolate) for one in _models(site))
    whole = (
        replace(adduct.species, label=f"{name} + CH3S-, whole", pose=with_thiolate),
        replace(neutral(site.smiles, f"{name}, whole", "water"), pose=pose),
    )
    middle = (replace(one, is_middle_layer=True) for one in (*large, *small))
    return (*small, Calculation(THIOLATE, _THIOLATE_SPACE), *middle, *(Calculation(one, None) for one in whole))


def model_systems(smiles: str) -> tuple[ModelSystem, ModelSystem] | None:
    """The model of a large molecule, and the grown one whose energies count; None where it is computed whole."""
    choice = addition_site(smiles)
    if choice is None or parse(smiles).GetNumHeavyAtoms() <= MAX_HEAVY_ATOMS:
        return None
    return _models(choice.site)


def _models(site: MichaelSite) -> tuple[ModelSystem, ModelSystem]:
    model = model_system(site.smiles, site.path)
    return model, grown(model)


def _layer(
    model: ModelSystem,
    site: MichaelSite,
    in_whole: ThiolateAdduct,
    name: str,
    pose: Geometry,
    with_thiolate: Geometry,
) -> tuple[Calculation, Calculation]:
    """Adduct and acceptor of a model, in the shapes of the whole ones."""
    in_model = site_in(model, site)
    size = parse(model.smiles).GetNumHeavyAtoms()
    adduct = thiolate_adduct(in_model, f"{name}, model of {size} atoms")
    at_adduct, at_acceptor = _spaces(in_model, adduct)
    acceptor = neutral(model.smiles, f"{name}, model of {size} atoms", "water")
    adduct_at = completed(adduct.species.smiles, adduct_places(model, adduct, in_whole, with_thiolate))
    acceptor_at = completed(model.smiles, acceptor_places(model, pose))
    return (
        Calculation(replace(adduct.species, pose=adduct_at), at_adduct),
        Calculation(replace(acceptor, pose=acceptor_at), at_acceptor),
    )


def _spaces(site: MichaelSite, adduct: ThiolateAdduct) -> tuple[ActiveSpaceChoice, ActiveSpaceChoice]:
    """Of the adduct and of the acceptor."""
    in_acceptor, in_adduct = _acceptor_references(site), _adduct_references(site, adduct)
    n_pi = len(in_acceptor) + (2 if site.bond_order == 3 else 0)
    return ActiveSpaceChoice(n_pi + 6, n_pi + 3, in_adduct), ActiveSpaceChoice(n_pi, n_pi, in_acceptor)


def _acceptor_references(site: MichaelSite) -> tuple[Reference, ...]:
    first, second, *others = site.path
    if site.bond_order == 3:
        reacting = (Reference(first, "across", second), Reference(second, "across", first))
    else:
        reacting = (Reference(first, "normal"), Reference(second, "normal"))
    return (*reacting, *(Reference(atom, "normal") for atom in others))


def _adduct_references(site: MichaelSite, adduct: ThiolateAdduct) -> tuple[Reference, ...]:
    first, second, *others = (adduct.from_acceptor[atom] for atom in site.path)
    references = [Reference(adduct.sulfur, "all"), Reference(first, "toward", adduct.sulfur)]
    if site.bond_order == 3:
        references += [Reference(first, "normal"), Reference(second, "across", first)]
    else:
        references.append(Reference(second, "normal"))
    return (*references, *(Reference(atom, "normal") for atom in others))


def _values(states: Sequence[GroundState]) -> tuple[DescriptorValue, ...]:
    choice = addition_site(states[-1 if len(states) > _SMALL else 1].calculation.species.smiles)
    flags = choice.flags if choice else ()
    if len(states) > _SMALL:
        return (_on_models(states, flags),)
    adduct, acceptor, thiolate, top = states
    energy = _addition([(1.0, adduct), (-1.0, acceptor), (-1.0, thiolate)])
    barrier = energy_difference(
        "thiol_addition.barrier",
        "thiol addition barrier",
        "kcal/mol",
        HARTREE_IN_KCAL_MOL,
        "E[highest point on the way] − E[acceptor] − E[CH3S−], in water",
        [(1.0, top), (-1.0, acceptor), (-1.0, thiolate)],
    )
    return tuple(replace(value, flags=(*value.flags, *flags)) for value in (energy, barrier))


def _addition(terms: Sequence[tuple[float, GroundState]], equation: str = _EQUATION) -> DescriptorValue:
    title = "thiol addition energy"
    return energy_difference("thiol_addition", title, "kcal/mol", HARTREE_IN_KCAL_MOL, equation, terms, ensemble=True)


def _on_models(states: Sequence[GroundState], flags: tuple[str, ...]) -> DescriptorValue:
    """ONIOM on the model; what growing changed is the model's error."""
    adduct, acceptor, thiolate, *middle, whole_adduct, whole_acceptor = states
    larger_adduct, larger_acceptor, _, _ = middle
    high = [(1.0, adduct), (-1.0, acceptor), (-1.0, thiolate)]
    growth = list(zip((1.0, -1.0, -1.0, 1.0), middle, strict=True))

    def oniom(
        terms: Sequence[tuple[float, GroundState]], with_thiolate: GroundState, without: GroundState
    ) -> DescriptorValue:
        value = _addition(terms, _MODEL_EQUATION)
        correction = _xtb(whole_adduct) - _xtb(whole_acceptor) - _xtb(with_thiolate) + _xtb(without)
        rungs = value.rungs.shifted(HARTREE_IN_KCAL_MOL * correction)
        return replace(value, rungs=rungs, value=ranking_value(rungs))

    small = oniom(high, adduct, acceptor)
    large = oniom([*high, *growth], larger_adduct, larger_acceptor)
    error = abs(large.value - small.value)
    sizes = [state.geometry.n_heavy for state in (acceptor, larger_acceptor, whole_acceptor)]
    said = (
        f"Computed on a model of {sizes[0]} of {sizes[2]} heavy atoms, corrected on one of {sizes[1]} at def2-SVP, "
        f"which changes it by {large.value - small.value:+.1f} kcal/mol, and by GFN2-xTB for the rest. "
        "No barrier is computed."
    )
    return replace(
        large,
        uncertainty_from={**large.uncertainty_from, "model": error},
        calculations=tuple(state.calculation for state in states),
        flags=(*dict.fromkeys(large.flags), said, *flags),
    )


def _xtb(state: GroundState) -> float:
    energy = state.energy_hartree.xtb
    if energy is None:
        raise ValueError(f"{state.calculation.species.label} has no GFN2-xTB energy.")
    return energy


THIOL_ADDITION = Descriptor(
    "thiol_addition",
    "thiol addition energy and barrier",
    ("thiol_addition",),
    _calculations,
    _values,
    of_form_in_water=True,
)
"""Electronic energy of adding methanethiolate to a Michael acceptor in water, without protonation of the adduct,
kcal/mol; lower: more exergonic; and the energy of the highest point on the way there."""

"""Thiol addition: E[adduct] − E[acceptor] − E[CH3S−] in water; how readily a warhead meets a thiolate."""

from __future__ import annotations

from collections.abc import Sequence

from molecules.michael import MichaelSite, ThiolateAdduct, find_michael_sites, thiolate_adduct
from molecules.species import THIOLATE, neutral
from pipeline.active_space import ActiveSpaceChoice, Reference
from pipeline.descriptors.equation import Descriptor, DescriptorValue, NotApplicableError, energy_difference
from pipeline.ground_state import Calculation, GroundState
from pipeline.level import LevelOfTheory
from pipeline.rungs import HARTREE_IN_KCAL_MOL

_THIOLATE_SPACE = ActiveSpaceChoice(6, 3, (Reference(1, "all"),))
"""Sulfur's three 3p orbitals, full. CH3S- is written C[S-]: sulfur is atom 1."""


def _calculations(smiles: str, name: str, _level: LevelOfTheory) -> tuple[Calculation, ...]:
    """Adduct, acceptor and thiolate with active spaces that balance.

    Acceptor: the π system of the reacting bond and its electron-withdrawing group, one electron and one orbital an
    atom (two at each carbon of a triple bond). Adduct: the same atomic orbitals, β's turned toward sulfur, and
    sulfur's three 3p. The sulfur's lone pairs, the new C–S bond and the enolate are so treated alike on both sides.
    """
    sites = find_michael_sites(smiles)
    if not sites:
        raise NotApplicableError(
            f"{name} has no C=C or C≡C bond conjugated with an electron-withdrawing group.",
            "Rank it by another objective, or remove it from this library.",
        )
    site = sites[0]
    adduct = thiolate_adduct(site, name)
    acceptor = neutral(smiles, name, "water")
    if acceptor.smiles != site.smiles:
        raise ValueError(f"The site's atoms count {site.smiles}, the acceptor's {acceptor.smiles}.")
    in_acceptor, in_adduct = _acceptor_references(site), _adduct_references(site, adduct)
    n_pi = len(in_acceptor) + (2 if site.bond_order == 3 else 0)
    return (
        Calculation(adduct.species, ActiveSpaceChoice(n_pi + 6, n_pi + 3, in_adduct)),
        Calculation(acceptor, ActiveSpaceChoice(n_pi, n_pi, in_acceptor)),
        Calculation(THIOLATE, _THIOLATE_SPACE),
    )


def _acceptor_references(site: MichaelSite) -> tuple[Reference, ...]:
    if site.bond_order == 3:
        reacting = (Reference(site.beta, "across", site.alpha), Reference(site.alpha, "across", site.beta))
    else:
        reacting = (Reference(site.beta, "normal"), Reference(site.alpha, "normal"))
    return (*reacting, *(Reference(atom, "normal") for atom in site.withdrawing))


def _adduct_references(site: MichaelSite, adduct: ThiolateAdduct) -> tuple[Reference, ...]:
    references = [Reference(adduct.sulfur, "all"), Reference(adduct.beta, "toward", adduct.sulfur)]
    if site.bond_order == 3:
        references += [Reference(adduct.beta, "normal"), Reference(adduct.alpha, "across", adduct.beta)]
    else:
        references.append(Reference(adduct.alpha, "normal"))
    return (*references, *(Reference(atom, "normal") for atom in adduct.withdrawing))


def _values(states: Sequence[GroundState]) -> tuple[DescriptorValue, ...]:
    adduct, acceptor, thiolate = states
    return (
        energy_difference(
            "thiol_addition",
            "thiol addition energy",
            "kcal/mol",
            HARTREE_IN_KCAL_MOL,
            "E[adduct] − E[acceptor] − E[CH3S−], in water",
            [(1.0, adduct), (-1.0, acceptor), (-1.0, thiolate)],
            ensemble=True,
        ),
    )


THIOL_ADDITION = Descriptor("thiol_addition", "thiol addition energy", _calculations, _values)
"""Electronic reaction energy of methanethiolate with a Michael acceptor in water, kcal/mol; lower: more exergonic."""

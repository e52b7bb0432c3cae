"""Descriptors: equations over ground states, one a file."""

from pipeline.descriptors.bond_dissociation import BOND_DISSOCIATION, HETEROATOM_DISSOCIATION
from pipeline.descriptors.equation import Descriptor, DescriptorValue, NotApplicableError
from pipeline.descriptors.ionisation import IONISATION
from pipeline.descriptors.solvation import SOLVATION
from pipeline.descriptors.strain import STRAIN
from pipeline.descriptors.thiol_addition import THIOL_ADDITION

DESCRIPTORS: dict[str, Descriptor] = {
    descriptor.name: descriptor
    for descriptor in (THIOL_ADDITION, IONISATION, BOND_DISSOCIATION, HETEROATOM_DISSOCIATION, SOLVATION, STRAIN)
}
"""Every descriptor by its name."""

__all__ = ["DESCRIPTORS", "Descriptor", "DescriptorValue", "NotApplicableError"]

"""Descriptors: equations over ground states, one a file."""

from pipeline.descriptors.equation import Descriptor, DescriptorValue, NotApplicableError
from pipeline.descriptors.ionisation import IONISATION
from pipeline.descriptors.thiol_addition import THIOL_ADDITION

DESCRIPTORS: dict[str, Descriptor] = {descriptor.name: descriptor for descriptor in (THIOL_ADDITION, IONISATION)}
"""Every descriptor by its name."""

__all__ = ["DESCRIPTORS", "Descriptor", "DescriptorValue", "NotApplicableError"]

"""Catalogue: the backends by name, and what each of them needs here."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

from pipeline.backends import (
    aer,
    azure,
    azure_cloud,
    braket,
    braket_cloud,
    google,
    ibm_cloud,
    ionq,
    ionq_cloud,
    quantinuum,
    rigetti,
)
from pipeline.backends.backend import Sampler
from pipeline.backends.jobs import Service
from pipeline.errors import InputError

EXACT = "aer"
"""The one that reads the state vector."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Backends of one kind."""

    name: str
    """``KIND`` or ``KIND:DEVICE``, in capitals what is chosen."""
    what: str
    modules: tuple[str, ...]
    """That must be importable here."""
    extra: str
    """Of Eigenlead, which installs them."""
    make: Callable[[str], Sampler] | None = None
    """Of the device's name."""
    service: Callable[[str], Service] | None = None
    """Of the device's name, where it is a vendor's cloud; one without either reads the state vector."""
    default: str = ""
    """Device where none is named."""
    variable: str = ""
    """Of the environment, without which it cannot run."""
    remedy: str = ""
    """What to do where the variable is not set."""
    secret: bool = True
    """Whether the variable holds the vendor's key."""

    @property
    def key(self) -> str:
        """What stands before the colon."""
        return self.name.partition(":")[0]

    def missing(self) -> str:
        """What to do before it can run; empty if it can now."""
        if not all(find_spec(module) for module in self.modules):
            return f"pip install 'eigenlead[{self.extra}]'"
        if self.variable and not os.environ.get(self.variable):
            return self.remedy
        return ""


KINDS = (
    Kind(EXACT, "state vector by Qiskit, exact", (), ""),
    Kind("aer-shots", "noiseless shots of Qiskit Aer", ("qiskit_aer",), "aer", lambda _: aer.AerSampler()),
    Kind(
        "ibm-fake:DEVICE",
        "an IBM device's recorded calibration as noise in Qiskit Aer",
        ("qiskit_aer", "qiskit_ibm_runtime"),
        "ibm",
        aer.FakeIbmSampler,
        default="FakeTorino",
    ),
    Kind(
        "ibm:DEVICE",
        "IBM Quantum, each circuit a job of one batch",
        ("qiskit_ibm_runtime",),
        "ibm",
        service=ibm_cloud.IbmService,
        variable=ibm_cloud.TOKEN,
        remedy=ibm_cloud.REMEDY,
    ),
    Kind("cirq", "noiseless shots of Cirq", ("cirq",), "google", lambda _: google.CirqSampler()),
    Kind(
        "google-fake:PROCESSOR",
        "a Google processor in Cirq's virtual engine, noise from its median calibration",
        ("cirq", "cirq_google"),
        "google",
        google.FakeGoogleSampler,
        default="willow_pink",
    ),
    Kind(
        "ionq-fake",
        "IonQ Forte's gates, with the noise of IonQ's own simulator",
        ("cirq", "cirq_ionq"),
        "ionq",
        lambda _: ionq.FakeIonqSampler(),
    ),
    Kind(
        "ionq:DEVICE",
        "IonQ's cloud: qpu.forte-1 and others, simulator, simulator:forte-1 with noise",
        (),
        "ionq",
        service=lambda device: ionq_cloud.IonqService(device, ionq_cloud.api_key()),
        default="simulator",
        variable=ionq_cloud.KEY,
        remedy=ionq_cloud.REMEDY,
    ),
    Kind(
        "quantinuum-fake:MACHINE",
        "Quantinuum's gates in its local emulator, depolarising noise",
        ("pytket", "pytket_pecos"),
        "quantinuum",
        quantinuum.FakeQuantinuumSampler,
        default="H1-1LE",
    ),
    Kind(
        "rigetti-fake",
        "Rigetti's gates in PyQVM, depolarising noise",
        ("pyquil",),
        "rigetti",
        lambda _: rigetti.FakeRigettiSampler(),
    ),
    Kind(
        "azure-fake",
        "the simulator of Azure's Quantum Development Kit, depolarising noise",
        ("qdk",),
        "azure",
        lambda _: azure.FakeAzureSampler(),
    ),
    Kind(
        "azure:TARGET",
        "an Azure Quantum workspace: quantinuum.qpu.h2-1, ionq.qpu.forte-1, rigetti.sim.qvm and others",
        ("qdk", "azure.quantum"),
        "azure",
        service=azure_cloud.AzureService,
        variable=azure_cloud.KEY,
        remedy=azure_cloud.REMEDY,
    ),
    Kind(
        "braket-fake",
        "Amazon Braket's local density matrix, depolarising noise",
        (),
        "",
        lambda _: braket.FakeBraketSampler(),
        variable=braket.PYTHON,
        remedy=braket.REMEDY,
        secret=False,
    ),
    Kind(
        "braket:DEVICE",
        "Amazon Braket: Cepheus-1-108Q of Rigetti, Forte-1 of IonQ, Garnet of IQM, sv1 and others",
        (),
        "",
        service=braket_cloud.BraketService,
        variable=braket.PYTHON,
        remedy=braket.REMEDY,
        secret=False,
    ),
)


def kind_of(name: str) -> tuple[Kind, str]:
    """The kind and the device that a name stands for.

    Raises:
        InputError: none has this name, or something is missing here.
    """
    key, _, device = name.partition(":")
    kind = next((kind for kind in KINDS if kind.key == key), None)
    if kind is None:
        raise InputError(f"There is no backend {name!r}.", f"Use one of {', '.join(one.name for one in KINDS)}.")
    if not device and ":" in kind.name and not kind.default:
        raise InputError(f"The backend {key} needs a device.", f"Write it behind a colon, as in {kind.name}.")
    if remedy := kind.missing():
        raise InputError(f"The backend {name} cannot run here.", remedy)
    return kind, device or kind.default

"""Catalogue: the backends by name, and what each of them needs here."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from pipeline.backends import (
    aer,
    azure,
    azure_cloud,
    braket,
    braket_cloud,
    google,
    google_cloud,
    ibm_cloud,
    ibm_estimator,
    ionq,
    ionq_cloud,
    quantinuum,
    quantinuum_cloud,
    rigetti,
)
from pipeline.backends.backend import Backend, Sampler
from pipeline.backends.energy import ExactBackend, SampledBackend
from pipeline.backends.jobs import Consent, QueuedSampler, Service
from pipeline.backends.mitigation import Step, Symmetries
from pipeline.errors import InputError
from pipeline.store import Store

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
    """Of the device's name, where it is a vendor's cloud; one with none of these reads the state vector."""
    estimates: bool = False
    """Whether the vendor gives energies by itself, as `ibm_estimator.IbmEstimator` reads them."""
    default: str = ""
    """Device where none is named."""
    variable: str = ""
    """Of the environment, without which it cannot run."""
    configured: Callable[[], bool] | None = None
    """Whether the vendor's own configuration serves instead of the variable."""
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
        if self.variable and not os.environ.get(self.variable) and not (self.configured and self.configured()):
            return self.remedy
        return ""

    def check(self, mitigation: Sequence[str], resilience: int | None) -> None:
        """See before anything is computed that the backend takes what it is asked for.

        Raises:
            InputError: it does not.
        """
        if mitigation and self.key == EXACT:
            raise InputError("A state vector has no noise.", "Leave --mitigate out, or choose another backend.")
        if mitigation and self.estimates:
            raise InputError(
                f"{self.key} mitigates by itself.", "Use --resilience in place of --mitigate, or another backend."
            )
        if resilience is not None and not self.estimates:
            raise InputError(f"The backend {self.key} has no levels of resilience.", "Leave --resilience out.")


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
        configured=ibm_cloud.has_account,
        remedy=ibm_cloud.REMEDY,
    ),
    Kind(
        f"{ibm_estimator.KIND}:DEVICE",
        "IBM Quantum's own estimator, one job; --resilience 0, 1 or 2",
        ("qiskit_ibm_runtime",),
        "ibm",
        estimates=True,
        variable=ibm_cloud.TOKEN,
        configured=ibm_cloud.has_account,
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
        "google:PROCESSOR",
        "a Google processor through the Quantum Engine",
        ("cirq", "cirq_google"),
        "google",
        service=lambda name: google_cloud.GoogleService(name, google_cloud.project(), google_cloud.key()),
        variable=google_cloud.KEY,
        configured=google_cloud.configured,
        remedy=google_cloud.REMEDY,
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
        "quantinuum:MACHINE",
        "Quantinuum's Nexus: H2-1, H2-2, their emulators (H2-1E, H2-1LE) and syntax checkers (H2-1SC)",
        ("pytket", "qnexus"),
        "quantinuum",
        service=lambda device: quantinuum_cloud.QuantinuumService(device, os.environ.get(quantinuum_cloud.TOKEN, "")),
        variable=quantinuum_cloud.TOKEN,
        configured=quantinuum_cloud.logged_in,
        remedy=quantinuum_cloud.REMEDY,
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


def opened(
    name: str,
    steps: tuple[Step, ...],
    symmetries: Symmetries,
    store: Store,
    consent: Consent,
    run_key: str = "",
    resilience: int | None = None,
) -> Backend:
    """The backend that a name stands for.

    Args:
        name: as in `eigenlead run-circuit --list`.
        steps: of mitigation; a state vector and an estimator take none.
        symmetries: of the state, for the step ``symmetry``.
        store: that remembers the jobs of a cloud.
        consent: to what costs money.
        run_key: hash of what is asked, under which a cloud's circuits are kept; empty: they are not.
        resilience: of an estimator; None: its default.

    Raises:
        InputError: as `kind_of` and `Kind.check`.
    """
    kind, device = kind_of(name)
    kind.check(steps, resilience)
    if kind.estimates:
        level = ibm_estimator.DEFAULT_LEVEL if resilience is None else resilience
        return ibm_estimator.IbmEstimator(ibm_cloud.IbmQueue(device, kind.key), store, consent, level, run_key)
    if kind.service:
        return SampledBackend(QueuedSampler(kind.service(device), store, consent, run_key), steps, symmetries)
    return SampledBackend(kind.make(device), steps, symmetries) if kind.make else ExactBackend(name)

"""The page of results: tables of what the records say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cases import AGAINST_PEERS, AT_EQUILIBRIUM, GROWING, Case
from peers.environments import EVALUATION, EXACT, EXACT_SYMMETRY, OURS, PEERS
from peers.growth import Point
from peers.records import Record

from flows.markdown import table
from pipeline.vqe.minimise import OTHER_BYTES, STATE_VECTORS

AGREEMENT_HARTREE = 1e-4
WANTED_GIB = {28: 8.0, 32: 16.0}
"""Peak memory by qubits, at most."""
NOTHING = "—"
_GIB = 2**30


@dataclass(frozen=True, slots=True)
class Size:
    """How large a case is."""

    n_qubits: int
    dimension: int
    """Determinants with these numbers of alpha and beta electrons."""
    parameters: int
    """Of our UCCSD."""


Sizes = Mapping[Case, Size]
Records = Mapping[tuple[str, str], Record]
"""By case and peer."""


def found(records: Records, case: Case, peer: str) -> Record | None:
    """The record if a run finished."""
    record = records.get((str(case), peer))
    return record if record and record.runs else None


def target(case: Case, size: Size) -> float:
    """Seconds of the VQE to 1e-6 hartree over those of the exact solver, at most."""
    if case not in AT_EQUILIBRIUM:
        return 3.0
    return 1.0 if size.n_qubits <= 20 else 2.0


def seconds(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.3g}" if value < 100 else f"{value:.0f}"


def against_exact(records: Records, sizes: Sizes) -> str:
    header = (
        *("case", "qubits", "determinants", "parameters", "evaluations", "to 1e-6 Ha (s)", "to convergence (s)"),
        *("error (mHa)", "exact (s)", "ratio", "target met", "exact, symmetry (s)", "ratio"),
    )

    def rows() -> Iterable[list[str]]:
        for case, size in sizes.items():
            ours, exact, best = (found(records, case, p.name) for p in (OURS, EXACT, EXACT_SYMMETRY))
            if not ours:
                continue
            ratio = ours.seconds / exact.seconds if exact else None
            yield [
                str(case),
                f"{size.n_qubits}",
                f"{size.dimension:,}",
                f"{ours.parameters}",
                f"{ours.evaluations} / {ours.all_evaluations}",
                seconds(ours.seconds),
                seconds(ours.all_seconds),
                f"{1000 * (ours.energy - exact.energy):.3f}" if exact else NOTHING,
                seconds(exact.all_seconds if exact else None),
                f"{ratio:.2f}" if ratio else NOTHING,
                ("yes" if ratio <= target(case, size) else "no") if ratio else NOTHING,
                seconds(best.all_seconds if best else None),
                f"{ours.seconds / best.seconds:.2f}" if best else NOTHING,
            ]

    return table(header, rows())


def against_peers(records: Records, sizes: Sizes, cap: int) -> str:
    header = ("case", "peer", "parameters", "seconds", "evaluations", "E − ours (Ha)", "peer / ours", "set-up (s)")

    def rows() -> Iterable[list[str]]:
        for case in sizes:
            ours = found(records, case, OURS.name)
            if not ours:
                continue
            facts = f"{ours.parameters}", seconds(ours.seconds), f"{ours.evaluations}"
            yield [str(case), f"**{OURS.name}**", *facts, NOTHING, NOTHING, "in the seconds"]
            for peer in PEERS:
                ended = any(r.gave_up for (_, name), r in records.items() if name == peer.name)
                record = records.get((str(case), peer.name))
                missing = [NOTHING, NOTHING if ended else "not measured", *[NOTHING] * 4]
                cells = _against(ours, record, cap) if record else missing
                yield [str(case), peer.name, *cells]

    return table(header, rows())


def _against(ours: Record, peer: Record, cap: int) -> list[str]:
    difference = f"{peer.energy - ours.energy:+.1e}" if peer.has_energy else NOTHING
    if peer.runs:
        took, count, ratio = seconds(peer.seconds), f"{peer.evaluations}", f"{peer.seconds / ours.seconds:.3g}"
    else:
        ended = f"> {cap}" if peer.status == "capped" else "failed"
        took = ended if peer.stage == "run" else f"{ended} ({peer.stage})"
        count = f"{peer.unfinished[-1]['evaluations']} by then" if peer.unfinished else NOTHING
        ratio = f"> {cap / ours.seconds:.3g}" if peer.status == "capped" and peer.stage == "run" else NOTHING
    return [f"{peer.parameters}" if peer.parameters else NOTHING, took, count, difference, ratio, seconds(peer.setup)]


def memory(records: Records, sizes: Sizes) -> str:
    header = ("case", "qubits", "determinants", "what ran", "peak (GB)", "estimate (GB)", "wanted (GB)", "met")
    ran = {28: (OURS, "full minimisation"), 32: (EVALUATION, "one energy and gradient")}

    def rows() -> Iterable[list[str]]:
        for case, size in sizes.items():
            if size.n_qubits not in ran:
                continue
            peer, what = ran[size.n_qubits]
            record, wanted = found(records, case, peer.name), WANTED_GIB[size.n_qubits]
            yield [
                *(str(case), f"{size.n_qubits}", f"{size.dimension:,}", what),
                f"{record.memory / _GIB:.2f}" if record else NOTHING,
                f"{(8 * STATE_VECTORS * size.dimension + OTHER_BYTES) / _GIB:.2f}",
                f"{wanted:.0f}",
                ("yes" if record.memory < wanted * _GIB else "no") if record else NOTHING,
            ]

    return table(header, rows())


def growth_points(records: Records, sizes: Sizes) -> list[Point]:
    measured = [(size, found(records, case, EVALUATION.name)) for case, size in sizes.items() if case in GROWING]
    return [Point(s.n_qubits, s.dimension, r.parameters, r.all_seconds) for s, r in measured if r]


def growth(points: Iterable[Point]) -> str:
    header = ("chain", "qubits", "determinants", "parameters", "seconds")
    rows = (
        [f"H{p.n_qubits // 2}", f"{p.n_qubits}", f"{p.dimension:,}", f"{p.parameters}", seconds(p.seconds)]
        for p in points
    )
    return table(header, rows)


def agreement(records: Records) -> str:
    theirs_name = PEERS[0].name
    header = ("case", "Eigenlead (Ha)", f"{theirs_name} (Ha)", "difference (Ha)", f"within {AGREEMENT_HARTREE:.0e}")

    def rows() -> Iterable[list[str]]:
        for case in AGAINST_PEERS:
            ours, theirs = found(records, case, OURS.name), found(records, case, theirs_name)
            if case in AT_EQUILIBRIUM and ours and theirs:
                off = theirs.energy - ours.energy
                met = "yes" if abs(off) <= AGREEMENT_HARTREE else "no"
                yield [str(case), f"{ours.energy:.6f}", f"{theirs.energy:.6f}", f"{off:+.1e}", met]

    return table(header, rows())

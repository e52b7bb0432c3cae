"""The command `eigenlead validate`: sets → ground states → page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.console import Console

from flows.validation import page
from flows.validation.page import Result
from flows.validation.partition import log_p, octanol, partition_baselines
from flows.validation.run import lowest_empty_orbital, outcomes, run
from flows.validation.sets import Case, ValidationSet, bonds, freesolv, gsh, ionisation, substituents
from flows.validation.statistics import Vector
from flows.validation.tables import read_values
from pipeline.errors import InputError

DEFAULT_DATA = Path(__file__).parents[2].parent / "shared" / "data"
FAST_CASES = 3
"""The smallest molecules of each set, at the quick profile: what `--fast` computes."""


def validate(
    data: Path,
    names: Sequence[str],
    fast: bool,
    workers: int,
    store_url: str,
    folder: Path,
    console: Console,
    compute: bool = True,
) -> Path:
    """Compute what neither the store nor the tables beside the page have, and write both.

    Args:
        data: folder of measured values.
        names: of sets; empty: all.
        fast: only a few small molecules of each at the quick profile.
        workers: processes side by side.
        store_url: SQLAlchemy URL of the result store.
        folder: where the page goes.
        console: for progress.
        compute: False: only write the page from what the store holds.

    Raises:
        InputError: there is no such set.
    """
    makers: dict[str, Callable[[], ValidationSet]] = {
        "gsh": lambda: gsh(data),
        "freesolv": freesolv,
        "ionisation": lambda: ionisation(data),
        "bonds": bonds,
        "partition": log_p,
        "octanol": octanol,
    }
    if unknown := set(names) - set(makers):
        raise InputError(f"There is no set {sorted(unknown)[0]!r}.", f"Use some of {', '.join(makers)}.")
    sets: list[ValidationSet] = []
    missing: list[str] = []
    for name in names or makers:
        try:
            made = makers[name]()
        except InputError as error:
            missing.append(f"Not compared: {name}. {error.reason} {error.remedy}")
            console.print(missing[-1])
        else:
            sets.append(_few(made) if fast else made)
    known = {one.name: list(read_values(folder / "validation" / f"{one.name}.tsv")) for one in sets}
    keys = {row.key for rows in known.values() for row in rows if not row.problem}
    problems = run(sets, workers, store_url, console, keys) if compute else {}
    results = [
        Result(one, outcomes(one, problems, store_url, known[one.name]), _baselines(one, store_url, compute))
        for one in sets
    ]
    return page.write(results, missing, _command(names, fast), folder)


def _command(names: Sequence[str], fast: bool) -> str:
    return " ".join(
        ["eigenlead validate", *(["--sets", ",".join(names)] if names else []), *(["--fast"] if fast else [])]
    )


def _few(one: ValidationSet) -> ValidationSet:
    """The fast subset."""
    variants = tuple(
        replace(variant, cases=tuple(sorted(variant.cases, key=_size)[:FAST_CASES]))
        for variant in one.variants
        if variant.profile == "quick"
    )
    return replace(one, variants=variants)


def _size(case: Case) -> tuple[int, str]:
    return max(len(calculation.species.symbols) for calculation in case.calculations), case.name


def _baselines(one: ValidationSet, store_url: str, compute: bool) -> Mapping[str, Vector]:
    if one.name == "gsh":
        return _of_acceptors(one, store_url, compute)
    return partition_baselines(one) if one.name in {"partition", "octanol"} else {}


def _of_acceptors(one: ValidationSet, store_url: str, compute: bool) -> Mapping[str, Vector]:
    variant = next(v for v in one.variants if v.profile == "quick" and v.value.startswith("thiol"))
    acceptors = [case.calculations[1] for case in variant.cases]
    orbitals = [lowest_empty_orbital(acceptor, variant.level, store_url, compute) for acceptor in acceptors]
    return {
        "substituents at α and β, fewest first": np.array([-float(substituents(a.species.smiles)) for a in acceptors]),
        "lowest empty orbital of Hartree–Fock, quick, lowest first": np.array(
            [-np.inf if energy is None else -energy for energy in orbitals]
        ),
    }

"""The page docs/VALIDATION.md: tables, verdicts and plots, all of them from what the store holds."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

import numpy as np
from matplotlib.figure import Figure

from flows.markdown import table
from flows.validation.run import NOT_YET, Outcome
from flows.validation.sets import ValidationSet, Variant
from flows.validation.statistics import (
    COVERAGE,
    SAMPLES,
    SEED,
    Statistic,
    Vector,
    difference,
    interval,
    mean_absolute_error,
    misplaced,
    spearman,
)
from pipeline.rungs import RANKING_RUNG, RUNGS

PACKAGES = ("pyscf", "pyscf-forge", "tblite", "rdkit", "numpy", "scipy")
N_WORST = 6
_LEAST_GROUP = 3
_NOTHING = "—"
_OTHERS = tuple(rung for rung in RUNGS if rung != RANKING_RUNG)
_STAGES = ("geometry", "xtb", "vibrations", "mean_field", "solvation", "dft", "casci", "casci_pdft", "vqe", "pdft")


@dataclass(frozen=True, slots=True)
class Result:
    """A set with what came of its variants, and baselines that are no variants."""

    of: ValidationSet
    outcomes: Mapping[str, tuple[Outcome, ...]]
    """By variant name."""
    baselines: Mapping[str, Vector]
    """Numbers in the order of the primary variant's cases; the larger, the larger the measured quantity should be."""


def write(results: Sequence[Result], missing: Sequence[str], command: str, folder: Path) -> Path:
    """Write the page, its plots and its tables of values.

    Args:
        results: of the sets that there are.
        missing: sentences on sets that there are not.
        command: that makes the page.
        folder: of the documentation.
    """
    (folder / "images").mkdir(parents=True, exist_ok=True)
    (folder / "validation").mkdir(parents=True, exist_ok=True)
    parts = [
        "# Validation",
        f"Computed values against measured ones. Written by `{command}`; rules, seeds and primary variants were "
        "fixed in [validation-protocol.md](validation-protocol.md) before the first comparison, and no parameter is "
        f"fitted to any of these values. In brackets: the {COVERAGE:.0%} interval of {SAMPLES} bootstrap samples of "
        f"molecules (seed {SEED}).",
        "## Summary",
        "\n".join(f"- **{result.of.title}**: {verdict(result)}" for result in results),
        *missing,
    ]
    for result in results:
        if not _waiting(_primary(result)):
            plot(result, folder / "images" / f"validation-{result.of.name}.svg")
            values(result, folder / "validation" / f"{result.of.name}.tsv")
        parts += section(result)
    parts += ["## Time", *times(results), _machine()]
    page = folder / "VALIDATION.md"
    page.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return page


def verdict(result: Result) -> str:
    """Whether the primary variant meets its bars, in a sentence."""
    one, outcomes = result.of, _primary(result)
    computed, measured = _computed(outcomes, RANKING_RUNG), _measured(outcomes)
    if waiting := _waiting(outcomes):
        return (
            f"{len(outcomes) - waiting} of {len(outcomes)} molecules are computed so far; `eigenlead validate` goes on."
        )
    said = []
    if one.most_error is not None:
        error = interval(mean_absolute_error, computed, measured)
        met = "meets" if error.value <= one.most_error else "misses"
        said.append(f"a mean absolute error of {error} {one.unit} {met} the bar of {one.most_error:g}")
    if one.least_spearman is not None:
        rank = interval(spearman, _ranked(one.variants[0], computed), measured)
        met = "meets" if rank.value >= one.least_spearman else "misses"
        said.append(f"a Spearman correlation of {rank} {met} the bar of {one.least_spearman:g}")
        if one.aim is not None:
            said.append(f"{'and reaches' if rank.value >= one.aim else 'and does not reach'} the aim of {one.aim:g}")
    failed = sum(outcome.value is None for outcome in outcomes)
    return (
        f"`{RANKING_RUNG}`, {one.variants[0].name}, {len(outcomes)} molecules: {', '.join(said)}"
        + (f"; {failed} could not be computed and count as the protocol says" if failed else "")
        + "."
    )


def section(result: Result) -> Iterator[str]:
    """The paragraphs on one set."""
    one, outcomes = result.of, _primary(result)
    yield f"## {one.title}"
    yield f"Measured: {one.measured}. Source: {one.source}. {_capital(verdict(result))}"
    if _waiting(outcomes):
        if any(_finished(result)):
            yield "Spearman correlation, by rung, of the variants that are finished."
            yield table(("variant", "molecules", *RUNGS), _rows(result, spearman))
        return
    yield f"![Computed against measured](images/validation-{one.name}.svg)"
    orders = "Orders compare falling values with rising measured ones. " if one.variants[0].falls else ""
    yield f"Spearman correlation, by rung. {orders}Every variant that was tried is a row."
    yield table(("variant", "molecules", *RUNGS), _rows(result, spearman))
    if not one.orders_only:
        yield f"Mean absolute error, {one.unit}, by rung."
        yield table(("variant", "molecules", *RUNGS), _rows(result, mean_absolute_error))
        yield f"Mean signed error, {one.unit}, by rung."
        yield table(("variant", "molecules", *RUNGS), _signed(result))
    if result.baselines:
        measured = _measured(outcomes)
        rows = ([name, str(interval(spearman, numbers, measured))] for name, numbers in result.baselines.items())
        yield "Baselines without an equation over ground states:"
        yield table(("baseline", "Spearman"), rows)
    yield f"What the quantum step changed: each rung less `{RANKING_RUNG}`, paired, {one.variants[0].name}."
    yield table(("statistic", *_OTHERS), _differences(result))
    yield effect(result)
    if groups := list(_groups(result)):
        placed = (
            "; places off the measured rank in the whole list, positive: ranked too high" if one.orders_only else ""
        )
        yield f"By group, `{RANKING_RUNG}`, {one.variants[0].name}{placed}:"
        yield table(
            ("group", "molecules", "Spearman" if one.orders_only else "mean absolute error", "mean off"), groups
        )
    yield f"The {N_WORST} that are farthest off, {one.variants[0].name}:"
    yield table(("molecule", "group", "measured", "computed", "off", "flags"), _worst(result))
    failed = [outcome for outcome in outcomes if outcome.value is None]
    if failed:
        yield "Not computed: " + "; ".join(f"{outcome.case.name} ({outcome.problem})" for outcome in failed) + "."


def effect(result: Result) -> str:
    """What separates the VQE from the exact state, in a sentence."""
    outcomes = _primary(result)
    vqe, exact = (_computed(outcomes, rung) for rung in ("vqe_pdft", "casci_pdft"))
    apart = np.abs(vqe - exact)
    if not np.isfinite(apart).any():
        return ""
    unit = result.of.unit or "kcal/mol"
    return (
        f"The VQE's values lie up to {np.nanmax(apart):.3f} {unit} from those of the exact state of the same active "
        f"space (median {np.nanmedian(apart):.4f})."
    )


def plot(result: Result, file: Path) -> None:
    """Computed against measured values of the primary variant, VQE with MC-PDFT over the mean field."""
    outcomes = _primary(result)
    measured = _measured(outcomes)
    figure = Figure(figsize=(6.2, 4.6), layout="constrained")
    axes = figure.subplots()
    for rung, colour, size in (("mean_field", "#b9c4cc", 18), (RANKING_RUNG, "#1f5f8b", 26)):
        axes.scatter(measured, _computed(outcomes, rung), s=size, color=colour, label=rung)
    if not result.of.orders_only and len(measured):
        ends = [float(measured.min()), float(measured.max())]
        axes.plot(ends, ends, color="#c44", linewidth=1)
    axes.set_xlabel(f"measured: {result.of.measured}")
    axes.set_ylabel("computed, " + (result.of.unit or "kcal/mol"))
    axes.legend(frameon=False)
    figure.savefig(file, metadata={"Date": None})


def values(result: Result, file: Path) -> None:
    """Every computed value beside the measured one."""
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, delimiter="\t", lineterminator="\n")
        writer.writerow(("variant", "molecule", "group", "measured", *RUNGS, "flags", "problem"))
        for variant in result.of.variants:
            if variant.hybrid:
                continue  # follows from the rows of the variant that it mixes
            for outcome in result.outcomes[variant.name]:
                rungs = outcome.value.rungs.as_dict() if outcome.value else {}
                numbers = [f"{value:.4f}" if (value := rungs.get(rung)) is not None else "" for rung in RUNGS]
                flags = " ".join(outcome.value.flags) if outcome.value else ""
                case = outcome.case
                writer.writerow((variant.name, case.name, case.group, case.measured, *numbers, flags, outcome.problem))


def times(results: Iterable[Result]) -> Iterator[str]:
    """Seconds per ground state against heavy atoms, by level, and the share of each stage."""
    yield (
        "Median seconds of a ground state on one core, and the share of its stages; shares are of the sums over all. "
        "VQE and MC-PDFT stand beside the mean field that they start from."
    )
    unique = {
        (variant.profile, state.calculation): state
        for result in results
        for variant in result.of.variants
        for outcome in result.outcomes[variant.name]
        for state in outcome.states
    }
    by_profile: dict[str, dict[int, list[Mapping[str, float]]]] = {}
    for (profile, _), state in unique.items():
        by_profile.setdefault(profile, {}).setdefault(state.geometry.n_heavy, []).append(state.wall_s)
    rows = [
        [profile, str(heavy), str(len(walls)), f"{median(sum(wall.values()) for wall in walls):.1f}", *_shares(walls)]
        for profile, by_size in by_profile.items()
        for heavy, walls in sorted(by_size.items())
    ]
    yield table(("level", "heavy atoms", "ground states", "seconds", *_STAGES, "(vqe + pdft) / mean field"), rows)
    for profile, by_size in by_profile.items():
        walls = [wall for one in by_size.values() for wall in one]
        share = _quantum_share(walls)
        longest = max(_STAGES, key=lambda stage: sum(wall.get(stage, 0.0) for wall in walls))
        bar = "within" if share <= 0.3 else "beyond"
        yield (
            f"{_capital(profile)}: VQE and MC-PDFT take {share:.0%} of the mean field's time, {bar} the bar of 30%; "
            f"most time goes into: {longest}."
        )


def _shares(walls: Sequence[Mapping[str, float]]) -> list[str]:
    whole = sum(sum(wall.values()) for wall in walls)
    shares = [f"{sum(wall.get(stage, 0.0) for wall in walls) / whole:.0%}" for stage in _STAGES]
    return [*shares, f"{_quantum_share(walls):.0%}"]


def _quantum_share(walls: Sequence[Mapping[str, float]]) -> float:
    field = sum(wall.get("mean_field", 0.0) for wall in walls)
    return sum(wall.get("vqe", 0.0) + wall.get("pdft", 0.0) for wall in walls) / field if field else 0.0


def _primary(result: Result) -> tuple[Outcome, ...]:
    return result.outcomes[result.of.variants[0].name]


def _measured(outcomes: Sequence[Outcome]) -> Vector:
    return np.array([outcome.case.measured for outcome in outcomes])


def _computed(outcomes: Sequence[Outcome], rung: str, hybrid: float = 0.0) -> Vector:
    """(n,) values on a rung; nan where there is none. Hybrid: only rungs of MC-PDFT, mixed with their state's own."""
    found = [outcome.value.rungs.as_dict().get(rung) if outcome.value else None for outcome in outcomes]
    values = np.array([np.nan if value is None else value for value in found], dtype=float)
    if hybrid == 0.0:
        return values
    bare = rung.removesuffix("_pdft")
    if bare == rung:
        return np.full(len(values), np.nan)
    return (1 - hybrid) * values + hybrid * _computed(outcomes, bare)


def _ranked(variant: Variant, computed: Vector) -> Vector:
    """Turned so that it should rise with the measured; molecules without a value at the end of the ranking."""
    turned = -computed if variant.falls else computed
    return np.where(np.isnan(turned), -np.inf, turned)


def _waiting(outcomes: Sequence[Outcome]) -> int:
    """How many are not computed yet."""
    return sum(outcome.problem == NOT_YET for outcome in outcomes)


def _rows(result: Result, statistic: Statistic) -> Iterator[list[str]]:
    for variant in _finished(result):
        outcomes = result.outcomes[variant.name]
        measured, cells = _measured(outcomes), []
        for rung in RUNGS:
            computed = _computed(outcomes, rung, variant.hybrid)
            if np.isnan(computed).all():
                cells.append(_NOTHING)
                continue
            numbers = _ranked(variant, computed) if statistic is spearman else computed
            cells.append(str(interval(statistic, numbers, measured)))
        yield [variant.name, f"{len(outcomes)}", *cells]


def _finished(result: Result) -> Iterator[Variant]:
    """Variants of which every molecule was tried."""
    for variant in result.of.variants:
        if not _waiting(result.outcomes[variant.name]):
            yield variant


def _signed(result: Result) -> Iterator[list[str]]:
    for variant in _finished(result):
        outcomes = result.outcomes[variant.name]
        off = [_computed(outcomes, rung, variant.hybrid) - _measured(outcomes) for rung in RUNGS]
        cells = [_NOTHING if np.isnan(one).all() else f"{np.nanmean(one):+.2f}" for one in off]
        yield [variant.name, f"{len(outcomes)}", *cells]


def _differences(result: Result) -> Iterator[list[str]]:
    outcomes, primary = _primary(result), result.of.variants[0]
    measured = _measured(outcomes)
    statistics: list[tuple[str, Statistic]] = [("Spearman", spearman)]
    if not result.of.orders_only:
        statistics.append(("mean absolute error", mean_absolute_error))
    best = _computed(outcomes, RANKING_RUNG)
    for name, statistic in statistics:
        cells = []
        for rung in _OTHERS:
            computed = _computed(outcomes, rung)
            if np.isnan(computed).all() or np.isnan(best).all():
                cells.append(_NOTHING)
                continue
            pair = (_ranked(primary, computed), _ranked(primary, best)) if statistic is spearman else (computed, best)
            cells.append(str(difference(statistic, *pair, measured)))
        yield [name, *cells]


def _off(result: Result, outcomes: Sequence[Outcome]) -> Vector:
    """(n,) places off the measured rank, positive: ranked too high; or errors in the set's unit."""
    computed, measured = _computed(outcomes, RANKING_RUNG), _measured(outcomes)
    if result.of.orders_only:
        return misplaced(_ranked(result.of.variants[0], computed), measured)
    return np.asarray(computed - measured)


def _groups(result: Result) -> Iterator[list[str]]:
    """Each group of at least three molecules, where there are several groups."""
    outcomes = [outcome for outcome in _primary(result) if outcome.value is not None]
    if not outcomes:
        return
    off, groups = _off(result, outcomes), np.array([outcome.case.group for outcome in outcomes])
    computed, measured = _ranked(result.of.variants[0], _computed(outcomes, RANKING_RUNG)), _measured(outcomes)
    large = [group for group in dict.fromkeys(groups.tolist()) if (groups == group).sum() >= _LEAST_GROUP]
    for group in large if len(large) > 1 else ():
        here = groups == group
        first = spearman(computed[here], measured[here]) if result.of.orders_only else np.abs(off[here]).mean()
        yield [group, f"{here.sum()}", f"{first:.2f}", f"{off[here].mean():+.2f}"]


def _worst(result: Result) -> Iterator[list[str]]:
    outcomes = [outcome for outcome in _primary(result) if outcome.value is not None]
    if not outcomes:
        return
    computed, off = _computed(outcomes, RANKING_RUNG), _off(result, outcomes)
    for i in np.argsort(-np.abs(off))[:N_WORST]:
        case, value = outcomes[i].case, outcomes[i].value
        flags = " ".join(value.flags) if value else ""
        size = f"{off[i]:+.0f} places" if result.of.orders_only else f"{off[i]:+.2f}"
        yield [case.name, case.group, f"{case.measured:.2f}", f"{computed[i]:.2f}", size, flags or _NOTHING]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _machine() -> str:
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    return f"- Versions: eigenlead {version('eigenlead')}, {versions}\n- Date: {datetime.now(UTC):%Y-%m-%d}"

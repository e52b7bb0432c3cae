"""The page docs/VALIDATION.md: tables, verdicts and plots, all of them from what the store holds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

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
    root_mean_square_error,
    spearman,
)
from flows.validation.tables import DECIMALS, TimeRow, ValueRow, read_times, write_times, write_values
from flows.validation.times import times
from pipeline.ground_state import ground_state_key
from pipeline.rungs import RANKING_RUNG, RUNGS, Rungs

PACKAGES = ("pyscf", "pyscf-forge", "tblite", "rdkit", "numpy", "scipy")
TIMES = "times.tsv"
N_WORST = 6
_LEAST_GROUP = 3
_NOTHING = "—"
_OTHERS = tuple(rung for rung in RUNGS if rung != RANKING_RUNG)
_SUMMARY, _VERDICT = "Summary", re.compile(r"^- \*\*(.+?)\*\*: (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Result:
    """A set with what came of its variants, and baselines that are no variants."""

    of: ValidationSet
    outcomes: Mapping[str, tuple[Outcome, ...]]
    """By variant name."""
    baselines: Mapping[str, Vector]
    """Numbers in the order of the primary variant's cases; the larger, the larger the measured quantity should be.
    Estimates of it in the set's unit, unless only orders are compared."""


def write(results: Sequence[Result], missing: Sequence[str], command: str, folder: Path) -> Path:
    """Write the page, its plots and its tables of values. Sections of other sets stay as the page has them.

    Args:
        results: of the sets that there are.
        missing: sentences on sets that there are not.
        command: that makes these sections.
        folder: of the documentation.
    """
    (folder / "images").mkdir(parents=True, exist_ok=True)
    (folder / "validation").mkdir(parents=True, exist_ok=True)
    page = folder / "VALIDATION.md"
    sections = _sections(page)
    verdicts = dict(_VERDICT.findall(sections.pop(_SUMMARY, "")))
    times_by_key = _times(results, folder / "validation" / TIMES)
    for result in results:
        if not _waiting(_primary(result)):
            plot(result, folder / "images" / f"validation-{result.of.name}.svg")
        write_values(folder / "validation" / f"{result.of.name}.tsv", values(result))
        verdicts[result.of.title] = verdict(result)
        spent = times([times_by_key[key] for key in sorted(_keys(result) & times_by_key.keys())])
        sections[result.of.title] = "\n\n".join((*section(result), *spent, _stamp(command)))
    parts = [
        "# Validation",
        "Computed values against measured ones. Written by `eigenlead validate`, one section for each set; rules, "
        "seeds and primary variants were fixed in [validation-protocol.md](validation-protocol.md) before the first "
        "comparison, and no parameter is fitted to any of these values. In brackets: the "
        f"{COVERAGE:.0%} interval of {SAMPLES} bootstrap samples of molecules (seed {SEED}).",
        f"## {_SUMMARY}",
        "\n".join(f"- **{title}**: {said}" for title, said in verdicts.items()),
        *missing,
        *(f"## {title}\n\n{text}" for title, text in sections.items()),
    ]
    page.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return page


def _sections(page: Path) -> dict[str, str]:
    """What stands under each heading of the second order."""
    text = page.read_text(encoding="utf-8") if page.is_file() else ""
    _, *found = re.split(r"^## ", text, flags=re.MULTILINE)
    return {title: body.strip() for title, _, body in (one.partition("\n") for one in found)}


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
    failed = sum(outcome.rungs is None for outcome in outcomes)
    return (
        f"`{RANKING_RUNG}`, {one.variants[0].name}, {len(outcomes)} molecules: {', '.join(said)}"
        + (f"; {failed} could not be computed and count as the protocol says" if failed else "")
        + "."
    )


def section(result: Result) -> Iterator[str]:
    """The paragraphs on one set."""
    one, outcomes = result.of, _primary(result)
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
        yield f"Root mean square error, {one.unit}, by rung."
        yield table(("variant", "molecules", *RUNGS), _rows(result, root_mean_square_error))
        yield f"Mean signed error, {one.unit}, by rung."
        yield table(("variant", "molecules", *RUNGS), _signed(result))
    if result.baselines:
        statistics: dict[str, Statistic] = {"Spearman": spearman}
        if not one.orders_only:
            statistics |= {"mean absolute error": mean_absolute_error, "root mean square error": root_mean_square_error}
        measured = _measured(outcomes)
        rows = (
            [name, *(str(interval(statistic, numbers, measured)) for statistic in statistics.values())]
            for name, numbers in result.baselines.items()
        )
        yield "Baselines without an equation over ground states:"
        yield table(("baseline", *statistics), rows)
        if closer := _closer(result):
            yield closer
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
    failed = [outcome for outcome in outcomes if outcome.rungs is None]
    if failed:
        yield "Not computed: " + "; ".join(f"{outcome.case.name} ({outcome.problem})" for outcome in failed) + "."


def _closer(result: Result) -> str:
    """A sentence on the baselines that are closer to the measured values than the rung that ranks; empty: none."""
    outcomes = _primary(result)
    measured, best = _measured(outcomes), _computed(outcomes, RANKING_RUNG)
    gaps = {
        name: difference(mean_absolute_error, best, numbers, measured)
        for name, numbers in ({} if result.of.orders_only else result.baselines).items()
    }
    return " ".join(
        f"{name} is closer to the measured values than `{RANKING_RUNG}`: a mean absolute error smaller by {gap} "
        f"{result.of.unit}, at no cost."
        for name, gap in gaps.items()
        if gap.low > 0
    )


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


def values(result: Result) -> Iterator[ValueRow]:
    """Every computed value beside the measured one. Hybrids follow from the rows of the variant that they mix."""
    for variant in result.of.variants:
        for outcome in result.outcomes[variant.name] if not variant.hybrid else ():
            case = outcome.case
            if outcome.problem != NOT_YET:
                rungs = outcome.rungs or Rungs()
                yield ValueRow(
                    variant.name,
                    case.name,
                    case.group,
                    case.measured,
                    rungs,
                    outcome.flags,
                    outcome.problem,
                    outcome.key,
                )


def _times(results: Iterable[Result], file: Path) -> Mapping[str, TimeRow]:
    """Times by key: those of the file, and newer ones of the store over them, which the file gets."""
    found = read_times(file)
    for result in results:
        for outcomes in result.outcomes.values():
            found |= {row.key: row for outcome in outcomes for row in outcome.times}
    write_times(file, found.values())
    return read_times(file)  # as rounded as another machine will find them


def _keys(result: Result) -> set[str]:
    """Of the ground states of a set."""
    return {
        ground_state_key(calculation, variant.level, SEED)
        for variant in result.of.variants
        for case in variant.cases
        for calculation in case.calculations
    }


def _primary(result: Result) -> tuple[Outcome, ...]:
    return result.outcomes[result.of.variants[0].name]


def _measured(outcomes: Sequence[Outcome]) -> Vector:
    return np.array([outcome.case.measured for outcome in outcomes])


def _computed(outcomes: Sequence[Outcome], rung: str, hybrid: float = 0.0) -> Vector:
    """(n,) values on a rung; nan where there is none. Hybrid: only rungs of MC-PDFT, mixed with their state's own."""
    found = [outcome.rungs.as_dict()[rung] if outcome.rungs else None for outcome in outcomes]
    values = np.round([np.nan if value is None else value for value in found], DECIMALS)
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
    outcomes = [outcome for outcome in _primary(result) if outcome.rungs is not None]
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
    outcomes = [outcome for outcome in _primary(result) if outcome.rungs is not None]
    if not outcomes:
        return
    computed, off = _computed(outcomes, RANKING_RUNG), _off(result, outcomes)
    for i in np.argsort(-np.abs(off))[:N_WORST]:
        case, flags = outcomes[i].case, " ".join(outcomes[i].flags)
        size = f"{off[i]:+.0f} places" if result.of.orders_only else f"{off[i]:+.2f}"
        yield [case.name, case.group, f"{case.measured:.2f}", f"{computed[i]:.2f}", size, flags or _NOTHING]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _stamp(command: str) -> str:
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    return (
        f"- Command: `{command}`\n- Versions: eigenlead {version('eigenlead')}, {versions}\n"
        f"- Date: {datetime.now(UTC):%Y-%m-%d}"
    )

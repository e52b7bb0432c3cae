"""Pages on rankers, in Markdown: one of one's own, and what the Llama is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from flows.markdown import table
from models.assay import Assay
from models.composer import Teaching
from models.evaluate import HELD_OUT, Difference, Row
from models.explanation_trial import TrialResult
from models.llama import Llama
from models.style import Style
from models.tasks import RATES
from models.train import Task


def _ranking_table(rows: Sequence[Row]) -> str:
    return table(
        ("ranking", "Spearman", "90% interval"),
        ([row.ranking, f"{row.spearman:.2f}", f"{row.low:.2f} to {row.high:.2f}"] for row in rows),
    )


def assay_page(
    file: Path,
    assay: Assay,
    task: Task,
    out_of: NDArray[np.bool_],
    rows: Sequence[Row],
    curve: Sequence[tuple[int, float]],
    calibration: Sequence[tuple[float, float, int]],
) -> str:
    """What a ranker of one's own is worth: held-out compounds, learning curve, calibration, rows left out."""
    llama = next(row for row in rows if row.ranking == "Llama ranker")
    best = rows[0]
    verdict = (
        "The Llama ranker orders them best."
        if best is llama
        else f"{best.ranking} orders them better ({best.spearman:.2f} against {llama.spearman:.2f}): rank by that."
    )
    how = "the latest" if assay.dates else "whole scaffolds"
    unit = f", in {assay.unit}" if assay.unit else ""
    noise = "" if assay.noise is None else f" Repeated measurements differ by ±{assay.noise:.2g}."
    return (
        "\n\n".join(
            (
                f"# A ranker: {task.question}",
                f"{file.name}: {len(task.measured)} compounds{unit}, {len(assay.rejections)} rows left out, "
                f"{int(out_of.sum())} compounds held out, {how}.{noise}",
                verdict,
                "## Held-out compounds",
                _ranking_table(rows),
                "## Learning curve",
                table(("compounds", "Spearman"), ([str(n), f"{value:.2f}"] for n, value in curve)),
                "## Calibration",
                "Pairs of held-out compounds, by the stated probability that one is better.",
                table(
                    ("stated", "found", "pairs"),
                    ([f"{stated:.2f}", f"{found:.2f}", str(n)] for stated, found, n in calibration),
                ),
                *(
                    ("## Rows left out", "\n".join(f"- row {r.row}: {r.reason} {r.remedy}" for r in assay.rejections))
                    if assay.rejections
                    else ()
                ),
            )
        )
        + "\n"
    )


def llama_page(
    llama: Llama,
    tasks: Sequence[Task],
    rows: Sequence[Row],
    differences: Sequence[Difference],
    seeds: Sequence[int],
    trial: TrialResult,
    readings: Mapping[str, Style],
    teaching: Teaching | None,
) -> str:
    """What the Llama is worth, as LLAMA.md.

    Args:
        llama: that was asked.
        tasks: measured properties.
        rows: how rankings measured.
        differences: between rankings.
        seeds: of the splits.
        trial: of explanations.
        readings: how explanations read, by who composed them.
        teaching: of the adapter that composes; None: there is none.
    """
    sizes = [f"{len(task.candidates)} molecules of {task.name} at the {task.profile} profile" for task in tasks]
    parts = [
        "# What the Llama is worth",
        f"Written by `eigenlead evaluate`: {llama.name}.",
        "## Rankings",
        f"Evidence of {', '.join(sizes)}; {HELD_OUT:.0%} held out by scaffold, "
        f"or by cluster where there are no rings; splits {', '.join(map(str, seeds))}. Spearman correlations with "
        "measured values, the mean over splits, and the interval of a bootstrap over held-out molecules.",
    ]
    for task in tasks:
        own = [row for row in rows if row.task == task.name]
        parts += [f"### {task.name}: {task.question}", f"Best: {own[0].ranking}.", _ranking_table(own)]
        if compared := [one for one in differences if one.task == task.name]:
            parts += ["What differs, by a paired bootstrap on the same molecules:", _difference_table(compared)]
    if any(task.name == RATES for task in tasks):
        parts.append("Rates with glutathione are taught to none: they test what was learned elsewhere.")
    if not tasks:
        parts[-1] = "Not compared yet: there is too little evidence. `eigenlead train --collect` computes it."
    parts += [
        "## Explanations",
        f"{trial.explanations} explanations of made-up candidates, with ties, missing values, flags and hostile names: "
        f"the Llama composed {trial.by_llama}, {trial.templates} came from a template since the answers had failed the "
        f"check, {trial.rejected_attempts} answers were rejected, and {trial.false_claims} sentences of the final "
        "texts are not supported by the evidence. What the check is worth: `tests/models/test_claims_corrupted.py`.",
        "How they read, in shares: of neighbouring sentences that begin with the same word, of sentences that are tied "
        "to the one before, of explanations in which a comparison says what follows from it, and of those that name "
        "the rung which differs by the quantum step alone.",
        table(
            ("composed by", "begin alike", "tied", "say what follows", "isolate the quantum step"),
            (
                [who, *(f"{share:.0%}" for share in (s.begins_alike, s.tied, s.says_what_follows, s.isolates_quantum))]
                for who, s in readings.items()
            ),
        ),
    ]
    if teaching is not None:
        parts.append(
            f"The adapter that composes learned from {teaching.lessons} lessons in {teaching.seconds / 60:.0f} min. On "
            f"lessons held out, the mean of −ln p of a choice fell from {teaching.loss_before:.2f} to "
            f"{teaching.loss_after:.2f}."
        )
    packages = ", ".join(f"{name} {version(name)}" for name in ("eigenlead", "torch", "transformers", "peft"))
    parts.append(f"- Versions: {packages}\n- Date: {datetime.now(UTC):%Y-%m-%d}")
    return "\n\n".join(parts) + "\n"


def _difference_table(differences: Sequence[Difference]) -> str:
    return table(
        ("ranking", "against", "difference", "90% interval"),
        ([one.ranking, one.other, f"{one.spearman:+.2f}", f"{one.low:+.2f} to {one.high:+.2f}"] for one in differences),
    )

"""A reader of reports who knows nothing but report.json, and the table and the page that are made of it."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

from explanation_reader import RUNGS, Reader, Report, decimals_for, in_words, is_number, shown, standing, tau_b


def problems(report: Report, ranking_csv: str = "", page: str = "") -> list[str]:
    """All that is wrong in a report, and in the table and the page that were made of it, where they are given."""
    found = list(_ranks(report)) + list(_quantum(report)) + list(_because(report)) + list(_trust(report))
    for row in report["candidates"]:
        if row["explanation"]:
            found += [f"{row['name']}: {one}" for one in Reader(report, row["id"]).read()]
    return found + list(_table(report, ranking_csv)) + list(_page(report, page))


def count(report: Report) -> int:
    """How many sentences were read in explanations."""
    return sum(len(row["explanation"]["claims"]) for row in report["candidates"] if row["explanation"])


def _ranks(report: Report) -> Iterator[str]:
    by, rows = report["objective"]["sorted_by"], report["candidates"]
    for rank, score in (("rank", "score"), ("rank_physics", "score_physics"), ("rank_llama", "score_llama")):
        seen = {row["id"]: shown(row[score], 2) for row in rows if row[score] is not None}
        for row in rows:
            if row["id"] in seen and row[rank] != standing(seen, row["id"], high=True)[0]:
                yield f"{rank} of {row['name']} is {row[rank]}"
    if [row["rank"] for row in rows] != sorted(row[f"rank_{by}"] for row in rows):
        yield "the list is not in the order that it says"


def _quantum(report: Report) -> Iterator[str]:
    main, low = report["objective"]["ranking_descriptor"], report["objective"]["lower_is_better"]
    effect, rows = report["quantum_effect"], report["candidates"]
    on: dict[str, list[float | None]] = {}
    for rung in ("xtb", "mean_field", "dft", "casci", "casci_pdft", "vqe", "vqe_pdft"):
        values = [(row["descriptors"][main]["rungs"][rung], row["descriptors"][main]["unit"]) for row in rows]
        on[rung] = [None if value is None else shown(value, decimals_for(unit)) for value, unit in values]
    for rung, stated in effect["kendall_tau"].items():
        pairs = [(a, b) for a, b in zip(on[rung], on["vqe_pdft"], strict=True) if a is not None and b is not None]
        found = tau_b([a for a, _ in pairs], [b for _, b in pairs])
        if (found is None) != (stated is None) or (found is not None and abs(found - stated) > 1e-9):
            yield f"tau with {rung} is {found} and not {stated}"
    both = {
        row["id"]: (a, b)
        for row, a, b in zip(rows, on["vqe_pdft"], on["casci_pdft"], strict=True)
        if a is not None and b is not None
    }
    vqe, exact = ({key: pair[side] for key, pair in both.items()} for side in (0, 1))
    places = {key: (standing(vqe, key, high=not low), standing(exact, key, high=not low)) for key in both}
    moved = {key: (a[0], b[0]) for key, (a, b) in places.items() if a[0] != b[0]}
    if {one["id"]: (one["rank_vqe_pdft"], one["rank_casci_pdft"]) for one in effect["rank_changes"]} != moved:
        yield f"the VQE moves {moved}"
    n, text = len(both), effect["sentence"]
    if report["objective"]["sorted_by"] == "llama":
        title = rows[0]["descriptors"][main]["title"]
        text = text.removeprefix(f"This is about the order by {title}; the list is in the Llama's. ")
    said = [
        (n < 2, r"With fewer than two candidates to compare there is no order that the quantum step could change\."),
        (bool(moved), rf"The VQE gives {len(moved)} of {n} candidates another rank than the exact state of the same "
         r"active space does(?P<rest>\.| *.*)"),
        (n > 1 and all(a == b == (1, n) for a, b in places.values()), r"On the VQE and on the exact state of the same "
         rf"active space alike, {'both' if n == 2 else f'all {n}'} candidates are tied(?P<rest>\.| *.*)"),
        (n > 1 and not moved, rf"The VQE orders the {n} candidates exactly as the exact state of the same active space "
         r"does: the quantum step moves none, and finds nothing that a classical computer did not find here"
         r"(?P<rest>\.| *.*)"),
    ]  # fmt: skip
    match = next((re.fullmatch(pattern, text) for holds, pattern in said if holds), None)
    if match is None:
        yield f"the quantum step: {text}"
    elif rest := (match.groupdict().get("rest") or "").rstrip("."):
        figures = re.findall(r"(−?\d\.\d\d) with (DFT|the mean field|GFN2-xTB)", rest)
        if rest != ". Kendall's tau of the ranking is " + ", ".join(f"{v} with {w}" for v, w in figures) or not all(
            is_number(value, effect["kendall_tau"][RUNGS[words]]) for value, words in figures
        ):
            yield f"the quantum step: {text}"


def _because(report: Report) -> Iterator[str]:
    why, by, profile = (
        report["objective"]["sorted_because"],
        report["objective"]["sorted_by"],
        report["provenance"]["profile"],
    )
    figure = r"(-?\d\.\d\d)"
    if match := re.fullmatch(
        r"How this Llama orders by this question at the profile (\w+) has not been held against measured values, "
        r"so that physics decides\.",
        why,
    ):
        right = match[1] == profile and by == "physics"
    elif match := re.fullmatch(
        rf"Against measured values \(\w+, profile (\w+), VQE \+ MC-PDFT\) the (.+) alone has a Spearman correlation of "
        rf"{figure}, the embedded Llama untrained {figure}\.",
        why,
    ):
        right = match[1] == profile and (by == "llama") == (float(match[4]) > float(match[3]))
    elif match := re.fullmatch(
        rf"(?:Of the Llama ranker|The Llama ranker is no better:) its Spearman correlation on molecules held out is "
        rf"{figure}, against (.+)\.",
        why,
    ):
        physics = re.findall(rf"(?!(?:mw|clogp) )[^,]+ alone {figure}", match[2])
        better = why.startswith("Of")
        right = better == (by == "llama") == bool(physics and float(match[1]) > float(physics[-1]))
    else:
        right = bool(re.match(r"The ranker was named; it answers .+; ", why)) and by == "llama"
    if not right:
        yield f"the reason for the order: {why}"


def _trust(report: Report) -> Iterator[str]:
    trust = report["llama_trust"]
    if trust is None:
        return
    rows = [row for row in report["candidates"] if row["rank_llama"] is not None]
    seen = [[shown(row[score], 2) for row in rows] for score in ("score_llama", "score_physics")]
    tau, text = tau_b(*seen), trust["sentence"]
    if (tau is None) != (trust["kendall_tau_physics"] is None) or abs(
        (tau or 0) - (trust["kendall_tau_physics"] or 0)
    ) > 1e-9:
        yield f"tau of the Llama with physics is {tau}"
    kept = re.match(
        r"The Llama kept its choice in (\d+) of (\d+) pairs when the two changed places \(95% interval ", text
    )
    if kept:
        agreement = re.search(r"\(Kendall's tau (-?\d\.\d\d), p = ([\d.e-]+)\): (.+)\.$", text)
        right = (
            int(kept[2]) == trust["comparisons"]
            and abs(int(kept[1]) / int(kept[2]) - trust["order_consistency"]) < 1e-9
            and is_number(re.findall(r"mean probability (\d\.\d\d)", text)[0], trust["position_bias"] + 0.5)
            and (agreement is None) == (tau is None)
            and (agreement is None or is_number(agreement[1], tau or 0.0))
            and (agreement is None or (float(agreement[2]) >= 0.05) == ("no significant relation" in text))
        )
    elif text.startswith("There was nothing to compare"):
        right = trust["comparisons"] == 0 and len(rows) < 2
    else:
        right = bool(re.match(r"A ranker trained on \d+ measured molecules \(", text)) and trust["comparisons"] == 0
        quoted = re.search(r"held out its Spearman correlation with measured values is (\d\.\d\d)", text)
        right = right and (quoted is None or quoted[1] in report["objective"]["sorted_because"])
    if not right:
        yield f"the trust in the Llama: {text}"


def _table(report: Report, text: str) -> Iterator[str]:
    if not text:
        return
    columns = ("rank", "score", "rank_physics", "score_physics", "rank_llama", "score_llama")
    for line, row in zip(csv.DictReader(text.splitlines(True)), report["candidates"], strict=True):
        for column in columns:
            if line[column] != ("" if row[column] is None else str(row[column])):
                yield f"ranking.csv has {column} {line[column]} of {row['name']}"
        if row["explanation"] and line["explanation"] != row["explanation"]["text"]:
            yield f"ranking.csv explains {row['name']} otherwise"


def _page(report: Report, page: str) -> Iterator[str]:
    if not page:
        return
    scores = {row["id"]: shown(row["score"], 2) for row in report["candidates"]}
    expected = [in_words(*standing(scores, row["id"], high=True)) for row in report["candidates"]]
    podium = re.findall(r'<p class="place">([^<]+)</p>', page)
    listed = re.findall(r'<td class="number place" data-value="\d+">([^<]+)</td>', page)
    if podium != expected[:3] or listed != expected:
        yield f"the page has the places {podium} and {listed}"
    if (
        report["objective"]["sorted_by"] == "llama"
        and "Llama’s score" not in page[page.index("<table") : page.index("<tbody")]
    ):
        yield "the score that decides is not in the table"

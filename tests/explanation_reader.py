"""A reader of explanations who knows nothing but report.json: every sentence is computed again from what is shown.

It shares no code with those who write and check explanations, and takes no rank from the report: whoever stands where
is counted here. A sentence that it does not know is an error, too.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from itertools import combinations
from statistics import median
from typing import Any

Report = dict[str, Any]

PROPERTIES = {
    "mw": ("molecular weight", "Da"),
    "clogp": ("calculated logP", ""),
    "tpsa": ("topological polar surface area", "Å²"),
    "hbd": ("number of hydrogen-bond donors", ""),
    "hba": ("number of hydrogen-bond acceptors", ""),
    "rotatable_bonds": ("number of rotatable bonds", ""),
    "qed": ("drug-likeness score", ""),
    "sa_score": ("synthetic accessibility score", ""),
}
RUNGS = {"GFN2-xTB": "xtb", "DFT": "dft", "CASCI + MC-PDFT": "casci_pdft", "the mean field": "mean_field"}
CONTRAST = ("However", "On the downside", "That said", "Even so")
OPENERS = (*CONTRAST, "On the plus side", "Reassuringly", "What is more", "As things stand")
FOLLOWS = {
    "react more readily": ("thiol_addition", -1),
    "react more slowly": ("thiol_addition", 1),
    "gives up an electron more easily": ("ionisation.ie_vertical", -1),
    "harder to oxidise": ("ionisation.ie_vertical", 1),
    "takes up an electron less easily": ("ionisation.ea_vertical", -1),
    "takes up an electron more easily": ("ionisation.ea_vertical", 1),
    "softer electrophile": ("ionisation.hardness", -1),
    "harder electrophile": ("ionisation.hardness", 1),
    "weaker electrophile": ("ionisation.electrophilicity", -1),
    "stronger electrophile": ("ionisation.electrophilicity", 1),
}


def shown(value: float, decimals: int) -> float:
    """What a reader sees of a number."""
    return float(f"{value:.{decimals}f}") + 0.0


def decimals_for(unit: str) -> int:
    return 1 if unit == "kcal/mol" else 2


def is_number(text: str, value: float) -> bool:
    """Whether a written number is a value to as many decimals as it is written with."""
    plain = text.replace("−", "-")
    return float(plain) == shown(value, len(plain.partition(".")[2]))


def standing(values: dict[str, float], who: str, *, high: bool) -> tuple[int, int]:
    """The first and the last place that one of them may claim."""
    ahead = sum(other > values[who] if high else other < values[who] for other in values.values())
    return ahead + 1, ahead + sum(other == values[who] for other in values.values())


def in_words(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}–{last}, tied"


def tau_b(first: list[float], second: list[float]) -> float | None:
    """Kendall's tau-b by counting pairs; None where it is undefined."""
    signs = [
        ((a > b) - (a < b), (c > d) - (c < d))
        for (a, c), (b, d) in combinations(list(zip(first, second, strict=True)), 2)
    ]
    norm = math.sqrt(sum(x * x for x, _ in signs) * sum(y * y for _, y in signs))
    return sum(x * y for x, y in signs) / norm if norm else None


class Reader:
    """Reads what a report says of one candidate."""

    def __init__(self, report: Report, who: str) -> None:
        self.rows = {row["id"]: row for row in report["candidates"]}
        self.me, self.id = self.rows[who], who
        objective = report["objective"]
        self.main, self.low, self.by = (
            objective["ranking_descriptor"],
            objective["lower_is_better"],
            objective["sorted_by"],
        )
        self.titles = {title: key for key, (title, _) in PROPERTIES.items()}
        self.units = {key: unit for key, (_, unit) in PROPERTIES.items()}
        for row in self.rows.values():
            for key, one in row["descriptors"].items():
                self.titles[one["title"]] = key
                self.units[key] = one["unit"]
        self.names = {form: key for key, row in self.rows.items() for form in _names(key, row["name"])}

    def read(self) -> Iterator[str]:
        """What is wrong with the candidate's explanation, sentence by sentence."""
        explanation = self.me["explanation"]
        texts = [claim["text"] for claim in explanation["claims"]]
        if explanation["text"] != " ".join(texts):
            yield f"the text is not its claims: {explanation['text']}"
        against = False
        for place, (text, claim) in enumerate(zip(texts, explanation["claims"], strict=True)):
            opener = next((one for one in OPENERS if text.startswith(f"{one}, ")), "")
            bare = text[len(opener) + 2 :] if opener else text
            if opener and (place == 0 or (opener in CONTRAST and against)):
                yield f"the opening does not fit: {text}"
            if not claim["holds"] or not self.is_true(bare[0].upper() + bare[1:]):
                yield text
            against = claim["relation"] in ("alert", "flag")

    def is_true(self, text: str) -> bool:
        """Whether one of the forms that a sentence may have fits it to the last word, and is true."""
        for pattern, rule in RULES:
            match = re.fullmatch(self._pattern(pattern), text)
            if match and rule(self, match):
                return True
        return False

    def _pattern(self, pattern: str) -> str:
        def any_of(words: Any) -> str:
            return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True) if word) or r"(?!)"

        titles = any_of({*self.titles, *(title[:1].upper() + title[1:] for title in self.titles)})
        flags = {flag for one in self.me["descriptors"].values() for flag in one["flags"]}
        slots = {
            "D": titles,
            "N": any_of(self.names),
            "Q": any_of(RUNGS),
            "A": any_of(self.me["alerts"]),
            "F": any_of({form for flag in flags for form in _flag(flag)}),
            "V": r"−?\d+(?:\.\d+)?",
            "U": f"(?: (?:{any_of(set(self.units.values()))}))?",
            "S": r"(?:at |in )?(?:number \d+|places \d+ to \d+)",
        }
        return re.sub(r"<([A-Z])(\w*)>", lambda m: f"(?P<{m[1]}{m[2]}>{slots[m[1]]})", pattern)

    # --- what is looked up

    def key(self, title: str) -> str:
        return self.titles.get(title) or self.titles[title[:1].lower() + title[1:]]

    def value(self, key: str, who: str = "") -> float:
        row = self.rows[who or self.id]
        found = row["properties"][key] if key in PROPERTIES else row["descriptors"][key]["value"]
        return float(found)

    def has(self, key: str, written: str, unit: str, who: str = "") -> bool:
        try:
            return unit.strip() == self.units[key] and is_number(written, self.value(key, who))
        except KeyError:
            return False

    def seen(self, key: str, who: str = "") -> float:
        return shown(self.value(key, who), decimals_for(self.units[key]))

    def all_seen(self, key: str) -> dict[str, float]:
        return {who: self.seen(key, who) for who, row in self.rows.items() if key in row["descriptors"]}

    def place(self) -> tuple[int, int]:
        return standing(self.all_seen(self.main), self.id, high=not self.low)

    def rung_place(self, rung: str) -> tuple[int, int]:
        unit = self.units[self.main]
        values = {
            who: shown(row["descriptors"][self.main]["rungs"][rung], decimals_for(unit))
            for who, row in self.rows.items()
        }
        return standing(values, self.id, high=not self.low)

    def llama_place(self) -> tuple[int, int]:
        return standing({who: shown(row["score"], 2) for who, row in self.rows.items()}, self.id, high=True)

    def gap(self, other: str) -> tuple[float, float, float, float]:
        """Shown and computed gap to another one, combined uncertainty as shown and as computed."""
        mine, theirs = (self.rows[who]["descriptors"][self.main] for who in (self.id, other))
        decimals = decimals_for(self.units[self.main])
        width = math.hypot(mine["uncertainty"], theirs["uncertainty"])
        between = shown(abs(self.seen(self.main) - self.seen(self.main, other)), decimals)
        return between, abs(mine["value"] - theirs["value"]), shown(width, decimals), width


def _clean(text: str) -> str:
    printable = "".join(c if c.isprintable() else " " for c in text).replace("<|", "< |")
    return " ".join(printable.replace("“", '"').replace("”", '"').split())


def _names(key: str, name: str) -> Iterator[str]:
    """How a candidate may be called: as it is, or in quotation marks, with its id where names are equal or long."""
    clean, short = _clean(name) or _clean(key), _clean(name)[:60]
    yield from (clean, f"“{clean}”", f"“{clean}, {_clean(key)}”", f"“{short}…, {_clean(key)}”")


def _flag(flag: str) -> Iterator[str]:
    clean = _clean(flag).rstrip(". ")
    yield from (clean, f"“{clean}”")


def _spot(text: str) -> tuple[int, int]:
    numbers = [int(one) for one in re.findall(r"\d+", text)]
    return numbers[0], numbers[-1]


Rule = Callable[[Reader, "re.Match[str]"], bool]


def _value(r: Reader, m: re.Match[str]) -> bool:
    return r.has(r.key(m["D"]), m["V"], m["U"])


def _compared(r: Reader, m: re.Match[str]) -> bool:
    key, other = r.key(m["D"]), r.names[m["N"]]
    if re.search(r"\.[a-z]+\d+$", key) or not (r.has(key, m["V"], m["U"]) and r.has(key, m["V2"], m["U2"], other)):
        return False
    sign = -1 if m["way"] in ("lower", "below", "more") else 1
    if sign * (float(m["V"].replace("−", "-")) - float(m["V2"].replace("−", "-"))) <= 0:
        return False
    so = m.groupdict().get("so")
    if not so:
        return True
    widths = [r.rows[who]["descriptors"][key]["uncertainty"] for who in (r.id, other)]
    apart = None in widths or abs(r.value(key) - r.value(key, other)) > math.hypot(*widths)
    meant = next(meaning for words, meaning in FOLLOWS.items() if words in so)
    exergonic = "exergonic" not in m[0] or max(r.value(key), r.value(key, other)) < 0
    return apart and meant == (key, sign) and exergonic


def _exergonic(r: Reader, m: re.Match[str]) -> bool:
    key, other, more = "thiol_addition", r.names[m["N"]], m["way"] == "more"
    widths = [r.rows[who]["descriptors"][key]["uncertainty"] for who in (r.id, other)]
    mine, theirs = r.value(key), r.value(key, other)
    apart = None in widths or abs(mine - theirs) > math.hypot(*widths)
    fits = (m["so"] in ("readily", "faster")) == more == (r.seen(key) < r.seen(key, other))
    return (
        r.has(key, m["V"], m["U"]) and r.has(key, m["V2"], m["U2"], other) and apart and fits and max(mine, theirs) < 0
    )


def _median(r: Reader, m: re.Match[str]) -> bool:
    key = r.key(m["D"])
    middle = median([r.value(key, who) for who, row in r.rows.items() if key in row["descriptors"]])
    sign = -1 if m["way"] in ("lower", "below") else 1
    differ = sign * (float(m["V"].replace("−", "-")) - float(m["V2"].replace("−", "-"))) > 0
    return r.has(key, m["V"], m["U"]) and is_number(m["V2"], middle) and m["U2"] == m["U"] and differ


def _extreme(r: Reader, m: re.Match[str]) -> bool:
    key = r.key(m["D"])
    values, word = r.all_seen(key), m["word"]
    if word in ("best", "worst") and key != r.main:
        return False
    low = word in ("lowest", "lower") or (word == "best" and r.low) or (word == "worst" and not r.low)
    counted = int(m.groupdict().get("count") or len(r.rows))
    first = standing(values, r.id, high=not low) == (1, 1)
    return r.has(key, m["V"], m["U"]) and first and counted == len(values) == len(r.rows) > 2


def _placed(r: Reader, m: re.Match[str]) -> bool:
    named = m.groupdict().get("N")
    right = r.key(m["D"]) == r.main and r.has(r.main, m["V"], m["U"]) and (not named or r.names[named] == r.id)
    return right and r.by == "physics" and _spot(m["S"]) == r.place() and int(m["count"]) == len(r.rows) > 1


def _by_llama(r: Reader, m: re.Match[str]) -> bool:
    places = _spot(m["S"]) == r.llama_place() and _spot(m["S2"]) == r.place() and int(m["count"]) == len(r.rows)
    numbers = is_number(m["V"], r.me["score"]) and r.has(r.main, m["V2"], m["U"])
    return r.by == "llama" and r.key(m["D"]) == r.main and places and numbers


def _gap(r: Reader, m: re.Match[str]) -> bool:
    between, computed, limit, width = r.gap(r.names[m["N"]])
    within = m["way"] == "is within"
    written = (
        is_number(m["V"], between)
        and is_number(m["V2"], width)
        and {m["U"].strip(), m["U2"].strip()} == {r.units[r.main]}
    )
    return r.by == "physics" and written and between > 0 and (between <= limit) == (computed <= width) == within


def _change(r: Reader, m: re.Match[str]) -> bool:
    other, gap = r.names[m["N"]], float(m["V"])
    mine, theirs, values = r.seen(r.main), r.seen(r.main, other), r.all_seen(r.main)
    better = m["where"] in ("before", "ahead", "pass")
    own, there = r.place(), standing(values, other, high=not r.low)
    neighbours = own[0] == own[1] and there[0] == there[1] and there[0] == own[0] + (-1 if better else 1)
    rises = theirs > mine
    open_end = r.main != "desirability" or (theirs < 1.0 if rises else theirs > 0.01)
    right = (
        gap > 0 and shown(abs(theirs - mine), decimals_for(r.units[r.main])) == gap and rises == (m["turn"][0] == "r")
    )
    first = better or own[0] == 1
    unit = m["U"].strip() == r.units[r.main]
    return r.by == "physics" and r.key(m["D"]) == r.main and neighbours and open_end and right and first and unit


def _rung(r: Reader, m: re.Match[str]) -> bool:
    key, rungs = r.key(m["D"]), r.me["descriptors"][r.key(m["D"])]["rungs"]
    rung, right = RUNGS[m["Q"]], rungs["vqe_pdft"] == r.value(key) and m["U"].strip() == r.units[key]
    other = m.groupdict().get("V2")
    if "quantum step" in m[0] or "Exact" in m[0]:
        right = right and rung == "casci_pdft"
    if "same" in m[0] or "changes nothing" in m[0]:
        right = right and is_number(m["V"], r.value(key))
    if other is not None:
        right = right and is_number(other, r.value(key)) and other != m["V"]
    return right and is_number(m["V"], rungs[rung])


def _rung_place(r: Reader, m: re.Match[str]) -> bool:
    by = m.groupdict().get("D")
    then, other = r.rung_place(RUNGS[m["Q"]]), m.groupdict().get("S2") or m.groupdict().get("was")
    right = _spot(m["S"]) == then and len(r.rows) > 1 and (r.by == "llama") == bool(by)
    return right and (then == r.place() if other is None else _spot(other) == r.place() != then)


def _uncertainty(r: Reader, m: re.Match[str]) -> bool:
    width = r.me["descriptors"][r.key(m["D"])]["uncertainty"]
    also = m.groupdict().get("V2")
    unit = m["U"].strip() == r.units[r.key(m["D"])]
    return unit and is_number(m["V"], width) and (also is None or r.has(r.key(m["D"]), also, m["U2"]))


def _lipinski(r: Reader, _m: re.Match[str]) -> bool:
    limits = (("mw", 500), ("clogp", 5), ("hbd", 5), ("hba", 10))
    return all(r.me["properties"][key] <= limit for key, limit in limits)


def _two(r: Reader, m: re.Match[str]) -> bool:
    return r.has(r.key(m["D"]), m["V"], m["U"]) and r.has(r.key(m["D2"]), m["V2"], m["U2"])


def _alerts(r: Reader, m: re.Match[str]) -> bool:
    return len(r.me["alerts"]) == int(m.groupdict().get("count") or 1)


def _flagged(r: Reader, m: re.Match[str]) -> bool:
    return any(m["F"] in _flag(flag) for flag in r.me["descriptors"][r.key(m["D"])]["flags"])


def _tied(r: Reader, m: re.Match[str]) -> bool:
    other = r.names[m["N"]]
    level = other != r.id and r.seen(r.main) == r.seen(r.main, other)
    return r.key(m["D"]) == r.main and level and all(r.has(r.main, m["V"], m["U"], who) for who in (r.id, other))


def _only(r: Reader, m: re.Match[str]) -> bool:
    return len(r.rows) == 1 and r.key(m["D"]) == r.main and r.has(r.main, m["V"], m["U"])


_SO = r"(?P<so>, so it (?:is|should|gives|takes) [a-z ]+)?\."
_EXTREME = "(?P<word>lowest|highest|best|worst)"
_MORE = r"by more than <V><U>"
_LIMIT = r"the combined uncertainty of ±<V2><U2>"
RULES: tuple[tuple[str, Rule], ...] = (
    (r"Its <D> is <V><U>\.", _value),
    (r"Its <D> comes to <V><U>\.", _value),
    (r"The calculation puts its <D> at <V><U>\.", _value),
    (r"For its <D> the calculation gives <V><U>\.", _value),
    (r"The <D> of <N> is <V><U>\.", lambda r, m: r.names[m["N"]] == r.id and _value(r, m)),
    (r"Its <D> is <V><U> and its <D2> is <V2><U2>\.", _two),
    (r"At <V><U>, its <D> is (?P<way>lower|higher) than that of <N> \(<V2><U2>\)" + _SO, _compared),
    (r"Its <D> of <V><U> lies (?P<way>below|above) the <V2><U2> of <N>" + _SO, _compared),
    (r"Its <D> comes to <V><U>, (?P<way>lower|higher) than the <V2><U2> of <N>" + _SO, _compared),
    (
        r"Thiol addition is (?P<way>more|less) exergonic than for <N> \(<V><U> against <V2><U2>\), "
        r"so it should react more (?P<so>readily|slowly) with thiols\.",
        _exergonic,
    ),
    (
        r"Against <N> \(<V2><U2>\), its thiol addition of <V><U> is (?P<way>more|less) exergonic: "
        r"(?P<so>faster|slower) turnover by glutathione is possible\.",
        _exergonic,
    ),
    (r"Its <D> of <V><U> lies (?P<way>below|above) the list's median of <V2><U2>\.", _median),
    (r"At <V><U>, its <D> is (?P<way>lower|higher) than the median of the list \(<V2><U2>\)\.", _median),
    (rf"At <V><U>, its <D> is the {_EXTREME} of the (?P<count>\d+) candidates\.", _extreme),
    (r"No other candidate has a (?P<word>lower|higher) <D> than its <V><U>\.", _extreme),
    (rf"By <D> it is the {_EXTREME} of the (?P<count>\d+) candidates, at <V><U>\.", _extreme),
    (rf"It is the {_EXTREME} of the (?P<count>\d+) candidates by <D> \(<V><U>\)\.", _extreme),
    (r"By <D> it (?:ranks|shares) <S> of (?P<count>\d+), with <V><U>\.", _placed),
    (r"By <D>, <N> (?:ranks|shares) <S> of (?P<count>\d+) \(<V><U>\)\.", _placed),
    (r"It (?:comes in as|shares) <S> of (?P<count>\d+) by <D>, with <V><U>\.", _placed),
    (r"It is the only candidate that is ranked, with a <D> of <V><U>\.", _only),
    (
        r"The Llama puts it <S> of (?P<count>\d+), with a score of <V>; by <D> it is <S2>, with <V2><U>\.",
        _by_llama,
    ),
    (r"With a score of <V> the Llama puts it <S> of (?P<count>\d+); by <D> it is <S2>, with <V2><U>\.", _by_llama),
    (r"It is tied with <N> by <D>: both come to <V><U>\.", _tied),
    (r"By <D> nothing separates it from <N>: both come to <V><U>\.", _tied),
    (rf"The gap to <N> \(<V><U>\) (?P<way>is within) {_LIMIT}, so their order is open\.", _gap),
    (rf"Its order with <N> is open: the gap of <V><U> (?P<way>is within) {_LIMIT}\.", _gap),
    (rf"The gap to <N> \(<V><U>\) (?P<way>exceeds) {_LIMIT}\.", _gap),
    (rf"It is told apart from <N>: the gap of <V><U> (?P<way>exceeds) {_LIMIT}\.", _gap),
    (rf"A (?P<turn>rise|fall) of its <D> {_MORE} would put it (?P<where>before|behind) <N>\.", _change),
    (rf"It would move (?P<where>ahead) of <N> if its <D> (?P<turn>rose|fell) {_MORE}\.", _change),
    (rf"To (?P<where>pass) <N>, its <D> would have to (?P<turn>rise|fall) {_MORE}\.", _change),
    (rf"It would drop (?P<where>behind) <N> if its <D> (?P<turn>rose|fell) {_MORE}\.", _change),
    (rf"Its (?P<where>place) before <N> holds unless its <D> (?P<turn>rises|falls) {_MORE}\.", _change),
    (r"Exact <Q> gives the same <D> as the VQE, <V><U>\.", _rung),
    (r"The quantum step changes nothing in its <D>: exact <Q> also gives <V><U>\.", _rung),
    (r"The quantum step moves its <D> from <V><U> \(<Q>\) to <V2><U2>\.", _rung),
    (r"Without the quantum step \(<Q>\) its <D> would be <V><U>\.", _rung),
    (r"<Q> in place of the quantum step puts its <D> at <V><U>\.", _rung),
    (r"<Q> alone would put its <D> at <V><U> instead of <V2><U2>\.", _rung),
    (r"By <Q> alone its <D> would be <V><U>, not <V2><U2>\.", _rung),
    (r"Ranked by <Q> alone it would keep <S>\.", _rung_place),
    (r"<Q> alone would leave it <S>\.", _rung_place),
    (r"Ranked by <Q> alone it would be <S> instead of (?:<S2>|(?P<was>\d+))\.", _rung_place),
    (r"<Q> alone would rank it <S>, not (?:<S2>|(?P<was>\d+))\.", _rung_place),
    (r"By <D> it would keep <S> on <Q> alone\.", _rung_place),
    (r"By <D> it would be <S> on <Q> alone, not <S2>\.", _rung_place),
    (r"The uncertainty of its <D> is ±<V><U>\.", _uncertainty),
    (r"The uncertainty of its <D> is at least ±<V><U>\.", _uncertainty),
    (r"Its <D> is <V2><U2>, with an uncertainty of ±<V><U>\.", _uncertainty),
    (r"(?:Caution on its|A limit of its) <D>: <F>\.", _flagged),
    (r"(?:It carries the structural alert|One structural alert was found:) <A>\.", _alerts),
    (r"It carries (?P<count>\d+) structural alerts, among them <A>\.", _alerts),
    (r"Of its (?P<count>\d+) structural alerts, one is <A>\.", _alerts),
    (r"(?:No structural alert was found|It carries no structural alert)\.", lambda r, _: not r.me["alerts"]),
    (r"(?:It keeps within Lipinski's rule of five|Lipinski's rule of five holds for it)\.", _lipinski),
)

"""The check of a text about a candidate: every sentence is read, and what it says is looked up in the evidence.

The checker knows a closed set of sentence forms. `models.sentences` replaces names, titles, alerts, flags, rungs and
numbers by slots; what is left is compared with the forms, and the slots are verified. A sentence that cannot be read
to its last word is rejected, so that a text is accepted only if all of it is supported. No code is shared with
`models.claims`, which writes such sentences.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from models.evidence import EvidenceTable
from models.lookup import UnsupportedError
from models.sentences import Sentence, sentences
from models.verifier import Verifier

CHECK_VERSION = 5
"""Enters the key of every stored explanation."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One sentence that the evidence does not support."""

    sentence: str
    """As written."""
    reason: str
    """What is wrong with it."""


def check_text(text: str, table: EvidenceTable, candidate_id: str) -> tuple[Problem, ...]:
    """What in a text about one candidate is not supported by the evidence; empty if all of it is.

    Args:
        text: sentences, each ending with a full stop; "it" and "its" mean the candidate.
        table: the evidence of the whole screen.
        candidate_id: whom the text is about.
    """
    subject = next(evidence for evidence in table.candidates if evidence.id == candidate_id)
    verifier = Verifier(table, subject)
    problems = []
    before: str | None = None
    for sentence in sentences(text, table, subject):
        try:
            before = _verify(verifier, sentence, before)
        except UnsupportedError as error:
            problems.append(Problem(sentence.text, str(error)))
            before = ""
    return tuple(problems)


def _verify(verifier: Verifier, sentence: Sentence, before: str | None) -> str:
    """The sentence's tone; raise `UnsupportedError` unless the evidence supports it, and its opening fits.

    Args:
        verifier: of the evidence.
        sentence: to verify.
        before: the tone of the sentence before it; None: it is the first.
    """
    opened = _OPENING.match(sentence.form)
    if opened and before is None:
        raise UnsupportedError("it follows no other sentence")
    form = sentence.form[opened.end() :] if opened else sentence.form
    for tone, pattern, meaning in _FORMS:
        if match := pattern.fullmatch(form):
            if opened and opened[1] not in (*_OPENINGS[""], *_OPENINGS[tone]):
                raise UnsupportedError(f"it cannot begin with {opened[1]!r}")
            if opened and opened[1] in _OPENINGS["caution"] and before == "caution":
                raise UnsupportedError(f"{opened[1]!r} turns from nothing: the sentence before speaks against it too")
            meaning(verifier, *match.groups(), *sentence.slots)
            return tone
    raise UnsupportedError("it is none of the statements that can be checked against the evidence")


_OPENINGS = {
    "": ("besides", "what is more", "as things stand", "in any case"),
    "caution": ("however", "on the downside", "that said", "even so", "still"),
    "comfort": ("on the plus side", "reassuringly"),
}
"""Words that may tie a sentence to the one before, by its tone: any, against the candidate or its value, or for it."""
_OPENING = re.compile(rf"({'|'.join(word for words in _OPENINGS.values() for word in words)}), ")

_Meaning = Callable[..., None]
_SPOT = r"((?:at )?number V|(?:in )?places V to V|V)"
"""A place, or the first and the last of those that are shared."""
_PLAIN: tuple[tuple[str, _Meaning], ...] = (
    (r"(?:its|the) D is V|its D comes to V", Verifier.value),
    (r"the calculation puts its D at V", Verifier.value),
    (r"for its D the calculation gives V", Verifier.value),
    (r"the D of N is V", Verifier.value_of),
    (r"its D is V and its D is V", Verifier.two_values),
    (r"its D is V, with an uncertainty of ±V", Verifier.value_with_uncertainty),
    (r"at V, its D is (lower|higher) than that of N \(V\)", Verifier.comparison),
    (r"its D of V lies (below|above) the V of N", Verifier.comparison_reordered),
    (
        r"its D comes to V, (lower|higher) than the V of N",
        lambda check, way, title, number, others, other: check.comparison(way, number, title, other, others),
    ),
    (r"at V, its D is (lower|higher) than that of N \(V\), so ([a-z ]+)", Verifier.consequence),
    (r"its D of V lies (below|above) the V of N, so ([a-z ]+)", Verifier.consequence_reordered),
    (
        r"its D comes to V, (lower|higher) than the V of N, so ([a-z ]+)",
        lambda check, way, meaning, title, number, others, other: check.consequence(
            way, meaning, number, title, other, others
        ),
    ),
    (
        r"thiol addition is (more|less) exergonic than for N \(V against V\), "
        r"so it should react more (readily|slowly) with thiols",
        Verifier.exergonic,
    ),
    (
        r"against N \(V\), its thiol addition of V is (more|less) exergonic: "
        r"(faster|slower) turnover by glutathione is possible",
        lambda check, degree, speed, other, others, number: check.exergonic(degree, speed, other, number, others),
    ),
    (r"its D of V lies (below|above) the list's median of V", Verifier.median),
    (r"at V, its D is (lower|higher) than the median of the list \(V\)", Verifier.median_reordered),
    (r"at V, its D is the (lowest|highest) of the V candidates", Verifier.extreme),
    (r"no other candidate has a (lower|higher) D than its V", Verifier.no_other),
    (r"by D it is the (best|worst) of the V candidates, at V", Verifier.best),
    (
        r"it is the (best|worst) of the V candidates by D \(V\)",
        lambda check, which, count, title, number: check.best(which, title, count, number),
    ),
    (r"by D it ranks number V of V, with V", Verifier.rank),
    (
        r"it comes in as number V of V by D, with V",
        lambda check, place, count, title, number: check.rank(title, place, count, number),
    ),
    (r"by D, N ranks number V of V \(V\)", Verifier.rank_named),
    (r"by D it shares places V to V of V, with V", Verifier.shared_rank),
    (
        r"it shares places V to V of V by D, with V",
        lambda check, first, last, count, title, number: check.shared_rank(title, first, last, count, number),
    ),
    (r"by D, N shares places V to V of V \(V\)", Verifier.shared_rank_named),
    (r"it is the only candidate that is ranked, with a D of V", Verifier.only),
    (rf"the llama puts it {_SPOT} of V, with a score of V; by D it is {_SPOT}, with V", Verifier.llama_rank),
    (rf"with a score of V the llama puts it {_SPOT} of V; by D it is {_SPOT}, with V", Verifier.llama_rank_reordered),
    (r"it is tied with N by D: both come to V", Verifier.tied),
    (
        r"by D nothing separates it from N: both come to V",
        lambda check, title, other, number: check.tied(other, title, number),
    ),
    (r"a (rise|fall) of its D by more than V would put it before N", Verifier.overtaking),
    (
        r"(?:it would move ahead of N if its D (rose|fell)|to pass N, its D would have to (rise|fall)) "
        r"by more than V",
        lambda check, past, future, other, title, gap: check.overtaking(past or future, title, gap, other),
    ),
    (r"a (rise|fall) of its D by more than V would put it behind N", Verifier.falling_behind),
    (
        r"(?:it would drop behind N if its D (rose|fell)|its place before N holds unless its D (rises|falls)) "
        r"by more than V",
        lambda check, dropped, held, other, title, gap: check.falling_behind(dropped or held, title, gap, other),
    ),
    (r"without the quantum step \(Q\) its D would be V", Verifier.without_quantum),
    (r"Q in place of the quantum step puts its D at V", Verifier.without_quantum),
)
"""Sentences that speak neither for nor against."""
_CAUTION: tuple[tuple[str, _Meaning], ...] = (
    (r"the uncertainty of its D is (?:at least )?±V", Verifier.uncertainty),
    (r"(?:it carries the structural alert A|one structural alert was found: A)", Verifier.one_alert),
    (r"it carries V structural alerts, among them A|of its V structural alerts, one is A", Verifier.alerts),
    (r"(?:caution on its D|a limit of its D): F", Verifier.flag),
    (r"the quantum step moves its D from V \(Q\) to V", Verifier.moved),
    (r"Q alone would put its D at V instead of V", Verifier.rung),
    (r"by Q alone its D would be V, not V", Verifier.rung),
    (rf"ranked by Q alone it would be {_SPOT} instead of {_SPOT}", Verifier.rung_rank),
    (rf"Q alone would rank it {_SPOT}, not {_SPOT}", Verifier.rung_rank),
    (rf"by D it would be {_SPOT} on Q alone, not {_SPOT}", Verifier.rung_rank_by),
    (r"the gap to N \(V\) (is within) the combined uncertainty of ±V, so their order is open", Verifier.gap),
    (r"its order with N is open: the gap of V (is within) the combined uncertainty of ±V", Verifier.gap),
)
"""Sentences that speak against the candidate or its value."""
_COMFORT: tuple[tuple[str, _Meaning], ...] = (
    (r"it keeps within lipinski's rule of five|lipinski's rule of five holds for it", Verifier.lipinski),
    (r"(?:no structural alert was found|it carries no structural alert)", Verifier.no_alerts),
    (r"exact Q gives the same D as the vqe, V", Verifier.same_without_quantum),
    (
        r"the quantum step changes nothing in its D: exact Q also gives V",
        lambda check, title, rung, number: check.same_without_quantum(rung, title, number),
    ),
    (rf"ranked by Q alone it would keep {_SPOT}", Verifier.rung_rank_same),
    (rf"Q alone would leave it {_SPOT}", Verifier.rung_rank_same),
    (rf"by D it would keep {_SPOT} on Q alone", Verifier.rung_rank_same_by),
    (r"the gap to N \(V\) (exceeds) the combined uncertainty of ±V", Verifier.gap),
    (r"it is told apart from N: the gap of V (exceeds) the combined uncertainty of ±V", Verifier.gap),
)
"""Sentences that speak for them."""
_FORMS = tuple(
    (tone, re.compile(rf"(?:{form})\."), meaning)
    for tone, forms in (("", _PLAIN), ("caution", _CAUTION), ("comfort", _COMFORT))
    for form, meaning in forms
)
"""The sentences that can be checked, and what checks each; groups first, then the slots from left to right."""

"""Explanation: up to six sentences on a candidate that a Llama composes from claims that hold."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from models.check import CHECK_VERSION, check_text
from models.claim import CLAIMS_VERSION, Claim
from models.claims import claims_of
from models.errors import LlamaError
from models.evidence import EvidenceTable, evidence_columns, evidence_prompt, shown_place, shown_rank
from models.language_model import LanguageModel, Message
from models.names import labels
from models.openings import opened
from pipeline.store import Store, content_hash

EXPLANATION_VERSION = 4
"""Changes when prompt or choice of claims change; enters the key of every stored explanation."""

_TEMPERATURE = 0.8  # wordings vary between candidates; what is said is true at any temperature


@dataclass(frozen=True, slots=True)
class Explanation:
    """A text about one candidate, every statement of which was checked against the evidence."""

    text: str
    source: Literal["llama", "template"]
    """Who composed it; ``template`` where the Llama's answers failed the check."""
    claims: tuple[Claim, ...]
    """The statements that the text consists of, in its order."""
    rejected_attempts: int
    """How many answers of the Llama failed the check."""


def explain(
    llama: LanguageModel, table: EvidenceTable, candidate_id: str, seed: int, store: Store, attempts: int = 2
) -> Explanation:
    """A checked explanation of what the evidence says of a candidate.

    The Llama chooses which claims to make and how to word them; it is held to claims that passed the check,
    and its answer is checked again. An answer that fails is asked for anew with another seed; after the last, the first
    wording of each part is taken.

    Args:
        llama: who composes.
        table: the evidence of the whole screen.
        candidate_id: whom to explain.
        seed: of the choices.
        store: answers are kept here, so that the same question is not asked twice.
        attempts: how often to ask.
    """
    parts = explanation_parts(table, candidate_id)
    messages, offered = explanation_messages(table, candidate_id), [[claim.text for claim in part] for part in parts]
    versions = (EXPLANATION_VERSION, CLAIMS_VERSION, CHECK_VERSION)
    key = content_hash(("explanation", versions, llama.hash, messages, offered, seed, attempts))
    answers: list[str] = store.get(key) or []
    rejected = 0
    for attempt in range(attempts if parts else 0):
        if attempt == len(answers):
            start = time.perf_counter()
            try:
                answers.append(llama.compose(messages, offered, seed + attempt, _TEMPERATURE))
            except LlamaError:
                answers.append("")
            last = attempt == attempts - 1
            if last or _read(answers[-1], parts, table, candidate_id):
                store.put(key, "explanation", answers, time.perf_counter() - start)
        if claims := _read(answers[attempt], parts, table, candidate_id):
            return Explanation(answers[attempt], "llama", claims, rejected)
        rejected += 1
    template = tuple(part[0] for part in parts)
    text = " ".join(claim.text for claim in template)
    if not template or check_text(text, table, candidate_id):
        return Explanation("No statement about this candidate passed the check.", "template", (), rejected)
    return Explanation(text, "template", template, rejected)


def explanation_parts(table: EvidenceTable, candidate_id: str) -> tuple[tuple[Claim, ...], ...]:
    """The claims from which each sentence is chosen.

    In order: the verdict, a comparison, liabilities or properties, what is uncertain, what would change the rank, and
    what the quantum step changed. Only claims that passed the check are offered, from the second sentence on also with
    an opening that ties them to the one before. Alerts and flags are not left to choice: where there are some, the
    third and fourth sentence tell of one.
    """
    claims = _checked(claims_of(table, candidate_id), table, candidate_id)
    main = table.ranking_descriptor
    on_main = [c for c in claims if c.descriptor == main]
    by_llama = [c for c in claims if c.descriptor == "llama"]
    verdict = by_llama or _of(on_main, "rank", "lowest", "highest", "best", "worst") or _of(on_main, "value")
    asked = [c for name in table.asked for c in claims if c.descriptor == name]
    compared = _of(asked or on_main, "lower", "higher") or _of(claims, "lower", "higher")
    told = {main, *table.asked[:1]}
    described = [
        c for c in _of(claims, "value", "lower", "higher", "no_alerts", "satisfied") if c.descriptor not in told
    ]
    flags = _of(on_main, "flag") or _of(claims, "flag")
    uncertain = flags or _of(claims, "tied", "inseparable", "separate") or _of(claims, "uncertainty")
    quantum = _of(claims, "rung_rank") or _of(claims, "rung")
    offered = (verdict, compared, _of(claims, "alert") or described, uncertain, _of(claims, "change"), quantum)
    first, *others = [part for part in offered if part] or [[]]
    contrasts = _is_in_the_upper_half(table, candidate_id)
    parts = [first]
    for part in others:
        parts.append([*part, *(tied for claim in part for tied in opened(claim, contrasts=contrasts))])
        contrasts = contrasts and not _of(part, "alert")
    return tuple(tuple(part) for part in parts if part)


def _is_in_the_upper_half(table: EvidenceTable, candidate_id: str) -> bool:
    rank = next(shown_rank(table, one) for one in table.candidates if one.id == candidate_id)
    return 2 * rank <= len(table.candidates) + 1


def _of(claims: Sequence[Claim], *relations: str) -> list[Claim]:
    return [claim for claim in claims if claim.relation in relations]


def _checked(claims: Sequence[Claim], table: EvidenceTable, candidate_id: str) -> list[Claim]:
    """Those of the claims that the independent check supports."""
    text = " ".join(claim.text for claim in claims)
    unsupported = {problem.sentence for problem in check_text(text, table, candidate_id)}
    return [replace(c, holds=True) for c in claims if not any(sentence in c.text for sentence in unsupported)]


def _read(
    answer: str, parts: Sequence[Sequence[Claim]], table: EvidenceTable, candidate_id: str
) -> tuple[Claim, ...] | None:
    """The claims an answer consists of; None if it is not one offered claim after the other, or fails the check."""
    found, rest = [], answer
    for part in parts:
        fitting = [claim for claim in part if rest == claim.text or rest.startswith(claim.text + " ")]
        if not fitting:
            return None
        found.append(max(fitting, key=lambda claim: len(claim.text)))
        rest = rest[len(found[-1].text) :].removeprefix(" ")
    return None if rest or check_text(answer, table, candidate_id) else tuple(found)


def explanation_messages(table: EvidenceTable, candidate_id: str) -> list[Message]:
    """What the Llama is told of a candidate that it is to explain."""
    place = shown_place(table, next(evidence for evidence in table.candidates if evidence.id == candidate_id))
    facts = evidence_prompt(table, candidate_id, labels(table)[candidate_id])
    return [
        {"role": "system", "content": "You explain calculated results to a medicinal chemist."},
        {
            "role": "user",
            "content": f"We ask {table.question}.\nName: {evidence_columns(table)}\n{facts}\n"
            f"It ranks {place.removeprefix('number ')} of {len(table.candidates)}. Say what matters most.",
        },
    ]

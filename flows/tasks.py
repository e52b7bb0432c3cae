"""Tasks: thin, each one call of a pure function; those of the chemistry are in `flows.chemistry`.

What is worth keeping is in the store, under its content hash; Prefect caches nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.findings import candidates
from flows.request import ScreenRequest
from models.composer import taught
from models.default_ranking import DefaultRanking, default_ranking
from models.errors import LlamaError
from models.evidence import EvidenceTable
from models.explainer import Explanation, explain
from models.judge import LlamaRanking, judge
from models.language_model import LanguageModel
from models.learned import learned_ranking
from models.llama import Llama, load_llama, use_threads
from models.ranker import Ranker, Training, load_ranker
from models.shipped import ADAPTER, applies, was_measured
from molecules.candidate import Library
from pipeline.store import open_store


@task(name="read library", cache_policy=NO_CACHE)
def read(request: ScreenRequest) -> Library:
    """Read the molecules."""
    return candidates(request)


@cache
def _llama(spec: str) -> LanguageModel:
    return load_llama(spec)


@cache
def _composer(spec: str) -> LanguageModel:
    return taught(_llama(spec))


@cache
def _ranker(file: Path, spec: str) -> tuple[Ranker, Training]:
    llama = _llama(spec)
    if not isinstance(llama, Llama):
        raise LlamaError("A served Llama takes no ranker: leave it out, or give a folder, a hub name or `embedded`.")
    return load_ranker(file, llama)


@task(name="choose the ranking", cache_policy=NO_CACHE)
def choose_ranking(request: ScreenRequest, question: str) -> tuple[Path | None, DefaultRanking]:
    """The ranker that answers the question, if any, and whose order decides; a bad one fails before the chemistry."""
    if request.ranker:
        file: Path | None = Path(request.ranker)
    else:
        file = ADAPTER if applies(_llama(request.llama), question, request.profile) else None
    training = None if file is None else _ranker(file, request.llama)[1]
    measured = was_measured(_llama(request.llama))
    return file, default_ranking(
        training, question, request.profile, is_named=bool(request.ranker), was_measured=measured
    )


@task(name="rank with the Llama", cache_policy=NO_CACHE)
def rank(
    table: EvidenceTable,
    spec: str,
    ranker: Path | None,
    profile: str,
    seed: int,
    store_url: str,
    progress: Callable[[int, int], None],
) -> LlamaRanking:
    """Have a ranker score the candidates, or the Llama compare them."""
    if ranker is not None:
        return learned_ranking(*_ranker(ranker, spec), table, profile)
    return judge(_llama(spec), table, seed, open_store(store_url), progress=progress)


@task(name="explain", cache_policy=NO_CACHE)
def explain_best(
    table: EvidenceTable, best: Sequence[str], spec: str, seed: int, store_url: str, progress: Callable[[int], None]
) -> dict[str, Explanation]:
    """Have the Llama explain the candidates with these ids."""
    explanations = {}
    for done, candidate_id in enumerate(best, start=1):
        explanations[candidate_id] = explain(_composer(spec), table, candidate_id, seed, open_store(store_url))
        progress(done)
    return explanations


@task(name="load the Llama", cache_policy=NO_CACHE)
def llama_identity(spec: str, threads: int) -> tuple[str, str]:
    """Load the Llama for this process; its name and content hash."""
    use_threads(threads)
    llama = _llama(spec)
    return llama.name, llama.hash

"""Fit: gradient steps over batches, with a checkpoint after every epoch from which a fit that was cut off goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

_T = TypeVar("_T")
_LARGEST_GRADIENT = 1.0


class Adapter(Protocol):
    """What is fitted: a few parameters beside many frozen ones."""

    def parameters(self) -> Iterator[nn.Parameter]:
        """All of them; those that require a gradient are fitted."""
        ...

    def trained(self) -> dict[str, Tensor]:
        """The fitted ones, by name."""
        ...

    def load_trained(self, tensors: Mapping[str, Tensor]) -> None:
        """Take what `trained` returned."""
        ...


def fit(
    adapter: Adapter,
    batches: Sequence[Sequence[_T]],
    loss: Callable[[_T], Tensor],
    learning_rate: float,
    weight_decay: float,
    checkpoint: Path | None = None,
    progress: Callable[[int, int, float], None] | None = None,
) -> float:
    """Minimise a loss by AdamW, in place; the learning rate falls to zero along a cosine.

    Args:
        adapter: to fit.
        batches: of each epoch.
        loss: of a batch.
        learning_rate: at the start.
        weight_decay: of AdamW.
        checkpoint: file that is written after every epoch, and from which an interrupted fit goes on.
        progress: called with epochs done, epochs in all and the mean loss.

    Returns:
        Seconds that it took, over all runs.
    """
    started = perf_counter()
    parameters = [parameter for parameter in adapter.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(parameters, learning_rate, weight_decay=weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, sum(map(len, batches)))
    first = 0
    if checkpoint is not None and checkpoint.is_file():
        state = torch.load(checkpoint, weights_only=True)
        first = int(state["epoch"])
        adapter.load_trained(state["adapter"])
        optimiser.load_state_dict(state["optimiser"])
        schedule.load_state_dict(state["schedule"])
        started -= float(state["seconds"])
    for epoch in range(first, len(batches)):
        losses = []
        for batch in batches[epoch]:
            optimiser.zero_grad()
            value = loss(batch)
            value.backward()  # type: ignore[no-untyped-call]  # PyTorch leaves it untyped
            torch.nn.utils.clip_grad_norm_(parameters, _LARGEST_GRADIENT)
            optimiser.step()
            schedule.step()
            losses.append(float(value.detach()))
        if checkpoint is not None:
            state = {"optimiser": optimiser.state_dict(), "schedule": schedule.state_dict()}
            reached = {"epoch": epoch + 1, "seconds": perf_counter() - started}
            _save(checkpoint, {**reached, "adapter": adapter.trained(), **state})
        if progress is not None:
            progress(epoch + 1, len(batches), float(np.mean(losses)))
    return perf_counter() - started


def _save(file: Path, state: Mapping[str, object]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_suffix(".tmp")
    torch.save(state, temporary)
    temporary.replace(file)

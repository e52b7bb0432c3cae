"""Cluster: where the chemistry of a screen runs, this machine or Dask."""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import psutil
from prefect import get_run_logger
from prefect.settings import PREFECT_API_URL
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from flows.bounded_process import Limits, processes
from flows.request import ScreenRequest
from pipeline.errors import InputError
from pipeline.store import Store

LOCAL, SLURM = "local", "slurm"
_LEAST_SHARE = 2.0
"""Gigabytes that a species may take even where less is free: the libraries alone take part of it."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """What runs batches."""

    runner: TaskRunner[Any]
    workers: int
    """How many run at once."""
    gigabytes: float
    """That one species may take; 0: the share of the Dask worker that computes it."""


@contextmanager
def cluster(request: ScreenRequest, store: Store) -> Iterator[Cluster]:
    """The cluster that a screen asks for. Leaving it, for whatever reason, ends what still computes on this machine.

    Raises:
        InputError: it cannot be used.
    """
    if not request.cluster:
        share = psutil.virtual_memory().available / 2**30 / request.workers
        runner: TaskRunner[Any] = ThreadPoolTaskRunner(max_workers=request.workers)
        with runner, processes:
            yield Cluster(runner, request.workers, request.memory_limit or max(share, _LEAST_SHARE))
        return
    _check_reach(request.cluster, store)
    with _dask(request) as dask:
        try:
            threads = sum(dask.client.nthreads().values())
        except (OSError, ValueError) as error:
            raise InputError(
                f"The cluster {request.cluster} cannot be used: {error}.",
                "Start its scheduler and give its address, or set cores and memory of a job in ~/.config/dask.",
            ) from error
        get_run_logger().info("Dask at %s: %d threads", dask.client.scheduler.address, threads)
        yield Cluster(dask, threads or request.workers, request.memory_limit)  # a queue may start none for hours


def own_limits(limits: Limits) -> Limits:
    """Limits for a call from here: where they leave the memory open, the share of one thread of this Dask worker."""
    if limits.gigabytes:
        return limits
    from distributed import get_worker

    worker: Any = get_worker()
    n_bytes = worker.memory_manager.memory_limit or psutil.virtual_memory().available
    return replace(limits, gigabytes=max(n_bytes / 2**30 / worker.state.nthreads, _LEAST_SHARE))


def _dask(request: ScreenRequest) -> Any:
    """A task runner on a Dask cluster."""
    try:
        from prefect_dask.task_runners import DaskTaskRunner
    except ImportError as error:
        raise InputError(f"{error}.", "Install what clusters need: pip install 'eigenlead[cluster]'") from error
    if request.cluster == LOCAL:
        own = {"n_workers": request.workers, "threads_per_worker": 1, "dashboard_address": "127.0.0.1:0"}
        return DaskTaskRunner(cluster_kwargs=own)
    if request.cluster == SLURM:
        return DaskTaskRunner(cluster_class=slurm_cluster, cluster_kwargs={"cores": request.workers})
    return DaskTaskRunner(address=request.cluster)


def slurm_cluster(cores: int = 1) -> Any:
    """A Dask cluster of SLURM jobs with so many cores together, as ~/.config/dask describes a job.

    Raises:
        ValueError: it says nothing of a job's cores and memory.
    """
    import dask
    from dask_jobqueue.slurm import SLURMCluster

    jobs: Any = SLURMCluster()
    jobs.scale(jobs=math.ceil(cores / dask.config.get("jobqueue.slurm.cores")))
    return jobs


def _check_reach(address: str, store: Store) -> None:
    """Refuse what other machines cannot reach.

    Raises:
        InputError: a file of this machine as the store, or Prefect's API at an address of this machine only.
    """
    if address == LOCAL or _is_this_machine(address):
        return
    if store.dialect == "sqlite":
        raise InputError(
            f"The workers of {address} cannot share {store.name}: SQLite is for one machine.",
            "Give a store that they all reach: --store postgresql+psycopg://USER@HOST/DATABASE",
        )
    if _is_this_machine(PREFECT_API_URL.value() or ""):
        raise InputError(
            f"The workers of {address} cannot reach Prefect's API at {PREFECT_API_URL.value() or 'this machine'}.",
            "Start `prefect server start --host 0.0.0.0`, and set PREFECT_API_URL to an address that they reach.",
        )


def _is_this_machine(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"

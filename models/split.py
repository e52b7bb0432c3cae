"""Split: molecules held out by their scaffolds, or by clusters where they have no rings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from molecules.similarity import clusters, scaffold

CLUSTER_SIMILARITY = 0.5
"""Tanimoto similarity of Morgan fingerprints from which acyclic molecules are in one cluster."""


def groups(smiles: Sequence[str]) -> NDArray[np.int64]:
    """A number for each molecule: equal for those of one Murcko scaffold, or, without rings, of one cluster."""
    scaffolds = [scaffold(one) for one in smiles]
    acyclic = [i for i, one in enumerate(scaffolds) if not one]
    names = {i: f"cluster {number}" for number, members in enumerate(_clusters(smiles, acyclic)) for i in members}
    labels = [names.get(i, one) for i, one in enumerate(scaffolds)]
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)


def held_out(group: NDArray[np.int64], share: float, seed: int) -> NDArray[np.bool_]:
    """Whether each molecule is held out: whole groups, drawn at random until they are a share of all.

    A group that is larger than the share is never held out.
    """
    size = np.bincount(group)
    wanted, taken = share * len(group), np.zeros(len(size), dtype=bool)
    for one in np.random.default_rng(seed).permutation(len(size)):
        if size[one] <= wanted - size[taken].sum():
            taken[one] = True
    return np.asarray(taken[group])


def folds(group: NDArray[np.int64], n_folds: int, seed: int) -> NDArray[np.int64]:
    """The fold of each molecule: whole groups, the largest first into the smallest fold, ties in random order."""
    size = np.bincount(group)
    order = np.random.default_rng(seed).permutation(len(size))
    order = order[np.argsort(-size[order], kind="stable")]
    fold_of, filled = np.zeros(len(size), dtype=np.int64), np.zeros(n_folds, dtype=np.int64)
    for one in order:
        fold_of[one] = filled.argmin()
        filled[fold_of[one]] += size[one]
    return np.asarray(fold_of[group])


def _clusters(smiles: Sequence[str], members: Sequence[int]) -> list[list[int]]:
    found = clusters([smiles[i] for i in members], CLUSTER_SIMILARITY)
    return [[members[i] for i in cluster] for cluster in found]

"""Similarity: scaffolds, fingerprints and clusters of molecules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit import DataStructs
from rdkit.Chem import rdFingerprintGenerator
from rdkit.Chem.Scaffolds import MurckoScaffold
from rdkit.ML.Cluster import Butina

from molecules.smiles import parse

_RADIUS, _BITS = 2, 2048
_scaffold_smiles: Callable[..., str] = MurckoScaffold.MurckoScaffoldSmiles
_butina: Callable[..., Sequence[tuple[int, ...]]] = Butina.ClusterData


def scaffold(smiles: str) -> str:
    """Murcko scaffold, without stereo: ring systems and what links them; empty for a molecule without rings.

    Source: Bemis, Murcko, J. Med. Chem. 39, 2887 (1996), as RDKit implements it.
    """
    return _scaffold_smiles(mol=parse(smiles), includeChirality=False)


def clusters(smiles: Sequence[str], similarity: float) -> list[tuple[int, ...]]:
    """Clusters of molecules as indices, the centre first: Butina, J. Chem. Inf. Comput. Sci. 39, 747 (1999).

    Args:
        smiles: the molecules.
        similarity: Tanimoto similarity of Morgan fingerprints (radius 2) to the centre, at least.
    """
    prints = _fingerprints(smiles)
    distances = [
        1 - known for i in range(1, len(prints)) for known in DataStructs.BulkTanimotoSimilarity(prints[i], prints[:i])
    ]
    return list(_butina(distances, len(prints), 1 - similarity, isDistData=True)) if prints else []


def tanimoto(smiles: Sequence[str]) -> NDArray[np.float64]:
    """(n, n) Tanimoto similarities of Morgan fingerprints (radius 2); one on the diagonal."""
    prints = _fingerprints(smiles)
    return np.array([DataStructs.BulkTanimotoSimilarity(one, prints) for one in prints]).reshape(len(prints), -1)


def _fingerprints(smiles: Sequence[str]) -> list[Any]:
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=_RADIUS, fpSize=_BITS)
    return [generator.GetFingerprint(parse(one)) for one in smiles]

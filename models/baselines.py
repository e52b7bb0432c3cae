"""Baselines: what a Llama ranker has to beat, on the same numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

Vector = NDArray[np.float64]
Fit = Callable[[Vector, Vector, NDArray[np.int64], Vector, int], Vector]
"""(numbers (n, d), measured (n,), groups (n,), numbers of others (m, d), seed) → predictions (m,)."""

_TREES = 300
_FOREST_GRID = {"regressor__max_features": [0.33, 0.67, 1.0], "regressor__min_samples_leaf": [1, 3]}
_RIDGE_STRENGTHS = np.logspace(-2, 3, 11)
_INNER_FOLDS = 3


def ridge(numbers: Vector, measured: Vector, _groups: NDArray[np.int64], others: Vector, _seed: int) -> Vector:
    """Ridge regression of standardised numbers, its strength by leave-one-out inside the training set."""
    model = make_pipeline(SimpleImputer(), StandardScaler(), RidgeCV(_RIDGE_STRENGTHS))
    return np.asarray(model.fit(numbers, measured).predict(others))


def random_forest(numbers: Vector, measured: Vector, groups: NDArray[np.int64], others: Vector, seed: int) -> Vector:
    """Random forest; features per split and leaf size by a grouped cross-validation inside the training set."""
    forest = RandomForestRegressor(_TREES, random_state=seed, n_jobs=1)
    model = make_pipeline(SimpleImputer(), forest)
    model.steps[-1] = ("regressor", forest)
    n_folds = min(_INNER_FOLDS, len(np.unique(groups)))
    if n_folds < 2:
        return np.asarray(model.fit(numbers, measured).predict(others))
    search = GridSearchCV(model, _FOREST_GRID, cv=GroupKFold(n_folds), scoring="neg_mean_absolute_error")
    return np.asarray(search.fit(numbers, measured, groups=groups).predict(others))


def constant(_numbers: Vector, measured: Vector, _groups: NDArray[np.int64], others: Vector, _seed: int) -> Vector:
    """The mean of what was measured."""
    return np.full(len(others), measured.mean())


BASELINES: Mapping[str, Fit] = {"ridge": ridge, "random forest": random_forest, "mean": constant}
"""By name."""

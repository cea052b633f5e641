"""Array functions of the estimators: sums by group, and the special functions that give the same bits everywhere."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from touchstone.engine._kernels.ballots import tally_rows
from touchstone.engine._kernels.special_loops import digamma_each, log_each, sigmoid_each

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.integer]


def sum_by(group: Integers, values: Floats, n_groups: int) -> Floats:
    """The sum of the values of each group, added in the order of the rows: float64, shape (n_groups,)."""
    return np.bincount(group, weights=values, minlength=n_groups).astype(np.float64, copy=False)


def tally(group: Integers, vote: Integers, n_groups: int) -> npt.NDArray[np.int64]:
    """Each group's fake and real votes: int64, shape (n_groups, 2)."""
    counts = np.zeros((n_groups, 2), dtype=np.int64)
    tally_rows(np.ascontiguousarray(group), np.ascontiguousarray(vote), counts)
    return counts


def sigmoid(x: Floats) -> Floats:
    """1 / (1 + e^−x), without overflow."""
    return _over(sigmoid_each, x)


def log(x: Floats | float) -> Floats:
    """Natural logarithm; −inf at 0."""
    return _over(log_each, x)


def logit(share: Floats | float) -> Floats:
    """log(p / (1 − p)); infinite at 0 and 1."""
    p = np.asarray(share, dtype=np.float64)
    return log(p) - log(1.0 - p)


def digamma(x: Floats | float) -> Floats:
    """ψ(x) for x > 0."""
    return _over(digamma_each, x)


def _over(each: Callable[[Floats, Floats], None], x: Floats | float) -> Floats:
    values = np.asarray(x, dtype=np.float64)
    out = np.empty(values.size)
    each(np.ascontiguousarray(values).reshape(-1), out)
    return out.reshape(values.shape)

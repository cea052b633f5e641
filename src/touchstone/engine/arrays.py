"""Array functions of the estimators: sums by group, and the special functions that give the same bits everywhere."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from touchstone.engine._kernels.special_loops import digamma_each, log_each, sigmoid_each

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.integer]
BLOCK = 1 << 22  # rows counted at a time: NumPy widens what it counts to 8 bytes a row, 80 MB on 10 M votes


def sum_by(group: Integers, values: Floats, n_groups: int) -> Floats:
    """The sum of the values of each group, added in the order of the rows: float64, shape (n_groups,)."""
    return np.bincount(group, weights=values, minlength=n_groups).astype(np.float64, copy=False)


def count_by(group: Integers, n_groups: int, chosen: Integers | None = None) -> npt.NDArray[np.int64]:
    """How many rows each group has, of those where `chosen` is 1 if it is given: int64, shape (n_groups,)."""
    counts = np.zeros(n_groups, dtype=np.int64)
    for first in range(0, len(group), BLOCK):
        rows = group[first : first + BLOCK]
        if chosen is not None:
            rows = rows[chosen[first : first + BLOCK] == 1]
        counts += np.bincount(rows, minlength=n_groups)
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

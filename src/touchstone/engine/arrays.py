"""Array functions that the estimators' plain reference needs: sums by group and a few special functions."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.integer]


def sum_by(group: Integers, values: Floats, n_groups: int) -> Floats:
    """The sum of the values of each group, added in the order of the rows: float64, shape (n_groups,)."""
    return np.bincount(group, weights=values, minlength=n_groups).astype(np.float64, copy=False)


def sigmoid(x: Floats) -> Floats:
    """1 / (1 + e^−x), without overflow."""
    shrunk = np.exp(-np.abs(x))
    return np.where(x >= 0.0, 1.0, shrunk) / (1.0 + shrunk)


def logit(share: Floats | float) -> Floats:
    """log(p / (1 − p)); infinite at 0 and 1."""
    p = np.asarray(share, dtype=np.float64)
    return np.log(p) - np.log1p(-p)


def digamma(x: Floats | float) -> Floats:
    """ψ(x) for x > 0, by recurrence up to x ≥ 6 and the asymptotic series."""
    grown = np.array(x, dtype=np.float64)
    shift = np.zeros_like(grown)
    for _ in range(6):
        low = grown < 6.0
        shift = np.where(low, shift + 1.0 / grown, shift)
        grown = np.where(low, grown + 1.0, grown)
    square = 1.0 / (grown * grown)
    series = 1.0 / 240.0 - square * (1.0 / 132.0 - square * (691.0 / 32760.0 - square / 12.0))
    series = square * (1.0 / 12.0 - square * (1.0 / 120.0 - square * (1.0 / 252.0 - square * series)))
    return np.log(grown) - 0.5 / grown - series - shift

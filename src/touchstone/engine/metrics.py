"""How good forecasts were: accuracy, log-loss, Brier score and calibration error, with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from touchstone.engine.arrays import Floats
from touchstone.engine.errors import NothingSettled

CLIP = 1e-6  # log-loss reads forecasts no closer than this to 0 and 1, whatever the method
N_BINS = 10
Metric = Callable[[Floats, Floats], float]


def accuracy(forecast: Floats, outcome: Floats) -> float:
    """Share of stories on whose side the forecast stood; a forecast of exactly one half is half right.

    forecast : float64, shape (n_stories,), in [0, 1]
    outcome  : float64, shape (n_stories,), 0 or 1; NaN = not yet settled, skipped
    Raises NothingSettled if no outcome is known.
    """
    p, y = _settled(forecast, outcome)
    return float(np.where(p == 0.5, 0.5, (p > 0.5) == (y == 1.0)).mean())


def log_loss(forecast: Floats, outcome: Floats) -> float:
    """Mean −log of the probability given to what happened; forecasts are first clipped to [1e-6, 1 − 1e-6].

    Arguments and errors as for `accuracy`. A raw share of 0 or 1 that is wrong thus costs 13.8.
    """
    p, y = _settled(forecast, outcome)
    p = np.clip(p, CLIP, 1.0 - CLIP)
    return float(-np.log(np.where(y == 1.0, p, 1.0 - p)).mean())


def brier_score(forecast: Floats, outcome: Floats) -> float:
    """Mean squared error of probability forecasts; 0 is perfect, 0.25 is a coin toss.

    Arguments and errors as for `accuracy`.
    Source: Brier (1950), Monthly Weather Review 78(1):1-3; half his two-class score.
    """
    p, y = _settled(forecast, outcome)
    return float(((p - y) ** 2).mean())


def calibration_error(forecast: Floats, outcome: Floats) -> float:
    """Expected calibration error: |mean forecast − share real| in ten bins of equal width, weighted by their stories.

    Arguments and errors as for `accuracy`. Few stories make it large by chance alone.
    Source: Naeini, Cooper & Hauskrecht (2015), AAAI 29(1):2901-2907.
    """
    return sum(row.n * abs(row.forecast - row.outcome) for row in reliability(forecast, outcome)) / len(
        _settled(forecast, outcome)[0]
    )


def chance_calibration_error(forecast: Floats) -> float:
    """The calibration error to be expected by chance alone if these forecasts were perfectly calibrated.

    forecast : float64, shape (n_stories,), in [0, 1]
    Per bin, the mean of |Σ(outcome − forecast)| under a normal approximation, √(2/π · Σ p(1 − p)).
    """
    p = np.asarray(forecast, dtype=np.float64)
    place = np.minimum((p * N_BINS).astype(np.int64), N_BINS - 1)
    variance = np.bincount(place, weights=p * (1.0 - p), minlength=N_BINS)
    return float(np.sqrt(2.0 / np.pi * variance).sum() / len(p))


@dataclass(frozen=True, slots=True)
class ReliabilityRow:
    """One bin of forecasts: its bounds, how many stories it holds, their mean forecast and their share of real ones."""

    low: float
    high: float
    n: int
    forecast: float
    outcome: float


def reliability(forecast: Floats, outcome: Floats, n_bins: int = N_BINS) -> list[ReliabilityRow]:
    """The bins of equal width that hold any story, lowest first. Arguments and errors as for `accuracy`."""
    p, y = _settled(forecast, outcome)
    place = np.minimum((p * n_bins).astype(np.int64), n_bins - 1)
    count = np.bincount(place, minlength=n_bins)
    forecasts = np.bincount(place, weights=p, minlength=n_bins)
    outcomes = np.bincount(place, weights=y, minlength=n_bins)
    return [
        ReliabilityRow(k / n_bins, (k + 1) / n_bins, int(count[k]), forecasts[k] / count[k], outcomes[k] / count[k])
        for k in range(n_bins)
        if count[k]
    ]


def bootstrap_interval(
    metric: Metric, forecast: Floats, outcome: Floats, *, rng: np.random.Generator, draws: int = 500
) -> tuple[float, float]:
    """The 95 % percentile interval of a metric over stories drawn with replacement.

    Source: Efron (1979), Annals of Statistics 7(1):1-26.
    """
    p, y = _settled(forecast, outcome)
    values = []
    for _ in range(draws):
        drawn = rng.integers(0, len(p), len(p))
        values.append(metric(p[drawn], y[drawn]))
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)


def _settled(forecast: Floats, outcome: Floats) -> tuple[Floats, Floats]:
    p = np.asarray(forecast, dtype=np.float64)
    y = np.asarray(outcome, dtype=np.float64)
    known = ~np.isnan(y) & ~np.isnan(p)
    if not known.any():
        raise NothingSettled()
    return p[known], y[known]

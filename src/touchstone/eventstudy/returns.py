"""Prices of one instrument over time, and the logarithmic returns between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from touchstone.eventstudy.errors import BenchmarkUnusable, SeriesUnusable

Floats = NDArray[np.float64]

# A longer pause than this many usual steps is a gap: its return says nothing about one usual step.
GAP_STEPS = 5.0


@dataclass(frozen=True, slots=True)
class PriceSeries:
    """Prices of one instrument.

    times_s : float64, shape (n_prices,), seconds since 1970, strictly ascending
    prices  : float64, shape (n_prices,), finite and positive
    Raises SeriesUnusable if a rule is broken.
    """

    symbol: str
    times_s: Floats
    prices: Floats

    def __post_init__(self) -> None:
        problem = _problem_of(np.asarray(self.times_s), np.asarray(self.prices))
        if problem:
            raise SeriesUnusable(self.symbol, problem)

    def __len__(self) -> int:
        return len(self.times_s)


@dataclass(frozen=True, slots=True)
class Returns:
    """Logarithmic returns from each price to the next, beside the benchmark's over the same times.

    ends_s    : float64, shape (n_returns,), end of each return, seconds since 1970
    own       : float64, shape (n_returns,)
    benchmark : float64, shape (n_returns,); None without a benchmark
    steps     : float64, shape (n_returns,), length in usual steps: 1, or more across a gap
    step_s    : the usual step (the median), seconds
    """

    start_s: float
    ends_s: Floats
    own: Floats
    benchmark: Floats | None
    steps: Floats
    step_s: float


def log_returns(series: PriceSeries, benchmark: PriceSeries | None = None) -> Returns:
    """Returns of a series; with a benchmark, between the times that both have a price at.

    Raises SeriesUnusable for fewer than two prices, BenchmarkUnusable for fewer than two common times.
    """
    if benchmark is None:
        times_s, own, other = series.times_s, np.log(series.prices), None
    else:
        times_s, mine, theirs = np.intersect1d(series.times_s, benchmark.times_s, return_indices=True)
        if len(times_s) < 2:
            raise BenchmarkUnusable(benchmark.symbol, f"it shares {len(times_s)} times with {series.symbol}")
        own, other = np.log(series.prices[mine]), np.diff(np.log(benchmark.prices[theirs]))
    if len(times_s) < 2:
        raise SeriesUnusable(series.symbol, "a single price has no return")
    pauses = np.diff(times_s)
    step_s = float(np.median(pauses))
    steps = np.where(pauses > GAP_STEPS * step_s, np.round(pauses / step_s), 1.0)
    return Returns(
        start_s=float(times_s[0]),
        ends_s=times_s[1:],
        own=np.diff(own),
        benchmark=other,
        steps=steps,
        step_s=step_s,
    )


def _problem_of(times_s: Floats, prices: Floats) -> str:
    if times_s.ndim != 1 or times_s.shape != prices.shape:
        return f"{times_s.shape} times but {prices.shape} prices"
    if not np.all(np.isfinite(times_s)):
        return "a time is not finite"
    if np.any(np.diff(times_s) <= 0):
        return "times must ascend without repeats"
    if not np.all(np.isfinite(prices)) or np.any(prices <= 0):
        return "every price must be finite and positive"
    return ""

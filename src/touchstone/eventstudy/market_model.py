"""What is normal for an instrument: its average return, or its return given the benchmark's."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from touchstone.eventstudy.errors import BenchmarkUnusable
from touchstone.eventstudy.returns import Floats

FEWEST_TO_TELL = 4
MOST_STRETCHES = 256
# Chosen by benchmarks/event_study.py: smaller widens intervals of calm noise beyond what they claim, larger misses
# noise that has doubled.
CHANCE = 4.0


@dataclass(frozen=True, slots=True)
class NormalModel:
    """Normal return of one step: `alpha + beta * benchmark`, learned from the estimation window.

    alpha, beta     : ordinary least squares; beta is 0 in the mean-adjusted model
    residual_sd     : standard deviation of one step's residual, with the lost degrees of freedom
    df              : degrees of freedom left
    residuals       : float64, shape (n_steps,)
    long_run_factor : long-run over one-step variance of the residuals, at least 1; 1 if they do not lean on each other
    """

    alpha: float
    beta: float
    residual_sd: float
    df: int
    residuals: Floats
    benchmark_mean: float
    benchmark_spread: float
    long_run_factor: float = 1.0

    @property
    def size(self) -> int:
        """Returns that the model was learned from."""
        return len(self.residuals)

    def abnormal(self, own: Floats, benchmark: Floats | None, steps: Floats) -> Floats:
        """Return minus normal return; float64, shape of `own`."""
        normal = self.alpha * steps
        return own - normal if benchmark is None else own - normal - self.beta * benchmark

    def sum_sds(self, benchmark: Floats | None, steps: Floats, *, stir: float = 1.0) -> Floats:
        """Standard errors of the running sums of abnormal returns, error of the model included; shape of `steps`.

        stir : how many times louder these steps are than those the model learned from
        Exact for independent normal residuals: s² (L + L²/n + (Σ(m − m̄))² / Σ(m_est − m̄)²). Residuals that lean on
        their neighbours blur the learned average as much as they blur the sum.
        Source: docs/explanation/event-study.md
        """
        length = np.cumsum(steps)
        uncertainty = self.long_run_factor * (length * stir**2 + length * length / self.size)
        if benchmark is not None:
            lever = np.cumsum(benchmark) - length * self.benchmark_mean
            uncertainty = uncertainty + lever * lever / self.benchmark_spread
        errors: Floats = self.residual_sd * np.sqrt(uncertainty)
        return errors


def fit_normal(
    own: Floats, benchmark: Floats | None, *, symbol: str = "benchmark", robust: bool = False
) -> NormalModel:
    """The market model, or without a benchmark the mean-adjusted model, of an estimation window.

    own, benchmark : float64, shape (n_steps,), n_steps of at least 3
    robust         : also measure how residuals lean on their neighbours (Newey-West), and widen errors by it

    Raises BenchmarkUnusable if the benchmark never moves.
    Source: MacKinlay (1997), Journal of Economic Literature 35(1):13-39.
    """
    size = len(own)
    if benchmark is None:
        alpha, beta, mean, spread, df = float(own.mean()), 0.0, 0.0, 0.0, size - 1
        residuals = own - alpha
    else:
        mean = float(benchmark.mean())
        centred = benchmark - mean
        spread = float(centred @ centred)
        if spread <= 1e-24 * size:
            raise BenchmarkUnusable(symbol, "its price does not move in the estimation window")
        beta = float(centred @ (own - own.mean())) / spread
        alpha, df = float(own.mean()) - beta * mean, size - 2
        residuals = own - alpha - beta * benchmark
    residual_sd = math.sqrt(float(residuals @ residuals) / df)
    factor = long_run_factor(residuals) if robust else 1.0
    return NormalModel(alpha, beta, residual_sd, df, residuals, mean, spread, factor)


def long_run_factor(residuals: Floats) -> float:
    """How many times the variance of a long sum exceeds that of independent steps; never below 1.

    The largest of three estimates with Bartlett weights, over n^(1/4), n^(1/3) and n^(1/2) neighbours: erring towards
    wide intervals. Source: Newey and West (1987), Econometrica 55(3):703-708.
    """
    power = float(residuals @ residuals)
    if power == 0.0:
        return 1.0
    reach = max(1, round(len(residuals) ** 0.5))
    products = np.array([float(residuals[lag:] @ residuals[:-lag]) for lag in range(1, reach + 1)]) / power
    return max(1.0, *(_bartlett_factor(products, len(residuals) ** root) for root in (0.25, 1 / 3, 0.5)))


def _bartlett_factor(correlations: Floats, neighbours: float) -> float:
    lags = max(1, round(neighbours))
    weights = 1.0 - np.arange(1, lags + 1) / (lags + 1)
    return 1.0 + 2.0 * float(weights @ correlations[:lags])


def stir_factor(abnormal: Floats, residuals: Floats) -> float:
    """How many times louder abnormal returns are than the residuals before, where that is more than chance; else 1.

    Leaves out the loudest tenth of the steps, at least one, so that a jump, which is what a study looks for, does not
    count as noise. Compared with stretches of the residuals as long as the event window, so that noise which comes in
    bursts is taken for what it is; fewer than four steps cannot tell.
    """
    if len(abnormal) < FEWEST_TO_TELL:
        return 1.0
    before = _loudness(_stretches(residuals, min(len(abnormal), len(residuals))))
    usual = float(np.median(before))
    if usual == 0.0:
        return 1.0
    ratio = float(_loudness(abnormal)) / usual
    by_chance = max(float(np.quantile(before, 0.995)) / usual, 1.0 + CHANCE / math.sqrt(len(abnormal)))
    return ratio if ratio > by_chance else 1.0


def _loudness(returns: Floats) -> Floats:
    """Root mean square along the last axis of all but the loudest tenth."""
    squares = np.sort(np.square(returns), axis=-1)
    kept = squares.shape[-1] - max(1, round(squares.shape[-1] / 10))
    loudness: Floats = np.sqrt(squares[..., :kept].mean(axis=-1))
    return loudness


def _stretches(residuals: Floats, length: int) -> Floats:
    """Some 256 stretches of that length, the end joined to the beginning; float64, shape (n_stretches, length)."""
    ring = np.concatenate([residuals, residuals[: length - 1]])
    every = max(1, len(residuals) // MOST_STRETCHES)
    return np.lib.stride_tricks.sliding_window_view(ring, length)[::every]

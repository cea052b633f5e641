"""From scores to calibrated probabilities: a two-parameter map learned from the stories whose truth is known.

Formulas and figures: docs/explanation/calibration.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from touchstone.engine.arrays import Floats, sigmoid

FEWEST_RESOLVED = 20  # fewer resolved stories than this do not make a published probability
STEPS = 30


@dataclass(frozen=True, slots=True)
class CalibrationPrior:
    """What is believed of the map p = σ(αb + β) before any story is resolved: log α ~ N, β ~ N(0, …)."""

    log_slope_mean: float = 0.0
    log_slope_sd: float = 0.3
    shift_sd: float = 0.7


@dataclass(frozen=True, slots=True)
class Calibration:
    """The map p = σ(slope·b + shift) from log-odds to probability, and how many resolved stories it rests on."""

    slope: float
    shift: float
    n_resolved: int

    def apply(self, log_odds: Floats) -> Floats:
        """Calibrated probabilities, same shape, in (0, 1)."""
        return sigmoid(self.slope * log_odds + self.shift)


def fit_calibration(log_odds: Floats, outcome: Floats, prior: CalibrationPrior | None = None) -> Calibration:
    """The most probable map, given resolved stories' log-odds and outcomes (1 real, 0 fake; both shape (n_resolved,)).

    A fixed number of Newton steps with halved overshoot; without resolved stories, the prior's own map.
    Source: Platt (1999), Probabilistic outputs for support vector machines; the prior is ours.
    """
    prior = prior or CalibrationPrior()
    point = np.array([prior.log_slope_mean, 0.0])
    loss = _loss(point, log_odds, outcome, prior)
    for _ in range(STEPS):
        step = _newton_step(point, log_odds, outcome, prior)
        for _ in range(STEPS):
            moved = _loss(point + step, log_odds, outcome, prior)
            if moved <= loss:
                point, loss = point + step, moved
                break
            step = 0.5 * step
    return Calibration(slope=float(np.exp(point[0])), shift=float(point[1]), n_resolved=len(outcome))


def _loss(point: Floats, log_odds: Floats, outcome: Floats, prior: CalibrationPrior) -> float:
    z = np.exp(point[0]) * log_odds + point[1]
    likelihood = np.maximum(z, 0.0) + np.log1p(np.exp(-np.abs(z))) - outcome * z
    slope_pull = ((point[0] - prior.log_slope_mean) / prior.log_slope_sd) ** 2
    return float(likelihood.sum() + 0.5 * slope_pull + 0.5 * (point[1] / prior.shift_sd) ** 2)


def _newton_step(point: Floats, log_odds: Floats, outcome: Floats, prior: CalibrationPrior) -> Floats:
    """A Gauss–Newton step: its matrix is positive definite, so it always points downhill."""
    scaled = np.exp(point[0]) * log_odds
    p = sigmoid(scaled + point[1])
    error, weight = p - outcome, p * (1.0 - p)
    slope_precision, shift_precision = prior.log_slope_sd**-2.0, prior.shift_sd**-2.0
    down_slope = (error * scaled).sum() + (point[0] - prior.log_slope_mean) * slope_precision
    down_shift = error.sum() + point[1] * shift_precision
    ss = (weight * scaled * scaled).sum() + slope_precision
    sb = (weight * scaled).sum()
    bb = weight.sum() + shift_precision
    determinant = ss * bb - sb * sb
    slope_step = (sb * down_shift - bb * down_slope) / determinant
    shift_step = (sb * down_slope - ss * down_shift) / determinant
    return np.array([slope_step, shift_step])

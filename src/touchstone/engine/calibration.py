"""From scores to calibrated probabilities: a two-parameter map learned from the stories whose truth is known.

Formulas and figures: docs/explanation/calibration.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from touchstone.engine._kernels.calibration import sum_calibration
from touchstone.engine._kernels.special import exp
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
    log_odds, outcome = np.ascontiguousarray(log_odds), np.ascontiguousarray(outcome)
    log_slope, shift = prior.log_slope_mean, 0.0
    here = _Place(log_slope, shift, log_odds, outcome, prior)
    for _ in range(STEPS):
        slope_step, shift_step = here.newton_step()
        for _ in range(STEPS):
            there = _Place(log_slope + slope_step, shift + shift_step, log_odds, outcome, prior)
            if there.loss <= here.loss:
                log_slope, shift, here = log_slope + slope_step, shift + shift_step, there
                break
            slope_step, shift_step = 0.5 * slope_step, 0.5 * shift_step
    return Calibration(slope=exp(log_slope), shift=shift, n_resolved=len(outcome))


class _Place:
    """A map's penalised loss with its derivatives, by log slope and shift."""

    def __init__(
        self, log_slope: float, shift: float, log_odds: Floats, outcome: Floats, prior: CalibrationPrior
    ) -> None:
        sums = np.empty(6)
        sum_calibration(log_odds, outcome, exp(log_slope), shift, sums)
        loss, by_slope, by_shift, self.ss, self.sb, self.bb = sums.tolist()
        slope_pull = 1.0 / (prior.log_slope_sd * prior.log_slope_sd)
        shift_pull = 1.0 / (prior.shift_sd * prior.shift_sd)
        off = log_slope - prior.log_slope_mean
        self.loss = loss + 0.5 * slope_pull * off * off + 0.5 * shift_pull * shift * shift
        self.by_slope = by_slope + slope_pull * off
        self.by_shift = by_shift + shift_pull * shift
        self.ss += slope_pull
        self.bb += shift_pull

    def newton_step(self) -> tuple[float, float]:
        """A Gauss–Newton step: its matrix is positive definite, so it always points downhill."""
        determinant = self.ss * self.bb - self.sb * self.sb
        slope_step = (self.sb * self.by_shift - self.bb * self.by_slope) / determinant
        return slope_step, (self.sb * self.by_slope - self.ss * self.by_shift) / determinant

"""The published method: the two-coin model, damped by the overlap that the site itself shows, hedged and calibrated.

Formulas and figures: docs/explanation/two-coin-model.md and docs/explanation/calibration.md.
"""

from __future__ import annotations

import numpy as np

from touchstone.engine.arrays import Floats, Integers, log, logit
from touchstone.engine.calibration import Calibration, CalibrationPrior, fit_calibration
from touchstone.engine.coins import TwoCoinFit
from touchstone.engine.estimator import Estimator, Resolutions, VoteColumns
from touchstone.engine.two_coin import TwoCoin, damping, weigh_votes

LEAST_OVERLAP, MOST_OVERLAP = 0.01, 0.6
FARTHEST = 12.0  # log-odds beyond this say no more


class Combined(Estimator):
    """The calibrated combination that the newsroom publishes as `touchstone`.

    two_coin       the model of readers; None takes its defaults
    overlap_scale  how much larger the true overlap ρ is than the one that shows in the model's own residuals
    overlap_guess  ρ on a site without evidence, and
    guess_weight   how much evidence that guess is worth
    model_share    weight of the model's log-odds; the rest goes to Laplace's log-odds
    least_accord   up to this accord among readers the model has no weight, and
    full_accord    from this one on its full weight; between them, in proportion
    calibration    prior of the map from scores to probabilities; None takes its defaults

    score_       : float64, shape (n_stories,), log-odds before calibration
    overlap_     : the site's ρ; calibration_ : the map that was applied
    `probability_` is calibrated by the resolved stories if there are any, else by the prior alone.
    """

    score_: Floats
    overlap_: float
    calibration_: Calibration
    two_coin_: TwoCoinFit

    def __init__(
        self,
        *,
        two_coin: TwoCoin | None = None,
        overlap_scale: float = 4.0,
        overlap_guess: float = 0.1,
        guess_weight: float = 15.0,
        model_share: float = 0.65,
        least_accord: float = 0.25,
        full_accord: float = 0.55,
        calibration: CalibrationPrior | None = None,
    ) -> None:
        self.two_coin = two_coin
        self.overlap_scale = overlap_scale
        self.overlap_guess = overlap_guess
        self.guess_weight = guess_weight
        self.model_share = model_share
        self.least_accord = least_accord
        self.full_accord = full_accord
        self.calibration = calibration

    def _estimate(self, ballots: VoteColumns, resolved: Resolutions | None) -> Floats:
        self.two_coin_ = (self.two_coin or TwoCoin()).sweep(ballots)
        self.overlap_ = self._learn_overlap(self.two_coin_)
        self.score_ = self._score(self.two_coin_.evidence, self.real_, self.fake_)
        self.calibration_ = self._calibrate(resolved)
        return self.calibration_.apply(self.score_)

    def _learn_overlap(self, fit: TwoCoinFit) -> float:
        shared = self.overlap_scale * fit.shared_error + self.guess_weight * self.overlap_guess
        return min(max(shared / (fit.chance_error + self.guess_weight), LEAST_OVERLAP), MOST_OVERLAP)

    def _score(self, evidence: Floats, real: Floats, fake: Floats) -> Floats:
        log_odds = logit(self.two_coin_.prevalence) + damping(real + fake, self.overlap_) * evidence
        hedge = log((real + 1.0) / (fake + 1.0))
        ramp = (self.two_coin_.accord - self.least_accord) / (self.full_accord - self.least_accord)
        share = self.model_share * min(max(ramp, 0.0), 1.0)
        return share * np.clip(log_odds, -FARTHEST, FARTHEST) + (1.0 - share) * hedge

    def _calibrate(self, resolved: Resolutions | None) -> Calibration:
        known = resolved if resolved is not None else Resolutions([], [])
        voted = (self.real_ + self.fake_)[known.story] > 0
        return fit_calibration(
            self.score_[known.story[voted]], known.outcome[voted].astype(np.float64), self.calibration
        )

    def _reestimate(self, readers: Integers, votes: Integers) -> float:
        evidence = np.array([weigh_votes(self.two_coin_, readers, votes)])
        real = np.array([float(votes.sum())])
        score = self._score(evidence, real, len(votes) - real)
        return float(self.calibration_.apply(score)[0])

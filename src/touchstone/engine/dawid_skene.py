"""Dawid and Skene's model and its one-coin form, as published: references to compare with, not for publication."""

from __future__ import annotations

import numpy as np

from touchstone.engine.arrays import Floats, Integers, logit, sigmoid, sum_by
from touchstone.engine.estimator import Estimator, Resolutions, VoteColumns

NEVER = 1e-9  # probabilities are kept this far from 0 and 1


class DawidSkene(Estimator):
    """Expectation–maximisation for two classes, with each reader's sensitivity and specificity, started at the shares.

    sweeps    rounds of expectation and maximisation
    smoothing votes added to each of a reader's four counts, so that no reader is ever certain
    Source: Dawid & Skene (1979), Applied Statistics 28(1):20-28.
    """

    def __init__(self, *, sweeps: int = 50, smoothing: float = 0.01) -> None:
        self.sweeps = sweeps
        self.smoothing = smoothing

    def _estimate(self, ballots: VoteColumns, resolved: Resolutions | None) -> Floats:  # noqa: ARG002
        vote = ballots.vote.astype(np.float64)
        seen = self.real_ + self.fake_ > 0
        belief = self.real_ / np.maximum(self.real_ + self.fake_, 1.0)
        for _ in range(self.sweeps):
            rates = self._rates(ballots, vote, belief[ballots.story])
            self.prevalence_ = float(np.clip(belief[seen].mean(), NEVER, 1.0 - NEVER)) if seen.any() else 0.5
            self.if_real_, self.if_fake_ = _log_ratios(*rates)
            weight = np.where(vote == 1.0, self.if_real_[ballots.reader], self.if_fake_[ballots.reader])
            evidence = sum_by(ballots.story, weight, ballots.n_stories)
            belief = sigmoid(logit(self.prevalence_) + evidence)
        return belief

    def _rates(self, ballots: VoteColumns, vote: Floats, belief: Floats) -> tuple[Floats, Floats]:
        """Each reader's sensitivity and specificity from expected counts."""
        sums = [
            sum_by(ballots.reader, part, ballots.n_readers) + self.smoothing
            for part in (belief * vote, belief * (1 - vote), (1 - belief) * (1 - vote), (1 - belief) * vote)
        ]
        return sums[0] / (sums[0] + sums[1]), sums[2] / (sums[2] + sums[3])

    def _reestimate(self, readers: Integers, votes: Integers) -> float:
        known = (readers >= 0) & (readers < len(self.if_real_))
        weights = np.where(votes == 1, self.if_real_[readers * known], self.if_fake_[readers * known])
        return float(sigmoid(logit(self.prevalence_) + weights[known].sum()))


class OneCoin(DawidSkene):
    """Dawid and Skene's model with one accuracy per reader, the same for real and fake stories.

    Source: Raykar et al. (2010), JMLR 11:1297-1322; Zhang et al. (2014), Spectral methods meet EM, section 2.
    """

    def _rates(self, ballots: VoteColumns, vote: Floats, belief: Floats) -> tuple[Floats, Floats]:
        right = belief * vote + (1 - belief) * (1 - vote)
        hits = sum_by(ballots.reader, right, ballots.n_readers) + 2 * self.smoothing
        votes = np.bincount(ballots.reader, minlength=ballots.n_readers) + 4 * self.smoothing
        return hits / votes, hits / votes


def _log_ratios(sensitivity: Floats, specificity: Floats) -> tuple[Floats, Floats]:
    """What a reader's real vote and fake vote weigh: log-likelihood ratios, real against fake."""
    return np.log(sensitivity / (1.0 - specificity)), np.log((1.0 - sensitivity) / specificity)

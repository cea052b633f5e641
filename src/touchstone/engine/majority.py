"""Estimators that look only at a story's two counts: the raw share, Laplace's rule, and the odds of a majority."""

from __future__ import annotations

import numpy as np

from touchstone.engine._kernels.special import betainc
from touchstone.engine.arrays import Floats, Integers
from touchstone.engine.estimator import Estimator, Resolutions, VoteColumns


class CountEstimator(Estimator):
    """An estimator that needs only how many readers voted real and how many fake."""

    def from_counts(self, real: float, fake: float) -> float:
        """The probability that a story with these counts is real; at least one of them is above 0."""
        raise NotImplementedError

    def _estimate(self, ballots: VoteColumns, resolved: Resolutions | None) -> Floats:  # noqa: ARG002
        pairs, place = np.unique(np.stack((self.real_, self.fake_)), axis=1, return_inverse=True)
        values = [self.from_counts(real, fake) if real + fake else np.nan for real, fake in pairs.T.tolist()]
        return np.array(values, dtype=np.float64)[place]

    def _reestimate(self, readers: Integers, votes: Integers) -> float:  # noqa: ARG002
        real = float(votes.sum())
        return self.from_counts(real, len(votes) - real)


class Share(CountEstimator):
    """The raw share: real ÷ (real + fake)."""

    def from_counts(self, real: float, fake: float) -> float:
        """The share of real votes."""
        return real / (real + fake)


class Laplace(CountEstimator):
    """Laplace's rule of succession, (real + 1) ÷ (real + fake + 2): the share's posterior mean from a flat prior."""

    def from_counts(self, real: float, fake: float) -> float:
        """The share, with one vote added to each side."""
        return (real + 1.0) / (real + fake + 2.0)


class MajorityOdds(CountEstimator):
    """The probability that most readers would call the story real: P(θ > ½) for θ ~ Beta(real + 1, fake + 1)."""

    def from_counts(self, real: float, fake: float) -> float:
        """The upper tail of the share's posterior at one half."""
        return betainc(fake + 1.0, real + 1.0, 0.5)

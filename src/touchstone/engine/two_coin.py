"""The tempered two-coin model: each reader's sensitivity and specificity, shrunk to priors learned from the site.

Formulas and reasons: docs/explanation/two-coin-model.md. Its symbols and the names here: a_u sensitivity,
s_u specificity, m_z and c_z `mean` and `strength` of the priors, π `prevalence`, ρ `overlap`, κ `damping`, L
`evidence`.
"""

from __future__ import annotations

import numpy as np

from touchstone.engine.arrays import Floats, Integers, digamma, logit, sigmoid, sum_by
from touchstone.engine.coins import STRONGEST, WEAKEST, CoinParameters, CoinPrior, TwoCoinFit
from touchstone.engine.crew import Crew
from touchstone.engine.estimator import Estimator, Resolutions, VoteColumns
from touchstone.engine.sweeps import index_votes, sweep_two_coin


class TwoCoin(Estimator):
    """Dawid and Skene's two-class model with learned priors on readers and votes damped for overlap.

    sweeps         passes over all votes; fixed, so that every machine stops at the same place
    overlap        ρ: votes on a story of n votes count n ÷ (1 + (n − 1)ρ)
    mean           prior sensitivity and specificity of the average reader
    mean_votes     how many votes that prior mean is worth
    strength       prior guess of how many votes a reader's own prior is worth
    strength_pull  how many votes' worth of evidence holds that guess in place
    class_stories  how many stories, half of them real, the prior of the prevalence is worth
    least_skill    sensitivity and specificity must sum to at least this on average

    log_odds_ : float64, shape (n_stories,), damped posterior log-odds; fit_ : what the sweeps found.
    Source: Dawid & Skene (1979), Applied Statistics 28(1):20-28; priors and damping are ours.
    """

    fit_: TwoCoinFit
    log_odds_: Floats

    def __init__(
        self,
        *,
        sweeps: int = 20,
        overlap: float = 0.1,
        mean: float = 0.76,
        mean_votes: float = 120.0,
        strength: float = 7.0,
        strength_pull: float = 1.0,
        class_stories: float = 50.0,
        least_skill: float = 1.1,
    ) -> None:
        self.sweeps = sweeps
        self.overlap = overlap
        self.mean = mean
        self.mean_votes = mean_votes
        self.strength = strength
        self.strength_pull = strength_pull
        self.class_stories = class_stories
        self.least_skill = least_skill

    def sweep(self, ballots: VoteColumns) -> TwoCoinFit:
        """What the sweeps find in ballots that have been checked; nothing is kept."""
        with Crew() as crew:
            return sweep_two_coin(index_votes(ballots), self, crew)

    def _estimate(self, ballots: VoteColumns, resolved: Resolutions | None) -> Floats:  # noqa: ARG002
        self.fit_ = self.sweep(ballots)
        votes = self.real_ + self.fake_
        self.log_odds_ = self._log_odds(self.fit_.evidence, votes)
        return sigmoid(self.log_odds_)

    def _log_odds(self, evidence: Floats, votes: Floats) -> Floats:
        return logit(self.fit_.prevalence) + damping(votes, self.overlap) * evidence

    def _reestimate(self, readers: Integers, votes: Integers) -> float:
        evidence = weigh_votes(self.fit_, readers, votes)
        return float(sigmoid(self._log_odds(np.array([evidence]), np.array([float(len(votes))])))[0])


def damping(votes: Floats, overlap: float) -> Floats:
    """κ = 1 ÷ (1 + (n − 1)ρ) for stories of n votes: what one vote is worth when readers of a story err together."""
    return 1.0 / (1.0 + np.maximum(votes - 1.0, 0.0) * overlap)


def weigh_votes(fit: TwoCoinFit, readers: Integers, votes: Integers) -> float:
    """The evidence L of one story's votes by fitted weights; readers unknown to the fit weigh as average ones."""
    known = (readers >= 0) & (readers < len(fit.if_real))
    average_real, average_fake = _vote_weights(
        fit.when_real.mean * fit.when_real.strength,
        (1.0 - fit.when_real.mean) * fit.when_real.strength,
        fit.when_fake.mean * fit.when_fake.strength,
        (1.0 - fit.when_fake.mean) * fit.when_fake.strength,
    )
    place = np.where(known, readers, 0)
    if_real = np.where(known, np.append(fit.if_real, 0.0)[place], average_real)
    if_fake = np.where(known, np.append(fit.if_fake, 0.0)[place], average_fake)
    return float(np.where(votes == 1, if_real, if_fake).sum())


def fit_two_coin(ballots: VoteColumns, parameters: CoinParameters) -> TwoCoinFit:
    """Run the sweeps on all ballots; the plain reference that the compiled twin, `sweep_two_coin`, must match."""
    return _Sweeper(ballots, parameters).run()


class _Sweeper:
    """The state of the sweeps: beliefs about stories, counts per reader, priors."""

    def __init__(self, ballots: VoteColumns, parameters: CoinParameters) -> None:
        self.parameters = parameters
        self.story, self.reader = ballots.story, ballots.reader
        self.n_stories, self.n_readers = ballots.n_stories, ballots.n_readers
        self.vote = ballots.vote.astype(np.float64)
        self.votes_by_story = np.bincount(self.story, minlength=self.n_stories).astype(np.float64)
        self.votes_by_reader = np.bincount(self.reader, minlength=self.n_readers).astype(np.float64)
        self.real_by_reader = self._sum_by_reader(self.vote)
        self.seen = self.votes_by_story > 0
        self.when_real = self.when_fake = CoinPrior(parameters.mean, parameters.strength)

    def _sum_by_reader(self, values: Floats) -> Floats:
        return sum_by(self.reader, values, self.n_readers)

    def _sum_by_story(self, values: Floats) -> Floats:
        return sum_by(self.story, values, self.n_stories)

    def run(self) -> TwoCoinFit:
        real = self._sum_by_story(self.vote)
        average = float(self.vote.sum()) / max(len(self.vote), 1)
        self.belief = (real + 2.0 * average) / (self.votes_by_story + 2.0)
        self.prevalence = 0.5
        for sweep in range(self.parameters.sweeps):
            self._count_readers()
            if sweep > 0:
                self._learn_priors()
            self._weigh_stories()
        return self._collect()

    def _count_readers(self) -> None:
        """Expected votes of each reader by class: hits on real stories, on fake ones, and the misses of both."""
        belief_of_vote = self.belief[self.story]
        on_real = self._sum_by_reader(belief_of_vote)
        self.real_hit = self._sum_by_reader(belief_of_vote * self.vote)
        self.real_miss = np.maximum(on_real - self.real_hit, 0.0)
        self.fake_miss = np.maximum(self.real_by_reader - self.real_hit, 0.0)
        self.fake_hit = np.maximum(self.votes_by_reader - on_real - self.fake_miss, 0.0)

    def _learn_priors(self) -> None:
        when_real = learn_prior(self.real_hit, self.real_miss, self.when_real, self.parameters)
        when_fake = learn_prior(self.fake_hit, self.fake_miss, self.when_fake, self.parameters)
        lift = max(0.0, 0.5 * (self.parameters.least_skill - when_real.mean - when_fake.mean))
        self.when_real = CoinPrior(min(when_real.mean + lift, 0.99), when_real.strength)
        self.when_fake = CoinPrior(min(when_fake.mean + lift, 0.99), when_fake.strength)

    def _weigh_stories(self) -> None:
        self.real_hit_prior = self.real_hit + self.when_real.mean * self.when_real.strength
        self.real_miss_prior = self.real_miss + (1.0 - self.when_real.mean) * self.when_real.strength
        self.fake_hit_prior = self.fake_hit + self.when_fake.mean * self.when_fake.strength
        self.fake_miss_prior = self.fake_miss + (1.0 - self.when_fake.mean) * self.when_fake.strength
        self.if_real, self.if_fake = _vote_weights(
            self.real_hit_prior, self.real_miss_prior, self.fake_hit_prior, self.fake_miss_prior
        )
        self.evidence = self._sum_by_story(
            np.where(self.vote == 1.0, self.if_real[self.reader], self.if_fake[self.reader])
        )
        pull = self.parameters.class_stories
        self.prevalence = float((self.belief[self.seen].sum() + 0.5 * pull) / (self.seen.sum() + pull))
        damped = damping(self.votes_by_story, self.parameters.overlap) * self.evidence
        self.belief = sigmoid(logit(self.prevalence) + damped)

    def _collect(self) -> TwoCoinFit:
        sensitivity = self.real_hit_prior / (self.real_hit_prior + self.real_miss_prior)
        specificity = self.fake_hit_prior / (self.fake_hit_prior + self.fake_miss_prior)
        shared, chance = self._shared_error(sensitivity, self.belief)
        shared_fake, chance_fake = self._shared_error(1.0 - specificity, 1.0 - self.belief)
        return TwoCoinFit(
            evidence=self.evidence,
            belief=self.belief,
            if_real=self.if_real,
            if_fake=self.if_fake,
            sensitivity=sensitivity,
            specificity=specificity,
            when_real=self.when_real,
            when_fake=self.when_fake,
            prevalence=self.prevalence,
            shared_error=shared + shared_fake,
            chance_error=chance + chance_fake,
            accord=self._accord(sensitivity + specificity - 1.0),
        )

    def _accord(self, skill: Floats) -> float:
        weighted = self.votes_by_reader * skill
        square = float((weighted * skill).sum()) * float(self.votes_by_reader.sum())
        return float(weighted.sum()) ** 2 / square if square > 0.0 else 0.0

    def _shared_error(self, chance_of_real: Floats, weight: Floats) -> tuple[float, float]:
        """Within stories: products of residuals of two readers, and what they would be if the two erred as one."""
        expected = chance_of_real[self.reader]
        residual = self.vote - expected
        variance = expected * (1.0 - expected)
        products = self._sum_by_story(residual) ** 2 - self._sum_by_story(residual**2)
        as_one = self._sum_by_story(np.sqrt(variance)) ** 2 - self._sum_by_story(variance)
        per_vote = weight / np.maximum(self.votes_by_story - 1.0, 1.0)
        return float((per_vote * products).sum()), float((per_vote * as_one).sum())


def learn_prior(hits: Floats, misses: Floats, prior: CoinPrior, parameters: CoinParameters) -> CoinPrior:
    """One step of learning the readers' shared Beta prior from their expected hits and misses.

    The strength takes one of Minka's fixed-point steps; the mean is the average hit rate, a reader of n votes weighing
    n ÷ (1 + (n − 1)/(strength + 1)); both are pulled to the parameters' guesses.
    Source: Minka (2000), Estimating a Dirichlet distribution, eq. 55.
    """
    total = hits + misses
    start = prior.mean * prior.strength
    rest = prior.strength - start
    change = float((digamma(total + prior.strength) - digamma(prior.strength)).sum())
    hit_change = float((digamma(hits + start) - digamma(start)).sum())
    miss_change = float((digamma(misses + rest) - digamma(rest)).sum())
    pull = parameters.strength_pull
    strength = (start * hit_change + rest * miss_change + pull * parameters.strength) / (change + pull)
    strength = min(max(strength, WEAKEST), STRONGEST)
    weight = 1.0 / (1.0 + np.maximum(total - 1.0, 0.0) / (strength + 1.0))
    wanted = parameters.mean_votes
    mean = float((weight * hits).sum() + wanted * parameters.mean) / float((weight * total).sum() + wanted)
    return CoinPrior(mean, strength)


def _vote_weights(
    real_hit: Floats | float, real_miss: Floats | float, fake_hit: Floats | float, fake_miss: Floats | float
) -> tuple[Floats, Floats]:
    """Expected log-likelihood ratios of a real and of a fake vote under Beta posteriors with these parameters.

    A vote never counts against what it says: a reader worse than a coin weighs 0. Else whoever is wrong on purpose
    often enough could make a story real by calling it fake, and being wrong is easy.
    """
    of_real = digamma(real_hit + real_miss)
    of_fake = digamma(fake_hit + fake_miss)
    if_real = digamma(real_hit) - of_real - digamma(fake_miss) + of_fake
    if_fake = digamma(real_miss) - of_real - digamma(fake_hit) + of_fake
    return np.maximum(if_real, 0.0), np.minimum(if_fake, 0.0)

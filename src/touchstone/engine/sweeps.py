"""The two-coin model's compiled fit: what `fit_two_coin` does in NumPy, fast, on any number of threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from touchstone.engine._kernels import two_coin as kernels
from touchstone.engine._kernels.ballots import cut_into_shards, pack_sorted, pack_votes, shard_votes
from touchstone.engine._kernels.fixed import BELIEF_ONE, TERM_ONE, WEIGHT_ONE
from touchstone.engine._kernels.special import digamma, log, log1p
from touchstone.engine._kernels.two_coin import Counts, Prior, Skills, VoteIndex
from touchstone.engine.arrays import Integers, tally
from touchstone.engine.coins import STRONGEST, WEAKEST, CoinParameters, CoinPrior, TwoCoinFit
from touchstone.engine.crew import PIECES, Crew
from touchstone.engine.estimator import VoteColumns

Places = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Packed = npt.NDArray[np.uint32]
R = TypeVar("R")


def index_votes(ballots: VoteColumns) -> VoteIndex:
    """All votes stored by story and by reader."""
    story, reader, vote = (np.ascontiguousarray(column) for column in (ballots.story, ballots.reader, ballots.vote))
    of_story = tally(story, vote, ballots.n_stories).sum(axis=1)
    of_reader = tally(reader, vote, ballots.n_readers)
    order = np.argsort(-of_story, kind="stable")
    rank = np.empty(ballots.n_stories, dtype=np.int32)
    rank[order] = np.arange(ballots.n_stories, dtype=np.int32)
    reader_starts, story_starts = _starts_of(of_reader.sum(axis=1)), _starts_of(of_story)
    by_reader = _pack((reader, story, rank), vote, reader_starts)
    by_story = np.empty(len(vote), dtype=np.uint32)
    if not pack_sorted(story, reader, vote, by_story):
        by_story = _pack((story, reader, np.arange(ballots.n_readers, dtype=np.int32)), vote, story_starts)
    reals = of_reader[:, 1].astype(np.int32)
    return VoteIndex(by_story, story_starts, by_reader, reader_starts, reals, rank, of_story[order])


def _starts_of(counts: Places) -> Places:
    """Where each key's rows start; `counts` is how many each key has."""
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _pack(keys: tuple[Integers, Integers, Codes], vote: Integers, starts: Places) -> Packed:
    """2·place[other] + vote of each row, key by key, where keys are key, other and place."""
    words = np.empty(len(vote), dtype=np.uint64)
    shard_votes(*keys, vote, cut_into_shards(starts), words)
    packed = np.empty(len(vote), dtype=np.uint32)
    pack_votes(words, starts[:-1].copy(), packed)
    return packed


def sweep_two_coin(votes: VoteIndex, parameters: CoinParameters, crew: Crew) -> TwoCoinFit:
    """Run the sweeps on all votes; `fit_two_coin` is the plain reference, equal to about 1e-6."""
    return _Sweeper(votes, parameters, crew).run()


class _Sweeper:
    """The state of the sweeps; numbers that are summed are fixed-point, so that sums are exact."""

    def __init__(self, votes: VoteIndex, parameters: CoinParameters, crew: Crew) -> None:
        self.votes, self.parameters, self.crew = votes, parameters, crew
        self.n_stories, self.n_readers = len(votes.story_starts) - 1, len(votes.reader_starts) - 1
        self.votes_by_story = votes.counts
        self.seen = int(np.count_nonzero(self.votes_by_story))
        self.counts = Counts(np.zeros(self.n_readers, dtype=np.int64), np.zeros(self.n_readers, dtype=np.int64))
        self.weights = np.zeros(2 * self.n_readers, dtype=np.int32)
        self.evidence = np.zeros(self.n_stories, dtype=np.int64)
        self.when_real = self.when_fake = CoinPrior(parameters.mean, parameters.strength)
        self.belief, self.believed = self._first_belief()
        self.prevalence = 0.5

    def run(self) -> TwoCoinFit:
        """All sweeps, and what they found."""
        for sweep in range(self.parameters.sweeps):
            self._over_readers(lambda low, high: kernels.count_readers(self.votes, self.belief, low, high, self.counts))
            if sweep > 0:
                self._learn_priors()
            self._weigh_readers()
            self._weigh_stories()
            self._believe_stories()
        return self._collect()

    def _over_readers(self, work: Callable[[int, int], R], pieces: int = PIECES) -> list[R]:
        return self.crew.share_out(self.votes.reader_starts, work, pieces)

    def _sums_over_readers(self, count: int, kernel: Callable[..., None], *arguments: object) -> list[float]:
        """The `count` sums that a kernel forms over readers, as floats."""

        def work(low: int, high: int) -> Places:
            sums = np.zeros(count, dtype=np.int64)
            kernel(self.votes, self.counts, *arguments, low, high, sums)
            return sums

        return [total / TERM_ONE for total in sum(self._over_readers(work), np.zeros(count, dtype=np.int64)).tolist()]

    def _first_belief(self) -> tuple[npt.NDArray[np.int32], int]:
        ones = np.zeros((self.n_readers, 2), dtype=np.int32)
        ones[:, 1] = 1
        real = self._sum_over_votes(ones.reshape(-1))
        average = int(real.sum()) / max(int(self.votes.story_starts[-1]), 1)
        share = (real + 2.0 * average) / (self.votes_by_story + 2.0)
        belief = np.floor(share * BELIEF_ONE + 0.5).astype(np.int32)
        return belief, int(belief[self.votes_by_story > 0].sum(dtype=np.int64))

    def _sum_over_votes(self, weights: npt.NDArray[np.int32]) -> Places:
        """The sum over each story's votes of weights[2·reader + vote]: int64, shape (n_stories,), by rank."""

        def work(low: int, high: int) -> Places:
            sums = np.zeros(self.n_stories, dtype=np.int64)
            kernels.weigh_stories(self.votes, weights, low, high, sums)
            return sums

        first, *others = self._over_readers(work, pieces=1)
        for sums in others:
            first += sums
        return first

    def _learn_priors(self) -> None:
        real, fake = _prior_of(self.when_real), _prior_of(self.when_fake)
        changes = self._sums_over_readers(6, kernels.sum_prior_terms, real, fake)
        strength_real = _learn_strength(changes[:3], real, self.parameters)
        strength_fake = _learn_strength(changes[3:], fake, self.parameters)
        hits = self._sums_over_readers(4, kernels.sum_weighted_hits, (strength_real, strength_fake))
        mean_real = _learn_mean(hits[0], hits[1], self.parameters)
        mean_fake = _learn_mean(hits[2], hits[3], self.parameters)
        lift = max(0.0, 0.5 * (self.parameters.least_skill - mean_real - mean_fake))
        self.when_real = CoinPrior(min(mean_real + lift, 0.99), strength_real)
        self.when_fake = CoinPrior(min(mean_fake + lift, 0.99), strength_fake)

    def _weigh_readers(self) -> None:
        real, fake = _prior_of(self.when_real), _prior_of(self.when_fake)
        self._over_readers(
            lambda low, high: kernels.weigh_readers(self.votes, self.counts, real, fake, low, high, self.weights)
        )

    def _weigh_stories(self) -> None:
        self.evidence = self._sum_over_votes(self.weights)

    def _believe_stories(self) -> None:
        pull = self.parameters.class_stories
        self.prevalence = (self.believed / BELIEF_ONE + 0.5 * pull) / (self.seen + pull)
        prior_log_odds = log(self.prevalence) - log1p(-self.prevalence)
        self.believed = sum(
            self.crew.share_out(
                np.arange(self.n_stories + 1),
                lambda low, high: kernels.believe_stories(
                    self.votes, self.evidence, prior_log_odds, self.parameters.overlap, low, high, self.belief
                ),
            )
        )

    def _collect(self) -> TwoCoinFit:
        skills = Skills(np.empty(self.n_readers), np.empty(self.n_readers), np.empty((self.n_readers, 6), np.int32))
        real, fake = _prior_of(self.when_real), _prior_of(self.when_fake)
        skill, square = self._sums_over_readers(2, kernels.describe_readers, real, fake, skills)
        shared_error, chance_error = self._shared_errors(skills)
        square = square * float(self.votes.story_starts[-1])
        return TwoCoinFit(
            evidence=self.evidence[self.votes.rank] / WEIGHT_ONE,
            belief=self.belief[self.votes.rank] / BELIEF_ONE,
            if_real=self.weights[1::2] / WEIGHT_ONE,
            if_fake=self.weights[::2] / WEIGHT_ONE,
            sensitivity=skills.sensitivity,
            specificity=skills.specificity,
            when_real=self.when_real,
            when_fake=self.when_fake,
            prevalence=self.prevalence,
            shared_error=shared_error,
            chance_error=chance_error,
            accord=skill * skill / square if square > 0.0 else 0.0,
        )

    def _shared_errors(self, skills: Skills) -> tuple[float, float]:
        belief = self.belief[self.votes.rank]

        def work(low: int, high: int) -> Places:
            sums = np.zeros(2, dtype=np.int64)
            kernels.sum_shared_errors(self.votes, belief, skills.table, low, high, sums)
            return sums

        parts = self.crew.share_out(self.votes.story_starts, work)
        shared, chance = sum(parts, np.zeros(2, dtype=np.int64)).tolist()
        return shared / TERM_ONE, chance / TERM_ONE


def _prior_of(prior: CoinPrior) -> Prior:
    start = prior.mean * prior.strength
    rest = prior.strength - start
    return Prior(start, rest, prior.strength, digamma(start), digamma(rest), digamma(prior.strength))


def _learn_strength(changes: list[float], prior: Prior, parameters: CoinParameters) -> float:
    """One of Minka's steps, as in `learn_prior`."""
    hits, misses, total = changes
    pull = parameters.strength_pull
    strength = (prior.start * hits + prior.rest * misses + pull * parameters.strength) / (total + pull)
    return min(max(strength, WEAKEST), STRONGEST)


def _learn_mean(hits: float, total: float, parameters: CoinParameters) -> float:
    return (hits + parameters.mean_votes * parameters.mean) / (total + parameters.mean_votes)

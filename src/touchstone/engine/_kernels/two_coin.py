"""Sweeps of the two-coin model over votes stored twice, by story and by reader: every loop only gathers.

Each kernel works on a range of readers or stories and writes nothing outside it, so that ranges can run side by side;
sums over ranges are sums of whole numbers and so do not depend on how the ranges were cut. The plain NumPy form of the
same model is `two_coin.py`; its names are used here.
"""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from touchstone.engine._kernels.compile import inlined, kernel
from touchstone.engine._kernels.fixed import BELIEF_ONE, MOST_WEIGHT, TERM_ONE, WEIGHT_ONE, clip, to_fixed
from touchstone.engine._kernels.special import digamma, sigmoid

Packed = npt.NDArray[np.uint32]
Places = npt.NDArray[np.int64]
Fixed = npt.NDArray[np.int32]
Sums = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Errors = tuple[int, int, int, int]  # sums over votes: residuals, their squares, deviations, variances


class VoteIndex(NamedTuple):
    """All votes twice.

    by_story  : uint32, shape (n_votes,), 2·reader + vote, story by story; starts in story_starts
    by_reader : uint32, shape (n_votes,), 2·rank + vote, reader by reader; starts in reader_starts
    reals     : int32, shape (n_readers,), each reader's real votes
    rank      : int32, shape (n_stories,), each story's place when those of most votes come first: what is looked up
                most often then lies together. What the sweeps know of stories is kept by rank
    counts    : int64, shape (n_stories,), the stories' votes, by rank
    """

    by_story: Packed
    story_starts: Places
    by_reader: Packed
    reader_starts: Places
    reals: Fixed
    rank: Fixed
    counts: Places


class Counts(NamedTuple):
    """Expected votes of each reader, in 1/BELIEF_ONE: int64, shape (n_readers,).

    on_real  : all votes on real stories
    real_hit : real votes on real stories
    """

    on_real: Sums
    real_hit: Sums


@kernel
def count_readers(votes: VoteIndex, belief: Fixed, low: int, high: int, counts: Counts) -> None:
    """Set the counts of readers low to high from the beliefs about stories."""
    for reader in range(low, high):
        on_real = np.int64(0)
        real_hit = np.int64(0)
        for place in range(votes.reader_starts[reader], votes.reader_starts[reader + 1]):
            packed = votes.by_reader[place]
            share = np.int64(belief[packed >> np.uint32(1)])
            on_real += share
            real_hit += share * np.int64(packed & np.uint32(1))
        counts.on_real[reader] = on_real
        counts.real_hit[reader] = real_hit


@inlined
def _part(count: int) -> float:
    """A fixed-point count of votes as a float."""
    return float(count) / BELIEF_ONE


@inlined
def _hits_and_misses(votes: VoteIndex, counts: Counts, reader: int) -> tuple[float, float, float, float]:
    """Hits and misses on real stories, then on fake ones."""
    total = (votes.reader_starts[reader + 1] - votes.reader_starts[reader]) * BELIEF_ONE
    reals = np.int64(votes.reals[reader]) * BELIEF_ONE
    on_real = counts.on_real[reader]
    real_hit = counts.real_hit[reader]
    fake_miss = reals - real_hit
    return _part(real_hit), _part(on_real - real_hit), _part(total - on_real - fake_miss), _part(fake_miss)


class Prior(NamedTuple):
    """A Beta prior shared by all readers: mean · strength, (1 − mean) · strength, and ψ of both and of their sum."""

    start: float
    rest: float
    strength: float
    digamma_start: float
    digamma_rest: float
    digamma_strength: float


BATCH = 256  # readers whose ψ are computed side by side, on the processor's vector units
N_DIGAMMAS = 6
HITS_REAL, MISSES_REAL, ALL_REAL, HITS_FAKE, MISSES_FAKE, ALL_FAKE = range(N_DIGAMMAS)


@inlined
def _digamma_of_counts(
    votes: VoteIndex, counts: Counts, when_real: Prior, when_fake: Prior, low: int, high: int, out: Floats
) -> None:
    """out[i, reader − low] = ψ of count i with its prior, of readers low to high; at most BATCH of them."""
    for reader in range(low, high):
        place = reader - low
        real_hit, real_miss, fake_hit, fake_miss = _hits_and_misses(votes, counts, reader)
        out[HITS_REAL, place] = real_hit + when_real.start
        out[MISSES_REAL, place] = real_miss + when_real.rest
        out[ALL_REAL, place] = real_hit + real_miss + when_real.strength
        out[HITS_FAKE, place] = fake_hit + when_fake.start
        out[MISSES_FAKE, place] = fake_miss + when_fake.rest
        out[ALL_FAKE, place] = fake_hit + fake_miss + when_fake.strength
    for count in range(N_DIGAMMAS):
        row = out[count]
        for place in range(high - low):
            row[place] = digamma(row[place])


@kernel
def sum_prior_terms(
    votes: VoteIndex, counts: Counts, when_real: Prior, when_fake: Prior, low: int, high: int, sums: Sums
) -> None:
    """sums[0:6]: changes of ψ over hits, misses and all votes on real, then on fake stories, of readers low to high.

    In 1/TERM_ONE; these are what `learn_prior` learns the strength from.
    """
    before = (
        when_real.digamma_start,
        when_real.digamma_rest,
        when_real.digamma_strength,
        when_fake.digamma_start,
        when_fake.digamma_rest,
        when_fake.digamma_strength,
    )
    after = np.empty((N_DIGAMMAS, BATCH))
    for first in range(low, high, BATCH):
        last = min(first + BATCH, high)
        _digamma_of_counts(votes, counts, when_real, when_fake, first, last, after)
        for count in range(N_DIGAMMAS):
            total = np.int64(0)
            for place in range(last - first):
                total += to_fixed(after[count, place] - before[count], TERM_ONE)
            sums[count] += total


@kernel
def sum_weighted_hits(
    votes: VoteIndex, counts: Counts, strengths: tuple[float, float], low: int, high: int, sums: Sums
) -> None:
    """sums[0:4]: hits and totals on real, then on fake stories, of readers low to high, weighed as in `learn_prior`."""
    for reader in range(low, high):
        real_hit, real_miss, fake_hit, fake_miss = _hits_and_misses(votes, counts, reader)
        weight = _reader_weight(real_hit + real_miss, strengths[0])
        sums[0] += to_fixed(weight * real_hit, TERM_ONE)
        sums[1] += to_fixed(weight * (real_hit + real_miss), TERM_ONE)
        weight = _reader_weight(fake_hit + fake_miss, strengths[1])
        sums[2] += to_fixed(weight * fake_hit, TERM_ONE)
        sums[3] += to_fixed(weight * (fake_hit + fake_miss), TERM_ONE)


@inlined
def _reader_weight(total: float, strength: float) -> float:
    return 1.0 / (1.0 + (total - 1.0 if total > 1.0 else 0.0) / (strength + 1.0))


@kernel
def weigh_readers(
    votes: VoteIndex, counts: Counts, when_real: Prior, when_fake: Prior, low: int, high: int, weights: Fixed
) -> None:
    """weights[2·reader + vote]: the evidence that a vote of readers low to high carries, in 1/WEIGHT_ONE.

    Never against what the vote says: see `_vote_weights` in the plain form.
    """
    of = np.empty((N_DIGAMMAS, BATCH))
    for first in range(low, high, BATCH):
        last = min(first + BATCH, high)
        _digamma_of_counts(votes, counts, when_real, when_fake, first, last, of)
        for reader in range(first, last):
            place = reader - first
            if_real = of[HITS_REAL, place] - of[ALL_REAL, place] - of[MISSES_FAKE, place] + of[ALL_FAKE, place]
            if_fake = of[MISSES_REAL, place] - of[ALL_REAL, place] - of[HITS_FAKE, place] + of[ALL_FAKE, place]
            weights[2 * reader + 1] = to_fixed(clip(if_real, 0.0, MOST_WEIGHT), WEIGHT_ONE)
            weights[2 * reader] = to_fixed(clip(if_fake, -MOST_WEIGHT, 0.0), WEIGHT_ONE)


@kernel
def weigh_stories(votes: VoteIndex, weights: Fixed, low: int, high: int, evidence: Sums) -> None:
    """evidence[rank] of each story grows by what the votes of readers low to high weigh, in 1/WEIGHT_ONE."""
    for reader in range(low, high):
        if_fake = np.int64(weights[2 * reader])
        more_if_real = np.int64(weights[2 * reader + 1]) - if_fake
        for place in range(votes.reader_starts[reader], votes.reader_starts[reader + 1]):
            packed = votes.by_reader[place]
            evidence[packed >> np.uint32(1)] += if_fake + more_if_real * np.int64(packed & np.uint32(1))


@kernel
def believe_stories(
    votes: VoteIndex, evidence: Sums, prior_log_odds: float, overlap: float, low: int, high: int, belief: Fixed
) -> int:
    """belief[rank] of ranks low to high from their damped evidence; returns the sum over those with votes."""
    total = np.int64(0)
    for rank in range(low, high):
        count = float(votes.counts[rank])
        damped = float(evidence[rank]) / WEIGHT_ONE / (1.0 + (count - 1.0 if count > 1.0 else 0.0) * overlap)
        share = np.int64(to_fixed(sigmoid(prior_log_odds + damped), BELIEF_ONE))
        belief[rank] = share
        total += share if count > 0.0 else 0
    return total


class Skills(NamedTuple):
    """What is known of each reader in the end.

    sensitivity, specificity : float64, shape (n_readers,)
    table : int32, shape (n_readers, 6), in 1/BELIEF_ONE: the chance of a real vote on a real story, its square and its
            standard deviation; the same on a fake story
    """

    sensitivity: Floats
    specificity: Floats
    table: Fixed


@kernel
def describe_readers(
    votes: VoteIndex,
    counts: Counts,
    when_real: Prior,
    when_fake: Prior,
    skills: Skills,
    low: int,
    high: int,
    sums: Sums,
) -> None:
    """Fill in the skills of readers low to high; sums[0:2]: votes times skill and times its square, in 1/TERM_ONE."""
    for reader in range(low, high):
        real_hit, real_miss, fake_hit, fake_miss = _hits_and_misses(votes, counts, reader)
        sensitivity = (real_hit + when_real.start) / (real_hit + real_miss + when_real.strength)
        specificity = (fake_hit + when_fake.start) / (fake_hit + fake_miss + when_fake.strength)
        skills.sensitivity[reader] = sensitivity
        skills.specificity[reader] = specificity
        _fill_chance(skills.table, reader, 0, sensitivity)
        _fill_chance(skills.table, reader, 3, 1.0 - specificity)
        skill = sensitivity + specificity - 1.0
        count = float(votes.reader_starts[reader + 1] - votes.reader_starts[reader])
        sums[0] += to_fixed(count * skill, TERM_ONE)
        sums[1] += to_fixed(count * skill * skill, TERM_ONE)


@inlined
def _fill_chance(table: Fixed, reader: int, column: int, chance: float) -> None:
    table[reader, column] = to_fixed(chance, BELIEF_ONE)
    table[reader, column + 1] = to_fixed(chance * chance, BELIEF_ONE)
    table[reader, column + 2] = to_fixed(sqrt(chance * (1.0 - chance)), BELIEF_ONE)


@kernel
def sum_shared_errors(votes: VoteIndex, belief: Fixed, table: Fixed, low: int, high: int, sums: Sums) -> None:
    """sums[0:2]: shared and chance error of stories low to high, in 1/TERM_ONE, as in `_shared_error`."""
    for story in range(low, high):
        share = float(belief[story]) / BELIEF_ONE
        start = votes.story_starts[story]
        stop = votes.story_starts[story + 1]
        on_real, on_fake = _sum_errors(votes.by_story[start:stop], table)
        _add_errors(on_real, stop - start, share, sums)
        _add_errors(on_fake, stop - start, 1.0 - share, sums)


@inlined
def _sum_errors(packed: Packed, table: Fixed) -> tuple[Errors, Errors]:
    """What the votes of one story sum up to, were it real and were it fake."""
    residual = squares = deviation = variance = np.int64(0)
    other_residual = other_squares = other_deviation = other_variance = np.int64(0)
    for i in range(len(packed)):
        reader = packed[i] >> np.uint32(1)
        vote = np.int64(packed[i] & np.uint32(1))
        chance, square = np.int64(table[reader, 0]), np.int64(table[reader, 1])
        residual += vote * BELIEF_ONE - chance
        squares += vote * (BELIEF_ONE - 2 * chance) + square
        deviation += np.int64(table[reader, 2])
        variance += chance - square
        chance, square = np.int64(table[reader, 3]), np.int64(table[reader, 4])
        other_residual += vote * BELIEF_ONE - chance
        other_squares += vote * (BELIEF_ONE - 2 * chance) + square
        other_deviation += np.int64(table[reader, 5])
        other_variance += chance - square
    return (residual, squares, deviation, variance), (other_residual, other_squares, other_deviation, other_variance)


@inlined
def _add_errors(errors: Errors, count: int, share: float, sums: Sums) -> None:
    residual, squares, deviation, variance = errors
    per_vote = share / (float(count) - 1.0 if count > 1 else 1.0)
    products = _part(residual) * _part(residual) - _part(squares)
    as_one = _part(deviation) * _part(deviation) - _part(variance)
    sums[0] += to_fixed(per_vote * products, TERM_ONE)
    sums[1] += to_fixed(per_vote * as_one, TERM_ONE)

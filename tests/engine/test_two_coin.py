"""The tempered two-coin model on planted crowds and hand-worked cases."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special
from tests.engine.crowds import plant, revote

from touchstone.engine import TwoCoin, arrays, log_loss
from touchstone.engine.two_coin import CoinPrior, damping, learn_prior


def test_planted_readers_are_found() -> None:
    crowd = plant(seed=3, n_stories=2000, n_readers=50, votes=10)
    fit = TwoCoin().fit(crowd).fit_
    assert np.corrcoef(fit.sensitivity, crowd.sensitivity)[0, 1] > 0.9
    assert np.corrcoef(fit.specificity, crowd.specificity)[0, 1] > 0.9
    assert fit.when_real.mean == pytest.approx(0.75, abs=0.05)
    assert fit.when_fake.mean == pytest.approx(0.625, abs=0.06)


def test_rare_real_stories_are_seen_as_rare() -> None:
    fit = TwoCoin().fit(plant(seed=1, n_stories=2000, votes=10, prevalence=0.2)).fit_
    assert 0.15 < fit.prevalence < 0.3


def test_readers_who_copy_show_more_shared_error_than_independent_ones() -> None:
    crowd = plant(seed=4, n_stories=500, votes=10)
    alone = TwoCoin().fit(crowd).fit_
    leader = crowd.vote.reshape(500, 10)[:, :1]
    copied = np.where(np.random.default_rng(0).random((500, 10)) < 0.4, leader, crowd.vote.reshape(500, 10)).ravel()
    herd = revote(crowd, copied)
    together = TwoCoin().fit(herd).fit_
    assert alone.shared_error / alone.chance_error < together.shared_error / together.chance_error


def test_damping_leaves_one_vote_whole_and_bounds_many() -> None:
    votes = np.array([0.0, 1.0, 11.0, 1e9])
    assert damping(votes, 0.1).tolist() == pytest.approx([1.0, 1.0, 0.5, 1e-8])
    assert (votes * damping(votes, 0.1))[-1] == pytest.approx(10.0)


def test_a_vote_never_counts_against_what_it_says_not_even_of_a_reader_always_wrong() -> None:
    crowd = plant(seed=5, n_stories=400, n_readers=30, votes=9)
    flipped = np.where(crowd.reader == 0, 1 - crowd.truth[crowd.story], crowd.vote)
    made = TwoCoin().fit(revote(crowd, flipped))
    assert made.fit_.if_real[0] == made.fit_.if_fake[0] == 0.0
    assert made.fit_.if_real.min() >= 0.0 >= made.fit_.if_fake.max()
    assert made.update(0, [0, 1, 2], [0, 1, 1]) <= made.update(0, [0, 1, 2], [1, 1, 1])


def test_better_log_loss_than_without_damping_when_readers_err_together() -> None:
    crowd = plant(seed=6, n_stories=500, votes=10)
    hard = np.random.default_rng(0).random(500) < 0.2
    fooled = np.where(hard[crowd.story], 1 - crowd.vote, crowd.vote)
    herd = revote(crowd, fooled)
    truth = crowd.truth.astype(float)
    assert log_loss(TwoCoin().fit(herd).probability_, truth) < log_loss(
        TwoCoin(overlap=0.0).fit(herd).probability_, truth
    )


def test_prior_of_planted_readers_is_learned() -> None:
    rng = np.random.default_rng(0)
    rate = rng.beta(8, 4, 4000)
    hits = rng.binomial(20, rate).astype(float)
    prior = CoinPrior(0.75, 6.0)
    for _ in range(200):
        prior = learn_prior(hits, 20.0 - hits, prior, TwoCoin())
    assert prior.mean == pytest.approx(8 / 12, abs=0.01)
    assert prior.strength == pytest.approx(12, rel=0.1)


def test_array_functions_agree_with_scipy() -> None:
    x = np.concatenate((np.logspace(-6, 9, 400), np.arange(0.5, 30, 0.5)))
    assert np.allclose(arrays.digamma(x), special.digamma(x), rtol=1e-12, atol=1e-12)
    z = np.linspace(-700, 700, 301)
    assert np.allclose(arrays.sigmoid(z), special.expit(z), rtol=1e-14)
    p = np.linspace(0.01, 0.99, 99)
    assert np.allclose(arrays.logit(p), special.logit(p), rtol=1e-13, atol=1e-15)

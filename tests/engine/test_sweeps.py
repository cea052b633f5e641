"""The compiled two-coin fit: equal to the plain one, and the same bits whatever the threads and the order of votes."""

import hashlib
from dataclasses import fields

import numpy as np
import pytest
from tests.engine.crowds import PlantedCrowd, columns, plant

from touchstone.engine import Ballots, Combined, TwoCoin, crew, sweeps, threads_at_work
from touchstone.engine._kernels import two_coin as kernels
from touchstone.engine.coins import CoinPrior
from touchstone.engine.two_coin import fit_two_coin

ARRAYS = ("evidence", "belief", "if_real", "if_fake", "sensitivity", "specificity")


def bits_of(fit):
    """A digest of all that a fit holds."""
    total = hashlib.sha256()
    for field in fields(fit):
        value = getattr(fit, field.name)
        value = (value.mean, value.strength) if isinstance(value, CoinPrior) else value
        total.update(np.asarray(value, dtype="<f8").tobytes())
    return total.hexdigest()


@pytest.mark.parametrize(
    "crowd",
    [
        plant(seed=1),
        plant(seed=2, n_stories=900, n_readers=40, votes=5, prevalence=0.2),
        plant(seed=3, n_stories=50, n_readers=1000, votes=200),
        columns([(0, 0, 1)], 1, 1),
        columns([(1, 3, 0), (1, 1, 1)], 3, 5),
        columns([], 2, 2),
    ],
    ids=["even", "fakes", "crowded", "one vote", "gaps", "no votes"],
)
def test_the_compiled_fit_equals_the_plain_one(crowd):
    ours, plain = TwoCoin().fit(crowd).fit_, fit_two_coin(crowd, TwoCoin())
    for name in ARRAYS:
        np.testing.assert_allclose(getattr(ours, name), getattr(plain, name), atol=2e-5, err_msg=name)
    for name in ("prevalence", "shared_error", "chance_error", "accord"):
        assert getattr(ours, name) == pytest.approx(getattr(plain, name), rel=1e-5, abs=1e-5), name
    assert ours.when_real.mean == pytest.approx(plain.when_real.mean, abs=1e-6)
    assert ours.when_fake.strength == pytest.approx(plain.when_fake.strength, rel=1e-5)


@pytest.mark.parametrize("threads", [2, 3, 8])
def test_threads_change_no_bit(monkeypatch, threads):
    monkeypatch.setattr(crew, "FEW", 0)
    crowd = plant(seed=4, n_stories=700, n_readers=300)
    alone = bits_of(TwoCoin().fit(crowd).fit_)
    with threads_at_work(threads):
        assert bits_of(TwoCoin().fit(crowd).fit_) == alone


def test_the_order_of_votes_changes_no_bit():
    crowd = plant(seed=5)
    order = np.random.default_rng(0).permutation(len(crowd.story))
    shuffled = PlantedCrowd(
        crowd.story[order],
        crowd.reader[order],
        crowd.vote[order],
        crowd.n_stories,
        crowd.n_readers,
        crowd.truth,
        crowd.sensitivity,
        crowd.specificity,
    )
    assert bits_of(TwoCoin().fit(crowd).fit_) == bits_of(TwoCoin().fit(shuffled).fit_)


def test_numbering_readers_otherwise_changes_no_bit_of_the_stories():
    crowd = plant(seed=6)
    renamed = np.random.default_rng(1).permutation(crowd.n_readers)
    other = columns(
        list(zip(crowd.story, renamed[crowd.reader], crowd.vote, strict=True)), crowd.n_stories, crowd.n_readers
    )
    np.testing.assert_array_equal(TwoCoin().fit(crowd).fit_.belief, TwoCoin().fit(other).fit_.belief)


def test_the_plain_twins_give_the_same_bits():
    crowd = plant(seed=7, n_stories=40, n_readers=12, votes=4)
    compiled = bits_of(TwoCoin(sweeps=3).fit(crowd).fit_)
    with pytest.MonkeyPatch.context() as patch:
        for name, kernel in list(vars(kernels).items()):
            if hasattr(kernel, "plain"):
                patch.setattr(kernels, name, kernel.plain)
        for name in ("shard_votes", "pack_votes"):
            patch.setattr(sweeps, name, getattr(sweeps, name).plain)
        assert bits_of(TwoCoin(sweeps=3).fit(crowd).fit_) == compiled


def planted_ballots():
    """Ballots whose votes come from whole-number arithmetic alone, the same on every machine."""
    story, reader, vote, state = [], [], [], 1
    for s in range(300):
        for r in range(60):
            state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
            if state >> 60 < 3:
                story.append(s)
                reader.append(r)
                vote.append(int((state >> 40) % 100 < (70 if s % 3 else 20)))
    return Ballots.from_columns(story=story, reader=reader, vote=vote)


def test_the_published_method_is_pinned_to_the_bit():
    ballots = planted_ballots()
    fit = Combined().fit(ballots)
    assert ballots.digest() == "da9c4af1595efea9d669a4d71b8698587d3dde1bc886a1560797722a4bc0ab9b"
    assert bits_of(fit.two_coin_) == "6410497a7598f5581e1ee767e3637e544246bcd599c4197b1af1e5db0eb30025"
    assert (
        hashlib.sha256(fit.probability_.astype("<f8").tobytes()).hexdigest()
        == "f9e939a161d727115d75df85ff6f5bf826d3d1360c1de36bdbe3ceaf8e5b3d01"
    )

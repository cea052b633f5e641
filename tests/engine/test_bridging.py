"""Viewpoints on planted crowds: sides found where they exist, unseen where they do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.engine.crowds import PlantedCrowd, plant, revote

from touchstone.engine import Bridging, Combined, Share, TwoCoin, accuracy


def polarise(crowd: PlantedCrowd, strength: float) -> tuple[PlantedCrowd, np.ndarray]:
    """The crowd with readers on two sides who also vote by how a story leans; returns each reader's side."""
    rng = np.random.default_rng(99)
    side = rng.choice([-1.0, 1.0], crowd.n_readers)
    lean = rng.normal(size=crowd.n_stories)
    chance = np.where(
        crowd.truth[crowd.story] == 1, crowd.sensitivity[crowd.reader], 1 - crowd.specificity[crowd.reader]
    )
    odds = np.log(chance / (1 - chance)) + strength * side[crowd.reader] * lean[crowd.story]
    return revote(crowd, (rng.random(len(odds)) < 1 / (1 + np.exp(-odds))).astype(np.int64)), side


def test_planted_sides_are_found() -> None:
    crowd, side = polarise(plant(seed=1, n_stories=400, n_readers=150, votes=12), strength=2.0)
    made = Bridging().fit(crowd)
    agreement = np.mean(np.sign(made.viewpoints_.viewpoint) == side)
    assert made.has_sides_
    assert max(agreement, 1 - agreement) > 0.9


@pytest.mark.parametrize("seed", range(5))
def test_readers_of_differing_skill_alone_make_no_sides(seed: int) -> None:
    made = Bridging().fit(plant(seed=seed, n_stories=400, n_readers=100, votes=12))
    assert not made.has_sides_
    assert made.support(0)[1] == "unseen"


def test_a_story_that_one_side_floods_is_bridged_to_the_middle() -> None:
    crowd, _ = polarise(plant(seed=2, n_stories=400, n_readers=150, votes=12), strength=2.0)
    made = Bridging().fit(crowd)
    above = np.flatnonzero(made.viewpoints_.viewpoint > 0.5)[:30]
    below = np.flatnonzero(made.viewpoints_.viewpoint < -0.5)[:6]
    readers, votes = np.append(above, below), np.append(np.ones(len(above)), np.zeros(len(below))).astype(np.int64)
    assert made.update(0, readers, votes) == pytest.approx(0.5, abs=0.1)
    assert len(above) / (len(above) + len(below)) > 0.8


def test_support_names_both_sides_only_when_each_has_votes_that_agree() -> None:
    crowd, _ = polarise(plant(seed=3, n_stories=400, n_readers=150, votes=12), strength=2.0)
    made = Bridging().fit(crowd)
    below, above = made.sides_.real_below + made.sides_.fake_below, made.sides_.real_above + made.sides_.fake_above
    assert np.all(below + above == made.real_ + made.fake_)
    for story in range(crowd.n_stories):
        share, sides = made.support(story)
        enough = below[story] >= 3 and above[story] >= 3
        assert (sides == "both") == (enough and bool((share[0] - 0.5) * (share[1] - 0.5) > 0))


def test_unrelated_votes_hardly_move_a_storys_bridged_share() -> None:
    crowd, _ = polarise(plant(seed=4, n_stories=400, n_readers=150, votes=12), strength=2.0)
    part = crowd.story < 300
    fewer = replace(crowd, story=crowd.story[part], reader=crowd.reader[part], vote=crowd.vote[part])
    before, after = Bridging().fit(fewer).probability_[:300], Bridging().fit(crowd).probability_[:300]
    assert np.abs(before - after).mean() < 0.05


def test_without_sides_the_bridged_share_is_laplaces() -> None:
    made = Bridging().fit(plant())
    assert np.allclose(made.probability_, (made.real_ + 1) / (made.real_ + made.fake_ + 2))
    assert not np.array_equal(made.probability_, Share().fit(plant()).probability_)


@pytest.mark.parametrize("strength", [2.0, 3.0])
def test_camps_that_outweigh_the_truth_do_not_capture_the_published_method(strength: float) -> None:
    crowd, _ = polarise(plant(seed=1, n_stories=400, n_readers=150, votes=12), strength)
    truth = crowd.truth.astype(float)
    captured, published, share = (accuracy(e().fit(crowd).probability_, truth) for e in (TwoCoin, Combined, Share))
    assert captured < share
    assert published > share - 0.03

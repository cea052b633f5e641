"""What every estimator promises, whatever it learns."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from tests.engine.crowds import columns, plant, reorder

from touchstone.engine import (
    BadResolution,
    Ballots,
    Bridging,
    Combined,
    DawidSkene,
    Estimator,
    Laplace,
    MajorityOdds,
    MisshapenVotes,
    NotFitted,
    OneCoin,
    Resolutions,
    Share,
    TwoCoin,
)

ESTIMATORS = [Share, Laplace, MajorityOdds, DawidSkene, OneCoin, TwoCoin, Bridging, Combined]
every_estimator = pytest.mark.parametrize("estimator", ESTIMATORS)


@every_estimator
def test_constructor_only_stores_its_keyword_arguments(estimator: type[Estimator]) -> None:
    made = estimator()
    named = [
        p for p in inspect.signature(estimator.__init__).parameters.values() if p.name not in {"self", "args", "kwargs"}
    ]
    assert all(p.kind is inspect.Parameter.KEYWORD_ONLY for p in named)
    assert len(named) <= 8
    assert vars(made) == {p.name: p.default for p in named} == made.parameters()


@every_estimator
def test_fit_returns_the_estimator_and_adds_only_names_that_end_in_an_underscore(
    estimator: type[Estimator],
) -> None:
    made = estimator()
    before = dict(vars(made))
    assert made.fit(plant()) is made
    added = set(vars(made)) - set(before)
    assert {"probability_", "real_", "fake_"} <= added
    assert all(name.endswith("_") for name in added)
    assert {name: vars(made)[name] for name in before} == before


@every_estimator
def test_probabilities_lie_between_0_and_1_and_are_nan_only_without_votes(estimator: type[Estimator]) -> None:
    crowd = columns([(0, 0, 1), (0, 1, 1), (2, 0, 0), (2, 2, 1)], n_stories=4, n_readers=5)
    probability = estimator().fit(crowd).probability_
    assert probability.dtype == np.float64
    assert np.isnan(probability).tolist() == [False, True, False, True]
    assert np.all((probability[[0, 2]] >= 0) & (probability[[0, 2]] <= 1))


@every_estimator
def test_no_votes_at_all_is_a_fit_without_probabilities(estimator: type[Estimator]) -> None:
    assert np.isnan(estimator().fit(columns([], n_stories=3, n_readers=0)).probability_).all()


@every_estimator
def test_fitting_anew_forgets_the_first_ballots(estimator: type[Estimator]) -> None:
    once = estimator().fit(plant(2))
    twice = estimator().fit(plant(1, n_stories=50)).fit(plant(2))
    assert np.array_equal(once.probability_, twice.probability_)


@every_estimator
def test_fit_leaves_its_inputs_as_they_were(estimator: type[Estimator]) -> None:
    crowd = plant()
    for column in (crowd.story, crowd.reader, crowd.vote):
        column.setflags(write=False)
    resolved = Resolutions([0, 1], crowd.truth[:2])
    estimator().fit(crowd, resolved)
    assert resolved.outcome.tolist() == crowd.truth[:2].tolist()


@every_estimator
def test_the_order_of_votes_does_not_matter(estimator: type[Estimator]) -> None:
    crowd = plant()
    shuffled = reorder(crowd, np.random.default_rng(1).permutation(len(crowd.story)))
    assert np.allclose(estimator().fit(crowd).probability_, estimator().fit(shuffled).probability_, rtol=0, atol=1e-9)


@every_estimator
def test_swapping_real_and_fake_mirrors_every_probability(estimator: type[Estimator]) -> None:
    crowd = plant()
    mirrored = columns(
        list(zip(crowd.story, crowd.reader, 1 - crowd.vote, strict=True)), crowd.n_stories, crowd.n_readers
    )
    forward, backward = estimator().fit(crowd).probability_, estimator().fit(mirrored).probability_
    assert np.allclose(forward, 1 - backward, rtol=0, atol=1e-6)


@every_estimator
def test_it_beats_a_coin_on_a_planted_crowd(estimator: type[Estimator]) -> None:
    crowd = plant()
    assert ((estimator().fit(crowd).probability_ > 0.5) == (crowd.truth == 1)).mean() > 0.7


@every_estimator
def test_update_with_unchanged_votes_gives_the_fitted_probability(estimator: type[Estimator]) -> None:
    crowd = plant()
    made = estimator().fit(crowd)
    rows = crowd.story == 7
    fitted = made.probability_[7]
    assert made.update(7, crowd.reader[rows], crowd.vote[rows]) == pytest.approx(fitted, abs=1e-9)


@every_estimator
def test_update_moves_with_a_new_vote_and_stores_the_counts(estimator: type[Estimator]) -> None:
    made = estimator().fit(plant())
    low = made.update(3, [0, 1, -1], [1, 0, 0])
    high = made.update(3, [0, 1, 10**9], [1, 0, 1])
    assert high >= low
    assert made.probability_[3] == high
    assert (made.real_[3], made.fake_[3]) == (2.0, 1.0)


@every_estimator
def test_update_of_a_story_without_votes_is_nan(estimator: type[Estimator]) -> None:
    assert np.isnan(estimator().fit(plant()).update(0, [], []))


@every_estimator
def test_update_before_fit_says_to_fit_first(estimator: type[Estimator]) -> None:
    with pytest.raises(NotFitted, match=r"call fit first"):
        estimator().update(0, [0], [1])


@every_estimator
@pytest.mark.parametrize(
    ("votes", "n_stories", "problem"),
    [
        ([(5, 0, 1)], 3, "between 0 and 2"),
        ([(0, 7, 1)], 3, "reader"),
        ([(0, 0, 2)], 3, "0 or 1"),
        ([(-1, 0, 1)], 3, "story"),
    ],
)
def test_impossible_votes_are_refused(
    estimator: type[Estimator], votes: list[tuple[int, int, int]], n_stories: int, problem: str
) -> None:
    with pytest.raises(MisshapenVotes, match=problem):
        estimator().fit(columns(votes, n_stories, n_readers=2))


@every_estimator
@pytest.mark.parametrize(
    ("story", "outcome", "problem"),
    [([9999], [1], "between 0"), ([0], [2], "0 or 1"), ([0, 0], [1, 1], "only once"), ([0, 1], [1], "same length")],
)
def test_impossible_resolutions_are_refused(
    estimator: type[Estimator], story: list[int], outcome: list[int], problem: str
) -> None:
    with pytest.raises(BadResolution, match=problem):
        estimator().fit(plant(), Resolutions(story, outcome))


@every_estimator
def test_ballots_read_from_ids_give_the_same_probabilities_story_by_story(estimator: type[Estimator]) -> None:
    crowd = plant(n_stories=80, n_readers=30)
    ballots = Ballots.from_columns(
        story=[f"s{story}" for story in crowd.story],
        reader=[f"r{reader}" for reader in crowd.reader],
        vote=crowd.vote,
    )
    by_id = dict(zip(map(str, ballots.story_ids), estimator().fit(ballots).probability_, strict=True))
    plain = estimator().fit(crowd).probability_
    assert np.allclose([by_id[f"s{story}"] for story in range(80)], plain, rtol=0, atol=1e-9)

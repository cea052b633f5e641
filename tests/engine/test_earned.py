"""Earned weight: new accounts and riders nothing, the skilled something, and all can recheck their own."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from tests.engine.votes import Votes, evidence_of, shuffled, votes_of

from touchstone.engine import (
    Anchors,
    BadResolution,
    EarnedRules,
    EarnedWeights,
    MisshapenVotes,
    Resolutions,
    earn_weights,
    find_standing,
    published_before,
    weigh_record,
)
from touchstone.engine.chance import calibrate_lean, make_rising
from touchstone.engine.earned import without_doubt
from touchstone.engine.simulate.world import World, WorldRules, make_world

SMALL = WorldRules(readers=400, past=250, live=10, days=150.0)


def weights_of(world: World, votes: Votes | None = None, **changes: object) -> EarnedWeights:
    evidence = evidence_of(world)
    votes = votes or world
    settled = find_standing(votes).is_settled(votes.reader, votes.time_ms)
    return earn_weights(votes, evidence.resolved, evidence.resolved_ms, is_settled=settled, **changes)


def test_a_new_account_weighs_exactly_nothing() -> None:
    assert weigh_record([]) == 0
    assert weigh_record([(0.5, True)]) == 0
    assert weigh_record([(0.5, True)] * 5) == 0


def test_weight_of_a_hand_worked_record() -> None:
    # 40 votes at even chances, 34 right: z = 34 − 20 = 14, V = 40/4 = 10, precision 11, edge 1.2727, sd .3015,
    # κ = 1 + 3.5/6 = 1.5833, weight 1.2727 − 1.5833·.3015 = .7953, level ⌊15·.7953⌋ = 11
    assert weigh_record([(0.5, True)] * 34 + [(0.5, False)] * 6) == 11


def test_doubt_falls_as_history_grows() -> None:
    levels = [weigh_record([(0.5, True), (0.5, True), (0.5, True), (0.5, False)] * n) for n in (1, 4, 10, 40, 200)]
    assert levels == sorted(levels)
    assert levels[0] == 0 < levels[-1] <= 15


def test_order_of_a_record_is_irrelevant() -> None:
    votes = [(0.25, True), (0.875, False), (0.5, True), (0.75, True), (0.125, True)] * 8
    assert len({weigh_record(list(order)) for order in itertools.islice(itertools.permutations(votes), 50)}) == 1


def test_following_a_calibrated_figure_earns_nothing_and_beating_it_does() -> None:
    rng = np.random.default_rng(1)
    lead = rng.uniform(0.5, 0.95, (500, 100))
    riding = [weigh_record(zip(c, rng.random(100) < c, strict=True)) for c in lead]
    beating = [weigh_record(zip(c, rng.random(100) < 1 / (1 + (1 - c) / c * np.exp(-1.2)), strict=True)) for c in lead]
    assert np.mean(np.array(riding) > 0) < 0.1
    assert np.mean(riding) < 0.2
    assert np.mean(np.array(beating) > 0) > 0.9


def test_skill_is_found_and_guessing_is_not() -> None:
    world = make_world(np.random.default_rng(5), SMALL)
    level = weights_of(world).level
    proven = level > 0
    assert proven.sum() >= 20
    assert world.skill[proven].mean() > world.skill.mean() + 0.4


def test_any_reader_can_recheck_their_own_level() -> None:
    world = make_world(np.random.default_rng(6), SMALL)
    earned = weights_of(world)
    for reader in range(0, 400, 7):
        own = np.flatnonzero((world.reader == reader) & ~np.isnan(earned.chance))
        assert earned.level[reader] == weigh_record(zip(earned.chance[own], earned.is_right[own], strict=True))


def test_same_bits_in_any_order_of_rows() -> None:
    world = make_world(np.random.default_rng(7), SMALL)
    assert np.array_equal(weights_of(world).level, weights_of(world, shuffled(world, np.random.default_rng(0))).level)


def test_only_votes_before_the_resolution_are_graded() -> None:
    votes = votes_of((0, 0, 1, 10), (0, 1, 1, 20), (0, 2, 0, 30), (1, 0, 1, 5))
    earned = earn_weights(votes, Resolutions([0], [1]), np.array([20]), is_settled=np.ones(4, dtype=bool))
    assert np.isnan(earned.chance).tolist() == [False, True, True, True]
    assert earned.is_right.tolist() == [True, False, False, False]


def test_a_vote_is_graded_by_what_was_public_before_it() -> None:
    world = make_world(np.random.default_rng(8), SMALL)
    chance = weights_of(world).chance
    later = world.with_votes(world.story[-1:], np.array([0]), 1 - world.vote[-1:], np.array([world.now_ms]))
    first = np.flatnonzero((world.story == 3) & (world.time_ms == world.time_ms[world.story == 3].min()))[0]
    assert chance[first] == pytest.approx(weights_of(later).chance[first])
    opening = np.array([chance[np.flatnonzero(world.story == s)[0]] for s in range(250)])
    assert 0.3 < opening.min() <= opening.max() < 0.75, "before the first vote only the site's base rate is known"


def test_fresh_throwaways_cannot_talk_a_chance_down() -> None:
    world = make_world(np.random.default_rng(9), SMALL)
    before = weights_of(world).chance
    stories = np.repeat(np.arange(100, 200), 40)
    accounts = 400 + np.arange(len(stories))
    pumped = world.with_votes(stories, accounts, 1 - world.truth[stories], world.published_ms[stories] + 1000)
    after = weights_of(pumped).chance[pumped.reader < 400]
    is_right = (world.vote == world.truth[world.story]) & (world.story >= 100) & (world.story < 200)
    assert np.nanmean(after[is_right]) >= np.nanmean(before[is_right]) - 0.02


def test_published_probabilities_count_when_they_say_more() -> None:
    votes = votes_of(*((0, reader, 1, 10 + reader) for reader in range(4)))
    settled = np.ones(4, dtype=bool)
    shown = np.array([np.nan, 0.9, 0.9, 0.2])
    plain = earn_weights(votes, Resolutions([0], [1]), np.array([99]), is_settled=settled).chance
    known = earn_weights(votes, Resolutions([0], [1]), np.array([99]), is_settled=settled, published=shown).chance
    assert known[0] == plain[0]
    assert known[1] == pytest.approx(0.9, abs=0.001)
    assert known[3] == plain[3] > 0.2


def test_a_figure_of_the_same_millisecond_came_too_late() -> None:
    shown = published_before(
        np.array([0, 0, 0, 1]),
        np.array([5, 10, 11, 11]),
        np.array([0, 0, 1]),
        np.array([5, 10, 12]),
        np.array([0.25, 0.75, 0.5]),
    )
    assert np.array_equal(shown, [np.nan, 0.25, 0.75, np.nan], equal_nan=True)


def test_anchor_panel_fades_as_stories_are_resolved() -> None:
    world = make_world(np.random.default_rng(10), SMALL)
    panel = Anchors(reader=(0, 1), level=10)
    assert panel.level_after(0, 100) == 10
    assert panel.level_after(55, 100) == 4
    assert panel.level_after(250, 100) == 0
    without = weights_of(world)
    assert np.array_equal(weights_of(world, anchors=panel).level, without.level)
    slow = weights_of(world, anchors=panel, rules=EarnedRules(anchor_fades=1000)).level
    assert slow[0] >= 7
    assert slow[1] >= 7


def test_tables_of_calibration_rise_and_follow_the_outcomes() -> None:
    rng = np.random.default_rng(11)
    lean = rng.uniform(-6, 6, 20000)
    outcome = (rng.random(20000) < 1 / (1 + np.exp(-0.8 * lean))).astype(np.int64)
    calibration = calibrate_lean(lean, outcome, np.full(20000, 0.05))
    assert np.all(np.diff(calibration.probability) >= 0)
    for at, expected in ((-3.0, 0.083), (0.0, 0.5), (2.0, 0.832)):
        assert calibration.chances(np.array([at]))[0] == pytest.approx(expected, abs=0.05)


def test_pooling_neighbours_gives_the_nearest_rising_sequence() -> None:
    rising = make_rising(np.array([0.2, 0.6, 0.3, 0.9, 0.5]), np.array([1.0, 1.0, 2.0, 1.0, 3.0]))
    assert rising.tolist() == pytest.approx([0.2, 0.4, 0.4, 0.6, 0.6])


def test_bad_input_is_refused() -> None:
    votes = votes_of((0, 0, 1, 10))
    with pytest.raises(BadResolution, match="time of its resolution"):
        earn_weights(votes, Resolutions([0], [1]), np.empty(0), is_settled=np.ones(1, dtype=bool))
    with pytest.raises(MisshapenVotes, match="is_settled"):
        earn_weights(votes, Resolutions([], []), np.empty(0), is_settled=np.ones(3, dtype=bool))


def test_a_weakened_rule_pays_lucky_newcomers() -> None:
    """Positive control: without the doubt about short records, three lucky guesses are worth something."""
    assert weigh_record([(0.5, True)] * 3, without_doubt(EarnedRules())) > 0

"""Lockstep collapse: brigades become one voter per direction, honest readers stay themselves."""

from __future__ import annotations

import numpy as np
import pytest
from tests.engine.votes import Votes, shuffled, votes_of

from touchstone.engine import LockstepRules, find_lockstep, mark_counted
from touchstone.engine._kernels import lockstep_plain as plain
from touchstone.engine.lockstep import DELAY_EDGES, MINUTE, model_chance
from touchstone.engine.simulate.world import HOUR, World, WorldRules, make_world

SMALL = WorldRules(readers=300, past=60, live=20, votes=30.0, days=60.0)


def brigade(world: World, rng: np.random.Generator, *, accounts: int, stories: int, minutes: int = 8) -> World:
    """The world after `accounts` fresh accounts voted fake together on `stories` live stories."""
    targets = rng.choice(world.live, stories, replace=False)
    story = np.repeat(targets, accounts)
    start = world.published_ms[targets] + rng.integers(1, 40, stories) * HOUR
    return world.with_votes(
        story,
        np.tile(world.n_readers + np.arange(accounts), stories),
        np.zeros(len(story), dtype=np.int64),
        np.repeat(start, accounts) + rng.integers(0, minutes * MINUTE, len(story)),
    )


def plain_groups(ballots: World, rules: LockstepRules) -> list[int]:
    rows = list(zip(*(c.tolist() for c in (ballots.story, ballots.reader, ballots.vote, ballots.time_ms)), strict=True))
    first = np.full(ballots.n_stories, np.iinfo(np.int64).max)
    np.minimum.at(first, ballots.story, ballots.time_ms)
    bins = np.searchsorted(DELAY_EDGES * MINUTE, ballots.time_ms - first[ballots.story], side="right") - 1
    habits = np.zeros((ballots.n_readers, len(DELAY_EDGES)), dtype=np.int64)
    np.add.at(habits, (ballots.reader, bins), 1)
    chance = model_chance(
        np.array(plain.close_pairs_plain(rows, ballots.n_stories, rules.window_ms)),
        np.bincount(ballots.story, minlength=ballots.n_stories),
        habits,
        rules,
    )
    candidates = plain.candidates_plain(rows, rules.window_ms, rules.neighbours, rules.fewest_shared)
    return plain.groups_plain(candidates, plain.linker(rows, chance), ballots.n_readers, rules.density, rules.probes)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("rules", [LockstepRules(), LockstepRules(alpha=1e9, neighbours=6, probes=3)])
def test_compiled_and_plain_kernels_find_the_same_groups(seed: int, rules: LockstepRules) -> None:
    rng = np.random.default_rng(seed)
    world = brigade(make_world(rng, SMALL), rng, accounts=25, stories=6)
    found = find_lockstep(world, rules)
    assert found.tolist() == plain_groups(world, rules)
    assert len(np.unique(found)) > 1


def test_a_brigade_is_one_group_and_no_honest_reader_is_in_it() -> None:
    rng = np.random.default_rng(7)
    world = brigade(make_world(rng, SMALL), rng, accounts=100, stories=6)
    group = find_lockstep(world)
    assert set(group[300:]) == {300}
    assert set(group[:300]) == {-1}


def test_a_brigade_of_four_hundred_on_few_stories_does_not_hide_in_its_own_crowd() -> None:
    rng = np.random.default_rng(8)
    world = brigade(make_world(rng, SMALL), rng, accounts=400, stories=5)
    group = find_lockstep(world)
    assert np.mean(group[300:] == 300) > 0.99
    assert set(group[:300]) == {-1}


@pytest.mark.parametrize("prompt_share", [0.06, 0.4])
def test_honest_readers_woken_by_the_same_notification_are_left_alone(prompt_share: float) -> None:
    collapsed = 0
    for seed in range(5):
        world = make_world(np.random.default_rng(seed), WorldRules(prompt_share=prompt_share))
        collapsed += int(np.count_nonzero(find_lockstep(world) >= 0))
    assert collapsed <= 0.001 * 5 * 900


def test_two_meetings_are_never_enough() -> None:
    world = make_world(np.random.default_rng(2), SMALL)
    story, reader = np.repeat([70, 71], 50), np.tile(world.n_readers + np.arange(50), 2)
    time_ms = np.repeat(world.published_ms[[70, 71]] + 5 * HOUR, 50)
    assert np.all(find_lockstep(world.with_votes(story, reader, np.zeros(100, dtype=np.int64), time_ms)) < 0)


def test_the_order_of_the_rows_is_irrelevant() -> None:
    rng = np.random.default_rng(3)
    world = brigade(make_world(rng, SMALL), rng, accounts=30, stories=5)
    assert np.array_equal(find_lockstep(world), find_lockstep(shuffled(world, rng)))


def test_votes_are_not_changed_and_no_votes_give_no_groups() -> None:
    world = make_world(np.random.default_rng(4), SMALL)
    before = [column.copy() for column in (world.story, world.reader, world.vote, world.time_ms)]
    find_lockstep(world)
    assert all(
        np.array_equal(old, new)
        for old, new in zip(before, (world.story, world.reader, world.vote, world.time_ms), strict=True)
    )
    none = np.empty(0, dtype=np.int64)
    assert find_lockstep(Votes(none, none, none, none, 3, 4)).tolist() == [-1, -1, -1, -1]


def test_a_group_counts_once_per_direction_by_its_earliest_vote() -> None:
    votes = votes_of((0, 0, 1, 50), (0, 1, 1, 20), (0, 2, 0, 30), (0, 3, 1, 10), (1, 1, 1, 99), (0, 4, 1, 20))
    group = np.array([0, 0, 0, -1, 0])
    assert mark_counted(votes, group).tolist() == [False, True, True, True, True, False]


def test_a_weakened_rule_lets_the_brigade_through() -> None:
    """Positive control: the same brigade with the window cut to nothing is not seen."""
    rng = np.random.default_rng(7)
    world = brigade(make_world(rng, SMALL), rng, accounts=100, stories=6)
    assert np.all(find_lockstep(world, LockstepRules(window_ms=0)) < 0)

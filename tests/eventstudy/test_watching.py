"""What is worth a look around an event, and how seldom noise is taken for it by somebody who never stops looking."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.eventstudy.makers import STEP_S, series_of

from touchstone.eventstudy import Design, Study, WatchRule, chance_if_watched, move_in, run_study

BEFORE = 600
NOISE = 0.001


def watched(moves: dict[int, float], *, after: int = 30, seed: int = 5, loud_after: float = 1.0) -> Study:
    """A study of noise with moves planted at steps counted from the event; 60 steps before it are its drift."""
    returns = np.random.default_rng(seed).normal(0, NOISE, BEFORE + after)
    returns[BEFORE:] *= loud_after
    for place, size in moves.items():
        returns[BEFORE + place] += math.log1p(size)
    series = series_of(100 * np.exp(np.concatenate([[0.0], np.cumsum(returns)])))
    return run_study(series, at_s=BEFORE * STEP_S, design=Design(drift_steps=60, excuse_stir=False))


def test_a_jump_after_the_event_is_a_move_within_a_minute() -> None:
    found = move_in(watched({0: 0.06}, after=1))
    assert found is not None
    assert not found.came_before
    assert found.low < 0.06 < found.high
    assert found.chance < 0.001
    assert (found.start_s, found.end_s) == (BEFORE * STEP_S, (BEFORE + 1) * STEP_S)


def test_a_climb_over_minutes_is_a_move_although_it_makes_the_market_loud() -> None:
    climb = dict.fromkeys(range(8), 0.01)
    found = move_in(watched(climb, after=8))
    assert found is not None
    assert found.abnormal == pytest.approx(0.083, abs=0.01)


def test_a_fall_in_the_hour_before_the_event_is_a_move() -> None:
    found = move_in(watched({-20: -0.05}))
    assert found is not None
    assert found.came_before
    assert found.abnormal < -0.03


def test_what_came_after_is_told_first() -> None:
    found = move_in(watched({-20: 0.05, 2: 0.05}))
    assert found is not None
    assert not found.came_before


def test_small_moves_and_noise_are_none() -> None:
    assert move_in(watched({})) is None
    assert move_in(watched({0: 0.02})) is None
    assert move_in(watched({0: 0.02}), WatchRule(least_move=0.01)) is not None


def test_a_large_move_that_noise_explains_is_none() -> None:
    loud = watched({0: 0.0}, loud_after=1.0)
    assert move_in(loud, WatchRule(least_move=0.0)) is None


def test_chances_of_hand_worked_looks() -> None:
    # z = 4 after 275 s: weight ½, so exp(−4) / √½
    two_sided = math.erfc(4 / math.sqrt(2))
    assert chance_if_watched(two_sided, 275.0) == pytest.approx(math.exp(-4) * math.sqrt(2))
    assert chance_if_watched(0.0, 60.0) == 0.0
    assert chance_if_watched(1.0, 60.0) == 1.0
    assert chance_if_watched(0.2, 3600.0) == 1.0


@pytest.mark.parametrize("noise", ["normal", "fat tails"])
def test_looking_every_minute_of_a_day_seldom_takes_noise_for_a_move(noise: str) -> None:
    rng = np.random.default_rng(3)
    draws, minutes = 1500, 1440
    steps = rng.normal(size=(draws, minutes)) if noise == "normal" else rng.standard_t(4, (draws, minutes)) / 2**0.5
    elapsed = np.arange(1, minutes + 1)
    scores = np.abs(np.cumsum(steps, axis=1)) / np.sqrt(elapsed)
    called = 0
    for row in scores:
        worst = {place: row[place] for place in np.argsort(row)[-40:].tolist()}
        chances = [
            chance_if_watched(math.erfc(score / math.sqrt(2)), 60.0 * (place + 1)) for place, score in worst.items()
        ]
        called += min(chances) <= 0.05
    assert called / draws <= (0.05 if noise == "normal" else 0.08)
    naive = (scores > 1.96).any(axis=1).mean()
    assert naive > 0.4

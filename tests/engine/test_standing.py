"""Settled readers and newcomers: who counts as which, from when on, and what a day's quota leaves out."""

from __future__ import annotations

import numpy as np
import pytest
from tests.engine.votes import votes_of

from touchstone.engine import Standing, StandingRules, find_standing, mark_over_quota
from touchstone.engine.standing import DAY_MS, NEVER

RULES = StandingRules(settled_votes=2, settled_days=7.0, founders=1)


def settled_from(*times: int) -> int:
    """From when on a reader with votes at these times is settled."""
    votes = votes_of(*((story, 0, 1, time) for story, time in enumerate(times)))
    return int(find_standing(votes, RULES).settled_from_ms[0])


def test_settled_needs_earlier_votes_and_days() -> None:
    assert settled_from(0) == NEVER
    assert settled_from(0, 5) == 7 * DAY_MS
    assert settled_from(0, 9 * DAY_MS) == 9 * DAY_MS + 1


def test_order_of_rows_is_irrelevant() -> None:
    assert settled_from(0, 9 * DAY_MS, 20) == settled_from(20, 0, 9 * DAY_MS)


def test_votes_on_a_young_site_are_settled_ones() -> None:
    standing = Standing(np.array([500, NEVER]), mature_ms=100)
    settled = standing.is_settled(np.array([0, 0, 1, 1, -1, 7]), np.array([99, 100, 99, 600, 99, 600]))
    assert settled.tolist() == [True, False, True, False, True, False]
    assert standing.is_settled(np.array([0]), np.array([500])).all()


def test_a_site_is_young_until_enough_readers_are_settled() -> None:
    votes = votes_of(*((story, reader, 1, reader) for story in range(2) for reader in range(3)))
    assert find_standing(votes, StandingRules(settled_votes=2, founders=3)).mature_ms == 7 * DAY_MS + 2
    assert find_standing(votes, StandingRules(settled_votes=2, founders=4)).mature_ms == NEVER


@pytest.mark.parametrize(("most", "over"), [(1, [False, True, True, False]), (2, [False, False, True, False])])
def test_a_daily_quota_keeps_the_first_votes_of_each_day(most: int, over: list[bool]) -> None:
    votes = votes_of((0, 0, 1, 5), (1, 0, 1, 6), (2, 0, 0, 7), (3, 0, 1, DAY_MS))
    assert mark_over_quota(votes, StandingRules(daily_votes=most)).tolist() == over

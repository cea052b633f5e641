"""Tells settled readers from newcomers, so that fresh accounts can never carry a label."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchstone.engine._kernels import ordering
from touchstone.engine._kernels import standing as kernels
from touchstone.engine.lockstep import TimedVotes

Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]

DAY_MS = 86_400_000
NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class StandingRules:
    """When a reader's vote counts as a settled one.

    settled_votes : earlier stories that the reader must have voted on
    settled_days  : days since the reader's first vote
    founders      : as long as fewer readers than this are settled, everyone is (the site is young)
    daily_votes   : votes of one reader within one day (UTC) that count; later ones of that day do not
    """

    settled_votes: int = 3
    settled_days: float = 7.0
    founders: int = 50
    daily_votes: int = 100


@dataclass(frozen=True, slots=True)
class Standing:
    """From when on each reader is settled.

    settled_from_ms : int64, shape (n_readers,), the first moment at which the reader's vote is a settled one
    mature_ms       : the moment at which the site ceased to be young; votes before it count as settled ones
    """

    settled_from_ms: Integers
    mature_ms: int

    def is_settled(self, reader: npt.NDArray[np.integer], time_ms: npt.NDArray[np.integer]) -> Booleans:
        """Whether votes of these readers (−1 = unknown) at these times are settled ones: bool, shape (n_votes,)."""
        numbers = np.asarray(reader, dtype=np.int64)
        known = (numbers >= 0) & (numbers < len(self.settled_from_ms))
        since = np.full(len(numbers), NEVER)
        since[known] = self.settled_from_ms[numbers[known]]
        times = np.asarray(time_ms, dtype=np.int64)
        return (times >= since) | (times < self.mature_ms)


def find_standing(ballots: TimedVotes, rules: StandingRules | None = None) -> Standing:
    """From when on each reader of these ballots is settled. Source: docs/explanation/two-keys.md."""
    rules = rules or StandingRules()
    by_reader = _by_reader_and_time(ballots)
    settled_from = kernels.settled_from(
        *by_reader, _int64(ballots.time_ms), rules.settled_votes, int(rules.settled_days * DAY_MS), NEVER
    )
    if rules.founders > len(settled_from):
        return Standing(settled_from, NEVER)
    nth = rules.founders - 1
    mature_ms = int(np.partition(settled_from, nth)[nth]) if rules.founders > 0 else -NEVER
    return Standing(settled_from, mature_ms)


def mark_over_quota(ballots: TimedVotes, rules: StandingRules | None = None) -> Booleans:
    """Which votes came after their reader had used up the day's quota: bool, shape (n_votes,)."""
    rules = rules or StandingRules()
    return kernels.over_quota(*_by_reader_and_time(ballots), _int64(ballots.time_ms), rules.daily_votes, DAY_MS)


def _by_reader_and_time(ballots: TimedVotes) -> tuple[Integers, Integers]:
    """Each reader's votes by time, the smaller story first among equal times: starts and places."""
    story = _int64(ballots.story)
    _, by_story = ordering.count_sorted(story, np.arange(len(story)), ballots.n_stories)
    starts, by_reader = ordering.count_sorted(_int64(ballots.reader), by_story, ballots.n_readers)
    ordering.sort_buckets_by_time(starts, by_reader, _int64(ballots.time_ms))
    return starts, by_reader


def _int64(column: npt.NDArray[np.integer]) -> Integers:
    return np.ascontiguousarray(column, dtype=np.int64)

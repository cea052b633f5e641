"""Finds accounts that vote in lockstep, so that together they count as one voter per direction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from touchstone.engine._kernels import lockstep as kernels
from touchstone.engine._kernels import ordering
from touchstone.engine._kernels.lockstep import ChanceModel, VoteIndex
from touchstone.engine._kernels.special import log
from touchstone.engine.estimator import VoteColumns

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]

MOST_SHARED = 1024  # co-votes beyond that are judged as that many
LEAST_RATE = 0.001  # chance, at least, that two votes for the same side of a story fall into one window
MINUTE = 60_000
DELAY_EDGES = np.array(
    [0, 10, 20, 30, 45, 60, 90, 120, 180, 240, 360, 480, 720, 1080, 1440, 2160, 2880, 4320, 43200], dtype=np.int64
)  # minutes from a story's first vote: habits of timing are told apart at this grain
HABIT_PRIOR = 5.0  # votes' worth of the site's habit in each reader's


class TimedVotes(VoteColumns, Protocol):
    """What the rules against manipulation read of ballots: the votes, each reader at most once per story, with times.

    time_ms : int64, shape (n_votes,), milliseconds since any fixed moment
    """

    @property
    def time_ms(self) -> npt.NDArray[np.integer]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class LockstepRules:
    """When accounts count as coordinated.

    window_ms      votes for the same side of a story at most this far apart are a co-vote
    neighbours     how many later votes of its story and side each vote is compared with to find candidates
    fewest_shared  co-votes below which nobody is linked
    alpha          expected number of pairs linked by chance over the whole site, at most
    density        share of its group that a member must be linked with
    probes         members that this share is tried on
    """

    window_ms: int = 10 * MINUTE
    neighbours: int = 24
    fewest_shared: int = 3
    alpha: float = 0.01
    density: float = 0.5
    probes: int = 48


def find_lockstep(ballots: TimedVotes, rules: LockstepRules | None = None) -> Integers:
    """The coordinated group of each reader: int64, shape (n_readers,), the smallest reader of the group; −1 = none.

    Near-linear in the number of votes, and independent of their order. Source: docs/explanation/lockstep.md.
    """
    rules = rules or LockstepRules()
    group = np.full(ballots.n_readers, -1, dtype=np.int64)
    story, reader, vote, time_ms = (
        np.ascontiguousarray(column, dtype=np.int64)
        for column in (ballots.story, ballots.reader, ballots.vote, ballots.time_ms)
    )
    if len(story) == 0:
        return group
    story_starts, by_story = ordering.count_sorted(story, np.arange(len(story)), ballots.n_stories)
    starts, by_reader = ordering.count_sorted(reader, by_story, ballots.n_readers)
    buckets, by_bucket = ordering.count_sorted(2 * story + vote, by_reader, 2 * ballots.n_stories)
    ordering.sort_buckets_by_time(buckets, by_bucket, time_ms)
    is_busy = np.diff(starts) >= rules.fewest_shared
    candidates, most_shared = _find_candidates(buckets, by_bucket, reader, time_ms, is_busy, rules)
    if len(candidates):
        close_pairs = kernels.count_close_pairs(buckets, by_bucket, time_ms, rules.window_ms)
        votes = VoteIndex(starts, by_reader, story, vote, time_ms)
        delays = kernels.delays_by_bin(story_starts, by_story, time_ms, DELAY_EDGES * MINUTE)
        habits = kernels.count_habits(votes, delays, len(DELAY_EDGES))
        chance = model_chance(close_pairs.reshape(-1, 2).sum(axis=1), np.diff(story_starts), habits, rules)
        links = kernels.find_links(candidates, most_shared, votes, chance)
        _write_groups(group, links, votes, chance, rules)
    return group


def _find_candidates(
    buckets: Integers, by_bucket: Integers, reader: Integers, time_ms: Integers, is_busy: Booleans, rules: LockstepRules
) -> tuple[Integers, Integers]:
    """Pairs met as neighbours in time at least twice, ascending, as low · 2³² + high; and their co-votes at most."""
    busy_place = is_busy[reader[by_bucket]]
    order = by_bucket[busy_place]
    starts = np.concatenate([[0], np.cumsum(busy_place)])[buckets]
    reach, is_cut = kernels.reach_of_votes(starts, order, time_ms, rules.window_ms, rules.neighbours)
    met = int(np.sum(reach - np.arange(1, len(order) + 1)))
    seen = np.zeros(1 << min(26, max(12, (4 * met).bit_length())), dtype=np.uint8)
    kernels.count_meetings(reach, reader[order], seen)
    keys = np.empty(met, dtype=np.int64)
    kept = kernels.gather_pairs(reach, reader[order], seen, keys)
    pairs, times = np.unique(keys[:kept], return_counts=True)
    is_candidate = times >= 2
    pairs = np.ascontiguousarray(pairs[is_candidate])
    unseen = np.bincount(reader[order][is_cut], minlength=len(is_busy))
    return pairs, times[is_candidate] + unseen[pairs >> 32] + unseen[pairs & 0xFFFFFFFF]


def model_chance(
    close_pairs: Integers, votes_of_story: Integers, habits: Integers, rules: LockstepRules
) -> ChanceModel:
    """The chance model of a site.

    close_pairs    : int64, shape (n_stories,), pairs of votes for the same side within the window
    votes_of_story : int64, shape (n_stories,)
    habits         : int64, shape (n_readers, n_bins), each reader's votes by their delay
    """
    votes = votes_of_story.astype(np.float64)
    pairs = votes * (votes - 1.0) / 2.0
    rate = np.divide(close_pairs, pairs, out=np.zeros(len(votes)), where=pairs > 0)
    usual = max(LEAST_RATE, float(np.median(rate[pairs > 0])) if np.any(pairs > 0) else 0.0)
    squares = votes * votes
    habit, near = _habits(habits, rules.window_ms)
    return ChanceModel(
        pair_scale=1.0 / (float(votes.sum()) * float(votes.sum())),
        total=float(np.cumsum(squares * np.maximum(rate, LEAST_RATE))[-1]),
        meetings=float(squares.sum()),
        excess=squares * np.maximum(rate - usual, 0.0),
        habit=habit,
        near=near,
        most_chance=_most_chance(int(np.count_nonzero(habits.sum(axis=1))), rules),
        window_ms=rules.window_ms,
    )


def _habits(counts: Integers, window_ms: int) -> tuple[Floats, Floats]:
    """Each reader's spread over the bins of delay, and how likely a vote in each bin is near one of theirs."""
    site = counts.sum(axis=0) / float(counts.sum())
    own = counts.sum(axis=1, keepdims=True)
    habit = (counts + HABIT_PRIOR * site) / (own + HABIT_PRIOR)
    width = np.append(np.diff(DELAY_EDGES), DELAY_EDGES[-1]) * float(MINUTE)
    reach = np.minimum(window_ms / width, 1.0)
    near = habit * (2.0 * reach - reach * reach)
    across = 0.5 * window_ms * reach[:-1] / width[1:]
    near[:, :-1] += habit[:, 1:] * across
    near[:, 1:] += habit[:, :-1] * across
    return habit, near


def _most_chance(n_readers: int, rules: LockstepRules) -> Floats:
    """For each count x, the largest λ with x·ln(x/λ) − x + λ > ln(N²/2α); 0 below the fewest that count."""
    needed = log(float(n_readers) * float(n_readers) / (2.0 * rules.alpha))
    table = np.zeros(MOST_SHARED + 1)
    kernels.fill_chance_limits(rules.fewest_shared, needed, table)
    return table


def _write_groups(
    group: Integers, links: Integers, votes: VoteIndex, chance: ChanceModel, rules: LockstepRules
) -> None:
    """Split the linked readers into dense groups."""
    if len(links) == 0:
        return
    component = kernels.join_linked(links, len(group))
    degree = np.bincount(np.concatenate([links >> 32, links & 0xFFFFFFFF]), minlength=len(group))
    linked = np.flatnonzero(degree)
    by_component = linked[np.argsort(component[linked], kind="stable")]
    cuts = np.flatnonzero(np.diff(component[by_component])) + 1
    for members in np.split(by_component, cuts):
        kernels.split_component(members.copy(), degree, group, votes, chance, rules.density, rules.probes)


def mark_counted(ballots: TimedVotes, group: Integers) -> Booleans:
    """Which votes speak for themselves or for their group: bool, shape (n_votes,).

    Of each group's votes for the same side of a story only the earliest counts (the smaller reader among equal times).
    """
    reader = np.asarray(ballots.reader)
    grouped = np.flatnonzero(group[reader] >= 0)
    counted = np.ones(len(reader), dtype=np.bool_)
    columns = [np.asarray(ballots.story), group[reader], np.asarray(ballots.vote), np.asarray(ballots.time_ms), reader]
    order = grouped[np.lexsort([column[grouped] for column in reversed(columns)])]
    same = np.ones(max(len(order) - 1, 0), dtype=np.bool_)
    for column in columns[:3]:
        same &= column[order][1:] == column[order][:-1]
    counted[order[1:][same]] = False
    return counted

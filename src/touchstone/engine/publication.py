"""The two keys: from votes, standing, lockstep groups and earned weight to everything that is published of a story."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from touchstone.engine._kernels import ordering
from touchstone.engine._kernels import publication as kernels
from touchstone.engine._kernels.verdict import NEWCOMERS
from touchstone.engine.earned import Anchors, EarnedWeights, earn_weights
from touchstone.engine.errors import MisshapenVotes
from touchstone.engine.estimator import Resolutions, check_votes
from touchstone.engine.lockstep import TimedVotes, find_lockstep, mark_counted
from touchstone.engine.rules import PublicationRules
from touchstone.engine.standing import NEVER, Standing, find_standing, mark_over_quota
from touchstone.engine.table import TrustTable

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the publisher knows beyond the votes; all of it may be absent.

    resolved, resolved_ms : stories whose truth is known, and since when: int64, shape (n_resolved,)
    published             : float64, shape (n_votes,), probability of *real* published just before each vote; NaN = none
    probability           : float64, shape (n_stories,), calibrated probability that the story is real; NaN = none
    has_both_sides        : bool, shape (n_stories,), whether both sides of the viewpoint axis support the label
    held                  : int64, shape (n_stories,), side of the label last published: 1 real, −1 fake, 0 none;
                            left out, it is worked out from the votes in order of time
    anchors               : the panel that holds the earned key at the start
    """

    resolved: Resolutions | None = None
    resolved_ms: Integers | None = None
    published: Floats | None = None
    probability: Floats | None = None
    has_both_sides: Booleans | None = None
    held: Integers | None = None
    anchors: Anchors | None = None


@dataclass(frozen=True, slots=True)
class Readers:
    """What a full fit found out about the readers; enough to score one story anew after each vote.

    level    : int64, shape (n_readers,), earned weight level, 0 to 15
    group    : int64, shape (n_readers,), lockstep group, −1 = none
    standing : from when on each is settled
    """

    level: Integers
    group: Integers
    standing: Standing


@dataclass(frozen=True, slots=True)
class Publication:
    """A full fit: the table, what it found out about the readers, and the record behind their weights."""

    table: TrustTable
    readers: Readers
    earned: EarnedWeights


def publish(
    ballots: TimedVotes, evidence: Evidence | None = None, rules: PublicationRules | None = None
) -> Publication:
    """Everything that is published of every story. Raises MisshapenVotes, BadResolution.

    Ballots whose `has_times` is False are scored by the open key alone. Source: docs/explanation/two-keys.md.
    """
    evidence, rules = evidence or Evidence(), rules or PublicationRules()
    check_votes(ballots)
    if np.asarray(ballots.time_ms).shape != np.asarray(ballots.story).shape:
        raise MisshapenVotes("time_ms must have a time for every vote")
    if not getattr(ballots, "has_times", True):
        return _publish_timeless(ballots, evidence, rules)
    standing = find_standing(ballots, rules.standing)
    earned = earn_weights(
        ballots,
        evidence.resolved or Resolutions([], []),
        np.empty(0, dtype=np.int64) if evidence.resolved_ms is None else evidence.resolved_ms,
        is_settled=standing.is_settled(ballots.reader, ballots.time_ms),
        published=evidence.published,
        anchors=evidence.anchors,
        rules=rules.earned,
    )
    readers = Readers(earned.level, find_lockstep(ballots, rules.lockstep), standing)
    is_over = mark_over_quota(ballots, rules.standing)
    return Publication(assemble(ballots, readers, is_over, evidence, rules), readers, earned)


def _publish_timeless(ballots: TimedVotes, evidence: Evidence, rules: PublicationRules) -> Publication:
    """Votes without times: nobody can be seen in lockstep, be new or have a record, so the open key decides alone."""
    nothing = np.zeros(ballots.n_readers, dtype=np.int64)
    is_over = np.zeros(len(ballots.story), dtype=np.bool_)
    readers = Readers(nothing, nothing - 1, Standing(nothing, NEVER))
    earned = EarnedWeights(nothing, np.full(len(is_over), np.nan), is_over)
    return Publication(assemble(ballots, readers, is_over, evidence, rules), readers, earned)


def assemble(
    ballots: TimedVotes, readers: Readers, is_over: Booleans, evidence: Evidence, rules: PublicationRules
) -> TrustTable:
    """The table from votes and what is known of their readers.

    is_over : bool, shape (n_votes,), votes beyond their reader's daily quota, which do not count
    """
    story, reader, vote, time_ms = (
        np.ascontiguousarray(column, dtype=np.int64)
        for column in (ballots.story, ballots.reader, ballots.vote, ballots.time_ms)
    )
    place, is_lockstep = find_places(ballots, readers, is_over)
    counts = kernels.count_places(story, vote, place, ballots.n_stories)
    held, ever = evidence.held, np.full(ballots.n_stories, -1)
    if held is None:
        _, by_reader = ordering.count_sorted(reader, np.arange(len(reader)), ballots.n_readers)
        starts, by_story = ordering.count_sorted(story, by_reader, ballots.n_stories)
        ordering.sort_buckets_by_time(starts, by_story, time_ms)
        sides = kernels.walk_stories(starts, by_story, vote, place, time_ms, rules.of_verdict)
        held, ever = sides[:, 0].copy(), sides[:, 1].copy()
    table = _fill(ballots, counts, held, ever, evidence, rules)
    return replace(
        table,
        lockstep=np.bincount(story[is_lockstep & ~is_over], minlength=ballots.n_stories),
        over_quota=np.bincount(story[is_over], minlength=ballots.n_stories),
    )


def find_places(ballots: TimedVotes, readers: Readers, is_over: Booleans) -> tuple[Integers, Booleans]:
    """Where each vote counts: int64, 0 to 15 settled by level, 16 newcomer, −1 not at all; and which are collapsed.

    A lockstep group has one vote per story and side, the earliest, at its members' highest level there.
    """
    reader = np.asarray(ballots.reader, dtype=np.int64)
    known = (reader >= 0) & (reader < len(readers.level))
    level = np.where(known, readers.level[np.where(known, reader, 0)], 0) if len(readers.level) else 0 * reader
    is_settled = readers.standing.is_settled(reader, ballots.time_ms)
    rank = np.where(is_settled | (level > 0), level, -1)
    rank[is_over] = -2
    is_counted = mark_counted(ballots, readers.group)
    _share_highest(ballots, readers.group, rank)
    place = np.where(rank >= 0, rank, NEWCOMERS)
    place[(rank == -2) | ~is_counted] = -1
    return place, ~is_counted


def _share_highest(ballots: TimedVotes, group: Integers, rank: Integers) -> None:
    """Give every vote of a group for one side of a story the highest rank among them, in place."""
    reader = np.asarray(ballots.reader, dtype=np.int64)
    grouped = np.flatnonzero((reader >= 0) & (reader < len(group)))
    grouped = grouped[group[reader[grouped]] >= 0]
    if len(grouped) == 0:
        return
    side = np.asarray(ballots.story, dtype=np.int64)[grouped] * 2 + np.asarray(ballots.vote)[grouped]
    _, key = np.unique(np.stack([group[reader[grouped]], side]), axis=1, return_inverse=True)
    highest = np.full(int(key.max()) + 1, -2, dtype=np.int64)
    np.maximum.at(highest, key.ravel(), rank[grouped])
    rank[grouped] = highest[key.ravel()]


def _fill(
    ballots: TimedVotes, counts: Integers, held: Integers, ever: Integers, evidence: Evidence, rules: PublicationRules
) -> TrustTable:
    figures = np.zeros((len(counts), kernels.FLOAT_FIELDS))
    marks = np.zeros((len(counts), kernels.INTEGER_FIELDS), dtype=np.int64)
    kernels.judge_stories(counts, held, rules.of_verdict, figures, marks)
    raw = np.bincount(2 * np.asarray(ballots.story, dtype=np.int64) + ballots.vote, minlength=2 * len(counts))
    newcomers = counts[:, :, NEWCOMERS].sum(axis=1)
    heard = np.minimum(newcomers, rules.newcomers_per_settled * counts[:, :, :NEWCOMERS].sum(axis=(1, 2)))
    none = np.zeros(len(counts), dtype=np.int64)
    table = TrustTable(
        real=raw[1::2],
        fake=raw[::2],
        lockstep=none,
        unproven=newcomers - heard.astype(np.int64),
        over_quota=none,
        index=figures[:, 0],
        low=figures[:, 1],
        high=figures[:, 2],
        probability=np.full(len(counts), np.nan) if evidence.probability is None else evidence.probability,
        effective=figures[:, 3],
        independent=figures[:, 4],
        earned_effective=figures[:, 5],
        label=marks[:, 0],
        review=marks[:, 1],
        attack_price=marks[:, 2],
        may_be_high=figures[:, 5] >= rules.earned_quorum,
        held=held,
        ever=ever,
    )
    if evidence.has_both_sides is None:
        return replace(table, may_be_high=np.zeros(len(counts), dtype=np.bool_), held=_held_after(table))
    return replace(table, may_be_high=table.may_be_high & evidence.has_both_sides, held=_held_after(table))


def _held_after(table: TrustTable) -> Integers:
    """The side to hold from now on: that of the label if it takes one, else the one held before."""
    return np.where(table.side != 0, table.side, table.held)


def score_story(
    readers: Readers,
    reader: npt.NDArray[np.integer],
    vote: npt.NDArray[np.integer],
    time_ms: npt.NDArray[np.integer],
    *,
    held: int = 0,
    evidence: Evidence | None = None,
    rules: PublicationRules | None = None,
) -> TrustTable:
    """One story's row anew after a vote, from all its votes: a table of length 1.

    reader : numbers that the last full fit gave its readers; −1 for one that it did not know, who is a newcomer
    held   : the side of the label last published, from the story's previous row
    Costs time in proportion to the story's votes; what is known of the readers stays as the last full fit left it.
    """
    votes = _OneStory(np.asarray(reader, np.int64), np.asarray(vote, np.int64), np.asarray(time_ms, np.int64))
    known = replace(evidence or Evidence(), held=np.array([held], dtype=np.int64))
    return assemble(votes, readers, np.zeros(len(votes.reader), dtype=np.bool_), known, rules or PublicationRules())


@dataclass(frozen=True, slots=True)
class _OneStory:
    reader: Integers
    vote: Integers
    time_ms: Integers
    n_stories: int = 1

    @property
    def story(self) -> Integers:
        """The only story's number, for each vote."""
        return np.zeros(len(self.reader), dtype=np.int64)

    @property
    def n_readers(self) -> int:
        """One more than the largest number."""
        return int(self.reader.max(initial=-1)) + 1

"""The two keys: from votes, standing, lockstep groups and earned weight to everything that is published of a story."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from touchstone.engine._kernels import ordering
from touchstone.engine._kernels import publication as kernels
from touchstone.engine._kernels.verdict_rules import NEWCOMERS, UNWITNESSED, VerdictRules
from touchstone.engine.basis import LOCKSTEP, OVER_QUOTA
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
    held                  : int64, shape (n_stories,), `held` of the table last published: 1 real, −1 fake, 0 none; left
                            out, it is worked out from the votes in order of time, which knows of no vote that changed
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

    level     : int64, shape (n_readers,), earned weight level, 0 to 15
    group     : int64, shape (n_readers,), lockstep group, −1 = none
    standing  : from when on each is settled
    has_crowd : whether enough readers are proven for every label to need some of them
    """

    level: Integers
    group: Integers
    standing: Standing
    has_crowd: bool = False


@dataclass(frozen=True, slots=True)
class Publication:
    """A full fit: the table, what it found out about the readers, and the record behind their weights.

    place : int64, shape (n_votes,), where each vote counts, as in `Basis`: 0 to 15 settled by level, 16 newcomer,
            −1 collapsed in lockstep, −2 over quota
    """

    table: TrustTable
    place: Integers
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
    group = find_lockstep(ballots, rules.lockstep)
    readers = Readers(earned.level, group, standing, _has_crowd(ballots, earned.level, rules))
    place = find_places(ballots, readers, mark_over_quota(ballots, rules.standing))
    return Publication(assemble(ballots, readers, place, evidence, rules), place, readers, earned)


def _has_crowd(ballots: TimedVotes, level: Integers, rules: PublicationRules) -> bool:
    """Whether the median of the stories with enough votes for a label has enough proven voters."""
    voters = np.bincount(ballots.story, minlength=ballots.n_stories)
    proven = np.bincount(ballots.story, weights=level[ballots.reader] > 0, minlength=ballots.n_stories)
    labelled = proven[voters >= rules.fewest_voters]
    return bool(len(labelled) and np.median(labelled) >= rules.witness_crowd)


def _publish_timeless(ballots: TimedVotes, evidence: Evidence, rules: PublicationRules) -> Publication:
    """Votes without times: nobody can be seen in lockstep, be new or have a record, so the open key decides alone."""
    nothing = np.zeros(ballots.n_readers, dtype=np.int64)
    place = np.zeros(len(ballots.story), dtype=np.int64)
    readers = Readers(nothing, nothing - 1, Standing(nothing, NEVER))
    earned = EarnedWeights(nothing, np.full(len(place), np.nan), np.zeros(len(place), dtype=np.bool_))
    return Publication(assemble(ballots, readers, place, evidence, rules), place, readers, earned)


def assemble(
    ballots: TimedVotes, readers: Readers, place: Integers, evidence: Evidence, rules: PublicationRules
) -> TrustTable:
    """The table from votes, where each of them counts (`find_places`) and what is known of their readers."""
    story, reader, vote, time_ms = (
        np.ascontiguousarray(column, dtype=np.int64)
        for column in (ballots.story, ballots.reader, ballots.vote, ballots.time_ms)
    )
    counts = kernels.count_places(story, vote, place, ballots.n_stories)
    held = np.zeros(ballots.n_stories, dtype=np.int64) if evidence.held is None else evidence.held
    _, by_reader = ordering.count_sorted(reader, np.arange(len(reader)), ballots.n_readers)
    starts, by_story = ordering.count_sorted(story, by_reader, ballots.n_stories)
    ordering.sort_buckets_by_time(starts, by_story, time_ms)
    sides = kernels.walk_stories(starts, by_story, vote, place, time_ms, held, _verdict_rules(readers, rules))
    table = _fill(ballots, counts, sides, readers, evidence, rules)
    return replace(
        table,
        lockstep=np.bincount(story[place == LOCKSTEP], minlength=ballots.n_stories),
        over_quota=np.bincount(story[place == OVER_QUOTA], minlength=ballots.n_stories),
    )


def find_places(ballots: TimedVotes, readers: Readers, is_over: Booleans | None = None) -> Integers:
    """Where each vote counts: int64, shape (n_votes,), as in `Publication`.

    is_over : bool, shape (n_votes,), votes beyond their reader's daily quota, which do not count; left out, none
    A lockstep group has one vote per story and side, the earliest, at its members' highest level there.
    """
    reader = np.asarray(ballots.reader, dtype=np.int64)
    known = (reader >= 0) & (reader < len(readers.level))
    level = np.where(known, readers.level[np.where(known, reader, 0)], 0) if len(readers.level) else 0 * reader
    is_settled = readers.standing.is_settled(reader, ballots.time_ms)
    rank = np.where(is_settled | (level > 0), level, -1)
    if is_over is not None:
        rank[is_over] = OVER_QUOTA
    is_counted = mark_counted(ballots, readers.group)
    _share_highest(ballots, readers.group, rank)
    place = np.where(rank >= 0, rank, NEWCOMERS)
    place[~is_counted] = LOCKSTEP
    place[rank == OVER_QUOTA] = OVER_QUOTA
    return place


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


def _verdict_rules(readers: Readers, rules: PublicationRules) -> VerdictRules:
    """The rules of a single verdict; no witnesses are asked for where there is no proven crowd."""
    return rules.of_verdict if readers.has_crowd else rules.of_verdict._replace(witnesses=0.0)


def _fill(
    ballots: TimedVotes,
    counts: Integers,
    sides: Integers,
    readers: Readers,
    evidence: Evidence,
    rules: PublicationRules,
) -> TrustTable:
    """The table but for the discounts that the counts no longer show; `sides` are those held and ever published."""
    held, ever = sides[:, 0].copy(), sides[:, 1].copy()
    verdict_rules = _verdict_rules(readers, rules)
    figures = np.zeros((len(counts), kernels.FLOAT_FIELDS))
    marks = np.zeros((len(counts), kernels.INTEGER_FIELDS), dtype=np.int64)
    kernels.judge_stories(counts, held, verdict_rules, figures, marks)
    raw = np.bincount(2 * np.asarray(ballots.story, dtype=np.int64) + ballots.vote, minlength=2 * len(counts))
    none = np.zeros(len(counts), dtype=np.int64)
    table = TrustTable(
        real=raw[1::2],
        fake=raw[::2],
        lockstep=none,
        unproven=_unheard(counts, rules),
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


def _unheard(counts: Integers, rules: PublicationRules) -> Integers:
    """How many newcomers' votes each story was left without."""
    settled = counts[:, :, :NEWCOMERS].sum(axis=(1, 2))
    newcomers = counts[:, :, NEWCOMERS].sum(axis=1)
    missing = np.minimum(settled, rules.fewest_voters - settled)
    heard = np.minimum(newcomers, np.maximum(rules.newcomers_per_settled * settled, missing))
    return np.asarray(newcomers - heard.astype(np.int64), dtype=np.int64)


def _held_after(table: TrustTable) -> Integers:
    """The side to hold from now on: the one that the votes take, were it only witnessed, else the one held before."""
    unwitnessed = np.where(table.index > 50.0, 1, -1) * (table.review == UNWITNESSED)
    side = table.side + unwitnessed
    return np.where(side != 0, side, table.held)


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
    return assemble(votes, readers, find_places(votes, readers), known, rules or PublicationRules())


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

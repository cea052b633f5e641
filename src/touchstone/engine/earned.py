"""Earned weight: what a reader's record on resolved stories is worth, beyond what the public figures said already."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from touchstone.engine._kernels import earned as kernels
from touchstone.engine._kernels import ordering
from touchstone.engine.chance import CHANCE_STEPS, calibrate_lean
from touchstone.engine.errors import BadResolution, MisshapenVotes
from touchstone.engine.estimator import Resolutions
from touchstone.engine.lockstep import TimedVotes

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]

LEVELS = kernels.LEVELS


@dataclass(frozen=True, slots=True)
class EarnedRules:
    """How a record becomes a weight.

    prior        information that every record starts with (1/σ²), on the side of no edge
    least_doubt  κ, the standard deviations taken off the edge, of a long record
    early_doubt  what κ is larger by for an empty record
    least_chance the chance credited to a vote against the public figures, at least; to one with them, at most 1 − this
    shared_error ρ, how far readers of one story err together
    anchor_fades resolved stories after which the anchor panel has no weight left beyond what its members earned
    """

    prior: float = 1.0
    least_doubt: float = 1.0
    early_doubt: float = 3.5
    least_chance: float = 0.03
    shared_error: float = 0.1
    anchor_fades: int = 100


@dataclass(frozen=True, slots=True)
class EarnedWeights:
    """What readers have earned, and all that is needed to recheck it.

    level    : int64, shape (n_readers,), 0 to 15; the weight is level / 15
    chance   : float64, shape (n_votes,), multiples of 1/1024: the chance, by what was public just before, that the
               vote was right; NaN for votes that are not graded
    is_right : bool, shape (n_votes,), whether a graded vote was right
    """

    level: Integers
    chance: Floats
    is_right: Booleans

    @property
    def weight(self) -> Floats:
        """Each reader's weight, 0 to 1: float64, shape (n_readers,)."""
        return self.level / float(LEVELS)


@dataclass(frozen=True, slots=True)
class Anchors:
    """A named and logged panel that holds the earned key until readers have earned it.

    reader : numbers of its members
    level  : their weight level at the start
    """

    reader: tuple[int, ...]
    level: int = LEVELS

    def level_after(self, n_resolved: int, fades: int) -> int:
        """The panel's level once so many stories are resolved: falls evenly to 0."""
        return max(0, self.level * (fades - n_resolved) // fades) if fades > 0 else 0


def weigh_record(votes: Iterable[tuple[float, bool]], rules: EarnedRules | None = None) -> int:
    """The weight level, 0 to 15, of one reader's graded votes (chance, was it right): what anyone can recheck.

    Source: docs/explanation/earned-weight.md.
    """
    rules = rules or EarnedRules()
    gain = information = 0.0
    for chance, is_right in votes:
        gain += float(is_right) - chance
        information += chance * (1.0 - chance)
    return kernels.level_of_record(gain, information, rules.prior, rules.least_doubt, rules.early_doubt)


def earn_weights(
    ballots: TimedVotes,
    resolved: Resolutions,
    resolved_ms: Integers,
    *,
    is_settled: Booleans,
    published: Floats | None = None,
    anchors: Anchors | None = None,
    rules: EarnedRules | None = None,
) -> EarnedWeights:
    """Every reader's earned weight.

    resolved_ms : int64, shape (n_resolved,), when each story was resolved; only earlier votes are graded
    is_settled  : bool, shape (n_votes,), votes of settled readers; newcomers cannot talk a chance down
    published   : float64, shape (n_votes,), probability of *real* published just before each vote; NaN = none
    The chance of a graded vote is the largest of what the published probability, the running tally of all readers and
    that of the settled ones said, just before it, of the outcome voted for: who follows any of them earns nothing.
    Raises BadResolution, MisshapenVotes.
    """
    rules = rules or EarnedRules()
    resolved.check(ballots.n_stories)
    graded = _Graded.gather(ballots, resolved, resolved_ms, is_settled)
    chance = graded.chance(is_settled.astype(np.float64), rules)
    if published is not None:
        chance = np.fmax(chance, graded.own_side(_in_steps(np.asarray(published, dtype=np.float64))))
    least = float(_in_steps(np.array(rules.least_chance)))
    chance = np.where(graded.is_graded, np.clip(chance, least, 1.0 - least), np.nan)
    level = graded.levels(chance, rules)
    if anchors is not None:
        members = np.array(anchors.reader, dtype=np.int64)
        level[members] = np.maximum(level[members], anchors.level_after(len(resolved), rules.anchor_fades))
    return EarnedWeights(level=level, chance=chance, is_right=graded.is_right)


@dataclass(frozen=True, slots=True)
class _Graded:
    """The votes in their two orders, and which of them a resolution grades."""

    story: Integers
    reader: Integers
    vote: Integers
    time_ms: Integers
    story_starts: Integers
    by_story: Integers
    reader_starts: Integers
    by_reader: Integers
    outcome: Integers
    is_graded: Booleans
    balance: Floats

    @property
    def is_right(self) -> Booleans:
        """Whether each graded vote was right."""
        return np.asarray(self.is_graded & (self.vote == self.outcome), dtype=np.bool_)

    @classmethod
    def gather(cls, ballots: TimedVotes, resolved: Resolutions, resolved_ms: Integers, is_settled: Booleans) -> _Graded:
        """Bring the votes into order and find those cast before their story's resolution."""
        story, reader, vote, time_ms = (
            np.ascontiguousarray(column, dtype=np.int64)
            for column in (ballots.story, ballots.reader, ballots.vote, ballots.time_ms)
        )
        if len(resolved_ms) != len(resolved):
            raise BadResolution("every resolved story needs the time of its resolution")
        if is_settled.shape != story.shape:
            raise MisshapenVotes("is_settled must say so of every vote")
        _, any_story = ordering.count_sorted(story, np.arange(len(story)), ballots.n_stories)
        reader_starts, by_reader = ordering.count_sorted(reader, any_story, ballots.n_readers)
        story_starts, by_story = ordering.count_sorted(story, by_reader, ballots.n_stories)
        ordering.sort_buckets_by_time(story_starts, by_story, time_ms)
        deadline = np.full(ballots.n_stories, np.iinfo(np.int64).min)
        deadline[resolved.story] = resolved_ms
        outcome = np.zeros(ballots.n_stories, dtype=np.int64)
        outcome[resolved.story] = resolved.outcome
        is_graded = time_ms < deadline[story]
        per_story = np.bincount(story[is_graded], minlength=ballots.n_stories)
        balance = np.where(is_graded, 1.0 / np.maximum(per_story[story], 1), 0.0)
        return cls(
            story=story,
            reader=reader,
            vote=vote,
            time_ms=time_ms,
            story_starts=story_starts,
            by_story=by_story,
            reader_starts=reader_starts,
            by_reader=by_reader,
            outcome=outcome[story],
            is_graded=is_graded,
            balance=balance,
        )

    def chance(self, is_settled: Floats, rules: EarnedRules) -> Floats:
        """The chance that each vote is right by its story's running tallies, of the settled readers and of all."""
        settled = self._lean(is_settled, rules)
        everyone = self._lean(np.ones(len(is_settled)), rules)
        graded = self.by_story[self.is_graded[self.by_story]]
        calibration = calibrate_lean(settled[graded], self.outcome[graded], self.balance[graded])
        return np.maximum(self.own_side(calibration.chances(settled)), self.own_side(calibration.chances(everyone)))

    def own_side(self, probability: Floats) -> Floats:
        """The probability of the outcome that each vote chose, from the probability of *real*."""
        return np.where(self.vote == 1, probability, 1.0 - probability)

    def levels(self, chance: Floats, rules: EarnedRules) -> Integers:
        """Each reader's weight level with these chances, NaN for votes not graded."""
        doubts = (rules.prior, rules.least_doubt, rules.early_doubt)
        return kernels.weigh_records(self.reader_starts, self.by_reader, chance, self.is_right, *doubts)

    def _lean(self, weight: Floats, rules: EarnedRules) -> Floats:
        votes = (self.story_starts, self.by_story, self.vote, self.time_ms)
        return kernels.running_lean(*votes, weight, rules.shared_error)


def _in_steps(probability: Floats) -> Floats:
    return np.floor(probability * CHANCE_STEPS + 0.5) / CHANCE_STEPS


def without_doubt(rules: EarnedRules) -> EarnedRules:
    """The same rules without any doubt about short records: a weakened rule, for positive controls."""
    return replace(rules, least_doubt=0.0, early_doubt=0.0)

"""The one contract of every estimator: ballots in, the probability that each story is real out."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Protocol, Self

import numpy as np

from touchstone.engine.arrays import Floats, Integers, tally
from touchstone.engine.errors import BadResolution, MisshapenVotes, NotFitted


class VoteColumns(Protocol):
    """What an estimator reads of ballots: one row per vote, each reader at most once per story.

    story, reader : integers, shape (n_votes,), in [0, n_stories) and [0, n_readers)
    vote          : integers, shape (n_votes,), 1 real, 0 fake
    """

    @property
    def story(self) -> Integers:
        """Story numbers."""

    @property
    def reader(self) -> Integers:
        """Reader numbers."""

    @property
    def vote(self) -> Integers:
        """1 real, 0 fake."""

    @property
    def n_stories(self) -> int:
        """How many stories there are."""

    @property
    def n_readers(self) -> int:
        """How many readers there are."""


class Resolutions:
    """Stories whose truth is known.

    story   : int64, shape (n_resolved,), each at most once
    outcome : int64, shape (n_resolved,), 1 real, 0 fake
    """

    def __init__(self, story: Sequence[int] | Integers, outcome: Sequence[int] | Integers) -> None:
        self.story = np.asarray(story, dtype=np.int64)
        self.outcome = np.asarray(outcome, dtype=np.int64)

    def __len__(self) -> int:
        return len(self.story)

    def check(self, n_stories: int) -> None:
        """Raises BadResolution unless every story exists once and every outcome is 0 or 1."""
        if self.story.shape != self.outcome.shape or self.story.ndim != 1:
            raise BadResolution("stories and outcomes must be columns of the same length")
        if np.any((self.story < 0) | (self.story >= n_stories)):
            raise BadResolution(f"story numbers must lie between 0 and {n_stories - 1}")
        if np.any((self.outcome != 0) & (self.outcome != 1)):
            raise BadResolution("outcomes must be 0 or 1")
        if len(np.unique(self.story)) != len(self.story):
            raise BadResolution("a story may be resolved only once")


class Estimator(ABC):
    """Learns from ballots how likely each story is real.

    The constructor only stores its keyword arguments. `fit` sets attributes that end in `_` and returns the estimator;
    fitting anew forgets what was fitted before. Inputs are never modified.

    probability_ : float64, shape (n_stories,), in [0, 1]; NaN for a story without votes
    real_, fake_ : float64, shape (n_stories,), counts of votes
    """

    probability_: Floats
    real_: Floats
    fake_: Floats

    def fit(self, ballots: VoteColumns, resolved: Resolutions | None = None) -> Self:
        """Learn from all ballots; `resolved` holds the stories whose truth is known, unread by most estimators.

        Raises MisshapenVotes for columns of unequal length or numbers out of range, BadResolution for a resolved
        story or an outcome that cannot be.
        """
        check_votes(ballots)
        if resolved is not None:
            resolved.check(ballots.n_stories)
        self.real_, self.fake_ = count_votes(ballots)
        probability = self._estimate(ballots, resolved)
        self.probability_ = np.where(self.real_ + self.fake_ > 0, probability, np.nan)
        return self

    def update(self, story: int, readers: Sequence[int] | Integers, votes: Sequence[int] | Integers) -> float:
        """Take in one story's votes, all of them, without a refit; returns and stores its probability.

        What was learned about readers and the site stays as the last `fit` left it; a reader that it did not know
        (−1, or a number past its readers) counts as an average one. Costs time in proportion to the story's votes.
        A story that `fit` did not know is answered but not stored. Raises NotFitted, MisshapenVotes.
        """
        if not hasattr(self, "probability_"):
            raise NotFitted(type(self).__name__)
        reader_numbers = np.asarray(readers, dtype=np.int64)
        vote_values = np.asarray(votes, dtype=np.int64)
        if reader_numbers.shape != vote_values.shape or reader_numbers.ndim != 1:
            raise MisshapenVotes("reader and vote must be columns of the same length")
        if np.any((vote_values != 0) & (vote_values != 1)):
            raise MisshapenVotes("vote must be 0 or 1")
        real = float(vote_values.sum())
        fake = len(vote_values) - real
        probability = self._reestimate(reader_numbers, vote_values) if len(vote_values) else float("nan")
        if 0 <= story < len(self.probability_):
            self.real_[story], self.fake_[story] = real, fake
            self.probability_[story] = probability
        return probability

    def parameters(self) -> dict[str, object]:
        """The constructor's keyword arguments with their values, sorted by name."""
        signature = inspect.signature(type(self).__init__).parameters.values()
        names = sorted(p.name for p in signature if p.kind is inspect.Parameter.KEYWORD_ONLY)
        return {name: getattr(self, name) for name in names}

    @abstractmethod
    def _estimate(self, ballots: VoteColumns, resolved: Resolutions | None) -> Floats:
        """The probabilities of all stories; free where a story has no votes."""

    @abstractmethod
    def _reestimate(self, readers: Integers, votes: Integers) -> float:
        """The probability of one story from all its votes, of which there is at least one."""


def check_votes(ballots: VoteColumns) -> None:
    """Raises MisshapenVotes unless the columns have one length and their numbers are in range."""
    story, reader, vote = ballots.story, ballots.reader, ballots.vote
    if not story.shape == reader.shape == vote.shape or story.ndim != 1:
        raise MisshapenVotes("story, reader and vote must be columns of the same length")
    if len(story) == 0:
        return
    if story.min() < 0 or story.max() >= ballots.n_stories:
        raise MisshapenVotes(f"story numbers must lie between 0 and {ballots.n_stories - 1}")
    if reader.min() < 0 or reader.max() >= ballots.n_readers:
        raise MisshapenVotes(f"reader numbers must lie between 0 and {ballots.n_readers - 1}")
    if vote.min() < 0 or vote.max() > 1:
        raise MisshapenVotes("vote must be 0 or 1")


def count_votes(ballots: VoteColumns) -> tuple[Floats, Floats]:
    """Real and fake votes of each story: two float64 arrays, shape (n_stories,)."""
    fake, real = tally(ballots.story, ballots.vote, ballots.n_stories).astype(np.float64).T.copy()
    return real, fake

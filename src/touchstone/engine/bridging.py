"""Viewpoints: what readers disagree about beyond truth and skill, and how each side of that axis judges a story.

Formulas and figures: docs/explanation/bridging.md. Symbols there and names here: x_u `viewpoint`, g_i `lean`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from touchstone.engine.arrays import Floats, Integers, sum_by
from touchstone.engine.coins import TwoCoinFit
from touchstone.engine.estimator import Estimator, Resolutions, VoteColumns
from touchstone.engine.two_coin import TwoCoin

Booleans = npt.NDArray[np.bool_]
Sides = Literal["both", "one", "unseen"]

FEW_SWEEPS = 3
CENTRE_SWEEPS = 4
FACTOR_SWEEPS = 20
CENTRE_STORY_PULL, CENTRE_READER_PULL = 2.0, 5.0
HELD_OUT = 5  # one vote in this many tests the axis that the others gave
GOLDEN = 0.6180339887498949
TINY = 1e-12
FEWEST_OF_A_SIDE = 3.0


@dataclass(frozen=True, slots=True)
class Viewpoints:
    """Where readers stand on the one axis of disagreement that neither truth nor skill explains.

    viewpoint : float64, shape (n_readers,), mean square 1 over readers; 0 for a reader without votes. Its sign says
                only who stands together, not who is right
    lean      : float64, shape (n_stories,), how much more real the positive side votes than the negative one
    evidence  : how many standard errors the axis found in four fifths of the votes predicts the last fifth
    """

    viewpoint: Floats
    lean: Floats
    evidence: float

    def are_seen(self, threshold: float) -> bool:
        """Whether readers disagree enough, and in a way that lasts, to speak of sides."""
        return self.evidence >= threshold


@dataclass(frozen=True, slots=True)
class SideVotes:
    """Votes on each story by side of the axis: float64, shape (n_stories,); a reader at 0 stands on neither side."""

    real_below: Floats
    fake_below: Floats
    real_above: Floats
    fake_above: Floats


class Bridging(Estimator):
    """The share of real votes that a story would have if both sides of the axis had voted in equal numbers.

    two_coin    the model of truth and skill; None takes its defaults with 3 sweeps: more let a strong enough viewpoint
                pass for the truth
    story_pull  how many votes pull a story's lean to 0: a fixed number, so that no story moves when others get votes
    reader_pull how many votes pull a reader's viewpoint to 0
    threshold   standard errors from which sides count as seen

    viewpoints_ : where readers stand; sides_ : votes by side; has_sides_ : whether sides are seen. Where they are not,
    `probability_` is Laplace's share.
    Source: support from both sides is the idea of Wojcik et al. (2022), arXiv:2210.15723; ours differs in that the axis
    comes from what truth and skill leave unexplained.
    """

    viewpoints_: Viewpoints
    sides_: SideVotes
    has_sides_: bool

    def __init__(
        self,
        *,
        two_coin: TwoCoin | None = None,
        story_pull: float = 16.0,
        reader_pull: float = 10.0,
        threshold: float = 3.0,
    ) -> None:
        self.two_coin = two_coin
        self.story_pull = story_pull
        self.reader_pull = reader_pull
        self.threshold = threshold

    def _estimate(self, ballots: VoteColumns, resolved: Resolutions | None) -> Floats:  # noqa: ARG002
        fit = (self.two_coin or TwoCoin(sweeps=FEW_SWEEPS)).fit(ballots).fit_
        self.learn_sides(ballots, fit)
        return self._bridge(self.sides_, self.real_, self.fake_)

    def learn_sides(self, ballots: VoteColumns, fit: TwoCoinFit) -> None:
        """Set `viewpoints_`, `sides_` and `has_sides_` from a two-coin fit of the same ballots."""
        self.viewpoints_ = find_viewpoints(ballots, fit, story_pull=self.story_pull, reader_pull=self.reader_pull)
        self.has_sides_ = self.viewpoints_.are_seen(self.threshold)
        side = np.sign(self.viewpoints_.viewpoint)[ballots.reader]
        self.sides_ = count_sides(side, ballots.story, ballots.vote, ballots.n_stories)

    def support(self, story: int) -> tuple[Floats, Sides]:
        """One story's share of real votes on either side (below, above; NaN for fewer than 3 votes), and who agrees.

        "both": each side has 3 votes or more and most of each point the same way; "one": not so; "unseen": readers of
        this site disagree too little to see sides.
        """
        votes = np.array(
            [
                [self.sides_.real_below[story], self.sides_.fake_below[story]],
                [self.sides_.real_above[story], self.sides_.fake_above[story]],
            ]
        )
        total = votes.sum(axis=1)
        share = np.where(total >= FEWEST_OF_A_SIDE, votes[:, 0] / np.maximum(total, 1.0), np.nan)
        if not self.has_sides_:
            return share, "unseen"
        agree = bool(np.all(share > 0.5) or np.all(share < 0.5))
        return share, "both" if agree else "one"

    def _bridge(self, sides: SideVotes, real: Floats, fake: Floats) -> Floats:
        if not self.has_sides_:
            return (real + 1.0) / (real + fake + 2.0)
        below = (sides.real_below + 1.0) / (sides.real_below + sides.fake_below + 2.0)
        above = (sides.real_above + 1.0) / (sides.real_above + sides.fake_above + 2.0)
        return 0.5 * (below + above)

    def _reestimate(self, readers: Integers, votes: Integers) -> float:
        viewpoint = self.viewpoints_.viewpoint
        known = (readers >= 0) & (readers < len(viewpoint))
        side = np.where(known, np.sign(np.append(viewpoint, 0.0))[np.where(known, readers, -1)], 0.0)
        sides = count_sides(side, np.zeros(len(votes), dtype=np.int64), votes, 1)
        real = np.array([float(votes.sum())])
        return float(self._bridge(sides, real, len(votes) - real)[0])


def find_both_sides(ballots: VoteColumns) -> Booleans:
    """Which stories both sides of the viewpoint axis judge alike, shape (n_stories,); all where no sides are seen."""
    bridging = Bridging().fit(ballots)
    if not bridging.has_sides_:
        return np.ones(ballots.n_stories, dtype=np.bool_)
    return np.array([bridging.support(story)[1] == "both" for story in range(ballots.n_stories)])


def count_sides(side: Floats, story: Integers, vote: Integers, n_stories: int) -> SideVotes:
    """Votes by story and side, given the side (−1, 0, 1) of each vote's reader."""

    def count(wanted: float, value: int) -> Floats:
        return sum_by(story, ((side == wanted) & (vote == value)).astype(np.float64), n_stories)

    return SideVotes(count(-1.0, 1), count(-1.0, 0), count(1.0, 1), count(1.0, 0))


def find_viewpoints(
    ballots: VoteColumns, fit: TwoCoinFit, *, story_pull: float = 16.0, reader_pull: float = 10.0
) -> Viewpoints:
    """The axis along which readers differ from what truth and their own skill would have them vote."""
    residual = unexplained(ballots, fit)
    axis = _Axis(ballots.story, ballots.reader, ballots.n_stories, ballots.n_readers, (story_pull, reader_pull))
    held = hold_out(ballots.story, ballots.reader)
    evidence = axis.test(residual, held) if held.any() and not held.all() else 0.0
    viewpoint, lean = axis.find(residual, np.ones(len(residual), dtype=np.bool_))
    return Viewpoints(viewpoint=viewpoint, lean=lean, evidence=evidence)


def unexplained(ballots: VoteColumns, fit: TwoCoinFit) -> Floats:
    """Each vote, as 1 or 0, minus the chance of a real vote given the belief in the story and the reader's skill."""
    belief = fit.belief[ballots.story]
    expected = belief * fit.sensitivity[ballots.reader] + (1.0 - belief) * (1.0 - fit.specificity[ballots.reader])
    return ballots.vote - expected


def hold_out(story: Integers, reader: Integers) -> Booleans:
    """About one vote in five, picked by a hash of its story and reader, so that row order does not matter."""
    mixed = story.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + reader.astype(np.uint64)
    mixed = (mixed ^ (mixed >> np.uint64(31))) * np.uint64(0xBF58476D1CE4E5B9)
    picked: Booleans = (mixed >> np.uint64(33)) % np.uint64(HELD_OUT) == 0
    return picked


class _Axis:
    """Rank-one fit of residuals by ridge-damped power iteration, after story and reader means are taken out."""

    def __init__(
        self, story: Integers, reader: Integers, n_stories: int, n_readers: int, pulls: tuple[float, float]
    ) -> None:
        self.story, self.reader = story, reader
        self.n_stories, self.n_readers = n_stories, n_readers
        self.story_pull, self.reader_pull = pulls

    def find(self, residual: Floats, use: Booleans) -> tuple[Floats, Floats]:
        """Viewpoints and leans from the rows in use."""
        story, reader = self.story[use], self.reader[use]
        rest = residual[use] - self._centre(residual[use], story, reader)
        story_weight = 1.0 / (np.bincount(story, minlength=self.n_stories) + self.story_pull)
        reader_weight = 1.0 / (np.bincount(reader, minlength=self.n_readers) + self.reader_pull)
        lean: Floats = ((np.arange(self.n_stories) + 1.0) * GOLDEN % 1.0 - 0.5).astype(np.float64)
        viewpoint: Floats = np.zeros(self.n_readers)
        for _ in range(FACTOR_SWEEPS):
            viewpoint = sum_by(reader, rest * lean[story], self.n_readers) * reader_weight
            spread = float(np.sqrt(np.square(viewpoint).sum() / max(self.n_readers, 1)))
            viewpoint = viewpoint / max(spread, TINY)
            lean = sum_by(story, rest * viewpoint[reader], self.n_stories) * story_weight
        return viewpoint, lean

    def _centre(self, residual: Floats, story: Integers, reader: Integers) -> Floats:
        by_story, by_reader = np.zeros(self.n_stories), np.zeros(self.n_readers)
        in_story = np.bincount(story, minlength=self.n_stories) + CENTRE_STORY_PULL
        of_reader = np.bincount(reader, minlength=self.n_readers) + CENTRE_READER_PULL
        for _ in range(CENTRE_SWEEPS):
            by_story = sum_by(story, residual - by_reader[reader], self.n_stories) / in_story
            by_reader = sum_by(reader, residual - by_story[story], self.n_readers) / of_reader
        return by_story[story] + by_reader[reader]

    def test(self, residual: Floats, held: Booleans) -> float:
        """Standard errors by which the axis found elsewhere predicts the held-out residuals."""
        viewpoint, lean = self.find(residual, ~held)
        agreement = residual[held] * viewpoint[self.reader[held]] * lean[self.story[held]]
        return float(agreement.sum() / max(np.sqrt(np.square(agreement).sum()), TINY))

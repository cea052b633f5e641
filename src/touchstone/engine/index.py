"""The trust index: from independent, weighted votes to an interval, a label and the price of changing it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from touchstone.engine._kernels.special import beta_quantile
from touchstone.engine.errors import BadTally, BadWeight

Confidence = Literal["high", "moderate", "low"]
Label = Literal[
    "verified",
    "likely_real",
    "mixed_opinions",
    "contested",
    "highly_contested",
    "gathering_votes",
    "under_review",
]

LABELS: tuple[Label, ...] = ("highly_contested", "contested", "mixed_opinions", "likely_real", "verified")
LABEL_FLOORS = (20.0, 40.0, 60.0, 80.0)  # an index at a floor belongs to the label above it
MIXED_BAND = 2
FEWEST_VOTERS = 10  # independent voters below which there is no label
EARNED_QUORUM = 6.0  # effective votes from which the earned key counts
HIGH_WIDTH = 12.0  # widest interval, in points, at High confidence
MODERATE_WIDTH = 30.0
NEVER_WIDE_FROM = 60.0  # effective votes from which no outer label's interval is wider than that
TAIL = 0.025  # on either side of the 95 % interval
WEIGHT_STEPS = 1024.0  # weights are whole multiples of 1/1024, so that their sums are exact in any order


@dataclass(frozen=True, slots=True)
class StoryTrust:
    """What is published about one story.

    real, fake       valid votes, each reader once, never adjusted
    share            real ÷ (real + fake); None without votes
    index, low, high posterior mean and 95 % credible interval, 0 to 100, of the share of independent readers
                     who would call the story real
    probability      calibrated probability that the story is real; None until the site is calibrated
    attack_price     fewest independent voters of the winning side whose reversal changes the label;
                     None where there is no label to change
    effective_votes  Kish's effective number of independent votes
    discounted       (reason, count) of votes that entered with less than a full voice
    """

    real: int
    fake: int
    share: float | None
    index: float
    low: float
    high: float
    probability: float | None
    confidence: Confidence
    label: Label
    attack_price: int | None
    effective_votes: float
    discounted: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class KeyVotes:
    """One key's independent voters: the weight of each, by direction (a collapsed group is one voter a direction)."""

    real: tuple[float, ...] = ()
    fake: tuple[float, ...] = ()

    @property
    def voters(self) -> int:
        """How many independent voters there are."""
        return len(self.real) + len(self.fake)

    @property
    def effective(self) -> float:
        """Kish's effective number of votes, (Σw)² ÷ Σw²; 0 without weight."""
        squares = sum(weight * weight for weight in self.real + self.fake)
        total = sum(self.real) + sum(self.fake)
        return total * total / squares if squares > 0.0 else 0.0


@lru_cache(maxsize=1 << 16)
def _lower_tail(alpha: float, beta: float) -> float:
    return beta_quantile(alpha, beta, TAIL)


def credible_interval(real: float, fake: float) -> tuple[float, float]:
    """The 95 % equal-tailed interval, 0 to 100, of a Beta(real + 1, fake + 1) share.

    Both ends come from the lower tail, so swapping real and fake mirrors the interval exactly.
    """
    low = _lower_tail(real + 1.0, fake + 1.0)
    high = 1.0 - _lower_tail(fake + 1.0, real + 1.0)
    return 100.0 * low, 100.0 * high


def posterior_index(real: float, fake: float) -> float:
    """The mean, 0 to 100, of a Beta(real + 1, fake + 1) share."""
    return 100.0 * (real + 1.0) / (real + fake + 2.0)


def confidence_of(width: float, *, may_be_high: bool) -> Confidence:
    """How sure an interval of that width, in points, makes us; without leave, Moderate is the most."""
    if width <= HIGH_WIDTH and may_be_high:
        return "high"
    return "moderate" if width <= MODERATE_WIDTH else "low"


def _band(real: float, fake: float) -> int:
    """The label's place on the scale, 0 to 4; an outer place needs an interval of Moderate width."""
    index = posterior_index(real, fake)
    band = bisect_right(LABEL_FLOORS, index)
    if band in (0, 4) and real + fake < NEVER_WIDE_FROM:
        low, high = credible_interval(real, fake)
        if high - low > MODERATE_WIDTH:
            return 1 if band == 0 else 3
    return band


def _is_disputed(band: int, earned_real: float, earned_fake: float) -> bool:
    """Whether the earned key fails to stand on the side that a label takes; Mixed opinions takes none."""
    if band > MIXED_BAND:
        return earned_real <= earned_fake
    return band < MIXED_BAND and earned_fake <= earned_real


def score_tally(real: int, fake: int) -> StoryTrust:
    """The trust of a story whose voters are independent and unproven: the open key alone, every vote of weight 1.

    Raises BadTally for a negative count. Remembered by (real, fake), as a site asks on every vote.
    """
    if real < 0 or fake < 0:
        raise BadTally(real, fake)
    return _score_tally(int(real), int(fake))


@lru_cache(maxsize=1 << 16)
def _score_tally(real: int, fake: int) -> StoryTrust:
    voters = real + fake
    low, high = credible_interval(real, fake)
    price: int | None = None
    label: Label = "gathering_votes"
    if voters >= FEWEST_VOTERS:
        label = LABELS[_band(real, fake)]
        price = _tally_price(real, fake)
    return StoryTrust(
        real=real,
        fake=fake,
        share=real / voters if voters else None,
        index=posterior_index(real, fake),
        low=low,
        high=high,
        probability=None,
        confidence=confidence_of(high - low, may_be_high=False),
        label=label,
        attack_price=price,
        effective_votes=float(voters),
    )


def _tally_price(real: int, fake: int) -> int | None:
    band = _band(real, fake)
    prices = []
    if real >= fake:
        prices.append(_first_change(real, lambda moved: _band(real - moved, fake + moved) != band))
    if fake >= real:
        prices.append(_first_change(fake, lambda moved: _band(real + moved, fake - moved) != band))
    return min((price for price in prices if price is not None), default=None)


def _first_change(most: int, changes: Callable[[int], bool]) -> int | None:
    """The smallest count up to `most` that `changes`, given that every larger one does too; None if none does."""
    if not changes(most):
        return None
    low, high = 0, 1
    while high < most and not changes(high):
        low, high = high, min(2 * high, most)
    while high - low > 1:
        middle = (low + high) // 2
        if changes(middle):
            high = middle
        else:
            low = middle
    return high


def score_weighted(
    open_key: KeyVotes,
    earned_key: KeyVotes | None = None,
    *,
    counted: tuple[int, int] | None = None,
    probability: float | None = None,
    discounted: Sequence[tuple[str, int]] = (),
    has_both_sides: bool = True,
) -> StoryTrust:
    """The trust of a story from its independent voters' weights in the open key and, where there is one, the earned.

    counted         raw (real, fake) votes before collapse; left out, the open key's voters
    has_both_sides  whether both sides of the viewpoint axis support the label; without, Moderate is the most
    Weights are rounded to 1/1024. The earned key takes part from 6 effective votes on. Raises BadWeight, BadTally.
    """
    open_key = _rounded(open_key)
    earned_key = _rounded(earned_key or KeyVotes())
    real, fake = counted if counted is not None else (len(open_key.real), len(open_key.fake))
    if real < 0 or fake < 0:
        raise BadTally(real, fake)
    has_earned = earned_key.effective >= EARNED_QUORUM
    contest = _Contest(open_key, earned_key if has_earned else None)
    low, high = credible_interval(*contest.scaled(0.0))
    return StoryTrust(
        real=real,
        fake=fake,
        share=real / (real + fake) if real + fake else None,
        index=posterior_index(*contest.scaled(0.0)),
        low=low,
        high=high,
        probability=probability,
        confidence=confidence_of(high - low, may_be_high=has_earned and has_both_sides),
        label=contest.label(0.0, 0.0),
        attack_price=contest.price(),
        effective_votes=contest.effective,
        discounted=tuple(discounted),
    )


def _rounded(key: KeyVotes) -> KeyVotes:
    for weight in key.real + key.fake:
        if not 0.0 <= weight < 1e9:
            raise BadWeight(weight)
    return KeyVotes(real=tuple(map(_round_weight, key.real)), fake=tuple(map(_round_weight, key.fake)))


def _round_weight(weight: float) -> float:
    return float(int(weight * WEIGHT_STEPS + 0.5)) / WEIGHT_STEPS


class _Contest:
    """One story's two keys, asked for the label after some weight has changed sides.

    Reversals change neither the number of voters nor Σw nor Σw², so the label depends on nothing but the weight moved.
    A label falls step by step as weight moves away from the winner, so the heaviest voters are always the cheapest.
    """

    def __init__(self, open_key: KeyVotes, earned_key: KeyVotes | None) -> None:
        self.open_key = open_key
        self.earned_key = earned_key
        self.voters = open_key.voters
        self.effective = open_key.effective
        self.real = sum(open_key.real)
        self.fake = sum(open_key.fake)

    def scaled(self, moved: float) -> tuple[float, float]:
        """Real and fake weight after `moved` went from real to fake, scaled to the effective number of votes."""
        total = self.real + self.fake
        if total <= 0.0:
            return 0.0, 0.0
        return (self.real - moved) * self.effective / total, (self.fake + moved) * self.effective / total

    def label(self, moved: float, earned_moved: float) -> Label:
        """The label after these weights went from real to fake in the open and in the earned key."""
        if self.voters < FEWEST_VOTERS:
            return "gathering_votes"
        band = _band(*self.scaled(moved))
        if self.earned_key is not None:
            earned_real = sum(self.earned_key.real) - earned_moved
            earned_fake = sum(self.earned_key.fake) + earned_moved
            if _is_disputed(band, earned_real, earned_fake):
                return "under_review"
        return LABELS[band]

    def price(self) -> int | None:
        """Fewest voters of the winning side whose reversal changes the label."""
        if self.voters < FEWEST_VOTERS:
            return None
        prices = []
        if self.real >= self.fake:
            prices += self._prices_from(1.0)
        if self.fake >= self.real:
            prices += self._prices_from(-1.0)
        return min((price for price in prices if price is not None), default=None)

    def _prices_from(self, sign: float) -> list[int | None]:
        """Prices through the open key and through the earned key; sign 1 reverses real voters, −1 fake ones."""
        now = self.label(0.0, 0.0)
        moves = _heaviest_first(self.open_key.real if sign > 0 else self.open_key.fake)
        prices = [_first_change(len(moves) - 1, lambda k: self.label(sign * moves[k], 0.0) != now)]
        if self.earned_key is not None and now != "under_review":
            earned = _heaviest_first(self.earned_key.real if sign > 0 else self.earned_key.fake)
            prices.append(_first_change(len(earned) - 1, lambda k: self.label(0.0, sign * earned[k]) != now))
        return prices


def _heaviest_first(weights: Sequence[float]) -> list[float]:
    """Total weight of the k heaviest voters, for k = 0, 1, 2, …"""
    totals = [0.0]
    for weight in sorted(weights, reverse=True):
        totals.append(totals[-1] + weight)
    return totals

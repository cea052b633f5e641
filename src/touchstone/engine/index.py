"""The trust index: from independent, weighted votes to an interval, a label and the price of changing it."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from touchstone.engine._kernels.special import beta_quantile

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

ReviewReason = Literal["", "keys_disagree", "newcomers_disagree", "turned", "unwitnessed"]

LABELS: tuple[Label, ...] = ("highly_contested", "contested", "mixed_opinions", "likely_real", "verified")
LABEL_FLOORS = (20.0, 40.0, 60.0, 80.0)  # an index at a floor belongs to the label above it
ALL_LABELS: tuple[Label, ...] = (*LABELS, "gathering_votes", "under_review")
REVIEW_REASONS: tuple[ReviewReason, ...] = ("", "keys_disagree", "newcomers_disagree", "turned", "unwitnessed")
HIGH_WIDTH = 12.0  # widest interval, in points, at High confidence
MODERATE_WIDTH = 30.0
NEVER_WIDE_FROM = 60.0  # effective votes from which no outer label's interval is wider than that
TAIL = 0.025  # on either side of the 95 % interval


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
    review           why a story is under review, or gathers votes although it has enough; empty otherwise
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
    review: ReviewReason = ""


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


def band_of(real: float, fake: float) -> int:
    """The label's place on the scale, 0 to 4; an outer place needs an interval of Moderate width."""
    index = posterior_index(real, fake)
    band = bisect_right(LABEL_FLOORS, index)
    if band in (0, 4) and real + fake < NEVER_WIDE_FROM:
        low, high = credible_interval(real, fake)
        if high - low > MODERATE_WIDTH:
            return 1 if band == 0 else 3
    return band

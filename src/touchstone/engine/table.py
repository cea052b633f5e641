"""The result table: all that is published of every story."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchstone.engine.index import (
    ALL_LABELS,
    LABELS,
    REVIEW_REASONS,
    Confidence,
    ReviewReason,
    StoryTrust,
    confidence_of,
)

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class TrustTable:
    """What is published, one row per story; `story(i)` gives one row in words.

    real, fake, lockstep, unproven, over_quota : int64, votes counted, and votes discounted by reason
    index, low, high    : float64, 0 to 100
    probability         : float64, NaN = not calibrated
    effective, independent, earned_effective : float64, Kish's number of the open key, its independent votes, Kish's
                          number of the earned key
    label, review       : int64, places in ALL_LABELS and, for a story under review or still gathering, REVIEW_REASONS
    attack_price        : int64, −1 = no label to change
    may_be_high         : bool, whether the rules allow High confidence
    held                : int64, the side to hold at the next publication
    ever                : int64, sides published on the way, as the votes now stand: 1 fake, 2 real, 3 both
    """

    real: Integers
    fake: Integers
    lockstep: Integers
    unproven: Integers
    over_quota: Integers
    index: Floats
    low: Floats
    high: Floats
    probability: Floats
    effective: Floats
    independent: Floats
    earned_effective: Floats
    label: Integers
    review: Integers
    attack_price: Integers
    may_be_high: Booleans
    held: Integers
    ever: Integers

    def __len__(self) -> int:
        return len(self.real)

    def __iter__(self) -> Iterator[StoryTrust]:
        return (self.story(story) for story in range(len(self)))

    @property
    def side(self) -> Integers:
        """The side each label takes: int64, 1 real, −1 fake, 0 none."""
        is_band = self.label < len(LABELS)
        return np.where(is_band, np.sign(self.label - len(LABELS) // 2), 0)

    @property
    def confidence(self) -> list[Confidence]:
        """How sure each interval makes us."""
        return [self._confidence(story) for story in range(len(self))]

    def _confidence(self, story: int) -> Confidence:
        return confidence_of(float(self.high[story] - self.low[story]), may_be_high=bool(self.may_be_high[story]))

    def story(self, story: int) -> StoryTrust:
        """One story's figures."""
        real, fake = int(self.real[story]), int(self.fake[story])
        probability = float(self.probability[story])
        price = int(self.attack_price[story])
        reasons = (("lockstep", self.lockstep), ("unproven", self.unproven), ("over_quota", self.over_quota))
        return StoryTrust(
            real=real,
            fake=fake,
            share=real / (real + fake) if real + fake else None,
            index=float(self.index[story]),
            low=float(self.low[story]),
            high=float(self.high[story]),
            probability=probability if probability == probability else None,
            confidence=self._confidence(story),
            label=ALL_LABELS[self.label[story]],
            attack_price=price if price >= 0 else None,
            effective_votes=float(self.effective[story]),
            discounted=tuple((reason, int(counts[story])) for reason, counts in reasons if counts[story] > 0),
            review=self.review_reason(story),
        )

    def review_reason(self, story: int) -> ReviewReason:
        """Why a story is under review, or gathers votes although it has ten; empty otherwise."""
        return REVIEW_REASONS[int(self.review[story])]

"""Mood leakage: whether readers call stories real because prices rose."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from touchstone.eventstudy import Estimate, rank_correlation
from touchstone.markets.models import Candle, Interval
from touchstone.stories.models import PublicationPrice
from touchstone.votes.models import Tally
from touchstone.website import numbers

FEWEST_VOTES = 10
FEWEST_STORIES = 10
FOLLOWED_FOR = timedelta(hours=24)
MOST_PRICES = 2000


@dataclass(frozen=True, slots=True)
class Leakage:
    """The rank correlation of stories' real shares with returns; `found` is None with too few stories."""

    stories: int
    found: Estimate | None
    is_simulated: bool

    @property
    def words(self) -> str:
        """What the figures say, and no more."""
        if self.found is None:
            return (
                f"Too few stories to say: {self.stories} of at least {FEWEST_STORIES} have votes and a day of prices."
            )
        value, low, high = (
            str(numbers.rounded(bound, decimals=2)).replace("-", numbers.MINUS)
            for bound in (self.found.value, self.found.low, self.found.high)
        )
        figures = f"Rank correlation {value} (95 % interval {low} to {high}, {self.stories} stories): "
        if not self.found.is_distinguishable:
            return f"{figures}no link is visible, and one within the interval cannot be ruled out."
        way = "rose" if self.found.value > 0 else "fell"
        return f"{figures}stories whose instruments {way} are called real more often. Read shares with that in mind."


def mood_leakage(at: datetime) -> Leakage:
    """The link between real shares and returns over the first day, a story counting once. Three queries."""
    shares = {
        tally.story_id: tally.real / (tally.real + tally.fake)
        for tally in Tally.objects.all()
        if tally.real + tally.fake >= FEWEST_VOTES
    }
    frozen = PublicationPrice.objects.filter(at__lte=at - FOLLOWED_FOR, story__live=True).order_by("-at")
    listed = [price for price in frozen[:MOST_PRICES] if price.story_id in shares]
    closes = _closes_a_day_later(listed)
    returns: dict[int, list[float]] = defaultdict(list)
    used = [price for price in listed if _place(price) in closes]
    for price in used:
        returns[price.story_id].append(closes[_place(price)] / float(price.price) - 1)
    pairs = [(shares[story_id], float(np.mean(each))) for story_id, each in returns.items()]
    held = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    is_enough = len(held) >= FEWEST_STORIES
    return Leakage(
        stories=len(held),
        found=rank_correlation(held[:, 0], held[:, 1]) if is_enough else None,
        is_simulated=any(price.is_simulated for price in used),
    )


def _place(price: PublicationPrice) -> tuple[int, int]:
    """Instrument and start of the last hour that was over a day after publication."""
    end_s = int((price.at + FOLLOWED_FOR).timestamp())
    return price.instrument_id, end_s // Interval.HOUR * Interval.HOUR - Interval.HOUR


def _closes_a_day_later(prices: list[PublicationPrice]) -> dict[tuple[int, int], float]:
    wanted = {_place(price) for price in prices}
    rows = Candle.objects.filter(
        interval_s=Interval.HOUR,
        instrument__in={instrument_id for instrument_id, _ in wanted},
        opens_at_s__in={opens_at_s for _, opens_at_s in wanted},
    )
    return {(row.instrument_id, row.opens_at_s): row.close for row in rows}

"""How the price feed is doing, for the desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from touchstone.markets.models import Gap, Instrument, PriceSource, Quote
from touchstone.markets.queries.latest import is_stale
from touchstone.markets.ticks import Refusal

# The feed reports every five seconds; one that has missed several reports is not running.
REPORTS_WITHIN = timedelta(seconds=20)
OPEN_GAPS = 50
REASONS = {
    Refusal.UNKNOWN_INSTRUMENT: "of an instrument that we do not follow",
    Refusal.NOT_A_NUMBER: "not a number",
    Refusal.NOT_FINITE: "not finite (NaN or infinity)",
    Refusal.NOT_POSITIVE: "zero or negative",
    Refusal.OUT_OF_RANGE: "too large to be a price",
    Refusal.NO_TIME: "without a time",
    Refusal.STALE: "older than 12 s",
    Refusal.FUTURE: "ahead of our clock",
    Refusal.DUPLICATE: "repeats the time of the one before",
    Refusal.OUT_OF_ORDER: "earlier than the one before",
    Refusal.JUMP: "too far from the price believed before",
}


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """Why ticks were refused, how often, and the latest one as it came."""

    words: str
    count: int
    last_at: datetime
    example: str


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """One source of prices.

    state : "good", "silent" (connected, but its last tick is old), "away" or "not running"
    lag_s : age of its last tick in seconds; None before the first
    """

    source: PriceSource
    state: str
    lag_s: float | None
    refused: list[RefusedLine]

    @property
    def refused_total(self) -> int:
        """How many ticks were refused, whatever the reason."""
        return sum(line.count for line in self.refused)


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """The whole feed.

    fresh, followed : instruments with a present price, and all of them
    fewest_sources  : how many sources the least supported present price is the median of; None without any
    gaps            : instruments that wait for a good price
    """

    sources: list[SourceHealth]
    fresh: int
    followed: int
    fewest_sources: int | None
    gaps: list[Gap]


def feed_health(at: datetime) -> FeedHealth:
    """The feed's state at a moment; five queries."""
    sources = PriceSource.objects.prefetch_related("refusals")
    followed = Quote.objects.filter(instrument__is_active=True)
    fresh = [quote.source_count for quote in followed if not is_stale(quote.as_of, at=at)]
    waiting = (
        Gap.objects.filter(ends_at=None, instrument__is_active=True).select_related("instrument").order_by("starts_at")
    )
    return FeedHealth(
        sources=[_health_of(source, at) for source in sources],
        fresh=len(fresh),
        followed=Instrument.objects.filter(is_active=True).count(),
        fewest_sources=min(fresh, default=None),
        gaps=list(waiting[:OPEN_GAPS]),
    )


def _health_of(source: PriceSource, at: datetime) -> SourceHealth:
    lag_s = None if source.last_tick_at is None else max(0.0, (at - source.last_tick_at).total_seconds())
    refused = [
        RefusedLine(REASONS.get(Refusal(row.reason), row.reason), row.count, row.last_at, row.example)
        for row in source.refusals.all()
    ]
    return SourceHealth(source, _state_of(source, at), lag_s, refused)


def _state_of(source: PriceSource, at: datetime) -> str:
    if at - source.seen_at > REPORTS_WITHIN:
        return "not running"
    if not source.is_connected:
        return "away"
    # What it last said may be one report old.
    is_silent = source.last_tick_at is None or at - source.last_tick_at > REPORTS_WITHIN
    return "silent" if is_silent else "good"

"""Stretches of the price history, for charts and studies."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from django.db.models import Q, QuerySet

from touchstone.markets.bars import Bar, History, roll_up
from touchstone.markets.models import Candle, Gap, Instrument, Interval, Quote

# Longest range in days, length of the candles that are read, length of the bars that are drawn; seconds.
GRAINS = (
    (1, Interval.MINUTE, 300),
    (10, Interval.HOUR, 3600),
    (60, Interval.HOUR, 7200),
    (366, Interval.DAY, 86_400),
    (3660, Interval.DAY, 7 * 86_400),
)


@dataclass(frozen=True, slots=True)
class Grain:
    """How a range of days is read and drawn, in seconds since 1970.

    read_s : length of the candles that are read
    step_s : length of the bars that are drawn
    """

    since_s: int
    until_s: int
    read_s: int
    step_s: int


def grain_of(days: int, *, until: datetime) -> Grain:
    """How the last `days` days up to a moment are read: at most some 400 bars."""
    _, read_s, step_s = next((grain for grain in GRAINS if days <= grain[0]), GRAINS[-1])
    until_s = math.ceil(until.timestamp())
    return Grain(until_s - days * 86_400, until_s, read_s, step_s)


def history_of(instrument: Instrument, *, days: int, until: datetime) -> History:
    """An instrument's prices over the last days, the latest quote last, and the gaps in them; three queries."""
    grain = grain_of(days, until=until)
    rows = _candles(instrument, grain.read_s, grain.since_s // grain.step_s * grain.step_s, grain.until_s)
    listed = list(rows.values_list("opens_at_s", "open", "high", "low", "close", "is_simulated"))
    bars = list(roll_up((Bar(*row[:5]) for row in listed), grain.step_s))
    quote = Quote.objects.filter(instrument=instrument, as_of__lte=until).first()
    if quote is not None and quote.as_of.timestamp() >= grain.since_s:
        # A price at the very end of a bar belongs to it: the next one has no length yet.
        opens_at_s = (math.ceil(quote.as_of.timestamp()) - 1) // grain.step_s * grain.step_s
        bars = _with_quote(bars, float(quote.price), opens_at_s)
    return History(
        since_s=grain.since_s,
        until_s=grain.until_s,
        step_s=grain.step_s,
        bars=bars,
        gaps=_gaps(instrument, grain.since_s, until),
        is_simulated=any(row[5] for row in listed) or bool(quote and quote.is_simulated),
    )


def closes_between(
    instrument: Instrument, *, interval_s: int, since_s: int, until_s: int
) -> tuple[np.ndarray, np.ndarray]:
    """Ends and closing prices of the candles that end in (since, until], two float64 arrays in order of time."""
    rows = _candles(instrument, interval_s, since_s - interval_s + 1, until_s - interval_s + 1)
    listed = np.array(list(rows.values_list("opens_at_s", "close")), dtype=np.float64).reshape(-1, 2)
    return listed[:, 0] + interval_s, listed[:, 1]


def _candles(instrument: Instrument, interval_s: int, since_s: int, until_s: int) -> QuerySet[Candle]:
    found = Candle.objects.filter(
        instrument=instrument, interval_s=interval_s, opens_at_s__gte=since_s, opens_at_s__lt=until_s
    )
    return found.order_by("opens_at_s")


def _with_quote(bars: list[Bar], price: float, opens_at_s: int) -> list[Bar]:
    """The bars with the present price in the bar it belongs to."""
    if bars and bars[-1].opens_at_s == opens_at_s:
        return [*bars[:-1], bars[-1].with_price(price)]
    if not bars or bars[-1].opens_at_s < opens_at_s:
        return [*bars, Bar(opens_at_s, price, price, price, price)]
    return bars


def _gaps(instrument: Instrument, since_s: int, until: datetime) -> list[tuple[float, float]]:
    since = until - timedelta(seconds=until.timestamp() - since_s)
    found: Iterable[Gap] = Gap.objects.filter(instrument=instrument, starts_at__lt=until).filter(
        Q(ends_at=None) | Q(ends_at__gt=since)
    )
    return [
        (max(gap.starts_at.timestamp(), since_s), min((gap.ends_at or until).timestamp(), until.timestamp()))
        for gap in found
    ]

"""Stretches of the price history, for charts and studies."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

import numpy as np
from django.db.models import IntegerField, Q, QuerySet
from django.db.models.functions import Cast

from touchstone.markets.bars import Bar, History, roll_up
from touchstone.markets.models import Candle, Gap, Instrument, Interval, Quote
from touchstone.statements import prepared

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
    first_s = grain.since_s // grain.step_s * grain.step_s
    listed = _bars(instrument.pk, int(grain.read_s), first_s, grain.until_s)
    bars = [Bar(*row[:5]) for row in listed]
    if grain.step_s != grain.read_s:
        bars = list(roll_up(bars, grain.step_s))
    quote = next(iter(_quote_by(instrument.pk, until)), None)
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


def closes_between(instrument_id: int, *, interval_s: int, since_s: int, until_s: int) -> tuple[np.ndarray, np.ndarray]:
    """Ends and closing prices of the candles that end in (since, until], two float64 arrays in order of time."""
    rows = _closes(instrument_id, int(interval_s), since_s - interval_s + 1, until_s - interval_s + 1)
    listed = np.fromiter(chain.from_iterable(rows), dtype=np.float64, count=2 * len(rows)).reshape(-1, 2)
    return listed[:, 0] + interval_s, listed[:, 1]


def candles_of(
    instrument: Instrument, *, interval_s: int, since_s: int | None, until_s: int, limit: int
) -> tuple[list[Candle], int | None]:
    """Candles that open in [since, until), in order of time, and where to go on if there are more than `limit`.

    Without a start: the last ones before the end.
    """
    if since_s is None:
        held = _candles(instrument.pk, interval_s, 0, until_s)
        return list(held.order_by("-opens_at_s")[:limit])[::-1], None
    found = list(_candles(instrument.pk, interval_s, since_s, until_s)[: limit + 1])
    return found[:limit], found[limit].opens_at_s if len(found) > limit else None


@prepared
def _bars(
    instrument: int, interval_s: int, since_s: int, until_s: int
) -> QuerySet[Candle, tuple[int, float, float, float, float, int]]:
    # A truth value would be converted row by row on SQLite.
    rows = _candles(instrument, interval_s, since_s, until_s).annotate(invented=Cast("is_simulated", IntegerField()))
    return rows.values_list("opens_at_s", "open", "high", "low", "close", "invented")


@prepared
def _closes(instrument: int, interval_s: int, since_s: int, until_s: int) -> QuerySet[Candle, tuple[int, float]]:
    return _candles(instrument, interval_s, since_s, until_s).values_list("opens_at_s", "close")


def _candles(instrument: int, interval_s: int, since_s: int, until_s: int) -> QuerySet[Candle]:
    found = Candle.objects.filter(
        instrument=instrument, interval_s=interval_s, opens_at_s__gte=since_s, opens_at_s__lt=until_s
    )
    return found.order_by("opens_at_s")


@prepared
def _quote_by(instrument: int, until: datetime) -> QuerySet[Quote]:
    return Quote.objects.filter(instrument=instrument, as_of__lte=until)


@prepared
def _gaps_between(instrument: int, since: datetime, until: datetime) -> QuerySet[Gap]:
    found = Gap.objects.filter(instrument=instrument, starts_at__lt=until)
    return found.filter(Q(ends_at=None) | Q(ends_at__gt=since)).order_by("starts_at")


def _with_quote(bars: list[Bar], price: float, opens_at_s: int) -> list[Bar]:
    """The bars with the present price in the bar it belongs to."""
    if bars and bars[-1].opens_at_s == opens_at_s:
        return [*bars[:-1], bars[-1].with_price(price)]
    if not bars or bars[-1].opens_at_s < opens_at_s:
        return [*bars, Bar(opens_at_s, price, price, price, price)]
    return bars


def _gaps(instrument: Instrument, since_s: int, until: datetime) -> list[tuple[float, float]]:
    since = until - timedelta(seconds=until.timestamp() - since_s)
    found = _gaps_between(instrument.pk, since, until)
    return [
        (max(gap.starts_at.timestamp(), since_s), min((gap.ends_at or until).timestamp(), until.timestamp()))
        for gap in found
    ]

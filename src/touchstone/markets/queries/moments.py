"""Prices at a moment in the past, exact or from the history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.db.models import F, FloatField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from touchstone.markets.models import Candle, Instrument, Interval, Quote

# A price that lies further back than this before the moment asked for is not called the price of that moment.
LATEST_PRICE_AGE = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class PriceThen:
    """An instrument's price at a moment; `as_of` is when that price was seen, at or before the moment."""

    price: Decimal
    as_of: datetime
    is_simulated: bool


def price_at(instrument: Instrument, at: datetime) -> PriceThen | None:
    """The price of an instrument at a moment, or None if none of the two hours before is known.

    Exact while the moment is the present; from the last finished minute or hour of the history otherwise.
    """
    quote = Quote.objects.filter(instrument=instrument).first()
    if quote is not None and timedelta(0) <= at - quote.as_of <= LATEST_PRICE_AGE:
        return PriceThen(price=quote.price, as_of=quote.as_of, is_simulated=quote.is_simulated)
    at_s = int(at.timestamp())
    found = _closed_before(at_s).filter(instrument=instrument).order_by("interval_s", "-opens_at_s").first()
    if found is None:
        return None
    as_of = datetime.fromtimestamp(found.opens_at_s + found.interval_s, tz=UTC)
    price = Decimal(repr(found.close)).quantize(Decimal("1e-10"))
    return PriceThen(price=price, as_of=as_of, is_simulated=found.is_simulated)


def closes_at(at: datetime) -> dict[int, float]:
    """Instrument id → closing price of the last minute (or hour) that was over at that moment; one query."""
    rows = _closed_before(int(at.timestamp())).filter(instrument=OuterRef("pk")).values("close")
    minute = Subquery(rows.filter(interval_s=Interval.MINUTE)[:1], output_field=FloatField())
    hour = Subquery(rows.filter(interval_s=Interval.HOUR)[:1], output_field=FloatField())
    closes = Instrument.objects.annotate(close_then=Coalesce(minute, hour)).filter(close_then__isnull=False)
    return dict(closes.values_list("pk", "close_then"))


def _closed_before(at_s: int) -> QuerySet[Candle]:
    """Candles that were over at that second but not two hours before, latest first."""
    oldest_s = at_s - int(LATEST_PRICE_AGE.total_seconds())
    over = Candle.objects.filter(interval_s__in=[Interval.MINUTE, Interval.HOUR])
    over = over.filter(opens_at_s__gt=oldest_s - F("interval_s"), opens_at_s__lte=at_s - F("interval_s"))
    return over.order_by("-opens_at_s")

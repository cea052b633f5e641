"""The latest prices as readers see them, and messages for the streams."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from touchstone.markets.formats import Direction, direction_of, format_change, format_price
from touchstone.markets.models import Instrument, Quote, StreamMessage
from touchstone.markets.stream import Message
from touchstone.statements import prepared

# Shorter than the 15 s within which a page must show a gap: the announcement takes its time too.
STALE_AFTER = timedelta(seconds=12)
MESSAGES_PER_READ = 300


@dataclass(frozen=True, slots=True)
class TickerItem:
    """One instrument with its latest price, ready to be shown.

    price_text, change_text : for readers, such as $547.41 and −0.36 %
    """

    symbol: str
    name: str
    url: str
    price: Decimal
    price_text: str
    change_24h_pct: Decimal | None
    change_text: str
    direction: Direction
    as_of: datetime
    is_stale: bool
    is_simulated: bool


def ticker(at: datetime) -> list[TickerItem]:
    """The instruments of the ticker strip in their order, with what is known of them at that moment."""
    return [describe_quote(quote, at=at) for quote in _ticker_quotes()]


@prepared
def _ticker_quotes() -> QuerySet[Quote]:
    quotes = Quote.objects.select_related("instrument").filter(
        instrument__ticker_place__isnull=False, instrument__is_active=True
    )
    return quotes.order_by("instrument__ticker_place", "instrument__symbol")


def roster() -> list[tuple[int, str, str, int | None]]:
    """What the price feed has to know of each active instrument: id, symbol, currency, place in the ticker."""
    followed = Instrument.objects.filter(is_active=True).order_by("pk")
    return list(followed.values_list("pk", "symbol", "currency", "ticker_place"))


def describe_quote(quote: Quote, *, at: datetime) -> TickerItem:
    """A quote with its instrument, ready to be shown."""
    instrument = quote.instrument
    return TickerItem(
        symbol=instrument.symbol,
        name=instrument.name,
        url=instrument.get_absolute_url(),
        price=quote.price,
        price_text=format_price(quote.price, currency=instrument.currency, decimals=instrument.price_decimals),
        change_24h_pct=quote.change_24h_pct,
        change_text=format_change(quote.change_24h_pct),
        direction=direction_of(quote.change_24h_pct),
        as_of=quote.as_of,
        is_stale=is_stale(quote.as_of, at=at),
        is_simulated=quote.is_simulated,
    )


def is_stale(as_of: datetime, *, at: datetime) -> bool:
    """Whether a price is too old to be called the present one."""
    return at - as_of > STALE_AFTER


def describe_tick(items: Iterable[TickerItem], *, at: datetime) -> dict[str, Any]:
    """The data of the stream's `tick` event: quotes as JSON-ready dictionaries, and whether any is invented."""
    listed = list(items)
    return {
        "at": _iso(at),
        "is_simulated": any(item.is_simulated for item in listed),
        "quotes": [
            {
                "symbol": item.symbol,
                "price": str(item.price),
                "price_text": item.price_text,
                "change_24h_pct": None if item.change_24h_pct is None else float(item.change_24h_pct),
                "change_text": item.change_text,
                "direction": item.direction,
                "as_of": _iso(item.as_of),
                "is_stale": item.is_stale,
            }
            for item in listed
        ],
    }


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def stream_messages_after(last_id: int) -> list[Message]:
    """Announced messages with a greater id, in order; for 0, the latest ones only. At most 300."""
    rows = StreamMessage.objects.filter(id__gt=last_id)
    if last_id:
        found = list(rows.order_by("id")[:MESSAGES_PER_READ])
    else:
        found = list(rows.order_by("-id")[:MESSAGES_PER_READ])[::-1]
    return [Message(id=str(row.pk), event=row.event, data=row.data, at=row.at) for row in found]

"""Prices as the pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from touchstone.markets.models import Quote


@dataclass(frozen=True, slots=True)
class Strip:
    """The ticker on top of every page."""

    quotes: list[Quote]
    as_of: datetime | None
    is_simulated: bool


def strip() -> Strip:
    """The latest accepted price of every instrument in the ticker."""
    quotes = list(
        Quote.objects.filter(instrument__ticker_place__isnull=False)
        .select_related("instrument")
        .order_by("instrument__ticker_place")
    )
    return Strip(
        quotes=quotes,
        as_of=min((quote.as_of for quote in quotes), default=None),
        is_simulated=any(quote.is_simulated for quote in quotes),
    )

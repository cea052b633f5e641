"""Tags that bring prices onto pages."""

from __future__ import annotations

from django import template
from django.db.models import QuerySet
from django.utils import timezone

from touchstone.markets.models import Instrument
from touchstone.statements import prepared
from touchstone.website.queries import markets

register = template.Library()


@register.simple_tag
def ticker_strip() -> markets.Strip:
    """The prices of the strip on top of every page."""
    return markets.strip(timezone.now())


@register.simple_tag
def movers() -> list[markets.BoardRow]:
    """The instruments whose prices moved most in 24 hours."""
    return markets.movers(timezone.now())


@prepared
def _instrument(symbol: str) -> QuerySet[Instrument]:
    return Instrument.objects.filter(symbol=symbol)


@register.inclusion_tag("markets/_price_chart.html")
def price_chart(symbol: str, days: int) -> dict[str, object]:
    """The price of one instrument over the last days; nothing when it is unknown or has no history."""
    instrument = next(iter(_instrument(symbol)), None)
    chart = markets.price_chart(instrument, timezone.now(), days=days) if instrument else None
    return {"instrument": instrument, "days": days, "chart": chart}

"""Tags that bring prices onto pages."""

from __future__ import annotations

from django import template
from django.utils import timezone

from touchstone.website.queries import markets

register = template.Library()


@register.simple_tag
def ticker_strip() -> markets.Strip:
    """The prices of the strip on top of every page."""
    return markets.strip(timezone.now())


@register.inclusion_tag("markets/_price_chart.html")
def price_chart(symbol: str, days: int) -> dict[str, object]:
    """The price of one instrument over some days."""
    return {"symbol": symbol, "days": days}

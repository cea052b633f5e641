"""Filters that write numbers and times."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from touchstone.markets.models import Instrument
from touchstone.website import moments, numbers

register = template.Library()
register.filter("percent", numbers.percent)
register.filter("signed_percent", numbers.signed_percent)
register.filter("direction", numbers.direction)


@register.filter
def price_of(value: Decimal, instrument: Instrument) -> str:
    """The price in the instrument's currency and decimals."""
    return numbers.price(value, currency=instrument.currency, decimals=instrument.price_decimals)


@register.filter
def counted(number: int, nouns: str) -> str:
    """The number with its noun; `nouns` is `one` or `one,many`."""
    one, _, many = nouns.partition(",")
    return numbers.counted(number, one, many)


@register.filter
def grouped(number: float) -> str:
    """A number with its thousands apart."""
    return f"{number:,}"


@register.simple_tag
def ago(then: datetime | None) -> SafeString:
    """How long ago, as a `time` element that a script keeps true."""
    if then is None:
        return SafeString("")
    words = moments.ago(then, timezone.now())
    return format_html('<time datetime="{}" data-ago>{}</time>', moments.machine(then), words)


@register.simple_tag
def stamp(then: datetime | None) -> SafeString:
    """Date and time in full, as a `time` element."""
    if then is None:
        return SafeString("")
    return format_html('<time datetime="{}">{}</time>', moments.machine(then), moments.stamp(then))


@register.simple_tag
def clock(then: datetime | None) -> SafeString:
    """The time of day, as a `time` element."""
    if then is None:
        return SafeString("")
    return format_html('<time datetime="{}">{}</time>', moments.machine(then), moments.clock(then))


@register.simple_tag
def today() -> SafeString:
    """The date on which the page was made, as the masthead shows it."""
    now = timezone.now()
    return format_html('<time datetime="{}" data-today>{}</time>', f"{now:%Y-%m-%d}", f"{now:%A}, {moments.day(now)}")

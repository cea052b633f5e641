"""Figures as readers see them: shares, prices, changes and counts."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

# Charts write the same hundreds of closing prices at every baking.
PRICES_KEPT = 16_384
# One verdict rounds the same figures for its badge, its panel and its spoken form.
FIGURES_KEPT = 4_096
MINUS = "−"
SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}

Number = Decimal | float | int


@lru_cache(maxsize=FIGURES_KEPT)
def rounded(value: Number, *, decimals: int = 0) -> Decimal:
    """The value rounded half away from zero, as people do it on paper."""
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


@lru_cache(maxsize=FIGURES_KEPT)
def share_pct(real: int, fake: int) -> int:
    """The real votes in per cent; never 100 or 0 while somebody disagrees. No votes give 0."""
    if real + fake == 0:
        return 0
    whole = int(rounded(Decimal(100 * real) / Decimal(real + fake)))
    if fake and whole == 100:
        return 99
    return 1 if real and whole == 0 else whole


def percent(value: Number, *, decimals: int = 0) -> str:
    """A per cent value with its sign after a space, such as `94 %`."""
    return f"{_signless(rounded(value, decimals=decimals))} %"


def signed_percent(value: Number | None, *, decimals: int = 2) -> str:
    """A change in per cent with its direction, such as `−0.36 %` or `+1.20 %`; a dash when unknown."""
    if value is None:
        return "–"
    number = rounded(value, decimals=decimals)
    return f"{'+' if number > 0 else ''}{_signless(number)} %"


@lru_cache(maxsize=PRICES_KEPT)
def price(value: Number, *, currency: str = "USD", decimals: int = 2) -> str:
    """A price such as `$1,564.67`; a currency without a common sign stands behind the number."""
    number = rounded(value, decimals=decimals)
    text = f"{abs(number):,}"
    sign = MINUS if number < 0 else ""
    return f"{sign}{SIGNS[currency]}{text}" if currency in SIGNS else f"{sign}{text} {currency}"


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun, such as `1 vote` or `1,204 votes`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def direction(value: Number | None) -> str:
    """Which way a change goes: up, down or flat."""
    if not value:
        return "flat"
    return "up" if value > 0 else "down"


def _signless(number: Decimal) -> str:
    return f"{MINUS if number < 0 else ''}{abs(number):,}"

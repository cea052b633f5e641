"""Prices and changes as readers see them."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal

MINUS = "\u2212"
CURRENCY_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}

Direction = Literal["up", "down", "flat"]


def format_price(price: Decimal | float, *, currency: str, decimals: int) -> str:
    """A price such as $58,633.77, or 58,633.77 CHF where the currency has no sign."""
    amount = f"{Decimal(str(price)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN):,f}"
    sign = CURRENCY_SIGNS.get(currency)
    return f"{sign}{amount}" if sign else f"{amount} {currency}"


def format_change(change_pct: Decimal | float | None, *, decimals: int = 2) -> str:
    """A change such as +1.20 % or −0.36 %; an en dash where it is unknown."""
    if change_pct is None:
        return "–"
    rounded = Decimal(str(change_pct)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)
    sign = MINUS if rounded < 0 else "+" if rounded > 0 else ""
    return f"{sign}{abs(rounded):,f} %"


def direction_of(change_pct: Decimal | float | None, *, decimals: int = 2) -> Direction:
    """Whether a change, as it is shown, goes up, down or nowhere."""
    if change_pct is None or not round(change_pct, decimals):
        return "flat"
    return "up" if change_pct > 0 else "down"

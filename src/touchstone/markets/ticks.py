"""A price as it comes from a source, and as it is once it has been found good."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum

# What fits the quote's column: 24 digits, 10 of them after the point.
PRICE_STEP = Decimal("1e-10")
PRICE_CEILING = Decimal("1e14")


class Refusal(StrEnum):
    """Why a tick was refused."""

    UNKNOWN_INSTRUMENT = "unknown_instrument"
    NOT_A_NUMBER = "not_a_number"
    NOT_FINITE = "not_finite"
    NOT_POSITIVE = "not_positive"
    OUT_OF_RANGE = "out_of_range"
    NO_TIME = "no_time"
    STALE = "stale"
    FUTURE = "future"
    DUPLICATE = "duplicate"
    OUT_OF_ORDER = "out_of_order"
    JUMP = "jump"


@dataclass(frozen=True, slots=True)
class RawTick:
    """What a source says, unchecked: the price may be anything, the time may be missing.

    change_24h_pct : the source's own figure, used only while our own history is too short
    """

    symbol: str
    price: object
    at: datetime | None
    change_24h_pct: object = None

    def __str__(self) -> str:
        return f"{self.symbol[:16]} {str(self.price)[:40]} at {self.at}"


@dataclass(frozen=True, slots=True)
class Tick:
    """A good price: finite, positive, fresh, in order, and near the others."""

    symbol: str
    price: Decimal
    at: datetime
    source: str
    change_24h_pct: Decimal | None = None


def read_price(value: object) -> Decimal | Refusal:
    """The price as a Decimal of at most ten decimals, or why it is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return Refusal.NOT_A_NUMBER
    try:
        price = Decimal(str(value).strip())
    except InvalidOperation:
        return Refusal.NOT_A_NUMBER
    if not price.is_finite():
        return Refusal.NOT_FINITE
    if price >= PRICE_CEILING:
        return Refusal.OUT_OF_RANGE
    if price < PRICE_STEP:
        return Refusal.NOT_POSITIVE
    return price.quantize(PRICE_STEP)


def read_change(value: object) -> Decimal | None:
    """A source's 24-hour change in percent if it is believable, else None."""
    try:
        change = Decimal(str(value))
    except InvalidOperation:
        return None
    is_believable = change.is_finite() and Decimal(-100) < change < Decimal(100_000)
    return change.quantize(Decimal("1e-4")) if is_believable else None

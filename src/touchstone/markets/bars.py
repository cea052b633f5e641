"""Bars: the prices of an interval in four numbers; built from single prices, and longer ones from shorter ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby


@dataclass(frozen=True, slots=True)
class Bar:
    """First, highest, lowest and last price of the interval that starts at `opens_at_s` (seconds since 1970)."""

    opens_at_s: int
    open: float
    high: float
    low: float
    close: float

    def with_price(self, price: float) -> Bar:
        """The bar after one more price."""
        return replace(self, high=max(self.high, price), low=min(self.low, price), close=price)


class BarBuilder:
    """Collects an instrument's prices into bars of one interval."""

    def __init__(self, interval_s: int) -> None:
        self._interval_s = interval_s
        self._current: Bar | None = None

    @property
    def current(self) -> Bar | None:
        """The bar that is still being built."""
        return self._current

    def add(self, price: float, at_s: float) -> Bar | None:
        """Take one price; the bar that this finished, if any. A price from before the current bar is left out."""
        opens_at_s = int(at_s) // self._interval_s * self._interval_s
        held = self._current
        if held is not None and opens_at_s < held.opens_at_s:
            return None
        if held is not None and opens_at_s == held.opens_at_s:
            self._current = held.with_price(price)
            return None
        self._current = Bar(opens_at_s, price, price, price, price)
        return held


def roll_up(bars: Iterable[Bar], interval_s: int) -> Iterator[Bar]:
    """Longer bars from shorter ones in time order; an interval without any is left out."""
    for opens_at_s, group in groupby(bars, key=lambda bar: bar.opens_at_s // interval_s * interval_s):
        parts = list(group)
        yield Bar(
            opens_at_s=opens_at_s,
            open=parts[0].open,
            high=max(part.high for part in parts),
            low=min(part.low for part in parts),
            close=parts[-1].close,
        )

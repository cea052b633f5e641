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


@dataclass(frozen=True, slots=True)
class History:
    """Bars of a stretch of time, the times without prices in it, and whether any price is invented.

    since_s, until_s : the stretch, seconds since 1970
    gaps             : (start, end) in seconds since 1970, cut to the stretch
    """

    since_s: int
    until_s: int
    step_s: int
    bars: list[Bar]
    gaps: list[tuple[float, float]]
    is_simulated: bool

    @property
    def points(self) -> list[tuple[float, float]]:
        """(time, price) at the end of each bar, seconds since 1970; the last one may not be over yet."""
        return [(float(min(bar.opens_at_s + self.step_s, self.until_s)), bar.close) for bar in self.bars]


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


def bars_of(prices: Iterable[tuple[float, float]], interval_s: int) -> Iterator[Bar]:
    """Bars of single prices, given as (seconds since 1970, price) in order of time."""
    builder = BarBuilder(interval_s)
    for at_s, price in prices:
        finished = builder.add(price, at_s)
        if finished is not None:
            yield finished
    if builder.current is not None:
        yield builder.current

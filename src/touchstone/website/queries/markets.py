"""Prices as the pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from touchstone.markets.queries import TickerItem, ticker


@dataclass(frozen=True, slots=True)
class Strip:
    """The ticker on top of every page."""

    items: list[TickerItem]

    @property
    def as_of(self) -> datetime | None:
        """When the oldest of its prices was seen."""
        return min((item.as_of for item in self.items), default=None)

    @property
    def is_simulated(self) -> bool:
        """Whether any price is invented."""
        return any(item.is_simulated for item in self.items)


def strip(at: datetime) -> Strip:
    """The latest accepted price of every instrument in the ticker."""
    return Strip(ticker(at))

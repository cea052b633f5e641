"""Where prices come from: one source per file, all with the same shape."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Sequence
from datetime import datetime
from typing import Protocol

from touchstone.markets.bars import Bar
from touchstone.markets.ticks import RawTick


class Provider(Protocol):
    """A source of prices.

    name         : how the desk calls it, at most 40 characters
    is_simulated : whether its prices are invented or replayed, which every page then says
    """

    name: str
    is_simulated: bool

    def ticks(self, symbols: Sequence[str]) -> AsyncGenerator[list[RawTick], None]:
        """Batches of unchecked ticks, until the source ends or the caller stops.

        Raises SourceLost when the connection breaks; the caller waits and calls again.
        """
        ...

    def bars(self, symbol: str, *, interval_s: int, since: datetime, until: datetime) -> Iterator[Bar]:
        """Bars that open in [since, until), in time order without duplicates; nothing for an unknown symbol.

        Raises SourceLost, or PricesUnreadable for a file.
        """
        ...

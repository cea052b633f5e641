"""Makes instruments and scripted sources for the markets' tests."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from touchstone.markets.bars import Bar
from touchstone.markets.models import Instrument
from touchstone.markets.ticks import RawTick

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def after(seconds: float) -> datetime:
    """That many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def make_instrument(symbol: str = "BTC", **fields: object) -> Instrument:
    """An instrument in the ticker."""
    return Instrument.objects.create(
        **{"symbol": symbol, "slug": symbol.lower(), "name": symbol, "ticker_place": 1, **fields}
    )


class QuietSource:
    """A source that says nothing by itself; the test speaks for it."""

    def __init__(self, name: str = "quiet", *, is_simulated: bool = False) -> None:
        self.name = name
        self.is_simulated = is_simulated

    async def ticks(self, symbols: Sequence[str]) -> AsyncGenerator[list[RawTick], None]:
        """Nothing."""
        for symbol in symbols[:0]:
            yield [RawTick(symbol, 0, None)]

    def bars(self, symbol: str, *, interval_s: int, since: datetime, until: datetime) -> Iterator[Bar]:
        """Nothing."""
        return iter(())

"""An invented market that works without a network: a seeded walk that starts at given quotes."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count

import numpy as np

from touchstone.markets.bars import Bar, roll_up
from touchstone.markets.ticks import RawTick

SECONDS_PER_YEAR = 365 * 86_400
MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400
MINUTE_DAYS = 3
HOUR_DAYS = 400
# The reference price of 24 hours ago stays flat this long, so that the opening's change holds for the first minutes.
FLAT_MINUTES = 5
MARKET_VOLATILITY = 0.45


@dataclass(frozen=True, slots=True)
class Opening:
    """Where an invented instrument starts.

    change_24h_pct : its change over the 24 hours before, percent
    beta           : how much of the common market's movement it takes part in
    volatility     : standard deviation of its own movement, as a fraction per year
    """

    symbol: str
    price: Decimal
    change_24h_pct: Decimal = Decimal(0)
    beta: float = 1.0
    volatility: float = 0.5


class SimulatedMarket:
    """Invented prices: the same seed and openings give the same walk and the same history, to the last digit.

    opened_at : the moment at which the prices are those of the openings; history lies before it, ticks after
    hold_s    : seconds for which the ticks repeat the openings before the walk begins
    """

    name = "simulated"
    is_simulated = True

    def __init__(
        self,
        openings: Sequence[Opening],
        *,
        opened_at: datetime,
        seed: int = 1,
        hold_s: float = 0.0,
        every_s: float = 1.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._openings = {opening.symbol: opening for opening in openings}
        self._opened_at_s = int(opened_at.timestamp()) // MINUTE_S * MINUTE_S
        self._seed = seed
        self._hold_ticks = round(hold_s / every_s)
        self._every_s = every_s
        self._clock = clock
        self._sleep = sleep

    async def ticks(self, symbols: Sequence[str]) -> AsyncGenerator[list[RawTick], None]:
        """One tick of every known symbol each `every_s` seconds, for ever."""
        openings = [self._openings[symbol] for symbol in symbols if symbol in self._openings]
        walk = self._walk(openings)
        for number in count():
            prices = [opening.price for opening in openings] if number <= self._hold_ticks else next(walk)
            now = self._clock()
            yield [RawTick(opening.symbol, price, now) for opening, price in zip(openings, prices, strict=True)]
            await self._sleep(self._every_s)

    def _walk(self, openings: Sequence[Opening]) -> Iterator[list[Decimal]]:
        """Prices after each step, one list per step."""
        market = self._generator("market", "ticks")
        own = {opening.symbol: self._generator(opening.symbol, "ticks") for opening in openings}
        scale = (self._every_s / SECONDS_PER_YEAR) ** 0.5
        logs = {opening.symbol: 0.0 for opening in openings}
        while True:
            common = market.standard_normal() * MARKET_VOLATILITY * scale
            prices = []
            for opening in openings:
                noise = own[opening.symbol].standard_normal() * opening.volatility * scale
                logs[opening.symbol] += opening.beta * common + noise
                price = opening.price * Decimal(repr(float(np.exp(logs[opening.symbol]))))
                prices.append(price.quantize(Decimal("1e-8")))
            yield prices

    def bars(self, symbol: str, *, interval_s: int, since: datetime, until: datetime) -> Iterator[Bar]:
        """Invented history up to the opening: minutes for 3 days, hours and days for 400."""
        opening = self._openings.get(symbol)
        if opening is None:
            return
        made = self._minutes(opening) if interval_s == MINUTE_S else self._hours(opening)
        longer = made if interval_s in (MINUTE_S, HOUR_S) else roll_up(made, interval_s)
        for bar in longer:
            if since.timestamp() <= bar.opens_at_s < until.timestamp():
                yield bar

    def _minutes(self, opening: Opening) -> Iterator[Bar]:
        logs = self._minute_logs(opening)
        start = self._opened_at_s - MINUTE_DAYS * DAY_S
        yield from self._bars_between(logs, start, MINUTE_S, self._generator(opening.symbol, "minute wicks"))

    def _hours(self, opening: Opening) -> Iterator[Bar]:
        """Hours of long ago as a walk of their own that ends where the minutes begin; recent ones from minutes."""
        minutes = list(self._minutes(opening))
        first_hour = minutes[0].opens_at_s // HOUR_S * HOUR_S
        steps = (HOUR_DAYS - MINUTE_DAYS) * 24
        returns = self._returns(opening, "hours", steps, HOUR_S)
        logs = np.log(minutes[0].open) - np.concatenate([[0.0], np.cumsum(returns)])[::-1]
        yield from self._bars_between(
            logs, first_hour - steps * HOUR_S, HOUR_S, self._generator(opening.symbol, "hour wicks")
        )
        yield from roll_up(minutes, HOUR_S)

    def _minute_logs(self, opening: Opening) -> np.ndarray:
        """Logarithms of the prices at the minute marks of the last days; ends at the opening price.

        float64, shape (n_minutes + 1,); the mark 24 hours before the end is where the opening's change puts it.
        """
        steps = MINUTE_DAYS * DAY_S // MINUTE_S
        returns = self._returns(opening, "minutes", steps, MINUTE_S)
        end = float(np.log(float(opening.price)))
        logs = end - np.concatenate([[0.0], np.cumsum(returns[::-1])])[::-1]
        day_ago = steps - DAY_S // MINUTE_S
        reference = end - float(np.log1p(float(opening.change_24h_pct) / 100))
        flat_end = day_ago + FLAT_MINUTES
        logs[flat_end:] += (reference - logs[flat_end]) * np.linspace(1.0, 0.0, steps + 1 - flat_end)
        logs[:day_ago] += reference - logs[day_ago]
        logs[day_ago:flat_end] = reference
        return logs

    def _returns(self, opening: Opening, stretch: str, steps: int, step_s: int) -> np.ndarray:
        scale = (step_s / SECONDS_PER_YEAR) ** 0.5
        common = self._generator("market", stretch).standard_normal(steps) * MARKET_VOLATILITY
        own = self._generator(opening.symbol, stretch).standard_normal(steps) * opening.volatility
        returns: np.ndarray = (opening.beta * common + own) * scale
        return returns

    @staticmethod
    def _bars_between(logs: np.ndarray, start_s: int, step_s: int, rng: np.random.Generator) -> Iterator[Bar]:
        """One bar between each two marks, with wicks a little beyond them."""
        marks = np.exp(logs)
        spread = np.abs(np.diff(logs)).mean() * 0.4
        above, below = np.abs(rng.standard_normal((2, len(marks) - 1))) * spread
        highs = np.maximum(marks[:-1], marks[1:]) * np.exp(above)
        lows = np.minimum(marks[:-1], marks[1:]) * np.exp(-below)
        rows = zip(marks[:-1].tolist(), highs.tolist(), lows.tolist(), marks[1:].tolist(), strict=True)
        for number, (first, high, low, last) in enumerate(rows):
            yield Bar(start_s + number * step_s, first, high, low, last)

    def _generator(self, *path: str) -> np.random.Generator:
        keys = [zlib.crc32(part.encode()) for part in path]
        return np.random.default_rng([self._seed, *keys])

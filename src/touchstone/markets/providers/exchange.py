"""Live prices of one exchange through ccxt: WebSocket first, REST while that fails. Needs the extra `live`.

ccxt keeps its own connections, outside `touchstone.net`, to hosts that the operator chose by the exchange's name; it is
loaded in the feed's process only.
"""

from __future__ import annotations

import asyncio
import math
import sys
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

from touchstone.markets.bars import Bar
from touchstone.markets.errors import ExtraMissing, SourceLost, UnknownExchange
from touchstone.markets.ticks import RawTick

# Dollar prices are taken from the first of these that an exchange trades the instrument against.
DOLLARS = ("USD", "USDT", "USDC")
SAMPLE_S = 0.25
SILENCE_S = 6.0
REST_EVERY_S = 3.0
REST_LASTS_S = 30.0
TIMEOUT_MS = 5000
BARS_PER_CALL = 500
INTERVALS = {60: "1m", 3600: "1h", 86_400: "1d"}

Adjust = Callable[[Any], None]


class ExchangePrices:
    """One exchange's spot prices.

    adjust : changes a fresh ccxt client, for example its addresses; tests point it at a simulator
    """

    is_simulated = False

    def __init__(
        self, exchange: str, *, currencies: Mapping[str, str] | None = None, adjust: Adjust | None = None
    ) -> None:
        """`currencies`: symbol → currency of its price; else USD. Raises ExtraMissing, UnknownExchange."""
        self.name = exchange
        self._currencies = currencies or {}
        self._adjust = adjust
        known = _load_ccxt("ccxt.pro").exchanges
        if exchange not in known:
            raise UnknownExchange(exchange, tuple(known))

    async def ticks(self, symbols: Sequence[str]) -> AsyncGenerator[list[RawTick], None]:
        """Changed prices a few times a second. Raises SourceLost when neither WebSocket nor REST answers."""
        failures = 0
        while True:
            try:
                async with aclosing(self._watched(symbols)) as batches:
                    async for batch in batches:
                        failures = 0
                        yield batch
            except SourceLost:
                failures += 1
                if failures > 1:
                    raise
            async with aclosing(self._polled(symbols)) as batches:
                async for batch in batches:
                    failures = 0
                    yield batch

    async def _watched(self, symbols: Sequence[str]) -> AsyncGenerator[list[RawTick], None]:
        """Ticks over WebSocket until it fails or falls silent, then SourceLost."""
        client = self._client("ccxt.pro")
        try:
            pairs = self._traded(await client.load_markets(), symbols)
            seen: dict[str, object] = {}
            while True:
                await asyncio.wait_for(client.watch_tickers(list(pairs)), SILENCE_S)
                # Many messages in a burst are one batch: waiting for each costs more than reading them.
                await asyncio.sleep(SAMPLE_S)
                batch = _changed(client.tickers, pairs, seen)
                if batch:
                    yield batch
        except TimeoutError as err:
            raise SourceLost(self.name, f"no message for {SILENCE_S:g} s") from err
        except _failures() as err:
            raise SourceLost(self.name, _one_line(err)) from err
        finally:
            await client.close()

    async def _polled(self, symbols: Sequence[str]) -> AsyncGenerator[list[RawTick], None]:
        """Ticks by asking every few seconds, for half a minute."""
        client = self._client("ccxt.async_support")
        try:
            pairs = self._traded(await client.load_markets(), symbols)
            seen: dict[str, object] = {}
            for _ in range(math.ceil(REST_LASTS_S / REST_EVERY_S)):
                batch = _changed(await client.fetch_tickers(list(pairs)), pairs, seen)
                if batch:
                    yield batch
                await asyncio.sleep(REST_EVERY_S)
        except _failures() as err:
            raise SourceLost(self.name, _one_line(err)) from err
        finally:
            await client.close()

    def _traded(self, markets: Mapping[str, Any], symbols: Sequence[str]) -> dict[str, str]:
        pairs = _pairs(markets, symbols, self._currencies)
        if not pairs:
            raise SourceLost(self.name, "it trades none of our instruments")
        return pairs

    def bars(self, symbol: str, *, interval_s: int, since: datetime, until: datetime) -> Iterator[Bar]:
        """The exchange's own history, a few hundred bars a call. Raises SourceLost."""
        client = self._client("ccxt")
        try:
            pairs = _pairs(client.load_markets(), [symbol], self._currencies)
            for pair in pairs:
                yield from self._bars_of(client, pair, interval_s, since, until)
        except _failures() as err:
            raise SourceLost(self.name, _one_line(err)) from err

    def _bars_of(self, client: Any, pair: str, interval_s: int, since: datetime, until: datetime) -> Iterator[Bar]:
        next_s = math.ceil(since.timestamp() / interval_s) * interval_s
        while next_s < until.timestamp():
            rows = client.fetch_ohlcv(pair, INTERVALS[interval_s], next_s * 1000, BARS_PER_CALL)
            fresh = [bar for bar in map(_bar, rows) if bar and next_s <= bar.opens_at_s < until.timestamp()]
            yield from fresh
            if not fresh:
                next_s += BARS_PER_CALL * interval_s
            else:
                next_s = fresh[-1].opens_at_s + interval_s

    def _client(self, module: str) -> Any:
        client = getattr(_load_ccxt(module), self.name)({"enableRateLimit": True, "timeout": TIMEOUT_MS})
        _leave_buffer_alone()
        # Spot markets are all we price; the rest would cost several slow calls at every start.
        client.options["fetchMarkets"] = (
            {"types": ["spot"]} if self.name == "binance" else client.options.get("fetchMarkets")
        )
        client.has["fetchCurrencies"] = False
        client.safe_ticker = _light_ticker
        if self._adjust is not None:
            self._adjust(client)
        return client


def _load_ccxt(module: str) -> Any:
    try:
        return __import__(module, fromlist=["exchanges"])
    except ImportError as err:
        raise ExtraMissing("live") from err


def _leave_buffer_alone() -> None:
    """Keep ccxt from emptying aiohttp's buffer behind its back.

    It puts the sizes right for older aiohttp only. With 3.14, which also counts a constant per message, the count
    grows with every burst until aiohttp pauses reading for ever: 500 messages a second fell silent after 10 seconds.
    """
    client = getattr(sys.modules.get("ccxt.async_support.base.ws.client"), "Client", None)
    if client is not None:
        client.buffer = property(lambda _self: None)


def _failures() -> tuple[type[Exception], ...]:
    """What ccxt raises when an exchange is away, or answers with something it cannot read."""
    return _load_ccxt("ccxt").BaseError, OSError, ValueError, TypeError, KeyError, ArithmeticError


def _light_ticker(ticker: dict[str, Any], market: Any = None) -> dict[str, Any]:  # noqa: ARG001
    """In place of ccxt's `safe_ticker`, which works out a dozen figures nobody here reads, in slow decimal strings.

    It also raises on a price such as "NaN", and with it loses every other instrument's; the gate refuses and counts.
    """
    return {**ticker, "last": ticker.get("last") or ticker.get("close")}


def _pairs(markets: Mapping[str, Any], symbols: Sequence[str], currencies: Mapping[str, str]) -> dict[str, str]:
    """The exchange's active spot pair → our symbol, for every instrument it trades."""
    found = {}
    for symbol in symbols:
        currency = currencies.get(symbol, "USD")
        quotes = DOLLARS if currency == "USD" else (currency,)
        names = (f"{symbol}/{quote}" for quote in quotes)
        pair = next((name for name in names if _is_traded(markets.get(name))), None)
        if pair:
            found[pair] = symbol
    return found


def _is_traded(market: Mapping[str, Any] | None) -> bool:
    return bool(market and market.get("spot") and market.get("active") is not False)


def _changed(tickers: Mapping[str, Any], pairs: Mapping[str, str], seen: dict[str, object]) -> list[RawTick]:
    """What is new since the last look; `seen` remembers the messages themselves."""
    batch = []
    for pair, symbol in pairs.items():
        ticker = tickers.get(pair)
        if ticker is None or seen.get(pair) is ticker:
            continue
        seen[pair] = ticker
        stamp = ticker.get("timestamp")
        at = datetime.fromtimestamp(stamp / 1000, tz=UTC) if isinstance(stamp, int) and 0 < stamp < 1e14 else None
        batch.append(RawTick(symbol, ticker.get("last"), at, change_24h_pct=_change_pct(ticker)))
    return batch


def _change_pct(ticker: Mapping[str, Any]) -> object:
    """The exchange's 24-hour change in per cent, from its opening price where it names only that; None if neither."""
    if ticker.get("percentage") is not None:
        return ticker["percentage"]
    try:
        return (float(ticker["last"]) / float(ticker["open"]) - 1) * 100
    except (KeyError, TypeError, ValueError, ArithmeticError):
        return None


def _bar(row: Sequence[Any]) -> Bar | None:
    """A bar from an exchange's row, or None if its numbers cannot be prices."""
    opens_ms, *prices = row[:5]
    if len(prices) != 4 or not all(isinstance(price, int | float) and 0 < price < 1e14 for price in prices):
        return None
    first, high, low, last = map(float, prices)
    return Bar(int(opens_ms) // 1000, first, max(prices), min(prices), last) if low <= high else None


def _one_line(err: BaseException) -> str:
    return " ".join(f"{type(err).__name__}: {err}".split())[:200]

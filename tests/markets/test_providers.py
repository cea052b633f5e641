"""What every source of prices has in common, whatever it is behind."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from tests.markets.exchange_process import running_exchange

from touchstone.markets import demo
from touchstone.markets.providers import Provider
from touchstone.markets.providers.exchange import ExchangePrices
from touchstone.markets.providers.recorded import RecordedPrices
from touchstone.markets.providers.simulated import SimulatedMarket
from touchstone.markets.ticks import RawTick, read_price

MINUTES = 3 * 60


@pytest.fixture(scope="module")
def exchange():
    with running_exchange("BTC,ETH") as peer:
        yield peer


@pytest.fixture(params=["simulated", "recorded", "exchange"])
def provider(request, exchange, tmp_path: Path) -> Provider:
    if request.param == "exchange":
        return ExchangePrices("binance", adjust=exchange.adjust)
    if request.param == "recorded":
        return RecordedPrices(write_prices(tmp_path / "p.csv"), speed=1000)
    return SimulatedMarket([each.opening for each in demo.INSTRUMENTS], opened_at=datetime.now(UTC), every_s=0.01)


def write_prices(path: Path) -> Path:
    start = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=MINUTES)
    lines = [
        f"{(start + timedelta(minutes=minute)).isoformat()},{symbol},{price + minute / 100}"
        for minute in range(MINUTES)
        for symbol, price in (("BTC", 100), ("ETH", 10))
    ]
    path.write_text("\n".join(["time,instrument,price", *lines]))
    return path


def collect(provider: Provider, symbols: list[str], batches: int) -> list[RawTick]:
    async def listen() -> list[RawTick]:
        found: list[RawTick] = []
        ticks = provider.ticks(symbols)
        for _ in range(batches):
            found += await asyncio.wait_for(anext(ticks), timeout=20)
        await ticks.aclose()
        return found

    return asyncio.run(listen())


def bars_of(provider: Provider, symbol: str, interval_s: int = 60) -> Iterator:
    now = datetime.now(UTC)
    return provider.bars(symbol, interval_s=interval_s, since=now - timedelta(hours=2), until=now)


def test_it_has_a_short_name_and_says_whether_it_is_invented(provider: Provider) -> None:
    assert 0 < len(provider.name) <= 40
    assert isinstance(provider.is_simulated, bool)


def test_ticks_are_of_the_instruments_asked_for_with_a_price_and_the_present_time(provider: Provider) -> None:
    before = datetime.now(UTC)
    ticks = collect(provider, ["BTC", "ETH", "NOPE"], 3)
    assert {tick.symbol for tick in ticks} == {"BTC", "ETH"}
    for tick in ticks:
        assert read_price(tick.price) > 0  # type: ignore[operator]
        assert tick.at is not None
        assert abs(tick.at - before) < timedelta(seconds=60)


def test_times_of_an_instrument_ascend(provider: Provider) -> None:
    times = [tick.at for tick in collect(provider, ["BTC"], 5)]
    assert all(earlier < later for earlier, later in pairwise(times))


def test_bars_ascend_on_the_interval_and_hold_prices_in_order(provider: Provider) -> None:
    bars = list(bars_of(provider, "BTC"))
    assert 100 <= len(bars) <= 121
    assert all(later.opens_at_s > earlier.opens_at_s for earlier, later in pairwise(bars))
    assert all(bar.opens_at_s % 60 == 0 for bar in bars)
    assert all(0 < bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high for bar in bars)


def test_bars_lie_within_the_time_asked_for(provider: Provider) -> None:
    until = datetime.now(UTC) - timedelta(minutes=30)
    since = until - timedelta(minutes=30)
    bars = list(provider.bars("BTC", interval_s=60, since=since, until=until))
    assert bars
    assert all(since.timestamp() <= bar.opens_at_s < until.timestamp() for bar in bars)


def test_an_unknown_instrument_has_no_bars(provider: Provider) -> None:
    assert list(bars_of(provider, "NOPE")) == []

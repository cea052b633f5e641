"""The invented market starts where it is told and is the same every time."""

from __future__ import annotations

import asyncio
import itertools
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from tests.markets.makers import NOON

from touchstone.markets import demo
from touchstone.markets.bars import Bar, roll_up
from touchstone.markets.providers.simulated import SimulatedMarket

OPENINGS = [each.opening for each in demo.INSTRUMENTS]
LONG_AGO = NOON - timedelta(days=1000)
OPENED = NOON + timedelta(minutes=34, seconds=56)


def batches(market: SimulatedMarket, symbols: list[str], number: int) -> list[list[Decimal]]:
    async def collect() -> list[list[Decimal]]:
        found = []
        async for batch in market.ticks(symbols):
            found.append([Decimal(str(raw.price)) for raw in batch])
            if len(found) == number:
                break
        return found

    return asyncio.run(collect())


async def no_sleep(_seconds: float) -> None:
    return None


def make_market(seed: int = demo.SEED, opened_at: datetime = OPENED, hold_s: float = 0) -> SimulatedMarket:
    return SimulatedMarket(
        OPENINGS, opened_at=opened_at, seed=seed, hold_s=hold_s, clock=lambda: opened_at, sleep=no_sleep
    )


def history(symbol: str, interval_s: int, market: SimulatedMarket | None = None) -> list[Bar]:
    market = market or make_market()
    return list(market.bars(symbol, interval_s=interval_s, since=LONG_AGO, until=OPENED))


def test_the_first_batch_is_exactly_the_opening() -> None:
    first = batches(make_market(), ["BNB", "XRP", "ETH", "BTC"], 1)[0]
    assert first == [Decimal("547.41"), Decimal("1.03"), Decimal("1564.67"), Decimal("58633.77")]


def test_the_opening_holds_as_long_as_told_and_then_moves() -> None:
    found = batches(make_market(hold_s=3), ["BTC"], 6)
    assert found[:4] == [[Decimal("58633.77")]] * 4
    assert len({price for (price,) in found[3:]}) == 3


def test_the_same_seed_walks_the_same_way_and_another_does_not() -> None:
    one, same, other = (batches(make_market(seed), ["BTC", "ETH"], 50) for seed in (1, 1, 2))
    assert one == same
    assert one[1:] != other[1:]


def test_an_unknown_symbol_gets_neither_ticks_nor_history() -> None:
    assert batches(make_market(), ["NOPE"], 1) == [[]]
    assert history("NOPE", 60) == []


@pytest.mark.parametrize("each", demo.INSTRUMENTS, ids=lambda each: each.symbol)
def test_history_ends_at_the_opening_price_and_a_day_before_at_its_change(each: demo.DemoInstrument) -> None:
    bars = history(each.symbol, 60)
    assert bars[-1].close == pytest.approx(float(each.price), rel=1e-12)
    closes = {bar.opens_at_s + 60: bar.close for bar in bars}
    day_ago = bars[-1].opens_at_s + 60 - 86_400
    for minute in range(6):
        change = (float(each.price) / closes[day_ago + 60 * minute] - 1) * 100
        assert change == pytest.approx(float(each.change_24h_pct), abs=1e-9)


@pytest.mark.parametrize("interval_s", [60, 3600, 86_400])
def test_bars_follow_each_other_without_gap_or_contradiction(interval_s: int) -> None:
    bars = history("ETH", interval_s)
    starts = [bar.opens_at_s for bar in bars]
    assert all(later - earlier == interval_s for earlier, later in itertools.pairwise(starts))
    assert all(start % interval_s == 0 for start in starts)
    assert all(0 < bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high for bar in bars)
    assert all(later.open == pytest.approx(earlier.close) for earlier, later in itertools.pairwise(bars))


def test_hours_agree_with_their_minutes() -> None:
    hours = {bar.opens_at_s: bar for bar in history("BTC", 3600)}
    for made in roll_up(history("BTC", 60), 3600):
        assert hours[made.opens_at_s] == made


def test_no_instrument_of_the_demo_strays_far_in_its_year() -> None:
    for each in demo.INSTRUMENTS:
        closes = [bar.close for bar in history(each.symbol, 86_400)]
        assert max(closes) / min(closes) < 4.5

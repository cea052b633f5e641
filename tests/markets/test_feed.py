"""From ticks to quotes, bars, gaps and reports."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from tests.markets.makers import NOON, QuietSource, after, make_instrument

from touchstone.markets import actions, queries
from touchstone.markets.feed import Recorder
from touchstone.markets.gate import GateRules
from touchstone.markets.models import Candle, Gap, PriceSource, Quote, StreamMessage
from touchstone.markets.ticks import RawTick

pytestmark = pytest.mark.django_db


def feed_price(recorder: Recorder, price: object, at: datetime, *, source: str = "quiet", symbol: str = "BTC") -> None:
    recorder.take(source, [RawTick(symbol, price, at)], now=at)
    recorder.flush(now=at)


def test_a_good_tick_becomes_the_quote_and_is_announced() -> None:
    make_instrument()
    feed_price(Recorder([QuietSource(is_simulated=True)], at=NOON), "101.5", NOON)
    quote = Quote.objects.get()
    assert (quote.price, quote.as_of, quote.source, quote.is_simulated) == (Decimal("101.5"), NOON, "quiet", True)
    message = StreamMessage.objects.get(event="tick")
    data = json.loads(message.data)
    assert data["is_simulated"] is True
    assert data["quotes"][0]["price_text"] == "$101.50"


def test_a_bad_tick_changes_nothing_and_is_counted_with_its_reason() -> None:
    make_instrument()
    recorder = Recorder([QuietSource()], at=NOON)
    feed_price(recorder, 100, NOON)
    for second, price in enumerate(["NaN", 0, -1, "1e308", 1_000_000], start=1):
        feed_price(recorder, price, after(second))
    recorder.report(now=after(6))
    assert Quote.objects.get().price == 100
    refused = dict(PriceSource.objects.get().refusals.values_list("reason", "count"))
    assert refused == {"not_finite": 1, "not_positive": 2, "out_of_range": 1, "jump": 1}


def test_reports_add_up() -> None:
    make_instrument()
    recorder = Recorder([QuietSource()], at=NOON)
    for second in range(12):
        feed_price(recorder, 100 + second, after(second))
        feed_price(recorder, "NaN", after(second))
    recorder.report(now=after(12))
    source = PriceSource.objects.get()
    assert source.accepted == 12
    assert source.refusals.get().count == 12


def test_the_change_is_against_the_price_24_hours_ago() -> None:
    instrument = make_instrument()
    recorder = Recorder([QuietSource()], at=NOON - timedelta(days=1))
    feed_price(recorder, 80, NOON - timedelta(days=1, minutes=1))
    feed_price(recorder, 80, NOON - timedelta(days=1))
    feed_price(Recorder([QuietSource()], at=NOON), 100, NOON)
    assert Candle.objects.filter(instrument=instrument, interval_s=60).exists()
    assert Quote.objects.get().change_24h_pct == 25


def test_without_history_the_sources_own_change_is_shown() -> None:
    make_instrument()
    recorder = Recorder([QuietSource()], at=NOON)
    recorder.take("quiet", [RawTick("BTC", 100, NOON, change_24h_pct="-1.5")], now=NOON)
    recorder.flush(now=NOON)
    assert Quote.objects.get().change_24h_pct == Decimal("-1.5")


def test_minutes_become_bars_hours_and_days() -> None:
    instrument = make_instrument()
    recorder = Recorder([QuietSource()], at=NOON)
    for second in range(0, 7300, 20):
        feed_price(recorder, 100 + second / 1000, after(second))
    minutes, hours, days = (Candle.objects.filter(instrument=instrument, interval_s=s) for s in (60, 3600, 86_400))
    assert (minutes.count(), hours.count(), days.count()) == (122, 3, 1)
    hour = hours.get(opens_at_s=NOON.timestamp())
    assert (hour.open, hour.high, hour.low, hour.close) == (100.0, 103.58, 100.0, 103.58)


def test_silence_opens_a_gap_tells_the_streams_and_ends_with_the_next_tick() -> None:
    make_instrument()
    recorder = Recorder([QuietSource()], at=NOON)
    feed_price(recorder, 100, NOON)
    recorder.flush(now=after(12))
    assert not Gap.objects.exists()
    recorder.flush(now=after(13))
    recorder.flush(now=after(14))
    gap = Gap.objects.get()
    assert (gap.starts_at, gap.ends_at) == (NOON, None)
    latest = json.loads(StreamMessage.objects.latest("id").data)
    assert latest["quotes"][0]["is_stale"] is True
    feed_price(recorder, 101, after(40))
    gap.refresh_from_db()
    assert gap.ends_at == after(40)
    assert queries.ticker(after(41))[0].is_stale is False


def test_a_restart_marks_the_time_in_which_nothing_ran() -> None:
    make_instrument()
    feed_price(Recorder([QuietSource()], at=NOON), 100, NOON)
    feed_price(Recorder([QuietSource()], at=after(300)), 101, after(300))
    gap = Gap.objects.get()
    assert (gap.starts_at, gap.ends_at) == (NOON, after(300))


def test_a_restart_still_refuses_a_jump_from_what_was_shown_before() -> None:
    make_instrument()
    feed_price(Recorder([QuietSource()], at=NOON), 100, NOON)
    feed_price(Recorder([QuietSource()], at=after(300)), 1_000_000, after(300))
    assert Quote.objects.get().price == 100


def test_live_prices_are_not_compared_with_invented_ones() -> None:
    make_instrument()
    feed_price(Recorder([QuietSource(is_simulated=True)], at=NOON), 100, NOON)
    feed_price(Recorder([QuietSource()], at=after(5)), 90_000, after(5))
    assert Quote.objects.get().price == 90_000


def test_three_sources_give_their_median_and_one_alone_gives_none() -> None:
    make_instrument()
    recorder = Recorder([QuietSource(name) for name in "abc"], at=NOON, rules=GateRules(quorum=2))
    recorder.take("a", [RawTick("BTC", 100, NOON)], now=NOON)
    recorder.flush(now=NOON)
    assert not Quote.objects.exists()
    recorder.take("b", [RawTick("BTC", 102, NOON)], now=NOON)
    recorder.take("c", [RawTick("BTC", 101, NOON)], now=NOON)
    recorder.flush(now=NOON)
    quote = Quote.objects.get()
    assert (quote.price, quote.source_count, quote.source) == (101, 3, "a, b, c")


def test_nothing_new_is_not_announced_again() -> None:
    make_instrument()
    recorder = Recorder([QuietSource()], at=NOON)
    feed_price(recorder, 100, NOON)
    recorder.flush(now=after(1))
    assert StreamMessage.objects.count() == 1


def test_an_instrument_outside_the_ticker_is_recorded_but_not_announced() -> None:
    make_instrument(ticker_place=None)
    feed_price(Recorder([QuietSource()], at=NOON), 100, NOON)
    assert Quote.objects.exists()
    assert not StreamMessage.objects.exists()


def test_old_messages_and_old_minutes_are_forgotten_but_days_are_kept() -> None:
    instrument = make_instrument()
    actions.announce("tick", {}, at=NOON - timedelta(minutes=11))
    actions.announce("tick", {}, at=NOON - timedelta(minutes=9))
    assert actions.forget_messages(at=NOON) == 1
    old_s = int((NOON - timedelta(days=800)).timestamp())
    for interval_s in (60, 3600, 86_400):
        Candle.objects.create(
            instrument=instrument, interval_s=interval_s, opens_at_s=old_s, open=1, high=1, low=1, close=1
        )
    assert actions.forget_history(at=NOON) == 2
    assert Candle.objects.get().interval_s == 86_400


def test_the_feed_notices_within_a_report_that_instruments_were_added_or_retired() -> None:
    coin = make_instrument()
    recorder = Recorder([QuietSource()], at=NOON)
    feed_price(recorder, 100, after(6))
    assert not recorder.is_outdated
    make_instrument("ETH")
    feed_price(recorder, 100, after(12))
    assert recorder.is_outdated
    coin.is_active = False
    coin.save()
    assert Recorder([QuietSource()], at=after(13)).symbols == ["ETH"]

"""The ticker, prices at a moment, and what the streams read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from tests.markets.makers import NOON, after, make_instrument

from touchstone.markets import actions, queries
from touchstone.markets.bars import Bar
from touchstone.markets.formats import format_change, format_price
from touchstone.markets.models import Candle, Quote

pytestmark = pytest.mark.django_db
AT_S = int(NOON.timestamp())


def test_the_demo_market_opens_with_the_four_quotes_in_order() -> None:
    actions.open_demo_market(at=NOON)
    shown = [(item.symbol, item.price_text, item.change_text) for item in queries.ticker(NOON)]
    assert shown == [
        ("BNB", "$547.41", "−0.36 %"),
        ("XRP", "$1.03", "−1.37 %"),
        ("ETH", "$1,564.67", "−0.17 %"),
        ("BTC", "$58,633.77", "−1.40 %"),
    ]
    assert all(item.is_simulated and not item.is_stale for item in queries.ticker(NOON))


def test_opening_the_demo_market_twice_changes_nothing() -> None:
    actions.open_demo_market(at=NOON)
    before = (Quote.objects.count(), Candle.objects.count())
    actions.open_demo_market(at=after(100))
    assert (Quote.objects.count(), Candle.objects.count()) == before
    assert set(Quote.objects.values_list("as_of", flat=True)) == {NOON}


def test_a_quote_is_stale_after_twelve_seconds() -> None:
    Quote.objects.create(instrument=make_instrument(), price=1, as_of=NOON, source="x")
    assert [queries.ticker(after(seconds))[0].is_stale for seconds in (12, 12.1)] == [False, True]


def test_the_ticker_costs_one_query(django_assert_num_queries) -> None:
    for place in range(5):
        Quote.objects.create(instrument=make_instrument(f"S{place}"), price=1, as_of=NOON, source="x")
    with django_assert_num_queries(1):
        queries.ticker(NOON)


def test_the_price_now_is_the_exact_quote() -> None:
    instrument = make_instrument()
    Quote.objects.create(instrument=instrument, price=Decimal("0.1234567891"), as_of=NOON, source="x")
    found = queries.price_at(instrument, after(3))
    assert found is not None
    assert (found.price, found.as_of) == (Decimal("0.1234567891"), NOON)


def test_a_price_in_the_past_is_the_close_of_the_last_minute_that_was_over() -> None:
    instrument = make_instrument()
    Quote.objects.create(instrument=instrument, price=999, as_of=after(9999), source="x")
    bars = [Bar(AT_S - 120, 1, 1, 1, 1), Bar(AT_S - 60, 2, 2.5, 2, 2.5), Bar(AT_S, 4, 4, 3, 3)]
    actions.store_bars(instrument, bars, interval_s=60, is_simulated=True)
    found = queries.price_at(instrument, after(30))
    assert found is not None
    assert (found.price, found.as_of, found.is_simulated) == (Decimal("2.5"), NOON, True)


def test_where_minutes_are_forgotten_the_hour_is_taken() -> None:
    instrument = make_instrument()
    actions.store_bars(instrument, [Bar(AT_S - 3600, 1, 9, 1, 7)], interval_s=3600, is_simulated=False)
    found = queries.price_at(instrument, after(600))
    assert found is not None
    assert (found.price, found.as_of) == (7, NOON)


def test_a_price_from_long_before_is_not_called_the_price_then() -> None:
    instrument = make_instrument()
    actions.store_bars(instrument, [Bar(AT_S - 3600, 1, 1, 1, 1)], interval_s=60, is_simulated=False)
    assert queries.price_at(instrument, after(3 * 3600)) is None
    assert queries.price_at(instrument, NOON - timedelta(days=1)) is None


def test_closes_of_all_instruments_cost_one_query(django_assert_num_queries) -> None:
    one, other, silent = make_instrument("A"), make_instrument("B"), make_instrument("C")
    actions.store_bars(one, [Bar(AT_S - 60, 1, 1, 1, 1), Bar(AT_S, 5, 5, 5, 5)], interval_s=60, is_simulated=False)
    actions.store_bars(other, [Bar(AT_S - 3600, 2, 2, 2, 2)], interval_s=3600, is_simulated=False)
    with django_assert_num_queries(1):
        assert queries.closes_at(after(10)) == {one.pk: 1.0, other.pk: 2.0}
    assert silent.pk


def test_bars_written_twice_replace_each_other() -> None:
    instrument = make_instrument()
    for close in (1.0, 2.0):
        actions.store_bars(instrument, [Bar(0, 1, 3, 1, close)], interval_s=60, is_simulated=False)
    assert Candle.objects.get().close == 2.0


def test_announced_messages_are_read_in_order_from_any_place() -> None:
    for number in range(5):
        actions.announce("trust", {"n": number, "text": "é"}, at=NOON)
    every = queries.stream_messages_after(0)
    assert [message.data for message in every] == [f'{{"n":{n},"text":"é"}}' for n in range(5)]
    assert queries.stream_messages_after(int(every[2].id)) == every[3:]


@pytest.mark.parametrize(
    ("price", "currency", "decimals", "text"),
    [
        (Decimal("58633.77"), "USD", 2, "$58,633.77"),
        (Decimal("0.2381"), "USD", 4, "$0.2381"),
        (Decimal("1234567.5"), "JPY", 0, "¥1,234,568"),
        (2.5, "CHF", 2, "2.50 CHF"),
    ],
)
def test_prices_are_shown_with_their_currency(price: Decimal, currency: str, decimals: int, text: str) -> None:
    assert format_price(price, currency=currency, decimals=decimals) == text


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (Decimal("-0.36"), "−0.36 %"),
        (1.2, "+1.20 %"),
        (0, "0.00 %"),
        (-0.001, "0.00 %"),
        (None, "–"),
        (12345, "+12,345.00 %"),
    ],
)
def test_changes_are_shown_with_their_sign(change: Decimal | None, text: str) -> None:
    assert format_change(change) == text


def test_a_candles_start_is_a_moment() -> None:
    instrument = make_instrument()
    actions.store_bars(instrument, [Bar(AT_S, 1, 1, 1, 1)], interval_s=60, is_simulated=False)
    assert Candle.objects.get().opens_at == datetime(2026, 3, 2, 12, tzinfo=UTC)

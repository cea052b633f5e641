"""Prices become bars, and bars longer bars."""

from hypothesis import given
from hypothesis import strategies as st

from touchstone.markets.bars import Bar, BarBuilder, roll_up

PRICES = st.lists(st.tuples(st.integers(0, 20_000), st.floats(0.01, 1e6)), min_size=1, max_size=200)


def test_a_bar_holds_first_highest_lowest_and_last() -> None:
    builder = BarBuilder(60)
    assert [builder.add(price, at) for price, at in ((10, 120), (12, 130), (9, 150), (11, 179.9))] == [None] * 4
    assert builder.add(20, 180) == Bar(120, 10, 12, 9, 11)
    assert builder.current == Bar(180, 20, 20, 20, 20)


def test_a_price_from_before_the_current_bar_is_left_out() -> None:
    builder = BarBuilder(60)
    builder.add(10, 180)
    assert builder.add(99, 100) is None
    assert builder.current == Bar(180, 10, 10, 10, 10)


@given(PRICES)
def test_hours_from_minutes_equal_hours_from_prices(prices: list[tuple[int, float]]) -> None:
    ordered = sorted(prices, key=lambda pair: pair[0])
    made = {}
    for interval in (60, 3600):
        builder = BarBuilder(interval)
        finished = [builder.add(price, at) for at, price in ordered]
        made[interval] = [bar for bar in [*finished, builder.current] if bar is not None]
    assert list(roll_up(made[60], 3600)) == made[3600]


def test_an_hour_without_minutes_is_left_out() -> None:
    bars = [Bar(0, 1, 1, 1, 1), Bar(7200, 2, 2, 2, 2)]
    assert [bar.opens_at_s for bar in roll_up(bars, 3600)] == [0, 7200]

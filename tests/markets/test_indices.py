"""The level of a basket, worked by hand and as a property."""

from __future__ import annotations

import math
from datetime import date, timedelta

import pytest
from tests.markets.makers import NOON, make_instrument

from touchstone.markets import actions, queries
from touchstone.markets.bars import Bar
from touchstone.markets.indices import Membership, levels_at, periods_of
from touchstone.markets.models import Basket, BasketMember, Instrument, Quote

DAY_S = 86_400


def prices(table: dict[int, dict[int, float]]):
    """The last price by a moment from a table of instrument → moment → price."""

    def price_at(key: int, moment_s: float) -> float | None:
        known = [price for at_s, price in sorted(table[key].items()) if at_s <= moment_s]
        return known[-1] if known else None

    return price_at


def test_two_members_of_equal_weight_give_the_geometric_mean_of_their_changes() -> None:
    periods = periods_of([Membership(1, 1, 0), Membership(2, 1, 0)])
    table = {1: {0: 10.0, 5: 20.0}, 2: {0: 100.0, 5: 200.0, 9: 50.0}}
    assert levels_at(periods, [0, 5, 9], prices(table)) == pytest.approx([100, 200, 100])


def test_weights_count_relative_to_each_other() -> None:
    periods = periods_of([Membership(1, 30, 0), Membership(2, 10, 0)])
    table = {1: {0: 1.0, 1: 2.0}, 2: {0: 1.0}}
    assert levels_at(periods, [1], prices(table)) == pytest.approx([100 * 2**0.75])


def test_a_change_of_members_does_not_move_the_level_and_starts_the_new_weights() -> None:
    periods = periods_of([Membership(1, 1, 0, until_s=10), Membership(2, 1, 10)])
    table = {1: {0: 1.0, 5: 2.0, 20: 99.0}, 2: {0: 7.0, 10: 8.0, 20: 4.0}}
    assert levels_at(periods, [5, 10, 20], prices(table)) == pytest.approx([200, 200, 100])


def test_a_basket_starts_where_every_member_has_a_price() -> None:
    periods = periods_of([Membership(1, 1, 0), Membership(2, 1, 0)])
    table = {1: {0: 1.0}, 2: {6: 5.0, 8: 20.0}}
    assert levels_at(periods, [0, 6, 8], prices(table)) == [None, pytest.approx(100), pytest.approx(200)]


def test_an_empty_time_between_members_keeps_the_level() -> None:
    periods = periods_of([Membership(1, 1, 0, until_s=10), Membership(1, 1, 20)])
    table = {1: {0: 1.0, 9: 3.0, 15: 9.0, 25: 18.0}}
    assert levels_at(periods, [5, 15, 25], prices(table)) == [
        pytest.approx(100),
        None,
        pytest.approx(600),
    ]


def make_basket(*members: tuple[Instrument, int], since: date, **fields: object) -> Basket:
    basket = Basket.objects.create(slug="b", name="B", **fields)
    for instrument, weight in members:
        BasketMember.objects.create(basket=basket, instrument=instrument, weight=weight, since=since)
    return basket


@pytest.mark.django_db
class TestStoredBaskets:
    """Baskets with stored history."""

    def test_every_chart_ends_at_the_same_level(self) -> None:
        actions.open_demo_market(at=NOON)
        basket = Basket.objects.get(slug="large-coins")
        ends = [queries.basket_history(basket, days=days, until=NOON).bars[-1].close for days in (1, 7, 30, 365)]
        assert ends == pytest.approx([ends[0]] * 4, rel=1e-9)

    def test_the_change_of_a_day_is_the_weighted_change_of_the_members(self) -> None:
        actions.open_demo_market(at=NOON)
        basket = Basket.objects.get(slug="ai-adjacent-tokens")
        row = queries.basket_row(basket, NOON)
        changes = [math.log1p(change / 100) for change in (4.31, 3.76, 2.95)]
        assert row is not None
        assert row.is_simulated
        assert row.change_24h_pct == pytest.approx(100 * math.expm1(sum(changes) / 3), abs=1e-3)

    def test_a_basket_without_prices_has_no_level(self) -> None:
        make_basket((make_instrument(), 1), since=NOON.date())
        assert queries.basket_board(NOON) == []

    def test_members_that_leave_count_until_that_day(self) -> None:
        one, other = make_instrument("A"), make_instrument("B")
        midnight = int(NOON.timestamp()) // DAY_S * DAY_S
        for instrument, growth in ((one, 1.0), (other, 2.0)):
            days = [Bar(midnight - (10 - n) * DAY_S, *([growth**n] * 4)) for n in range(10)]
            actions.store_bars(instrument, days, interval_s=DAY_S, is_simulated=False)
            actions.store_bars(
                instrument, [Bar(midnight - 3600, *([growth**9] * 4))], interval_s=3600, is_simulated=False
            )
        since = (NOON - timedelta(days=9)).date()
        basket = make_basket((one, 1), since=since)
        BasketMember.objects.create(
            basket=basket, instrument=other, weight=1, since=since, until=(NOON - timedelta(days=5)).date()
        )
        Quote.objects.create(instrument=one, price=1, as_of=NOON, source="x")
        row = queries.basket_row(basket, NOON)
        assert row is not None
        # Four daily doublings at half the weight, then only the member that stands still.
        assert row.level == pytest.approx(100 * 2 ** (4 / 2))

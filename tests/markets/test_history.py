"""Stretches of history for charts."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from tests.markets.makers import NOON, after, make_instrument

from touchstone.markets import actions, queries
from touchstone.markets.bars import Bar
from touchstone.markets.models import Quote

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("days", "bars"), [(1, 289), (7, 169), (30, 361), (365, 366)])
def test_every_range_ends_now_with_the_latest_quote(days: int, bars: int) -> None:
    actions.open_demo_market(at=NOON)
    quote = Quote.objects.get(instrument__symbol="BTC")
    Quote.objects.filter(pk=quote.pk).update(price=Decimal(60_000))
    history = queries.history_of(quote.instrument, days=days, until=NOON)
    assert abs(len(history.bars) - bars) <= 1
    assert history.points[-1] == (NOON.timestamp(), 60_000)
    assert history.is_simulated
    assert all(later > earlier for (earlier, _), (later, _) in pairwise(history.points))


def test_a_chart_costs_three_queries(django_assert_num_queries) -> None:
    actions.open_demo_market(at=NOON)
    instrument = Quote.objects.get(instrument__symbol="BTC").instrument
    with django_assert_num_queries(3):
        queries.history_of(instrument, days=1, until=NOON)


def test_gaps_are_cut_to_the_range_and_an_open_one_reaches_until_now() -> None:
    instrument = make_instrument()
    actions.open_gap(instrument, at=NOON - timedelta(days=3))
    actions.close_gap(instrument, at=NOON - timedelta(hours=20))
    actions.open_gap(instrument, at=after(-60))
    history = queries.history_of(instrument, days=1, until=NOON)
    noon_s = NOON.timestamp()
    assert history.gaps == [(noon_s - 86_400, noon_s - 72_000), (noon_s - 60, noon_s)]


def test_without_prices_there_are_no_bars() -> None:
    history = queries.history_of(make_instrument(), days=7, until=NOON)
    assert (history.bars, history.points, history.is_simulated) == ([], [], False)


def test_a_quote_from_after_the_moment_asked_for_is_left_out() -> None:
    instrument = make_instrument()
    noon_s = int(NOON.timestamp())
    actions.store_bars(instrument, [Bar(noon_s - 3600, 1, 1, 1, 1)], interval_s=3600, is_simulated=False)
    Quote.objects.create(instrument=instrument, price=9, as_of=after(5), source="x")
    assert [price for _, price in queries.history_of(instrument, days=7, until=NOON).points] == [1]

"""Studies of what prices did since a story came out."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest
from tests.markets.makers import NOON, make_instrument

from touchstone.markets import actions, queries
from touchstone.markets.bars import Bar, roll_up
from touchstone.markets.models import Basket, BasketMember, Instrument, Quote
from touchstone.markets.queries.studies import forget_studies

pytestmark = pytest.mark.django_db
START = NOON - timedelta(days=40)
MINUTES = 60 * 24 * 40


@pytest.fixture(autouse=True)
def _fresh_studies():
    forget_studies()


def plant(
    symbol: str, *, seed: int, jump_at: datetime | None = None, jump: float = 0.0, noise: float = 2e-4
) -> Instrument:
    """An instrument with forty days of minutes, hours and days, and perhaps a jump."""
    instrument = make_instrument(symbol, ticker_place=None)
    returns = np.random.default_rng(seed).normal(0, noise, MINUTES)
    if jump_at is not None:
        returns[int((jump_at - START).total_seconds() // 60)] += np.log1p(jump)
    prices = 100 * np.exp(np.concatenate([[0.0], np.cumsum(returns)]))
    start_s = int(START.timestamp())
    bars = [
        Bar(start_s + 60 * n, a, max(a, b), min(a, b), b)
        for n, (a, b) in enumerate(zip(prices[:-1].tolist(), prices[1:].tolist(), strict=True))
    ]
    hours = list(roll_up(bars, 3600))
    recent = [bar for bar in bars if bar.opens_at_s >= (NOON - timedelta(days=4)).timestamp()]
    actions.store_bars(instrument, recent, interval_s=60, is_simulated=False)
    actions.store_bars(instrument, hours, interval_s=3600, is_simulated=False)
    actions.store_bars(instrument, roll_up(hours, 86_400), interval_s=86_400, is_simulated=False)
    Quote.objects.create(instrument=instrument, price=round(prices[-1], 6), as_of=NOON, source="x")
    return instrument


@pytest.mark.parametrize("hours", [1, 5, 20, 100, 400])
def test_a_planted_jump_at_publication_is_found_at_any_age(hours: int) -> None:
    at = NOON - timedelta(hours=hours)
    instrument = plant("FET", seed=1, jump_at=at, jump=0.2)
    found = queries.study_since(instrument, at, now=NOON)
    assert found is not None
    assert found.is_distinguishable
    assert found.low_pct < 20 < found.high_pct
    assert found.verdict == "rose more than noise explains"
    assert found.window_ends_at <= at + timedelta(days=7)


def test_without_effect_the_verdict_is_noise() -> None:
    found = queries.study_since(plant("FET", seed=2), NOON - timedelta(hours=3), now=NOON)
    assert found is not None
    assert found.verdict == "not distinguishable from noise"
    assert found.benchmark is None
    assert not found.is_simulated


def test_the_benchmark_of_the_instrument_is_used() -> None:
    market, instrument = plant("BTC", seed=3), plant("FET", seed=4)
    instrument.benchmark = market
    instrument.save()
    found = queries.study_since(instrument, NOON - timedelta(hours=3), now=NOON)
    assert found is not None
    assert found.benchmark == "BTC"


def test_a_basket_is_studied_by_its_level() -> None:
    at = NOON - timedelta(hours=3)
    basket = Basket.objects.create(slug="b", name="B")
    for number, symbol in enumerate(("A", "B")):
        member = plant(symbol, seed=number, jump_at=at, jump=0.1)
        BasketMember.objects.create(basket=basket, instrument=member, weight=1, since=START.date())
    found = queries.study_since(basket, at, now=NOON)
    assert found is not None
    assert found.low_pct < 10 < found.high_pct
    assert found.url == "/markets/baskets/b/"


def test_without_history_there_is_no_study() -> None:
    assert queries.study_since(make_instrument(), NOON - timedelta(hours=3), now=NOON) is None


def test_a_story_from_just_now_has_no_study_yet() -> None:
    assert queries.study_since(plant("FET", seed=1), NOON, now=NOON) is None


def test_where_minutes_are_gone_hours_are_studied() -> None:
    at = NOON - timedelta(hours=5)
    instrument = plant("FET", seed=1, jump_at=at, jump=0.2)
    instrument.candles.filter(interval_s=60).delete()
    found = queries.study_since(instrument, at, now=NOON)
    assert found is not None
    assert found.study.window.steps <= 6
    assert found.is_distinguishable

"""Whether the dashboard tells that votes follow prices, and is silent where it cannot know."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from tests.factories import NOON, make_story, make_votes
from tests.markets.makers import make_instrument

from touchstone.markets.models import Candle, Instrument, Interval
from touchstone.stories.models import PublicationPrice
from touchstone.website.queries.leakage import mood_leakage

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(days=2)
CLOSES_AT = int((NOON + timedelta(hours=23)).timestamp())


def make_followed_story(instrument: Instrument, *, real: int, later_price: float) -> None:
    story = make_story(f"{instrument.symbol} {real}")
    make_votes(story, real=real, fake=20 - real)
    PublicationPrice.objects.create(story=story, instrument=instrument, price=Decimal(100), at=NOON)
    prices = dict.fromkeys(("open", "high", "low", "close"), later_price)
    Candle.objects.create(instrument=instrument, interval_s=Interval.HOUR, opens_at_s=CLOSES_AT, **prices)


def test_votes_that_follow_prices_are_told() -> None:
    for number in range(12):
        make_followed_story(make_instrument(f"C{number}"), real=4 + number, later_price=100.0 + number)
    found = mood_leakage(LATER)
    assert found.stories == 12
    assert found.found is not None
    assert found.found.value == pytest.approx(1)
    assert "rose are called real more often" in found.words


def test_too_few_stories_say_nothing(client: Client) -> None:
    make_followed_story(make_instrument("C1"), real=12, later_price=120.0)
    assert mood_leakage(LATER).found is None
    assert "Too few stories to say: 1 of at least 10" in mood_leakage(LATER).words
    assert "Do votes follow prices?" in client.get("/trust/").content.decode()


def test_a_day_that_is_not_over_is_not_counted() -> None:
    make_followed_story(make_instrument("C1"), real=12, later_price=120.0)
    assert mood_leakage(NOON + timedelta(hours=20)).stories == 0


def test_it_costs_three_queries(django_assert_num_queries) -> None:
    for number in range(3):
        make_followed_story(make_instrument(f"C{number}"), real=12, later_price=100.0)
    with django_assert_num_queries(3):
        mood_leakage(LATER)

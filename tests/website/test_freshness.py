"""What a page shows changes with the next rendering, although words that stay the same are made only once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests import factories
from tests.stories.conftest import make_image
from wagtail.models import PageViewRestriction, Site

from touchstone.markets.models import Basket, BasketMember, Candle, Instrument, Interval, Quote
from touchstone.stories.models import AuthorPage, NewsImage, SectionPage, StoryPage
from touchstone.votes.models import Tally
from touchstone.website import prose

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)


@pytest.fixture
def image() -> NewsImage:
    return make_image(description="A wafer", credit="Ada Lens")


@pytest.fixture
def story(image: NewsImage) -> StoryPage:
    made = factories.make_story("A fresh story", standfirst="Soon.", lead_image=image, at=NOW - timedelta(hours=2))
    made.body = [
        ("paragraph", "<p>It rose by <b>3</b> per cent.</p>"),
        ("subhead", "A subhead"),
        ("quote", {"quote": "So it goes.", "speaker": "A speaker"}),
        ("figure", {"image": image, "caption": "A caption"}),
        ("sponsor_slot", {"sponsor": "A sponsor", "message": "Buy.", "link": "https://example.org/", "image": image}),
    ]
    made.save_revision().publish()
    return StoryPage.objects.get(pk=made.pk)


def html_of(story: StoryPage) -> str:
    answer = Client().get(f"/technology/{story.slug}/")
    assert answer.status_code == 200
    return answer.content.decode()


def republish(story: StoryPage, place: int, kind: str, value: Any) -> None:
    body = [(part.block_type, part.value) for part in story.body]
    body[place] = (kind, value)
    story.body = body
    story.save_revision().publish()


@pytest.mark.parametrize(
    ("place", "kind", "value", "was"),
    [
        (0, "paragraph", "<p>It rose by <b>2</b> per cent.</p>", "It rose by <b>3</b>"),
        (1, "subhead", "Another subhead", "A subhead"),
        (2, "quote", {"quote": "So it went.", "speaker": "A speaker"}, "So it goes."),
    ],
)
def test_a_corrected_part_shows_at_once(story: StoryPage, place: int, kind: str, value: Any, was: str) -> None:
    assert was in html_of(story)
    republish(story, place, kind, value)
    html = html_of(story)
    assert was not in html
    assert (value["quote"] if isinstance(value, dict) else value) in html


def test_another_sponsor_shows_at_once(story: StoryPage) -> None:
    assert "A sponsor" in html_of(story)
    republish(story, 4, "sponsor_slot", {"sponsor": "Someone else", "message": "Sell.", "link": "https://example.org/"})
    assert "A sponsor" not in html_of(story)
    assert "Someone else" in html_of(story)


def test_a_picture_s_new_words_show_at_once_without_publishing(story: StoryPage, image: NewsImage) -> None:
    assert html_of(story).count("Ada Lens") == 2
    image.description, image.credit = "A better wafer", "Bo Lens"
    image.save()
    html = html_of(story)
    assert html.count("Bo Lens") == 2
    assert "Ada Lens" not in html
    assert 'alt="A better wafer"' in html


def test_a_picture_that_was_deleted_leaves_the_story_standing(story: StoryPage, image: NewsImage) -> None:
    story.lead_image = None
    story.save_revision().publish()
    image.delete()
    html = html_of(story)
    assert "It rose by" in html
    assert "A caption" not in html


def test_a_link_follows_the_page_that_it_names(story: StoryPage) -> None:
    other = factories.make_story("Another story", slug="old-name", standfirst="Soon.", lead_image=story.lead_image)
    republish(story, 0, "paragraph", f'<p>See <a linktype="page" id="{other.pk}">there</a>.</p>')
    assert 'href="/technology/old-name/"' in html_of(story)
    other = StoryPage.objects.get(pk=other.pk)
    other.slug = "new-name"
    other.save_revision().publish()
    assert 'href="/technology/new-name/"' in html_of(story)


def test_the_newsroom_s_name_and_its_sections_show_at_once(story: StoryPage, settings: Any) -> None:
    assert "The Daily Stone" not in html_of(story)
    settings.SITE_NAME = "The Daily Stone"
    section = SectionPage.objects.get(slug="technology")
    section.title = "Machines"
    section.save()
    html = html_of(story)
    assert "The Daily Stone" in html
    assert ">Machines</a>" in html


def test_votes_and_prices_show_at_once(story: StoryPage) -> None:
    coin = Instrument.objects.create(symbol="COIN", slug="coin", name="Coin", ticker_place=1)
    quote = Quote.objects.create(instrument=coin, price=Decimal(10), as_of=NOW, source="test")
    factories.make_votes(story, real=15, fake=1)
    assert "94 % Real" in html_of(story)
    assert "$10.00" in html_of(story)
    Tally.objects.filter(story=story).update(real=12, fake=4)
    quote.price = Decimal("11.5")
    quote.save()
    html = html_of(story)
    assert "75 % Real" in html
    assert "$11.50" in html


def test_an_author_s_new_name_shows_at_once(story: StoryPage) -> None:
    author = AuthorPage.objects.get(slug="ada-reporter")
    author.title = "Ada Married"
    author.save()
    assert "Ada Married" in html_of(story)


def test_a_story_taken_down_is_gone_and_a_private_one_asks_for_its_password(story: StoryPage) -> None:
    address = f"/technology/{story.slug}/"
    assert Client().head(address).status_code == 200
    restriction = PageViewRestriction.objects.create(
        page=story.get_parent(), restriction_type=PageViewRestriction.PASSWORD, password="stone"
    )
    assert "It rose by" not in Client().get(address).content.decode()
    restriction.delete()
    story.unpublish()
    assert Client().get(address).status_code == 404


def test_a_second_site_and_other_methods_are_served_by_wagtail(story: StoryPage) -> None:
    address = f"/technology/{story.slug}/"
    assert "GET" in Client().options(address)["Allow"]
    Site.objects.create(hostname="second.test", port=80, root_page=story.get_parent())
    assert Client().get(address).status_code == 200
    assert Client().get("/technology/").status_code == 200


def test_words_that_stay_are_made_once_and_names_of_other_pages_every_time(story: StoryPage) -> None:
    prose._kept_part.cache_clear()
    html_of(story)
    made = prose._kept_part.cache_info()
    html_of(story)
    again = prose._kept_part.cache_info()
    assert (made.misses, again.misses, again.hits - made.hits) == (3, 3, 3)
    assert again.maxsize == prose.PARTS_KEPT


@pytest.fixture
def market(story: StoryPage) -> None:
    """Two instruments in a basket with two weeks of hours."""
    basket = Basket.objects.create(slug="pair", name="Pair")
    hour = int(NOW.timestamp()) // 3600
    for place, symbol in enumerate(("BTC", "ETH"), start=1):
        coin = Instrument.objects.create(symbol=symbol, slug=symbol.lower(), name=symbol, ticker_place=place)
        Quote.objects.create(instrument=coin, price=Decimal(100), as_of=NOW, source="test")
        BasketMember.objects.create(basket=basket, instrument=coin, weight=1, since=(NOW - timedelta(days=14)).date())
        Candle.objects.bulk_create(
            Candle(
                instrument=coin,
                interval_s=interval,
                opens_at_s=(hour - back) * 3600 // interval * interval,
                open=100,
                high=101,
                low=99,
                close=100 + back % 2,
            )
            for interval, steps in ((Interval.HOUR, range(1, 300)), (Interval.DAY, range(24, 400, 24)))
            for back in steps
        )


@pytest.mark.parametrize(
    ("address", "most"),
    [
        ("/technology/a-fresh-story/", 24),
        ("/", 16),
        ("/technology/", 12),
        ("/authors/", 6),
        ("/authors/ada-reporter/", 12),
        ("/trust/", 16),
        ("/markets/", 14),
        ("/markets/btc/", 14),
        ("/markets/baskets/pair/", 20),
    ],
)
def test_a_page_costs_few_queries(market: None, address: str, most: int) -> None:
    factories.make_votes(StoryPage.objects.get(), real=12)
    Client().get(address)
    with CaptureQueriesContext(connection) as queries:
        assert Client().get(address).status_code == 200
    assert len(queries) <= most, "\n".join(query["sql"][:120] for query in queries)


def test_the_board_costs_the_same_queries_however_many_instruments_it_lists(market: None) -> None:
    def cost() -> int:
        Client().get("/markets/")
        with CaptureQueriesContext(connection) as queries:
            Client().get("/markets/")
        return len(queries)

    before = cost()
    for number in range(6):
        coin = Instrument.objects.create(symbol=f"C{number}", slug=f"c{number}", name=f"Coin {number}")
        Quote.objects.create(instrument=coin, price=Decimal(3), as_of=NOW, source="test")
    assert cost() == before

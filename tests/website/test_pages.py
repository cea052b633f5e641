"""The reader's pages as they leave the server."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests import factories

from touchstone.markets.models import Instrument, Quote
from touchstone.stories.actions import confirm_market_moving, raise_market_moving
from touchstone.stories.models import Byline, StoryPage

pytestmark = pytest.mark.django_db
QUOTES = [
    ("BNB", "547.41", "-0.36"),
    ("XRP", "1.03", "-1.37"),
    ("ETH", "1564.67", "-0.17"),
    ("BTC", "58633.77", "-1.40"),
]


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", re.sub(r"<(script|style).*?</\1>", " ", html, flags=re.S)).split())


@pytest.fixture
def quotes() -> None:
    for place, (symbol, price, change) in enumerate(QUOTES, start=1):
        instrument = Instrument.objects.create(symbol=symbol, slug=symbol.lower(), name=symbol, ticker_place=place)
        Quote.objects.create(
            instrument=instrument,
            price=Decimal(price),
            change_24h_pct=Decimal(change),
            as_of=datetime.now(UTC),
            is_simulated=True,
            source="test",
        )


@pytest.fixture
def story(quotes: None) -> StoryPage:
    made = factories.make_story(
        "Open weights move the market",
        standfirst="Three labs published within a week.",
        at=datetime.now(UTC) - timedelta(hours=5),
        breaking_until=datetime.now(UTC) + timedelta(hours=1),
        is_demo=True,
        questions=[
            ("question", {"question": "What is a weight?", "answer": "<p>A number that was learned.</p>"}),
            ("question", {"question": "Is it </script> safe?", "answer": "<p>Yes.</p>"}),
        ],
    )
    factories.make_votes(made, real=15, fake=1, at=datetime.now(UTC) - timedelta(hours=3, minutes=2))
    return made


def page_of(story: StoryPage) -> str:
    answer = Client().get(f"/technology/{story.slug}/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_story_page_shows_its_verdict_twice_and_in_words(story: StoryPage) -> None:
    text = text_of(page_of(story))
    assert "Community Trust Score: 94 % Real · Verified · 16 votes · updated 3 hours ago" in text
    assert "Community Trust Index Moderate confidence · 94 % Real / 6 % Fake · 16 community signals" in text
    assert "1 vote would change this label" in text


def test_the_story_page_shows_its_urgency_byline_and_that_it_is_a_demo(story: StoryPage) -> None:
    text = text_of(page_of(story))
    assert "Breaking Technology Open weights move the market" in text
    assert "By Ada Reporter" in text
    assert "Demo content." in text


def test_the_market_moving_flag_shows_once_a_second_editor_has_confirmed_it(story: StoryPage) -> None:
    first, second = factories.make_user("edda"), factories.make_user("otto")
    raise_market_moving(story=story, editor=first, at=datetime.now(UTC))
    places = [f"/technology/{story.slug}/", "/", "/technology/"]
    assert not any("Market-moving" in Client().get(place).content.decode() for place in places)
    confirm_market_moving(story=story, editor=second, at=datetime.now(UTC))
    assert "Breaking Market-moving Technology Open weights" in text_of(page_of(story))
    assert all("Market-moving" in Client().get(place).content.decode() for place in places)
    assert Client().get("/api/v1/stories").json()["items"][0]["is_market_moving"]


def test_the_ticker_stands_on_every_page_with_its_four_quotes(story: StoryPage) -> None:
    for address in ("/", "/technology/", "/search/", f"/technology/{story.slug}/", "/authors/"):
        text = text_of(Client().get(address).content.decode())
        assert "Simulated prices" in text
        for words in ("BNB $547.41 −0.36 %", "XRP $1.03 −1.37 %", "ETH $1,564.67 −0.17 %", "BTC $58,633.77 −1.40 %"):
            assert words in text


def test_structured_data_cannot_end_its_element(story: StoryPage) -> None:
    blocks = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page_of(story), flags=re.S)
    article, questions = (json.loads(block) for block in blocks)
    assert article["@type"] == "NewsArticle"
    assert article["headline"] == story.title
    assert questions["mainEntity"][1]["name"] == "Is it </script> safe?"


def test_ready_pages_hold_no_token_and_set_no_cookie(story: StoryPage) -> None:
    for address in ("/", f"/technology/{story.slug}/"):
        answer = Client().get(address)
        assert b"csrf" not in answer.content.lower()
        assert not answer.cookies


def test_nothing_on_a_page_is_inline_or_from_elsewhere(story: StoryPage) -> None:
    html = page_of(story)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", html)
    assert not re.search(r'(?:src|srcset)="https?:', html)


def test_search_finds_any_of_the_words_and_says_what_it_did_not_find(story: StoryPage) -> None:
    assert "Nothing found" in Client().get("/search/", {"q": "zebra"}).content.decode()
    assert Client().get("/search/", {"q": "<b>x"}).content.decode().count("<b>x") == 0


@pytest.mark.parametrize("page", ["0", "-1", "abc", "999999999999", "²"])
def test_a_senseless_page_number_gives_a_page(story: StoryPage, page: str) -> None:
    assert Client().get("/technology/", {"page": page}).status_code == 200


@pytest.mark.parametrize(
    "address", ["/", "/technology/", "/authors/", "/authors/ada-reporter/", "/trust/", "/search/?q=story"]
)
def test_a_page_costs_the_same_queries_however_many_stories_it_lists(story: StoryPage, address: str) -> None:
    def made(first: int, count: int) -> int:
        for number in range(first, first + count):
            made_story = factories.make_story(f"Story {number}")
            factories.make_votes(made_story, real=10)
        Client().get(address)
        with CaptureQueriesContext(connection) as queries:
            Client().get(address)
        return len(queries)

    assert made(1, 3) == made(4, 6)


def test_assets_are_kept_for_ever_under_their_digest_and_never_leave_their_folder() -> None:
    client = Client()
    address = re.search(r'href="(/assets/[^"]+/site\.css)"', client.get("/search/").content.decode())
    assert address
    answer = client.get(address[1])
    assert "immutable" in answer["Cache-Control"]
    assert b"@layer reset, tokens, base, components, pages;" in answer.content
    assert client.get("/assets/old/site.css")["Cache-Control"] == "public, max-age=60"
    assert client.get("/assets/x/../../views.py").status_code == 404
    assert client.get("/assets/x/%2e%2e/%2e%2e/views.py").status_code == 404


def test_standing_pages_answer(story: StoryPage) -> None:
    for address in (
        "/trust/",
        "/trust/method/",
        "/about/",
        "/corrections/",
        "/feed.xml",
        "/sitemap.xml",
        "/robots.txt",
    ):
        assert Client().get(address).status_code == 200, address


def test_no_link_leads_nowhere(story: StoryPage) -> None:
    client, waiting, seen = Client(), ["/"], {"/"}
    while waiting:
        address = waiting.pop()
        answer = client.get(address)
        assert answer.status_code in {200, 301, 302}, address
        found = (
            re.findall(r'href="(/(?!/)[^"#?]*)', answer.content.decode()) if "html" in answer["Content-Type"] else []
        )
        fresh = {link for link in found if not link.startswith("/desk/")} - seen
        seen |= fresh
        waiting += fresh
    assert {"/trust/", "/open-data/", "/account/login/", f"/technology/{story.slug}/"} <= seen


def test_who_is_signed_in_finds_the_account_and_the_way_out_on_every_page(story: StoryPage) -> None:
    client = Client()
    client.force_login(factories.make_user("ann"))
    for address in ("/", "/account/votes/", "/trust/"):
        page = client.get(address).content.decode()
        assert all(f'href="{link}"' in page for link in ("/account/email/", "/account/logout/")), address
        assert "Create an account" not in page


def test_browsers_find_the_icon_beside_feeds_and_json(db: None) -> None:
    answer = Client().get("/favicon.ico", follow=True)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/svg+xml")


def test_an_instrument_is_found_in_capitals_too(story: StoryPage) -> None:
    answer = Client().get("/markets/BTC/")
    assert (answer.status_code, answer.headers["Location"]) == (301, "/markets/btc/")


def test_the_dashboard_shows_counts_and_the_story(story: StoryPage) -> None:
    text = text_of(Client().get("/trust/").content.decode())
    assert "16 votes in all" in text.replace("votes in all 16", "16 votes in all")
    assert story.title in text


def test_versions_and_their_changes_are_public(story: StoryPage) -> None:
    story.versions.create(number=2, published_at=datetime.now(UTC), text="A mended story", sha256="1" * 64)
    versions = text_of(Client().get(f"/stories/{story.pk}/versions/").content.decode())
    assert "Version 2" in versions
    assert "Version 1" in versions
    changes = Client().get(f"/stories/{story.pk}/versions/1..2/").content.decode()
    assert "<ins" in changes
    assert Client().get(f"/stories/{story.pk}/versions/1..9/").status_code == 404
    assert Client().get(f"/stories/{story.pk + 999}/versions/").status_code == 404


def test_a_missing_page_says_so_in_the_site_s_own_words(story: StoryPage) -> None:
    answer = Client().get("/no/such/page/")
    assert answer.status_code == 404
    assert "There is no such page" in answer.content.decode()


def test_a_draft_that_was_never_saved_can_be_previewed(story: StoryPage) -> None:
    draft = StoryPage(title="Not yet written", slug="not-yet", standfirst="Soon.")
    draft.path, draft.depth = story.path[:-4] + "0099", story.depth
    draft.set_url_path(story.get_parent())
    answer = draft.make_preview_request()
    assert answer.status_code == 200
    assert "Not yet written" in answer.rendered_content


def test_a_story_without_picture_votes_or_authors_still_stands(quotes: None) -> None:
    bare = factories.make_story("Bare bones")
    bare.bylines.all().delete()
    bare.save()
    text = text_of(page_of(bare))
    assert "By the newsroom" in text
    assert "Gathering votes: 0 of 10" in text


def test_the_page_for_our_own_failures_needs_neither_request_nor_database(django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        html = render_to_string("500.html")
    assert "Something broke on our side" in html


def test_changes_that_are_not_published_show_in_the_preview_only(story: StoryPage) -> None:
    draft = StoryPage.objects.get(pk=story.pk)
    draft.title = "A better headline"
    draft.bylines = [Byline(author=factories.make_author("Bo Editor"))]
    seen = draft.make_preview_request().rendered_content
    assert "A better headline" in seen
    assert "Bo Editor" in seen
    assert "A better headline" not in page_of(story)

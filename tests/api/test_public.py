"""The public API answers with the published figures and one shape of error."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from tests.factories import NOON, make_story, make_votes

from touchstone.markets.models import Instrument, Quote

pytestmark = pytest.mark.django_db


def test_trust_of_fifteen_real_and_one_fake_vote_is_what_the_scale_says(client: Client) -> None:
    story = make_story()
    make_votes(story, real=15, fake=1)
    trust = client.get(f"/api/v1/stories/{story.pk}/trust").json()
    assert (trust["real"], trust["fake"], trust["share"]) == (15, 1, 0.9375)
    assert round(trust["index"], 1) == 88.9
    assert (round(trust["low"], 1), round(trust["high"], 1)) == (71.3, 98.5)
    assert (trust["confidence"], trust["label"], trust["attack_price"]) == ("moderate", "verified", 1)
    assert trust["probability"] is None


def test_story_without_votes_gathers_them(client: Client) -> None:
    trust = client.get(f"/api/v1/stories/{make_story().pk}/trust").json()
    assert (trust["share"], trust["label"], trust["index"]) == (None, "gathering_votes", 50.0)


def test_stories_come_newest_first_and_every_page_names_the_next(client: Client) -> None:
    ids = [make_story(f"Story {n}", at=NOON + timedelta(minutes=n)).pk for n in range(5)]
    seen, address = [], "/api/v1/stories?limit=2"
    while address:
        page = client.get(address).json()
        seen += [item["id"] for item in page["items"]]
        address = page["next"]
    assert seen == ids[::-1]


def test_list_of_stories_takes_the_same_queries_for_many_as_for_few(
    client: Client, django_assert_max_num_queries: object
) -> None:
    for number in range(12):
        make_votes(make_story(f"Story {number}"), real=number)
    with django_assert_max_num_queries(14):  # type: ignore[operator]
        assert len(client.get("/api/v1/stories").json()["items"]) == 12


def test_a_section_can_be_asked_for(client: Client) -> None:
    make_story("Policy story", section="Policy")
    make_story("Technology story")
    items = client.get("/api/v1/stories?section=policy").json()["items"]
    assert [item["headline"] for item in items] == ["Policy story"]


@pytest.mark.parametrize(
    ("address", "status", "code", "field"),
    [
        ("/api/v1/stories/999999", 404, "unknown_story", "story_id"),
        ("/api/v1/stories/999999/trust", 404, "unknown_story", "story_id"),
        ("/api/v1/stories/abc", 422, "invalid", "story_id"),
        ("/api/v1/stories?limit=0", 422, "invalid", "limit"),
        ("/api/v1/stories?cursor=nonsense", 422, "bad_cursor", "cursor"),
        ("/api/v1/nothing", 404, "unknown_path", None),
    ],
)
def test_errors_have_one_shape(client: Client, address: str, status: int, code: str, field: str | None) -> None:
    response = client.get(address)
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["field"]) == (status, code, field)
    assert error["message"]


def test_a_whole_story_has_its_text_and_version(client: Client) -> None:
    story = make_story("Chips and tokens")
    found = client.get(f"/api/v1/stories/{story.pk}").json()
    assert (found["headline"], found["version"], found["is_open_to_votes"]) == ("Chips and tokens", 1, True)


def test_an_unpublished_story_is_unknown(client: Client) -> None:
    story = make_story()
    story.unpublish()
    assert client.get(f"/api/v1/stories/{story.pk}").status_code == 404


def test_ticker_gives_prices_as_text_and_says_that_they_are_simulated(client: Client) -> None:
    bitcoin = Instrument.objects.create(symbol="BTC", slug="btc", name="Bitcoin", ticker_place=1)
    Quote.objects.create(
        instrument=bitcoin,
        price=Decimal("58633.77"),
        change_24h_pct=Decimal("-1.4"),
        as_of=NOON,
        is_simulated=True,
        source="simulated",
    )
    ticker = client.get("/api/v1/ticker").json()
    assert ticker["is_simulated"] is True
    assert (ticker["items"][0]["price"], ticker["items"][0]["change_24h_pct"]) == ("58633.77", -1.4)
    assert ticker["items"][0]["is_stale"] is True


def test_dashboard_counts_votes_and_stories(client: Client) -> None:
    make_votes(make_story("One"), real=15, fake=1)
    make_votes(make_story("Two"), real=3)
    figures = client.get("/api/v1/trust").json()
    assert (figures["votes_total"], figures["stories_rated"], figures["stories_total"]) == (19, 1, 2)
    assert figures["by_label"]["verified"] == 1
    assert figures["top_rated"][0]["headline"] == "One"


def test_openapi_is_version_3_1_and_names_every_path(client: Client) -> None:
    described = client.get("/api/v1/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    assert {"/api/v1/stories", "/api/v1/stories/{story_id}/trust", "/api/v1/ticker", "/api/v1/trust"} <= set(
        described["paths"]
    )


def test_badge_shows_share_label_and_votes_without_a_cookie(client: Client) -> None:
    story = make_story()
    make_votes(story, real=15, fake=1)
    response = client.get(f"/badge/{story.pk}.svg")
    assert response["Content-Type"].startswith("image/svg+xml")
    assert "94\u00a0% real · Verified · 16\u00a0votes" in response.content.decode()
    assert not response.cookies


def test_badge_of_an_unknown_story_says_so(client: Client) -> None:
    response = client.get("/badge/999.svg")
    assert response.status_code == 404
    assert "unknown story" in response.content.decode()

"""A reader reads, watches prices, votes, changes their mind: with and without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tests.browser.watching import watch
from tests.newsroom import Newsroom

QUOTES = ["BNB", "XRP", "ETH", "BTC"]


@pytest.fixture
def lead(newsroom: Newsroom) -> str:
    return str(newsroom.lead_story_url())


def open_story(page: Page, address: str) -> None:
    page.goto(address)
    page.locator("#trust").scroll_into_view_if_needed()


def counts(page: Page) -> tuple[int, int]:
    real = page.locator("#trust [data-field=real]").inner_text()
    fake = page.locator("#trust [data-field=fake]").inner_text()
    return int(real.replace(",", "")), int(fake.replace(",", ""))


def test_lead_story_shows_everything_a_story_page_has(page: Page, newsroom: Newsroom, lead: str) -> None:
    seen = watch(page, newsroom.origin)
    page.goto(lead)
    text = re.sub(r"[\s\u00a0\u202f]+", " ", page.locator("body").inner_text())
    for part in [
        "Community Trust Score",
        "94 % Real",
        "Verified",
        "16 votes",
        "Moderate confidence",
        "94 % Real / 6 % Fake",
        "16 community signals",
        "1 vote would change this",
        "What this means",
        "Questions and answers",
        "Advertisement",
        "Related stories",
        "Simulated prices",
        "Technology",
    ]:
        assert part.lower() in text.lower(), part
    assert "breaking" in text.lower()
    for symbol in QUOTES:
        expect(page.locator(f"[data-ticker] [data-symbol={symbol}]").first).to_be_attached()
    picture = page.locator("main img").first
    expect(picture).to_have_attribute("alt", re.compile(r"\w+"))
    expect(picture).to_have_attribute("srcset", re.compile(r"\d+w"))
    assert page.locator("time[datetime]").count() >= 2
    page.wait_for_timeout(1500)
    assert seen.troubles == []
    assert seen.weight < 100_000, seen.bytes_by_kind


def test_ticker_moves_can_be_paused_and_shows_new_prices(page: Page, lead: str) -> None:
    page.goto(lead)
    strip = page.locator("[data-ticker]")
    pause = strip.get_by_role("button")
    track = strip.locator(".ticker-track")

    def place() -> float:
        box = track.bounding_box()
        assert box
        return box["x"]

    start = place()
    page.wait_for_timeout(700)
    assert place() != start, "the ticker does not move"
    pause.click()
    expect(pause).to_have_attribute("aria-pressed", "true")
    page.mouse.move(5, 700)
    stopped = place()
    page.wait_for_timeout(700)
    assert place() == stopped, "the ticker moves although it is paused"
    expect(strip.locator("ul").nth(1)).to_have_attribute("aria-hidden", "true")
    as_of = strip.locator("[data-ticker-asof] time")
    before = as_of.get_attribute("datetime")
    expect(as_of).not_to_have_attribute("datetime", before or "")
    page.reload()
    expect(pause).to_have_attribute("aria-pressed", "true")


def test_ticker_stands_still_for_those_who_asked_for_less_motion(
    browser: Browser, newsroom: Newsroom, lead: str
) -> None:
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(lead)
    track = page.locator("[data-ticker] .ticker-track")
    start = track.bounding_box()
    page.wait_for_timeout(700)
    assert track.bounding_box() == start
    context.close()


@pytest.fixture
def onlooker(browser: Browser, newsroom: Newsroom) -> Iterator[Page]:
    context = browser.new_context(base_url=newsroom.origin)
    yield context.new_page()
    context.close()


def test_a_vote_shows_at_once_here_and_on_another_open_page_and_can_be_changed_and_taken_back(
    page: Page, onlooker: Page, newsroom: Newsroom
) -> None:
    address = newsroom.story_url(label="likely_real")
    seen = watch(page, newsroom.origin)
    open_story(page, address)
    open_story(onlooker, address)
    real, fake = counts(page)
    bar = page.locator("#trust [data-share-real]")
    width = bar.get_attribute("width")
    page.evaluate("window.stayed = true")

    page.get_by_role("button", name="Fake").click()
    expect(page.locator("#trust [data-field=fake]")).to_have_text(str(fake + 1))
    expect(onlooker.locator("#trust [data-field=fake]")).to_have_text(str(fake + 1))
    assert bar.get_attribute("width") != width
    expect(page.get_by_role("button", name="Fake")).to_have_attribute("aria-pressed", "true")

    page.get_by_role("button", name="Real").click()
    expect(page.locator("#trust [data-field=real]")).to_have_text(str(real + 1))
    expect(onlooker.locator("#trust [data-field=real]")).to_have_text(str(real + 1))
    assert counts(page) == (real + 1, fake)

    page.get_by_role("button", name="Real").click()
    expect(page.locator("#trust [data-field=real]")).to_have_text(str(real))
    expect(onlooker.locator("#trust [data-field=real]")).to_have_text(str(real))
    assert page.evaluate("window.stayed") is True
    assert seen.troubles == []


def test_without_scripts_a_vote_is_cast_changed_and_taken_back_through_forms(
    scriptless: Page, newsroom: Newsroom
) -> None:
    story = newsroom.story(label="mixed_opinions")
    open_story(scriptless, str(story["url"]))

    def vote(button: str, confirmation: str) -> dict[str, int]:
        open_story(scriptless, str(story["url"]))
        for name in (button, confirmation):
            with scriptless.expect_navigation():
                scriptless.locator("main").get_by_role("button", name=name).click()
        return newsroom.trust(story["id"])

    before = newsroom.trust(story["id"])
    after = vote("Real", "Yes, real")
    assert (after["real"], after["fake"]) == (before["real"] + 1, before["fake"])
    after = vote("Fake", "Yes, fake")
    assert (after["real"], after["fake"]) == (before["real"], before["fake"] + 1)
    after = vote("Fake", "Take my vote back")
    assert (after["real"], after["fake"]) == (before["real"], before["fake"])


def test_search_finds_a_story_by_any_of_the_words(scriptless: Page) -> None:
    scriptless.goto("/search/?q=weights+unheardofword")
    expect(scriptless.get_by_role("link", name=re.compile("Open-weight")).first).to_be_visible()


def test_nothing_is_asked_of_another_host_on_any_page(context: BrowserContext, newsroom: Newsroom, lead: str) -> None:
    for address in ["/", "/trust/", "/trust/method/", "/markets/", "/search/?q=chips", "/account/login/", lead]:
        page = context.new_page()
        seen = watch(page, newsroom.origin)
        page.goto(address)
        page.wait_for_timeout(500)
        assert seen.troubles == [], address
        assert seen.weight < 100_000, (address, seen.bytes_by_kind)
        page.close()

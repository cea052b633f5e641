"""Every reader's page in a real Chromium: accessible, light, quiet, without strangers, at every width."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Response
from tests.browser.watching import violations, watch
from tests.newsroom import Newsroom
from tests.website.verdicts import verdict

pytestmark = pytest.mark.sqlite

LIMIT_BYTES = 100_000
WIDTHS = (390, 768, 1280, 1600)
PLACES = [
    "/",
    "lead story",
    "/technology/",
    "/trust/",
    "/trust/method/",
    "/authors/",
    "an author",
    "/search/?q=open+weights",
    "/markets/",
    "/markets/btc/",
    "a basket",
    "versions",
    "what changed",
    "/corrections/",
    "/open-data/",
    "/about/",
    "/account/login/",
    "/account/signup/",
    "/account/password/reset/",
    "/account/confirm-email/no-such-key/",
    "/account/votes/",
    "/account/delete/",
    "/search/?q=nothingholdsthisword",
    "/log/verify",
    "vote without scripts",
    "/no/such/page/",
]
COUNTS = [(0, 0), (1, 0), (6, 1), (8, 2), (15, 1), (999, 1), (1, 999), (30, 30), (3, 26)]
FIGURES = ("story", "real", "fake", "index", "low", "high", "confidence", "label", "attack_price", "effective_votes")
WEIGHED = ["/", "lead story", "/technology/", "/trust/", "/markets/", "/authors/", "/search/?q=open+weights"]


@pytest.fixture(scope="module")
def addresses(newsroom: Newsroom, browser: Browser) -> dict[str, str]:
    """Addresses that depend on the demo's stories."""
    lead = newsroom.lead_story()
    page = browser.new_page(base_url=newsroom.origin)

    def first_link(page_address: str, selector: str) -> str:
        page.goto(page_address)
        return page.locator(selector).first.get_attribute("href") or ""

    found = {
        "lead story": urlsplit(str(lead["url"])).path,
        "an author": first_link("/authors/", ".person-name a"),
        "a basket": first_link("/markets/", "a[href^='/markets/baskets/']"),
        "versions": f"/stories/{lead['id']}/versions/",
        "what changed": first_link("/corrections/", "a[href*='..']"),
        "vote without scripts": f"/stories/{lead['id']}/vote/?choice=real",
    }
    page.close()
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("place", PLACES)
def test_axe_finds_nothing_and_the_page_keeps_quiet(
    browser: Browser, newsroom: Newsroom, addresses: dict[str, str], place: str, scheme: str
) -> None:
    width = 1280 if scheme == "light" else 390
    page = browser.new_page(
        base_url=newsroom.origin,
        color_scheme=scheme,  # type: ignore[arg-type]
        viewport={"width": width, "height": 900},
        reduced_motion="reduce",
    )
    seen = watch(page, newsroom.origin)
    page.goto(addresses.get(place, place))
    assert violations(page) == []
    assert [trouble for trouble in seen.troubles if not is_expected(place, trouble)] == []
    page.close()


def is_expected(place: str, trouble: str) -> bool:
    return place == "/no/such/page/" and "404" in trouble


@pytest.mark.parametrize("place", WEIGHED)
def test_a_page_weighs_less_than_100_kilobytes_and_so_does_its_text_unpacked(
    page: Page, addresses: dict[str, str], place: str
) -> None:
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(addresses.get(place, place), wait_until="load")
    page.locator("[data-theme-switch]").wait_for(state="visible")
    page.evaluate("document.fonts.ready")
    counted = [answer for answer in answers if not urlsplit(answer.url).path.startswith(("/media/", "/stream"))]
    sent = {urlsplit(answer.url).path: answer.request.sizes()["responseBodySize"] for answer in counted}
    assert sum(sent.values()) < LIMIT_BYTES, sent
    unpacked = {urlsplit(answer.url).path: len(answer.body()) for answer in counted if ".woff2" not in answer.url}
    assert sum(unpacked.values()) < LIMIT_BYTES, unpacked


@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_scrolls_sideways(browser: Browser, newsroom: Newsroom, addresses: dict[str, str], width: int) -> None:
    page = browser.new_page(base_url=newsroom.origin, viewport={"width": width, "height": 900})
    too_wide = []
    for place in PLACES:
        page.goto(addresses.get(place, place))
        if page.evaluate("document.documentElement.scrollWidth") > width:
            too_wide.append(place)
    page.close()
    assert too_wide == []


LENGTHEN = """() => {
  const written = "h1, .story-standfirst, .page-summary, .prose p, .teaser-headline a, .ranking-headline, .sources li";
  for (const part of document.querySelectorAll(written)) part.append(` https://news.example/${"w".repeat(70)}`);
}"""


def test_a_long_address_in_what_editors_write_breaks_and_widens_no_page(
    page: Page, newsroom: Newsroom, addresses: dict[str, str]
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    too_wide = []
    for place in PLACES:
        page.goto(addresses.get(place, place))
        page.evaluate(LENGTHEN)
        if page.evaluate("document.documentElement.scrollWidth") > 390:
            too_wide.append(place)
    assert too_wide == []


def is_still(page: Page) -> bool:
    track = page.locator(".ticker-track")
    before = track.bounding_box()
    page.wait_for_timeout(300)
    return track.bounding_box() == before


def test_the_ticker_stops_under_the_pointer_and_under_focus(page: Page) -> None:
    page.goto("/about/")
    page.locator(".ticker[data-moving]").wait_for()
    page.locator(".ticker-view").hover()
    assert is_still(page)
    page.mouse.move(600, 600)
    assert not is_still(page)
    page.locator("a.ticker-quote").first.focus()
    assert is_still(page)


def test_the_second_copy_of_the_prices_is_hidden_from_screen_readers(page: Page) -> None:
    page.goto("/about/")
    assert page.get_by_role("link", name="BTC").count() == 1
    assert page.locator(".ticker-copy").get_attribute("aria-hidden") == "true"
    assert page.locator(".ticker-copy a").count() == 0


def test_the_reader_s_choice_of_colours_is_kept(page: Page) -> None:
    page.goto("/about/")
    switch = page.locator("[data-theme-switch]")
    switch.click()
    switch.click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    background = "getComputedStyle(document.documentElement).backgroundColor"
    dark = page.evaluate(background)
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert page.evaluate(background) == dark
    switch.click()
    assert page.evaluate(background) != dark


def test_without_scripts_no_button_stands_that_could_do_nothing(scriptless: Page, addresses: dict[str, str]) -> None:
    scriptless.goto(addresses["lead story"])
    assert scriptless.locator(".ticker-view").is_visible()
    assert scriptless.locator(".ticker-pause").is_hidden()
    assert scriptless.locator("[data-theme-switch]").is_hidden()
    assert scriptless.locator("[data-plot-reading]").first.is_hidden()


def test_on_paper_only_the_story_its_verdict_and_its_sources_are_left(page: Page, addresses: dict[str, str]) -> None:
    page.goto(addresses["lead story"])
    page.emulate_media(media="print")
    for gone in (".ticker", ".masthead-menu", ".vote", ".sponsor-slot", ".footer"):
        assert page.locator(gone).first.is_hidden(), gone
    for kept in (".story-headline", "#trust", ".sources", ".prose"):
        assert page.locator(kept).first.is_visible(), kept


def test_structured_data_is_read_as_data_and_not_refused(page: Page, addresses: dict[str, str]) -> None:
    page.goto(addresses["lead story"])
    kinds = page.evaluate(
        "[...document.querySelectorAll('script[type=\"application/ld+json\"]')]"
        ".map(block => JSON.parse(block.textContent)['@type'])"
    )
    assert kinds == ["NewsArticle", "FAQPage"]


def test_a_chart_can_be_read_by_pointer_and_by_keyboard(page: Page) -> None:
    page.goto("/markets/btc/")
    area = page.locator(".plot-area").first
    slider = page.get_by_role("slider", name="Read the chart at")
    slider.wait_for()
    box = area.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 40)
    reading = page.locator("[data-plot-reading]")
    middle = reading.inner_text()
    assert "UTC: $" in middle
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert reading.inner_text() != middle
    assert slider.get_attribute("aria-valuetext") == reading.inner_text()


def test_the_skip_link_leads_past_ticker_and_masthead(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


@pytest.mark.parametrize(
    ("real", "fake"), [(0, 0), (1, 0), (6, 1), (8, 2), (15, 1), (999, 1), (1, 999), (30, 30), (3, 26)]
)
def test_scripts_word_a_verdict_exactly_as_the_server_does(page: Page, real: int, fake: int) -> None:
    shown = verdict(real, fake)
    page.goto("/about/")
    figures = {field: getattr(shown.trust, field) for field in FIGURES}
    words = page.evaluate(
        "async ([script, figures]) => (await import(script)).words(figures)", ["/assets/x/js/words.js", figures]
    )
    expected = {
        "share": shown.share_text,
        "shares": shown.shares_text,
        "votes": shown.votes_text,
        "signals": shown.signals_text,
        "label": shown.label_words,
        "confidence": shown.confidence_text,
        "index": shown.index_text,
        "interval": f"({shown.interval_text})",
        "change": shown.change_text,
        "sentence": shown.sentence,
        "description": shown.description,
    }
    assert {name: words[name] for name in expected} == expected

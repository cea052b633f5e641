"""The page's event stream when the network goes, the tab is hidden, or the reader comes back."""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext, Page, expect
from tests.newsroom import Newsroom

HIDE = "Object.defineProperty(document, 'hidden', { configurable: true, get: () => HIDDEN });"
SWITCH = "document.dispatchEvent(new Event('visibilitychange'));"


def state(page: Page, wanted: str) -> None:
    expect(page.locator("html")).to_have_attribute("data-stream", wanted)


def look(page: Page, *, hidden: bool) -> None:
    page.evaluate(f"() => {{ {HIDE.replace('HIDDEN', str(hidden).lower())} {SWITCH} }}")


def test_prices_grey_without_a_network_and_come_back_with_it(page: Page, context: BrowserContext) -> None:
    page.clock.install()
    page.goto("/")
    state(page, "open")
    context.set_offline(True)
    state(page, "paused")
    page.clock.run_for(20_000)
    expect(page.locator("[data-ticker]")).to_have_attribute("data-stale", "")
    context.set_offline(False)
    state(page, "open")
    expect(page.locator("[data-ticker]")).not_to_have_attribute("data-stale", re.compile(""))


def test_a_tab_that_nobody_looks_at_closes_its_stream_and_takes_it_up_where_it_was(
    page: Page, newsroom: Newsroom
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/stream" in request.url else None)
    page.clock.install()
    with page.expect_request(re.compile("/stream")):
        page.goto("/")
    state(page, "open")
    before = page.locator("[data-ticker-asof] time").first.get_attribute("datetime")
    expect(page.locator("[data-ticker-asof] time").first).not_to_have_attribute("datetime", str(before))
    look(page, hidden=True)
    page.clock.run_for(10_000)
    state(page, "open")
    page.clock.run_for(25_000)
    state(page, "paused")
    look(page, hidden=False)
    state(page, "open")
    assert asked[-1].startswith(f"{newsroom.origin}/stream?after=")

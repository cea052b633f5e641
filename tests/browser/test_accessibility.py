"""axe finds nothing wrong, light and dark, wide and narrow."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser
from tests.browser.watching import violations
from tests.newsroom import Newsroom

pytestmark = pytest.mark.sqlite

PAGES = [
    "/",
    "LEAD",
    "/trust/",
    "/trust/method/",
    "/authors/",
    "AUTHOR",
    "/search/?q=chips",
    "/account/login/",
    "/markets/",
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("address", PAGES)
def test_axe_finds_nothing(browser: Browser, newsroom: Newsroom, address: str, scheme: str) -> None:
    lead = newsroom.lead_story()
    places = {"LEAD": lead["url"], "AUTHOR": lead["authors"][0]["url"]}  # type: ignore[index]
    width = 1280 if scheme == "light" else 390
    context = browser.new_context(
        base_url=newsroom.origin, color_scheme=scheme, viewport={"width": width, "height": 900}, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(str(places.get(address, address)))
    assert violations(page) == []
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0, f"the page is {wider} px wider than the window"
    context.close()

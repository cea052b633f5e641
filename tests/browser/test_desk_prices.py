"""An editor checks a story that a price moved around, and reads whether stories lead or follow."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from tests.browser.test_desk import sign_in
from tests.browser.watching import PATIENCE_MS, violations
from tests.newsroom import Newsroom, lift_a_price

OURS = "#main .nice-padding"
HEADLINE = re.compile("Message claims a secret recall")


def test_an_alarm_is_seen_checked_and_dismissed(page: Page, newsroom: Newsroom) -> None:
    page.set_default_timeout(PATIENCE_MS)
    lift_a_price(newsroom)
    sign_in(page, newsroom)
    expect(page.get_by_role("link", name=re.compile(r"Alarms \(\d+\)"))).to_be_visible()
    page.goto("/desk/alarms/")
    assert violations(page, OURS) == []
    page.locator(OURS).get_by_role("link", name=HEADLINE).first.click()
    expect(page.locator(OURS)).to_contain_text("ETH moved abnormally")
    assert violations(page, OURS) == []
    page.get_by_label("What did you find?").fill("The maker denies it in writing.")
    with page.expect_navigation():
        page.get_by_role("button", name="Dismiss the alarm").click()
    expect(page.locator(OURS)).to_contain_text("The maker denies it in writing.")
    assert violations(page, OURS) == []


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_the_report_is_drawn_and_axe_finds_nothing(page: Page, newsroom: Newsroom, scheme: str, width: int) -> None:
    page.set_default_timeout(PATIENCE_MS)
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    sign_in(page, newsroom)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/desk/reports/lead-or-follow/?scale=day")
    expect(page.locator(OURS)).to_contain_text("Simulated prices")
    assert violations(page, OURS) == []
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0

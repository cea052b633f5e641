"""A reader checks a receipt in their own browser; a spoilt one is refused for the right reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.newsroom import Newsroom
from tests.transparency.publisher import Publisher, busy_publisher


@pytest.fixture(scope="module")
def log() -> Publisher:
    return busy_publisher(60)


def check(page: Page, log: Publisher, receipt: bytes, folder: Path) -> None:
    file = folder / "vote.tlog-proof"
    file.write_bytes(receipt)
    page.goto("/log/verify")
    page.locator("#receipt-policy").fill(f"log {log.key.verifier}")
    page.locator("#receipt-file").set_input_files(file)
    page.get_by_role("button", name="Check", exact=True).click()


def test_a_receipt_is_checked_step_by_step(page: Page, newsroom: Newsroom, log: Publisher, tmp_path: Path) -> None:
    check(page, log, log.receipt(20), tmp_path)
    expect(page.locator("[data-receipt-verdict]")).to_have_text("Verified: every step held.")
    steps = page.locator("[data-receipt-steps] li")
    expect(steps).to_have_count(3)
    expect(steps.nth(0)).to_contain_text("Signature: holds")
    expect(steps.nth(1)).to_contain_text("entry 21 is in that tree")
    expect(steps.nth(2)).to_contain_text('"reader": "r17"')


def test_on_a_phone_the_verdict_comes_first_and_what_the_entry_holds_scrolls_in_a_box_of_its_own(
    page: Page, newsroom: Newsroom, log: Publisher, tmp_path: Path
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    check(page, log, log.receipt(20), tmp_path)
    verdict, box = page.locator("[data-receipt-verdict]"), page.locator("[data-receipt-steps] pre")
    expect(verdict).to_have_text("Verified: every step held.")
    expect(box).to_contain_text('"reader": "r17"')
    places = [place.bounding_box() for place in (verdict, box)]
    assert places[0]["y"] < places[1]["y"]
    assert places[1]["x"] + places[1]["width"] <= 390
    assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"index 20\n", b"index 21\n", "Refused. Place"),
        (b"/log/2026\n", b"/log/2027\n", "Refused. Signature"),
        (b"tlog-proof@v1", b"tlog-proof@v2", "Refused. Format"),
    ],
)
def test_a_spoilt_receipt_is_refused_in_words(
    page: Page, newsroom: Newsroom, log: Publisher, tmp_path: Path, old: bytes, new: bytes, words: str
) -> None:
    check(page, log, log.receipt(20).replace(old, new, 1), tmp_path)
    expect(page.locator("[data-receipt-verdict]")).to_contain_text(words)


def test_a_key_that_did_not_sign_is_not_enough(page: Page, newsroom: Newsroom, log: Publisher, tmp_path: Path) -> None:
    other = Publisher()
    other.key = type(other.key)(other.key.name, b"\x55" * 32)
    check(page, other, log.receipt(20), tmp_path)
    expect(page.locator("[data-receipt-verdict]")).to_contain_text("nobody whose key you gave signed")

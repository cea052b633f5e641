"""A browser signs votes with a key of its own; the receipt proves it offline, in a browser and on the command line."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect
from tests.newsroom import ROOT, Newsroom

WITHOUT_ED25519 = """
const make = crypto.subtle.generateKey.bind(crypto.subtle);
crypto.subtle.generateKey = (kind, ...rest) =>
  kind.name === "Ed25519" ? Promise.reject(new DOMException("not here", "NotSupportedError")) : make(kind, ...rest);
"""


def vote_and_fetch_receipt(page: Page, newsroom: Newsroom, folder: Path) -> Path:
    """Vote in the page, wait until it is in the log, and take the private receipt from My votes."""
    page.goto(newsroom.story_url(label="likely_real"))
    page.get_by_role("button", name="Fake").click()
    expect(page.locator("[data-vote-state]")).to_contain_text(re.compile(r"Recorded as entry [\d,]+ · receipt"))
    page.goto("/account/votes/")
    with page.expect_download() as download:
        page.get_by_role("link", name="Receipt with your signature").click()
    file = folder / "own.tlog-proof"
    download.value.save_as(file)
    return file


@pytest.mark.parametrize("script", ["", WITHOUT_ED25519], ids=["Ed25519", "P-256"])
def test_a_vote_signed_in_the_browser_is_proved_offline(
    context: BrowserContext, newsroom: Newsroom, tmp_path: Path, script: str
) -> None:
    if script:
        context.add_init_script(script)
    page = context.new_page()
    receipt = vote_and_fetch_receipt(page, newsroom, tmp_path)
    policy = tmp_path / "policy"
    policy.write_text(httpx.get(f"{newsroom.origin}/log/policy").raise_for_status().text)
    checked = subprocess.run(
        [sys.executable, "-m", "touchstone.cli", "verify", "receipt", receipt, "--policy", policy],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stderr
    assert "signed with the reader's own key" in checked.stdout
    page.goto("/log/verify")
    page.locator("#receipt-file").set_input_files(receipt)
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.locator("[data-receipt-steps]")).to_contain_text("Reader: holds")
    expect(page.locator("[data-receipt-verdict]")).to_contain_text("Verified")


def test_another_browser_does_not_get_the_private_half(
    page: Page, context: BrowserContext, newsroom: Newsroom, tmp_path: Path
) -> None:
    vote_and_fetch_receipt(page, newsroom, tmp_path)
    page.goto("/account/votes/")
    address = page.get_by_role("link", name="Receipt with your signature").get_attribute("href")
    assert httpx.get(f"{newsroom.origin}{address}").status_code == 404

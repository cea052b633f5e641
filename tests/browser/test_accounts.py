"""A reader makes an account, confirms the address from the mail, adds a passkey, signs in with it, and leaves."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from tests.browser.watching import PATIENCE_MS, Watch, violations, watch
from tests.newsroom import Newsroom

pytestmark = pytest.mark.sqlite

PASSWORD = "four-copper-lanterns"
ADDRESS = "reader@example.org"


@pytest.fixture
def localhost(newsroom: Newsroom) -> str:
    """The newsroom under a name: browsers make no passkeys for bare addresses."""
    return newsroom.origin.replace("127.0.0.1", "localhost")


@pytest.fixture
def reader(browser: Browser, localhost: str) -> Iterator[Page]:
    context = browser.new_context(base_url=localhost, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    authenticator = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": authenticator})
    yield page
    context.close()


def is_fine(page: Page, seen: Watch) -> None:
    assert violations(page) == [], page.url
    assert seen.troubles == [], page.url


def press(page: Page, button: str) -> None:
    """Send the page's form and wait for the page that answers it."""
    with page.expect_navigation():
        page.locator("main").get_by_role("button", name=button, exact=True).click()


def masthead_link(page: Page) -> Locator:
    """What only those who are signed in have at the top; the footer says "My votes" to everyone."""
    return page.locator(".masthead-account", has_text="My votes")


def link_in_mail(folder: Path, *, within_s: float = 60) -> str:
    """The confirmation link of the only mail that went to the reader."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        for file in folder.glob("*"):
            text = file.read_text().replace("=\n", "")
            found = re.search(r"https?://\S+?(/account/confirm-email/\S+)", text)
            if ADDRESS in text and found:
                return found[1]
        time.sleep(0.2)
    raise AssertionError(f"no mail with a link in {folder}")


def test_from_signing_up_to_a_passkey_and_out_again(reader: Page, newsroom: Newsroom, localhost: str) -> None:
    seen = watch(reader, localhost)
    reader.goto("/account/signup/")
    reader.get_by_label("Email").fill(ADDRESS)
    reader.get_by_label("Username").fill("marlow")
    reader.get_by_label("Password").fill(PASSWORD)
    press(reader, "Sign Up")
    expect(reader.locator("main")).to_contain_text(re.compile("verif", re.IGNORECASE))
    is_fine(reader, seen)

    reader.goto(link_in_mail(newsroom.data_dir / "mail"))
    is_fine(reader, seen)
    press(reader, "Confirm")
    expect(reader).to_have_url(re.compile("/account/login/"))
    is_fine(reader, seen)

    reader.get_by_label("Login").fill(ADDRESS)
    reader.get_by_label("Password").fill(PASSWORD)
    press(reader, "Sign In")
    expect(masthead_link(reader)).to_be_visible()

    story = newsroom.story(label="contested")
    reader.goto(str(story["url"]).replace("127.0.0.1", "localhost"))
    reader.locator("#trust").get_by_role("button", name="Real").click()
    expect(reader.get_by_role("button", name="Real")).to_have_attribute("aria-pressed", "true")
    reader.goto("/account/votes/")
    expect(reader.locator(".own-vote")).to_have_count(1)
    is_fine(reader, seen)
    for address in ("/account/email/", "/account/password/change/", "/account/2fa/", "/account/delete/"):
        reader.goto(address)
        is_fine(reader, seen)

    reader.goto("/account/2fa/webauthn/add/")
    is_fine(reader, seen)
    reader.get_by_label("Password").fill(PASSWORD)
    press(reader, "Confirm")
    expect(reader).to_have_url(re.compile("/account/2fa/webauthn/add/"))
    is_fine(reader, seen)
    reader.get_by_label("Passwordless").check()
    with reader.expect_navigation():
        reader.locator("#mfa_webauthn_add").click()
    expect(reader).to_have_url(re.compile(r"/account/2fa/(?!webauthn/add)"))
    is_fine(reader, seen)

    reader.goto("/account/logout/")
    is_fine(reader, seen)
    press(reader, "Sign Out")
    reader.goto("/account/login/")
    with reader.expect_navigation():
        reader.locator("#passkey_login").click()
    expect(masthead_link(reader)).to_be_visible()
    is_fine(reader, seen)

    reader.goto("/account/delete/")
    reader.get_by_label("Yes, delete all of it").check()
    press(reader, "Delete")
    expect(reader.get_by_role("heading", level=1)).to_have_text("Deleted")
    is_fine(reader, seen)


def test_a_vote_is_cast_by_keyboard_alone(page: Page, newsroom: Newsroom) -> None:
    page.goto(newsroom.story_url(label="highly_contested"))
    fake = page.locator("#trust [data-field=fake]")
    before = int(fake.inner_text())
    page.locator("[data-theme-switch]").wait_for()
    # Focus rests on the verdict at the top; its link leads to the buttons.
    page.locator(".badge-link").focus()
    page.keyboard.press("Enter")
    for _ in range(8):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.value") == "fake":
            break
    assert page.evaluate("document.activeElement.matches(':focus-visible')")
    page.keyboard.press("Space")
    expect(fake).to_have_text(str(before + 1))
    expect(page.locator("[data-vote-state]")).not_to_be_empty()
    assert page.evaluate("document.activeElement.value") == "fake", "the focus stays on the button"

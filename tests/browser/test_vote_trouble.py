"""A vote that the newsroom cannot take now is not lost; a page from the browser's memory is as fresh as a new one."""

from __future__ import annotations

import itertools
import json
import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect, sync_playwright
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.browser.watching import PATIENCE_MS
from tests.newsroom import Newsroom

VOTE = re.compile(r"/api/v1/stories/\d+/vote$")
SAID = "Votes cannot be stored just now: try again soon."
TOKEN = re.compile(r"/api/v1/stories/\d+/vote-token$")
OVERLOADED = json.dumps({"error": {"code": "overloaded", "message": "Too many requests at once.", "field": None}})
BUSY = json.dumps({"error": {"code": "store_unavailable", "message": SAID, "field": None}})


def open_story(page: Page, newsroom: Newsroom, label: str) -> tuple[int, int, int]:
    """The story's id and its counts, once its buttons work."""
    story = newsroom.story(label=label)
    page.goto(str(story["url"]))
    page.get_by_role("button", name="Fake").wait_for()
    expect(page.locator("html")).to_have_attribute("data-stream", "open", timeout=PATIENCE_MS)
    trust = newsroom.trust(story["id"])
    return int(str(story["id"])), trust["real"], trust["fake"]


def refuse(page: Page, status: int, body: str, kind: str = "application/json") -> list[str]:
    """Let the newsroom refuse votes; the idempotency keys that came."""
    keys: list[str] = []

    def answer(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        route.fulfill(status=status, body=body, headers={"Content-Type": kind, "Retry-After": "1"})

    page.route(VOTE, answer)
    return keys


def take_back(button: Locator, state: Locator) -> None:
    """Leave the story to other tests as it was."""
    button.click()
    expect(state).to_contain_text("taken back", timeout=PATIENCE_MS)


def test_a_vote_refused_with_503_says_so_loses_nothing_and_counts_when_pressed_again(
    page: Page, newsroom: Newsroom
) -> None:
    story, real, fake = open_story(page, newsroom, "likely_real")
    keys = refuse(page, 503, BUSY)
    button, state = page.get_by_role("button", name="Fake"), page.locator("[data-vote-state]").first
    button.click()
    expect(state).to_have_text(SAID, timeout=PATIENCE_MS)
    # It was tried three times under one key, so that it would have counted once whichever try came through.
    assert len(keys) == 3
    assert len(set(keys)) == 1
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(button).to_have_attribute("aria-disabled", "false")
    assert newsroom.trust(story)["fake"] == fake
    page.unroute(VOTE)
    button.click()
    expect(state).to_contain_text("Your vote for Fake is counted", timeout=PATIENCE_MS)
    expect(button).to_have_attribute("aria-pressed", "true")
    after = newsroom.trust(story)
    assert (after["real"], after["fake"]) == (real, fake + 1)
    take_back(button, state)


def test_a_token_refused_with_503_is_asked_for_again_and_the_choice_is_kept(page: Page, newsroom: Newsroom) -> None:
    story, real, fake = open_story(page, newsroom, "likely_real")
    asked_at: list[float] = []

    def answer(route: Route) -> None:
        asked_at.append(time.monotonic())
        if len(asked_at) >= 3:
            route.continue_()
        else:
            route.fulfill(status=503, body=OVERLOADED, headers={"Retry-After": "1"})

    page.route(TOKEN, answer)
    button, state = page.get_by_role("button", name="Fake"), page.locator("[data-vote-state]").first
    button.click()
    expect(state).to_contain_text("Your vote for Fake is counted", timeout=PATIENCE_MS)
    assert [later - sooner >= 1 for sooner, later in itertools.pairwise(asked_at)] == [True, True]
    after = newsroom.trust(story)
    assert (after["real"], after["fake"]) == (real, fake + 1)
    take_back(button, state)


def test_a_proxys_own_503_is_told_in_our_words(page: Page, newsroom: Newsroom) -> None:
    open_story(page, newsroom, "likely_real")
    refuse(page, 503, "<h1>503</h1>", kind="text/html")
    page.get_by_role("button", name="Real").click()
    state = page.locator("[data-vote-state]").first
    expect(state).to_have_text("The vote could not be counted. Please try again.", timeout=PATIENCE_MS)


def test_a_lost_answer_is_not_called_a_lost_vote_and_the_second_press_counts_once(
    page: Page, newsroom: Newsroom
) -> None:
    story, real, fake = open_story(page, newsroom, "mixed_opinions")

    def lose(route: Route) -> None:
        route.fetch()
        route.abort("connectionreset")

    page.route(VOTE, lose)
    button, state = page.get_by_role("button", name="Real"), page.locator("[data-vote-state]").first
    button.click()
    expect(state).to_contain_text("could not be reached. Press again: a vote counts once", timeout=PATIENCE_MS)
    page.unroute(VOTE)
    button.click()
    expect(state).to_contain_text("Your vote for Real is counted", timeout=PATIENCE_MS)
    after = newsroom.trust(story)
    assert (after["real"], after["fake"]) == (real + 1, fake)
    take_back(button, state)


@pytest.fixture(scope="module")
def remembering() -> Iterator[Browser]:
    """A Chromium with the back/forward cache, which Playwright switches off."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=ARGUMENTS, ignore_default_args=["--disable-back-forward-cache"]
        )
        yield browser
        browser.close()


@pytest.fixture
def context(remembering: Browser, newsroom: Newsroom) -> Iterator[BrowserContext]:
    context = remembering.new_context(base_url=newsroom.origin)
    yield context
    context.close()


def test_a_page_from_memory_has_a_live_stream_fresh_figures_and_the_readers_vote(
    page: Page, context: BrowserContext, newsroom: Newsroom
) -> None:
    story, _, fake = open_story(page, newsroom, "mixed_opinions")
    address = page.url
    page.evaluate("addEventListener('pageshow', (event) => { window.remembered = event.persisted; })")
    page.goto("/about/")
    elsewhere = context.new_page()
    elsewhere.goto(address)
    elsewhere.get_by_role("button", name="Fake").click()
    expect(elsewhere.locator("[data-vote-state]").first).to_contain_text("is counted", timeout=PATIENCE_MS)
    # What comes from memory fires no load event.
    page.go_back(wait_until="commit")
    expect(page).to_have_url(address)
    assert page.evaluate("window.remembered") is True
    expect(page.locator("html")).to_have_attribute("data-stream", "open", timeout=PATIENCE_MS)
    expect(page.locator("#trust [data-field=fake]")).to_have_text(str(fake + 1), timeout=PATIENCE_MS)
    expect(page.get_by_role("button", name="Fake")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[data-vote-state]").first).to_contain_text("You voted Fake")

    # The stream is alive: what happens from now on shows too, here and in the other tab.
    page.get_by_role("button", name="Fake").click()
    expect(page.locator("[data-vote-state]").first).to_contain_text("taken back", timeout=PATIENCE_MS)
    expect(elsewhere.locator("#trust [data-field=fake]")).to_have_text(str(fake), timeout=PATIENCE_MS)
    expect(elsewhere.get_by_role("button", name="Fake")).to_have_attribute("aria-pressed", "false")
    assert newsroom.trust(story)["fake"] == fake

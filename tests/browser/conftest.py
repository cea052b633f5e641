"""A real newsroom and a real Chromium for the tests in this folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from tests.browser.watching import PATIENCE_MS
from tests.newsroom import Newsroom, running_newsroom

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="CHROMIUM IS NOT INSTALLED: no page was tested in a browser"))


@pytest.fixture(scope="session")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    already = os.environ.get("NEWSROOM_DATA_DIR")
    with running_newsroom(
        Path(already) if already else tmp_path_factory.mktemp("newsroom"), port=int(os.environ.get("NEWSROOM_PORT", 0))
    ) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for each file of tests: Playwright's event loop runs on in this thread until it is closed.

    Were it kept for the whole session, asyncio.run in any later test of this process would be refused.
    """
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE_MS)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser, newsroom: Newsroom) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=newsroom.origin, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def scriptless(browser: Browser, newsroom: Newsroom) -> Iterator[Page]:
    context = browser.new_context(base_url=newsroom.origin, java_script_enabled=False)
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()

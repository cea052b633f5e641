"""Ready pages follow what they show, but are not baked for every vote."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from touchstone.website.pages.bakery import Bakery, Limits
from touchstone.website.pages.ready import Rendered

HTML = [(b"content-type", b"text/html; charset=utf-8")]
BETWEEN_S = 0.1
PATH = "/technology/a-story/"


class Newsroom:
    """Renders pages that show how many votes there are; remembers when it was asked."""

    def __init__(self) -> None:
        self.votes = 0
        self.bakes: list[float] = []

    async def render(self, path: str) -> Rendered:
        assert path == PATH
        self.bakes.append(time.monotonic())
        return Rendered(200, HTML, b"%d votes" % self.votes)


def in_a_bakery(story: Callable[[Newsroom, Bakery], Awaitable[None]]) -> Newsroom:
    newsroom = Newsroom()

    async def live() -> None:
        bakery = Bakery(newsroom.render, time.monotonic, Limits(between_bakes_s=BETWEEN_S, duty=0.9))
        keeping = asyncio.create_task(bakery.keep_fresh())
        await bakery.first(PATH)
        await story(newsroom, bakery)
        keeping.cancel()

    asyncio.run(live())
    return newsroom


def shown(bakery: Bakery) -> bytes:
    page = bakery.ready(PATH, b"")
    assert page is not None
    return page.copy_for(b"").body


async def until_shown(bakery: Bakery, body: bytes) -> None:
    async with asyncio.timeout(60):
        while shown(bakery) != body:
            await asyncio.sleep(0.01)


def test_a_storm_of_votes_bakes_a_page_once_in_each_span_and_shows_the_last_vote() -> None:
    async def storm(newsroom: Newsroom, bakery: Bakery) -> None:
        for _ in range(2_000):
            newsroom.votes += 1
            bakery.changed(PATH)
            await asyncio.sleep(0)
        ends = time.monotonic() + 5 * BETWEEN_S
        while time.monotonic() < ends:
            newsroom.votes += 1
            bakery.changed(PATH)
            await asyncio.sleep(0.001)
        await until_shown(bakery, b"%d votes" % newsroom.votes)

    bakes = in_a_bakery(storm).bakes
    assert len(bakes) >= 3
    spans = len(bakes) - 1
    assert spans * BETWEEN_S <= bakes[-1] - bakes[0] + BETWEEN_S


def test_a_page_that_nothing_changes_is_not_baked_again() -> None:
    async def calm(_: Newsroom, bakery: Bakery) -> None:
        for _ in range(20):
            assert shown(bakery) == b"0 votes"
            await asyncio.sleep(BETWEEN_S / 10)

    assert len(in_a_bakery(calm).bakes) == 1


def test_a_change_while_a_page_is_being_baked_bakes_it_once_more() -> None:
    async def change(newsroom: Newsroom, bakery: Bakery) -> None:
        newsroom.votes = 1
        bakery.changed(PATH)
        await until_shown(bakery, b"1 votes")
        newsroom.votes = 2
        bakery.changed(PATH)
        await until_shown(bakery, b"2 votes")

    assert len(in_a_bakery(change).bakes) == 3

"""Which request goes where: a ready page, a stream, a vote, or on to Django."""

from __future__ import annotations

from typing import Any

from touchstone.edge.answers import send_whole
from touchstone.edge.events import serve_stream
from touchstone.edge.passage import Passage
from touchstone.edge.requests import HostCheck, Reading, check_path, has_cookie, personal_cookies
from touchstone.edge.voting import VoteEndpoint
from touchstone.markets.stream import Hub
from touchstone.website.pages.bakery import Bakery
from touchstone.website.pages.ready import ReadyPage, Rendered, is_same

# Never the same for everyone, or not pages at all.
NOT_PAGES = ("/desk/", "/account/", "/api/", "/static/", "/assets/", "/media/", "/documents/", "/search/", "/log/")


class Doors:
    """The front door of one web process."""

    def __init__(self, passage: Passage, bakery: Bakery, hub: Hub, votes: VoteEndpoint) -> None:
        self._passage, self._bakery, self._hub, self._votes = passage, bakery, hub, votes
        self._check_host = HostCheck()
        self._personal_cookies = personal_cookies()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request. Raises EdgeError when it is refused."""
        path, reading = scope["path"], Reading(scope["headers"])
        self._check_host(reading.host)
        is_read = scope["method"] in {"GET", "HEAD"}
        if is_read and not self._is_personal(reading):
            page = self._bakery.ready(path, scope["query_string"])
            if page is not None:
                await send_page(page, reading, send)
                return
        check_path(path)
        vote = self._votes.takes(scope)
        if vote is not None:
            await self._votes(vote, scope, receive, send)
        elif path == "/stream" and is_read:
            await serve_stream(self._hub, scope, receive, send)
        elif is_read and not self._is_personal(reading) and may_be_page(path):
            await self._bake(scope, receive, send, reading)
        else:
            await self._passage(scope, receive, send)

    def _is_personal(self, reading: Reading) -> bool:
        return reading.is_personal or (bool(reading.cookie) and has_cookie(reading.cookie, self._personal_cookies))

    async def _bake(self, scope: Any, receive: Any, send: Any, reading: Reading) -> None:
        path, query = scope["path"], scope["query_string"]
        if not self._bakery.may_be_baked(path, query):
            await self._passage(scope, receive, send)
            return
        made = await self._bakery.first(path)
        if isinstance(made, ReadyPage):
            page = self._bakery.ready(path, query)
            if page is not None:
                await send_page(page, reading, send)
                return
        elif is_shareable(made, query):
            await send_whole(send, made.status, made.headers, made.body)
            return
        await self._passage(scope, receive, send)


def may_be_page(path: str) -> bool:
    """Whether a path may lead to a page that is the same for everyone who is not signed in."""
    return not path.startswith(NOT_PAGES) and not path.endswith("/vote/")


def is_shareable(answer: Rendered, query: bytes) -> bool:
    """Whether an answer that is no ready page may still go to those who asked for it: a 404, a redirect."""
    has_cookies = any(name == b"set-cookie" for name, _ in answer.headers)
    return not query and not has_cookies and answer.status in {301, 302, 404, 410}


async def send_page(page: ReadyPage, reading: Reading, send: Any) -> None:
    """Send a ready page, or 304 if the reader has it."""
    copy = page.copy_for(reading.accept_encoding)
    if reading.if_none_match and is_same(reading.if_none_match, copy.etag):
        await send({"type": "http.response.start", "status": 304, "headers": copy.not_modified})
        await send({"type": "http.response.body", "body": b""})
        return
    await send_whole(send, 200, copy.headers, copy.body)

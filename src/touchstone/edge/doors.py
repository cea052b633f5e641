"""Which request goes where: a ready page, a stream, a vote, or on to Django."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from touchstone.edge.answers import send_whole
from touchstone.edge.errors import WrongMethod
from touchstone.edge.events import serve_stream
from touchstone.edge.passage import Passage
from touchstone.edge.requests import HeaderDict, HostCheck, Personal, Proxies, check_path, peer_of
from touchstone.edge.voting import VoteEndpoint
from touchstone.markets.stream import Hub
from touchstone.website.pages.bakery import Bakery
from touchstone.website.pages.ready import Copy, ReadyPage, Rendered, is_same

# Never the same for everyone, or not pages at all.
NOT_PAGES = ("/desk/", "/account/", "/api/", "/static/", "/assets/", "/media/", "/documents/", "/search/", "/log/")
NEVER_READY = {"/healthz", "/metrics"}


class Doors:
    """The front door of one web process."""

    def __init__(self, passage: Passage, bakery: Bakery, hub: Hub, votes: VoteEndpoint) -> None:
        self._passage, self._bakery, self._hub, self.votes = passage, bakery, hub, votes
        self.check_host, self.is_personal = HostCheck(), Personal()
        self.proxies = Proxies(settings.TRUSTED_PROXIES)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request. Raises EdgeError when it is refused."""
        headers: HeaderDict = dict(scope["headers"])
        self.check_host(headers.get(b"host", b""))
        page = None
        if scope["method"] in {"GET", "HEAD"}:
            page = self.ready_page(scope["path"], scope["query_string"], headers)
        if page is not None:
            await send_page(page, headers, send)
            return
        check_path(scope["path"])
        peer = peer_of(scope)
        scope["touchstone.proxied"] = self.proxies.trusts(peer)
        scope["client"] = (self.proxies.client(peer, headers), 0)
        scope["scheme"] = self.proxies.scheme(peer, headers, scope["scheme"])
        await self._open(scope, headers, receive, send)

    def ready_page(self, path: str, query: bytes, headers: HeaderDict) -> ReadyPage | None:
        """The ready page that answers a GET, if there is one and the reader is not signed in; never waits."""
        return None if self.is_personal(headers) else self._bakery.ready(path, query)

    async def _open(self, scope: Any, headers: HeaderDict, receive: Any, send: Any) -> None:
        path, is_read = scope["path"], scope["method"] in {"GET", "HEAD"}
        vote = self.votes.takes(path, headers)
        if vote is not None:
            await self.votes(vote, scope, headers, receive, send)
        elif path == "/stream":
            if not is_read:
                raise WrongMethod
            await serve_stream(self._hub, scope, receive, send)
        elif is_read and may_be_page(path) and not self.is_personal(headers):
            await self._bake(scope, headers, receive, send)
        else:
            await self._passage(scope, receive, send)

    async def _bake(self, scope: Any, headers: HeaderDict, receive: Any, send: Any) -> None:
        path, query = scope["path"], scope["query_string"]
        if not self._bakery.may_be_baked(path, query):
            await self._passage(scope, receive, send)
            return
        made = await self._bakery.first(path)
        if isinstance(made, ReadyPage):
            page = self._bakery.ready(path, query)
            if page is not None:
                await send_page(page, headers, send)
                return
        elif is_shareable(made, query):
            await send_whole(send, made.status, made.headers, made.body)
            return
        await self._passage(scope, receive, send)


def may_be_page(path: str) -> bool:
    """Whether a path may lead to a page that is the same for everyone who is not signed in."""
    return path not in NEVER_READY and not path.startswith(NOT_PAGES) and not path.endswith("/vote/")


def is_shareable(answer: Rendered, query: bytes) -> bool:
    """Whether an answer that is no ready page may still go to those who asked for it: a 404, a redirect."""
    has_cookies = any(name == b"set-cookie" for name, _ in answer.headers)
    return not query and not has_cookies and answer.status in {301, 302, 404, 410}


def copy_for(page: ReadyPage, headers: HeaderDict) -> tuple[Copy, bool]:
    """The copy of a page that a request wants, and whether the client has it already."""
    copy = page.copy_for(headers.get(b"accept-encoding", b""))
    known = headers.get(b"if-none-match")
    return copy, known is not None and is_same(known, copy.etag)


async def send_page(page: ReadyPage, headers: HeaderDict, send: Any) -> None:
    """Send a ready page, or 304 if the client has it."""
    copy, is_known = copy_for(page, headers)
    if is_known:
        await send({"type": "http.response.start", "status": 304, "headers": copy.not_modified})
        await send({"type": "http.response.body", "body": b""})
        return
    await send_whole(send, 200, copy.headers, copy.body)

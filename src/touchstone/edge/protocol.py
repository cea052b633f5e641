"""uvicorn's HTTP protocol with short cuts for ready pages and votes, and limits on a client's time and head.

uvicorn parses (httptools), and answers everything else through ASGI as ever. A ready page or a vote needs none of the
scope, task and two writes that ASGI costs, which are more than half of what answering it takes. The application works
the same without this class, under any ASGI server; only slower.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from touchstone.edge.application import application
from touchstone.edge.doors import copy_for
from touchstone.edge.errors import EdgeError
from touchstone.edge.outflow import Outflow
from touchstone.edge.replies import STATUS_LINES, Reply
from touchstone.votes.booth.requests import LARGEST_BODY, VoteRequest
from touchstone.website.pages.ready import header_block

if TYPE_CHECKING:
    import asyncio

    from touchstone.edge.doors import Doors

VOTE_URL = re.compile(rb"/api/v1/stories/([0-9]{1,10})/vote")
BODY_HEADERS = frozenset({b"content-length", b"transfer-encoding"})
LARGEST_HEAD = 32 * 1024
HEAD_S = 10.0
IDLE_S = 20.0
WATCH_S = 2.5
IDLE, HEAD, BODY, BUSY = range(4)
LIMITS_S = {IDLE: IDLE_S, HEAD: HEAD_S, BODY: HEAD_S}
TOO_LARGE = b"The request's head is over 32 KiB."


class HeadTooLarge(Exception):
    """The request line and headers are over the limit."""


class PendingVote:
    """Takes the place of uvicorn's request cycle while a vote is in the booth, so that pipelined requests wait."""

    __slots__ = ("body", "disconnected", "keep_alive", "message_event", "more_body", "response_complete", "story")

    def __init__(self, story: bytes) -> None:
        self.story, self.body = story, bytearray()
        self.response_complete = self.disconnected = self.more_body = False
        self.keep_alive = True
        self.message_event = self

    def set(self) -> None:
        """What uvicorn calls when the connection is lost."""


class EdgeProtocol(HttpToolsProtocol):
    """One connection."""

    _dates: tuple[Any, bytes] = (None, b"")

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the watch over a client that says nothing."""
        super().connection_made(transport)
        self._outflow = Outflow(transport, self.loop)
        self._doors = application.doors
        self._page_url = b""
        self._vote: PendingVote | None = None
        self._fields: dict[bytes, bytes] = {}
        self._head_size, self._stage, self._since = 0, HEAD, self.loop.time()
        self._watch: asyncio.TimerHandle | None = self.loop.call_later(WATCH_S, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """End the watch."""
        if self._watch is not None:
            self._watch.cancel()
        self._outflow.rest()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Watch a client for which more waits than the transport likes."""
        super().pause_writing()
        self._outflow.watch()

    def resume_writing(self) -> None:
        """Leave a client alone that has caught up."""
        super().resume_writing()
        self._outflow.rest()

    def _unset_keepalive_if_required(self) -> None:
        """uvicorn's own timer is never set: arming one for every request costs more than one look every few seconds."""

    def on_message_begin(self) -> None:
        """Start counting the head's bytes and time; uvicorn's own beginning waits until it is wanted."""
        self.url, self.headers, self.expect_100_continue = b"", [], False
        self._head_size, self._stage, self._since = 0, HEAD, self.loop.time()

    def on_url(self, url: bytes) -> None:
        """Take a part of the address. Raises HeadTooLarge."""
        self.url += url
        self._head_size += len(url)
        if self._head_size > LARGEST_HEAD:
            raise HeadTooLarge

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take one header; all in one place, as a vote has a dozen. Raises HeadTooLarge."""
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))
        self._head_size += len(name) + len(value) + 4
        if self._head_size > LARGEST_HEAD:
            raise HeadTooLarge

    def on_headers_complete(self) -> None:
        """Choose the short cut or uvicorn's way."""
        if self._may_cut_short():
            method, self._fields = self.parser.get_method(), dict(self.headers)
            if method == b"GET" and BODY_HEADERS.isdisjoint(self._fields):
                self._page_url = self.url
                return
            found = VOTE_URL.fullmatch(self.url) if method == b"POST" else None
            if found is not None:
                self._vote, self._stage = PendingVote(found[1]), BODY
                return
        self._stage = BUSY
        self._begin_asgi()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        if self._vote is None:
            super().on_body(body)
        elif len(self._vote.body) <= LARGEST_BODY:
            self._vote.body += body

    def on_message_complete(self) -> None:
        """Answer a page at once, send a vote to the booth, or leave the rest to uvicorn."""
        if self._vote is not None:
            self._send_vote(self._vote)
        elif self._page_url:
            self._send_page()
        else:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """Go on with the next pipelined request, or wait for one."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            self._outflow.watch()
            return
        self.flow.resume_reading()
        if self._stage == BUSY:  # otherwise the next request has begun meanwhile, and its time is running
            self._stage, self._since = IDLE, self.loop.time()
        if self._watch is None:
            self._watch = self.loop.call_later(WATCH_S, self._look)
        if self.pipeline:
            self._stage = BUSY
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP; 431 where the head is too large."""
        if self._head_size <= LARGEST_HEAD:
            super().send_400_response(msg)
            return
        reply = Reply(431, [(b"content-type", b"text/plain; charset=utf-8")], TOO_LARGE)
        self.transport.write(reply.wire(self._server_headers(), keep_alive=False))
        self.transport.close()

    def _begin_asgi(self) -> None:
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers.extend(headers)  # the scope holds this very list
        super().on_headers_complete()

    def _may_cut_short(self) -> bool:
        return (
            self._doors is not None
            and not self.flow.write_paused
            and (self.cycle is None or self.cycle.response_complete)
            and not self.pipeline
            and not self.expect_100_continue
            and self.parser.get_http_version() == "1.1"
            and self.parser.should_keep_alive()
            and not self.parser.should_upgrade()
        )

    def _send_page(self) -> None:
        url, self._page_url = self._page_url, b""
        raw, _, query = url.partition(b"?")
        page = None
        if self._doors is not None and b"%" not in raw and raw.isascii() and self._is_our_host(self._doors):
            page = self._doors.ready_page(raw.decode("ascii"), query, self._fields)
        if page is None:
            self._stage = BUSY
            self._begin_asgi()
            super().on_message_complete()
            return
        copy, is_known = copy_for(page, self._fields)
        status, block, body = (304, copy.block_304, b"") if is_known else (200, copy.block, copy.body)
        self.transport.write(b"".join((STATUS_LINES[status], self._server_headers(), block, b"\r\n", body)))
        self.server_state.total_requests += 1
        self._stage = IDLE

    def _is_our_host(self, doors: Doors) -> bool:
        try:
            doors.check_host(self._fields.get(b"host", b""))
        except EdgeError:
            return False
        return True

    def _send_vote(self, vote: PendingVote) -> None:
        self._vote, self._stage = None, BUSY
        doors, headers = self._doors, self._fields
        if doors is None or not self._is_our_host(doors):
            self._begin_asgi()
            self.cycle.body += vote.body
            super().on_message_complete()
            return
        self.cycle = vote  # type: ignore[assignment]
        peer = self.client[0] if self.client else ""
        client = doors.proxies.client(peer, headers)
        scheme = doors.proxies.scheme(peer, headers, self.scheme or "http")
        request = VoteRequest(vote.story.decode(), headers, bytes(vote.body), client, scheme)
        doors.votes.vote(request, lambda reply: self._finish_vote(vote, reply))

    def _finish_vote(self, vote: PendingVote, reply: Reply) -> None:
        vote.response_complete = True
        if vote.disconnected or self.transport.is_closing():
            return
        keep_alive = vote.keep_alive and reply.status != 413
        self.transport.write(reply.wire(self._server_headers(), keep_alive=keep_alive))
        if not keep_alive:
            self.transport.close()
        self.on_response_complete()

    def _server_headers(self) -> bytes:
        current = self.server_state.default_headers
        if EdgeProtocol._dates[0] is not current:
            EdgeProtocol._dates = (current, header_block(current))
        return EdgeProtocol._dates[1]

    def _look(self) -> None:
        """Close a connection that has taken too long over its next step; busy ones are watched again afterwards."""
        self._watch = None
        if self._stage != BUSY or self.transport.is_closing():
            self._outflow.watch()
        if self._stage == BUSY or self.transport.is_closing():
            return
        if self.loop.time() - self._since > LIMITS_S[self._stage]:
            self.transport.close()
            return
        self._watch = self.loop.call_later(WATCH_S, self._look)

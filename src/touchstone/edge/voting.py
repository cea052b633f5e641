"""The vote endpoint: HTTP in front of the booth, without Django's middleware in between."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from json import dumps
from typing import Any

from django.conf import settings

from touchstone.edge.answers import JSON_TYPE, NOT_KEPT, security_headers
from touchstone.edge.errors import ClientGone
from touchstone.edge.replies import Headers, Reply
from touchstone.edge.requests import HeaderDict
from touchstone.votes.booth.door import new_carried, receipt_of
from touchstone.votes.booth.figures import answer_json
from touchstone.votes.booth.house import House
from touchstone.votes.booth.requests import LARGEST_BODY, VoteRequest, body_too_large
from touchstone.votes.errors import BadReaderKey, BadRequest, VoteRefused
from touchstone.website.pages.ready import header_block

VOTE_PATH = re.compile(r"/api/v1/stories/([^/]+)/(vote|vote-token)/?")
Deliver = Callable[[Reply], None]


class VoteEndpoint:
    """Answers votes, and tokens for readers who are not signed in."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._session = f"{settings.SESSION_COOKIE_NAME}=".encode()
        self._headers: Headers = [JSON_TYPE, NOT_KEPT, *security_headers()]
        self._block = header_block(self._headers)

    def takes(self, path: str, headers: HeaderDict) -> re.Match[str] | None:
        """The parts of the path if this endpoint answers it; tokens for sessions are Django's."""
        if not path.startswith("/api/v1/stories/"):
            return None
        found = VOTE_PATH.fullmatch(path)
        if found is None or found[2] == "vote":
            return found
        return None if self._session in headers.get(b"cookie", b"") else found

    def vote(self, request: VoteRequest, deliver: Deliver) -> None:
        """Check a vote and have it counted; `deliver` gets the reply, on the event loop, when it is durable."""

        def settle(outcome: object) -> None:
            deliver(self._reply_to(outcome))

        try:
            self._house.booth.cast_then(self._house.door.ballot(request), settle)
        except VoteRefused as err:
            settle(err)

    async def __call__(self, found: re.Match[str], scope: Any, headers: HeaderDict, receive: Any, send: Any) -> None:
        """Answer one ASGI request."""
        wanted = "POST" if found[2] == "vote" else "GET"
        try:
            if scope["method"] != wanted:
                raise BadRequest("wrong_method", f"This address takes {wanted} only.", status=405)
            body = await read_body(receive) if wanted == "POST" else b""
            request = VoteRequest(found[1], headers, body, scope["client"][0], scope["scheme"])
            reply = await (self._wait_for_vote(request) if wanted == "POST" else self._token(request))
        except VoteRefused as err:
            reply = self._reply_to(err)
            if err.status == 405:
                reply.headers.append((b"allow", wanted.encode()))
        await reply.send(send)

    async def _wait_for_vote(self, request: VoteRequest) -> Reply:
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self.vote(request, lambda reply: None if future.done() else future.set_result(reply))
        return await future

    async def _token(self, request: VoteRequest) -> Reply:
        question, carried = self._house.door.ask_token(request)
        answer = await self._house.lookup.ask_soon(question)
        token, cookie = self._house.door.token(answer, carried)
        headers = self._headers if cookie is None else [*self._headers, (b"set-cookie", cookie.encode())]
        return Reply(200, headers, dumps(token, separators=(",", ":")).encode())

    def _reply_to(self, outcome: Any) -> Reply:
        if not isinstance(outcome, VoteRefused):
            return Reply(200, self._headers, answer_json(outcome, receipt_of(outcome)).encode(), self._block)
        members = {"code": outcome.code, "message": outcome.message, "field": outcome.field}
        body = dumps({"error": members}, separators=(",", ":")).encode()
        return Reply(outcome.status, [*self._headers, *refusal_headers(outcome)], body)


async def read_body(receive: Any) -> bytes:
    """The whole body of a vote. Raises a VoteRefused if it is too large, ClientGone if it never comes."""
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body", False):
        if len(body) > LARGEST_BODY:
            raise body_too_large()
        message = await receive()
        body += message.get("body", b"")
    if message["type"] == "http.disconnect":
        raise ClientGone
    if len(body) > LARGEST_BODY:
        raise body_too_large()
    return body


def refusal_headers(err: VoteRefused) -> Headers:
    """When to try again, a new cookie for a forged one, and an end to connections that send too much."""
    made: Headers = []
    if err.retry_after_s is not None:
        made.append((b"retry-after", str(err.retry_after_s).encode()))
    if isinstance(err, BadReaderKey):
        made.append((b"set-cookie", (new_carried(int(time.time())).set_cookie or "").encode()))
    if err.status == 413:
        made.append((b"connection", b"close"))
    return made

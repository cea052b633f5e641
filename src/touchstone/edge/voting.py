"""The vote endpoint: HTTP in front of the booth, without Django's middleware in between."""

from __future__ import annotations

import re
from json import dumps
from typing import Any

from django.conf import settings

from touchstone.edge.answers import JSON_TYPE, NOT_KEPT, security_headers, send_whole
from touchstone.edge.errors import ClientGone
from touchstone.edge.requests import client_of
from touchstone.votes.booth.door import new_reader_cookie, receipt_of
from touchstone.votes.booth.figures import answer_json
from touchstone.votes.booth.house import House
from touchstone.votes.booth.requests import LARGEST_BODY, WANTED_HEADERS, VoteRequest, body_too_large
from touchstone.votes.errors import BadReaderKey, BadRequest, VoteRefused

VOTE_PATH = re.compile(r"/api/v1/stories/([^/]+)/(vote|vote-token)/?")
Headers = list[tuple[bytes, bytes]]


class VoteEndpoint:
    """Answers votes, and tokens for readers who are not signed in."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._session = f"{settings.SESSION_COOKIE_NAME}=".encode()
        self._headers: Headers = [JSON_TYPE, NOT_KEPT, *security_headers()]

    def takes(self, scope: Any) -> re.Match[str] | None:
        """The parts of the path if this endpoint answers it; tokens for sessions are Django's."""
        found = VOTE_PATH.fullmatch(scope["path"])
        if found is None or found[2] == "vote":
            return found
        signed_in = any(name == b"cookie" and self._session in value for name, value in scope["headers"])
        return None if signed_in else found

    async def __call__(self, found: re.Match[str], scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        extra: Headers = []
        try:
            status, body = await self._answer(found, scope, receive, extra)
        except VoteRefused as err:
            status, body = err.status, refusal_json(err)
            extra += refusal_headers(err)
        length = (b"content-length", b"%d" % len(body))
        await send_whole(send, status, [*self._headers, length, *extra], body)

    async def _answer(self, found: re.Match[str], scope: Any, receive: Any, extra: Headers) -> tuple[int, bytes]:
        wanted = "POST" if found[2] == "vote" else "GET"
        if scope["method"] != wanted:
            extra.append((b"allow", wanted.encode()))
            raise BadRequest("wrong_method", f"This address takes {wanted} only.", status=405)
        body = await read_body(receive) if wanted == "POST" else b""
        headers = {name: value for name, value in scope["headers"] if name in WANTED_HEADERS}
        request = VoteRequest(found[1], headers, body, client_of(scope), scope["scheme"])
        return await (self._vote(request) if wanted == "POST" else self._token(request, extra))

    async def _vote(self, request: VoteRequest) -> tuple[int, bytes]:
        recorded = await self._house.booth.cast_soon(self._house.door.ballot(request))
        return 200, answer_json(recorded, receipt_of(recorded)).encode()

    async def _token(self, request: VoteRequest, extra: Headers) -> tuple[int, bytes]:
        question, carried = self._house.door.ask_token(request)
        answer = await self._house.lookup.ask_soon(question)
        token, cookie = self._house.door.token(answer, carried)
        if cookie is not None:
            extra.append((b"set-cookie", cookie.encode()))
        return 200, dumps(token, separators=(",", ":")).encode()


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


def refusal_json(err: VoteRefused) -> bytes:
    """A refusal in the site's one error shape."""
    members = {"code": err.code, "message": err.message, "field": err.field}
    return dumps({"error": members}, separators=(",", ":")).encode()


def refusal_headers(err: VoteRefused) -> Headers:
    """When to try again, a new cookie for a forged one, and an end to connections that send too much."""
    made: Headers = []
    if err.retry_after_s is not None:
        made.append((b"retry-after", str(err.retry_after_s).encode()))
    if isinstance(err, BadReaderKey):
        made.append((b"set-cookie", new_reader_cookie().encode()))
    if err.status == 413:
        made.append((b"connection", b"close"))
    return made

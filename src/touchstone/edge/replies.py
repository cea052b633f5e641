"""Complete answers as bytes, for ASGI's `send` and for the wire."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from touchstone.website.pages.ready import Headers, header_block

STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}


@dataclass(slots=True)
class Reply:
    """A status, headers without content-length, and the whole body.

    block : the headers as they go over the wire, where they are always the same and ready
    """

    status: int
    headers: Headers
    body: bytes
    block: bytes = b""

    async def send(self, send: Any) -> None:
        """Answer an ASGI request."""
        length = (b"content-length", b"%d" % len(self.body))
        await send({"type": "http.response.start", "status": self.status, "headers": [*self.headers, length]})
        await send({"type": "http.response.body", "body": self.body})

    def wire(self, server_headers: bytes, *, keep_alive: bool) -> bytes:
        """The answer as bytes; `server_headers` is a block such as the date's."""
        close = b"" if keep_alive else b"connection: close\r\n"
        length = b"content-length: %d\r\n" % len(self.body)
        parts = (
            STATUS_LINES[self.status],
            server_headers,
            self.block or header_block(self.headers),
            length,
            close,
            b"\r\n",
            self.body,
        )
        return b"".join(parts)

"""Passes requests on to Django under WSGI: few threads, a short queue, no thread held by a slow client."""

from __future__ import annotations

import asyncio
import io
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from touchstone.edge.errors import BodyTooLarge, BodyTooSlow, ClientGone, Overloaded
from touchstone.edge.requests import address_prefix
from touchstone.website.pages.query_keys import BAKING_FLAG
from touchstone.website.pages.ready import Headers, Rendered

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
SLICE = 256 * 1024
IN_MEMORY = 1024 * 1024
NOT_PASSED = {b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade"}
NOT_PASSED |= {b"content-length"}
BODY_HEADERS = {b"content-length", b"transfer-encoding"}


@dataclass(frozen=True, slots=True)
class Room:
    """How many requests Django works on, how many may wait, and what their bodies may weigh and take.

    bodies, bodies_per_address : how many bodies may be on their way, in all and from one address; a client that sends
    slowly takes one of these places, never one of those who wait with a whole request
    """

    threads: int = 4
    waiting: int = 64
    bodies: int = 256
    bodies_per_address: int = 32
    body_bytes: int = 1024 * 1024
    upload_bytes: int = 64 * 1024 * 1024
    upload_prefix: str = "/desk/"
    body_s: float = 30.0


class Passage:
    """Django as an ASGI application with bounded concurrency."""

    def __init__(self, wsgi: Wsgi, room: Room) -> None:
        self._wsgi, self._room = wsgi, room
        self._threads = ThreadPoolExecutor(room.threads, thread_name_prefix="django")
        self._baker = ThreadPoolExecutor(1, thread_name_prefix="bake")
        self._free = asyncio.Semaphore(room.threads)
        self._waiting = 0
        self._bodies: Counter[str] = Counter()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request through Django. Raises EdgeError when the edge has to answer instead."""
        if self._waiting >= self._room.waiting:
            raise Overloaded
        body, size = await self._take_body(scope, receive)
        await self._wait_for_thread(body)
        call = Call(self._wsgi, make_environ(scope, body, size))
        loop = asyncio.get_running_loop()
        try:
            more = await loop.run_in_executor(self._threads, call.begin)
        except BaseException:
            await loop.run_in_executor(self._threads, call.close)
            raise
        finally:
            self._free.release()
        await self._send(call, more, send)

    async def render(self, path: str, *, host: str, scheme: str) -> Rendered:
        """What Django answers to a reader without cookies who asks for this path without a query."""
        return await asyncio.get_running_loop().run_in_executor(self._baker, self._render, path, host, scheme)

    def close(self) -> None:
        """Let the threads go; what they are working on is finished first."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._baker.shutdown(wait=False, cancel_futures=True)

    def _render(self, path: str, host: str, scheme: str) -> Rendered:
        noted: set[str] = set()
        scope = {
            "method": "GET",
            "path": path,
            "query_string": b"",
            "scheme": scheme,
            "http_version": "1.1",
            "headers": [(b"host", host.encode())],
            "client": ("127.0.0.1", 0),
        }
        call = Call(self._wsgi, make_environ(scope, io.BytesIO(), 0) | {BAKING_FLAG: noted})
        try:
            more, slices = call.begin(), [call.slice]
            while more:
                more = call.advance()
                slices.append(call.slice)
        finally:
            call.close()
        return Rendered(call.status, call.headers, b"".join(slices), frozenset(noted))

    async def _send(self, call: Call, more: bool, send: Any) -> None:
        loop = asyncio.get_running_loop()
        try:
            await send({"type": "http.response.start", "status": call.status, "headers": call.headers})
            while more:
                await send({"type": "http.response.body", "body": call.slice, "more_body": True})
                more = await loop.run_in_executor(self._threads, call.advance)
            await send({"type": "http.response.body", "body": call.slice})
        finally:
            if not call.is_closed:
                await loop.run_in_executor(self._threads, call.close)

    async def _wait_for_thread(self, body: BinaryIO) -> None:
        if self._waiting >= self._room.waiting:
            body.close()
            raise Overloaded
        self._waiting += 1
        try:
            await self._free.acquire()
        except BaseException:
            body.close()
            raise
        finally:
            self._waiting -= 1

    async def _take_body(self, scope: Any, receive: Any) -> tuple[BinaryIO, int]:
        """The body; only as many at a time as there is room for."""
        if not _has_body(scope["headers"]):
            return await self._read_body(scope, receive)
        peer = address_prefix((scope.get("client") or ("", 0))[0])
        if self._bodies.total() >= self._room.bodies or self._bodies[peer] >= self._room.bodies_per_address:
            raise Overloaded
        self._bodies[peer] += 1
        try:
            return await self._read_body(scope, receive)
        finally:
            self._bodies[peer] -= 1
            if not self._bodies[peer]:
                del self._bodies[peer]

    async def _read_body(self, scope: Any, receive: Any) -> tuple[BinaryIO, int]:
        room = self._room
        limit = room.upload_bytes if scope["path"].startswith(room.upload_prefix) else room.body_bytes
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if declared.isdigit() and int(declared) > limit:
            raise BodyTooLarge(limit)
        body = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115 - Call closes it
        try:
            async with asyncio.timeout(room.body_s):
                size = await _fill(body, receive, limit)
        except TimeoutError as err:
            body.close()
            raise BodyTooSlow(room.body_s) from err
        except BaseException:
            body.close()
            raise
        return body, size


def _has_body(headers: Headers) -> bool:
    return any(name in BODY_HEADERS and value != b"0" for name, value in headers)


async def _fill(body: BinaryIO, receive: Any, limit: int) -> int:
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise BodyTooLarge(limit)
        body.write(chunk)
        more = message.get("more_body", False)
    body.seek(0)
    return size


class Call:
    """One run through a WSGI application, in slices; each method runs in a worker thread."""

    def __init__(self, wsgi: Wsgi, environ: dict[str, Any]) -> None:
        self._wsgi, self._environ = wsgi, environ
        self._iterable: Iterable[bytes] = ()
        self._chunks: Iterator[bytes] = iter(())
        self.status, self.headers = 500, cast(Headers, [])
        self.slice, self.is_closed = b"", False

    def begin(self) -> bool:
        """Run the application up to its first slice of body; True if more follows."""
        self._iterable = self._wsgi(self._environ, self._start)
        self._chunks = iter(self._iterable)
        return self.advance()

    def advance(self) -> bool:
        """Gather the next slice of body; True if more follows."""
        gathered, size = [], 0
        for chunk in self._chunks:
            gathered.append(chunk)
            size += len(chunk)
            if size >= SLICE:
                self.slice = b"".join(gathered)
                return True
        self.slice = b"".join(gathered)
        self.close()
        return False

    def close(self) -> None:
        """Tell the application and the body's file that this run is over; safe to call twice."""
        if self.is_closed:
            return
        self.is_closed = True
        with suppress(Exception):
            getattr(self._iterable, "close", lambda: None)()
        self._environ["wsgi.input"].close()

    def _start(self, status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> Callable[[bytes], None]:
        self.status = int(status[:3])
        self.headers = [(name.lower().encode("latin-1"), value.strip().encode("latin-1")) for name, value in headers]
        return lambda _: None


def make_environ(scope: Any, body: BinaryIO, size: int) -> dict[str, Any]:
    """The WSGI environment of an ASGI request (PEP 3333).

    Header names with underscores are left out, as they would pass for the ones with hyphens that a proxy sets, and
    X-Forwarded headers are passed on from a proxy of ours only.
    """
    server = scope.get("server") or ("localhost", 80)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1] or 80),
        "CONTENT_LENGTH": str(size),
        "REMOTE_ADDR": (scope.get("client") or ("", 0))[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    is_proxied = scope.get("touchstone.proxied", False)
    for name, value in scope["headers"]:
        if b"_" in name or name in NOT_PASSED or (name.startswith(b"x-forwarded-") and not is_proxied):
            continue
        _add_header(environ, name.decode("latin-1"), value.decode("latin-1"))
    return environ


def _add_header(environ: dict[str, Any], name: str, value: str) -> None:
    key = name.upper().replace("-", "_")
    if key != "CONTENT_TYPE":
        key = f"HTTP_{key}"
    if key in environ:
        value = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{value}"
    environ[key] = value

"""The hub under a real uvicorn, over real sockets."""

from __future__ import annotations

import asyncio
import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
import uvicorn

from touchstone.markets.stream import Hub, HubLimits

AT = datetime(2026, 1, 1, tzinfo=UTC)
WITHIN_S = 120.0


class RunningHub:
    """A hub served by uvicorn in a thread of its own."""

    def __init__(self, limits: HubLimits) -> None:
        self.hub = Hub(limits=limits)
        self.ended: list[str] = []
        config = uvicorn.Config(
            self._application, interface="asgi3", port=0, http="httptools", log_level="error", lifespan="off"
        )
        self.server = uvicorn.Server(config)
        self.loop: asyncio.AbstractEventLoop | None = None
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        async def serve() -> None:
            self.loop = asyncio.get_running_loop()
            await self.server.serve()

        asyncio.run(serve())

    async def _application(self, scope, receive, send) -> None:
        last_id = dict(scope["headers"]).get(b"last-event-id", b"").decode() or None
        await self.hub.serve(send, receive, last_event_id=last_id)
        self.ended.append(scope["path"])

    @property
    def port(self) -> int:
        return self.server.servers[0].sockets[0].getsockname()[1]

    def publish(self, data: str, message_id: str | None = None) -> None:
        assert self.loop is not None
        self.loop.call_soon_threadsafe(lambda: self.hub.publish("tick", data, at=AT, message_id=message_id))

    def connect(self, path: str = "/", *, receive_bytes: int | None = None, **headers: str) -> socket.socket:
        reader = socket.socket()
        if receive_bytes:
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        reader.settimeout(WITHIN_S)
        reader.connect(("127.0.0.1", self.port))
        lines = [
            f"GET {path} HTTP/1.1",
            "Host: x",
            *(f"{name.replace('_', '-')}: {text}" for name, text in headers.items()),
        ]
        reader.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        return reader


@contextmanager
def running_hub(**limits: int) -> Iterator[RunningHub]:
    running = RunningHub(HubLimits(**limits))  # type: ignore[arg-type]
    running.thread.start()
    wait_until(lambda: running.server.started)
    try:
        yield running
    finally:
        assert running.loop is not None
        running.loop.call_soon_threadsafe(running.hub.close)
        running.server.should_exit = True
        running.thread.join(WITHIN_S)
        assert not running.thread.is_alive()


def wait_until(is_so) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not is_so():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.01)


def read_body(reader: socket.socket, until: bytes) -> bytes:
    """The decoded body of the answer, read until it ends with something."""
    answer = http.client.HTTPResponse(reader)
    answer.begin()
    assert answer.status == 200
    assert answer.getheader("content-type") == "text/event-stream; charset=utf-8"
    body = b""
    while not body.endswith(until):
        body += answer.read1(65_536)
    answer.close()
    return body


def test_chunks_decode_to_the_very_events() -> None:
    with running_hub() as running:
        reader = running.connect()
        wait_until(lambda: running.hub.open_streams == 1)
        running.publish("é" * 1000, "a")
        running.publish("second", "b")
        body = read_body(reader, b"data: second\n\n")
        assert body.startswith(b"retry: 3000\n\n")
        assert body.count(b"data: " + ("é" * 1000).encode()) == 1
        reader.close()
        wait_until(lambda: running.hub.open_streams == 0)


def test_a_reader_comes_back_over_http() -> None:
    with running_hub() as running:
        for number in range(5):
            running.publish(str(number), f"m{number}")
        reader = running.connect(Last_Event_ID="m2")
        assert read_body(reader, b"data: 4\n\n").decode().count("event: tick") == 2
        reader.close()


class Listener(threading.Thread):
    """A reader who takes everything at once and counts the events."""

    def __init__(self, reader: socket.socket) -> None:
        super().__init__(daemon=True)
        self.reader = reader
        self.events = 0

    def run(self) -> None:
        answer = http.client.HTTPResponse(self.reader)
        answer.begin()
        while piece := answer.read1(65_536):
            self.events += piece.count(b"event: tick")
        answer.close()


@pytest.mark.parametrize("stuck", [1, 20])
def test_readers_who_stop_reading_are_cut_off_and_nobody_else_notices(stuck: int) -> None:
    with running_hub(backlog_bytes=50_000) as running:
        sleepers = [running.connect("/stuck", receive_bytes=2048) for _ in range(stuck)]
        quick = running.connect("/quick")
        wait_until(lambda: running.hub.open_streams == stuck + 1)
        listener = Listener(quick)
        listener.start()
        # In step with the quick reader, so that only those who do not read at all fall behind.
        for number in range(60):
            running.publish("x" * 10_000)
            wait_until(lambda number=number: listener.events == number + 1)
        wait_until(lambda: running.hub.dropped == stuck and running.ended.count("/stuck") == stuck)
        assert running.hub.open_streams == 1
        for reader in sleepers:
            reader.close()
    listener.join(WITHIN_S)
    quick.close()


def test_shutting_down_ends_open_streams_at_once() -> None:
    with running_hub() as running:
        readers = [running.connect() for _ in range(50)]
        wait_until(lambda: running.hub.open_streams == 50)
        began = time.monotonic()
        assert running.loop is not None
        running.loop.call_soon_threadsafe(running.hub.close)
        bodies = [read_body(reader, b"event: bye\ndata: {}\n\n") for reader in readers]
        assert time.monotonic() - began < WITHIN_S
        assert len(bodies) == 50
        for reader in readers:
            reader.close()

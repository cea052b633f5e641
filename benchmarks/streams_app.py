"""The web process as it runs, with one stamped message a second on its streams: what `benchmarks.streams` measures."""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import UTC, datetime
from typing import Any

from touchstone.edge.application import application as edge
from touchstone.edge.server import run_server

EVERY_S = 1.0
PADDING = "x" * 300

background: set[asyncio.Task[None]] = set()


async def publish_every_second() -> None:
    """Stamp a message with the present moment and send it to all streams."""
    while True:
        await asyncio.sleep(EVERY_S)
        edge.edge().hub.publish("tick", f"T={time.monotonic_ns()};{PADDING}", at=datetime.now(UTC))


async def application(scope: Any, receive: Any, send: Any) -> None:
    """The edge, and the publisher beside it."""
    if scope["type"] == "lifespan":
        background.add(asyncio.create_task(publish_every_second()))
    await edge(scope, receive, send)


if __name__ == "__main__":
    run_server(host="127.0.0.1", port=int(sys.argv[1]), application="benchmarks.streams_app:application")

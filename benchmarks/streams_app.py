"""The hub alone under uvicorn, sending one stamped message a second: what `benchmarks.streams` measures."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

from touchstone.markets.stream import Hub, HubLimits

EVERY_S = 1.0
PADDING = "x" * 300

hub = Hub(limits=HubLimits(streams=20_000, streams_per_peer=20_000))
background: set[asyncio.Task[None]] = set()


async def publish_every_second() -> None:
    while True:
        await asyncio.sleep(EVERY_S)
        hub.publish("tick", f"T={time.monotonic_ns()};{PADDING}", at=datetime.now(UTC))


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Streams on every path."""
    if scope["type"] == "lifespan":
        await receive()
        background.add(asyncio.create_task(publish_every_second()))
        await send({"type": "lifespan.startup.complete"})
        await receive()
        hub.close()
        await send({"type": "lifespan.shutdown.complete"})
        return
    last_id = next((value for name, value in scope["headers"] if name == b"last-event-id"), None)
    await hub.serve(send, receive, last_event_id=last_id.decode() if last_id else None)

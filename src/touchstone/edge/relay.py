"""Brings messages that other processes announced to this process's hub, and so to readers and the bakery."""

from __future__ import annotations

from django.conf import settings

from touchstone.markets.queries import stream_messages_after
from touchstone.markets.stream import Hub, relay_polled, relay_redis


async def relay_messages(hub: Hub) -> None:
    """Relay through Redis where there is one, else by polling the table; runs until cancelled."""
    if settings.REDIS_URL:
        await relay_redis(hub, settings.REDIS_URL)
    else:
        await relay_polled(hub, stream_messages_after)

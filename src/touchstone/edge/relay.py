"""Brings messages that other processes announced to this process's hub, and so to readers and the bakery."""

from __future__ import annotations

from django.conf import settings
from django.db import close_old_connections

from touchstone.markets.models import StreamMessage
from touchstone.markets.stream import Hub, Message, relay_polled, relay_redis

LATEST = 200


async def relay_messages(hub: Hub) -> None:
    """Relay through Redis where there is one, else by polling the table; runs until cancelled."""
    if settings.REDIS_URL:
        await relay_redis(hub, settings.REDIS_URL)
    else:
        await relay_polled(hub, messages_after)


def messages_after(last_id: int) -> list[Message]:
    """Announced messages with ids above `last_id`, in order; the latest ones only when it is 0."""
    close_old_connections()
    rows = StreamMessage.objects.order_by("-id")[:LATEST]
    if last_id:
        rows = StreamMessage.objects.filter(id__gt=last_id).order_by("id")[:LATEST]
    return [Message(str(row.pk), row.event, row.data, row.at) for row in sorted(rows, key=lambda row: row.pk)]

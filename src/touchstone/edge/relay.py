"""Brings messages that other processes announced to this process's hub, and so to readers and the bakery."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.db import close_old_connections, connection

from touchstone.markets.queries import stream_messages_after
from touchstone.markets.stream import Bell, Hub, Message, listen_postgres, relay_polled, relay_redis

# Through the table come only messages that Redis did not take.
FALLBACK_POLL_S = 1.0
FILL_WITHIN_S = 3.0


class Relay:
    """Relays from the table, woken by PostgreSQL's NOTIFY, and from Redis where there is one."""

    def __init__(self, hub: Hub) -> None:
        self._hub, self._bell = hub, Bell()
        self._empty = 2 if settings.REDIS_URL else 1
        self._filled = asyncio.Event()

    async def run(self) -> None:
        """Relay until cancelled."""
        every_s = {"every_s": FALLBACK_POLL_S} if settings.REDIS_URL else {}
        async with asyncio.TaskGroup() as group:
            group.create_task(relay_polled(self._hub, _read_after, bell=self._bell, filled=self._fill_one, **every_s))
            if settings.REDIS_URL:
                group.create_task(relay_redis(self._hub, settings.REDIS_URL, filled=self._fill_one))
            if connection.vendor == "postgresql":
                group.create_task(listen_postgres(self._bell, _listening_parameters()))

    async def wait_until_filled(self) -> None:
        """Return when readers who come back can resume here, or after a few seconds in which nothing could be read."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._filled.wait(), FILL_WITHIN_S)

    def _fill_one(self) -> None:
        self._empty -= 1
        if self._empty == 0:
            self._filled.set()


def _read_after(last_id: int) -> list[Message]:
    # No request begins in this thread, so nobody else would ever replace a connection that PostgreSQL has closed.
    close_old_connections()
    return stream_messages_after(last_id)


def _listening_parameters() -> dict[str, Any]:
    given: dict[str, Any] = connection.get_connection_params()
    return {name: given[name] for name in ("host", "port", "dbname", "user", "password") if given.get(name)}

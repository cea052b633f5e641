"""Bringing messages that other processes announced to this process's hub: by polling a table, or through Redis."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from touchstone.markets.stream.frames import Message
from touchstone.markets.stream.hub import Hub

logger = logging.getLogger(__name__)

REDIS_STREAM = "touchstone:stream"
POLL_S = 0.2
RETRY_S = 1.0
# PostgreSQL hands out ids before commit: a smaller id may become visible after a larger one, for this long.
LATE_COMMIT_S = 5.0
WIDEST_GAP = 100

ReadAfter = Callable[[int], Sequence[Message]]


class PolledIds:
    """Which row ids have been seen, and from where to read again so that a late commit is not missed."""

    def __init__(self, last_id: int = 0) -> None:
        self._last_id = last_id
        self._missing: dict[int, float] = {}

    def read_from(self, now_s: float) -> int:
        """The id after which to read: before the oldest gap that may still fill, else the last seen."""
        self._missing = {row_id: since for row_id, since in self._missing.items() if now_s - since < LATE_COMMIT_S}
        return min(self._missing, default=self._last_id + 1) - 1

    def take_new(self, messages: Sequence[Message], now_s: float) -> list[Message]:
        """Those of the messages that have not been seen, remembering the gaps between them."""
        fresh = []
        for message in messages:
            row_id = int(message.id)
            if row_id > self._last_id:
                self._missing.update(dict.fromkeys(range(max(self._last_id + 1, row_id - WIDEST_GAP), row_id), now_s))
                self._last_id = row_id
                fresh.append(message)
            elif self._missing.pop(row_id, None) is not None:
                fresh.append(message)
        return fresh


async def relay_polled(hub: Hub, read_after: ReadAfter, *, every_s: float = POLL_S) -> None:
    """Publish every message that `read_after(id)` newly gives, until cancelled.

    read_after : called in a thread; gives messages with ids above the argument, in order, at most a few hundred. Its
                 first call, with 0, should give the latest messages only, for readers who come back.
    """
    ids, is_first = PolledIds(), True
    while True:
        try:
            found = await asyncio.to_thread(read_after, 0 if is_first else ids.read_from(time.monotonic()))
            if is_first and found:
                ids = PolledIds(int(found[0].id) - 1)
            is_first = False
            for message in ids.take_new(found, time.monotonic()):
                hub.publish(message.event, message.data, at=message.at, message_id=message.id)
        except Exception:  # the stream outlives a database that restarts; the next round reads what was missed
            logger.exception("could not read announced messages; trying again in %s s", RETRY_S)
            await asyncio.sleep(RETRY_S)
        await asyncio.sleep(every_s)


async def relay_redis(hub: Hub, url: str, *, stream: str = REDIS_STREAM) -> None:
    """Publish every message added to a Redis stream, until cancelled; reconnects and resumes where it was.

    Needs the extra `postgres` (redis-py). Readers who come back to another worker resume too: ids are Redis's own.
    """
    from redis import asyncio as redis  # an optional extra
    from redis.exceptions import RedisError

    last_id = ""
    while True:
        client = redis.from_url(url, decode_responses=True, socket_connect_timeout=5, health_check_interval=30)
        try:
            async with client:
                last_id = last_id or await _replay_recent(hub, client, stream)
                while True:
                    answer: Any = await client.xread({stream: last_id}, count=200, block=5000)
                    for _, entries in answer or ():
                        last_id = _publish_entries(hub, entries)
        except (RedisError, OSError):
            logger.exception("lost Redis; trying again in %s s", RETRY_S)
            await asyncio.sleep(RETRY_S)


async def _replay_recent(hub: Hub, client: Any, stream: str) -> str:
    """Fill a fresh hub with the latest messages, oldest first; the id to go on from."""
    recent = await client.xrevrange(stream, count=hub.limits.ring_messages)
    return _publish_entries(hub, reversed(recent)) if recent else "0-0"


def _publish_entries(hub: Hub, entries: Iterable[tuple[str, dict[str, str]]]) -> str:
    last_id = ""
    for last_id, fields in entries:
        at = datetime.fromtimestamp(float(fields["at"]), tz=UTC)
        hub.publish(fields["event"], fields["data"], at=at, message_id=last_id)
    return last_id

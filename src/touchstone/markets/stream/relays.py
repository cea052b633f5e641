"""Bringing messages that other processes announced to this process's hub: from a table, and through Redis."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from touchstone.markets.stream.frames import Message
from touchstone.markets.stream.hub import Hub

logger = logging.getLogger(__name__)

REDIS_STREAM = "touchstone:stream"
NOTIFY_CHANNEL = "touchstone_stream"
POLL_S = 0.2
POLL_IF_WOKEN_S = 2.0
RETRY_S = 1.0
# PostgreSQL hands out ids before commit: a smaller id may become visible after a larger one, for this long.
LATE_COMMIT_S = 5.0
WIDEST_GAP = 100

ReadAfter = Callable[[int], Sequence[Message]]
Filled = Callable[[], None]


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


@dataclass(slots=True)
class Bell:
    """Rings when the table has something new; while nobody listens for it, the table is asked more often."""

    rung: asyncio.Event = field(default_factory=asyncio.Event)
    is_heard: bool = False

    async def wait(self, every_s: float) -> None:
        """Until it rings, or the table is due to be asked anyway."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.rung.wait(), max(every_s, POLL_IF_WOKEN_S) if self.is_heard else every_s)
        self.rung.clear()


async def relay_polled(
    hub: Hub,
    read_after: ReadAfter,
    *,
    every_s: float = POLL_S,
    bell: Bell | None = None,
    filled: Filled = lambda: None,
) -> None:
    """Publish every message that `read_after(id)` newly gives, until cancelled.

    read_after : called in a thread; gives messages with ids above the argument, in order, at most a few hundred. Its
                 first call, with 0, should give the latest messages only, for readers who come back.
    bell       : spares the waiting; see `listen_postgres`
    filled     : called once, when the hub remembers what was announced before it began
    """
    ids, is_first, bell = PolledIds(), True, bell or Bell()
    while True:
        try:
            found = await asyncio.to_thread(read_after, 0 if is_first else ids.read_from(time.monotonic()))
        except Exception:  # the stream outlives a database that restarts; the next round reads what was missed
            logger.exception("could not read announced messages; trying again in %s s", RETRY_S)
            await asyncio.sleep(RETRY_S)
            continue
        if is_first and found:
            ids = PolledIds(int(found[0].id) - 1)
        for message in ids.take_new(found, time.monotonic()):
            _publish(hub, message)
        if is_first:
            filled()
        is_first = False
        await bell.wait(every_s)


async def listen_postgres(bell: Bell, connection: Mapping[str, Any], *, channel: str = NOTIFY_CHANNEL) -> None:
    """Ring at every NOTIFY on the channel, until cancelled; while PostgreSQL is away, the table is polled.

    connection : what psycopg's connect takes, such as host and dbname
    """
    import psycopg  # an optional extra

    while True:
        try:
            async with await psycopg.AsyncConnection.connect(**connection, autocommit=True) as listening:
                await listening.execute(f"LISTEN {channel}")
                bell.is_heard = True
                bell.rung.set()
                async for _ in listening.notifies():
                    bell.rung.set()
        except (psycopg.Error, OSError):
            logger.warning("lost PostgreSQL's notifications; the table is polled meanwhile", exc_info=True)
        finally:
            bell.is_heard = False
        await asyncio.sleep(RETRY_S)


async def relay_redis(hub: Hub, url: str, *, stream: str = REDIS_STREAM, filled: Filled = lambda: None) -> None:
    """Publish every message added to a Redis stream, until cancelled; reconnects and resumes where it was.

    Needs the extra `postgres` (redis-py). Readers who come back to another worker resume too: ids are Redis's own.
    """
    from redis import asyncio as redis  # an optional extra

    last_id = ""
    while True:
        # The time limit must exceed XREAD's own wait; without one, a connection that is silently gone is never noticed.
        client = redis.from_url(url, decode_responses=True, socket_connect_timeout=5, socket_timeout=10)
        try:
            async with client:
                if not last_id:
                    last_id = await _replay_recent(hub, client, stream)
                    filled()
                while True:
                    answer: Any = await client.xread({stream: last_id}, count=200, block=5000)
                    for _, entries in answer or ():
                        last_id = _publish_entries(hub, entries)
        except Exception:  # the stream outlives a Redis that restarts, whatever its client makes of that
            logger.warning("lost Redis; trying again in %s s", RETRY_S, exc_info=True)
            await asyncio.sleep(RETRY_S)


async def _replay_recent(hub: Hub, client: Any, stream: str) -> str:
    """Fill a fresh hub with the latest messages, oldest first; the id to go on from."""
    recent = await client.xrevrange(stream, count=hub.limits.ring_messages)
    return _publish_entries(hub, reversed(recent)) if recent else "0-0"


def _publish_entries(hub: Hub, entries: Iterable[tuple[str, dict[str, str]]]) -> str:
    last_id = ""
    for last_id, fields in entries:
        try:
            at = datetime.fromtimestamp(float(fields["at"]), tz=UTC)
            message = Message(last_id, fields["event"], fields["data"], at)
        except (KeyError, ValueError):
            logger.warning("left out entry %s of the Redis stream, which is none of ours", last_id)
            continue
        _publish(hub, message)
    return last_id


def _publish(hub: Hub, message: Message) -> None:
    """Publish one message; one that cannot be must not keep the others back."""
    try:
        hub.publish(message.event, message.data, at=message.at, message_id=message.id)
    except Exception:
        logger.exception("left out message %s, which cannot be published", message.id)

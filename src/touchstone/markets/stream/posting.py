"""Adding messages to the Redis stream that every web process reads."""

from __future__ import annotations

import logging
import time
from datetime import datetime
from functools import cache
from typing import Any

from touchstone.markets.stream.relays import REDIS_STREAM

logger = logging.getLogger(__name__)

MESSAGES_KEPT = 2000
REST_S = 3.0


class Poster:
    """One process's way to the Redis stream; after a failure it lets Redis rest, so that nobody waits for it again."""

    def __init__(self, url: str) -> None:
        import redis  # an optional extra

        self._client: Any = redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)
        self._resting_until = 0.0

    def post(self, event: str, data: str, at: datetime, *, stream: str) -> bool:
        """Add one message; False, and a line in the log, if Redis does not take it."""
        from redis.exceptions import RedisError

        if time.monotonic() < self._resting_until:
            return False
        fields = {"event": event, "data": data, "at": repr(at.timestamp())}
        try:
            self._client.xadd(stream, fields, maxlen=MESSAGES_KEPT, approximate=True)
        except (RedisError, OSError) as err:
            self._resting_until = time.monotonic() + REST_S
            logger.warning("Redis takes no messages (%s); they go through the database for %s s", err, REST_S)
            return False
        return True


@cache
def _poster(url: str) -> Poster:
    return Poster(url)


def post_to_redis(url: str, event: str, data: str, at: datetime, *, stream: str = REDIS_STREAM) -> bool:
    """Add one message to the stream; False if Redis does not take it, so that it has to go another way."""
    return _poster(url).post(event, data, at, stream=stream)

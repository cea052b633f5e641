"""Adding messages to the Redis stream that every web process reads."""

from __future__ import annotations

import logging
from datetime import datetime
from functools import cache
from typing import Any

from touchstone.markets.stream.relays import REDIS_STREAM

logger = logging.getLogger(__name__)

MESSAGES_KEPT = 2000


@cache
def _client(url: str) -> Any:
    import redis  # an optional extra

    return redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2, health_check_interval=30)


def post_to_redis(url: str, event: str, data: str, at: datetime, *, stream: str = REDIS_STREAM) -> bool:
    """Add one message to the stream; False, and a line in the log, if Redis does not take it.

    A missed announcement costs readers a moment's delay; it must never undo the write that it announces.
    """
    from redis.exceptions import RedisError

    fields = {"event": event, "data": data, "at": repr(at.timestamp())}
    try:
        _client(url).xadd(stream, fields, maxlen=MESSAGES_KEPT, approximate=True)
    except (RedisError, OSError):
        logger.exception("could not announce %s through Redis", event)
        return False
    return True

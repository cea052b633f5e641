"""A Redis cache that pages can do without: while Redis is away, nothing is remembered and nothing fails."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient

logger = logging.getLogger(__name__)

REST_S = 3.0
TIMEOUTS = {"socket_timeout": 1, "socket_connect_timeout": 1}


class SparableClient(RedisCacheClient):
    """Redis as Django uses it; after a failure it is left alone for a few seconds, as if the cache were empty."""

    # Of the whole process: Django makes a cache for each thread.
    _resting_until = 0.0

    def add(self, key: Any, value: Any, timeout: Any) -> bool:
        """Whether the key was free; as nothing is kept while Redis is away, it is free then."""
        return self._try(lambda: super(SparableClient, self).add(key, value, timeout), True)

    def get(self, key: Any, default: Any) -> Any:
        """The value, or the default."""
        return self._try(lambda: super(SparableClient, self).get(key, default), default)

    def set(self, key: Any, value: Any, timeout: Any) -> None:
        """Keep a value."""
        self._try(lambda: super(SparableClient, self).set(key, value, timeout), None)

    def touch(self, key: Any, timeout: Any) -> bool:
        """Whether the key was there to be kept longer."""
        return self._try(lambda: super(SparableClient, self).touch(key, timeout), False)

    def delete(self, key: Any) -> bool:
        """Whether the key was there to be forgotten."""
        return self._try(lambda: super(SparableClient, self).delete(key), False)

    def get_many(self, keys: Any) -> Any:
        """What there is of these keys."""
        return self._try(lambda: super(SparableClient, self).get_many(keys), {})

    def has_key(self, key: Any) -> bool:
        """Whether the key is there."""
        return self._try(lambda: super(SparableClient, self).has_key(key), False)

    def incr(self, key: Any, delta: Any) -> int:
        """The number after adding to it. Raises ValueError where there is none, as Django's caches do."""
        found = self._try(lambda: super(SparableClient, self).incr(key, delta), None)
        if found is None:
            raise ValueError(f"Key {key!r} not found.")
        return found

    def set_many(self, data: Any, timeout: Any) -> None:
        """Keep several values."""
        self._try(lambda: super(SparableClient, self).set_many(data, timeout), None)

    def delete_many(self, keys: Any) -> None:
        """Forget several values."""
        self._try(lambda: super(SparableClient, self).delete_many(keys), None)

    def clear(self) -> bool:
        """Forget everything."""
        return self._try(lambda: super(SparableClient, self).clear(), False)

    def _try(self, do: Callable[[], Any], otherwise: Any) -> Any:
        from redis.exceptions import RedisError  # an optional extra

        if time.monotonic() < SparableClient._resting_until:
            return otherwise
        try:
            return do()
        except (RedisError, OSError) as err:
            SparableClient._resting_until = time.monotonic() + REST_S
            logger.warning("Redis keeps nothing (%s); going on without it for %s s", err, REST_S)
            return otherwise


class SparableRedisCache(RedisCache):
    """What CACHES names."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, {**params, "OPTIONS": {**TIMEOUTS, **params.get("OPTIONS", {})}})
        self._class = SparableClient

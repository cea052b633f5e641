"""The cache while Redis is away."""

from __future__ import annotations

import pytest
from tests.newsroom import free_port

from touchstone.config.cache import SparableClient, SparableRedisCache


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch) -> SparableRedisCache:
    pytest.importorskip("redis")
    monkeypatch.setattr(SparableClient, "_resting_until", 0.0)
    return SparableRedisCache(f"redis://127.0.0.1:{free_port()}/0", {})


def test_without_redis_nothing_is_remembered_and_nothing_fails(cache: SparableRedisCache) -> None:
    cache.set("key", 1)
    assert cache.get("key", "nothing") == "nothing"
    assert cache.add("key", 1)
    assert not cache.touch("key")
    assert not cache.delete("key")
    assert cache.get_many(["key"]) == {}
    assert not cache.has_key("key")
    cache.set_many({"key": 1})
    cache.delete_many(["key"])
    cache.clear()
    assert cache.get_or_set("key", lambda: 7) == 7
    with pytest.raises(ValueError, match="not found"):
        cache.incr("key")


def test_a_redis_that_fails_is_left_alone_for_a_while(cache: SparableRedisCache) -> None:
    cache.get("key")
    resting_until = SparableClient._resting_until
    assert resting_until > 0
    cache.get("key")
    assert SparableClient._resting_until == resting_until

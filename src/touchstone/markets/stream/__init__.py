"""Event streams to many readers at once: a hub per web worker, and relays that bring it other processes' messages."""

from touchstone.markets.stream.frames import Message, frame
from touchstone.markets.stream.hub import Hub, HubLimits
from touchstone.markets.stream.relays import Bell, listen_postgres, relay_polled, relay_redis

__all__ = ["Bell", "Hub", "HubLimits", "Message", "frame", "listen_postgres", "relay_polled", "relay_redis"]

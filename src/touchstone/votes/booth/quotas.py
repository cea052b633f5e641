"""How many votes one reader and one address may cast; kept in memory only, addresses as keyed hashes."""

from __future__ import annotations

import hashlib
import ipaddress
import os
import threading
from collections import OrderedDict
from dataclasses import dataclass

from touchstone.votes.errors import TooManyVotes

LONGEST_MEMORY = 200_000
HASH_BYTES = 12


@dataclass(frozen=True, slots=True)
class Rate:
    """A bucket of `burst` tokens that fills up within `seconds`."""

    burst: int
    seconds: float


class Buckets:
    """Token buckets by key; the least recently used are forgotten. May be used from any thread."""

    def __init__(self, rate: Rate, *, of: str, memory: int = LONGEST_MEMORY) -> None:
        self._burst, self._per_s, self._of, self._memory = float(rate.burst), rate.burst / rate.seconds, of, memory
        self._levels: OrderedDict[bytes, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: bytes, *, now_s: float) -> None:
        """Take one token. Raises TooManyVotes with the seconds until there is one again."""
        with self._lock:
            level, since = self._levels.get(key, (self._burst, now_s))
            level = min(self._burst, level + (now_s - since) * self._per_s)
            allowed = level >= 1.0
            self._levels[key] = (level - 1.0 if allowed else level, now_s)
            self._levels.move_to_end(key)
            if len(self._levels) > self._memory:
                self._levels.popitem(last=False)
        if not allowed:
            raise TooManyVotes(retry_after_s=max(1, round((1.0 - level) / self._per_s + 0.5)), of=self._of)


class AddressKeys:
    """Turns addresses into keys that say nothing without a secret, which ends with the process."""

    def __init__(self) -> None:
        self._secret = os.urandom(32)

    def __call__(self, address: str) -> bytes:
        """The key of an address's prefix: a whole IPv4 address, the first 64 bits of an IPv6 one."""
        prefix = ipv6_prefix(address) if ":" in address else address.encode()
        return hashlib.blake2b(prefix, key=self._secret, digest_size=HASH_BYTES).digest()


def ipv6_prefix(address: str) -> bytes:
    """What counts as one address in IPv6; an IPv4 address inside stays what it is."""
    try:
        parsed = ipaddress.IPv6Address(address)
    except ValueError:
        return address.encode()
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped).encode()
    return parsed.packed[:8]

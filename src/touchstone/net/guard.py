"""The guard: decides where a request may go, looks each name up once, and connects to the address it checked."""

from __future__ import annotations

import ipaddress
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import httpcore
import httpx

from touchstone.net.addresses import refusal
from touchstone.net.errors import AddressRefused, FetchTimedOut, NameNotFound, UrlRefused

Resolver = Callable[[str, int], list[str]]

CONNECT_ATTEMPTS = 3
MAX_URL_CHARS = 2048


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One exact address and port that an operator has permitted by hand, for example a model server at home."""

    address: str
    port: int


def resolve_name(host: str, port: int) -> list[str]:
    """Addresses of a host in the order of the system's resolver, without duplicates. Raises NameNotFound."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as err:
        raise NameNotFound(host, str(err)) from err
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, slots=True)
class Guard:
    """What outbound requests may reach.

    ports     : ports that any public address may be reached on
    permitted : exact endpoints exempt from the address and port rules; empty unless an operator names them
    resolver  : looks names up; called exactly once per hop
    """

    ports: frozenset[int] = frozenset({80, 443})
    permitted: frozenset[Endpoint] = frozenset()
    resolver: Resolver = resolve_name

    def check_url(self, url: str) -> httpx.URL:
        """The parsed URL if its shape is allowed: http(s), a host, no credentials, a port we use. Raises UrlRefused."""
        if len(url) > MAX_URL_CHARS:
            raise UrlRefused(url[:80] + "…", f"longer than {MAX_URL_CHARS} characters")
        try:
            parsed = httpx.URL(url)
            port = _port_of(parsed)
        except (httpx.InvalidURL, ValueError) as err:
            raise UrlRefused(url, str(err) or "not a URL") from err
        if parsed.scheme not in {"http", "https"}:
            raise UrlRefused(url, "only http and https are fetched")
        if not parsed.host:
            raise UrlRefused(url, "it names no host")
        if parsed.userinfo:
            raise UrlRefused(str(parsed.copy_with(userinfo=b"")), "credentials in a URL are not sent")
        if port not in self.ports and port not in {endpoint.port for endpoint in self.permitted}:
            raise UrlRefused(url, f"port {port} is not one of {sorted(self.ports)}")
        return parsed

    def addresses_for(self, host: str, port: int) -> list[str]:
        """Checked addresses to connect to, from one look-up. Raises NameNotFound or AddressRefused."""
        found = self.resolver(host, port)
        reasons = {address: self._refusal(address, port) for address in found}
        allowed = [address for address, reason in reasons.items() if reason is None]
        if not allowed:
            first = next(iter(reasons.values()), None) or "the name has no address"
            raise AddressRefused(host, tuple(found), first)
        return allowed[:CONNECT_ATTEMPTS]

    def _refusal(self, address: str, port: int) -> str | None:
        if _is_permitted(address, port, self.permitted):
            return None
        if port not in self.ports:
            return f"port {port} is not one of {sorted(self.ports)}"
        return refusal(address)


def _port_of(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def _is_permitted(address: str, port: int, permitted: Iterable[Endpoint]) -> bool:
    """Compared as parsed addresses, so that ::1 and 0:0:0:0:0:0:0:1 are one."""
    try:
        parsed = ipaddress.ip_address(address)
        return any(parsed == ipaddress.ip_address(point.address) and port == point.port for point in permitted)
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on the monotonic clock by which a whole fetch must be over."""

    url: str
    limit_s: float
    ends_at: float

    @classmethod
    def after(cls, url: str, limit_s: float) -> Deadline:
        """A deadline that starts now."""
        return cls(url=url, limit_s=limit_s, ends_at=time.monotonic() + limit_s)

    def left_s(self) -> float:
        """Seconds left. Raises FetchTimedOut when there are none."""
        left = self.ends_at - time.monotonic()
        if left <= 0:
            raise FetchTimedOut(self.url, self.limit_s)
        return left

    def within(self, timeout_s: float | None) -> float:
        """The shorter of a step's own timeout and what is left. Raises FetchTimedOut when nothing is."""
        left = self.left_s()
        return left if timeout_s is None else min(timeout_s, left)


class GuardedBackend(httpcore.NetworkBackend):
    """Opens connections for httpcore: looks up once, checks, dials that very address, and keeps the deadline."""

    def __init__(self, *, guard: Guard, deadline: Deadline) -> None:
        self._guard = guard
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """A stream to the first checked address that answers. Raises NetError or httpcore.ConnectError."""
        addresses = _call_within(lambda: self._guard.addresses_for(host, port), self._deadline)
        dial = httpcore.SyncBackend()
        failure: Exception = httpcore.ConnectError("no address answered")
        for address in addresses:
            try:
                stream = dial.connect_tcp(address, port, self._deadline.within(timeout), local_address, socket_options)
                return _TimedStream(stream, self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as err:
                failure = err
        raise failure


class _TimedStream(httpcore.NetworkStream):
    """A stream on which every step also ends at the deadline, so that a trickle cannot hold a fetch open."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.within(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.within(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: object, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, self._deadline.within(timeout))  # type: ignore[arg-type]
        return _TimedStream(stream, self._deadline)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


def _call_within(call: Callable[[], list[str]], deadline: Deadline) -> list[str]:
    """Run a look-up in a thread of its own: the system's resolver knows no timeout."""
    answers: queue.Queue[list[str] | Exception] = queue.Queue(maxsize=1)

    def run() -> None:
        try:
            answers.put(call())
        except Exception as err:  # handed to the waiting thread, which raises it
            answers.put(err)

    threading.Thread(target=run, name="net-lookup", daemon=True).start()
    try:
        answer = answers.get(timeout=deadline.left_s())
    except queue.Empty:
        raise FetchTimedOut(deadline.url, deadline.limit_s) from None
    if isinstance(answer, Exception):
        raise answer
    return answer

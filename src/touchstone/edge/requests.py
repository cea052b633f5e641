"""What a request asks for and who sent it, read from its headers once."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from touchstone.edge.errors import HostRefused, PathRefused
from touchstone.votes.booth.door import FRESH_COOKIE

FORBIDDEN = frozenset(chr(code) for code in range(32)) | {"\\", "\x7f"}
# A request that carries one of these may get an answer of its own, so it goes to Django.
PERSONAL_HEADERS = frozenset({b"authorization", b"hx-request", b"range"})
MANY_HOSTS = 200
SCHEMES = {b"http": "http", b"https": "https"}

HeaderDict = dict[bytes, bytes]


class HostCheck:
    """Remembers which Host headers ALLOWED_HOSTS lets in."""

    def __init__(self) -> None:
        self._allowed: set[bytes] = set()

    def __call__(self, host: bytes) -> None:
        """Raise HostRefused for a host that is not ours."""
        if host in self._allowed:
            return
        domain, _port = split_domain_port(host.decode("latin-1"))
        if not domain or not validate_host(domain, settings.ALLOWED_HOSTS or [".localhost", "127.0.0.1", "[::1]"]):
            raise HostRefused
        if len(self._allowed) < MANY_HOSTS:
            self._allowed.add(host)


class Personal:
    """Tells requests that may get an answer of their own from those that get everybody's."""

    def __init__(self) -> None:
        names = (settings.SESSION_COOKIE_NAME, "messages", FRESH_COOKIE)
        self._cookies = tuple(f"{name}=".encode() for name in names)

    def __call__(self, headers: HeaderDict) -> bool:
        """Whether the request has to go to Django."""
        if not PERSONAL_HEADERS.isdisjoint(headers):
            return True
        cookie = headers.get(b"cookie")
        return cookie is not None and any(name in cookie for name in self._cookies)


class Proxies:
    """Whose X-Forwarded headers are believed; a Unix socket has no address and counts as a proxy of ours."""

    def __init__(self, trusted: Sequence[str]) -> None:
        self._trusted = frozenset(trusted) | {""}

    def trusts(self, peer: str) -> bool:
        """Whether this peer is one of ours."""
        return peer in self._trusted

    def client(self, peer: str, headers: HeaderDict) -> str:
        """The address of the client: the last one in X-Forwarded-For that is no proxy of ours."""
        forwarded = headers.get(b"x-forwarded-for")
        if forwarded is None or peer not in self._trusted:
            return peer
        hops = [hop.strip() for hop in forwarded.decode("latin-1").split(",")]
        return next((hop for hop in reversed(hops) if hop and hop not in self._trusted), peer)

    def scheme(self, peer: str, headers: HeaderDict, seen: str) -> str:
        """The scheme that the client used."""
        if peer not in self._trusted:
            return seen
        return SCHEMES.get(headers.get(b"x-forwarded-proto", b""), seen)


def check_path(path: str) -> None:
    """Raise PathRefused for dot segments, backslashes and control characters."""
    if "/." in path and not {".", ".."}.isdisjoint(path.split("/")):
        raise PathRefused
    if not path.startswith("/") or not FORBIDDEN.isdisjoint(path):
        raise PathRefused


def peer_of(scope: dict[str, object]) -> str:
    """The address at the other end of the connection; empty on a Unix socket."""
    client = scope.get("client")
    return str(client[0]) if isinstance(client, list | tuple) and client else ""


def address_prefix(address: str) -> str:
    """What counts as one address: all of an IPv4 address, the first 64 bits of an IPv6 one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)

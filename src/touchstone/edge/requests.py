"""What a request asks for, read from its ASGI scope once."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from touchstone.edge.errors import HostRefused, PathRefused
from touchstone.votes.booth.door import FRESH_COOKIE

FORBIDDEN = frozenset(chr(code) for code in range(32)) | {"\\", "\x7f"}
# A request that carries one of these may get an answer of its own, so it goes to Django.
PERSONAL_HEADERS = {b"authorization", b"hx-request", b"range"}
MANY_HOSTS = 200


class Reading:
    """The few headers that decide where a request goes."""

    __slots__ = ("accept_encoding", "cookie", "host", "if_none_match", "is_personal")

    def __init__(self, headers: list[tuple[bytes, bytes]]) -> None:
        self.host = self.cookie = self.accept_encoding = self.if_none_match = b""
        self.is_personal = False
        for name, value in headers:
            if name == b"host":
                self.host = value
            elif name == b"accept-encoding":
                self.accept_encoding = value
            elif name == b"cookie":
                self.cookie += b"; " + value
            elif name == b"if-none-match":
                self.if_none_match = value
            elif name in PERSONAL_HEADERS:
                self.is_personal = True


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


def check_path(path: str) -> None:
    """Raise PathRefused for dot segments, backslashes and control characters."""
    if "/." in path and not {".", ".."}.isdisjoint(path.split("/")):
        raise PathRefused
    if not path.startswith("/") or not FORBIDDEN.isdisjoint(path):
        raise PathRefused


def personal_cookies() -> tuple[bytes, ...]:
    """Names, each with its equals sign, of the cookies that make a page one reader's own."""
    return tuple(f"{name}=".encode() for name in (settings.SESSION_COOKIE_NAME, "messages", FRESH_COOKIE))


def has_cookie(cookie: bytes, names: tuple[bytes, ...]) -> bool:
    """Whether a Cookie header holds one of these cookies."""
    return any(name in cookie for name in names)


def client_of(scope: Any) -> str:
    """The address of the client; empty on a Unix socket."""
    return (scope.get("client") or ("", 0))[0]

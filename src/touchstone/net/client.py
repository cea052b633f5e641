"""Fetching one URL from outside under a guard and limits; the only place in Touchstone that does."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

import httpcore
import httpx

from touchstone.net.bodies import read_body
from touchstone.net.errors import BodyUnreadable, FetchFailed, FetchTimedOut, TooManyRedirects, UrlRefused
from touchstone.net.guard import Deadline, Guard, GuardedBackend

REDIRECTS = frozenset({301, 302, 303, 307, 308})
USER_AGENT = "Touchstone/0.1 (self-hosted newsroom)"
# Never carried to another origin: they were meant for the first one only.
_PRIVATE_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})


@dataclass(frozen=True, slots=True)
class Limits:
    """How long, how much and how far one fetch may go.

    step_s        : longest wait for one connect, read or write, seconds
    total_s       : longest wait for the whole fetch, redirects and name look-ups included, seconds
    max_bytes     : largest body after decompression, bytes
    max_redirects : most redirects followed
    """

    step_s: float = 5.0
    total_s: float = 10.0
    max_bytes: int = 5_000_000
    max_redirects: int = 3


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent: a GET without body, or a POST with one (whose redirects are refused)."""

    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None

    @property
    def method(self) -> str:
        """GET, or POST when there is something to send."""
        return "GET" if self.content is None else "POST"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever its status.

    url     : where it finally came from
    headers : names in lower case
    body    : decompressed bytes
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    def text(self) -> str:
        """The body as text, by the charset it names or UTF-8; bad bytes become U+FFFD."""
        named = httpx.Headers(dict(self.headers)).get("content-type", "")
        charset = named.partition("charset=")[2].partition(";")[0].strip(" \"'") or "utf-8"
        try:
            return self.body.decode(charset, errors="replace")
        except LookupError:
            return self.body.decode("utf-8", errors="replace")

    def json(self) -> object:
        """The body parsed as JSON. Raises BodyUnreadable."""
        try:
            parsed: object = json.loads(self.body)
        except ValueError as err:
            raise BodyUnreadable(self.url, f"not JSON ({err})") from err
        return parsed


def fetch(
    url: str,
    *,
    request: Request | None = None,
    limits: Limits | None = None,
    guard: Guard | None = None,
    tls: ssl.SSLContext | None = None,
) -> Answer:
    """Fetch a URL that may come from a stranger; the answer carries its status, also 404 or 500.

    Every hop is checked anew, the name is looked up once and the checked address is the one connected to; proxies,
    cookies and credentials from the environment are never used.

    tls : trust anchors for https; certifi's by default

    Raises UrlRefused, AddressRefused, NameNotFound, TooManyRedirects, BodyTooLarge, BodyUnreadable, FetchTimedOut or
    FetchFailed, all of them NetError. Source: docs/explanation/outbound-requests.md
    """
    request, limits, guard = request or Request(), limits or Limits(), guard or Guard()
    deadline = Deadline.after(url, limits.total_s)
    target = guard.check_url(url)
    for _ in range(limits.max_redirects + 1):
        transport = _Transport(guard=guard, deadline=deadline, tls=tls or _public_trust())
        with httpx.Client(transport=transport, trust_env=False, timeout=limits.step_s, headers=_OWN_HEADERS) as client:
            outcome = _send(client, target, request, limits)
        if isinstance(outcome, Answer):
            return outcome
        following = _next_hop(target, outcome, guard=guard, request=request)
        if (following.host, following.port) != (target.host, target.port):
            request = _without_private_headers(request)
        target = following
    raise TooManyRedirects(url, limits.max_redirects)


_OWN_HEADERS = {"user-agent": USER_AGENT, "accept-encoding": "gzip", "connection": "close"}


@cache
def _public_trust() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


def _send(client: httpx.Client, target: httpx.URL, request: Request, limits: Limits) -> Answer | str:
    """The answer, or the place it redirects to. Raises NetError."""
    url = str(target)
    try:
        headers = dict(request.headers)
        with client.stream(request.method, target, headers=headers, content=request.content) as response:
            if response.status_code in REDIRECTS and "location" in response.headers:
                return response.headers["location"]
            encoding = response.headers.get("content-encoding", "").strip().lower()
            body = read_body(response.iter_raw(), encoding=encoding, url=url, max_bytes=limits.max_bytes)
            return Answer(url=url, status=response.status_code, headers=dict(response.headers), body=body)
    except (httpcore.TimeoutException, httpx.TimeoutException) as err:
        raise FetchTimedOut(url, limits.step_s) from err
    except (httpcore.NetworkError, httpcore.ProtocolError, httpx.HTTPError, ssl.SSLError, OSError) as err:
        raise FetchFailed(url, str(err) or type(err).__name__) from err
    except (ValueError, UnicodeError) as err:
        raise UrlRefused(url, f"the request could not be written ({err})") from err


def _next_hop(source: httpx.URL, location: str, *, guard: Guard, request: Request) -> httpx.URL:
    """Where a redirect leads, checked. Raises UrlRefused."""
    if request.content is not None:
        raise UrlRefused(location, "a request with a body is not redirected")
    try:
        following = source.join(location)
    except (httpx.InvalidURL, ValueError) as err:
        raise UrlRefused(location, f"redirect to something that is not a URL ({err})") from err
    if source.scheme == "https" and following.scheme == "http":
        raise UrlRefused(str(following), "https does not redirect to http")
    return guard.check_url(str(following))


def _without_private_headers(request: Request) -> Request:
    kept = {name: value for name, value in request.headers.items() if name.lower() not in _PRIVATE_HEADERS}
    return Request(headers=kept, content=request.content)


class _Transport(httpx.BaseTransport):
    """One guarded connection for one hop; nothing is pooled, so no checked connection is reused for another name."""

    def __init__(self, *, guard: Guard, deadline: Deadline, tls: ssl.SSLContext) -> None:
        backend = GuardedBackend(guard=guard, deadline=deadline)
        self._pool = httpcore.ConnectionPool(ssl_context=tls, max_connections=1, network_backend=backend)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer with its body still unread."""
        answer = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        assert isinstance(answer.stream, Iterable)
        return httpx.Response(status_code=answer.status, headers=answer.headers, stream=_Stream(answer))

    def close(self) -> None:
        """Close the connection."""
        self._pool.close()


class _Stream(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        return self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()

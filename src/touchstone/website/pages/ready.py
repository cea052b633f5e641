"""A complete answer in every content coding a browser may ask for, with strong entity tags."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass, field

import brotli

Headers = list[tuple[bytes, bytes]]

# What Django says about its own bytes is wrong for the compressed copies, and hop-by-hop headers are the server's.
OWN_HEADERS = {b"content-length", b"content-encoding", b"etag", b"vary", b"cache-control", b"last-modified"}
DROPPED_HEADERS = OWN_HEADERS | {b"connection", b"date", b"server", b"keep-alive", b"transfer-encoding"}
CACHE_CONTROL = b"public, max-age=0, s-maxage=2, must-revalidate"
VARY = b"accept-encoding, cookie"
CODINGS = ("br", "gzip", "identity")
SMALLEST_TO_PACK = 600
ALL_KEYS = "*"


@dataclass(frozen=True, slots=True)
class Rendered:
    """What Django answered: status, headers with lower-case names, the whole body, and the query keys it looked at."""

    status: int
    headers: Headers
    body: bytes
    query_keys: frozenset[str] = frozenset()

    def header(self, name: bytes) -> bytes:
        """The first header of that lower-case name; empty if there is none."""
        return next((value for key, value in self.headers if key == name), b"")


@dataclass(frozen=True, slots=True)
class Copy:
    """One content coding of a page: headers of the full answer and of a 304, as pairs and as bytes, and the body."""

    etag: bytes
    headers: Headers
    not_modified: Headers
    body: bytes
    block: bytes
    block_304: bytes


@dataclass(slots=True)
class ReadyPage:
    """A page as it was baked at one moment, and what has happened to it since."""

    path: str
    copies: dict[str, Copy]
    query_keys: frozenset[str]
    baked_at: float
    is_stale: bool = False
    weight: int = field(default=0)

    def copy_for(self, accept_encoding: bytes) -> Copy:
        """The smallest copy that the Accept-Encoding header allows."""
        return self.copies[preferred_coding(accept_encoding)]


def is_bakeable(answer: Rendered) -> bool:
    """Whether the same bytes may go to every reader who is not signed in."""
    names = {name for name, _ in answer.headers}
    kind = answer.header(b"content-type")
    caching = answer.header(b"cache-control")
    return (
        answer.status == 200
        and kind.startswith(b"text/html")
        and b"set-cookie" not in names
        and b"private" not in caching
        and b"no-store" not in caching
    )


def make_ready(path: str, answer: Rendered, *, at: float) -> ReadyPage:
    """The page in all content codings; `at` is the monotonic second at which rendering began."""
    shared = [(name, value) for name, value in answer.headers if name not in DROPPED_HEADERS]
    shared += [(b"cache-control", CACHE_CONTROL), (b"vary", VARY)]
    digest = hashlib.sha256(answer.body).hexdigest()[:20]
    bodies = {"identity": answer.body}
    if len(answer.body) >= SMALLEST_TO_PACK:
        bodies["gzip"] = gzip.compress(answer.body, compresslevel=6, mtime=0)
        bodies["br"] = brotli.compress(answer.body, quality=5)
    made = {coding: _copy(shared, coding, body, digest) for coding, body in bodies.items()}
    copies = {coding: made.get(coding, made["identity"]) for coding in CODINGS}
    weight = sum(len(body) for body in bodies.values())
    return ReadyPage(path, copies, answer.query_keys, baked_at=at, weight=weight)


def _copy(shared: Headers, coding: str, body: bytes, digest: str) -> Copy:
    etag = f'"{digest}"' if coding == "identity" else f'"{digest}-{coding}"'
    tagged = [*shared, (b"etag", etag.encode())]
    full = [*tagged, (b"content-length", str(len(body)).encode())]
    if coding != "identity":
        full.append((b"content-encoding", coding.encode()))
    not_modified = [(name, value) for name, value in tagged if name != b"content-type"]
    return Copy(etag.encode(), full, not_modified, body, header_block(full), header_block(not_modified))


def header_block(headers: Headers) -> bytes:
    """Headers as they go over the wire, without the empty line that ends them."""
    return b"".join(b"%b: %b\r\n" % header for header in headers)


def preferred_coding(accept_encoding: bytes) -> str:
    """The best of br, gzip and identity that an Accept-Encoding header allows (RFC 9110, section 12.5.3)."""
    if b";" not in accept_encoding:
        offered = accept_encoding.replace(b" ", b"").split(b",")
        return "br" if b"br" in offered else "gzip" if b"gzip" in offered else "identity"
    refused = {b"0", b"0.0", b"0.00", b"0.000"}
    weights: dict[bytes, bytes] = {}
    for part in accept_encoding.replace(b" ", b"").split(b","):
        name, _, weight = part.partition(b";q=")
        weights[name] = weight
    allowed = {name for name, weight in weights.items() if weight not in refused}
    return "br" if b"br" in allowed else "gzip" if b"gzip" in allowed else "identity"


def is_same(if_none_match: bytes, etag: bytes) -> bool:
    """Whether an If-None-Match header names this entity tag (weak comparison, RFC 9110, section 13.1.2)."""
    if if_none_match == b"*":
        return True
    return any(tag.strip().removeprefix(b"W/") == etag for tag in if_none_match.split(b","))

"""Answers that the edge gives itself: JSON, errors, and the security headers that go with them."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from django.conf import settings

from touchstone.edge.errors import EdgeError

Headers = list[tuple[bytes, bytes]]
JSON_TYPE = (b"content-type", b"application/json")
NOT_KEPT = (b"cache-control", b"no-store")


@cache
def security_headers() -> tuple[tuple[bytes, bytes], ...]:
    """What every answer that is not a page carries, from the same settings that Django's middleware reads."""
    policy = ", ".join(f"{name}=()" for name in settings.PERMISSIONS_POLICY)
    made = [
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", settings.X_FRAME_OPTIONS),
        ("referrer-policy", settings.SECURE_REFERRER_POLICY),
        ("cross-origin-opener-policy", settings.SECURE_CROSS_ORIGIN_OPENER_POLICY),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", policy),
    ]
    if settings.SECURE_HSTS_SECONDS:
        below = "; includeSubDomains" if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS else ""
        made.append(("strict-transport-security", f"max-age={settings.SECURE_HSTS_SECONDS}{below}"))
    return tuple((name.encode(), value.encode()) for name, value in made)


async def send_whole(send: Any, status: int, headers: Headers, body: bytes) -> None:
    """Send a complete answer; content-length must be among the headers."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def send_json(send: Any, status: int, payload: Any, headers: Headers | None = None) -> None:
    """Send a JSON answer that nobody may keep."""
    body = json.dumps(payload, separators=(",", ":")).encode()
    length = (b"content-length", str(len(body)).encode())
    await send_whole(send, status, [JSON_TYPE, NOT_KEPT, length, *security_headers(), *(headers or [])], body)


async def send_error(send: Any, error: EdgeError, *, close: bool = False) -> None:
    """Send an error in the site's one JSON shape."""
    headers: Headers = []
    if error.retry_after_s is not None:
        headers.append((b"retry-after", str(error.retry_after_s).encode()))
    if close:
        headers.append((b"connection", b"close"))
    payload = {"error": {"code": error.code, "message": error.message, "field": None}}
    await send_json(send, error.status, payload, headers)

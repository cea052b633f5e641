"""Ready pages and the limits of the edge, through HTTP."""

from __future__ import annotations

import re
import signal
import socket
import time
from pathlib import Path
from typing import Any

import httpx
from tests.web import Web, browser, cast, running_web


def test_a_page_is_the_same_bytes_for_every_reader_and_known_by_its_tag(web: Web) -> None:
    first = httpx.get(web.origin + web.path, headers={"Accept-Encoding": "identity"}, timeout=60)
    second = httpx.get(web.origin + web.path, headers={"Accept-Encoding": "br"}, timeout=60)
    assert first.status_code == second.status_code == 200
    assert second.headers["content-encoding"] == "br"
    assert first.headers["etag"] != second.headers["etag"]
    assert first.text == second.text
    known = httpx.get(
        web.origin + web.path, headers={"If-None-Match": first.headers["etag"], "Accept-Encoding": "identity"}
    )
    assert (known.status_code, known.content) == (304, b"")
    head = httpx.head(web.origin + web.path, headers={"Accept-Encoding": "identity"})
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == first.headers["content-length"]


def test_ready_pages_carry_djangos_security_headers_and_no_cookie(web: Web) -> None:
    page = httpx.get(web.origin + web.path, timeout=60)
    live = httpx.get(web.origin + web.path, headers={"Cookie": "sessionid=nobody"}, timeout=60)
    assert "etag" in page.headers
    assert "etag" not in live.headers
    assert "set-cookie" not in page.headers
    for name in ("content-security-policy", "x-content-type-options", "referrer-policy", "x-frame-options"):
        assert page.headers[name]
        assert sorted(page.headers[name].split("; ")) == sorted(live.headers[name].split("; "))


def test_unknown_query_strings_neither_defeat_nor_fill_the_ready_pages(web: Web) -> None:
    plain = httpx.get(web.origin + web.path, timeout=60)
    for number in range(5):
        marked = httpx.get(web.origin + web.path, params={"utm_source": number}, timeout=60)
        assert marked.headers["etag"] == plain.headers["etag"]


def test_errors_and_redirects_are_not_kept(web: Web) -> None:
    missing = httpx.get(f"{web.origin}/technology/no-such-story/", timeout=60)
    assert missing.status_code == 404
    assert "etag" not in missing.headers
    assert httpx.get(web.origin + web.path.rstrip("/"), timeout=60).status_code in {301, 302}


def test_a_page_shows_new_votes_within_seconds(web: Web) -> None:
    before = httpx.get(web.origin + web.path, timeout=60).headers["etag"]
    with browser(web) as reader:
        assert cast(reader, web.open, "real").is_success
    deadline = time.monotonic() + 300
    while httpx.get(web.origin + web.path, timeout=60).headers["etag"] == before:
        assert time.monotonic() < deadline
        time.sleep(0.2)


def raw(web: Web, request: bytes) -> bytes:
    host, port = web.origin.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(request)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
            if b"\r\n\r\n" in received and b"connection: close" not in received.lower():
                return received
    return received


def test_foreign_hosts_path_tricks_and_huge_heads_are_refused(web: Web) -> None:
    host = web.origin.removeprefix("http://")
    assert httpx.get(web.origin, headers={"Host": "evil.example"}).json()["error"]["code"] == "host_refused"
    for path in (b"/../etc/passwd", b"/a/%2e%2e/b", b"/a%00b", b"/a%5cb"):
        answer = raw(web, b"GET %b HTTP/1.1\r\nHost: %b\r\n\r\n" % (path, host.encode()))
        assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 404")), path
    huge = b"GET / HTTP/1.1\r\nHost: %b\r\nX-Filler: %b\r\n\r\n" % (host.encode(), b"x" * 40_000)
    assert raw(web, huge).startswith(b"HTTP/1.1 431")


def test_pipelined_requests_are_answered_in_order(web: Web) -> None:
    host = web.origin.removeprefix("http://").encode()
    httpx.get(web.origin + web.path, timeout=60)
    page = b"GET %b HTTP/1.1\r\nHost: %b\r\n\r\n" % (web.path.encode(), host)
    vote = b"POST /api/v1/stories/%d/vote HTTP/1.1\r\nHost: %b\r\nContent-Length: 2\r\n\r\n{}" % (web.open, host)
    last = b"GET /api/v1/ticker HTTP/1.1\r\nHost: %b\r\nConnection: close\r\n\r\n" % host
    received = raw_until_closed(web, page + vote + page + last)
    statuses = re.findall(rb"HTTP/1\.1 (\d{3}) ", received)
    assert statuses == [b"200", b"415", b"200", b"200"]


def raw_until_closed(web: Web, requests: bytes) -> bytes:
    host, port = web.origin.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(requests)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    return received


def test_a_stopping_server_ends_streams_at_once(prepared: tuple[Path, dict[str, Any]]) -> None:
    with running_web(*prepared) as web, httpx.stream("GET", f"{web.origin}/stream", timeout=60) as stream:
        lines = stream.iter_lines()
        assert next(lines).startswith("retry:")
        web.process.send_signal(signal.SIGTERM)
        assert any("bye" in line for line in lines)
        assert web.process.wait(120) is not None

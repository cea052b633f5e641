"""The event stream at the edge, through HTTP."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import httpx
from tests.web import Web, running_web


def first_lines(stream: httpx.Response, count: int) -> list[str]:
    lines = stream.iter_lines()
    return [next(lines) for _ in range(count)]


def test_a_stream_is_never_kept_nor_packed(web: Web) -> None:
    with httpx.stream("GET", f"{web.origin}/stream", headers={"Accept-Encoding": "gzip"}, timeout=60) as answer:
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert "no-store" in answer.headers["cache-control"]
        assert answer.headers["x-accel-buffering"] == "no"
        assert "content-encoding" not in answer.headers


def test_head_gets_the_headers_and_no_stream(web: Web) -> None:
    head = httpx.head(f"{web.origin}/stream", timeout=60)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"].startswith("text/event-stream")


def test_a_script_may_say_where_it_was_in_the_address(web: Web) -> None:
    for asked, headers in (("?after=long-gone", {}), ("?after=%ff%00", {}), ("", {"Last-Event-ID": "long-gone"})):
        with httpx.stream("GET", f"{web.origin}/stream{asked}", headers=headers, timeout=60) as answer:
            assert "event: resync" in first_lines(answer, 4)


def test_too_many_streams_from_one_address_are_refused_and_told_when_to_come_back(
    prepared: tuple[Path, dict[str, Any]],
) -> None:
    with running_web(*prepared, STREAMS_PER_ADDRESS="2", STREAMS="3") as web:
        address = f"{web.origin}/stream"
        with httpx.stream("GET", address, timeout=60), httpx.stream("GET", address, timeout=60):
            refused = httpx.get(address, timeout=60)
            assert refused.status_code == 429
            assert refused.json()["error"]["code"] == "streams_per_peer"
            assert int(refused.headers["retry-after"]) > 0
            elsewhere = {"X-Forwarded-For": "192.0.2.7"}
            with httpx.stream("GET", address, headers=elsewhere, timeout=60) as third:
                assert third.status_code == 200
                full = httpx.get(address, headers={"X-Forwarded-For": "192.0.2.8"}, timeout=60)
                assert full.status_code == 503
                assert full.json()["error"]["code"] == "streams_full"
                assert int(full.headers["retry-after"]) > 0
        web.process.send_signal(signal.SIGTERM)
        web.process.wait(15)

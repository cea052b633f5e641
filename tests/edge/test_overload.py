"""Ten times more than there is room for: the rest is told so, no vote is lost, and then all goes on as before."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from tests.web import Web, cast, counts, running_web

THREADS, QUEUE, STREAMS = 2, 4, 4
ROOM = THREADS + QUEUE


@pytest.fixture(scope="module")
def narrow(prepared: tuple[Path, dict[str, Any]]) -> Iterator[Web]:
    """A web process with little room."""
    with running_web(
        *prepared,
        DJANGO_THREADS=str(THREADS),
        DJANGO_QUEUE=str(QUEUE),
        STREAMS=str(STREAMS),
        STREAMS_PER_ADDRESS="1000",
    ) as running:
        yield running


def at_once(
    web: Web, count: int, ask: Callable[[httpx.AsyncClient, int], Awaitable[httpx.Response]]
) -> list[httpx.Response]:
    """The answers to that many requests, each on a connection of its own."""

    async def run() -> list[httpx.Response]:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        async with httpx.AsyncClient(base_url=web.origin, limits=limits, timeout=120) as client:
            return list(await asyncio.gather(*(ask(client, number) for number in range(count))))

    return asyncio.run(run())


def connect(web: Web) -> socket.socket:
    parts = urlsplit(web.origin)
    return socket.create_connection((parts.hostname, parts.port), timeout=60)


def test_ten_times_too_many_requests_are_served_or_told_to_come_back_and_then_all_is_well(narrow: Web) -> None:
    answers = at_once(narrow, 10 * ROOM, lambda client, number: client.get(f"/search/?q=word{number}"))
    seen = Counter(answer.status_code for answer in answers)
    assert set(seen) == {200, 503}
    assert seen[200] >= ROOM
    for refused in (answer for answer in answers if answer.status_code == 503):
        assert refused.json()["error"] == {
            "code": "overloaded",
            "message": "Too many requests at once: try again in a moment.",
            "field": None,
        }
        assert int(refused.headers["retry-after"]) > 0
        assert refused.headers["cache-control"] == "no-store"
    assert httpx.get(f"{narrow.origin}/search/?q=afterwards", timeout=60).status_code == 200


def test_ready_pages_are_served_while_django_is_overloaded(narrow: Web) -> None:
    httpx.get(narrow.origin + narrow.path, timeout=60)

    async def ask(client: httpx.AsyncClient, number: int) -> httpx.Response:
        return await client.get(narrow.path if number % 2 else f"/search/?q=again{number}")

    answers = at_once(narrow, 10 * ROOM, ask)
    assert {answer.status_code for answer in answers[1::2]} == {200}
    assert 503 in {answer.status_code for answer in answers[::2]}


def test_ten_times_too_many_streams_are_refused_and_their_places_come_free_again(narrow: Web) -> None:
    async def run() -> Counter[int]:
        async with httpx.AsyncClient(base_url=narrow.origin, timeout=60) as client:
            open_ones = [client.stream("GET", "/stream") for _ in range(STREAMS)]
            held = [await each.__aenter__() for each in open_ones]
            assert {answer.status_code for answer in held} == {200}
            refused = await asyncio.gather(*(client.get("/stream") for _ in range(9 * STREAMS)))
            assert {answer.json()["error"]["code"] for answer in refused} == {"streams_full"}
            assert all(int(answer.headers["retry-after"]) > 0 for answer in refused)
            for each in open_ones:
                await each.__aexit__(None, None, None)
            return Counter(answer.status_code for answer in refused)

    assert asyncio.run(run()) == {503: 9 * STREAMS}
    for _ in range(100):
        with httpx.stream("GET", f"{narrow.origin}/stream", timeout=60) as again:
            if again.status_code == 200:
                return
    pytest.fail("no stream's place came free")


def test_no_counted_vote_is_lost_under_overload(narrow: Web) -> None:
    real, fake = counts(narrow, narrow.open)

    async def ask(client: httpx.AsyncClient, number: int) -> httpx.Response:
        if number % 2:
            return await client.get(f"/search/?q=noise{number}")

        def vote() -> httpx.Response:
            with httpx.Client(base_url=narrow.origin, timeout=120) as reader:
                return cast(reader, narrow.open, "real")

        return await asyncio.to_thread(vote)

    answers = at_once(narrow, 10 * ROOM, ask)[::2]
    assert {answer.status_code for answer in answers} <= {200, 429, 503}
    counted = sum(answer.status_code == 200 for answer in answers)
    assert counted > 0
    assert counts(narrow, narrow.open) == (real + counted, fake)


def test_bodies_that_never_come_take_no_place_from_whole_requests(narrow: Web) -> None:
    head = b"POST /account/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n"
    slow = [connect(narrow) for _ in range(10 * ROOM)]
    try:
        for each in slow:
            each.sendall(head)
        answers = [httpx.get(f"{narrow.origin}/search/?q=meanwhile{number}", timeout=60) for number in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 200]
        # One address has room for 32 bodies on their way; the others were refused at once.
        refused = [each for each in slow if has_answer(each)]
        assert len(refused) == 10 * ROOM - 32
        assert refused[0].recv(1000).startswith(b"HTTP/1.1 503 ")
    finally:
        for each in slow:
            each.close()
    for _ in range(100):
        again = httpx.post(f"{narrow.origin}/account/login/", data={"login": "a"}, timeout=60)
        if again.status_code != 503:
            break
    assert again.status_code == 403


def has_answer(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return bool(connection.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return False


def test_the_process_answers_monitors_after_all_that(narrow: Web) -> None:
    assert httpx.get(f"{narrow.origin}/healthz", timeout=60).status_code in {200, 503}
    assert narrow.process.poll() is None

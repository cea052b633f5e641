"""Votes through HTTP: what is counted, and everything that is refused."""

from __future__ import annotations

import asyncio
import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from tests.web import Web, browser, cast, counts, token, wish


def code(answer: httpx.Response) -> tuple[int, str]:
    error = answer.json()["error"]
    assert set(error) == {"code", "message", "field"}
    assert error["message"]
    return answer.status_code, error["code"]


def send(client: httpx.Client, web: Web, body: Any, *, story: Any = None, **headers: str) -> httpx.Response:
    return client.post(f"/api/v1/stories/{story or web.open}/vote", json=body, headers=headers)


def test_a_vote_is_counted_changed_and_taken_back(web: Web) -> None:
    before = counts(web, web.open)
    with browser(web) as reader:
        first = cast(reader, web.open, "real").json()
        assert (first["vote"], first["change"]) == ("real", "vote")
        assert first["receipt"].startswith("/log/receipt/")
        assert first["trust"]["real"] == before[0] + 1
        assert token(reader, web.open)["vote"] == "real"
        second = cast(reader, web.open, "fake").json()
        assert second["change"] == "revote"
        assert (second["trust"]["real"], second["trust"]["fake"]) == (before[0], before[1] + 1)
        third = cast(reader, web.open, None).json()
        assert (third["vote"], third["change"]) == (None, "retract")
    assert counts(web, web.open) == before


def test_the_same_key_again_gives_the_same_receipt_and_one_vote(web: Web) -> None:
    before = counts(web, web.open)
    with browser(web) as reader:
        body, key = wish(token(reader, web.open), "real"), str(uuid.uuid4())
        first = send(reader, web, body, **{"Idempotency-Key": key}).json()
        second = send(reader, web, body, **{"Idempotency-Key": key}).json()
    assert first["receipt"] == second["receipt"]
    assert counts(web, web.open) == (before[0] + 1, before[1])


def test_many_duplicates_at_once_count_once(web: Web) -> None:
    before = counts(web, web.open)
    with browser(web) as reader:
        body, key = wish(token(reader, web.open), "fake"), str(uuid.uuid4())
        with ThreadPoolExecutor(16) as threads:
            answers = list(threads.map(lambda _: send(reader, web, body, **{"Idempotency-Key": key}), range(200)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["receipt"] for answer in answers}) == 1
    assert counts(web, web.open) == (before[0], before[1] + 1)


@pytest.mark.slow
def test_ten_thousand_duplicates_at_once_count_once(web: Web) -> None:
    before = counts(web, web.open)
    with browser(web) as reader:
        body = json.dumps(wish(token(reader, web.open), "fake")).encode()
        cookie = f"touchstone_reader={reader.cookies['touchstone_reader']}"
    head = (
        f"POST /api/v1/stories/{web.open}/vote HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Cookie: {cookie}\r\nContent-Length: {len(body)}\r\nIdempotency-Key: {uuid.uuid4()}\r\n\r\n"
    )
    answers = asyncio.run(repeated(httpx.URL(web.origin).port, head.encode() + body, voters=50, each=200))
    assert len(answers) == 10_000
    assert {(answer[:12], json.loads(answer.partition(b"\r\n\r\n")[2])["receipt"]) for answer in answers} == {
        (b"HTTP/1.1 200", json.loads(answers[0].partition(b"\r\n\r\n")[2])["receipt"])
    }
    assert counts(web, web.open) == (before[0], before[1] + 1)


async def repeated(port: int | None, request: bytes, *, voters: int, each: int) -> list[bytes]:
    """The answers to the same request, sent so often on each of so many connections at once."""

    async def send_all() -> list[bytes]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        answers = []
        for _time in range(each):
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            answers.append(head + await reader.readexactly(length))
        writer.close()
        await writer.wait_closed()
        return answers

    return [answer for answers in await asyncio.gather(*(send_all() for _ in range(voters))) for answer in answers]


def test_a_used_token_and_a_used_key_are_refused(web: Web) -> None:
    with browser(web) as reader:
        body, key = wish(token(reader, web.open), "real"), str(uuid.uuid4())
        assert send(reader, web, body, **{"Idempotency-Key": key}).is_success
        assert code(send(reader, web, body, **{"Idempotency-Key": str(uuid.uuid4())})) == (409, "nonce_used")
        other = wish(token(reader, web.open), "fake")
        assert code(send(reader, web, other, **{"Idempotency-Key": key})) == (409, "key_taken")


def test_a_token_serves_only_its_reader_and_its_story(web: Web) -> None:
    with browser(web) as reader, browser(web) as thief, browser(web) as nobody:
        body = wish(token(reader, web.open), "real")
        token(thief, web.open)
        assert code(send(thief, web, body)) == (403, "nonce_forged")
        assert code(send(reader, web, body, story=web.closed)) == (403, "nonce_forged")
        assert code(send(nobody, web, body)) == (403, "nonce_forged")


def test_a_forged_cookie_is_refused_and_replaced(web: Web) -> None:
    with browser(web) as reader:
        body = wish(token(reader, web.open), "real")
        reader.cookies.clear()
        reader.cookies.set("touchstone_reader", "M" * 51)
        answer = send(reader, web, body)
        assert code(answer) == (403, "bad_reader_key")
        assert "touchstone_reader=" in answer.headers["set-cookie"]


def test_other_sites_are_refused(web: Web) -> None:
    with browser(web) as reader:
        body = wish(token(reader, web.open), "real")
        assert code(send(reader, web, body, Origin="https://evil.example")) == (403, "cross_site")
        assert code(send(reader, web, body, Origin="null")) == (403, "cross_site")
        assert code(send(reader, web, body, **{"Sec-Fetch-Site": "cross-site"})) == (403, "cross_site")
        assert code(send(reader, web, body, **{"Sec-Fetch-Site": "same-site"})) == (403, "cross_site")


REFUSED = {
    "no choice": ({"vote": ...}, 422, "bad_vote"),
    "unknown choice": ({"vote": "maybe"}, 422, "bad_vote"),
    "a number": ({"vote": 1}, 422, "bad_vote"),
    "no token": ({"nonce": ...}, 403, "nonce_missing"),
    "a made-up token": ({"nonce": "AAAA"}, 403, "nonce_forged"),
    "a token that is no text": ({"nonce": 7}, 422, "bad_nonce"),
    "no work": ({"solution": ...}, 403, "work_missing"),
    "wrong work": ({"solution": 4_000_000}, 403, "work_missing"),
    "work that is no number": ({"solution": True}, 422, "bad_solution"),
    "a filled honeypot": ({"website": "https://spam.example"}, 422, "looks_automated"),
    "an unknown member": ({"admin": True}, 422, "unknown_member"),
    "an older version": ({"version": 7}, 409, "story_changed"),
}


@pytest.mark.parametrize("case", REFUSED, ids=REFUSED.keys())
def test_a_body_that_is_not_right_is_refused_and_nothing_is_recorded(web: Web, case: str) -> None:
    changes, status, expected = REFUSED[case]
    before = counts(web, web.open)
    with browser(web) as reader:
        body = {**wish(token(reader, web.open), "real"), **changes}
        body = {name: value for name, value in body.items() if value is not ...}
        assert code(send(reader, web, body)) == (status, expected)
    assert counts(web, web.open) == before


def test_closed_and_unknown_stories_are_refused(web: Web) -> None:
    with browser(web) as reader:
        assert code(reader.get(f"/api/v1/stories/{web.closed}/vote-token")) == (409, "voting_closed")
        assert code(reader.get("/api/v1/stories/999999/vote-token")) == (404, "unknown_story")
        body = wish(token(reader, web.open), "real")
        for story in ("0", "-1", "1e3", "abc", "99999999999", "%00"):
            answer = reader.post(f"/api/v1/stories/{story}/vote", json=body)
            assert answer.status_code in {400, 403, 404}, story


@pytest.mark.parametrize(
    ("content", "kind", "status", "expected"),
    [
        (b"{", "application/json", 400, "bad_json"),
        (b'{"vote":"real","vote":"fake"}', "application/json", 400, "bad_json"),
        (b"\xff\xfe", "application/json", 400, "bad_json"),
        (b"[" * 4000, "application/json", 400, "bad_json"),
        (b'["real"]', "application/json", 422, "bad_json"),
        (b"vote=real", "application/x-www-form-urlencoded", 415, "wrong_content_type"),
        (b"x" * 5000, "application/json", 413, "body_too_large"),
        (b"x" * 500_000, "application/json", 413, "body_too_large"),
    ],
)
def test_unreadable_bodies_are_refused(web: Web, content: bytes, kind: str, status: int, expected: str) -> None:
    with browser(web) as reader:
        answer = reader.post(f"/api/v1/stories/{web.open}/vote", content=content, headers={"Content-Type": kind})
    assert code(answer) == (status, expected)


def test_other_methods_are_refused(web: Web) -> None:
    with browser(web) as reader:
        assert code(reader.get(f"/api/v1/stories/{web.open}/vote")) == (405, "wrong_method")
        assert code(reader.put(f"/api/v1/stories/{web.open}/vote")) == (405, "wrong_method")

"""Durable votes a second through HTTP with every check on: SQLite with synchronous=FULL, and PostgreSQL.

Run: python -m benchmarks.run edge_votes (set EDGE_VOTES_DATABASE to a PostgreSQL address for the second database)

Each vote is by a reader of its own, with a signed cookie, a one-time token, its proof of work and an idempotency key.
Tokens are fetched and solved before the clock runs. The work per token is small here (VOTE_WORK=64), since checking
a solution costs the newsroom the same whatever it cost to find; quotas are wide but still counted.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import sqlite3
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

from benchmarks.serving import Load, prepare_newsroom, web_process, wrk

SETTINGS = {
    "VOTE_WORK": "64",
    "VOTE_TOKEN_LIFETIME_S": "7200",
    "VOTES_PER_READER_MINUTE": "1000000",
    "VOTES_PER_ADDRESS_MINUTE": "100000000",
    "NEW_READERS_PER_ADDRESS_HOUR": "1000000000",
}
CLIENTS = (1, 16, 64)
SECONDS = float(os.environ.get("EDGE_VOTES_SECONDS", "6"))
MOST_PER_S = {1: 4_000, 16: 16_000, 64: 24_000}
FETCHERS = 32
STORIES = 5  # a rush of votes goes to a few stories
LUA = """
local file = io.open("%s", "rb")
local function next_request()
  local size = file:read(8)
  if not size then return nil end
  return file:read(tonumber(size))
end
function request()
  local raw = next_request()
  if not raw then wrk.thread:stop(); return "GET / HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\n\\r\\n" end
  return raw
end
"""


def measure() -> dict[str, Any]:
    """Votes a second at 1, 16 and 64 clients on each database."""
    databases = {"sqlite_full": ""}
    if os.environ.get("EDGE_VOTES_DATABASE"):
        databases["postgresql"] = os.environ["EDGE_VOTES_DATABASE"]
    return {name: measure_on(address) for name, address in databases.items()}


def measure_on(address: str) -> dict[str, Any]:
    settings = {**SETTINGS, **({"DATABASE_URL": address} if address else {})}
    with tempfile.TemporaryDirectory(prefix="touchstone-bench-") as folder:
        data_dir = Path(folder)
        prepare_newsroom(data_dir, **settings)
        with web_process(data_dir, **settings) as (origin, pid):
            loads = [measure_clients(origin, pid, data_dir, clients) for clients in CLIENTS]
        stored = None if address else stored_events(data_dir / "newsroom.sqlite3")
    return {"loads": [load.as_row() for load in loads], "events_stored": stored}


def measure_clients(origin: str, pid: int, folder: Path, clients: int) -> Load:
    count = int(MOST_PER_S[clients] * (SECONDS + 1))
    requests = folder / f"requests-{clients}"
    asyncio.run(write_requests(origin, requests, count))
    script = folder / "votes.lua"
    script.write_text(LUA % requests)
    load = wrk(f"{origin}/", pid=pid, clients=clients, seconds=SECONDS, script=script)
    requests.unlink()
    return load


def stored_events(database: Path) -> int:
    with sqlite3.connect(database) as connection:
        found: int = connection.execute("SELECT count(*) FROM votes_voteevent WHERE door = 'script'").fetchone()[0]
    return found


async def write_requests(origin: str, file: Path, count: int) -> None:
    """Fetch tokens for so many readers, solve them, and write the votes as raw requests with their lengths."""
    host, port = origin.removeprefix("http://").split(":")
    stories = await fetch_stories(host, int(port))
    numbers = iter(range(count))
    with file.open("wb") as out:
        await asyncio.gather(*(fetch_tokens(host, int(port), stories, numbers, out) for _ in range(FETCHERS)))


async def fetch_stories(host: str, port: int) -> list[int]:
    reader, writer = await asyncio.open_connection(host, port)
    body, _ = await exchange(reader, writer, host, port, "/api/v1/stories?limit=20")
    writer.close()
    return [item["id"] for item in json.loads(body)["items"]][:STORIES]


async def fetch_tokens(host: str, port: int, stories: list[int], numbers: Any, out: Any) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    for number in numbers:
        story = stories[number % len(stories)]
        body, cookie = await exchange(reader, writer, host, port, f"/api/v1/stories/{story}/vote-token")
        raw = vote_request(f"{host}:{port}", story, json.loads(body), cookie)
        out.write(b"%8d" % len(raw) + raw)
    writer.close()


async def exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, port: int, path: str
) -> tuple[bytes, str]:
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    fields = [line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line]
    length = next(int(value) for name, value in fields if name.lower() == "content-length")
    cookie = next((value.split(";")[0] for name, value in fields if name.lower() == "set-cookie"), "")
    return await reader.readexactly(length), cookie


def vote_request(host: str, story: int, token: dict[str, Any], cookie: str) -> bytes:
    choice = "fake" if int(hashlib.sha256(token["nonce"].encode()).hexdigest(), 16) % 4 == 0 else "real"
    wish = {"vote": choice, "nonce": token["nonce"], "solution": solve(token["challenge"]), "version": token["version"]}
    body = json.dumps(wish)
    return (
        f"POST /api/v1/stories/{story}/vote HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n"
        f"Sec-Fetch-Site: same-origin\r\nContent-Type: application/json\r\nCookie: {cookie}\r\n"
        f"Idempotency-Key: {time_ordered_key()}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def time_ordered_key() -> uuid.UUID:
    """What the site's own script sends (newKey in vote_token.js): RFC 9562, version 7."""
    drawn = int.from_bytes(os.urandom(10), "big")
    moment = time.time_ns() // 1_000_000
    return uuid.UUID(int=(moment << 80) | (7 << 76) | ((drawn >> 62 & 0xFFF) << 64) | (2 << 62) | drawn & (1 << 62) - 1)


def solve(challenge: dict[str, Any]) -> int:
    salt, target = challenge["salt"].encode(), bytes.fromhex(challenge["target"])
    return next(n for n in range(challenge["max"] + 1) if hashlib.sha256(salt + b"%d" % n).digest() == target)

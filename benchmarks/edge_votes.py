"""Durable votes a second through HTTP with every check on: SQLite with synchronous=FULL, and PostgreSQL.

Run: python -m benchmarks.run edge_votes. PostgreSQL is a throwaway server of our own, where its programs are there.

Each vote is by a reader of its own, with a signed cookie, a one-time token, its proof of work and an idempotency key,
all made before the clock runs. The work per token is small here (VOTE_WORK=64), since checking a solution costs the
newsroom the same whatever it cost to find; quotas are wide but still counted. Afterwards a worker is started, and the
time from a vote's answer to its receipt is taken from outside.
"""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
from tests.newsroom import ROOT
from tests.postgres import NoPostgres, Server, throwaway_server

from benchmarks.serving import Load, environment_of, prepare_newsroom, web_process, worker_process, wrk

SETTINGS = {
    "VOTE_WORK": "64",
    "VOTE_TOKEN_LIFETIME_S": "7200",
    "VOTES_PER_READER_MINUTE": "1000000",
    "VOTES_PER_ADDRESS_MINUTE": "100000000",
    "NEW_READERS_PER_ADDRESS_HOUR": "1000000000",
}
CLIENTS = (1, 16, 64)
SECONDS = float(os.environ.get("EDGE_VOTES_SECONDS", "6"))
MOST_PER_S = {1: 3_000, 16: 12_000, 64: 20_000}
RECEIPTS = 20
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
    figures = {"sqlite_full": measure_on(None)}
    try:
        with throwaway_server() as server:
            figures["postgresql"] = measure_on(server)
    except NoPostgres as err:
        print(f"    !!! PostgreSQL was NOT measured: {err}", flush=True)
        figures["postgresql"] = {"not_measured": str(err)}
    return figures


def measure_on(server: Server | None) -> dict[str, Any]:
    settings = {**SETTINGS, **({"DATABASE_URL": server.url} if server else {})}
    with tempfile.TemporaryDirectory(prefix="touchstone-bench-") as folder:
        data_dir = Path(folder)
        prepare_newsroom(data_dir, **settings)
        with web_process(data_dir, **settings) as (origin, pid):
            loads = [measure_clients(origin, pid, server, data_dir, settings, clients) for clients in CLIENTS]
            with worker_process(data_dir, **settings):
                receipts = measure_receipts(origin, data_dir, settings)
        stored = None if server else stored_events(data_dir / "newsroom.sqlite3")
    return {"loads": [load.as_row() for load in loads], **receipts, "events_stored": stored}


def measure_clients(
    origin: str, pid: int, server: Server | None, folder: Path, settings: dict[str, str], clients: int
) -> Load:
    requests = write_requests(origin, folder, settings, count=int(MOST_PER_S[clients] * (SECONDS + 1)))
    script = folder / "votes.lua"
    script.write_text(LUA % requests)
    database = server.postmaster if server else None
    load = wrk(f"{origin}/", pid=pid, clients=clients, seconds=SECONDS, script=script, database=database)
    requests.unlink()
    return load


def write_requests(origin: str, folder: Path, settings: dict[str, str], *, count: int) -> Path:
    """A file with so many votes of new readers."""
    file = folder / "requests"
    command = [sys.executable, "-m", "benchmarks.vote_requests", str(file), str(count), origin.removeprefix("http://")]
    environment = environment_of(folder, **settings) | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    subprocess.run(command, check=True, cwd=ROOT, env=environment)
    return file


def measure_receipts(origin: str, folder: Path, settings: dict[str, str]) -> dict[str, Any]:
    """Seconds until the sequencer has caught up with the loads, and then from a vote's answer to its receipt."""
    votes = read_requests(write_requests(origin, folder, settings, count=RECEIPTS + 1))
    with httpx.Client(base_url=origin) as client:
        caught_up = [receipt_s(client, origin, raw) for raw in islice(votes, 1)]
        taken = [receipt_s(client, origin, raw) for raw in votes]
    return {
        "backlog_sequenced_s": round(caught_up[0], 2),
        "receipt_ready_s_median": round(statistics.median(taken), 2),
        "receipt_ready_s_max": round(max(taken), 2),
    }


def receipt_s(client: httpx.Client, origin: str, raw: bytes, *, within_s: float = 300) -> float:
    """Cast a vote; seconds from its answer until its receipt file can be fetched, signed checkpoint and all."""
    host, port = origin.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection, connection.makefile("rb") as answer:
        connection.sendall(raw)
        length = next(int(line.split(b":")[1]) for line in answer if line.lower().startswith(b"content-length"))
        while answer.readline().strip():
            continue
        address = f"{json.loads(answer.read(length))['receipt']}.tlog-proof"
    started = time.monotonic()
    while client.get(address).status_code != 200:
        if time.monotonic() - started > within_s:
            raise RuntimeError(f"{address} was not there within {within_s:.0f} s")
        time.sleep(0.02)
    return time.monotonic() - started


def read_requests(file: Path) -> Iterator[bytes]:
    """The votes in a file, one by one."""
    with file.open("rb") as source:
        while size := source.read(8):
            yield source.read(int(size))


def stored_events(database: Path) -> int:
    with sqlite3.connect(database) as connection:
        found: int = connection.execute("SELECT count(*) FROM votes_voteevent WHERE door = 'script'").fetchone()[0]
    return found

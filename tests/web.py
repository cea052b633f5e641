"""A real web process on a small newsroom of its own, for tests of the edge and of voting."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from tests.databases import database_settings, lay_migrated
from tests.newsroom import ROOT, free_port

PLANT = """
import django, json
django.setup()
from datetime import timedelta
from django.utils import timezone
from tests.factories import make_story
now = timezone.now()
opened = make_story("An open story", slug="an-open-story")
closed = make_story("A closed story", slug="a-closed-story", voting_closes_at=now - timedelta(hours=1))
print(json.dumps({"open": opened.pk, "closed": closed.pk, "path": opened.get_url_parts()[2]}))
"""
SETTINGS = {
    "VOTE_WORK": "20",
    "VOTES_PER_READER_MINUTE": "1000000",
    "VOTES_PER_ADDRESS_MINUTE": "1000000",
    "FORM_VOTES_PER_ADDRESS_MINUTE": "1000000",
    "NEW_READERS_PER_ADDRESS_HOUR": "1000000",
    "SECRET_KEY": "only-for-tests-" + "x" * 40,
    "DEMO": "0",
}


@dataclass(frozen=True, slots=True)
class Web:
    """A running web process; `open` and `closed` are story ids, `path` is the open story's."""

    origin: str
    data_dir: Path
    process: subprocess.Popen[bytes]
    open: int
    closed: int
    path: str


def environment(data_dir: Path, **settings: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    paths = f"{ROOT / 'src'}{os.pathsep}{ROOT}"
    own = {"DATA_DIR": str(data_dir), "PYTHONPATH": paths, **database_settings(data_dir)}
    return {**inherited, **SETTINGS, **own, **settings}


def prepare_web(data_dir: Path) -> dict[str, Any]:
    """Make a database with one open and one closed story; their ids and the open one's path."""
    data_dir.mkdir(parents=True, exist_ok=True)
    lay_migrated(data_dir)
    made = {**environment(data_dir), "DJANGO_SETTINGS_MODULE": "touchstone.config.settings"}
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=made, check=True)
    said = subprocess.run([sys.executable, "-c", PLANT], cwd=ROOT, env=made, check=True, capture_output=True).stdout
    planted: dict[str, Any] = json.loads(said.splitlines()[-1])
    return planted


@contextmanager
def running_web(data_dir: Path, planted: dict[str, Any], **settings: str) -> Iterator[Web]:
    """Serve a prepared folder; a process that a test has killed is left alone."""
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "touchstone.cli", "serve", "web", "--port", str(port)]
    with (data_dir / "web.log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment(data_dir, PORT=str(port), **settings), stdout=log, stderr=log
        )
    try:
        wait_until_up(origin, process, data_dir / "web.log")
        yield Web(origin, data_dir, process, planted["open"], planted["closed"], planted["path"])
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(120)


def wait_until_up(origin: str, process: subprocess.Popen[bytes], log: Path, *, within_s: float = 600) -> None:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the web process ended with {process.returncode}:\n{log.read_text()[-4000:]}")
        try:
            if httpx.get(f"{origin}/api/v1/ticker", timeout=30).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError(f"the web process did not answer:\n{log.read_text()[-4000:]}")


def browser(web: Web) -> httpx.Client:
    """A client that keeps cookies, as a reader's browser does."""
    return httpx.Client(base_url=web.origin, timeout=60)


def token(client: httpx.Client, story: int) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/api/v1/stories/{story}/vote-token").raise_for_status().json()
    return found


def solve(challenge: dict[str, Any] | None) -> int | None:
    if challenge is None:
        return None
    return next(
        number
        for number in range(challenge["max"] + 1)
        if hashlib.sha256(f"{challenge['salt']}{number}".encode()).hexdigest() == challenge["target"]
    )


def wish(given: dict[str, Any], vote: str | None) -> dict[str, Any]:
    return {"vote": vote, "nonce": given["nonce"], "solution": solve(given["challenge"])}


def cast(client: httpx.Client, story: int, vote: str | None, *, key: str | None = None) -> httpx.Response:
    """Vote as the site's script does."""
    body = wish(token(client, story), vote)
    headers = {"Idempotency-Key": key or str(uuid.uuid4()), "Origin": str(client.base_url).rstrip("/")}
    return client.post(f"/api/v1/stories/{story}/vote", json=body, headers=headers)


def counts(web: Web, story: int) -> tuple[int, int]:
    figures = httpx.get(f"{web.origin}/api/v1/stories/{story}/trust", timeout=60).raise_for_status().json()
    return figures["real"], figures["fake"]

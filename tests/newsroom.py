"""Starts the real newsroom, as `make run` does, for tests and benchmarks."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from tests.databases import ROOT, database_settings

START_WITHIN_S = 900.0
STOP_WITHIN_S = 5.0
# Simulated prices move without regard to any story, so nothing would alarm the desk: this lifts one since a story.
LIFT_A_PRICE = """
from datetime import UTC, datetime
from django.db.models import F
from touchstone.markets.models import Candle
from touchstone.stories.models import PublicationPrice
from touchstone.website.actions import watch_moves
price = PublicationPrice.objects.get(story__slug="wallet-maker-recall-claim-unconfirmed", instrument__symbol="ETH")
since = Candle.objects.filter(instrument=price.instrument, opens_at_s__gte=price.story.first_published_at.timestamp())
since.update(**{name: 0.9 * F(name) for name in ("open", "high", "low", "close")})
watch_moves(at=datetime.now(UTC))
since.update(**{name: F(name) / 0.9 for name in ("open", "high", "low", "close")})
"""


@dataclass(frozen=True, slots=True)
class Newsroom:
    """A running newsroom."""

    origin: str
    data_dir: Path
    process: subprocess.Popen[bytes]
    log: Path

    def lead_story(self) -> dict[str, object]:
        """The lead story of the demo newsroom, as the API gives it."""
        items = httpx.get(f"{self.origin}/api/v1/stories", params={"limit": 100}).raise_for_status().json()["items"]
        return next(item for item in items if item["trust"]["real"] == 15 and item["trust"]["fake"] == 1)

    def lead_story_url(self) -> str:
        """Address of the lead story."""
        return str(self.lead_story()["url"])

    def story(self, *, label: str) -> dict[str, object]:
        """A demo story that takes votes and has that label."""
        items = httpx.get(f"{self.origin}/api/v1/stories", params={"limit": 100}).raise_for_status().json()["items"]
        fitting = [item for item in items if item["trust"]["label"] == label]
        return next(item for item in fitting if self._is_open(item["id"]))

    def _is_open(self, story_id: int) -> bool:
        return bool(httpx.get(f"{self.origin}/api/v1/stories/{story_id}").raise_for_status().json()["is_open_to_votes"])

    def story_url(self, *, label: str) -> str:
        """Address of such a story."""
        return str(self.story(label=label)["url"])

    def trust(self, story_id: object) -> dict[str, int]:
        """A story's published trust."""
        answer: dict[str, int] = httpx.get(f"{self.origin}/api/v1/stories/{story_id}/trust").raise_for_status().json()
        return answer

    def editor_password(self) -> str:
        """The demo editor's password."""
        return (self.data_dir / "demo-editor-password.txt").read_text().strip()


def lift_a_price(newsroom: Newsroom) -> None:
    """Give the desk something to check: a price that moved since a demo story came out."""
    environment = {
        **os.environ,
        "DATA_DIR": str(newsroom.data_dir),
        "PYTHONPATH": str(ROOT / "src"),
        "DJANGO_SETTINGS_MODULE": "touchstone.config.settings",
        **database_settings(newsroom.data_dir),
    }
    command = [sys.executable, "-m", "touchstone.cli", "manage", "shell", "--no-imports", "-c", LIFT_A_PRICE]
    subprocess.run(command, env=environment, check=True)


def patient(limit_s: float) -> float:
    """The limit, stretched where the machine is busy with other things than this test."""
    return limit_s * max(1.0, 2 * os.getloadavg()[0] / (os.cpu_count() or 1))


def free_port() -> int:
    """A port that nothing listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running_newsroom(
    data_dir: Path, *, port: int | None = None, arguments: tuple[str, ...] = (), **settings: str
) -> Iterator[Newsroom]:
    """Start the newsroom on a data folder and stop it again; settings go to its environment."""
    port = port or free_port()
    origin = f"http://127.0.0.1:{port}"
    log = data_dir / "serve.log"
    data_dir.mkdir(parents=True, exist_ok=True)
    inherited = {name: value for name, value in os.environ.items() if name not in {"DJANGO_SETTINGS_MODULE"}}
    environment = {
        **inherited,
        "PORT": str(port),
        "DATA_DIR": str(data_dir),
        "PYTHONPATH": str(ROOT / "src"),
        **database_settings(data_dir),
        **settings,
    }
    command = [sys.executable, "-m", "touchstone.cli", "serve", *arguments]
    with log.open("ab") as output:
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=output, stderr=output)
    try:
        _wait_until_it_answers(origin, process, log)
        yield Newsroom(origin, data_dir, process, log)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_WITHIN_S + 115)
        except subprocess.TimeoutExpired:
            process.kill()
            raise


def _wait_until_it_answers(origin: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_WITHIN_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the newsroom ended with {process.returncode}:\n{log.read_text()[-4000:]}")
        try:
            if httpx.get(f"{origin}/api/v1/ticker", timeout=30).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise RuntimeError(f"the newsroom did not answer within {START_WITHIN_S} s:\n{log.read_text()[-4000:]}")

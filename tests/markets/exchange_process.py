"""Starts the exchange simulator as a process of its own and tells it how to behave."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.newsroom import free_port

ROOT = Path(__file__).resolve().parents[2]
START_WITHIN_S = 300.0


@dataclass
class ExchangePeer:
    """A running simulator; it can be killed and started again on the same port."""

    port: int
    symbols: str
    rate: float
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [sys.executable, "-m", "tests.markets.exchange_simulator", "--port", str(self.port)]
        options = ["--symbols", self.symbols, "--rate", str(self.rate)]
        self.process = subprocess.Popen([*command, *options], cwd=ROOT)
        deadline = time.monotonic() + START_WITHIN_S
        while time.monotonic() < deadline:
            try:
                self.control(mode="honest", factor=1.0)
                return
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        raise RuntimeError("the exchange simulator did not start")

    def kill(self) -> None:
        """End it at once, connections and all."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def control(self, **how: object) -> dict[str, int]:
        """Tell it how to behave; what it has sent so far."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/control", json.dumps(how).encode(), {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            told: dict[str, int] = json.loads(answer.read())
        return told

    def adjust(self, client: Any) -> None:
        """Point a ccxt client for Binance here."""
        client.urls["api"]["public"] = f"http://127.0.0.1:{self.port}/api/v3"
        if "ws" in client.urls["api"]:
            client.urls["api"]["ws"]["spot"] = f"ws://127.0.0.1:{self.port}/stream"


@contextlib.contextmanager
def running_exchange(symbols: str = "BTC,ETH,BNB,XRP", *, rate: float = 10.0) -> Iterator[ExchangePeer]:
    """An exchange on loopback."""
    peer = ExchangePeer(free_port(), symbols, rate)
    peer.start()
    try:
        yield peer
    finally:
        peer.kill()

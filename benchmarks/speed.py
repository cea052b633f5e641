"""Load + full fit of 1 M votes beside crowd-kit, where `make peers` has installed it, and of 10 M votes alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

PEER_LIMIT_S = "1500"


def bench(votes: str, *options: str) -> dict[str, Any]:
    """What `touchstone bench` measures of so many votes: CPU seconds, wall seconds and peak memory of each method."""
    command = [sys.executable, "-m", "touchstone.cli", "bench", "--votes", votes, "--json", *options]
    finished = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    figures: dict[str, Any] = json.loads(finished.stdout)
    return figures


def measure() -> dict[str, Any]:
    """Figures of both sizes, and how many times touchstone's CPU seconds each peer takes."""
    peers = ("--peers", "--limit", PEER_LIMIT_S) if Path(".venv-peers/bin/python").exists() else ()
    small = bench("1e6", *peers)
    own = small["touchstone"]["cpu_s"]
    times = {name: round(figures["cpu_s"] / own, 1) for name, figures in small.items() if name != "touchstone"}
    return {"1e6": small, "times_the_cpu_of_touchstone": times, "1e7": bench("1e7")}

"""Load + full fit of 1 M votes, beside crowd-kit where `make peers` has installed it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any


def measure() -> dict[str, Any]:
    """Each method's CPU seconds, wall seconds and peak memory."""
    command = [sys.executable, "-m", "touchstone.cli", "bench", "--votes", "1e6", "--json"]
    if Path(".venv-peers/bin/python").exists():
        command.append("--peers")
    finished = subprocess.run(command, capture_output=True, text=True, check=True)
    figures: dict[str, Any] = json.loads(finished.stdout)
    return figures

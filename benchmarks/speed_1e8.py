"""Load + full fit of 100 M votes on two threads; minutes and gigabytes, so only run by name."""

from __future__ import annotations

from typing import Any

from benchmarks.speed import bench


def measure() -> dict[str, Any]:
    """CPU seconds, wall seconds and peak memory."""
    return bench("1e8", "--threads", "2")

"""The same bits from two versions of Python, where a second one with NumPy and Numba is at hand."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VERSIONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
SCORE = """
import hashlib
from dataclasses import fields
import numpy as np
from touchstone.engine import Combined, Evidence, Resolutions, publish
from touchstone.engine.simulate.world import WorldRules, make_world
world = make_world(np.random.default_rng(4), WorldRules(readers=300, past=120, live=20, days=90.0))
known = np.flatnonzero(world.resolved_ms < world.now_ms)
resolved = Resolutions(known, world.truth[known])
fit = Combined().fit(world, resolved)
evidence = Evidence(resolved=resolved, resolved_ms=world.resolved_ms[known], probability=fit.probability_)
found = publish(world, evidence)
total = hashlib.sha256(found.place.tobytes() + found.readers.level.tobytes())
for field in fields(found.table):
    total.update(np.ascontiguousarray(getattr(found.table, field.name)).tobytes())
print(total.hexdigest())
"""


def can_score(python: str) -> bool:
    """Whether a Python has what the engine needs, and is of another version than this one."""
    code = f"import sys, numpy, numba; sys.exit(sys.version_info[:2] == {tuple(sys.version_info[:2])})"
    return subprocess.run([python, "-c", code], capture_output=True, check=False).returncode == 0


def second_python() -> str | None:
    """Another Python, named by SECOND_PYTHON or found on the path."""
    named = os.environ.get("SECOND_PYTHON")
    found = [named] if named else [shutil.which(f"python{version}") for version in VERSIONS]
    return next((python for python in found if python and can_score(python)), None)


def digest_by(python: str) -> str:
    """The digest of a whole fit by that Python."""
    scored = subprocess.run(
        [python, "-c", SCORE],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    return scored.stdout.strip()


@pytest.mark.slow
def test_two_versions_of_python_publish_the_same_bits() -> None:
    other = second_python()
    if other is None:
        pytest.skip(
            "NO SECOND PYTHON with numpy and numba: name one in SECOND_PYTHON to compare the engine's digest with it"
        )
    assert digest_by(other) == digest_by(sys.executable)

"""What all tests share: the crowds folder and a loud word about what was not run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def crowds() -> Path:
    """The folder of real crowds with truth; the test is skipped, loudly, where it is absent."""
    folder = Path(os.environ.get("TOUCHSTONE_CROWDS", ROOT.parent / "shared" / "data" / "crowds"))
    if not folder.is_dir():
        pytest.skip(f"NO REAL CROWDS: {folder} is absent; set TOUCHSTONE_CROWDS to a folder of crowds to run this test")
    return folder

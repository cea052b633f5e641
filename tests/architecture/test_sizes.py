"""Modules, styles and scripts stay small enough to be read."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIMITS = {"*.py": 500, "*.js": 150}


@pytest.mark.parametrize(("pattern", "limit"), LIMITS.items())
def test_no_module_is_longer_than_its_limit(pattern: str, limit: int) -> None:
    sources = [
        path
        for folder in ("src", "tests", "benchmarks")
        for path in (ROOT / folder).rglob(pattern)
        if not {"migrations", "vendor", "node_modules"} & set(path.parts)
    ]
    assert sources or pattern == "*.js"
    too_long = {str(path.relative_to(ROOT)): n for path in sources if (n := len(path.read_text().splitlines())) > limit}
    assert not too_long


def test_modules_are_never_called_utils_common_helpers_or_core() -> None:
    banned = {"utils", "common", "helpers", "core", "helper", "manager", "misc"}
    found = [path for path in (ROOT / "src").rglob("*") if path.stem in banned]
    assert not found

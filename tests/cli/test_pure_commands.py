"""Commands that only compute or verify load neither Django nor the servers."""

from __future__ import annotations

import subprocess
import sys

import pytest
from tests.newsroom import ROOT

from touchstone.cli.main import COMMANDS

pytestmark = pytest.mark.pure

PURE = ["attack", "bench", "evaluate", "score", "study", "verify", "witness"]


@pytest.mark.parametrize("name", PURE)
def test_pure_subcommand_never_loads_django(name: str) -> None:
    module, _, attribute = COMMANDS[name].partition(":")
    program = (
        f"import sys, {module}; command = {module}.{attribute}; "
        "print(sorted(m for m in sys.modules if m in {'django', 'wagtail', 'uvicorn'}))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env={"PYTHONPATH": str(ROOT / "src")}
    )
    assert ended.stdout.strip() == "[]", ended.stderr


def test_every_command_explains_itself() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "touchstone.cli", "--help"],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(ROOT / "src")},
    )
    assert all(name in ended.stdout for name in COMMANDS)

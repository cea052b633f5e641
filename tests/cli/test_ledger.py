"""`touchstone ledger` looks after the log from the shell."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.ledger.ballots import AT, queue_vote

from touchstone.cli.main import main
from touchstone.ledger import actions
from touchstone.ledger.models import Log, LogKey

pytestmark = pytest.mark.django_db


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["ledger", *map(str, arguments)], catch_exceptions=False)


@pytest.fixture
def votes() -> None:
    for number in range(3):
        queue_vote(f"{number}")
    actions.advance(at=AT)


def test_an_export_can_be_verified_with_what_it_holds(votes: None, tmp_path: Path) -> None:
    result = run("export", tmp_path / "data")
    assert result.exit_code == 0
    assert (tmp_path / "data" / "touchstone_verify.py").exists()
    checked = CliRunner().invoke(main, ["verify", "log", str(tmp_path / "data"), "--key", LogKey.objects.get().vkey])
    assert checked.exit_code == 0
    assert "VERIFIED" in checked.output


def test_status_says_how_the_log_stands(votes: None) -> None:
    queue_vote("waiting")
    output = run("status").output
    assert "waiting      1 entries" in output
    assert "signed       4 entries at 2026-05-01 12:00:00 UTC, self-attested" in output
    assert LogKey.objects.get().vkey in output


def test_status_before_the_first_entry_is_no_error() -> None:
    assert "none yet" in run("status").output
    assert "There is no vote log yet" in run("export", "/nonexistent/data").output


def test_rotation_asks_first(votes: None) -> None:
    assert run("rotate").exit_code == 1
    assert Log.objects.count() == 1
    assert "The log is now" in run("rotate", "--yes").output
    assert Log.objects.count() == 2
    assert "The log is now" in run("rotate", "--after-loss", "--yes").output


def test_a_key_change_tells_the_new_key(votes: None) -> None:
    result = run("rotate-key", "--yes", "--reason", "yearly")
    assert LogKey.objects.order_by("-id").values_list("vkey", flat=True)[0] in result.output


def test_a_folder_without_a_newsroom_is_named(tmp_path: Path) -> None:
    environment = {**os.environ, "DATA_DIR": str(tmp_path), "DATABASE_URL": f"sqlite:///{tmp_path}/none.sqlite3"}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    command = [sys.executable, "-m", "touchstone.cli", "ledger", "status"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"Error: No newsroom can be read below {tmp_path} (no such table: ")
    assert ended.stderr.endswith("check DATA_DIR and DATABASE_URL.\n")

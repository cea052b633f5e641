"""A backup brings the newsroom back; the vote log of an old one publishes nothing and says why."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from tests.newsroom import ROOT
from tests.web import environment, prepare_web

pytestmark = pytest.mark.slow

VOTE = """
import django, sys
django.setup()
from datetime import UTC, datetime
from tests.ledger.ballots import queue_vote
from touchstone.ledger import actions
from touchstone.ledger.errors import LedgerError
try:
    queue_vote(sys.argv[1])
    actions.advance(at=datetime.now(UTC))
except LedgerError as err:
    print(type(err).__name__, err)
else:
    print("published")
"""
COUNT = """
import django
django.setup()
from touchstone.ledger.models import LogEntry
from touchstone.stories.models import StoryPage
print(StoryPage.objects.count(), LogEntry.objects.count())
"""


def on(data_dir: Path, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """A command of the operator's on the newsroom of that folder."""
    named = {**environment(data_dir), "DJANGO_SETTINGS_MODULE": "touchstone.config.settings", **settings}
    return subprocess.run(command, cwd=ROOT, env=named, capture_output=True, text=True, check=False)


def vote(data_dir: Path, reader: str) -> str:
    """What the ledger says to one more vote."""
    ended = on(data_dir, sys.executable, "-c", VOTE, reader)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


def back_up(data_dir: Path) -> Path:
    ended = on(data_dir, "deploy/backup.sh", str(data_dir.parent / "backups"))
    assert ended.returncode == 0, ended.stderr
    return Path(ended.stdout.strip())


def restore(file: Path, target: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    return on(target, "deploy/restore.sh", str(file), **settings)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A newsroom with one vote in its log."""
    data_dir = tmp_path_factory.mktemp("operator") / "site"
    prepare_web(data_dir)
    (data_dir / "media").mkdir(exist_ok=True)
    (data_dir / "media" / "picture.png").write_bytes(b"picture")
    assert vote(data_dir, "ann") == "published"
    return data_dir


@pytest.fixture(scope="module")
def backup(site: Path) -> Path:
    """A backup of it; one vote came in since."""
    file = back_up(site)
    assert vote(site, "bob") == "published"
    return file


def test_a_backup_is_for_its_owner_alone_and_whole(backup: Path) -> None:
    assert backup.stat().st_mode & 0o077 == 0
    with tarfile.open(backup) as archive:
        names = set(archive.getnames())
    assert {"./media/picture.png", "./ledger/marks"} <= names
    assert names & {"./newsroom.sqlite3", "./newsroom.dump"}
    assert not list(backup.parent.glob("*.part"))


def test_an_old_backup_publishes_nothing_where_the_newest_marks_are_known(
    site: Path, backup: Path, tmp_path: Path
) -> None:
    ended = restore(backup, tmp_path / "again", LEDGER=str(site / "ledger"))
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "again" / "media" / "picture.png").read_bytes() == b"picture"
    said = vote(tmp_path / "again", "cleo")
    assert said.startswith(("RolledBack", "HistoryForked"))
    assert "an older backup was restored" in said


def test_a_backup_alone_publishes_nothing_as_nobody_knows_what_was_signed_since(backup: Path, tmp_path: Path) -> None:
    ended = restore(backup, tmp_path / "alone")
    assert ended.returncode == 0, ended.stderr
    assert "The vote log publishes nothing yet" in ended.stdout
    said = vote(tmp_path / "alone", "cleo")
    assert said.startswith("MarkMissing")
    assert "it is not known up to which size" in said
    rotated = on(
        tmp_path / "alone", sys.executable, "-m", "touchstone.cli", "ledger", "rotate", "--after-loss", "--yes"
    )
    assert rotated.returncode == 0, rotated.stderr
    assert vote(tmp_path / "alone", "dora") == "published"


def test_a_newsroom_that_was_stopped_first_moves_house_and_goes_on(site: Path, tmp_path: Path) -> None:
    ended = restore(back_up(site), tmp_path / "new", LEDGER="backup")
    assert ended.returncode == 0, ended.stderr
    assert on(tmp_path / "new", sys.executable, "-c", COUNT).stdout == on(site, sys.executable, "-c", COUNT).stdout
    assert vote(tmp_path / "new", "eve") == "published"


def test_a_restore_never_writes_over_anything(site: Path, backup: Path, tmp_path: Path) -> None:
    before = sorted(path.name for path in site.iterdir())
    ended = restore(backup, site)
    assert ended.returncode == 2
    assert "is not empty; move it away first, nothing was changed" in ended.stderr
    assert sorted(path.name for path in site.iterdir()) == before
    torn = tmp_path / "torn.tar.gz"
    torn.write_bytes(backup.read_bytes()[:2000])
    ended = restore(torn, tmp_path / "torn")
    assert ended.returncode == 2
    assert "is not a whole backup; nothing was changed" in ended.stderr
    assert not os.path.lexists(tmp_path / "torn")
    assert not os.path.lexists(tmp_path / "torn.restoring")


def test_what_cannot_be_backed_up_is_named(tmp_path: Path) -> None:
    named = {**os.environ, "DATA_DIR": str(tmp_path / "nowhere")}
    ended = subprocess.run(
        ["deploy/backup.sh", str(tmp_path / "to")], cwd=ROOT, env=named, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert "there is no data folder" in ended.stderr

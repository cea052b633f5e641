"""The site exports its open data each night and on request, offers it as one archive, and forgets whom it must."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from tests.ledger.ballots import AT, log_policy, pseudonym, queue_vote

from touchstone.ledger import actions, open_data, queries
from touchstone.transparency import DirectoryStore, open_site

pytestmark = pytest.mark.django_db
NIGHT = (AT + timedelta(days=3)).replace(hour=3, minute=10)


@pytest.fixture(autouse=True)
def data_dir(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


def log_some_votes() -> None:
    for number in range(20):
        queue_vote(f"{number}")
    actions.advance(at=AT)


def test_the_export_of_the_night_is_made_once_and_can_be_downloaded_and_verified(
    client: Client, tmp_path: Path
) -> None:
    log_some_votes()
    assert actions.export_when_due(at=NIGHT - timedelta(hours=12))
    assert not actions.export_when_due(at=NIGHT.replace(hour=2))
    assert actions.export_when_due(at=NIGHT)
    assert not actions.export_when_due(at=NIGHT + timedelta(hours=20))
    assert actions.export_when_due(at=NIGHT + timedelta(days=1))
    answer = client.get("/log/open-data.zip")
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:  # type: ignore[attr-defined]
        archive.extractall(tmp_path / "unpacked")
    [log] = open_site(DirectoryStore(tmp_path / "unpacked" / "vote-log"), log_policy())
    assert log.checkpoint.size == 21


def test_an_export_is_made_when_the_desk_asks(client: Client) -> None:
    log_some_votes()
    early = NIGHT.replace(hour=1)
    actions.export_when_due(at=NIGHT - timedelta(hours=6))
    assert not actions.export_when_due(at=early)
    actions.ask_for_export()
    assert queries.open_data_state().is_wanted
    assert actions.export_when_due(at=early)
    state = queries.open_data_state()
    assert (state.at, state.is_wanted, state.problem) == (early, False, "")
    assert state.size > 1000


def test_before_the_first_export_the_address_says_so(client: Client) -> None:
    answer = client.get("/log/open-data.zip")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "no_export")


def test_votes_go_on_while_an_export_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """A transaction around the export would hold SQLite's only write lock; and what comes meanwhile must not matter."""
    log_some_votes()
    write, late = open_data.exporting._write, []

    def vote_meanwhile(path: Path, content: bytes) -> None:
        if not late:
            late.append(queue_vote("late"))
            actions.advance(at=AT)
        write(path, content)

    monkeypatch.setattr(open_data.exporting, "_write", vote_meanwhile)
    assert actions.export_when_due(at=NIGHT)
    [log] = open_site(DirectoryStore(open_data.folder() / "vote-log"), log_policy())
    assert log.checkpoint.size == 21
    assert queries.log_state().size == 22  # type: ignore[union-attr]


@pytest.mark.django_db(transaction=True)
def test_an_erasure_takes_the_export_down_until_the_next_one() -> None:
    log_some_votes()
    queue_vote("leaver")
    actions.advance(at=AT)
    actions.export_when_due(at=NIGHT)
    trace = pseudonym("leaver", 1).encode()
    holders = [path for path in open_data.folder().rglob("*") if path.is_file() and trace in path.read_bytes()]
    assert holders, "the search must be able to find it"
    actions.erase_subject(subject="leaver", stories=[{"fake": 0, "readers": 1, "real": 1, "story": 1}], at=AT)
    actions.scrub_erased()
    assert queries.open_data_archive() is None
    assert queries.open_data_state().is_wanted
    actions.advance(at=AT)
    assert actions.export_when_due(at=NIGHT)
    assert not any(trace in path.read_bytes() for path in open_data.folder().rglob("*") if path.is_file())

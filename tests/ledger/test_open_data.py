"""What the log serves and exports is what a verifier needs, and no more than may be known."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from tests.ledger.ballots import AT, log_policy, only_log, queue_vote

from touchstone.ledger import actions, queries
from touchstone.ledger.errors import FolderUnusable, NoLogYet
from touchstone.ledger.models import LogEntry
from touchstone.transparency import (
    DirectoryStore,
    MemoryStore,
    decode_openings,
    open_site,
    replay,
)

pytestmark = pytest.mark.django_db

LATER = AT + timedelta(days=2)


@pytest.fixture
def busy_log() -> None:
    for number in range(300):
        queue_vote(f"{number}", choice="fake" if number % 4 == 0 else "real")
    actions.advance(at=AT)


def served(path: str, *, at: object = LATER) -> bytes:
    found = queries.log_file(path, at=at)  # type: ignore[arg-type]
    assert found is not None, path
    return found.body


def test_every_file_a_verifier_asks_for_is_served(busy_log: None) -> None:
    class Site:
        def read(self, path: str) -> bytes:
            return served(path)

    [log] = open_site(Site(), log_policy())
    assert log.checkpoint.size == 301
    assert sum(entry.opening is not None for entry in log.entries) == 301
    assert replay(log.entries, score=lambda row: {}).votes == 300


@pytest.mark.parametrize(
    ("path", "cache", "kind"),
    [
        ("2026/checkpoint", "max-age=1,", "text/plain; charset=utf-8"),
        ("2026/tile/0/000", "immutable", "application/octet-stream"),
        ("2026/tile/entries/000", "immutable", "application/octet-stream"),
        ("2026/tile/0/001.p/45", "max-age=60", "application/octet-stream"),
        ("2026/tile/1/000.p/1", "max-age=60", "application/octet-stream"),
        ("2026/tile/openings/000", "max-age=60", "text/plain; charset=utf-8"),
        ("checkpoint", "max-age=1,", "text/plain; charset=utf-8"),
        ("tile/0/000", "max-age=1,", "application/octet-stream"),
        ("logs", "max-age=60", "text/plain; charset=utf-8"),
        ("policy", "max-age=60", "text/plain; charset=utf-8"),
    ],
)
def test_only_what_never_changes_is_cached_for_ever(busy_log: None, path: str, cache: str, kind: str) -> None:
    found = queries.log_file(path, at=LATER)
    assert found is not None
    assert cache in found.cache_control
    assert found.content_type == kind


@pytest.mark.parametrize(
    "path",
    [
        "",
        "2026",
        "2026/",
        "2026/tile/0/002",
        "2026/tile/0/001",
        "2026/tile/0/001.p/46",
        "2026/tile/1/000.p/2",
        "2026/tile/2/000.p/1",
        "2026/tile/0/0",
        "2026/../2026/checkpoint",
        "2025/checkpoint",
        "2026/tile/entries/001",
        "secret",
    ],
)
def test_what_no_checkpoint_calls_for_is_not_served(busy_log: None, path: str) -> None:
    assert queries.log_file(path, at=LATER) is None


def test_entries_beyond_the_newest_checkpoint_are_not_shown(busy_log: None) -> None:
    queue_vote("unsigned yet")
    actions.sequence_pending(at=AT)
    assert LogEntry.objects.count() == 302
    assert queries.log_file("2026/tile/0/001.p/46", at=LATER) is None


def test_contents_of_votes_come_out_in_whole_bundles_after_the_delay(busy_log: None) -> None:
    def opened(at: object) -> tuple[bytes, int]:
        lines = decode_openings(served("2026/tile/openings/000", at=at), width=256)
        return served("2026/openings", at=at), sum(line is not None for line in lines)

    assert settings.LEDGER_OPENINGS_DELAY_S == 3600
    assert opened(AT + timedelta(minutes=59)) == (b"0\n", 1), "only the log's own first entry"
    assert opened(AT + timedelta(minutes=61)) == (b"256\n", 256)
    assert opened(AT + timedelta(hours=25)) == (b"301\n", 256)


def test_the_export_passes_the_verifier(busy_log: None, tmp_path: Path) -> None:
    folder = tmp_path / "open-data"
    progress: list[int] = []
    actions.export_open_data(folder, at=LATER, progress=lambda done, _total: progress.append(done))
    assert progress[-1] == len(progress) > 5
    [log] = open_site(DirectoryStore(folder), log_policy())
    assert log.checkpoint.size == 301
    assert not (folder / "audit").exists()
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert len(list(open_site(MemoryStore(files), log_policy()))) == 1
    assert not any(b'"reader":"17"' in content for content in files.values()), "site pseudonyms stay private"


def test_a_sworn_auditor_gets_the_private_half_apart(busy_log: None, tmp_path: Path) -> None:
    actions.export_open_data(tmp_path / "data", at=LATER, with_audit=True)
    bundle = (tmp_path / "data" / "audit" / "2026" / "tile" / "openings" / "000").read_bytes()
    assert b'"reader":"17"' in bundle
    [log] = open_site(DirectoryStore(tmp_path / "data"), log_policy())
    for entry, opening in zip(log.entries, decode_openings(bundle, width=256), strict=False):
        if opening is not None:
            entry.leaf.require_opening(opening, index=entry.index, which="audit")


def test_an_export_takes_the_place_of_the_last_and_of_nothing_else(busy_log: None, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    actions.export_open_data(folder, at=LATER)
    queue_vote("more")
    actions.advance(at=AT)
    actions.export_open_data(folder, at=LATER)
    [log] = open_site(DirectoryStore(folder), log_policy())
    assert log.checkpoint.size == 302
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]
    other = tmp_path / "holiday pictures"
    other.mkdir()
    (other / "beach.jpg").write_bytes(b"")
    with pytest.raises(FolderUnusable, match="it holds other files"):
        actions.export_open_data(other, at=LATER)
    assert (other / "beach.jpg").exists()


def test_without_a_log_there_is_nothing_to_export(tmp_path: Path) -> None:
    with pytest.raises(NoLogYet):
        actions.export_open_data(tmp_path / "data", at=LATER)
    assert queries.log_file("checkpoint", at=LATER) is None
    assert queries.log_file("logs", at=LATER) is not None


def test_the_origin_is_the_address_without_its_scheme(busy_log: None) -> None:
    assert only_log().origin == settings.SITE_ORIGIN.partition("://")[2] + "/log/2026"

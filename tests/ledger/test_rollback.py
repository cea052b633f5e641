"""What was signed stays signed: old backups, forks and crashes never lead to a second history."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection
from tests.ledger.ballots import AT, only_log, opened, queue_vote

from touchstone.ledger import actions, files, publishing, queries
from touchstone.ledger.errors import (
    FolderUnusable,
    HistoryForked,
    KeyMissing,
    LedgerError,
    MarkMissing,
    PublishingRefused,
    RolledBack,
)
from touchstone.ledger.models import Checkpoint, LogEntry, PendingEntry, Signature

pytestmark = pytest.mark.django_db

GUARDED = ("logentry", "opening", "checkpoint", "signature", "tile")


def forget_from(index: int) -> None:
    """What restoring an older backup does to the tables."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER ledger_logentry_no_delete" + on("logentry"))
        cursor.execute("DROP TRIGGER ledger_checkpoint_no_delete" + on("checkpoint"))
        cursor.execute("DROP TRIGGER ledger_signature_no_delete" + on("signature"))
        cursor.execute("DELETE FROM ledger_signature WHERE checkpoint_id IN "
                       "(SELECT id FROM ledger_checkpoint WHERE size > %s)", [index])  # fmt: skip
        cursor.execute("DELETE FROM ledger_checkpoint WHERE size > %s", [index])
        cursor.execute('DELETE FROM ledger_opening WHERE "index" >= %s', [index])
        cursor.execute('DELETE FROM ledger_logentry WHERE "index" >= %s', [index])


def on(table: str) -> str:
    return "" if connection.vendor == "sqlite" else f" ON ledger_{table}"


def signed_log(votes: int) -> None:
    for number in range(votes):
        queue_vote(f"{number}")
    actions.advance(at=AT)


def test_a_restored_old_backup_cannot_publish_and_says_why() -> None:
    signed_log(5)
    forget_from(3)
    queue_vote("after the restore")
    with pytest.raises(
        RolledBack, match=r"holds 3 entries .* a checkpoint of 6 entries was signed on 2026-05-01 12:00"
    ):
        actions.advance(at=AT)
    assert PendingEntry.objects.count() == 1, "the vote stays queued"
    assert LogEntry.objects.count() == 3
    with pytest.raises(RolledBack, match="older backup was restored"):
        actions.publish_checkpoint(at=AT)


def test_an_old_backup_that_was_written_to_cannot_publish_either() -> None:
    signed_log(5)
    forget_from(3)
    mark = files.read_mark("2026", origin=only_log().origin)
    files.write_mark("2026", files.Mark(3, mark.root, mark.signed_at_ms))  # lets the sequencer pass
    for number in range(9):
        queue_vote(f"other {number}")
    actions.sequence_pending(at=AT)
    files.write_mark("2026", mark)
    with pytest.raises(HistoryForked, match=r"first 6 entries .* are not those"):
        actions.publish_checkpoint(at=AT)
    assert not Checkpoint.objects.filter(size=12).exists()


def test_the_whole_database_lost_is_noticed() -> None:
    signed_log(5)
    with connection.cursor() as cursor:
        for table in ("signature", "checkpoint", "logentry", "logkey", "log"):
            cursor.execute(f"DROP TRIGGER ledger_{table}_no_delete" + on(table))
        for table in ("signature", "checkpoint", "opening", "logentry", "logkey", "log"):
            cursor.execute(f"DELETE FROM ledger_{table}")
    queue_vote("first of a fresh database")
    with pytest.raises(RolledBack, match="holds 1 entries"):
        actions.advance(at=AT)


@pytest.mark.parametrize(
    ("lose", "problem"),
    [
        (lambda folder: (folder / "marks" / "2026.json").unlink(), MarkMissing),
        (lambda folder: (folder / "keys" / "2026.key").unlink(), KeyMissing),
        (lambda folder: (folder / "marks" / "2026.json").write_text("{}"), FolderUnusable),
        (lambda folder: (folder / "keys" / "2026.key").write_text("nonsense"), FolderUnusable),
        (lambda folder: shutil.rmtree(folder), MarkMissing),
    ],
)
def test_a_lost_key_or_mark_stops_publishing(
    lose: Callable[[Path], object], problem: type[LedgerError], ledger_folder: Path
) -> None:
    signed_log(2)
    lose(ledger_folder)
    queue_vote("late")
    with pytest.raises(problem, match=str(ledger_folder)):
        actions.advance(at=AT)


def test_a_loss_can_be_owned_up_to_with_a_new_log() -> None:
    signed_log(5)
    forget_from(3)
    queue_vote("after the restore")
    log = actions.rotate_after_loss(at=AT)
    checkpoint = actions.advance(at=AT)
    assert log.name == "2026-2"
    assert checkpoint is not None
    assert opened(checkpoint.note).origin == "127.0.0.1:8000/log/2026-2"
    assert opened(checkpoint.note).size == 2


class Crash(Exception):
    """The process dies here."""


STEPS = {
    "before the tree head is kept": ("touchstone.ledger.publishing._kept_head", None),
    "before the mark moves": ("touchstone.ledger.files.write_mark", None),
    "before signing": ("touchstone.ledger.publishing._sign", None),
    "before the signature is kept": ("touchstone.ledger.files.read_key", None),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_crash_between_any_two_steps_never_gives_two_roots_for_one_size(
    step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_log(3)
    signed: dict[int, set[bytes]] = {}
    for turn in range(4):
        queue_vote(f"turn {turn}")
        with monkeypatch.context() as patch:
            patch.setattr(STEPS[step][0], crash)
            with pytest.raises(Crash):
                actions.advance(at=AT)
        if turn % 2:
            queue_vote(f"more {turn}")  # the tree has grown beyond the head that was left unsigned
        actions.advance(at=AT)
        for row in Signature.objects.select_related("checkpoint"):
            signed.setdefault(row.checkpoint.size, set()).add(bytes(row.checkpoint.root))
    assert all(len(roots) == 1 for roots in signed.values())
    state = queries.log_state()
    assert state is not None
    assert state.size == LogEntry.objects.count() == 10


def crash(*_args: object, **_kwargs: object) -> None:
    raise Crash


def test_rows_changed_behind_the_guards_are_not_signed() -> None:
    signed_log(3)
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER ledger_logentry_no_update" + on("logentry"))
        cursor.execute('UPDATE ledger_logentry SET leaf = %s WHERE "index" = 2', [b"{}"])
    queue_vote("late")
    with pytest.raises(HistoryForked):
        actions.advance(at=AT)


def test_a_tree_head_kept_for_a_size_is_never_replaced() -> None:
    signed_log(3)
    queue_vote("one")
    actions.sequence_pending(at=AT)
    log = only_log()
    Checkpoint.objects.create(log=log, size=5, root=b"\0" * 32, made_at_ms=0)
    with pytest.raises(PublishingRefused):
        actions.publish_checkpoint(at=AT)
    newest = publishing.newest_published(log)
    assert newest is not None
    assert newest.head.size == 4

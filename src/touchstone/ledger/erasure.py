"""Erasing a reader: their openings go for good, every proof stays valid, and the log says what that changed."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from django.db import connection, transaction

from touchstone.ledger import entries, open_data
from touchstone.ledger.errors import ScrubIncomplete
from touchstone.ledger.models import Opening, PendingEntry
from touchstone.ledger.queue import queue_payload
from touchstone.ledger.sequencing import sequence_batch

SCRUB_WITHIN_S = 20.0
LOOK_EVERY_S = 0.05


def erase(*, subject: str, stories: Iterable[Mapping[str, int]], at_ms: int) -> int:
    """Delete all openings of a subject and log the change, in one transaction; how many went.

    Acknowledged entries of the subject that are still queued get their place in the log first. The database's own
    lock keeps sequencers out; the ledger's file lock is not taken, because the caller may hold the database's already.
    """
    with transaction.atomic():
        while PendingEntry.objects.filter(subject=subject).exists() and sequence_batch(at_ms=at_ms, is_patient=True):
            pass
        gone, _by_model = Opening.objects.filter(subject=subject).delete()
        if gone:
            payload = entries.erasure_payload(entries=gone, stories=stories, at_s=at_ms // 1000)
            queue_payload("erase", payload, at_ms=at_ms)
    return gone


def scrub() -> None:
    """Leave no deleted byte behind in the database's files and the site's own export; call it outside any transaction.

    SQLite: `secure_delete` has zeroed the pages, and the write-ahead log that still holds them is emptied.
    PostgreSQL: dead rows are removed now; its own write-ahead log recycles within the checkpoint interval, and
    base backups keep what they hold (docs/how-to/operate-the-ledger.md). Raises ScrubIncomplete.
    """
    if connection.in_atomic_block:
        raise RuntimeError("scrub() must run outside a transaction")
    open_data.withdraw()
    if connection.vendor == "sqlite":
        _empty_write_ahead_log()
        return
    with connection.cursor() as cursor:
        for model in (Opening, PendingEntry):
            cursor.execute(f"VACUUM {connection.ops.quote_name(model._meta.db_table)}")


def _empty_write_ahead_log() -> None:
    # A reader that is just looking at an older state holds the log's end back for a moment.
    deadline = time.monotonic() + SCRUB_WITHIN_S
    while True:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            is_busy, *_frames = cursor.fetchone()
        if not is_busy:
            return
        if time.monotonic() > deadline:
            raise ScrubIncomplete
        time.sleep(LOOK_EVERY_S)

"""Erasing a reader: their openings go for good, every proof stays valid, and the log says what that changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db import connection, transaction

from touchstone.ledger import entries
from touchstone.ledger.models import Opening, PendingEntry
from touchstone.ledger.queue import queue_payload
from touchstone.ledger.sequencing import sequence_batch


def erase(*, subject: str, stories: Iterable[Mapping[str, int]], at_ms: int) -> int:
    """Delete all openings of a subject and log the change; how many went. The caller holds `files.exclusive`.

    Acknowledged entries of the subject that are still queued get their place in the log first.
    """
    while PendingEntry.objects.filter(subject=subject).exists() and sequence_batch(at_ms=at_ms):
        pass
    with transaction.atomic():
        gone, _by_model = Opening.objects.filter(subject=subject).delete()
        if gone:
            payload = entries.erasure_payload(entries=gone, stories=stories, at_s=at_ms // 1000)
            queue_payload("erase", payload, at_ms=at_ms)
    return gone


def scrub() -> None:
    """Leave no deleted byte behind in the database's files; call it outside any transaction.

    SQLite: `secure_delete` has zeroed the pages, and the write-ahead log that still holds them is emptied.
    PostgreSQL: dead rows are removed now; its own write-ahead log recycles within the checkpoint interval, and
    base backups keep what they hold (docs/how-to/operate-the-ledger.md).
    """
    if connection.in_atomic_block:
        raise RuntimeError("scrub() must run outside a transaction")
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            for model in (Opening, PendingEntry):
                cursor.execute(f"VACUUM {connection.ops.quote_name(model._meta.db_table)}")

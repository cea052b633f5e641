"""Logs follow each other: a new one each year, and one after a loss that is owned up to; keys change within one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from touchstone.ledger import entries, files
from touchstone.ledger.models import Log, LogKey
from touchstone.ledger.publishing import newest_published, publish_log
from touchstone.ledger.sequencing import append_directly, current_log, next_name, origin_of, sequence_batch, start_log
from touchstone.ledger.trees import log_size, root_of
from touchstone.transparency import SigningKey


def year_of(at_ms: int) -> int:
    """The calendar year, UTC."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).year


def rotate_when_due(*, at_ms: int) -> Log | None:
    """Close last year's log, or one of another address, and start the next, if that is due; the new log, or None.

    A log's origin is its address, and readers' signatures name the site: when SITE_ORIGIN changes, a log ends.
    The caller holds `files.exclusive`. Each step may be cut short: the next call finds the closing entry and goes on.
    A clock that runs back never reopens a log.
    """
    log = current_log()
    if log is None:
        return None
    if next_name(log) is None and _is_at_home(log) and year_of(at_ms) <= year_of(log.opened_at_ms):
        return None
    return rotate(log, at_ms=at_ms)


def rotate(log: Log, *, at_ms: int) -> Log:
    """Close a log with an entry that names the next, sign it, and start the next with the closed one's last root."""
    while next_name(log) is None and sequence_batch(at_ms=at_ms):
        pass
    name = next_name(log) or _close(log, at_ms=at_ms)
    publish_log(log, at_ms=at_ms)
    size = log_size(log)
    previous = {"origin": log.origin, "root": root_of(log, size).hex(), "size": size}
    reason = "" if _is_at_home(log) else "the site's address changed"
    with transaction.atomic():
        return start_log(at_ms=at_ms, name=name, previous=previous, reason=reason)


def rotate_after_loss(*, at_ms: int) -> Log:
    """Start a log although the last one cannot go on; its first entry says what was signed and what is left.

    The caller holds `files.exclusive` and has a person's word for it.
    """
    log = current_log()
    if log is None:
        with transaction.atomic():
            return start_log(at_ms=at_ms, name=files.free_name(str(year_of(at_ms))), reason="the database was lost")
    size = log_size(log)
    previous: dict[str, Any] = {"kept": size, "origin": log.origin, "root": root_of(log, size).hex(), "size": size}
    newest = newest_published(log)
    if newest is not None and newest.head.size <= size:
        previous |= {"root": newest.head.root.hex(), "size": newest.head.size}
    with transaction.atomic():
        return start_log(
            at_ms=at_ms,
            name=files.free_name(str(year_of(at_ms))),
            previous=previous,
            reason="after a loss: entries beyond those kept are gone",
        )


def change_key(*, at_ms: int, reason: str) -> LogKey:
    """Sign the current log with a fresh key from its next entry on; the old key vouches for that entry.

    The caller holds `files.exclusive`. The tree that holds the announcing entry is signed by the old key first.
    """
    log = current_log()
    if log is None:
        with transaction.atomic():
            log = start_log(at_ms=at_ms)
    fresh = SigningKey.generate(log.origin)
    files.store_key(log.name, fresh)
    with transaction.atomic():
        payload = entries.key_change_payload(vkey=str(fresh.verifier), at_s=at_ms // 1000, reason=reason)
        append_directly(log, "key-rotate", payload, at_ms=at_ms)
    publish_log(log, at_ms=at_ms)
    return LogKey.objects.create(log=log, vkey=str(fresh.verifier), since_size=log_size(log))


def _is_at_home(log: Log) -> bool:
    return log.origin == origin_of(log.name)


def _close(log: Log, *, at_ms: int) -> str:
    name = files.free_name(str(year_of(at_ms)))
    key = files.prepare_log(name, origin=origin_of(name), at_ms=at_ms)
    with transaction.atomic():
        payload = entries.closing_of_log(next_origin=origin_of(name), next_vkey=str(key.verifier), at_s=at_ms // 1000)
        append_directly(log, "key-rotate", payload, at_ms=at_ms)
    return name

"""Into the queue: entries that must be durable together with what they speak of."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction

from touchstone.ledger.errors import BadEntry
from touchstone.ledger.models import PendingEntry
from touchstone.ledger.sequencing import QUEUE_LOCK
from touchstone.transparency import KINDS, NONCE_BYTES, Malformed, payload_fields

COLUMNS = (
    "kind",
    "public_payload",
    "public_nonce",
    "audit_payload",
    "audit_nonce",
    "reference",
    "subject",
    "queued_at_ms",
)


def queue_payload(
    kind: str,
    public: bytes,
    *,
    at_ms: int,
    audit: bytes | None = None,
    subject: str = "",
    reference: UUID | None = None,
) -> UUID:
    """Queue one entry in the caller's transaction; its reference. Raises BadEntry for what nobody could open."""
    reference = reference or uuid4()
    _require_openable(kind, public, audit)
    row = queue_row(kind, public, at_ms=at_ms, audit=audit, subject=subject, reference=reference)
    fields: Mapping[str, Any] = dict(zip(COLUMNS, row, strict=True)) | {"reference": reference}
    PendingEntry.objects.create(**fields)
    return reference


def queue_row(
    kind: str, public: bytes, *, at_ms: int, reference: UUID, audit: bytes | None = None, subject: str = ""
) -> tuple[str, bytes, bytes, bytes | None, bytes | None, str, str, int]:
    """One row for `queue_sql`, with fresh nonces; no checks, no database: for the vote door's hot path.

    Payloads must come from touchstone.transparency.make_payload or be canonical JSON objects all the same.
    """
    return (
        kind,
        public,
        secrets.token_bytes(NONCE_BYTES),
        audit,
        secrets.token_bytes(NONCE_BYTES) if audit is not None else None,
        reference.hex,  # what Django keeps on SQLite, and a spelling that PostgreSQL reads as a uuid
        subject,
        at_ms,
    )


def queue_sql(placeholder: str) -> str:
    """INSERT for `queue_row`; the placeholder is "?" for sqlite3 and "%s" for psycopg and Django's cursors."""
    places = ", ".join([placeholder] * len(COLUMNS))
    return f"INSERT INTO {PendingEntry._meta.db_table} ({', '.join(COLUMNS)}) VALUES ({places})"  # noqa: S608


def vote_lock_sql(vendor: str) -> str | None:
    """The statement that a vote transaction runs first, so that `votes_held_still` can wait for it; None on SQLite."""
    return None if vendor == "sqlite" else f"SELECT pg_advisory_xact_lock_shared({QUEUE_LOCK})"


@contextmanager
def votes_held_still() -> Iterator[None]:
    """A transaction in which no vote commits: counts read inside it are those of all entries queued before it ends.

    Whoever publishes an index reads the tallies and queues the entry inside, so that a replay of the log up to the
    entry finds the same counts. Keep it short: voters wait.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                # A deferred transaction would let a vote in between reading and writing.
                cursor.execute(f"DELETE FROM {PendingEntry._meta.db_table} WHERE id < 0")  # noqa: S608
            else:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [QUEUE_LOCK])
        yield


def _require_openable(kind: str, public: bytes, audit: bytes | None) -> None:
    if kind not in KINDS:
        raise BadEntry(kind=kind, reason=f"the kinds are {', '.join(KINDS)}.")
    try:
        for payload in (public, audit):
            if payload is not None:
                payload_fields(payload)
    except Malformed as err:
        raise BadEntry(kind=kind, reason=str(err)) from err

"""From the queue into the log: one sequencer at a time gives each pending entry its index, without gaps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast
from uuid import uuid4

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet

from touchstone.ledger import entries, files
from touchstone.ledger.errors import RolledBack, SequencerBusy
from touchstone.ledger.models import Log, LogEntry, LogKey, Opening, PendingEntry, Tile
from touchstone.ledger.trees import complete_tiles, log_size
from touchstone.statements import prepared
from touchstone.transparency import Kind, Leaf, payload_fields
from touchstone.transparency import Opening as Sealed

BATCH = 1000
SEQUENCER_LOCK = 0x7653_4551  # advisory locks of PostgreSQL: any two fixed numbers of our own
QUEUE_LOCK = 0x7653_5155
_ENTRY_COLUMNS = ("log_id", "index", "kind", "leaf", "reference", "sequenced_at_ms")
_OPENING_COLUMNS = (
    "log_id", "index", "subject", "public_payload", "public_nonce", "audit_payload", "audit_nonce"
)  # fmt: skip


def current_log() -> Log | None:
    """The newest log, which entries go to; None before the first entry."""
    return next(iter(_newest_log()), None)


@prepared
def _newest_log() -> QuerySet[Log]:
    return Log.objects.order_by("-id")[:1]


def host() -> str:
    """The site's host as it stands in origins, without scheme."""
    return str(settings.SITE_ORIGIN).partition("://")[2]


def origin_of(log_name: str) -> str:
    """The origin of a log of this site: its address without the scheme (c2sp.org/tlog-tiles, "Parameters")."""
    return f"{host()}/log/{log_name}"


def sequence_batch(*, at_ms: int, limit: int = BATCH, is_patient: bool = False) -> int:
    """Move up to `limit` pending entries into the log in one transaction; how many were moved.

    is_patient : wait for another sequencer to finish its batch instead of giving up (PostgreSQL; SQLite always waits)
    Raises SequencerBusy when another one is at work or the log is just being closed, RolledBack when the database is
    older than what was signed.
    """
    with transaction.atomic():
        _lock_database(is_patient=is_patient)
        rows = list(PendingEntry.objects.order_by("id")[:limit].values_list())
        if not rows:
            return 0
        log = current_log() or start_log(at_ms=at_ms)
        if next_name(log) is not None:
            raise SequencerBusy
        size = log_size(log)
        refuse_old_database(log, size)
        _append(log, size, rows, at_ms=at_ms)
        _forget([row[0] for row in rows])
    return len(rows)


def start_log(*, at_ms: int, name: str | None = None, previous: dict[str, Any] | None = None, reason: str = "") -> Log:
    """A new log, named after the year, whose first entry says its key and where the log before it ended."""
    name = name or str(datetime.fromtimestamp(at_ms / 1000, UTC).year)
    origin = origin_of(name)
    key = files.prepare_log(name, origin=origin, at_ms=at_ms)
    log = Log.objects.create(name=name, origin=origin, opened_at_ms=at_ms)
    LogKey.objects.create(log=log, vkey=str(key.verifier), since_size=0)
    reason = reason or ("a new year" if previous else "the first log")
    payload = entries.opening_of_log(vkey=str(key.verifier), previous=previous, at_s=at_ms // 1000, reason=reason)
    append_directly(log, "key-rotate", payload, at_ms=at_ms)
    return log


def next_name(log: Log) -> str | None:
    """The name of the log that this one's closing entry points to; None while it is open."""
    last = LogEntry.objects.filter(log=log).order_by("-index").values_list("index", "kind").first()
    if last is None or last[1] != "key-rotate":
        return None
    payload = Opening.objects.values_list("public_payload", flat=True).get(log=log, index=last[0])
    following = payload_fields(bytes(payload)).get("next")
    return str(following["origin"]).rpartition("/")[2] if isinstance(following, dict) else None


def append_directly(log: Log, kind: Kind, payload: bytes, *, at_ms: int) -> None:
    """Add an entry of the ledger's own to a log, past the queue."""
    public = Sealed.seal(payload)
    row = (0, kind, public.payload, public.nonce, None, None, uuid4(), "", at_ms)
    _append(log, log_size(log), [row], at_ms=at_ms)


def refuse_old_database(log: Log, size: int) -> None:
    """Raise RolledBack if fewer entries are there than were signed; adding to them would fork the log."""
    mark = files.read_mark(log.name, origin=log.origin)
    if size < mark.size:
        signed_at = datetime.fromtimestamp(mark.signed_at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
        raise RolledBack(origin=log.origin, size=size, signed_size=mark.size, signed_at=signed_at)


def _append(log: Log, size: int, rows: Sequence[tuple[Any, ...]], *, at_ms: int) -> None:
    leaves = [bytes(_leaf(row)) for row in rows]
    tiles = complete_tiles(log, old_size=size, fresh_leaves=leaves)
    prepare = PendingEntry._meta.get_field("reference").get_db_prep_value
    logged, openings = [], []
    for index, (row, leaf) in enumerate(zip(rows, leaves, strict=True), start=size):
        _id, kind, public, public_nonce, audit, audit_nonce, reference, subject, _queued = row
        logged.append((log.pk, index, kind, leaf, prepare(reference, connection), at_ms))
        openings.append((log.pk, index, subject, public, public_nonce, audit, audit_nonce))
    _insert(LogEntry, _ENTRY_COLUMNS, logged)
    _insert(Opening, _OPENING_COLUMNS, openings)
    Tile.objects.bulk_create(tiles)


def _leaf(row: tuple[Any, ...]) -> Leaf:
    _id, kind, public, public_nonce, audit, audit_nonce, *_rest = row
    sealed = Sealed(bytes(audit), bytes(audit_nonce)) if audit is not None else None
    return Leaf.seal(cast(Kind, kind), Sealed(bytes(public), bytes(public_nonce)), sealed)


def _insert(model: Any, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    # Raw, because the ORM's bulk_create costs three times the hashing and writing together.
    quote = connection.ops.quote_name
    names = ", ".join(map(quote, columns))
    places = ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ({places})", rows)  # noqa: S608


def _forget(ids: list[int]) -> None:
    # By id, never "up to": on PostgreSQL a smaller id may have been committed since they were read.
    table = connection.ops.quote_name(PendingEntry._meta.db_table)
    with connection.cursor() as cursor:
        cursor.executemany(f"DELETE FROM {table} WHERE id = %s", [(number,) for number in ids])  # noqa: S608


def _lock_database(*, is_patient: bool) -> None:
    if connection.vendor != "postgresql":
        return  # BEGIN IMMEDIATE has already taken SQLite's only write lock
    with connection.cursor() as cursor:
        if is_patient:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SEQUENCER_LOCK])
            return
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEQUENCER_LOCK])
        if not cursor.fetchone()[0]:
            raise SequencerBusy

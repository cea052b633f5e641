"""From the log to the world: a tree head is kept, marked, signed and only then shown."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet

from touchstone.ledger import files
from touchstone.ledger.errors import HistoryForked
from touchstone.ledger.files import Mark
from touchstone.ledger.models import Checkpoint, Log, LogKey, Signature
from touchstone.ledger.sequencing import refuse_old_database
from touchstone.ledger.trees import log_size, root_of
from touchstone.statements import prepared
from touchstone.transparency import Checkpoint as TreeHead
from touchstone.transparency import Note, SignatureLine


@dataclass(frozen=True, slots=True)
class PublishedCheckpoint:
    """A signed checkpoint: its tree head and the note to serve."""

    row: Checkpoint
    head: TreeHead
    note: bytes


def tree_head(row: Checkpoint) -> TreeHead:
    """The text that is signed for a checkpoint row."""
    return TreeHead(row.log.origin, row.size, bytes(row.root))


def newest_published(log: Log, *, size: int | None = None) -> PublishedCheckpoint | None:
    """The log's newest checkpoint that carries the log's signature (of at least `size` entries); None if none does."""
    row = next(iter(_newest_signed(log.pk, size or 0)), None)
    return published(row) if row else None


@prepared
def _newest_signed(log: int, size: int) -> QuerySet[Checkpoint]:
    signed = Checkpoint.objects.filter(log=log, signatures__role=Signature.Role.LOG, size__gte=size)
    return signed.select_related("log").order_by("-size")[:1]


@prepared
def _signatures(checkpoint: int) -> QuerySet[Signature]:
    return Signature.objects.filter(checkpoint=checkpoint)


def published(row: Checkpoint) -> PublishedCheckpoint:
    """A checkpoint row with all its signature lines, the log's own first."""
    lines = sorted(_signatures(row.pk), key=lambda signature: (signature.role != Signature.Role.LOG, signature.pk))
    head = tree_head(row)
    note = Note(head.text, tuple(SignatureLine.parse(signature.line) for signature in lines))
    return PublishedCheckpoint(row, head, bytes(note))


def publish_log(log: Log, *, at_ms: int) -> PublishedCheckpoint | None:
    """Sign the log's present tree; None if that was done before. The caller holds `files.exclusive`.

    Order matters, because a crash may fall between any two steps: 1. the tree head is committed, one for each size;
    2. the mark outside the database is moved up to it; 3. it is signed and the signature committed. A later run takes
    up where this one stopped, and Ed25519 gives the same signature again. Raises PublishingRefused.
    """
    mark, size = require_as_signed(log), log_size(log)
    newest = newest_published(log)
    if size == 0 or (newest is not None and newest.head.size == size and _is_current(newest)):
        return None
    row = _kept_head(log, size, at_ms=at_ms)
    if size > mark.size:
        files.write_mark(log.name, Mark(size, bytes(row.root), at_ms))
    _sign(row)
    return published(row)


def require_as_signed(log: Log) -> Mark:
    """The log's mark, if the entries still lead to what was signed last. Raises PublishingRefused."""
    mark = files.read_mark(log.name, origin=log.origin)
    refuse_old_database(log, log_size(log))
    if mark.size and root_of(log, mark.size) != mark.root:
        raise HistoryForked(origin=log.origin, size=mark.size)
    return mark


def newest_vkey(log: Log) -> str:
    """The public key that signs the log now."""
    return LogKey.objects.filter(log=log).order_by("-id").values_list("vkey", flat=True)[0]


def _is_current(newest: PublishedCheckpoint) -> bool:
    return newest.row.signatures.filter(key=newest_vkey(newest.row.log)).exists()


def _kept_head(log: Log, size: int, *, at_ms: int) -> Checkpoint:
    root = root_of(log, size)
    with transaction.atomic():
        row, _made = Checkpoint.objects.get_or_create(log=log, size=size, defaults={"root": root, "made_at_ms": at_ms})
    if bytes(row.root) != root:
        raise HistoryForked(origin=log.origin, size=size)
    return row


def _sign(row: Checkpoint) -> None:
    key = files.read_key(row.log.name, newest_vkey(row.log))
    line = str(key.sign(tree_head(row).text)).rstrip("\n")
    with transaction.atomic():
        Signature.objects.get_or_create(
            checkpoint=row, key=str(key.verifier), defaults={"role": Signature.Role.LOG, "line": line}
        )

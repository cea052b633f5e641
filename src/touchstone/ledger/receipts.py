"""Receipts: what a reader keeps as proof that their vote is in the log."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Literal, cast
from uuid import UUID

from touchstone.ledger.errors import NoSuchEntry
from touchstone.ledger.models import LogEntry, LogKey, Opening, PendingEntry
from touchstone.ledger.publishing import newest_published
from touchstone.ledger.trees import nodes
from touchstone.transparency import (
    Kind,
    Leaf,
    Policy,
    Receipt,
    ReceiptExtra,
    TransparencyError,
    VerifierKey,
    inclusion_path,
    leaf_hash,
    verify_inclusion,
)
from touchstone.transparency import Opening as Sealed

State = Literal["pending", "recorded", "erased", "altered"]
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """How far an entry is: pending (durable, not yet under a checkpoint), recorded, erased since, or altered.

    Altered: the rows no longer lead to the root that was signed, so no receipt can be made of them.

    number   : its place in the log counted from 1, as shown to readers; None while pending
    content  : the receipt file; None unless recorded
    since_ms : while pending, since when it waits, in milliseconds since 1970, UTC
    """

    state: State
    number: int | None = None
    log_name: str = ""
    content: bytes | None = None
    since_ms: int | None = None


def receipt_for(reference: UUID, *, with_audit: bool = False) -> ReceiptView:
    """The receipt under a reference; with_audit adds the reader's own half, which only they may see.

    Raises NoSuchEntry.
    """
    entry = LogEntry.objects.filter(reference=reference).select_related("log").first()
    if entry is None:
        queued = PendingEntry.objects.filter(reference=reference).values_list("queued_at_ms", flat=True).first()
        if queued is None:
            raise NoSuchEntry(reference=str(reference))
        return ReceiptView("pending", since_ms=queued)
    checkpoint = newest_published(entry.log, size=entry.index + 1)
    if checkpoint is None:
        return ReceiptView("pending", since_ms=entry.sequenced_at_ms)
    opening = Opening.objects.filter(log=entry.log, index=entry.index).first()
    if opening is None:
        return ReceiptView("erased", entry.index + 1, entry.log.name)
    path = inclusion_path(entry.index, checkpoint.head.size, nodes(entry.log, checkpoint.head.size))
    extra = _extra(entry, opening, with_audit=with_audit)
    receipt = Receipt(entry.index, tuple(path), checkpoint.note, bytes(extra))
    if not _holds(entry, receipt, extra.leaf):
        return ReceiptView("altered", entry.index + 1, entry.log.name)
    return ReceiptView("recorded", entry.index + 1, entry.log.name, bytes(receipt))


def _holds(entry: LogEntry, receipt: Receipt, leaf: Leaf) -> bool:
    """Whether signature and path hold: they do unless somebody changed rows behind the guards."""
    keys = LogKey.objects.filter(log=entry.log).values_list("vkey", flat=True)
    try:
        head = Policy.for_log(*map(VerifierKey.parse, keys)).open(receipt.checkpoint).checkpoint
        verify_inclusion(
            leaf_hash(bytes(leaf)), index=receipt.index, size=head.size, proof=receipt.hashes, root=head.root
        )
    except TransparencyError as err:
        logger.error("No receipt is given for entry %d of log %s: %s", entry.index + 1, entry.log.origin, err)
        return False
    return True


def _extra(entry: LogEntry, opening: Opening, *, with_audit: bool) -> ReceiptExtra:
    public = Sealed(bytes(opening.public_payload), bytes(opening.public_nonce))
    audit = None
    if opening.audit_payload is not None and opening.audit_nonce is not None:
        audit = Sealed(bytes(opening.audit_payload), bytes(opening.audit_nonce))
    leaf = Leaf.seal(cast(Kind, entry.kind), public, audit)
    return ReceiptExtra(leaf, public, audit if with_audit else None)

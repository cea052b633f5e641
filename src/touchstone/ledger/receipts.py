"""Receipts: what a reader keeps as proof that their vote is in the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast
from uuid import UUID

from touchstone.ledger.errors import NoSuchEntry
from touchstone.ledger.models import LogEntry, Opening, PendingEntry
from touchstone.ledger.publishing import newest_published
from touchstone.ledger.trees import nodes
from touchstone.transparency import Kind, Leaf, Receipt, ReceiptExtra, inclusion_path
from touchstone.transparency import Opening as Sealed

State = Literal["pending", "recorded", "erased"]


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """How far an entry is: pending (durable, not yet under a checkpoint), recorded, or erased since.

    number  : its place in the log counted from 1, as shown to readers; None while pending
    content : the receipt file; None unless recorded
    """

    state: State
    number: int | None = None
    log_name: str = ""
    content: bytes | None = None


def receipt_for(reference: UUID, *, with_audit: bool = False) -> ReceiptView:
    """The receipt under a reference; with_audit adds the reader's own half, which only they may see.

    Raises NoSuchEntry.
    """
    entry = LogEntry.objects.filter(reference=reference).select_related("log").first()
    if entry is None:
        if PendingEntry.objects.filter(reference=reference).exists():
            return ReceiptView("pending")
        raise NoSuchEntry(reference=str(reference))
    checkpoint = newest_published(entry.log, size=entry.index + 1)
    if checkpoint is None:
        return ReceiptView("pending")
    opening = Opening.objects.filter(log=entry.log, index=entry.index).first()
    if opening is None:
        return ReceiptView("erased", entry.index + 1, entry.log.name)
    path = inclusion_path(entry.index, checkpoint.head.size, nodes(entry.log, checkpoint.head.size))
    extra = _extra(entry, opening, with_audit=with_audit)
    receipt = Receipt(entry.index, tuple(path), checkpoint.note, bytes(extra))
    return ReceiptView("recorded", entry.index + 1, entry.log.name, bytes(receipt))


def _extra(entry: LogEntry, opening: Opening, *, with_audit: bool) -> ReceiptExtra:
    public = Sealed(bytes(opening.public_payload), bytes(opening.public_nonce))
    audit = None
    if opening.audit_payload is not None and opening.audit_nonce is not None:
        audit = Sealed(bytes(opening.audit_payload), bytes(opening.audit_nonce))
    leaf = Leaf.seal(cast(Kind, entry.kind), public, audit)
    return ReceiptExtra(leaf, public, audit if with_audit else None)

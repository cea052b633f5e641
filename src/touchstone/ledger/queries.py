"""Everything other packages may ask the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from touchstone.ledger import open_data, receipts, serving
from touchstone.ledger.errors import LedgerError
from touchstone.ledger.models import LogEntry, PendingEntry
from touchstone.ledger.open_data import OpenDataState
from touchstone.ledger.publishing import newest_published, require_as_signed
from touchstone.ledger.receipts import ReceiptView
from touchstone.ledger.sequencing import current_log
from touchstone.ledger.serving import Resource
from touchstone.ledger.witnessing import WitnessState, public_policy, witness_state


@dataclass(frozen=True, slots=True)
class LogState:
    """The newest signed checkpoint, for pages.

    size : number of entries it covers; root : base16; witnesses.text : "self-attested" or "2 of 3 witnesses"
    """

    origin: str
    log_name: str
    size: int
    root: str
    signed_at: datetime
    witnesses: WitnessState
    note: bytes


def log_state() -> LogState | None:
    """The newest signed checkpoint of the current log; None before the first one. Raises BadWitnesses."""
    log = current_log()
    newest = newest_published(log) if log is not None else None
    if log is None or newest is None:
        return None
    return LogState(
        origin=log.origin,
        log_name=log.name,
        size=newest.head.size,
        root=newest.head.root.hex(),
        signed_at=datetime.fromtimestamp(newest.row.made_at_ms / 1000, UTC),
        witnesses=witness_state(newest),
        note=newest.note,
    )


def refusal() -> str:
    """Why the log cannot be signed as it stands, in words for whoever runs the site; empty while it can."""
    log = current_log()
    try:
        if log is not None:
            require_as_signed(log)
    except LedgerError as err:
        return str(err)
    return ""


def receipt(reference: UUID, *, with_audit: bool = False) -> ReceiptView:
    """How far an entry is, its number and, once recorded, the receipt file. Raises NoSuchEntry."""
    return receipts.receipt_for(reference, with_audit=with_audit)


def entry_number(reference: UUID) -> int | None:
    """The entry's place counted from 1 ("Recorded as entry 1,234"); None while it is not in the log."""
    index = LogEntry.objects.filter(reference=reference).values_list("index", flat=True).first()
    return None if index is None else index + 1


def entry_numbers(references: Iterable[UUID]) -> dict[UUID, int]:
    """The places, counted from 1, of those entries that are in the log. One query."""
    rows = LogEntry.objects.filter(reference__in=list(references)).values_list("reference", "index")
    return {reference: index + 1 for reference, index in rows}


def log_file(path: str, *, at: datetime) -> Resource | None:
    """The public file at a path below /log/, with its content type and cache header; None if there is none."""
    return serving.resource(path, at_ms=int(at.timestamp() * 1000))


def policy_text() -> str:
    """The site's keys and witnesses as a policy file for verifiers."""
    return public_policy()


def open_data_state() -> OpenDataState:
    """How the last export of the open data went."""
    return open_data.state()


def open_data_archive() -> Path | None:
    """The newest export as one archive, if there is one."""
    return open_data.archive()


def pending_count() -> int:
    """How many durable entries wait for the sequencer; for health checks."""
    return PendingEntry.objects.count()

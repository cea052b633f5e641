"""Everything other packages may do to the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from uuid import UUID

from touchstone.ledger import entries, erasure, exporting, files, open_data, rotation, witnessing
from touchstone.ledger.entries import retract_payload, vote_payload, voter_payload
from touchstone.ledger.models import Log, LogKey
from touchstone.ledger.publishing import PublishedCheckpoint, publish_log
from touchstone.ledger.queue import queue_payload, queue_row, queue_sql, vote_lock_sql, votes_held_still
from touchstone.ledger.sequencing import BATCH, current_log, sequence_batch
from touchstone.transparency import Json

WAIT_S = 10.0
BATCHES_A_TURN = 20


def milliseconds(at: datetime) -> int:
    """An aware time as whole milliseconds since 1970, UTC."""
    return int(at.timestamp() * 1000)


def advance(*, at: datetime) -> PublishedCheckpoint | None:
    """One turn of the sequencer: rotate if a year has ended, empty the queue, publish; None if nothing was new.

    Run it every quarter second or so, from one process. Raises SequencerBusy, RolledBack and other LedgerErrors.
    """
    at_ms = milliseconds(at)
    with files.exclusive():
        rotation.rotate_when_due(at_ms=at_ms)
        for _turn in range(BATCHES_A_TURN):
            if sequence_batch(at_ms=at_ms) < BATCH:
                break
        log = current_log()
        return publish_log(log, at_ms=at_ms) if log is not None else None


def sequence_pending(*, at: datetime) -> int:
    """Give every queued entry its place in the log; how many there were."""
    moved = 0
    with files.exclusive(wait_s=WAIT_S):
        rotation.rotate_when_due(at_ms=milliseconds(at))
        while batch := sequence_batch(at_ms=milliseconds(at)):
            moved += batch
    return moved


def publish_checkpoint(*, at: datetime) -> PublishedCheckpoint | None:
    """Sign the tree as it stands; None if it was signed before. Raises PublishingRefused."""
    log = current_log()
    if log is None:
        return None
    with files.exclusive(wait_s=WAIT_S):
        return publish_log(log, at_ms=milliseconds(at))


def queue_entry(
    *,
    kind: str,
    public: bytes,
    at: datetime,
    audit: bytes | None = None,
    subject: str = "",
    reference: UUID | None = None,
) -> UUID:
    """Queue an entry in the caller's transaction; its reference, under which the receipt will be found."""
    return queue_payload(kind, public, at_ms=milliseconds(at), audit=audit, subject=subject, reference=reference)


def register_version(*, story: int, version: str, at: datetime) -> UUID:
    """Record that a story version (SHA-256, 64 hex digits) was published; from then on votes must name one."""
    payload = entries.version_payload(story=story, version=version, at_s=int(at.timestamp()))
    return queue_entry(kind="register", public=payload, at=at)


def record_resolution(
    *,
    story: int,
    outcome: str,
    evidence: str,
    signers: Iterable[str],
    at: datetime,
    replaces: UUID | None = None,
    is_withdrawn: bool = False,
) -> UUID:
    """Record what a story turned out to be; `evidence` is the SHA-256 of the evidence text."""
    payload = entries.resolution_payload(
        story=story,
        outcome=outcome,
        evidence=evidence,
        at_s=int(at.timestamp()),
        replaces=replaces,
        is_withdrawn=is_withdrawn,
    )
    return queue_entry(kind="resolve", public=payload, audit=entries.signers_payload(signers=signers), at=at)


def record_engine(*, engine: str, parameters: Mapping[str, str | int | bool | None], at: datetime) -> UUID:
    """Record the engine (digest of its code) and parameters that figures come from; fractions as text."""
    payload = entries.params_payload(engine=engine, parameters=parameters, at_s=int(at.timestamp()))
    return queue_entry(kind="params", public=payload, at=at)


def record_index(*, rows: Iterable[Mapping[str, Json]], engine: str, at: datetime) -> UUID:
    """Record published figures; call it inside `votes_held_still`, with counts read there.

    rows : {"story", "real", "fake", "figures"[, "basis"]}, figures as transparency.published_figures gives them
    """
    payload = entries.index_payload(rows=rows, engine=engine, at_s=int(at.timestamp()))
    return queue_entry(kind="index", public=payload, at=at)


def erase_subject(*, subject: str, stories: Iterable[Mapping[str, int]], at: datetime) -> int:
    """Delete every opening of a reader and log what that changed; how many went.

    subject : the `subject` their entries were queued under
    stories : {"story", "readers": 1, "real", "fake"} for each story they voted on, standing votes by choice
    Call `scrub_erased` once the surrounding transaction is over.
    """
    return erasure.erase(subject=subject, stories=stories, at_ms=milliseconds(at))


def collect_cosignatures(*, at: datetime) -> dict[str, str]:
    """Ask the configured witnesses to cosign the newest checkpoint; what each said, by name. Talks to the network."""
    return witnessing.collect_cosignatures(at_s=int(at.timestamp()))


def scrub_erased() -> None:
    """Leave no byte of what was erased in the database's files; outside any transaction. Raises ScrubIncomplete."""
    erasure.scrub()


def export_open_data(
    folder: Path, *, at: datetime, with_audit: bool = False, progress: Callable[[int, int], None] | None = None
) -> int:
    """Write tiles, entries, openings, checkpoints and keys of every log to a folder; the number of files.

    Raises NoLogYet, FolderUnusable.
    """
    report = progress or (lambda _done, _total: None)
    return exporting.export(folder, at_ms=milliseconds(at), with_audit=with_audit, progress=report)


def export_when_due(*, at: datetime) -> bool:
    """Export the open data for the site's own download if it is night or somebody asked; whether it was tried."""
    return open_data.export_when_due(at=at)


def ask_for_export() -> None:
    """Have the worker export the open data at its next look. Raises FolderUnusable."""
    open_data.ask()


def rotate_now(*, at: datetime) -> Log:
    """Close the current log and start the next one."""
    with files.exclusive(wait_s=WAIT_S):
        log = current_log()
        if log is None:
            return rotation.rotate_after_loss(at_ms=milliseconds(at))
        return rotation.rotate(log, at_ms=milliseconds(at))


def rotate_after_loss(*, at: datetime) -> Log:
    """Start a log that owns up to a loss, when the old one cannot be published any more."""
    with files.exclusive(wait_s=WAIT_S):
        return rotation.rotate_after_loss(at_ms=milliseconds(at))


def change_key(*, at: datetime, reason: str) -> LogKey:
    """Sign with a fresh key from the next checkpoint on; the old one announces it in the log."""
    with files.exclusive(wait_s=WAIT_S):
        return rotation.change_key(at_ms=milliseconds(at), reason=reason)


__all__ = [
    "advance",
    "ask_for_export",
    "change_key",
    "collect_cosignatures",
    "erase_subject",
    "export_open_data",
    "export_when_due",
    "publish_checkpoint",
    "queue_entry",
    "queue_row",
    "queue_sql",
    "record_engine",
    "record_index",
    "record_resolution",
    "register_version",
    "retract_payload",
    "rotate_after_loss",
    "rotate_now",
    "scrub_erased",
    "sequence_pending",
    "vote_lock_sql",
    "vote_payload",
    "voter_payload",
    "votes_held_still",
]

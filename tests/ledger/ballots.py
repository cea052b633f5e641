"""Entries for tests: readers who vote on stories, as the vote door queues them."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from uuid import UUID

from touchstone.ledger import actions
from touchstone.ledger.models import Log, LogKey
from touchstone.transparency import Checkpoint, Policy, VerifierKey, open_checkpoint

AT = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
VERSION = hashlib.sha256(b"the story").hexdigest()


def pseudonym(reader: str, story: int) -> str:
    """The name a reader votes under on one story."""
    return hashlib.sha256(f"{reader} {story}".encode()).hexdigest()


def queue_vote(reader: str, story: int = 1, choice: str = "real", *, kind: str = "vote", at: datetime = AT) -> UUID:
    """Queue one vote, change or retraction; its reference."""
    at_s = int(at.timestamp())
    public = (
        actions.retract_payload(story=story, reader=pseudonym(reader, story), at_s=at_s)
        if kind == "retract"
        else actions.vote_payload(
            story=story, version=VERSION, reader=pseudonym(reader, story), choice=choice, is_signed=False, at_s=at_s
        )
    )
    audit = actions.voter_payload(reader=reader)
    return actions.queue_entry(kind=kind, public=public, audit=audit, subject=reader, at=at)


def log_policy() -> Policy:
    """A policy that trusts this database's log keys."""
    return Policy.for_log(*(VerifierKey.parse(text) for text in LogKey.objects.values_list("vkey", flat=True)))


def opened(note: bytes) -> Checkpoint:
    """A checkpoint, verified under this database's log keys."""
    return open_checkpoint(note, log_policy().logs.values()).checkpoint


def only_log() -> Log:
    """The one log there is."""
    return Log.objects.get()

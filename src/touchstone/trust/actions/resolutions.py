"""Record, sign and withdraw what stories turned out to be."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.db import transaction
from django.utils.crypto import salted_hmac

from touchstone.ledger import actions as ledger
from touchstone.readers.models import User
from touchstone.stories.models import StoryPage
from touchstone.trust.errors import EvidenceMissing, ResolutionClosed, SecondSignerNeeded, StoryResolvedAlready
from touchstone.trust.models import Published, Resolution


@transaction.atomic
def record_resolution(*, story: StoryPage, outcome: str, evidence: str, signer: User, at: datetime) -> Resolution:
    """Record what a story turned out to be, signed by one person; it counts once a second person has signed.

    Raises EvidenceMissing, StoryResolvedAlready.
    """
    if not evidence.strip():
        raise EvidenceMissing(story.pk)
    standing = Resolution.objects.filter(story=story, withdrawn_at__isnull=True).first()
    if standing is not None:
        raise StoryResolvedAlready(story.pk, resolution_id=standing.pk)
    return Resolution.objects.create(
        story=story, outcome=outcome, evidence=evidence.strip(), first_signer=signer, first_signed_at=at
    )


@transaction.atomic
def sign_resolution(*, resolution: Resolution, signer: User, at: datetime) -> Resolution:
    """Put the second signature under a resolution, log it. Raises SecondSignerNeeded, ResolutionClosed."""
    if resolution.first_signer_id == signer.pk:
        raise SecondSignerNeeded(signer.get_username())
    waiting = Resolution.objects.filter(pk=resolution.pk, second_signed_at=None, withdrawn_at=None)
    if not waiting.update(second_signer=signer, second_signed_at=at):
        resolution.refresh_from_db()
        raise ResolutionClosed(resolution.pk, state=resolution.state)
    resolution.refresh_from_db()
    _log(resolution, at=at)
    return resolution


@transaction.atomic
def withdraw_resolution(*, resolution: Resolution, at: datetime) -> Resolution:
    """Take a resolution back; what it graded is graded anew by the next fit. Raises ResolutionClosed."""
    if not Resolution.objects.filter(pk=resolution.pk, withdrawn_at=None).update(withdrawn_at=at):
        raise ResolutionClosed(resolution.pk, state="withdrawn")
    resolution.refresh_from_db()
    if resolution.second_signed_at is not None:
        _log(resolution, at=at)
    return resolution


def _log(resolution: Resolution, *, at: datetime) -> None:
    """Write it into the vote log, and have the story's pages made anew."""
    Published.objects.filter(story=resolution.story_id).update(is_stale=True)
    signers = [resolution.first_signer_id, resolution.second_signer_id]
    ledger.record_resolution(
        story=resolution.story_id,
        outcome=resolution.outcome,
        evidence=hashlib.sha256(resolution.evidence.encode()).hexdigest(),
        signers=[salted_hmac("touchstone.signer", str(signer), algorithm="sha256").hexdigest() for signer in signers],
        at=at,
        is_withdrawn=resolution.withdrawn_at is not None,
    )

"""Publish trust figures as snapshots."""

from __future__ import annotations

from datetime import datetime

from touchstone import engine
from touchstone.trust.models import Snapshot
from touchstone.trust.queries import PublishedTrust, figures_for
from touchstone.votes.models import Tally


def publish_changed(*, at: datetime) -> int:
    """Write a snapshot for every story whose votes changed since its newest one; how many were written."""
    newest = _newest_counts()
    changed = [
        story_id
        for story_id, real, fake in Tally.objects.values_list("story_id", "real", "fake")
        if newest.get(story_id) != (real, fake)
    ]
    figures = figures_for(changed)
    Snapshot.objects.bulk_create([_snapshot(trust, at=at) for trust in figures.values()])
    return len(changed)


def _newest_counts() -> dict[int, tuple[int, int]]:
    rows = Snapshot.objects.order_by("story_id", "at", "id").values_list("story_id", "real", "fake")
    return {story_id: (real, fake) for story_id, real, fake in rows.iterator()}


def _snapshot(trust: PublishedTrust, *, at: datetime) -> Snapshot:
    return Snapshot(
        story_id=trust.story,
        at=at,
        real=trust.real,
        fake=trust.fake,
        share=trust.share,
        index=trust.index,
        low=trust.low,
        high=trust.high,
        probability=trust.probability,
        confidence=trust.confidence,
        label=trust.label,
        attack_price=trust.attack_price,
        effective_votes=trust.effective_votes,
        discounted=[list(reason) for reason in trust.discounted],
        engine_digest=engine.engine_digest(),
    )

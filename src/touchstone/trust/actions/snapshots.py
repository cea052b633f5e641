"""Publish trust figures: as snapshots for pages, and as entries of the vote log for auditors."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from touchstone import engine
from touchstone.ledger import actions as ledger
from touchstone.transparency import Json, published_figures
from touchstone.trust.models import Published, Snapshot
from touchstone.trust.queries import PublishedTrust, figures_for
from touchstone.votes.models import Tally

LOOK_BACK = timedelta(minutes=1)
ROWS_PER_ENTRY = 100
STORIES_PER_TURN = 500
FIGURES = [field.name for field in fields(engine.StoryTrust) if field.name not in {"real", "fake", "probability"}]


def publish_changed(*, at: datetime, look_back: timedelta = LOOK_BACK) -> int:
    """Publish every story whose votes changed since it was last published; how many there were.

    look_back : stories whose last vote is older than this are not looked at, unless they were never published
    The counts are read and logged while no vote can commit, so that a replay of the log finds the same ones.
    """
    candidates = _changed_since(at - look_back)
    if not candidates:
        return 0
    with ledger.votes_held_still():
        rows = Published.objects.filter(story_id__in=candidates).values_list("story_id", "real", "fake")
        known = {story_id: (real, fake) for story_id, real, fake in rows}
        figures = figures_for(candidates).values()
        published = [trust for trust in figures if known.get(trust.story) != (trust.real, trust.fake)]
        if published:
            _log(published, at=at)
            _keep(published, at=at)
    return len(published)


def _changed_since(moment: datetime) -> list[int]:
    since_ms = int(moment.timestamp() * 1000)
    never = ~Exists(Published.objects.filter(story=OuterRef("story")))
    rows = Tally.objects.filter(Q(last_vote_at_ms__gte=since_ms) | never).order_by("story_id")
    return list(rows.values_list("story_id", flat=True)[:STORIES_PER_TURN])


def _log(published: list[PublishedTrust], *, at: datetime) -> None:
    digest = engine.engine_digest()
    if not Snapshot.objects.filter(engine_digest=digest).exists():
        ledger.record_engine(engine=digest, parameters={"version": engine.ENGINE_VERSION}, at=at)
    rows = [_row(trust) for trust in published]
    for first in range(0, len(rows), ROWS_PER_ENTRY):
        ledger.record_index(rows=rows[first : first + ROWS_PER_ENTRY], engine=digest, at=at)


def _row(trust: PublishedTrust) -> dict[str, Json]:
    figures = published_figures({name: getattr(trust, name) for name in FIGURES})
    return {"story": trust.story, "real": trust.real, "fake": trust.fake, "figures": figures}


def _keep(published: list[PublishedTrust], *, at: datetime) -> None:
    Snapshot.objects.bulk_create([_snapshot(trust, at=at) for trust in published])
    Published.objects.bulk_create(
        [Published(story_id=trust.story, real=trust.real, fake=trust.fake, at=at) for trust in published],
        update_conflicts=True,
        unique_fields=["story"],
        update_fields=["real", "fake", "at"],
    )


def _snapshot(trust: PublishedTrust, *, at: datetime) -> Snapshot:
    known = asdict(trust)
    story_id, _ = known.pop("story"), known.pop("last_vote_at")
    known["discounted"] = [list(reason) for reason in trust.discounted]
    return Snapshot(story_id=story_id, at=at, engine_digest=engine.engine_digest(), **known)

"""Work out which stories are near each other."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from touchstone.stories.models import RelatedStory, StoryPage
from touchstone.stories.relatedness import Document, rank_neighbours
from touchstone.stories.wording import write_wording

NEIGHBOURS = 8
# Older stories keep the neighbours they had; comparing all pairs grows with the square.
NEWEST_COMPARED = 1_000


def refresh_related_stories(*, at: datetime) -> list[int]:
    """Compare the newest live stories and keep each one's neighbours; the ids of those whose neighbours changed."""
    stories = (
        StoryPage.objects.live()
        .prefetch_related("instruments", "baskets")
        .order_by("-first_published_at", "-pk")[:NEWEST_COMPARED]
    )
    documents = [_describe(story) for story in stories]
    ranked = rank_neighbours(documents, limit=NEIGHBOURS)
    before = _neighbours_of(ranked)
    with transaction.atomic():
        RelatedStory.objects.filter(story__in=list(ranked)).delete()
        RelatedStory.objects.bulk_create(
            RelatedStory(story_id=story_id, other_id=other_id, score=score, at=at)
            for story_id, neighbours in ranked.items()
            for other_id, score in neighbours
        )
    after = {story_id: [other_id for other_id, _ in neighbours] for story_id, neighbours in ranked.items()}
    return [story_id for story_id in ranked if after[story_id] != before.get(story_id, [])]


def refresh_related_stories_when_due(*, at: datetime) -> list[int]:
    """The same, if a story came out since the last time; the worker calls this every half minute."""
    newest = StoryPage.objects.live().aggregate(at=Max("last_published_at"))["at"]
    last = RelatedStory.objects.aggregate(at=Max("at"))["at"]
    if newest is None or (last is not None and newest <= last):
        return []
    return refresh_related_stories(at=at)


def _neighbours_of(story_ids: Iterable[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    rows = RelatedStory.objects.filter(story__in=list(story_ids)).order_by("story_id", "-score", "other_id")
    for story_id, other_id in rows.values_list("story_id", "other_id"):
        found.setdefault(story_id, []).append(other_id)
    return found


def _describe(story: StoryPage) -> Document:
    instruments = {instrument.symbol for instrument in story.instruments.all()}
    baskets = {basket.slug for basket in story.baskets.all()}
    return Document(
        story_id=story.pk,
        text=write_wording(story),
        section=story.path[: -story.steplen],
        markets=frozenset(instruments | baskets),
        published_at=story.first_published_at,
    )

"""Work out which stories are near each other."""

from __future__ import annotations

from django.db import transaction

from touchstone.stories.models import RelatedStory, StoryPage
from touchstone.stories.relatedness import Document, rank_neighbours
from touchstone.stories.wording import write_wording

NEIGHBOURS = 8
# Older stories keep the neighbours they had; comparing all pairs grows with the square.
NEWEST_COMPARED = 1_000


def refresh_related_stories() -> int:
    """Compare the newest live stories and keep each one's neighbours; gives back how many were compared."""
    stories = (
        StoryPage.objects.live()
        .prefetch_related("instruments", "baskets")
        .order_by("-first_published_at", "-pk")[:NEWEST_COMPARED]
    )
    documents = [_describe(story) for story in stories]
    ranked = rank_neighbours(documents, limit=NEIGHBOURS)
    with transaction.atomic():
        RelatedStory.objects.filter(story__in=list(ranked)).delete()
        RelatedStory.objects.bulk_create(
            RelatedStory(story_id=story_id, other_id=other_id, score=score)
            for story_id, neighbours in ranked.items()
            for other_id, score in neighbours
        )
    return len(documents)


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

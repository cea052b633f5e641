"""Stories with all that lists show of them, read together: five queries, however many stories."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import QuerySet

from touchstone.statements import prepared
from touchstone.stories.models import (
    AuthorPage,
    Byline,
    NewsImage,
    NewsRendition,
    RelatedStory,
    SectionPage,
    Size,
    StoryPage,
)

MOST_RELATED = 6
HEADLINE = (
    *("title", "slug", "path", "url_path", "live", "standfirst", "is_demo", "lead_image"),
    *("first_published_at", "last_published_at", "breaking_until", "voting_closes_at"),
)
PICTURE = (
    *("title", "file", "file_hash", "description", "credit", "width", "height"),
    *("focal_point_x", "focal_point_y", "focal_point_width", "focal_point_height"),
)


@prepared
def live_sections() -> QuerySet[SectionPage]:
    """The live sections in the order of the desk."""
    return SectionPage.objects.live().order_by("path").only("title", "slug", "path", "url_path", "live", "summary")


@prepared
def _live_cards(story_ids: list[int]) -> QuerySet[StoryPage]:
    cards = StoryPage.objects.live().filter(pk__in=story_ids).select_related("market_moving_flag", "lead_image")
    return cards.only(*HEADLINE, *(f"lead_image__{field}" for field in PICTURE), "market_moving_flag__confirmed_by")


@prepared
def _bylines(story_ids: list[int]) -> QuerySet[Byline]:
    lines = Byline.objects.filter(story__in=story_ids).select_related("author").order_by("sort_order")
    return lines.only("story", "sort_order", "author__title", "author__slug", "author__url_path")


@prepared
def _renditions(image_ids: list[int]) -> QuerySet[NewsRendition, tuple[int, str, str, str, int, int]]:
    made = NewsRendition.objects.filter(image__in=image_ids).order_by()
    return made.values_list("image_id", "filter_spec", "focal_point_key", "file", "width", "height")


@prepared
def _nearest(story: int) -> QuerySet[RelatedStory]:
    nearest = RelatedStory.objects.filter(story=story, other__live=True)
    nearest = nearest.select_related("other__market_moving_flag").order_by("-score", "other_id")
    shown = (*HEADLINE, "market_moving_flag__confirmed_by")
    return nearest.only("story", *(f"other__{field}" for field in shown))[:MOST_RELATED]


def nearest_stories(story: int) -> list[StoryPage]:
    """The nearest live stories of a story as they were worked out, with their sections; two queries."""
    found = [line.other for line in _nearest(story)]
    _give_sections(found, live_sections())
    return found


def cards(story_ids: list[int], every_section: list[SectionPage]) -> dict[int, StoryPage]:
    """The live ones of these stories by id, with section, authors, picture with its sizes, and flag."""
    found = {story.pk: story for story in _live_cards(story_ids)}
    authors: dict[int, list[AuthorPage]] = defaultdict(list)
    for line in _bylines(list(found)):
        authors[line.story_id].append(line.author)
    for story in found.values():
        story.authors = authors[story.pk]
    _give_sections(found.values(), every_section)
    give_sizes([story.lead_image for story in found.values() if story.lead_image])
    return found


def _give_sections(stories: Iterable[StoryPage], every_section: list[SectionPage]) -> None:
    by_path = {section.path: section for section in every_section}
    for story in stories:
        section = by_path.get(story.path[: -story.steplen])
        if section is not None:
            story.section = section


@prepared
def _images(image_ids: list[int]) -> QuerySet[NewsImage]:
    return NewsImage.objects.filter(pk__in=image_ids)


def pictures(image_ids: list[int]) -> dict[int, NewsImage]:
    """The pictures that still exist of these, by id."""
    return {image.pk: image for image in _images(image_ids)} if image_ids else {}


def give_sizes(images: list[NewsImage]) -> None:
    """Read the sizes of all these pictures together, so that none of them asks for its own."""
    made: dict[int, dict[tuple[str, str], Size]] = defaultdict(dict)
    ids = list({image.pk for image in images})
    for image_id, spec, focal_point, file, width, height in _renditions(ids) if ids else ():
        made[image_id][spec, focal_point] = Size(file, width, height)
    for image in images:
        image.known_sizes = made[image.pk]

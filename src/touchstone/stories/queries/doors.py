"""From an address to its page with what it shows, in few queries; Wagtail asks once for every step of the path."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Exists, QuerySet
from wagtail.models import Page, PageViewRestriction, Site

from touchstone.markets.models import Basket
from touchstone.statements import prepared
from touchstone.stories.models import AuthorIndexPage, AuthorPage, Byline, HomePage, SectionPage, StoryPage
from touchstone.stories.queries.cards import give_sizes, live_sections, pictures


def open_page(path: str) -> Page | None:
    """The live page at a path of this site, ready to be served to anybody.

    None where Wagtail has to decide: for unknown paths, for more than one site, and while any page is kept private.
    """
    roots = Site.get_site_root_paths()
    if len(roots) != 1:
        return None
    found = _live_at(roots[0].root_path + path)
    if not found or found[0][2]:
        return None
    key, kind, _ = found[0]
    read = READERS.get(ContentType.objects.get_for_id(kind).model_class())
    pages = read(key) if read else []
    return pages[0] if pages else None


@prepared
def _live_at(url_path: str) -> QuerySet[Page, tuple[int, int, bool]]:
    guarded = Exists(PageViewRestriction.objects.all())
    pages = Page.objects.filter(url_path=url_path, live=True, alias_of=None).annotate(is_guarded=guarded)
    return pages.values_list("pk", "content_type_id", "is_guarded")


@prepared
def _home(key: int) -> QuerySet[HomePage]:
    return HomePage.objects.filter(pk=key)


@prepared
def _section(key: int) -> QuerySet[SectionPage]:
    return SectionPage.objects.filter(pk=key)


@prepared
def _author_index(key: int) -> QuerySet[AuthorIndexPage]:
    return AuthorIndexPage.objects.filter(pk=key)


@prepared
def _author(key: int) -> QuerySet[AuthorPage]:
    return AuthorPage.objects.filter(pk=key).select_related("portrait")


@prepared
def _story(key: int) -> QuerySet[StoryPage]:
    return StoryPage.objects.filter(pk=key).select_related("lead_image")


@prepared
def _bylines(story: int) -> QuerySet[Byline]:
    return Byline.objects.filter(story=story).select_related("author__portrait").order_by("sort_order")


@prepared
def _baskets(story: int) -> QuerySet[Basket]:
    return Basket.objects.filter(stories=story).order_by("name")


def _author_with_portrait(key: int) -> list[AuthorPage]:
    found = _author(key)
    give_sizes([author.portrait for author in found if author.portrait])
    return found


def _story_with_all(key: int) -> list[StoryPage]:
    found = _story(key)
    for story in found:
        story.authors = [line.author for line in _bylines(key)]
        story.named_baskets = _baskets(key)
        sections = {section.path: section for section in live_sections()}
        if section := sections.get(story.path[: -story.steplen]):
            story.section = section
        story.pictures = pictures(story.picture_ids)
        others = [story.lead_image, *(author.portrait for author in story.authors)]
        give_sizes([*story.pictures.values(), *(image for image in others if image)])
    return found


READERS: dict[Any, Callable[[int], Sequence[Page]]] = {
    HomePage: _home,
    SectionPage: _section,
    AuthorIndexPage: _author_index,
    AuthorPage: _author_with_portrait,
    StoryPage: _story_with_all,
}

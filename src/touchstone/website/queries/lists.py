"""Lists of stories: the front page, sections, authors and search."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Page as ListPage
from django.core.paginator import Paginator
from django.db.models import Prefetch, QuerySet

from touchstone.stories.models import AuthorPage, Byline, Correction, NewsImage, SectionPage, StoryPage
from touchstone.trust.queries import figures_for
from touchstone.website.pictures import LEAD, TEASER
from touchstone.website.verdicts import Verdict

PAGE_SIZE = 12
BESIDE_LEAD = 4
PER_SECTION = 4
PER_LIST = 4


@dataclass(frozen=True, slots=True)
class Teaser:
    """A story as lists show it."""

    story: StoryPage
    section: SectionPage | None
    verdict: Verdict
    is_breaking: bool

    @property
    def url(self) -> str:
        """The story's path on this site."""
        return f"/{self.section.slug}/{self.story.slug}/" if self.section else self.story.url or "/"

    @property
    def authors(self) -> str:
        """The names in the byline, joined."""
        return joined([line.author.title for line in self.story.bylines.all()])


@dataclass(frozen=True, slots=True)
class FrontPage:
    """Everything on the front page."""

    at: datetime
    lead: Teaser | None
    beside: list[Teaser]
    sections: list[tuple[SectionPage, list[Teaser]]]
    trusted: list[Teaser]
    contested: list[Teaser]
    gathering: list[Teaser]


@dataclass(frozen=True, slots=True)
class AuthorRecord:
    """How much an author has written and corrected."""

    stories: int
    corrections: int

    @property
    def per_hundred(self) -> str:
        """Corrections per 100 stories; a dash before the first story."""
        return f"{100 * self.corrections / self.stories:.1f}" if self.stories else "–"


def author_record(author: AuthorPage) -> AuthorRecord:
    """The author's published stories and the corrections of them."""
    stories = StoryPage.objects.live().public().filter(bylines__author=author)
    return AuthorRecord(
        stories=stories.distinct().count(),
        corrections=Correction.objects.filter(story__in=stories).distinct().count(),
    )


def joined(names: list[str]) -> str:
    """Names as prose: `A`, `A and B`, `A, B and C`."""
    return names[0] if len(names) == 1 else " and ".join([", ".join(names[:-1]), names[-1]]) if names else ""


def sections() -> list[SectionPage]:
    """The live sections in the order of the menu."""
    return list(SectionPage.objects.live().public().order_by("path"))


def listed_stories() -> QuerySet[StoryPage]:
    """Live public stories, newest first, with what a teaser shows of them."""
    pictures = NewsImage.objects.prefetch_renditions(*TEASER, *LEAD)
    return (  # type: ignore[no-any-return]
        StoryPage.objects.live()
        .public()
        .defer_streamfields()
        .prefetch_related(
            Prefetch("lead_image", pictures), Prefetch("bylines", Byline.objects.select_related("author"))
        )
        .order_by("-first_published_at", "-pk")
    )


def teasers(stories: Iterable[StoryPage], at: datetime) -> list[Teaser]:
    """Stories made ready for a list; the number of queries does not grow with the stories."""
    listed = list(stories)
    figures = figures_for([story.pk for story in listed])
    by_path = {section.path: section for section in sections()}
    return [
        Teaser(
            story=story,
            section=by_path.get(story.path[: -story.steplen]),
            verdict=Verdict(figures[story.pk]),
            is_breaking=story.is_breaking(at),
        )
        for story in listed
    ]


def front_page(at: datetime) -> FrontPage:
    """The front page: breaking stories first, then the newest; every section with its newest."""
    everything = teasers(listed_stories()[:200], at)
    ranked = sorted(everything, key=lambda each: not each.is_breaking)
    top = ranked[: 1 + BESIDE_LEAD]
    shown = {each.story.pk for each in top}
    rest = [each for each in everything if each.story.pk not in shown]
    judged = [each for each in everything if not each.verdict.is_gathering]
    return FrontPage(
        at=at,
        lead=top[0] if top else None,
        beside=top[1:],
        sections=_by_section(rest),
        trusted=sorted(judged, key=lambda each: -each.verdict.trust.index)[:PER_LIST],
        contested=sorted(judged, key=lambda each: abs(each.verdict.trust.index - 50))[:PER_LIST],
        gathering=[each for each in everything if each.verdict.is_gathering][:PER_LIST],
    )


def _by_section(listed: list[Teaser]) -> list[tuple[SectionPage, list[Teaser]]]:
    grouped = [
        (section, [each for each in listed if each.section == section][:PER_SECTION]) for section in sections()
    ]
    return [(section, inside) for section, inside in grouped if inside]


def section_list(section: SectionPage, page_number: str, at: datetime) -> tuple[ListPage[StoryPage], list[Teaser]]:
    """One page of a section's stories; a wrong page number gives the nearest page."""
    return _paged(listed_stories().child_of(section), page_number, at)


def author_list(author: AuthorPage, page_number: str, at: datetime) -> tuple[ListPage[StoryPage], list[Teaser]]:
    """One page of an author's stories."""
    return _paged(listed_stories().filter(bylines__author=author).distinct(), page_number, at)


def search_list(words: str, page_number: str, at: datetime) -> tuple[ListPage[StoryPage], list[Teaser]]:
    """One page of the stories that hold any of the words, best match first."""
    stories = StoryPage.objects.live().public()
    found = stories.search(words, operator="or") if words else stories.none()
    page = Paginator(found, PAGE_SIZE).get_page(page_number)
    order = [story.pk for story in page.object_list]
    rows = sorted(listed_stories().filter(pk__in=order), key=lambda story: order.index(story.pk))
    return page, teasers(rows, at)


def _paged(rows: QuerySet[StoryPage], number: str, at: datetime) -> tuple[ListPage[StoryPage], list[Teaser]]:
    page = Paginator(rows, PAGE_SIZE).get_page(number)
    return page, teasers(page.object_list, at)

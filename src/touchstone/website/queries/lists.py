"""Lists of stories with their verdicts: the front page, sections, authors and search."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from touchstone.stories import queries as stories
from touchstone.stories.models import AuthorPage, SectionPage, StoryPage
from touchstone.trust.queries import figures_for
from touchstone.website.verdicts import Verdict

BESIDE_LEAD = 6
PER_SECTION = 4
PER_RANKING = 4


@dataclass(frozen=True, slots=True)
class Teaser:
    """A story as lists show it."""

    story: StoryPage
    section: SectionPage
    verdict: Verdict
    is_breaking: bool

    @property
    def url(self) -> str:
        """The story's path on this site."""
        return f"/{self.section.slug}/{self.story.slug}/"

    @property
    def authors(self) -> str:
        """The names in the byline, joined."""
        return joined([author.title for author in self.story.authors])


@dataclass(frozen=True, slots=True)
class TeaserList:
    """One page of a list of stories."""

    listing: stories.StoryListing
    teasers: list[Teaser]


@dataclass(frozen=True, slots=True)
class FrontPage:
    """Everything on the front page; the rankings are among the stories of this page."""

    at: datetime
    lead: Teaser | None
    beside: list[Teaser]
    sections: list[tuple[SectionPage, list[Teaser]]]
    trusted: list[Teaser]
    contested: list[Teaser]
    gathering: list[Teaser]


def joined(names: list[str]) -> str:
    """Names as prose: `A`, `A and B`, `A, B and C`."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def teasers(listed: Iterable[StoryPage], at: datetime) -> list[Teaser]:
    """Stories made ready for a list; the number of queries does not grow with the stories."""
    found = list(listed)
    figures = figures_for([story.pk for story in found])
    return [
        Teaser(
            story=story,
            section=story.section,
            verdict=Verdict(figures[story.pk]),
            is_breaking=story.is_breaking(at),
        )
        for story in found
    ]


def front_page(at: datetime) -> FrontPage:
    """The front page: the lead, what is breaking or newest beside it, the newest of every section, the rankings."""
    chosen = stories.front_page(at)
    top = [*([chosen.lead] if chosen.lead else []), *chosen.breaking, *chosen.latest]
    everything = {story.pk: story for story in top}
    everything |= {story.pk: story for latest in chosen.sections for story in latest.stories}
    ready = {each.story.pk: each for each in teasers(everything.values(), at)}
    first = [ready[story.pk] for story in top][: 1 + BESIDE_LEAD]
    shown = {each.story.pk for each in first}
    sections = [
        (latest.section, [ready[story.pk] for story in latest.stories if story.pk not in shown][:PER_SECTION])
        for latest in chosen.sections
    ]
    judged = [each for each in ready.values() if not each.verdict.is_gathering]
    return FrontPage(
        at=at,
        lead=first[0] if first else None,
        beside=first[1:],
        sections=[(section, inside) for section, inside in sections if inside],
        trusted=sorted(judged, key=lambda each: -each.verdict.trust.low)[:PER_RANKING],
        contested=sorted(judged, key=lambda each: abs(each.verdict.trust.index - 50))[:PER_RANKING],
        gathering=[each for each in ready.values() if each.verdict.is_gathering][:PER_RANKING],
    )


def section_list(section: SectionPage, page: int, at: datetime) -> TeaserList:
    """One page of a section's stories."""
    return _ready(stories.section_stories(section, page), at)


def author_list(author: AuthorPage, page: int, at: datetime) -> TeaserList:
    """One page of an author's stories."""
    return _ready(stories.stories_by_author(author, page), at)


def search_list(words: str, page: int, at: datetime) -> TeaserList:
    """One page of the stories that hold any of the words, best match first."""
    return _ready(stories.search_stories(words, page), at)


def _ready(listing: stories.StoryListing, at: datetime) -> TeaserList:
    return TeaserList(listing, teasers(listing.stories, at))

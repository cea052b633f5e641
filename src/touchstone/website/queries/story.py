"""Everything that one story's page shows beside its own text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from touchstone.stories import queries as stories
from touchstone.stories.models import AuthorPage, Correction, StoryPage, StoryVersion
from touchstone.website.queries.impact import MarketImpact, market_impacts
from touchstone.website.queries.lists import Teaser, teasers
from touchstone.website.verdicts import Verdict

RELATED = 4
SETTLED = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class StoryView:
    """A story's page."""

    at: datetime
    teaser: Teaser
    authors: list[AuthorPage]
    version: StoryVersion | None
    corrections: list[Correction]
    impacts: list[MarketImpact]
    related: list[Teaser]

    @property
    def story(self) -> StoryPage:
        """The story itself."""
        return self.teaser.story

    @property
    def verdict(self) -> Verdict:
        """Its published trust."""
        return self.teaser.verdict

    @property
    def published_at(self) -> datetime:
        """When it first came out; now while it is only a draft in preview."""
        return self.story.first_published_at or self.at

    @property
    def changed_at(self) -> datetime | None:
        """When it last changed, unless that was when it came out."""
        last = self.story.last_published_at
        return last if last and last - self.published_at > SETTLED else None

    @property
    def is_open(self) -> bool:
        """Whether readers may vote."""
        return not self.story.is_closed_to_votes(self.at)


def story_view(story: StoryPage, at: datetime) -> StoryView:
    """The page of that story at that moment."""
    return StoryView(
        at=at,
        teaser=teasers([story], at)[0],
        authors=[line.author for line in story.bylines.all()],
        version=stories.current_version(story),
        corrections=stories.corrections_of(story),
        impacts=market_impacts(story, at),
        related=teasers(stories.related_stories(story, RELATED), at),
    )

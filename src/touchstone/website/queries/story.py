"""Everything that one story's page shows beside its own text."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from touchstone.ledger.errors import LedgerError
from touchstone.ledger.queries import LogState, log_state
from touchstone.stories import queries as stories
from touchstone.stories.models import AuthorPage, Correction, StoryPage, StoryVersion
from touchstone.trust.models import Resolution
from touchstone.trust.queries import trend_of
from touchstone.website.drawing import closed_band, open_path
from touchstone.website.queries.impact import MarketImpact, market_impacts
from touchstone.website.queries.lists import Teaser, teasers
from touchstone.website.queries.report import resolution_of
from touchstone.website.verdicts import Verdict

log = logging.getLogger(__name__)
RELATED = 4
TREND_LENGTH = 40
SETTLED = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Trend:
    """How the index and its interval went, as SVG paths in a box of 1000 by 1000, the scale's ends at its edges."""

    index: str
    band: str
    starts_at: datetime
    summary: str


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
    trend: Trend | None
    log: LogState | None
    resolution: Resolution | None

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
    """The page of that story at that moment; a draft that was never saved has no history yet."""
    is_saved = story.pk is not None
    own, *related = teasers([story, *(stories.related_stories(story, RELATED) if is_saved else [])], at)
    return StoryView(
        at=at,
        teaser=own,
        authors=story.authors,
        version=stories.current_version(story) if is_saved else None,
        corrections=stories.corrections_of(story) if is_saved else [],
        impacts=market_impacts(story, at) if is_saved else [],
        related=related,
        trend=trend(story) if is_saved else None,
        log=newest_checkpoint(),
        resolution=resolution_of(story) if is_saved else None,
    )


def trend(story: StoryPage) -> Trend | None:
    """The story's published index over time; None before there are three figures."""
    points = trend_of(story.pk, limit=TREND_LENGTH)
    if len(points) < 3:
        return None
    times = [point.at.timestamp() for point in points]
    first, last = points[0], points[-1]
    return Trend(
        index=open_path(times, [point.index for point in points]),
        band=closed_band(times, [point.low for point in points], [point.high for point in points]),
        starts_at=first.at,
        summary=f"The index went from {first.index:.0f} to {last.index:.0f} over {len(points)} published figures.",
    )


def newest_checkpoint() -> LogState | None:
    """The newest signed checkpoint of the vote log; a page stands without it."""
    try:
        return log_state()
    except LedgerError:
        log.exception("the vote log's state cannot be read")
        return None

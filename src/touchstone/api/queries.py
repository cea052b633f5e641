"""Gathers what the API answers from the apps below."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db.models import Prefetch, Q

from touchstone.api.errors import BadCursor, BadRange, UnknownInstrument, UnknownStory
from touchstone.markets.models import Instrument, Interval
from touchstone.markets.queries import candles_of
from touchstone.stories.models import Byline, SectionPage, StoryPage
from touchstone.trust.queries import PublishedTrust, figures_for

PAGE_SIZE = 20
INTERVALS = {"1m": Interval.MINUTE, "1h": Interval.HOUR, "1d": Interval.DAY}


def published_stories() -> Any:
    """Live public stories with what the API shows of them, newest first."""
    return (
        StoryPage.objects.live()
        .public()
        .select_related("market_moving_flag")
        .prefetch_related("instruments", Prefetch("bylines", Byline.objects.select_related("author")))
        .order_by("-first_published_at", "-pk")
    )


def story_page(cursor: str | None, *, section: str | None, limit: int) -> tuple[list[dict[str, Any]], str | None]:
    """A page of stories as JSON-ready dictionaries, and the cursor of the next page."""
    rows = published_stories()
    if section:
        parent = SectionPage.objects.live().filter(slug=section).first()
        rows = rows.child_of(parent) if parent else rows.none()
    if cursor:
        at, last_id = _read_cursor(cursor)
        rows = rows.filter(Q(first_published_at__lt=at) | Q(first_published_at=at, pk__lt=last_id))
    found = list(rows[: limit + 1])
    page = found[:limit]
    following = _write_cursor(page[-1]) if len(found) > limit else None
    return describe_stories(page), following


def published_story(story_id: int) -> StoryPage:
    """The live public story of that id; raises UnknownStory."""
    story: StoryPage | None = published_stories().filter(pk=story_id).first()
    if story is None:
        raise UnknownStory(story_id)
    return story


def describe_stories(stories: Iterable[StoryPage]) -> list[dict[str, Any]]:
    """Stories as JSON-ready dictionaries; the number of queries does not grow with the stories."""
    listed = list(stories)
    figures = figures_for([story.pk for story in listed])
    sections = {section.path: section.title for section in SectionPage.objects.all()}
    now = datetime.now(UTC)
    return [_describe(story, figures[story.pk], sections, now) for story in listed]


def _describe(story: StoryPage, trust: PublishedTrust, sections: dict[str, str], now: datetime) -> dict[str, Any]:
    return {
        "id": story.pk,
        "url": story.full_url or "",
        "headline": story.title,
        "standfirst": story.standfirst,
        "section": sections.get(story.path[: -story.steplen], ""),
        "published_at": story.first_published_at,
        "updated_at": story.last_published_at,
        "is_breaking": story.is_breaking(now),
        "is_market_moving": story.is_market_moving,
        "is_demo": story.is_demo,
        "authors": [{"name": line.author.title, "url": line.author.full_url or ""} for line in story.bylines.all()],
        "instruments": [instrument.symbol for instrument in story.instruments.all()],
        "trust": trust,
    }


def describe_story(story: StoryPage) -> dict[str, Any]:
    """One whole story as a JSON-ready dictionary."""
    version = story.versions.order_by("-number").first()
    return {
        **describe_stories([story])[0],
        "text": version.text if version else "",
        "version": version.number if version else None,
        "questions": [
            {"question": block.value["question"], "answer": block.value["answer"].source} for block in story.questions
        ],
        "tags": [tag.name for tag in story.tags.all()],
        "corrections": [
            {"at": correction.at, "text": correction.text, "version": correction.version.number}
            for correction in story.corrections.select_related("version")
        ],
        "is_open_to_votes": not story.is_closed_to_votes(datetime.now(UTC)),
    }


def _write_cursor(story: StoryPage) -> str:
    assert story.first_published_at is not None
    text = f"{story.first_published_at.isoformat()}|{story.pk}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[datetime, int]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        at, _, story_id = text.partition("|")
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            raise BadCursor(cursor)
        return moment, int(story_id)
    except (ValueError, binascii.Error, UnicodeDecodeError) as err:
        raise BadCursor(cursor) from err


def describe_instruments() -> list[dict[str, Any]]:
    """Every instrument as a JSON-ready dictionary, by symbol."""
    fields = ("symbol", "name", "kind", "currency", "price_decimals", "is_active")
    return [
        {**{name: getattr(each, name) for name in fields}, "url": settings.SITE_ORIGIN + each.get_absolute_url()}
        for each in Instrument.objects.order_by("symbol")
    ]


def describe_candles(
    symbol: str, *, interval: str, since: datetime | None, until: datetime | None, limit: int
) -> dict[str, Any]:
    """An instrument's candles as a JSON-ready dictionary. Raises UnknownInstrument, BadRange."""
    instrument = Instrument.objects.filter(symbol=symbol.upper()).first()
    if instrument is None:
        raise UnknownInstrument(symbol)
    until = _in_utc(until) if until else datetime.now(UTC)
    since = _in_utc(since) if since else None
    if since is not None and since >= until:
        raise BadRange(since, until)
    seconds = None if since is None else math.ceil(since.timestamp())
    found, following_s = candles_of(
        instrument, interval_s=INTERVALS[interval], since_s=seconds, until_s=math.ceil(until.timestamp()), limit=limit
    )
    following = None
    if following_s is not None:
        asked = {"interval": interval, "from": _stamp(following_s), "to": _stamp(until.timestamp()), "limit": limit}
        following = f"/api/v1/instruments/{quote(instrument.symbol)}/candles?{urlencode(asked)}"
    fields = ("opens_at", "open", "high", "low", "close", "is_simulated")
    items = [{name: getattr(each, name) for name in fields} for each in found]
    return {
        "symbol": instrument.symbol,
        "currency": instrument.currency,
        "interval": interval,
        "items": items,
        "next": following,
    }


def _in_utc(at: datetime) -> datetime:
    """A time without a zone is UTC."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(math.ceil(seconds), tz=UTC).isoformat().replace("+00:00", "Z")

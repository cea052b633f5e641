"""Fetch feeds, keep their items, draft stories from them."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from touchstone.net import Guard, Limits, NetError, Request, fetch
from touchstone.readers.models import User
from touchstone.stories.models import SectionPage, StoryPage
from touchstone.wire.errors import FeedAnswered, WireError
from touchstone.wire.models import Feed, FeedItem
from touchstone.wire.parsing import ParsedItem, parse_feed
from touchstone.wire.queries import ALIKE, similarity

logger = logging.getLogger(__name__)
LIMITS = Limits(total_s=10.0, max_bytes=5_000_000)
KEEP_FOR = timedelta(days=30)
COMPARE_WITHIN = timedelta(days=2)


def fetch_due_feeds(*, at: datetime) -> int:
    """Fetch every active feed whose turn it is; how many new items were kept. A failing feed never stops the others."""
    FeedItem.objects.filter(seen_at__lt=at - KEEP_FOR, story=None).delete()
    kept = 0
    for feed in Feed.objects.filter(is_active=True):
        if feed.fetched_at is None or at - feed.fetched_at >= timedelta(minutes=feed.every_minutes):
            kept += fetch_feed(feed=feed, at=at)
    return kept


def fetch_feed(*, feed: Feed, at: datetime, guard: Guard | None = None) -> int:
    """Fetch one feed now; how many new items were kept. What went wrong is kept in `feed.problem`, not raised."""
    feed.fetched_at = at
    try:
        items = _read(feed, guard)
        feed.problem = ""
    except (NetError, WireError) as err:
        logger.info("Feed %s: %s", feed.name, err)
        feed.problem = str(err)[:500]
        items = []
    feed.save(update_fields=["fetched_at", "etag", "problem"])
    return sum(_keep(feed, item, at=at) for item in items)


def _read(feed: Feed, guard: Guard | None) -> list[ParsedItem]:
    headers = {"If-None-Match": feed.etag} if feed.etag else {}
    answer = fetch(feed.url, request=Request(headers=headers), limits=LIMITS, guard=guard)
    if answer.status == 304:
        return []
    if answer.status != 200:
        raise FeedAnswered(feed.url, status=answer.status)
    own_host = urlsplit(settings.SITE_ORIGIN).hostname or ""
    items = parse_feed(answer.body, url=answer.url, own_host=own_host)
    feed.etag = answer.headers.get("etag", "")[:200]
    return items


@transaction.atomic
def _keep(feed: Feed, item: ParsedItem, *, at: datetime) -> bool:
    published = min(item.published_at or at, at)
    _, is_new = FeedItem.objects.get_or_create(
        feed=feed,
        guid=item.guid,
        defaults={
            "title": item.title,
            "summary": item.summary,
            "url": item.url,
            "published_at": published,
            "seen_at": at,
            "duplicate_of": _earlier_alike(item, published),
        },
    )
    return is_new


def _earlier_alike(item: ParsedItem, published: datetime) -> FeedItem | None:
    recent = FeedItem.objects.filter(
        duplicate_of=None,
        published_at__gte=published - COMPARE_WITHIN,
        published_at__lte=published + COMPARE_WITHIN,
    )
    for earlier in recent.order_by("published_at", "pk"):
        if (item.url and earlier.url == item.url) or similarity(earlier.title, item.title) >= ALIKE:
            return earlier
    return None


@transaction.atomic
def draft_story(*, item: FeedItem, section: SectionPage, editor: User) -> StoryPage:
    """A draft in that section with the item's headline, its address as a source, and no words yet."""
    if item.story is not None:
        return item.story
    note = f"Seen in {item.feed.name}"
    draft = StoryPage(
        title=item.title[:255],
        standfirst="",
        sources=[("source", {"title": item.title[:200], "link": item.url, "note": note})],
        live=False,
        owner=editor,
    )
    section.add_child(instance=draft)
    draft.save_revision(user=editor)
    item.story = draft
    item.save(update_fields=["story"])
    return draft


def dismiss_item(*, item: FeedItem) -> None:
    """Take an item off the desk."""
    item.is_dismissed = True
    item.save(update_fields=["is_dismissed"])

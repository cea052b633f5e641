"""Reads what the wire brought."""

from __future__ import annotations

import re

from django.db.models import Count, QuerySet

from touchstone.wire.models import Feed, FeedItem

ALIKE = 0.6


def waiting_items() -> QuerySet[FeedItem]:
    """Items that nobody has drafted or dismissed, without duplicates, newest first."""
    rows = FeedItem.objects.filter(story=None, is_dismissed=False, duplicate_of=None)
    return rows.select_related("feed").annotate(times_seen=Count("duplicates") + 1).order_by("-published_at", "-pk")


def feeds() -> QuerySet[Feed]:
    """All feeds by name."""
    return Feed.objects.annotate(item_count=Count("items"))


def similarity(one: str, other: str) -> float:
    """Share of words that two headlines have in common (Jaccard), 0 to 1."""
    a, b = _words(one), _words(other)
    return len(a & b) / len(a | b) if a and b else 0.0


def _words(headline: str) -> set[str]:
    return {word for word in re.findall(r"\w+", headline.lower()) if len(word) > 2}

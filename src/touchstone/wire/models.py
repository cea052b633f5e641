"""Feeds that the newsroom reads and the items found in them."""

from __future__ import annotations

from django.db import models


class Feed(models.Model):
    """A public RSS, Atom or JSON feed, read every so often."""

    name = models.CharField(max_length=80, unique=True)
    url = models.URLField(max_length=500, unique=True)
    is_active = models.BooleanField(default=True)
    every_minutes = models.PositiveSmallIntegerField(default=15)
    fetched_at = models.DateTimeField(null=True, blank=True)
    etag = models.CharField(max_length=200, blank=True)
    problem = models.CharField(max_length=500, blank=True, help_text="Why the last fetch failed, if it did.")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class FeedItem(models.Model):
    """One item of a feed: plain text and an absolute web address, nothing else of it is kept."""

    feed = models.ForeignKey(Feed, on_delete=models.CASCADE, related_name="items")
    guid = models.CharField(max_length=64, help_text="SHA-256 of the item's own id, or of its address.")
    title = models.CharField(max_length=300)
    summary = models.TextField(blank=True)
    url = models.URLField(max_length=1000, blank=True)
    published_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    duplicate_of = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="duplicates"
    )
    story = models.ForeignKey("stories.StoryPage", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    is_dismissed = models.BooleanField(default=False)

    class Meta:
        ordering = ["-published_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["feed", "guid"], name="feed_item_once")]

    def __str__(self) -> str:
        return self.title

"""Registers the stories app with Django."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig


class StoriesConfig(AppConfig):
    """The stories app."""

    name = "touchstone.stories"
    verbose_name = "Stories"

    def ready(self) -> None:
        """Listen to Wagtail: every way of publishing a page ends in its signal."""
        from wagtail.signals import page_published

        from touchstone.stories.models import StoryPage

        page_published.connect(_keep_version, sender=StoryPage, dispatch_uid="stories-keep-version")


def _keep_version(instance: Any, revision: Any, **_: Any) -> None:
    from touchstone.stories.actions import record_publication

    # Wagtail sends this too when a story is only scheduled.
    if instance.live:
        record_publication(story=instance, revision=revision, at=instance.last_published_at)

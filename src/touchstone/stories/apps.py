"""Registers the stories app with Django."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.urls.converters import IntConverter


class RowId(IntConverter):
    """A row's number in an address: no longer than what a database can hold, so that a longer one is a plain 404."""

    regex = "[0-9]{1,18}"


class StoriesConfig(AppConfig):
    """The stories app."""

    name = "touchstone.stories"
    verbose_name = "Stories"

    def ready(self) -> None:
        """Listen to Wagtail, where every way of publishing ends in one signal; let addresses hold numbers of rows."""
        from django.urls import register_converter
        from wagtail.signals import page_published

        from touchstone.stories.models import StoryPage

        register_converter(RowId, "row_id")
        page_published.connect(_keep_version, sender=StoryPage, dispatch_uid="stories-keep-version")


def _keep_version(instance: Any, revision: Any, **_: Any) -> None:
    from touchstone.stories.actions import record_publication

    # Wagtail sends this too when a story is only scheduled.
    if instance.live:
        record_publication(story=instance, revision=revision, at=instance.last_published_at)

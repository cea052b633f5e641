"""Tells the bakery when editors publish, move or take down a page in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from django.db.models.signals import pre_delete
from wagtail.models import Page
from wagtail.signals import page_published, page_slug_changed, page_unpublished, post_page_move

from touchstone.website.pages.bakery import Bakery

KEY = "touchstone.edge.changes"


class PageWatch:
    """Receivers of Wagtail's signals, which fire in Django's threads; the bakery lives on the event loop."""

    def __init__(self, bakery: Bakery, loop: asyncio.AbstractEventLoop) -> None:
        self._bakery, self._loop = bakery, loop

    def connect(self) -> None:
        """Begin to listen; a second watch in the same process takes the place of the first."""
        page_published.connect(self._published, weak=False, dispatch_uid=f"{KEY}.published")
        page_unpublished.connect(self._withdrawn, weak=False, dispatch_uid=f"{KEY}.unpublished")
        page_slug_changed.connect(self._renamed, weak=False, dispatch_uid=f"{KEY}.renamed")
        post_page_move.connect(self._moved, weak=False, dispatch_uid=f"{KEY}.moved")
        pre_delete.connect(self._deleted, weak=False, dispatch_uid=f"{KEY}.deleted")

    def _published(self, instance: Any, **_: Any) -> None:
        self._tell(self._bakery.published, path_of(instance))

    def _withdrawn(self, instance: Any, **_: Any) -> None:
        self._tell(self._bakery.withdrawn, path_of(instance))

    def _renamed(self, instance_before: Any, instance: Any, **_: Any) -> None:
        self._tell(self._bakery.withdrawn, path_of(instance_before))
        self._tell(self._bakery.published, path_of(instance))

    def _moved(self, instance: Any, url_path_before: str = "", url_path_after: str = "", **_: Any) -> None:
        # The old address is known only inside Wagtail's tree, so everything is forgotten; moves are rare.
        if url_path_before != url_path_after:
            self._tell(self._bakery.withdrawn, "/")
        self._tell(self._bakery.published, path_of(instance))

    def _deleted(self, instance: Any, **_: Any) -> None:
        if isinstance(instance, Page):
            self._tell(self._bakery.withdrawn, path_of(instance))

    def _tell(self, change: Callable[[str], None], path: str | None) -> None:
        if path and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(change, path)


def path_of(page: Any) -> str | None:
    """The path of a page on this site, such as /technology/a-story/."""
    parts = page.get_url_parts()
    return parts[2] if parts else None

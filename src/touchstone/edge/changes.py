"""Tells the bakery when editors publish, move or take down a page in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from django.db.models.signals import pre_delete
from wagtail.models import Page
from wagtail.signals import page_published, page_slug_changed, page_unpublished, post_page_move

from touchstone.website.pages.bakery import Bakery


def watch_wagtail(bakery: Bakery, loop: asyncio.AbstractEventLoop) -> None:
    """Connect Wagtail's signals, which fire in Django's threads, to the bakery on the event loop."""

    def on_loop(change: Callable[[str], None], path: str | None) -> None:
        if path and not loop.is_closed():
            loop.call_soon_threadsafe(change, path)

    def published(instance: Any, **_: Any) -> None:
        on_loop(bakery.published, path_of(instance))

    def withdrawn(instance: Any, **_: Any) -> None:
        on_loop(bakery.withdrawn, path_of(instance))

    def moved(instance: Any, url_path_before: str = "", url_path_after: str = "", **_: Any) -> None:
        if url_path_before != url_path_after:
            on_loop(bakery.withdrawn, "/")
        on_loop(bakery.published, path_of(instance))

    def renamed(instance_before: Any, instance: Any, **_: Any) -> None:
        on_loop(bakery.withdrawn, path_of(instance_before))
        on_loop(bakery.published, path_of(instance))

    def deleted(instance: Any, **_: Any) -> None:
        if isinstance(instance, Page):
            on_loop(bakery.withdrawn, path_of(instance))

    key = "touchstone.edge.changes"
    pre_delete.connect(deleted, weak=False, dispatch_uid=f"{key}.deleted")
    page_published.connect(published, weak=False, dispatch_uid=f"{key}.published")
    page_unpublished.connect(withdrawn, weak=False, dispatch_uid=f"{key}.unpublished")
    post_page_move.connect(moved, weak=False, dispatch_uid=f"{key}.moved")
    page_slug_changed.connect(renamed, weak=False, dispatch_uid=f"{key}.renamed")


def path_of(page: Any) -> str | None:
    """The path of a page on this site, such as /technology/a-story/."""
    parts = page.get_url_parts()
    return parts[2] if parts else None

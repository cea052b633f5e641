"""Announces to every web process when editors publish, move or take down a page, in whichever process they do it."""

from __future__ import annotations

from typing import Any, Literal

from django.db.models.signals import post_save, pre_delete
from wagtail.models import Page
from wagtail.signals import page_published, page_slug_changed, page_unpublished, post_page_move

from touchstone.markets.actions import announce
from touchstone.stories.models import MarketMovingFlag

PAGE_EVENT = "page"
TRUST_EVENT = "trust"
KEY = "touchstone.website.pages.changes"


def watch_pages() -> None:
    """Listen to Wagtail's signals. The worker publishes too, so every process of the site does this."""
    page_published.connect(_published, dispatch_uid=f"{KEY}.published")
    page_unpublished.connect(_withdrawn, dispatch_uid=f"{KEY}.unpublished")
    page_slug_changed.connect(_renamed, dispatch_uid=f"{KEY}.renamed")
    post_page_move.connect(_moved, dispatch_uid=f"{KEY}.moved")
    pre_delete.connect(_deleted, dispatch_uid=f"{KEY}.deleted")
    post_save.connect(_flagged, sender=MarketMovingFlag, dispatch_uid=f"{KEY}.flagged")
    pre_delete.connect(_flagged, sender=MarketMovingFlag, dispatch_uid=f"{KEY}.unflagged")


def _published(instance: Any, **_: Any) -> None:
    # Wagtail sends this too when a page is only scheduled.
    if instance.live:
        _tell("published", path_of(instance))


def _withdrawn(instance: Any, **_: Any) -> None:
    _tell("withdrawn", path_of(instance))


def _renamed(instance_before: Any, instance: Any, **_: Any) -> None:
    _tell("withdrawn", path_of(instance_before))
    _tell("published", path_of(instance))


def _moved(instance: Any, url_path_before: str = "", url_path_after: str = "", **_: Any) -> None:
    # The old address is known only inside Wagtail's tree, so everything is forgotten; moves are rare.
    if url_path_before != url_path_after:
        _tell("withdrawn", "/")
    _tell("published", path_of(instance))


def _deleted(instance: Any, **_: Any) -> None:
    if isinstance(instance, Page) and instance.live:
        _tell("withdrawn", path_of(instance))


def _flagged(instance: MarketMovingFlag, **_: Any) -> None:
    if instance.confirmed_by_id is not None:
        _published(instance.story)


def _tell(change: Literal["published", "withdrawn"], path: str | None) -> None:
    if path:
        announce(PAGE_EVENT, {"path": path, "change": change})


def path_of(page: Any) -> str | None:
    """The path of a page on this site, such as /technology/a-story/."""
    parts = page.get_url_parts()
    return parts[2] if parts else None

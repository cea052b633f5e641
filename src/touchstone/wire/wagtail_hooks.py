"""Puts the wire into the editor's desk."""

from __future__ import annotations

from django.urls import URLPattern, path, reverse
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet

from touchstone.wire import views
from touchstone.wire.models import Feed


class FeedViewSet(SnippetViewSet):
    """Where publishers choose which feeds are read."""

    model = Feed
    icon = "rss"
    menu_label = "Feeds"
    add_to_settings_menu = True
    list_display = ["name", "url", "is_active", "fetched_at", "problem"]
    panels = ["name", "url", "is_active", "every_minutes"]


register_snippet(FeedViewSet)


@hooks.register("register_admin_urls")
def wire_addresses() -> list[URLPattern]:
    """Addresses below /desk/wire/."""
    return [
        path("wire/", views.incoming, name="wire_desk"),
        path("wire/<row_id:item_id>/draft/", views.draft, name="wire_draft"),
        path("wire/<row_id:item_id>/dismiss/", views.dismiss, name="wire_dismiss"),
    ]


@hooks.register("register_admin_menu_item")
def wire_menu_item() -> MenuItem:
    """The menu item "Wire"."""
    return MenuItem("Wire", reverse("wire_desk"), name="wire", icon_name="download", order=310)

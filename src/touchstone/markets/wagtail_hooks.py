"""Puts instruments, baskets and the price feed's state into the editor's desk."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.log_actions import LogFormatter

from touchstone.markets import views
from touchstone.markets.desk import EDITED, MarketsGroup


class PricesMenuItem(MenuItem):
    """The desk's way to the price feed, for those who answer for it."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Whether this person sees the item."""
        return views.may_see_feed(request.user)


@hooks.register("register_admin_urls")
def price_addresses() -> list[URLPattern]:
    """Addresses below /desk/prices/."""
    return [path("prices/", views.feed_health, name="prices_desk")]


@hooks.register("register_admin_menu_item")
def prices_menu_item() -> MenuItem:
    """The menu item "Prices"."""
    return PricesMenuItem("Prices", reverse("prices_desk"), name="prices", icon_name="order", order=320)


@hooks.register("register_admin_viewset")
def market_forms() -> MarketsGroup:
    """Lists and forms below /desk/markets/."""
    return MarketsGroup()


@hooks.register("register_log_actions")
def register_market_actions(log_actions: Any) -> None:
    """Let the history of an instrument or basket tell what was changed."""

    @log_actions.register_action(EDITED)
    class EditFormatter(LogFormatter):
        label = "Edit"

        def format_message(self, log_entry: Any) -> str:
            """What was changed, phrase by phrase."""
            return "Edited: " + ("; ".join(log_entry.data.get("changes", [])) or "nothing")

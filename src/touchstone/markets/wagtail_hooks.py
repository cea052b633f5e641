"""Puts the price feed's state into the editor's desk."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from touchstone.markets import views


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

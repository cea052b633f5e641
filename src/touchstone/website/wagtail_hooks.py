"""Puts the report across stories among the desk's reports."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from touchstone.readers.queries import is_editor
from touchstone.website.views import studies


class LeadMenuItem(MenuItem):
    """The desk's way to the report, for those who may see it."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Whether this person sees the item."""
        return is_editor(request.user)


@hooks.register("register_admin_urls")
def report_addresses() -> list[URLPattern]:
    """Addresses below /desk/reports/."""
    return [
        path("reports/lead-or-follow/", studies.lead_or_follow, name="lead_or_follow"),
        path("reports/lead-or-follow.csv", studies.lead_or_follow_csv, name="lead_or_follow_csv"),
    ]


@hooks.register("register_reports_menu_item")
def lead_menu_item() -> MenuItem:
    """The menu item "Lead or follow" among the reports."""
    return LeadMenuItem(
        "Lead or follow", reverse("lead_or_follow"), name="lead-or-follow", icon_name="order", order=900
    )
